"""When the tier of a score changes by itself: exact, whatever fades, slides or is capped."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from leadsignal.domain.conditions.lead_fields import LeadFields, Timeline
from leadsignal.domain.forecast import Crossing
from leadsignal.domain.forecast import next_crossing as crossing_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import grade_of, score_lead
from leadsignal.models.activity import Tally
from leadsignal.models.facts import Tier
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.leads import GroupPoints
from leadsignal.models.profiles import Profile
from leadsignal.models.rules import Group, Rule, RuleSet

AT = 1_800_000_000_000
RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
HALF = {"kind": "half_life", "days": 10}
EVEN = {"kind": "linear", "days": 10}
KNOWN = {"kind": "match", "field": "is_known", "value": True}


def book(*given: dict[str, Any], **groups: Group) -> Rulebook:
    made = [
        RULE.validate_python({"id": f"r{n}", "name": f"R{n}", "group": "g", "points": 50} | rule)
        for n, rule in enumerate(given)
    ]
    return Rulebook(RuleSet(id="rs", name="T", version=1, rules=tuple(made), groups=groups))


def lead(rules: Rulebook, *instants: Instant, **changes: Any) -> LeadFields:
    seen = {"first_seen_at": AT, "last_seen_at": AT, "created_at": AT, "updated_at": AT}
    profile = Profile.model_validate(
        seen
        | {"is_known": True, "event_count": 1, "names": {"x": Tally(count=len(instants), last=AT)}}
        | changes
    )
    return LeadFields(profile, {name: Timeline(sorted(instants)) for name in rules.tracked})


def boost(**more: Any) -> dict[str, Any]:
    return {"kind": "boost", "event": "x"} | more


def tier(made: LeadFields, rules: Rulebook, at: Instant) -> Tier:
    return score_lead(made, rules, now=at).tier


def next_crossing(made: LeadFields, rules: Rulebook, *, now: Instant) -> Crossing | None:
    return crossing_of(made, rules, score_lead(made, rules, now=now), now=now)


def test_points_fade_by_half_in_every_half_life_and_evenly_otherwise() -> None:
    rules = book(boost(decay=HALF, points=80), boost(decay=EVEN, points=80, group="h"))
    made = lead(rules, AT)
    found = [
        [part.decayed_points for part in score_lead(made, rules, now=at).contributions]
        for at in (AT - 1, AT, AT + 5 * DAY_MS, AT + 10 * DAY_MS, AT + 20 * DAY_MS)
    ]
    assert found[0] == found[1] == [80, 80]
    assert found[2] == pytest.approx([80 * 0.5**0.5, 40])
    assert found[3:] == [[40, 0], [20, 0]]


def test_a_year_of_decay_goes_down_day_by_day_and_is_explained() -> None:
    rules = book(boost(decay={"kind": "half_life", "days": 30}, points=100))
    made = lead(rules, AT)
    scores = [score_lead(made, rules, now=AT + day * DAY_MS) for day in range(366)]
    raws = [score.raw for score in scores]
    assert raws == sorted(raws, reverse=True)
    assert raws[30] == 50
    assert all(s.raw == sum(c.decayed_points for c in s.contributions) for s in scores)
    assert scores[15].contributions[0].reason == "R0, faded to 71%"
    crossing = next_crossing(made, rules, now=AT)
    assert crossing is not None
    assert crossing.tier == "warm"
    assert tier(made, rules, crossing.at - 1) == "hot"
    days = (crossing.at - AT) / DAY_MS
    assert 0.5 ** (days / 30) * 100 == pytest.approx(79.5, abs=1e-6)


def test_of_many_occurrences_the_newest_are_counted_each_by_its_own_age() -> None:
    rules = book(boost(decay=HALF, max_times=2, points=10))
    made = lead(rules, AT, AT - 10 * DAY_MS, AT - 20 * DAY_MS)
    [part] = score_lead(made, rules, now=AT).contributions
    assert (part.points, part.decayed_points) == (20, 15)
    assert part.reason == "R0, 3 times (2 counted), faded to 75%"


def test_a_field_fades_from_when_the_lead_was_last_seen() -> None:
    rules = book(KNOWN | {"decay": HALF, "points": 80})
    made = lead(rules, last_seen_at=AT - 10 * DAY_MS)
    assert score_lead(made, rules, now=AT).raw == 40


def test_a_window_gives_points_for_what_is_in_it_and_takes_them_when_it_slides() -> None:
    rules = book(boost(within={"days": 1}, points=25, max_times=2))
    made = lead(rules, AT - 5, AT - 3, AT)
    assert score_lead(made, rules, now=AT).contributions[0].reason == "R0, 3 times (2 counted)"
    assert next_crossing(made, rules, now=AT) == Crossing(AT - 3 + DAY_MS + 1, "cold")
    assert next_crossing(made, rules, now=AT + 2 * DAY_MS) is None


def test_a_condition_in_a_rule_moves_the_tier_at_its_instant() -> None:
    condition = {"performed": {"event": "x"}, "within": {"hours": 2}}
    rules = book({"kind": "condition", "condition": condition, "points": 60})
    made = lead(rules, AT)
    assert score_lead(made, rules, now=AT).tier == "warm"
    assert next_crossing(made, rules, now=AT) == Crossing(AT + 7_200_001, "cold")


def test_a_cap_holds_the_tier_until_less_than_it_is_left() -> None:
    rules = book(boost(decay=HALF, points=120), g=Group(cap=60))
    made = lead(rules, AT)
    crossing = next_crossing(made, rules, now=AT)
    assert crossing is not None
    assert crossing.at > AT + 10 * DAY_MS
    assert (tier(made, rules, crossing.at - 1), crossing.tier) == ("warm", "qualified")


def test_points_taken_away_fade_too_so_a_score_can_rise_by_itself() -> None:
    rules = book(KNOWN | {"points": 70}, boost(decay=EVEN, points=-40))
    made = lead(rules, AT)
    crossing = next_crossing(made, rules, now=AT)
    assert crossing is not None
    assert crossing.tier == "qualified"
    later = next_crossing(made, rules, now=crossing.at)
    assert later is not None
    assert later.tier == "warm"
    assert next_crossing(made, rules, now=later.at) is None


def test_what_does_not_move_never_crosses() -> None:
    rules = book(KNOWN, boost(points=30))
    assert next_crossing(lead(rules, AT), rules, now=AT) is None
    fading = book(boost(decay=HALF))
    bot = lead(fading, AT, event_count=0, bot_count=1)
    assert next_crossing(bot, fading, now=AT) is None


def test_a_floor_holds_where_nothing_counts_but_for_crawlers() -> None:
    rules = book(boost(points=-50, decay=HALF), g=Group(floor=-10), h=Group(floor=45))
    made = lead(rules, AT)
    assert score_lead(made, rules, now=AT).raw == 35
    crossing = next_crossing(made, rules, now=AT)
    assert crossing is not None
    assert crossing.tier == "qualified"
    assert score_lead(lead(rules, event_count=0, bot_count=1), rules, now=AT).raw == 0


DECAYS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["half_life", "linear"]), "days": st.sampled_from([0.5, 3, 14])}
    ),
)
POINTS = st.one_of(st.integers(-60, 90), st.floats(-50, 80).map(lambda value: round(value, 2)))
MOVING = st.builds(
    lambda points, decay, within, times, group: boost(
        points=points, decay=decay, within=within, max_times=times, group=group
    ),
    POINTS,
    DECAYS,
    st.one_of(st.none(), st.sampled_from([{"days": 2}, {"hours": 5}])),
    st.one_of(st.none(), st.integers(1, 4)),
    st.sampled_from(["g", "h"]),
)
BOUNDS = st.builds(
    Group,
    cap=st.one_of(st.none(), st.integers(20, 80)),
    floor=st.one_of(st.none(), st.integers(-40, 0)),
)


@given(
    moving=st.lists(MOVING, min_size=1, max_size=4),
    ages=st.lists(st.integers(0, 20 * 24), min_size=1, max_size=5),
    base=POINTS,
    bounds=BOUNDS,
    probes=st.lists(st.floats(0, 1), max_size=20),
)
def test_just_before_the_next_crossing_the_tier_is_as_now_and_at_it_another(
    moving: list[dict[str, Any]], ages: list[int], base: float, bounds: Group, probes: list[float]
) -> None:
    rules = book(KNOWN | {"points": base, "group": "h"}, *moving, g=bounds)
    made = lead(rules, *(AT - age * 3_600_000 for age in ages))
    now = tier(made, rules, AT)
    crossing = next_crossing(made, rules, now=AT)
    end = crossing.at if crossing else AT + 400 * DAY_MS
    if crossing:
        assert crossing.at > AT
        assert tier(made, rules, crossing.at) == crossing.tier != now
    assert tier(made, rules, end - 1) == now
    for share in probes:
        assert tier(made, rules, AT + int((end - 1 - AT) * share)) == now


@pytest.mark.parametrize(
    ("fit", "acts", "grade"),
    [
        (40, 60, "A1"), (27, 40, "A1"), (26, 39, "B2"), (14, 20, "B2"), (13, 19, "C3"),
        (-5, 0, "C3"), (40, 0, "A3"),
    ],
)  # fmt: skip
def test_a_grade_tells_fit_and_engagement_by_thirds(fit: int, acts: int, grade: str) -> None:
    groups = {
        "fit": GroupPoints(points=fit, cap=40),
        "engagement": GroupPoints(points=acts, cap=60),
    }
    assert grade_of(groups) == grade


def test_there_is_no_grade_without_fit_and_engagement() -> None:
    assert grade_of({"other": GroupPoints(points=9)}) is None
    assert grade_of({"fit": GroupPoints(points=50)}) == "A3"
