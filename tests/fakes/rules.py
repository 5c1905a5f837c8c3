"""Rule sets for tests."""

from typing import Any

from pydantic import TypeAdapter

from leadsignal.domain.playbook import Playbook
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.rules import Group, Rule, RuleSet
from leadsignal.models.segments import Segment

_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def ruleset(*given: dict[str, Any], version: int = 1, **groups: Group) -> RuleSet:
    """Return a set of rules ``r0``, ``r1`` … with what they say over 50 points in group ``g``."""
    made = [
        _RULE.validate_python({"id": f"r{n}", "name": f"R{n}", "group": "g", "points": 50} | rule)
        for n, rule in enumerate(given)
    ]
    return RuleSet(id="rs", name="Test", version=version, rules=tuple(made), groups=groups)


def rulebook(*given: dict[str, Any], version: int = 1, **groups: Group) -> Rulebook:
    """Return the same, compiled."""
    return Rulebook(ruleset(*given, version=version, **groups))


def boost(**more: Any) -> dict[str, Any]:
    """Return a rule that counts page views, or what it is told to."""
    return {"kind": "boost", "event": "page_view"} | more


def pricing(op: str = "gt", value: int = 2, **within: Any) -> dict[str, Any]:
    """Return the condition that somebody viewed pricing so often."""
    where = {"field": "page.path", "op": "starts_with", "value": "/pricing"}
    said: dict[str, Any] = {
        "performed": {"event": "page_view", "where": where},
        "count": {"op": op, "value": value},
    }
    return said | ({"within": within} if within else {})


def within(segment_id: str) -> dict[str, Any]:
    """Return the condition that a lead is in a segment."""
    return {"field": "segments", "op": "contains", "value": segment_id}


def segment(segment_id: str, condition: dict[str, Any]) -> Segment:
    """Return a segment of that condition."""
    return Segment(id=segment_id, name=segment_id, condition=condition, created_at=0, updated_at=0)


PLAN_A = {"field": "properties.plan", "op": "eq", "value": "a"}
HALF_LIFE = {"kind": "half_life", "days": 10}
MOVING = (
    boost(points=3, decay=HALF_LIFE, max_times=4),
    boost(points=5, within={"days": 2, "time_zone": "Europe/Amsterdam"}),
    {"kind": "boost", "url": "/pricing*", "points": 7, "decay": {"kind": "linear", "days": 40}},
    boost(
        event="signed_up", points=9, where={"field": "properties.plan", "op": "eq", "value": "a"}
    ),
    {"kind": "condition", "condition": pricing(days=14), "points": 11},
    {"kind": "condition", "condition": pricing("gte", 1), "points": 2, "decay": HALF_LIFE},
)
"""Rules that count everything there is to count, and fade and slide."""
CLOSE, KEEN, KNOWN_OR_KEEN = "seg_close", "seg_keen", "seg_known_or_keen"
MOVING_SEGMENTS = SegmentBook(
    (
        segment(
            KNOWN_OR_KEEN, {"any": [within(KEEN), {"field": "is_known", "op": "eq", "value": True}]}
        ),
        segment(KEEN, {"all": [pricing("gte", 2, hours=30), {"not": within(CLOSE)}]}),
        segment(CLOSE, {"field": "score", "op": "gte", "value": 12}),
    )
)
"""Segments by behaviour, score and other segments."""
MOVING_BOOK = Playbook(Rulebook(ruleset(*MOVING), also=MOVING_SEGMENTS.selectors), MOVING_SEGMENTS)
