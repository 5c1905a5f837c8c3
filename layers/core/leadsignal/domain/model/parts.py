"""The parts that a column is cut into: stretches of its numbers, or its frequent values."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from leadsignal.models.predictions import ColumnKind, Value

STRETCHES = 10  # of a column of numbers, with about as many leads in each
USUAL = 0.2  # of the leads: with one number that many, it is a stretch by itself
MAX_VALUES = 30  # of a column of texts that have a part each
MIN_LEADS = 10  # with a value, for a part of its own
MIN_SHARE = 0.6  # of the texts of a column that frequent values have to cover


class Parts(NamedTuple):
    """How a column is cut. Numbers: the stretches between ``edges``, of which each begins one, then
    the part of leads without a number. Texts: one part for each of ``values``, one for all others,
    one for leads that have none."""

    kind: ColumnKind
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many parts there are."""
        return len(self.edges) + 2 if self.kind == "number" else len(self.values) + 2

    def part_of(self, value: Value) -> int:
        """Return the number of the part that a value is in."""
        if self.kind == "number":
            number = number_of(value)
            return len(self.edges) + 1 if number is None else bisect_right(self.edges, number)
        text = text_of(value)
        if text is None:
            return len(self.values) + 1
        return self.values.index(text) if text in self.values else len(self.values)


def number_of(value: Value) -> float | None:
    """Return a value as a number, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return float(value)


def text_of(value: Value) -> str | None:
    """Return a value as a text to compare, None when there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.strip().casefold() or None
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def parts_of(values: Sequence[Value]) -> Parts | None:
    """Return how a column is cut; None when it tells nothing: one value for all, or as good as one
    for each."""
    known = [value for value in values if text_of(value) is not None]
    if not known:
        return None
    numbers = [number for value in known if (number := number_of(value)) is not None]
    found = _stretches(numbers) if 2 * len(numbers) > len(known) else _frequent(known)
    if found is None or len(set(map(found.part_of, values))) < 2:
        return None
    return found


def _stretches(numbers: Sequence[float]) -> Parts:
    """Return stretches of about as many leads each; a number that many leads have, as often a count
    of nothing, is one by itself."""
    [(usual, often)] = Counter(numbers).most_common(1)
    cuts: set[float] = set()
    rest = sorted(numbers)
    if often >= USUAL * len(numbers) and often < len(numbers):
        rest = [number for number in rest if number != usual]
        cuts = {usual, min((number for number in rest if number > usual), default=usual)}
    cuts |= {rest[len(rest) * n // STRETCHES] for n in range(1, STRETCHES)}
    lowest = min(numbers)
    return Parts("number", edges=tuple(sorted(cut for cut in cuts if cut > lowest)))


def _frequent(values: Sequence[Value]) -> Parts | None:
    counts = Counter(text for value in values if (text := text_of(value)) is not None)
    often = [pair for pair in counts.items() if pair[1] >= MIN_LEADS]
    kept = sorted(often, key=lambda pair: (-pair[1], pair[0]))[:MAX_VALUES]
    if sum(count for _, count in kept) < MIN_SHARE * len(values):
        return None
    return Parts("text", values=tuple(sorted(text for text, _ in kept)))
