"""The closing screen and the numbers on it."""

from typing import Any

import pytest

from local.demo.census import Census, Crawled, TopLead, count_leads, strongest, unlisted
from local.demo.latency import Latency, hot_visit, quantile
from local.demo.receiver import Counts
from local.demo.screen import Outcome, render
from local.demo.sending import Answers

LEAD: dict[str, Any] = {
    "id": "lead_1",
    "identifiers": [{"kind": "anonymous_id", "value": "visitor-1"}],
    "is_known": True,
    "email": "amara.adeyemi@autodesk.com",
    "first_name": "Amara",
    "last_name": "Adeyemi",
    "score": 87,
    "tier": "hot",
    "event_count": 7,
    "company": {
        "id": "cmp_1",
        "name": "Autodesk",
        "domain": "autodesk.com",
        "industry": "Information Technology",
        "city": "San Francisco",
        "country": "US",
    },
}
NOBODY = LEAD | {
    "is_known": False, "email": None, "first_name": None, "last_name": None, "company": None,
    "score": 3, "tier": "cold", "event_count": 2,
}  # fmt: skip
CONTRIBUTIONS = [
    {"rule_id": "a", "rule": "Page view", "decayed_points": 3.0},
    {"rule_id": "b", "rule": "Asked for a demo", "decayed_points": 30.0},
    {"rule_id": "c", "rule": "Free-mail address", "decayed_points": -5.0},
    {"rule_id": "d", "rule": "Viewed pricing", "decayed_points": 24.0},
    {"rule_id": "e", "rule": "Submitted a form", "decayed_points": 25.0},
]
OUTCOME = Outcome(
    hits=10_000,
    logged_events=12,
    added_events=3,
    answers=Answers(requests=9, accepted=15, refused={}, seconds=2.0),
    listed_before=4,
    census=count_leads([LEAD, NOBODY]),
    crawled=Crawled(marked=6, new=4),
    dead_letters=0,
    told=Counts(verified=2, slack=1),
    latency=Latency(p50_ms=120, p95_ms=210, rounds=20),
    top=[TopLead(LEAD, strongest(CONTRIBUTIONS))],
    total_seconds=61.0,
    api_url="http://127.0.0.1:4600",
    secret_key="ls_sk_test_aaaaaaaaaaaa_b",
)


def test_the_strongest_reasons_are_three_largest_first() -> None:
    rules = [reason.rule for reason in strongest(CONTRIBUTIONS)]

    assert rules == ["Asked for a demo", "Submitted a form", "Viewed pricing"]


def test_what_takes_points_away_is_no_reason() -> None:
    assert strongest([CONTRIBUTIONS[2]]) == ()


def test_a_list_adds_up() -> None:
    assert count_leads([LEAD, NOBODY, LEAD | {"id": "lead_3"}]) == Census(
        leads=3,
        known=2,
        events=16,
        tiers={"hot": 2, "cold": 1},
        companies=1,
        leads_with_company=2,
    )


def test_visitors_of_no_listed_lead_are_unlisted() -> None:
    sent = {"visitor-1": {"m1": "t"}, "visitor-2": {"m2": "t"}}

    assert unlisted([LEAD], sent) == {"visitor-2": {"m2": "t"}}


def test_new_events_are_those_that_were_not_there_before_and_the_rest_are_duplicates() -> None:
    assert (OUTCOME.applied, OUTCOME.duplicates) == (9, 6)


def test_the_screen_is_narrow_and_says_who_why_and_how_to_look_further() -> None:
    screen = render(OUTCOME, colour=False)

    assert max(map(len, screen.splitlines())) <= 110
    assert "87 hot       Amara Adeyemi" in screen
    assert "Autodesk · Information Technology · San Francisco, US" in screen
    assert "Asked for a demo +30, Submitted a form +25, Viewed pricing +24" in screen
    assert "9 new, 6 duplicates" in screen
    assert "key=ls_sk_test_aaaaaaaaaaaa_b" in screen
    assert "\033" not in screen


def test_colours_change_nothing_but_the_colours() -> None:
    assert "\033[1m" in render(OUTCOME, colour=True)


def test_what_went_wrong_is_shouted() -> None:
    screen = render(
        OUTCOME._replace(told=Counts(verified=1, unverified=2), crawled=Crawled(marked=1)),
        colour=False,
    )

    assert "2 UNVERIFIED" in screen
    assert "5 LOST" in screen


def test_a_replay_that_changes_nothing_says_so() -> None:
    assert "nothing, for no lead changed" in render(OUTCOME._replace(told=Counts()), colour=False)


def test_somebody_without_a_name_or_company_is_shown_too() -> None:
    assert "anonymous visitor      -" in render(
        OUTCOME._replace(top=[TopLead(NOBODY, ())]), colour=False
    )


@pytest.mark.parametrize(("share", "value"), [(0.5, 10.0), (0.95, 19.0), (1.0, 20.0)])
def test_a_quantile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert quantile([float(n) for n in range(20, 0, -1)], share) == value


def test_the_visit_that_is_measured_has_its_own_events() -> None:
    first, second = hot_visit("one", "autodesk.com"), hot_visit("two", "autodesk.com")

    assert first[-1]["properties"]["email"] == "one@autodesk.com"
    assert not {e["messageId"] for e in first} & {e["messageId"] for e in second}
