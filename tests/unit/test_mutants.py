"""The table of guards that `make mutants` takes out, checked against the code as it is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.layout import ROOT
from tests.proof.mutants import MUTANTS, Mutant
from tests.proof.warm import Outcome


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_the_code_of_each_guard_is_where_the_table_says(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.code) == 1


TESTS = """
import pytest

@pytest.fixture
def broken():
    raise ValueError

def test_passes(): pass
def test_fails(): assert False
def test_raises(): raise ValueError
def test_names_what_is_not_there(): absent
def test_imports_what_is_not_there(): import absent
def test_is_not_set_up(broken): pass
def test_of_moto(): assert False
def test_ends_the_process():
    import os
    os._exit(3)
"""


def test_only_a_test_that_ran_and_failed_has_noticed_anything(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "test_not.py").write_text("import absent\n")
    asked = {
        "test_it.py::test_passes": Outcome(),
        "test_it.py::test_fails": Outcome(failed="test_it.py::test_fails"),
        "test_it.py::test_raises": Outcome(failed="test_it.py::test_raises"),
        "test_it.py::test_names_what_is_not_there": Outcome(
            broken="test_it.py::test_names_what_is_not_there raised NameError"
        ),
        "test_it.py::test_imports_what_is_not_there": Outcome(
            broken="test_it.py::test_imports_what_is_not_there raised ModuleNotFoundError"
        ),
        "test_it.py::test_is_not_set_up": Outcome(
            broken="test_it.py::test_is_not_set_up was not set up"
        ),
        "test_it.py::test_of_moto": Outcome(broken="pytest ended with 5"),
        "test_it.py::test_that_is_not_there": Outcome(broken="pytest ended with 4"),
        "test_it.py::test_ends_the_process": Outcome(broken="the run ended with 3"),
        "test_not.py": Outcome(broken="test_not.py was not collected"),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from tests.proof.warm import main; main()"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        input="".join(f"{json.dumps([test])}\n" for test in asked),
        capture_output=True,
        text=True,
        check=True,
    )
    answers = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    assert dict(zip(asked, answers, strict=True)) == asked
