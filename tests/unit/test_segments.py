"""Segments: who is in one, what may be said of them, and when that changes by itself."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.conditions.changes import MOST_PINNED
from leadsignal.domain.conditions.lead_fields import LeadFields, Timeline
from leadsignal.domain.segments import MAX_KEPT, SegmentBook, check_condition
from leadsignal.errors import InvalidInputError
from leadsignal.models.facts import Tier
from leadsignal.models.instants import DAY_MS, Instant, to_instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.profiles import Profile
from tests.fakes.rules import pricing, segment, within

AT = to_instant(datetime(2026, 3, 20, 9, tzinfo=UTC))
SPRING = to_instant(datetime(2026, 3, 29, 1, tzinfo=UTC))  # clocks in Amsterdam go forward
HOUR = DAY_MS // 24
COMPETITOR = {"field": "tags", "op": "contains", "value": "competitor"}
EXAMPLE: dict[str, Any] = {
    "all": [
        {"field": "company.employee_count", "op": "between", "value": [50, 500]},
        {"field": "company.country", "op": "eq", "value": "United States"},
        pricing("gt", 2, days=14, time_zone="Europe/Amsterdam"),
        {"not": COMPETITOR},
    ]
}


def book_of(**conditions: dict[str, Any]) -> SegmentBook:
    return SegmentBook(segment(f"seg_{name}", said) for name, said in conditions.items())


def lead(
    book: SegmentBook,
    *visits: Instant,
    score: int = 0,
    tier: Tier = "cold",
    employees: int | None = None,
    country: str | None = None,
    **changes: Any,
) -> LeadFields:
    seen = {"first_seen_at": AT, "last_seen_at": AT, "created_at": AT, "updated_at": AT}
    company = LeadCompany(id="cmp_1", employee_count=employees, country=country)
    profile = Profile.model_validate(
        seen | {"is_known": True, "event_count": 1, "company": company} | changes
    )
    timelines = {what.name: Timeline(sorted(visits)) for what in book.selectors}
    return LeadFields(profile, timelines, score=score, tier=tier)


@pytest.mark.parametrize(
    ("employees", "country", "visits", "tags", "inside"),
    [
        (50, "US", 3, (), True),
        (500, "US", 3, (), True),
        (49, "US", 3, (), False),
        (501, "US", 3, (), False),
        (None, "US", 3, (), False),
        (50, "DE", 3, (), False),
        (50, None, 3, (), False),
        (50, "US", 2, (), False),
        (50, "US", 4, (), True),
        (50, "US", 3, ("Competitor",), False),
    ],
)
def test_the_edges_of_the_example(
    employees: int | None, country: str | None, visits: int, tags: Any, inside: bool
) -> None:
    book = book_of(ready=EXAMPLE)
    views = [AT - n for n in range(visits)]
    who = lead(book, *views, employees=employees, country=country, tags=tags)
    assert (book.of(who, AT) == ("seg_ready",)) is inside


def test_the_third_visit_slides_out_of_fourteen_days_on_the_clocks_of_amsterdam() -> None:
    book = book_of(ready=EXAMPLE)
    first = SPRING - 10 * DAY_MS
    who = lead(book, first, first + HOUR, first + 2 * HOUR, employees=50, country="US")
    leaves = first + 14 * DAY_MS - HOUR + 1  # of these days one has 23 hours
    assert book.of(who, first + HOUR + 1) == ()
    assert book.next_change(who, first + HOUR + 1) == first + 2 * HOUR
    assert book.of(who, first + 2 * HOUR) == ("seg_ready",)
    assert book.next_change(who, first + 2 * HOUR) == leaves
    assert book.of(who, leaves - 1) == ("seg_ready",)
    assert book.of(who, leaves) == ()
    assert book.next_change(who, leaves) is None


def test_segments_are_decided_after_those_that_they_name() -> None:
    book = book_of(
        c={"all": [within("seg_b"), {"not": within("seg_a")}]},
        b={"any": [within("seg_a"), {"field": "is_known", "op": "eq", "value": True}]},
        a={"field": "score", "op": "gte", "value": 40},
    )
    assert [each.segment.id for each in book.ordered] == ["seg_a", "seg_b", "seg_c"]
    assert book.of(lead(book, score=39), AT) == ("seg_b", "seg_c")
    assert book.of(lead(book, score=40), AT) == ("seg_a", "seg_b")
    assert [user.id for user in book.users_of("seg_a")] == ["seg_b", "seg_c"]
    assert book.users_of("seg_c") == ()


def test_a_lead_of_crawlers_is_in_no_segment_and_never_comes_into_one() -> None:
    book = book_of(any={"field": "score", "op": "gte", "value": 0}, one=pricing(days=1))
    crawler = lead(book, AT, AT, AT, bot_count=3, event_count=0)
    assert book.of(crawler, AT) == ()
    assert book.next_change(crawler, AT) is None


def test_where_scores_are_compared_is_known() -> None:
    def edges(op: str, value: Any) -> set[int]:
        return set(book_of(a={"field": "score", "op": op, "value": value}).score_edges)

    assert edges("gte", 40) == {40, 41}
    assert edges("gt", 39.5) == {40}
    assert edges("between", [10, 20]) == {10, 11, 20, 21}
    assert edges("lt", 0) == {1}
    assert edges("lt", 100) == {100}
    assert edges("eq", "40") == set()
    assert book_of(a={"not": {"field": "tier", "op": "eq", "value": "hot"}}).score_edges == {
        40,
        60,
        80,
    }


SCORES = st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"])


@given(op=SCORES, value=st.floats(-5, 105).map(lambda number: round(number, 1)))
def test_between_edges_no_score_is_judged_otherwise(op: str, value: float) -> None:
    book = book_of(a={"field": "score", "op": op, "value": value})
    was = book.of(lead(book, score=0), AT)
    for score in range(1, 101):
        inside = book.of(lead(book, score=score), AT)
        assert inside == was or score in book.score_edges
        was = inside


@given(
    visits=st.lists(st.integers(0, 20).map(lambda n: AT + n * HOUR), max_size=6),
    hours=st.integers(1, 12),
    least=st.integers(1, 3),
)
def test_the_next_change_is_the_first(visits: list[Instant], hours: int, least: int) -> None:
    book = book_of(
        a=pricing("gte", least, hours=hours),
        b={"all": [pricing("eq", 1, hours=2 * hours), {"not": within("seg_a")}]},
        c={"all": [{"field": "score", "op": "gt", "value": 0}, pricing("gt", 0, hours=hours)]},
        d={"any": [{"not": pricing(op="gte", value=2, hours=3)}, pricing("eq", 0, hours=hours)]},
        e={"any": [pricing("eq", n, hours=n) for n in range(1, 6)]},
    )
    who = lead(book, *visits)
    now, end = AT - 1, AT + 60 * HOUR
    while now < end:
        then = book.next_change(who, now)
        was = book.of(who, now)
        probes = [at for at in range(AT, end, HOUR) if now < at < (then or end)]
        assert all(book.of(who, at) == was == book.of(who, at + 1) for at in probes[:-1])
        if then is None:
            break
        assert book.of(who, then - 1) == was != book.of(who, then)
        now = then


def test_what_fields_decide_alone_no_window_can_change() -> None:
    view = pricing("gte", 1, days=1)
    book = book_of(a={"all": [{"field": "score", "op": "gt", "value": 0}, view]}, b=view)
    [fixed, moving] = book.ordered
    who = lead(book, AT)
    assert (fixed.can_move(who, AT), moving.can_move(who, AT)) == (False, True)
    assert fixed.can_move(lead(book, AT, score=1), AT)
    many = book_of(a={"all": [pricing("gte", n, days=n) for n in range(1, MOST_PINNED + 2)]})
    assert many.ordered[0].can_move(lead(many), AT)


def problems(said: dict[str, Any], *others: Any, own: str = "seg_own") -> set[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        check_condition(said, segment_id=own, others=others)
    return {(problem.where, problem.code) for problem in caught.value.problems}


def test_a_segment_can_name_others_that_are_there_and_do_not_lead_back_to_it() -> None:
    other = segment("seg_b", within("seg_own"))
    further = segment("seg_c", within("seg_b"))
    plain = segment("seg_d", {"field": "score", "op": "gt", "value": 1})
    said = {"any": [{"not": within("seg_d")}, {"all": [within("seg_c")]}]}
    assert problems(said, other, further, plain) == {("/condition/any/1/all/0/value", "cycle")}
    assert problems(within("seg_own"), other) == {("/condition/value", "self_reference")}
    assert problems(within("seg_none"), other) == {("/condition/value", "unknown_segment")}
    assert problems(within(5)) == {("/condition/value", "unknown_segment")}  # type: ignore[arg-type]
    check_condition(within("seg_c"), segment_id="seg_new", others=[other, further, plain])


@pytest.mark.parametrize(
    ("leaf", "where"),
    [
        ({"field": "quality", "op": "lt", "value": 50}, "/condition/field"),
        ({"field": "quality.fixes", "op": "exists"}, "/condition/field"),
        ({"field": "segments", "op": "exists"}, "/condition/op"),
    ],
)
def test_what_ages_or_asks_for_all_segments_is_not_for_segments(leaf: Any, where: str) -> None:
    assert problems(leaf) == {(where, "not_in_segments")}


def test_what_is_no_condition_is_refused_with_its_place() -> None:
    assert problems({"all": []}) == {("/condition/all", "list_type")}


def test_all_segments_together_count_so_much_and_no_more() -> None:
    def counted(often: int, name: str = "x") -> dict[str, Any]:
        return {
            "performed": {"event": name},
            "count": {"op": "gte", "value": often},
            "within": {"days": 1},
        }

    many = [segment("seg_a", counted(499, "a")), segment("seg_b", counted(498, "b"))]
    check_condition(counted(0), segment_id="seg_own", others=many)
    assert MAX_KEPT == 1_000
    assert problems(counted(1), *many) == {("/condition", "too_much_counted")}
    check_condition(counted(300, "a"), segment_id="seg_own", others=many)
