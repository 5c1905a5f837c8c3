"""Segments made ready: compiled once for each set of them, then asked about every lead."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.changes import (
    Timed,
    next_change,
    pinned,
    timed_leaves,
)
from leadsignal.domain.conditions.evaluate import (
    Decide,
    comparisons,
    compiled_with,
    performed_leaves,
    selector_of,
)
from leadsignal.domain.conditions.lead_fields import LeadFields, reader
from leadsignal.domain.conditions.parse import parse
from leadsignal.domain.conditions.selectors import Selector, tracked
from leadsignal.domain.scoring import TIERS
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.conditions import Comparison, Condition, Kind
from leadsignal.models.instants import Instant
from leadsignal.models.segments import Segment

MAX_KEPT = 1_000  # instants of one day that a lead's summary keeps for all segments together
MAX_SCORE = 100

_ID = re.compile(r"seg_[A-Za-z0-9]{1,64}", re.ASCII)
_SEGMENTS = "segments"
_MEMBERSHIP = ("contains", "not_contains")


class ReadySegment(NamedTuple):
    """A segment, its condition, what decides it, the segments that this names, the events that it
    counts, and those that it counts in windows; and the condition without these, once for each way
    in which they can be."""

    segment: Segment
    condition: Condition
    decide: Decide[LeadFields]
    uses: frozenset[str]
    selectors: tuple[Selector, ...]
    timed: tuple[Timed, ...]
    pinned: tuple[Decide[LeadFields], ...]

    def can_move(self, lead: LeadFields, now: Instant) -> bool:
        """Return whether windows alone can bring a lead in, or out."""
        ways = iter(self.pinned)
        first = next((decide(lead, now) for decide in ways), None)
        return first is None or any(decide(lead, now) != first for decide in ways)


class SegmentBook:
    """A tenant's segments, each after those that it names."""

    def __init__(self, segments: Iterable[Segment] = ()) -> None:
        """Compile the segments.

        Raises:
            InvalidInputError: a condition is none.
        """
        ready = {segment.id: _ready(segment) for segment in segments}
        self.ordered = tuple(_in_order(ready))
        self.ids = frozenset(ready)
        self._segments = {each.segment.id: each.segment for each in self.ordered}
        self.selectors: tuple[Selector, ...] = tuple(
            what for each in self.ordered for what in each.selectors
        )
        self.score_edges = frozenset(
            edge for each in self.ordered for edge in _score_edges(each.condition)
        )
        self._moving = tuple(each for each in self.ordered if each.timed)

    def of(self, lead: LeadFields, now: Instant) -> tuple[str, ...]:
        """Return the ids of the segments that a lead is in at an instant, by its fields, score and
        tier; from then on they are its field ``segments``.

        A lead that only crawlers made is in none.
        """
        inside: list[str] = []
        lead.segments = inside
        if lead.profile.is_bot:
            return ()
        for each in self.ordered:
            if each.decide(lead, now):
                inside.append(each.segment.id)
        return tuple(inside)

    def next_change(self, lead: LeadFields, now: Instant) -> Instant | None:
        """Return the first instant after ``now`` at which a lead whose score stays as it is comes
        into a segment, or leaves one, with no new event; None when it never does.

        Until the first change all segments are as they are now, so each can be asked by itself.
        """
        if not self._moving or lead.profile.is_bot:
            return None
        if any(each.uses for each in self._moving):
            self.of(lead, now)
        moving = (each for each in self._moving if each.can_move(lead, now))
        found = (next_change(each.timed, each.decide, lead, now=now) for each in moving)
        return min((at for at in found if at is not None), default=None)

    def get(self, segment_id: str) -> Segment | None:
        """Return the segment of that id, or None."""
        return self._segments.get(segment_id)

    def users_of(self, segment_id: str) -> tuple[Segment, ...]:
        """Return the segments whose conditions name a segment."""
        return tuple(each.segment for each in self.ordered if segment_id in each.uses)


def is_segment_id(text: str) -> bool:
    """Return whether a text has the form of the id of a segment."""
    return _ID.fullmatch(text) is not None


def segment_field(field: str) -> Kind | None:
    """Return the kind of a field that a segment may name: of a lead, whatever it is."""
    return fields.of_lead(field)


def _ready(segment: Segment) -> ReadySegment:
    condition = parse(segment.condition, segment_field)
    leaves = list(performed_leaves(condition))
    return ReadySegment(
        segment,
        condition,
        compiled_with(condition, reader),
        frozenset(_named(condition)),
        tuple(map(selector_of, leaves)),
        timed_leaves(condition),
        tuple(compiled_with(way, reader) for way in pinned(condition)),
    )


