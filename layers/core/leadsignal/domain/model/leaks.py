"""Columns that know the outcome: there only afterwards, or telling too well to be true."""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

from leadsignal.domain.model.measures import ranks_of
from leadsignal.domain.model.parts import Parts, text_of
from leadsignal.models.instants import Instant
from leadsignal.models.predictions import Leak, Value

NEAR_PERFECT = 0.97  # AUC of one column alone; what is known before an outcome is never that good
UNLIKELY = 1e-6  # chance of one outcome alone among the leads that have something in a column
LATER = 10  # leads that have something in a column only since their outcome
LATER_SHARE = 0.9  # of all that have it
DOMINANT, AHEAD = 0.75, 0.05  # AUC of one column alone, and by what above all others together
PRIOR = 20.0  # leads like the average one that each part is thought to have beside its own


class Example(NamedTuple):
    """A lead of which it is known what became of it, as it was before: what it had in which column
    then, which ones it has something in only since (``later``), and its points by the rules."""

    id: str
    at: Instant
    won: bool
    row: dict[str, Value]
    later: frozenset[str] = frozenset()
    points: float | None = None


def is_there(value: Value) -> bool:
    """Return whether a lead has something: a value, a count above nothing, a yes."""
    return text_of(value) is not None and value is not False and value != 0


def after_outcome(examples: Sequence[Example]) -> list[Leak]:
    """Return the columns that (nearly) all leads which have them got only after their outcome."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for example in examples:
        for name, value in example.row.items():
            before[name] = before.get(name, 0) + is_there(value)
        for name in example.later:
            after[name] = after.get(name, 0) + 1
    return [
        Leak(column=name, reason="after_outcome")
        for name, count in sorted(after.items())
        if count >= LATER and count >= LATER_SHARE * (count + before.get(name, 0))
    ]


def known_by_one(values: Sequence[Value], won: Sequence[bool]) -> bool:
    """Return whether only leads of one outcome have something in a column, so many that chance does
    not do it."""
    found = [each for value, each in zip(values, won, strict=True) if is_there(value)]
    if not found or len(set(found)) > 1:
        return False
    share = sum(each == found[0] for each in won) / len(won)
    return share < 1 and len(found) * log(share) < log(UNLIKELY)


def alone(parts: Parts, cells: Sequence[int], won: Sequence[bool]) -> float:
    """Return the AUC of one column alone: each lead rated by how often its part was won."""
    count, wins = [PRIOR] * parts.size, [PRIOR * sum(won) / len(won)] * parts.size
    for cell, each in zip(cells, won, strict=True):
        count[cell] += 1
        wins[cell] += each
    rates = [w / n for w, n in zip(wins, count, strict=True)]
    return ranks_of([rates[cell] for cell in cells], won).auc


def too_good(name: str, values: Sequence[Value], auc: float, won: Sequence[bool]) -> Leak | None:
    """Return why a column cannot have been known before the outcome, None where it can."""
    if known_by_one(values, won):
        return Leak(column=name, reason="one_outcome", auc=auc)
    return Leak(column=name, reason="near_perfect", auc=auc) if auc >= NEAR_PERFECT else None
