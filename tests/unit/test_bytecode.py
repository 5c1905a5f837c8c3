"""A build ships bytecode for every module, and Lambda trusts it unread."""

import importlib.util
import sys
from pathlib import Path

import pytest

from local.bytecode import UncompiledError, compile_build, uncompiled
from tests.template import functions

UNCHECKED_HASH = 1  # the flags of a .pyc that is never compared with its source


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build of one function and one layer."""
    function = tmp_path / "GreetFunction"
    package = tmp_path / "CoreLayer" / "python" / "greeting"
    package.mkdir(parents=True)
    function.mkdir()
    (function / "app.py").write_text("from greeting import words\n")
    (package / "__init__.py").write_text("")
    (package / "words.py").write_text("def fail() -> None:\n    raise ValueError('spoken')\n")
    return tmp_path


def bytecode_of(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def test_every_module_gets_its_bytecode(build: Path) -> None:
    assert len(uncompiled(build)) == 3
    assert compile_build(build) == 3
    assert uncompiled(build) == []


def test_bytecode_outlives_a_change_of_file_times(build: Path) -> None:
    compile_build(build)
    header = bytecode_of(build / "GreetFunction" / "app.py").read_bytes()[:8]
    assert header[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH


def test_the_same_code_compiles_to_the_same_bytes_anywhere(build: Path, tmp_path: Path) -> None:
    compile_build(build)
    first = bytecode_of(build / "GreetFunction" / "app.py").read_bytes()
    elsewhere = tmp_path / "elsewhere" / "GreetFunction"
    elsewhere.mkdir(parents=True)
    (elsewhere / "app.py").write_text("from greeting import words\n")
    compile_build(elsewhere.parent)
    assert bytecode_of(elsewhere / "app.py").read_bytes() == first


def test_a_module_that_does_not_compile_stops_the_build(build: Path) -> None:
    (build / "GreetFunction" / "app.py").write_text("def broken(:\n")
    with pytest.raises(UncompiledError, match="app.py"):
        compile_build(build)


def test_the_compiler_is_the_python_of_the_functions() -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert {function["Runtime"] for function in functions().values()} == {version}
