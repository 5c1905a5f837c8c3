"""Scores beside an implementation that is slow, obvious and shares no code with ours."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadsignal.domain.forecast import next_crossing
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import score_lead
from leadsignal.models.instants import to_datetime
from leadsignal.models.leads import Lead, Score
from leadsignal.models.rules import Group
from leadsignal.services.commit import fields_of, measured
from leadsignal.services.histories import Archive, lead_as_of
from leadsignal.services.rescore import rescore
from tests.fakes.events import AT, GAP, MINUTE, World, event, page
from tests.fakes.rules import boost, rulebook, ruleset
from tests.fakes.stores import ScriptedMail, ScriptedNetworks, ScriptedReferrers

HOUR = 60 * MINUTE
DAY = 24 * HOUR
OFFSETS = [timedelta(minutes=15 * n) for n in range(-14 * 4, 14 * 4 + 1)]
TIERS = {80: "hot", 60: "warm", 40: "qualified"}
NEARLY = Decimal("1e-8")
ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe")
CHANGES = {  # of the clocks, in those zones
    "Europe/Amsterdam": datetime(2026, 3, 29, 1, tzinfo=UTC),
    "America/New_York": datetime(2026, 11, 1, 6, tzinfo=UTC),
    "Australia/Lord_Howe": datetime(2026, 4, 4, 15, tzinfo=UTC),
}


class Act(NamedTuple):
    """One thing that a visitor did."""

    name: str
    path: str
    at: int


def began(within: dict[str, Any], now: int) -> int:
    """Return when a window began: with a zone, by trying every offset that the world has."""
    [unit] = within.keys() - {"time_zone"}
    zone = within.get("time_zone")
    if zone is None or unit != "days":
        return now - int(within[unit]) * {"days": DAY, "hours": HOUR, "minutes": MINUTE}[unit]
    there = to_datetime(now).astimezone(ZoneInfo(zone))
    wall = there.replace(tzinfo=None) - timedelta(days=within["days"])
    fit = [
        (wall - offset).replace(tzinfo=UTC)
        for offset in OFFSETS
        if (wall - offset).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        == wall
    ]
    if not fit:  # the clocks jump over it: as if they had not yet
        day_before = (wall - timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
        offset = day_before.utcoffset()
        assert offset is not None
        fit = [(wall - offset).replace(tzinfo=UTC)]
    return int(min(fit).timestamp() * 1000)


def left(decay: dict[str, Any] | None, age: int) -> Decimal:
    """Return what is left of a point of an age."""
    if decay is None or age <= 0:
        return Decimal(1)
    share = Decimal(age) / (Decimal(str(decay["days"])) * DAY)
    return Decimal("0.5") ** share if decay["kind"] == "half_life" else max(Decimal(0), 1 - share)


def points(rule: dict[str, Any], acts: Sequence[Act], now: int) -> Decimal:
    """Return what one rule gives for what was done until now."""
    worth = Decimal(str(rule["points"]))
    if rule["kind"] == "match":
        since = max(act.at for act in acts)
        return worth * left(rule.get("decay"), now - since)
    wanted = rule.get("condition", {}).get("performed", rule)
    within = rule.get("condition", rule).get("within")
    meant = sorted(
        act.at
        for act in acts
        if act.name == wanted["event"]
        and ("where" not in wanted or act.path == "/pricing")
        and (within is None or act.at >= began(within, now))
    )
    if rule["kind"] == "condition":
        return worth if len(meant) >= rule["condition"]["count"]["value"] else Decimal(0)
    newest = meant[-rule["max_times"] :] if rule.get("max_times") else meant
    return sum((worth * left(rule.get("decay"), now - at) for at in newest), Decimal(0))


def reference(
    rules: Sequence[dict[str, Any]], groups: dict[str, Group], acts: Sequence[Act], now: int
) -> Decimal:
    """Return the raw score of what was done until now."""
    with localcontext(prec=50):
        done = [act for act in acts if act.at <= now]
        sums = {name: Decimal(0) for name, group in groups.items() if group.floor is not None}
        for rule in rules:
            name = rule.get("group", "g")
            sums[name] = sums.get(name, Decimal(0)) + points(rule, done, now)
        raw = Decimal(0)
        for name, total in sums.items():
            group = groups.get(name, Group())
            most = total if group.cap is None else min(total, Decimal(str(group.cap)))
            raw += most if group.floor is None else max(most, Decimal(str(group.floor)))
        return raw


def is_near_an_edge(raw: Decimal) -> bool:
    """Return whether a raw score is so near to a half, but not one, that floats cannot tell."""
    off = (raw - Decimal("0.5")) % 1
    return off != 0 and min(abs(off), abs(1 - off), abs(-1 - off)) < NEARLY


def check(score: Score, raw: Decimal) -> None:
    """Assert that a score is that of a raw one."""
    assert abs(Decimal(str(score.raw)) - raw) < NEARLY
    held = min(max(raw, Decimal(0)), Decimal(100))
    whole = int(held + Decimal("0.5"))
    assert score.score == whole
    assert score.tier == next((t for edge, t in TIERS.items() if whole >= edge), "cold")


CENTS = st.integers(-4000, 6000).map(lambda n: n / 100)
DECAY = st.one_of(
    st.none(),
    st.builds(
        lambda kind, days: {"kind": kind, "days": days},
        st.sampled_from(["half_life", "linear"]),
        st.sampled_from([0.5, 3, 14, 90]),
    ),
)
WITHIN = st.one_of(
    st.sampled_from([{"days": 1}, {"days": 14}, {"hours": 30}, {"minutes": 90}]),
    st.builds(
        lambda days, zone: {"days": days, "time_zone": zone},
        st.sampled_from([1, 7, 200]),
        st.sampled_from(ZONES),
    ),
)
IN_GROUP = st.sampled_from(["g", "h"])
COUNTED = st.sampled_from(["page_view", "signed_up"])
PRICED = {"where": {"field": "page.path", "op": "eq", "value": "/pricing"}}
BOOSTS = st.builds(
    lambda event, points, decay, within, times, where, group: (
        boost(event=event, points=points, group=group, **where)
        | ({"decay": decay} if decay else {})
        | ({"within": within} if within else {})
        | ({"max_times": times} if times else {})
    ),
    COUNTED,
    CENTS,
    DECAY,
    st.one_of(st.none(), WITHIN),
    st.one_of(st.none(), st.integers(1, 3)),
    st.sampled_from([{}, PRICED]),
    IN_GROUP,
)
HELD = st.builds(
    lambda event, points, within, least, where, group: {
        "kind": "condition",
        "points": points,
        "group": group,
        "condition": {
            "performed": {"event": event} | where,
            "count": {"op": "gte", "value": least},
            "within": within,
        },
    },
    COUNTED,
    CENTS,
    WITHIN,
    st.integers(1, 3),
    st.sampled_from([{}, PRICED]),
    IN_GROUP,
)
MATCHES = st.builds(
    lambda points, decay, group: {
        "kind": "match", "field": "is_known", "value": False, "points": points, "group": group
    } | ({"decay": decay} if decay else {}),
    CENTS,
    DECAY,
    IN_GROUP,
)  # fmt: skip
RULES = st.lists(st.one_of(BOOSTS, HELD, MATCHES), min_size=1, max_size=5)
GROUPS = st.fixed_dictionaries(
    {
        "g": st.builds(
            Group,
            cap=st.one_of(st.none(), st.sampled_from([39.5, 59.5, 79.5, 20])),
            floor=st.one_of(st.none(), st.sampled_from([-10, 0.5])),
        )
    }
)
ACTS = st.lists(
    st.builds(
        Act,
        COUNTED,
        st.sampled_from(["/pricing", "/"]),
        st.one_of(
            st.integers(0, 400 * 24).map(lambda hours: AT - hours * HOUR),
            st.builds(
                lambda zone, minutes: int(CHANGES[zone].timestamp() * 1000) + minutes * MINUTE,
                st.sampled_from(ZONES),
                st.integers(-26 * 60, 26 * 60),
            ).filter(lambda at: at <= AT),
        ),
    ),
    min_size=1,
    max_size=7,
)
LATER = st.lists(st.integers(0, 365 * 24 * 60), min_size=1, max_size=4)


def world_of(acts: Sequence[Act], book: Rulebook, *, then: Rulebook, order: Any) -> World:
    """Return where it was done, told in any order, other rules being published half way."""
    sent = [
        event(f"m{n}", at=act.at, client_at=act.at, event=act.name, context=page(act.path))
        for n, act in enumerate(acts)
    ]
    order.shuffle(sent)
    world = World(rules=book)
    half = len(sent) // 2
    world.apply(sent[:half])
    world.rules["ten_one"] = then
    world.apply(sent[half:])
    return world


def now_scored(lead: Lead, world: World, book: Rulebook, now: int) -> Score:
    """Return the score of a lead at an instant."""
    tenant = world.tenants["ten_one"]
    profile = profile_of(lead, gap_ms=GAP, country=None)
    return measured(lead, profile, tenant=tenant, book=Playbook(book), now=now)[0]


def then_scored(lead: Lead, world: World, book: Rulebook, at: int) -> Score | None:
    """Return the score of a lead as of an instant, by some rules."""
    archive = Archive(
        tenant=world.tenants["ten_one"],
        days=world.activity["ten_one"],
        companies=world.leads["ten_one"],
        networks=ScriptedNetworks(),
        referrers=ScriptedReferrers(),
        mail=ScriptedMail(),
        book=Playbook(book),
    )
    was = lead_as_of(lead, at, {lead.lead_id: lead}, archive=archive)
    assert not isinstance(was, str)
    return was.score if was else None


@settings(max_examples=120)
@given(
    rules=RULES,
    others=RULES,
    groups=GROUPS,
    acts=ACTS,
    minutes=LATER,
    cut=st.integers(0, 6),
    order=st.randoms(use_true_random=False),
)
def test_a_score_is_that_of_slow_and_exact_arithmetic_now_later_and_in_the_past(
    rules: list[dict[str, Any]],
    others: list[dict[str, Any]],
    groups: dict[str, Group],
    acts: list[Act],
    minutes: list[int],
    cut: int,
    order: Any,
) -> None:
    book, old = (
        Rulebook(ruleset(*each).model_copy(update={"groups": groups})) for each in (rules, others)
    )
    world = world_of(acts, old, then=book, order=order)
    [lead] = world.found()
    rescore(lead.lead_id, desk=world.desk("ten_one"), now=to_datetime(AT))
    [lead] = world.found()
    for now in (AT, *(AT + ahead * MINUTE for ahead in minutes)):
        raw = reference(rules, groups, acts, now)
        assume(not is_near_an_edge(raw))
        check(now_scored(lead, world, book, now), raw)
    then = sorted(act.at for act in acts)[min(cut, len(acts) - 1)] + 5
    for each, said in ((book, rules), (old, others)):
        raw = reference(said, groups, acts, then)
        assume(not is_near_an_edge(raw))
        was = then_scored(lead, world, each, then)
        assert was is not None
        check(was, raw)


@settings(max_examples=60)
@given(rules=st.lists(BOOSTS, min_size=1, max_size=3), acts=ACTS, probes=LATER)
def test_the_tier_stays_until_the_next_crossing_and_is_another_one_then(
    rules: list[dict[str, Any]], acts: list[Act], probes: list[int]
) -> None:
    book = rulebook(*rules)
    world = World(rules=book)
    world.apply(
        event(f"m{n}", at=act.at, client_at=act.at, event=act.name, context=page(act.path))
        for n, act in enumerate(acts)
    )
    [lead] = world.found()
    tenant = world.tenants["ten_one"]
    fields = fields_of(lead, profile_of(lead, gap_ms=GAP, country=None), tenant=tenant)
    crossing = next_crossing(fields, book, score_lead(fields, book, now=AT), now=AT)
    tier = tier_at(rules, acts, AT)
    for ahead in probes:
        now = AT + ahead * MINUTE
        if crossing is None or now < crossing.at:
            assert tier_at(rules, acts, now) in (tier, None)
    if crossing is not None:
        assert tier_at(rules, acts, crossing.at) in (crossing.tier, None)
        assert tier_at(rules, acts, crossing.at - 1) in (tier, None)


def tier_at(rules: Sequence[dict[str, Any]], acts: Sequence[Act], now: int) -> str | None:
    """Return the tier, None where it is too near to an edge to be told."""
    raw = reference(rules, {}, acts, now)
    if is_near_an_edge(raw):
        return None
    whole = int(min(max(raw, Decimal(0)), Decimal(100)) + Decimal("0.5"))
    return next((t for edge, t in TIERS.items() if whole >= edge), "cold")


@pytest.mark.parametrize(
    ("parts", "raw", "score", "tier"),
    [
        ([13.1, 13.2, 13.2], 39.5, 40, "qualified"),
        ([0.1, 0.2, 39.2], 39.5, 40, "qualified"),
        ([0.1] * 5 + [58.9, 0.1], 59.5, 60, "warm"),
        ([79.7, -0.1, -0.1], 79.5, 80, "hot"),
        ([39.49], 39.49, 39, "cold"),
        ([1.1, 2.2, 76.1], 79.4, 79, "warm"),
        ([-0.1, -0.2, 0.3], 0, 0, "cold"),
        ([-0.5], -0.5, 0, "cold"),
        ([100.4, 0.1], 100.5, 100, "hot"),
    ],
)
def test_sums_are_rounded_as_people_add_them_up(
    parts: list[float], raw: float, score: int, tier: str
) -> None:
    rules = [boost(points=each, max_times=1) for each in parts]
    spread = [rule | {"group": f"g{n}"} for n, rule in enumerate(rules)]
    world = World()
    world.apply([event()])
    [lead] = world.found()
    for said in (rules, spread):
        found = now_scored(lead, world, rulebook(*said), AT)
        assert (found.raw, found.score, found.tier) == (raw, score, tier)
