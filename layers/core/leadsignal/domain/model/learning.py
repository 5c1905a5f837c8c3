"""Learning from leads that were won and lost: which columns, how strictly, and how sure to be."""

from collections.abc import Mapping, Sequence
from itertools import compress
from math import log, sqrt
from typing import NamedTuple
from zlib import crc32

from leadsignal.domain.model.calibration import Calibration, calibrated
from leadsignal.domain.model.fit import Column, Fitted, fit, probability
from leadsignal.domain.model.leaks import (
    AHEAD,
    DOMINANT,
    Example,
    alone,
    is_there,
    too_good,
)
from leadsignal.domain.model.measures import ranks_of
from leadsignal.domain.model.parts import MIN_LEADS, Parts, parts_of
from leadsignal.models.predictions import Feature, Leak, Value, Wishes

RIDGES = (300.0, 100.0, 30.0, 10.0)  # how strictly weights are held, the strictest first
FOLDS = 3  # of the leads; each tells how strictly to hold, and how sure to be, what others taught
MAX_COLUMNS = 150
COUNTED = ("events.", "pages.", "tags.")  # columns in which having nothing is having done nothing


class Learned(NamedTuple):
    """What was learned, and which columns seemed to know the outcome."""

    intercept: float
    features: tuple[Feature, ...]
    ridge: float
    leaks: tuple[Leak, ...]


class _Table(NamedTuple):
    """The columns of a learning, by name."""

    columns: Mapping[str, Column]
    won: Sequence[bool]
    folds: Sequence[int]

    def without(self, name: str) -> "_Table":
        return _Table({n: c for n, c in self.columns.items() if n != name}, self.won, self.folds)

    def fold(self, number: int) -> tuple["_Table", "_Table"]:
        """Return the leads of all other folds, and those of one."""
        held = [fold == number for fold in self.folds]
        return self._kept([not each for each in held]), self._kept(held)

    def _kept(self, which: Sequence[bool]) -> "_Table":
        cut = {
            name: column._replace(cells=list(compress(column.cells, which)))
            for name, column in self.columns.items()
        }
        return _Table(cut, list(compress(self.won, which)), list(compress(self.folds, which)))

    def fit(self, ridge: float, before: Fitted | None = None) -> Fitted:
        return fit(list(self.columns.values()), self.won, ridge=ridge, start=before)

    def margins(self, fitted: Fitted) -> list[float]:
        return fitted.margins(list(self.columns.values()), len(self.won))


def value_in(row: Mapping[str, Value], name: str) -> Value:
    """Return what a lead has in a column; nothing counted is a count of nothing."""
    value = row.get(name)
    return 0.0 if value is None and name.startswith(COUNTED) else value


def learn(examples: Sequence[Example], wishes: Wishes) -> Learned:
    """Return what leads that were won and lost teach; the same leads in the same order teach the
    same.

    What the other folds teach tells of each fold how strictly to hold the weights, and how to
    calibrate; then all are learned from.
    """
    won = [example.won for example in examples]
    table, leaks, aucs = _table(examples, won, wishes)
    trials = _trials(table, RIDGES)
    ridge = _strictest(trials)
    margins, known = trials[ridge]
    leaks += _dominant(table, aucs, ridge, ranks_of(margins, known).auc)
    return _learned(table, table.fit(ridge), ridge, calibrated(margins, known), tuple(leaks))


def _trials(table: _Table, ridges: Sequence[float]) -> dict[float, tuple[list[float], list[bool]]]:
    """Return by ridge the log-odds that each fold has by what the others taught, and its
    outcomes."""
    margins: dict[float, list[float]] = {ridge: [] for ridge in ridges}
    known: list[bool] = []
    for number in range(FOLDS):
        others, held = table.fold(number)
        known += held.won
        fitted: Fitted | None = None
        for ridge in ridges:
            fitted = others.fit(ridge, fitted)
            margins[ridge] += held.margins(fitted)
    return {ridge: (found, known) for ridge, found in margins.items()}


