"""Importing anything needs neither an environment nor a network; functions are thin."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template import ROOT

APPS = sorted((ROOT / "functions").glob("*/app.py"))
PACKAGE = ROOT / "layers" / "core"
MODULES = sorted(
    ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
)
MAX_LINES = 60

_WITHOUT_ANYTHING = """
import importlib, os, socket, sys

def refused(*_):
    raise AssertionError("an import reached out")

os.environ.clear()
socket.socket.connect = socket.getaddrinfo = refused
for name in sys.argv[1:]:
    importlib.import_module(name)
print(*sys.modules)
"""


def imported(*names: str) -> set[str]:
    """Return the modules that are loaded after importing these, without any environment."""
    paths = [str(ROOT), str(PACKAGE), str(ROOT / "layers" / "deps")]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path[:0] = {paths!r}\n" + _WITHOUT_ANYTHING,
            *names,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def app_module(app: Path) -> str:
    return f"functions.{app.parent.name}.app"


def test_every_module_imports_without_an_environment_or_a_network() -> None:
    loaded = imported(*MODULES, *map(app_module, APPS))
    assert set(MODULES) <= loaded
    assert not {"boto3", "httpx", "httpx2", "h11"} & imported("functions.collect.app")


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.parent.name)
def test_a_function_has_one_file_of_at_most_60_lines(app: Path) -> None:
    assert [file.name for file in app.parent.glob("*.py")] == ["app.py"]
    assert len(app.read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.parent.name)
def test_a_function_imports_no_sdk_no_environment_and_no_other_function(app: Path) -> None:
    tree = ast.parse(app.read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names}
    assert not roots & {"boto3", "botocore", "os", "functions", "httpx", "httpx2"}
    assert not [
        name for name in names if name.startswith(("leadsignal.adapters", "leadsignal.domain"))
    ]
