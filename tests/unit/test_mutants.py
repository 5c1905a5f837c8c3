"""The table of guards that `make mutants` takes out, checked against the code as it is."""

import pytest

from local.layout import ROOT
from tests.proof.mutants import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.guard)
def test_the_code_of_each_guard_is_where_the_table_says(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.code) == 1