def _named(condition: Condition) -> Iterator[str]:
    for leaf in comparisons(condition):
        if leaf.field == _SEGMENTS:
            yield from (value for value in leaf.values if isinstance(value, str))


def _in_order(ready: Mapping[str, ReadySegment]) -> list[ReadySegment]:
    """Return the segments, each after those that it names."""
    placed: dict[str, ReadySegment] = {}

    def place(segment_id: str) -> None:
        if segment_id in placed:
            return
        for used in sorted(ready[segment_id].uses & ready.keys()):
            place(used)
        placed[segment_id] = ready[segment_id]

    for segment_id in ready:
        place(segment_id)
    return list(placed.values())


def check_condition(said: Mapping[str, Any], *, segment_id: str, others: Sequence[Segment]) -> None:
    """Let a condition pass that a segment of that id can have beside the others.

    Raises:
        InvalidInputError: it is no condition, or names a segment that is not there, itself, or one
            that leads back to it, or the quality; or all together count too much.
    """
    condition = parse(said, segment_field, at="/condition")
    ready = [_ready(other) for other in others]
    uses = {other.segment.id: other.uses for other in ready}
    problems = [
        problem
        for at, leaf in _leaves(said, "/condition")
        if (problem := _problem(at, leaf, segment_id, uses)) is not None
    ]
    if problems:
        raise InvalidInputError(tuple(problems))
    counted = [selector_of(leaf) for leaf in performed_leaves(condition)]
    counted += [what for other in ready for what in other.selectors]
    kept = sum(max(what.keep or 0, 1) for what in tracked(counted).values())
    if kept > MAX_KEPT:
        detail = f"all segments together count up to {kept} events of a day; {MAX_KEPT} can be"
        raise InvalidInputError((FieldProblem("/condition", "too_much_counted", detail),))


def _leaves(said: Any, at: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the comparisons of a condition that was parsed already, each with its JSON pointer."""
    if "field" in said:
        yield at, said
    elif "not" in said:
        yield from _leaves(said["not"], f"{at}/not")
    else:
        for kind in ("all", "any"):
            for number, part in enumerate(said.get(kind, ())):
                yield from _leaves(part, f"{at}/{kind}/{number}")


def _problem(
    at: str, leaf: Mapping[str, Any], own: str, uses: Mapping[str, frozenset[str]]
) -> FieldProblem | None:
    field, value = leaf["field"], leaf.get("value")
    if field.partition(".")[0] == "quality":
        detail = "the quality changes from day to day by itself: it is for filters of lists"
        return FieldProblem(f"{at}/field", "not_in_segments", detail)
    if field != _SEGMENTS:
        return None
    if leaf["op"] not in _MEMBERSHIP:
        detail = "a segment asks of another whether it contains the lead, or does not"
        return FieldProblem(f"{at}/op", "not_in_segments", detail)
    if value == own:
        return FieldProblem(f"{at}/value", "self_reference", "a segment cannot name itself")
    if not isinstance(value, str) or value not in uses:
        return FieldProblem(f"{at}/value", "unknown_segment", "there is no such segment")
    if _leads_to(value, own, uses):
        return FieldProblem(f"{at}/value", "cycle", "that segment depends on this one")
    return None


def _leads_to(start: str, end: str, uses: Mapping[str, frozenset[str]]) -> bool:
    """Return whether a segment names another, or one that does."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        segment_id = ahead.pop()
        if segment_id == end:
            return True
        if segment_id not in seen:
            seen.add(segment_id)
            ahead += uses.get(segment_id, ())
    return False


def _score_edges(condition: Condition) -> Iterator[int]:
    """Yield the scores that a condition may judge otherwise than the score one below."""
    for leaf in comparisons(condition):
        if leaf.field == "tier":
            yield from (edge for edge, _ in TIERS if edge > 0)
        elif leaf.field == "score":
            yield from (edge for edge in _edges(leaf) if 0 < edge <= MAX_SCORE)


def _edges(leaf: Comparison) -> Iterator[int]:
    for value in leaf.values:
        if isinstance(value, int | float) and not isinstance(value, bool):
            low, high = math.ceil(value), math.floor(value) + 1
            yield from (low, high)


def trial_of(said: Mapping[str, Any]) -> ReadySegment:
    """Return a condition that was let pass as a segment that is not stored, to be tried.

    Raises:
        InvalidInputError: it is no condition.
    """
    return _ready(Segment(id="", name="", condition=dict(said), created_at=0, updated_at=0))