def _table(
    examples: Sequence[Example], won: Sequence[bool], wishes: Wishes
) -> tuple[_Table, list[Leak], dict[str, float]]:
    """Return the columns to learn from, those that know the outcome left out."""
    columns: dict[str, Column] = {}
    leaks: list[Leak] = []
    aucs: dict[str, float] = {}
    for name in _names(examples, wishes):
        values = [value_in(example.row, name) for example in examples]
        parts = parts_of(values)
        if parts is None:
            continue
        cells = list(map(parts.part_of, values))
        auc = alone(parts, cells, won)
        leak = too_good(name, values, auc, won)
        if leak is not None:
            leaks.append(leak)
            continue
        direction = wishes.monotone.get(name) if parts.kind == "number" else None
        columns[name], aucs[name] = Column(parts, cells, direction), auc
    folds = [crc32(example.id.encode()) % FOLDS for example in examples]
    return _Table(columns, won, folds), leaks, aucs


def _names(examples: Sequence[Example], wishes: Wishes) -> list[str]:
    """Return the columns that enough leads have something in, as many as are looked at."""
    often: dict[str, int] = {}
    for example in examples:
        for name, value in example.row.items():
            often[name] = often.get(name, 0) + is_there(value)
    kept = [name for name, n in often.items() if n >= MIN_LEADS and name not in wishes.exclude]
    return sorted(sorted(kept, key=lambda name: (-often[name], name))[:MAX_COLUMNS])


def _strictest(trials: Mapping[float, tuple[list[float], list[bool]]]) -> float:
    """Return the strictest ridge that is no more than a standard error worse than the best one:
    what is within chance is not worth a wilder model."""
    losses = {ridge: _surprise(*found) for ridge, found in trials.items()}
    best = min(losses, key=lambda ridge: sum(losses[ridge]))
    return next(r for r in losses if _excess(losses[r], losses[best]) <= 1)


def _excess(losses: Sequence[float], least: Sequence[float]) -> float:
    """Return by how many standard errors losses are above others of the same leads, on average."""
    more = [a - b for a, b in zip(losses, least, strict=True)]
    mean = sum(more) / len(more)
    spread = sqrt(sum((each - mean) ** 2 for each in more)) / len(more)
    return mean / spread if spread else 0.0


def _surprise(margins: Sequence[float], won: Sequence[bool]) -> list[float]:
    """Return the logarithmic loss of each lead."""
    return [-log(probability(m if each else -m)) for m, each in zip(margins, won, strict=True)]


def _dominant(
    table: _Table, aucs: Mapping[str, float], ridge: float, together: float
) -> list[Leak]:
    """Return the column that alone tells more than all others together, if there is one."""
    name = max(aucs, key=lambda each: (aucs[each], each), default="")
    if aucs.get(name, 0.0) < DOMINANT:
        return []
    margins, known = _trials(table.without(name), (ridge,))[ridge]
    rest = ranks_of(margins, known).auc
    if min(aucs[name], together) < rest + AHEAD:
        return []
    return [Leak(column=name, reason="dominant", auc=aucs[name], dropped=False)]


def _learned(
    table: _Table,
    found: Fitted,
    ridge: float,
    calibration: Calibration,
    leaks: tuple[Leak, ...],
) -> Learned:
    """Return the weights calibrated, and set off against those of the average lead."""
    slope, shift = calibration
    intercept = slope * found.intercept + shift
    features = []
    for (name, column), weights in zip(table.columns.items(), found.weights, strict=True):
        mean = sum(weights[cell] for cell in column.cells) / len(column.cells)
        intercept += slope * mean
        if max(weights) - min(weights) > 0:
            features.append(_feature(name, column, [slope * (w - mean) for w in weights]))
    return Learned(intercept, tuple(features), ridge, leaks)


def _feature(name: str, column: Column, weights: Sequence[float]) -> Feature:
    parts: Parts = column.parts
    return Feature(
        name=name,
        kind=parts.kind,
        edges=parts.edges,
        values=parts.values,
        weights=tuple(weights),
        direction=column.direction,
    )
