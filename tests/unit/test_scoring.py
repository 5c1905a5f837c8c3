"""Scores: every kind of rule, bounds, rounding, tiers; contributions that explain the number."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.default_rules import DEFAULT_RULES
from leadsignal.domain.pages import url_matches
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import (
    HYSTERESIS,
    REMEMBERED,
    TIERS,
    round_half_up,
    score_lead,
    settled_tier,
    tier_of,
)
from leadsignal.models.activity import MarkedTouch, Session, Tally
from leadsignal.models.facts import Tier
from leadsignal.models.leads import LeadCompany, Score
from leadsignal.models.profiles import Profile
from leadsignal.models.rules import Group, Rule, RuleSet
from leadsignal.models.touches import TouchMark
from tests.bench.rules import lead as a_lead
from tests.bench.rules import rules as many_rules

AT = 1_800_000_000_000
RULE: TypeAdapter[Rule] = TypeAdapter(Rule)
TOUCH = MarkedTouch(at=1, mark=TouchMark(channel="email", campaign="autumn"))


def profile(**changes: Any) -> Profile:
    seen = {"first_seen_at": 1, "last_seen_at": 2, "created_at": 1, "updated_at": 2}
    return Profile.model_validate(seen | {"event_count": 1} | changes)


def rules(*given: dict[str, Any], **groups: Group) -> RuleSet:
    made = [
        RULE.validate_python(
            {"id": f"r{n}", "name": f"Rule {n}", "group": "g", "points": 10} | rule
        )
        for n, rule in enumerate(given)
    ]
    return RuleSet(id="rs", name="Test", version=7, rules=tuple(made), groups=groups)


def score_profile(made: Profile, ruleset: RuleSet) -> Score:
    return score_lead(LeadFields(made, {}), Rulebook(ruleset), now=AT)


def points(rule: dict[str, Any], **changes: Any) -> float:
    return score_profile(profile(**changes), rules(rule)).raw


ACME = LeadCompany(id="cmp", domain="acme.com", name="Acme", country="US", employee_count=50)
SESSIONS = tuple(Session(start=n, end=n, events=1) for n in range(3))


@pytest.mark.parametrize(
    ("bounds", "value", "hit"),
    [
        ({"from": 50, "to": 100}, 50, True),
        ({"from": 50, "to": 100}, 100, False),
        ({"from": 50, "to": 100}, 99.9, True),
        ({"from": 50}, 10**9, True),
        ({"to": 50}, -1, True),
        ({"to": 50}, 50, False),
        ({"from": 0}, "51", False),
        ({"from": 0}, True, False),
        ({"from": 0}, None, False),
    ],
)
def test_a_range_is_half_open_and_for_numbers_only(
    bounds: dict[str, Any], value: object, hit: bool
) -> None:
    rule = {"kind": "range", "field": "traits.size", **bounds}
    assert points(rule, traits={"size": value}) == (10 if hit else 0)


@pytest.mark.parametrize(
    ("wanted", "value", "hit"),
    [
        ("CTO", " cto ", True),
        ("cto", "ceo", False),
        (True, True, True),
        (True, "true", False),
        (5.0, 5.0, True),
        ("5", 5, False),
        ("x", None, False),
    ],
)
def test_a_match_compares_text_without_case_and_never_coerces(
    wanted: object, value: object, hit: bool
) -> None:
    rule = {"kind": "match", "field": "traits.x", "value": wanted}
    assert points(rule, traits={"x": value}) == (10 if hit else 0)


@pytest.mark.parametrize(
    ("value", "hit"),
    [("x", True), (0, True), (False, True), (None, False), ("", False), ([], False)],
)
def test_a_field_exists_when_it_has_a_value(value: object, hit: bool) -> None:
    assert points({"kind": "exist", "field": "traits.x"}, traits={"x": value}) == 10 * hit


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "ada@acme.com"),
        ("is_known", True),
        ("email_kind", "business"),
        ("company.employee_count", 50),
        ("company.nothing", None),
        ("traits.plan", "pro"),
        ("traits.none", None),
        ("consent.ads", False),
        ("first_touch.campaign", "autumn"),
        ("last_touch.channel", "email"),
        ("source", "email"),
        ("session_count", 3),
        ("event_count", 1),
        ("names", None),
        ("model_dump", None),
        ("", None),
    ],
)
def test_fields_are_read_by_their_dotted_names(field: str, value: object) -> None:
    full = profile(
        email="ada@acme.com",
        is_known=True,
        email_kind="business",
        company=ACME,
        traits={"plan": "pro"},
        consent={"ads": False},
        sessions=SESSIONS,
        touches=(TOUCH,),
    )
    assert LeadFields(full, {}).value(field) == value


@pytest.mark.parametrize(
    "field", ["company.name", "first_touch.campaign", "source", "last_touch.x"]
)
def test_a_field_of_what_is_not_there_is_none(field: str) -> None:
    assert LeadFields(profile(), {}).value(field) is None


@pytest.mark.parametrize(
    ("pattern", "page", "same"),
    [
        ("/pricing", "acme.test/pricing", True),
        ("/pricing", "/pricing", True),
        ("/pricing/", "acme.test/pricing", True),
        ("/pricing?a=1#b", "acme.test/pricing", True),
        ("/pricing", "acme.test/pricing/eu", False),
        ("/pricing*", "acme.test/pricing/eu", True),
        ("/pricing/*", "acme.test/pricing", True),
        ("/", "acme.test/", True),
        ("https://WWW.Acme.test/pricing", "acme.test/pricing", True),
        ("acme.test/pricing", "acme.test/pricing", True),
        ("other.test/pricing", "acme.test/pricing", False),
        ("acme.test/*", "acme.test/x/y", True),
        ("acme.test", "acme.test/", True),
    ],
)
def test_a_url_is_compared_by_path_or_host_and_path(pattern: str, page: str, same: bool) -> None:
    assert url_matches(pattern, page) is same


PAGES = {"acme.test/pricing": Tally(count=3, last=9), "acme.test/": Tally(count=5, last=9)}
NAMES = {"form_submitted": Tally(count=2, last=9)}


@pytest.mark.parametrize(
    ("rule", "times"),
    [
        ({"event": "form_submitted"}, 2),
        ({"event": "form_submitted", "max_times": 1}, 1),
        ({"event": "form_submitted", "max_times": 9}, 2),
        ({"event": "other"}, 0),
        ({"url": "/pricing"}, 3),
        ({"url": "/*"}, 8),
        ({"url": "/*", "max_times": 4}, 4),
        ({"url": "/nothing"}, 0),
    ],
)
def test_a_boost_counts_each_time_up_to_its_limit(rule: dict[str, Any], times: int) -> None:
    score = score_profile(profile(pages=PAGES, names=NAMES), rules({"kind": "boost", **rule}))
    assert score.raw == 10 * times
    assert len(score.contributions) == (times > 0)


KNOWN = {"kind": "match", "field": "is_known", "value": True}


@pytest.mark.parametrize(
    ("given", "bounds", "raw", "score"),
    [
        ([30, 30], Group(), 60, 60),
        ([30, 30], Group(cap=45), 45, 45),
        ([-30, 10], Group(floor=-5), -5, 0),
        ([-30], Group(), -30, 0),
        ([80, 70], Group(), 150, 100),
        ([59.5], Group(), 59.5, 60),
        ([58.5], Group(), 58.5, 59),
        ([59.49], Group(), 59.49, 59),
    ],
)
def test_groups_bound_their_points_and_the_score_is_clamped_and_rounded_half_up(
    given: list[float], bounds: Group, raw: float, score: int
) -> None:
    made = score_profile(
        profile(is_known=True), rules(*(KNOWN | {"points": p} for p in given), g=bounds)
    )
    assert (made.raw, made.score, made.tier) == (raw, score, tier_of(score))
    group = made.groups["g"]
    assert (group.points, group.cap, group.floor) == (raw, bounds.cap, bounds.floor)
    assert (made.ruleset_id, made.ruleset_version) == ("rs", 7)


@given(value=st.decimals(0, 100, places=2))
def test_halves_are_rounded_up(value: Decimal) -> None:
    assert round_half_up(float(value)) == int(value + Decimal("0.5"))


def test_what_crawlers_alone_made_scores_nothing() -> None:
    made = profile(event_count=0, bot_count=3, is_known=True, names=NAMES, pages=PAGES)
    assert score_profile(made, rules(KNOWN)) == Score(ruleset_id="rs", ruleset_version=7)


@pytest.mark.parametrize(
    ("score", "tier"),
    [(100, "hot"), (80, "hot"), (79, "warm"), (60, "warm"), (59, "qualified"), (40, "qualified"),
     (39, "cold"), (0, "cold")],
)  # fmt: skip
def test_each_tier_begins_at_its_edge(score: int, tier: Tier) -> None:
    assert tier_of(score) == tier


@pytest.mark.parametrize(
    ("told", "score", "now"),
    [
        ("cold", 40, "qualified"),
        ("warm", 80, "hot"),
        ("hot", 80, "hot"),
        ("hot", 79, "hot"),
        ("hot", 78, "hot"),
        ("hot", 77, "warm"),
        ("hot", 59, "qualified"),
        ("hot", 0, "cold"),
        ("qualified", 38, "qualified"),
        ("qualified", 37, "cold"),
        ("cold", 100, "hot"),
    ],
)
def test_a_fall_is_told_only_beyond_the_hysteresis(told: Tier, score: int, now: Tier) -> None:
    assert settled_tier(told, score) == now


@given(told=st.sampled_from([tier for _, tier in TIERS]), score=st.integers(0, 100))
def test_what_was_told_stays_told_at_the_same_score(told: Tier, score: int) -> None:
    once = settled_tier(told, score)
    assert settled_tier(once, score) == once
    assert once == tier_of(score) or tier_of(min(100, score + HYSTERESIS)) == once


profiles = st.builds(
    profile,
    is_known=st.booleans(),
    email_kind=st.sampled_from([None, "business", "free", "disposable"]),
    title=st.sampled_from([None, "CTO"]),
    phone=st.sampled_from([None, "+31"]),
    company=st.sampled_from([None, ACME]),
    sessions=st.integers(0, 6).map(lambda n: SESSIONS[:1] * n),
    pages=st.dictionaries(
        st.sampled_from(["a.test/pricing", "a.test/demo", "a.test/contact-us", "a.test/"]),
        st.builds(Tally, count=st.integers(1, 30), last=st.just(1)),
    ),
    names=st.dictionaries(
        st.sampled_from(["page_view", "form_submitted", "signed_up", "unsubscribed", "other"]),
        st.builds(Tally, count=st.integers(1, 30), last=st.just(1)),
    ),
    event_count=st.integers(0, 50),
    bot_count=st.integers(0, 5),
)


@given(made=profiles)
def test_the_contributions_explain_the_number(made: Profile) -> None:
    score = score_profile(made, DEFAULT_RULES)
    sums: dict[str, float] = defaultdict(float)
    for part in score.contributions:
        sums[part.group] += part.decayed_points
        assert part.reason
    raw = 0.0
    for name, total in sums.items():
        bounds = DEFAULT_RULES.groups[name]
        assert score.groups[name].points == min(total, bounds.cap or total)
        raw += score.groups[name].points
    assert score.raw == raw
    assert score.score == round_half_up(min(max(raw, 0), 100))
    assert set(score.groups) == set(sums)
    assert score == score_profile(made, DEFAULT_RULES)


def test_nobody_is_hot_by_name_or_by_clicks_alone() -> None:
    caps = [group.cap for group in DEFAULT_RULES.groups.values() if group.cap is not None]
    assert len(caps) == 2
    assert max(caps) < 80 <= sum(caps)
    assert {rule.group for rule in DEFAULT_RULES.rules} == set(DEFAULT_RULES.groups)
    assert len({rule.id for rule in DEFAULT_RULES.rules}) == len(DEFAULT_RULES.rules)


def test_who_saw_pricing_and_sent_a_form_from_a_company_is_hot() -> None:
    once = Tally(count=1, last=1)
    made = profile(
        is_known=True,
        email_kind="business",
        company=LeadCompany(id="cmp", domain="acme.com"),
        names={"page_view": Tally(count=3, last=1), "form_submitted": once},
        pages={"acme.com/": once, "acme.com/pricing": once, "acme.com/docs": once},
    )
    assert score_profile(made, DEFAULT_RULES).tier == "hot"


def test_rules_that_are_about_what_a_lead_lacks_would_not_have_counted() -> None:
    book, made = many_rules(), a_lead(many_rules())
    asked = [(ready, ready.find(made, AT)) for ready in book.rules]
    counting = book.counting(made, now=AT)
    assert [each for each in asked if each[1] is not None] == counting
    assert len(counting) > 30


def test_what_a_rule_remembers_explains_every_lead_alike() -> None:
    book = Rulebook(rules({"kind": "boost", "event": "opened", "points": 3, "max_times": 4}))
    for count in (1, 2, 5, 9, 2, *range(1, 2 * REMEMBERED)):
        lead = LeadFields(profile(names={"opened": Tally(count=count, last=AT)}), {})
        assert score_lead(lead, book, now=AT) == score_lead(lead, Rulebook(book.ruleset), now=AT)
    assert len(book.rules[0].given) == REMEMBERED
