"""A logistic model over parts: one weight for each part of each column, fitted exactly."""

from collections.abc import Sequence
from itertools import pairwise
from math import log, tanh
from typing import NamedTuple

from leadsignal.domain.model.parts import Parts
from leadsignal.models.predictions import Direction

MAX_SWEEPS = 60
CLOSE = 1e-3  # the largest change of a weight in a sweep after which nothing moves any more
MAX_STEP = 2.0  # of a weight at once
FURTHEST = 30.0  # log-odds that are told apart from never and always
LEVEL = 0.02  # of the ridge: how much the weights of numbers are held to nothing, not each other


class Column(NamedTuple):
    """A column to learn from: how it is cut, and in which part each lead is."""

    parts: Parts
    cells: Sequence[int]
    direction: Direction | None = None


class Fitted(NamedTuple):
    """What was learned: log-odds of a lead without any part, and what each part adds."""

    intercept: float
    weights: tuple[tuple[float, ...], ...]

    def margins(self, columns: Sequence[Column], count: int) -> list[float]:
        """Return the log-odds of as many leads as there are in the columns."""
        sums = [self.intercept] * count
        for weights, column in zip(self.weights, columns, strict=True):
            sums = [s + weights[cell] for s, cell in zip(sums, column.cells, strict=True)]
        return sums


def probability(margin: float) -> float:
    """Return the probability of log-odds, within ]0, 1[."""
    return (1 + tanh(max(-FURTHEST, min(FURTHEST, margin)) / 2)) / 2


def fit(
    columns: Sequence[Column],
    won: Sequence[bool],
    *,
    ridge: float,
    start: Fitted | None = None,
) -> Fitted:
    """Return the weights that make the outcomes most likely, less what the ridge asks for.

    The ridge holds weights of texts to nothing and those of neighbouring stretches to one another;
    a direction is kept by every stretch. Columns are fitted in turns, each by a Newton step of all
    its parts, until nothing moves; the same leads in the same order give the same weights.
    """
    y = [1.0 if each else 0.0 for each in won]
    share = min(max(sum(y) / len(y), 1e-6), 1 - 1e-6)
    intercept = start.intercept if start else log(share / (1 - share))
    weights = [list(w) for w in start.weights] if start else [[0.0] * c.parts.size for c in columns]
    margins = Fitted(intercept, tuple(map(tuple, weights))).margins(columns, len(y))
    for _ in range(MAX_SWEEPS):
        p = [(1 + tanh(m / 2)) / 2 for m in margins]
        stiff = sum(q * (1 - q) for q in p)
        step = _bounded(sum(a - b for a, b in zip(y, p, strict=True)) / max(stiff, 1e-9))
        intercept += step
        margins = [m + step for m in margins]
        moved = abs(step)
        for own, column in zip(weights, columns, strict=True):
            steps = _steps(column, own, y, margins, ridge)
            widest = max(map(abs, steps))
            shrink = min(1.0, MAX_STEP / widest) if widest else 0.0
            steps = [shrink * each for each in steps]
            own[:] = [w + s for w, s in zip(own, steps, strict=True)]
            margins = [m + steps[c] for m, c in zip(margins, column.cells, strict=True)]
            moved = max(moved, shrink * widest)
        if moved < CLOSE:
            break
    return Fitted(intercept, tuple(map(tuple, weights)))


def _bounded(step: float) -> float:
    return max(-MAX_STEP, min(MAX_STEP, step))


def _steps(
    column: Column, own: Sequence[float], y: Sequence[float], margins: Sequence[float], ridge: float
) -> list[float]:
    """Return by how much the weights of a column's parts change."""
    pull, stiff = [0.0] * len(own), [0.0] * len(own)
    for cell, outcome, margin in zip(column.cells, y, margins, strict=True):
        p = (1 + tanh(margin / 2)) / 2
        pull[cell] += outcome - p
        stiff[cell] += p * (1 - p)
    if column.parts.kind == "text":
        return [(g - ridge * w) / (h + ridge) for g, h, w in zip(pull, stiff, own, strict=True)]
    last = (pull[-1] - ridge * own[-1]) / (stiff[-1] + ridge)
    if column.direction is None:
        return [*_smooth(pull[:-1], stiff[:-1], own[:-1], ridge), last]
    return [*_ordered(pull[:-1], stiff[:-1], own[:-1], ridge, column.direction), last]


def _smooth(
    pull: Sequence[float], stiff: Sequence[float], own: Sequence[float], ridge: float
) -> list[float]:
    """Return the step at which neighbours pull each other as much as the outcomes pull them: the
    solution of a tridiagonal system."""
    level, size = LEVEL * ridge, len(own)
    diagonal = [h + level + ridge * ((n > 0) + (n < size - 1)) for n, h in enumerate(stiff)]
    right = [g - level * w for g, w in zip(pull, own, strict=True)]
    for n, (one, other) in enumerate(pairwise(own)):
        right[n] += ridge * (other - one)
        right[n + 1] -= ridge * (other - one)
    for n in range(1, size):
        factor = -ridge / diagonal[n - 1]
        diagonal[n] -= factor * -ridge
        right[n] -= factor * right[n - 1]
    steps = [0.0] * size
    for n in reversed(range(size)):
        after = steps[n + 1] if n < size - 1 else 0.0
        steps[n] = (right[n] + ridge * after) / diagonal[n]
    return steps


def _ordered(
    pull: Sequence[float],
    stiff: Sequence[float],
    own: Sequence[float],
    ridge: float,
    direction: Direction,
) -> list[float]:
    """Return the best step after which the weights are in order: neighbours that would not be are
    pooled (Pool Adjacent Violators)."""
    sign = 1 if direction == "increasing" else -1
    level = ridge / len(own)
    pools: list[tuple[float, float, int]] = []  # weight that is aimed at, its stiffness, how many
    for g, h, w in zip(pull, stiff, own, strict=True):
        aim, hold, count = sign * (h * w + g) / (h + level), h + level, 1
        while pools and pools[-1][0] > aim:
            other, weight, many = pools.pop()
            aim = (aim * hold + other * weight) / (hold + weight)
            hold, count = hold + weight, count + many
        pools.append((aim, hold, count))
    aims = [sign * aim for aim, _, count in pools for _ in range(count)]
    return [aim - w for aim, w in zip(aims, own, strict=True)]
