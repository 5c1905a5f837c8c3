"""How well ratings tell won leads from lost ones, and whether chance would do as well."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from leadsignal.models.predictions import CalibrationBin, LiftBin, Measures

SURE = 1.96  # standard errors that 95 % of all cases stay within
ONE_SIDED = 1.645  # standard errors that 95 % of all cases stay below
TENTHS = 10


class Ranks(NamedTuple):
    """Of each won lead how many lost ones it is rated above, of each lost lead how many won ones
    are above it, as shares; ties count half. Both means are the AUC."""

    won: tuple[float, ...]
    lost: tuple[float, ...]

    @property
    def auc(self) -> float:
        """How often a won lead is rated above a lost one, 0 to 1."""
        return sum(self.won) / len(self.won)


def ranks_of(ratings: Sequence[float], won: Sequence[bool]) -> Ranks:
    """Return the ranks that ratings give; there are won and lost leads both."""
    ups = sorted(r for r, each in zip(ratings, won, strict=True) if each)
    downs = sorted(r for r, each in zip(ratings, won, strict=True) if not each)
    above = [
        (bisect_left(downs, r) + bisect_right(downs, r)) / 2 / len(downs)
        for r, each in zip(ratings, won, strict=True)
        if each
    ]
    below = [
        1 - (bisect_left(ups, r) + bisect_right(ups, r)) / 2 / len(ups)
        for r, each in zip(ratings, won, strict=True)
        if not each
    ]
    return Ranks(tuple(above), tuple(below))


def standard_error(ranks: Ranks) -> float:
    """Return the standard error of an AUC (DeLong 1988)."""
    return sqrt(_variance(ranks.won) / len(ranks.won) + _variance(ranks.lost) / len(ranks.lost))


def bounds(ranks: Ranks) -> tuple[float, float]:
    """Return between what the AUC is at 95 %.

    Ratings that part the leads without a fault leave no spread to work with; then the share of
    faults that so few leads could hide (three in as many as the fewer ones) takes its place.
    """
    least = 3 / min(len(ranks.won), len(ranks.lost)) / SURE if standard_error(ranks) == 0 else 0.0
    width = SURE * max(standard_error(ranks), least)
    return max(0.0, ranks.auc - width), min(1.0, ranks.auc + width)


def gain_in_rank(one: Ranks, other: Ranks) -> float:
    """Return by how many standard errors the AUC of one is above that of the other, rated on the
    same leads (DeLong's test for pairs); 0 where they are the same."""
    differences = (
        tuple(a - b for a, b in zip(one.won, other.won, strict=True)),
        tuple(a - b for a, b in zip(one.lost, other.lost, strict=True)),
    )
    error = standard_error(Ranks(*differences))
    return (one.auc - other.auc) / error if error else 0.0


def gain_in_brier(one: Sequence[float], other: Sequence[float], won: Sequence[bool]) -> float:
    """Return by how many standard errors the probabilities of one are closer to what happened."""
    gains = [(b - y) ** 2 - (a - y) ** 2 for a, b, y in zip(one, other, won, strict=True)]
    error = sqrt(_variance(gains) / len(gains))
    return sum(gains) / len(gains) / error if error else 0.0


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def brier(probabilities: Sequence[float], won: Sequence[bool]) -> float:
    """Return the mean square of what probabilities are off by, 0 (sure and right) to 1."""
    return sum((p - y) ** 2 for p, y in zip(probabilities, won, strict=True)) / len(won)


def measured(probabilities: Sequence[float], won: Sequence[bool]) -> Measures:
    """Return how well probabilities told of leads; there are won and lost ones both."""
    ranks = ranks_of(probabilities, won)
    low, high = bounds(ranks)
    pairs = sorted(zip(probabilities, won, strict=True), key=lambda pair: -pair[0])
    return Measures(
        leads=len(won),
        won=sum(won),
        auc=ranks.auc,
        auc_low=low,
        auc_high=high,
        brier=brier(probabilities, won),
        calibration=tuple(_calibration(pairs)),
        lift=tuple(_lift(pairs)),
    )


def _calibration(pairs: Sequence[tuple[float, bool]]) -> list[CalibrationBin]:
    """Return the tenths of leads, the likeliest last."""
    ordered = pairs[::-1]
    cuts = [len(ordered) * n // TENTHS for n in range(TENTHS + 1)]
    parts = [ordered[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if b > a]
    return [
        CalibrationBin(
            leads=len(part),
            predicted=sum(p for p, _ in part) / len(part),
            won=sum(y for _, y in part) / len(part),
        )
        for part in parts
    ]


def _lift(pairs: Sequence[tuple[float, bool]]) -> list[LiftBin]:
    every = sum(won for _, won in pairs)
    found = []
    for tenth in range(1, TENTHS + 1):
        size = ceil(len(pairs) * tenth / TENTHS)
        share = _won_among(pairs, size) / every
        top = tenth / TENTHS
        lift = share / (size / len(pairs))
        found.append(LiftBin(top=top, leads=size, won=share, lift=lift))
    return found


def _won_among(pairs: Sequence[tuple[float, bool]], size: int) -> float:
    """Return how many of the best so many were won; of leads with one probability an equal share
    each is among them."""
    edge = pairs[size - 1][0]
    above = [won for p, won in pairs if p > edge]
    level = [won for p, won in pairs if p == edge]
    return sum(above) + sum(level) * (size - len(above)) / len(level)
