"""How well ratings tell won leads from lost ones: against a count by hand."""

from itertools import product
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.model.calibration import calibrated
from leadsignal.domain.model.fit import probability
from leadsignal.domain.model.measures import (
    bounds,
    brier,
    gain_in_brier,
    gain_in_rank,
    measured,
    ranks_of,
    standard_error,
)

RATED = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.booleans()), min_size=2, max_size=40
).filter(lambda pairs: len({won for _, won in pairs}) == 2)


@given(pairs=RATED)
def test_the_auc_is_how_often_a_won_lead_is_rated_above_a_lost_one(
    pairs: list[tuple[float, bool]],
) -> None:
    ratings, won = [r for r, _ in pairs], [w for _, w in pairs]
    ups = [r for r, w in pairs if w]
    downs = [r for r, w in pairs if not w]
    wins = sum((a > b) + (a == b) / 2 for a, b in product(ups, downs))
    ranks = ranks_of(ratings, won)
    assert ranks.auc == pytest.approx(wins / (len(ups) * len(downs)))
    assert sum(ranks.lost) / len(ranks.lost) == pytest.approx(ranks.auc)


@given(pairs=RATED)
def test_the_bounds_hold_the_auc_and_stay_between_never_and_always(
    pairs: list[tuple[float, bool]],
) -> None:
    ranks = ranks_of([r for r, _ in pairs], [w for _, w in pairs])
    low, high = bounds(ranks)
    assert 0 <= low <= ranks.auc <= high <= 1


def test_the_standard_error_is_that_of_delong() -> None:
    ratings = [0.1, 0.4, 0.35, 0.8, 0.7, 0.2]
    won = [False, False, True, True, True, False]
    ranks = ranks_of(ratings, won)
    assert ranks.won == pytest.approx((2 / 3, 1.0, 1.0))
    assert ranks.lost == pytest.approx((1.0, 2 / 3, 1.0))
    spread = (4 / 81 + 1 / 81 + 1 / 81) / 2
    assert standard_error(ranks) == pytest.approx(sqrt(2 * spread / 3))


def test_few_leads_parted_without_a_fault_leave_room_for_chance() -> None:
    few = ranks_of([1.0, 0.0, 1.0, 0.0], [True, False, True, False])
    assert bounds(few) == (0.0, 1.0)
    many = ranks_of([1.0] * 100 + [0.0] * 100, [True] * 100 + [False] * 100)
    assert bounds(many) == pytest.approx((0.97, 1.0))


def test_the_same_ratings_gain_nothing_and_better_ones_do() -> None:
    won = [n % 4 == 0 for n in range(80)]
    good = [0.6 if each else 0.2 + n / 1_000 for n, each in enumerate(won)]
    poor = [n / 80 for n in range(80)]
    assert gain_in_rank(ranks_of(good, won), ranks_of(good, won)) == 0
    assert gain_in_rank(ranks_of(good, won), ranks_of(poor, won)) > 2
    assert gain_in_rank(ranks_of(poor, won), ranks_of(good, won)) < -2
    assert gain_in_brier(good, good, won) == 0
    assert gain_in_brier(good, poor, won) > 2
    assert brier([1.0, 0.0, 0.5], [True, False, True]) == pytest.approx(0.25 / 3)


def test_calibration_and_lift_are_by_tenths() -> None:
    won = [n >= 150 for n in range(200)]
    found = measured([n / 200 for n in range(200)], won)
    assert [part.leads for part in found.calibration] == [20] * 10
    assert [part.won for part in found.calibration] == [0.0] * 7 + [0.5, 1.0, 1.0]
    assert found.calibration[0].predicted == pytest.approx(9.5 / 200)
    assert [part.won for part in found.lift[:3]] == pytest.approx([0.4, 0.8, 1.0])
    assert [part.lift for part in found.lift[:3]] == pytest.approx([4, 4, 10 / 3])
    assert (found.lift[-1].won, found.lift[-1].lift) == (1.0, 1.0)


def test_leads_with_one_probability_share_what_is_won_among_them() -> None:
    found = measured([0.5] * 100, [n < 20 for n in range(100)])
    assert found.auc == 0.5
    assert [part.lift for part in found.lift] == [pytest.approx(1.0)] * 10


def test_calibration_stretches_what_is_too_shy_and_keeps_the_order() -> None:
    margins = [(n - 2_000) / 2_000 for n in range(4_000)]
    won = [n * 7_919 % 4_000 < 4_000 * probability(3 * m - 1) for n, m in enumerate(margins)]
    slope, shift = calibrated(margins, won)
    assert slope == pytest.approx(3, abs=0.4)
    assert shift == pytest.approx(-1, abs=0.2)
    assert calibrated([], []) == (1.0, 0.0)
    assert calibrated(margins, [not each for each in won]).slope == 0.1
