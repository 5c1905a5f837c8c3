"""The soak, short: calls fail all the time, and in the end every invariant holds."""

import pytest

from tests.proof.soak import INVARIANTS, Plan, report, soak_of


@pytest.mark.parametrize("seed", [1, 2])
def test_every_invariant_holds_after_a_storm_of_faults(seed: int) -> None:
    outcome = soak_of(Plan(tuple(range(8, 12)), events=1_000, seed=seed), quiet=True)

    assert not outcome.problems, "\n".join(report(outcome, 0))
    assert set(INVARIANTS) <= set(outcome.checked)
    assert outcome.counts["calls broken"] > outcome.counts["calls under faults"] * 0.03
    assert outcome.counts["workers in the middle of another"] > 50
    assert outcome.counts["entries in lists"] > 10
    assert outcome.counts["failed events: id_conflict"] > 0
    assert outcome.counts["failed events: invalid_event"] > 0


def test_a_storm_is_the_same_one_for_the_same_seed() -> None:
    plan = Plan((0, 9), events=150, seed=3)

    assert soak_of(plan, quiet=True).counts == soak_of(plan, quiet=True).counts
