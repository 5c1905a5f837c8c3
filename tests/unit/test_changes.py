"""When conditions change by themselves: to the millisecond, whatever the clocks do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.changes import (
    changes_of_clocks,
    dependencies,
    next_change,
    timed_leaves,
)
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.parse import parse
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.models.instants import DAY_MS, Instant, to_instant

HOUR = DAY_MS // 24
SPRING = to_instant(datetime(2026, 3, 29, 1, tzinfo=UTC))  # clocks in Amsterdam go forward
AUTUMN = to_instant(datetime(2026, 10, 25, 1, tzinfo=UTC))  # and back


class Visitor:
    """Somebody who did one thing at some instants."""

    def __init__(self, *at: Instant) -> None:
        self.at = sorted(at)

    def value(self, field: str) -> object:
        return {"is_known": True}.get(field)

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        return sum((since is None or since <= at) and at <= until for at in self.at)

    def instants(self, what: Selector) -> Sequence[Instant]:
        return self.at


def performed(op: str = "gte", value: object = 1, **within: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"performed": {"event": "x"}, "count": {"op": op, "value": value}}
    return said | ({"within": within} if within else {})


def changes(condition: object, visitor: Visitor, now: Instant) -> Instant | None:
    tree = parse(condition, fields.of_lead)
    return next_change(timed_leaves(tree), compiled(tree), visitor, now=now)


def test_the_third_visit_slides_out_of_fourteen_days_to_the_millisecond() -> None:
    visits = Visitor(SPRING, SPRING + 5, SPRING + 9)
    over_two = performed("gt", 2, days=14)
    assert changes(over_two, visits, SPRING + 9) == SPRING + 14 * DAY_MS + 1


def test_a_window_in_a_time_zone_ends_at_the_same_time_on_its_clocks() -> None:
    visit = SPRING - 12 * HOUR
    amsterdam = performed(days=1, time_zone="Europe/Amsterdam")
    assert changes(amsterdam, Visitor(visit), visit) == visit + 23 * HOUR + 1
    visit = AUTUMN - 12 * HOUR
    assert changes(amsterdam, Visitor(visit), visit) == visit + 25 * HOUR + 1


def test_what_has_no_window_stays_for_ever() -> None:
    assert changes(performed(), Visitor(SPRING), SPRING) is None
    assert changes({"field": "is_known", "op": "eq", "value": True}, Visitor(), SPRING) is None
    assert changes(performed(days=1), Visitor(), SPRING) is None


def test_a_change_of_a_part_that_changes_nothing_is_passed_over() -> None:
    known = {"field": "is_known", "op": "eq", "value": True}
    both = {"any": [known, performed(days=1)]}
    assert changes(both, Visitor(SPRING), SPRING) is None
    neither = {"not": {"all": [known, performed(hours=2)]}}
    assert changes(neither, Visitor(SPRING), SPRING) == SPRING + 2 * HOUR + 1


def test_what_is_still_to_come_counts_from_its_instant() -> None:
    assert changes(performed(hours=1), Visitor(SPRING + 50), SPRING) == SPRING + 50


def test_a_condition_depends_on_the_fields_and_events_in_it() -> None:
    where = {"field": "page.path", "op": "eq", "value": "/"}
    condition = {
        "all": [
            {"not": {"field": "company.country", "op": "eq", "value": "US"}},
            {"any": [{"performed": {"event": "x", "where": where}}, performed(days=1)]},
            {"field": "tags", "op": "exists"},
        ]
    }
    found = dependencies(parse(condition, fields.of_lead))
    assert found.fields == {"company.country", "tags"}
    assert found.events == {"x"}


def test_clocks_change_twice_a_year_or_never() -> None:
    assert changes_of_clocks("Europe/Amsterdam", 2026) == (SPRING, AUTUMN)
    assert changes_of_clocks("Asia/Tokyo", 2026) == ()


COUNTS = st.tuples(st.sampled_from(["gt", "gte", "lt", "lte", "eq", "ne"]), st.integers(0, 3))
WINDOWS = st.one_of(
    st.fixed_dictionaries({"days": st.integers(1, 3)}),
    st.fixed_dictionaries({"hours": st.integers(1, 30)}),
    st.fixed_dictionaries(
        {
            "days": st.integers(1, 3),
            "time_zone": st.sampled_from(["Europe/Amsterdam", "Australia/Lord_Howe", "UTC"]),
        }
    ),
)
LEAVES = st.builds(lambda count, within: performed(*count, **within), COUNTS, WINDOWS)
CONDITIONS = st.one_of(
    LEAVES,
    st.lists(LEAVES, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
    st.lists(LEAVES, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
    LEAVES.map(lambda part: {"not": part}),
)
NEAR = st.integers(-3 * 24 * 60, 3 * 24 * 60).map(lambda minutes: minutes * 60_000)


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@given(
    condition=CONDITIONS,
    visits=st.lists(NEAR, max_size=5),
    offset=NEAR,
    probes=st.lists(st.floats(0, 1), max_size=30),
)
def test_just_before_the_next_change_all_is_as_now_and_at_it_no_longer(
    change: Instant, condition: object, visits: list[int], offset: int, probes: list[float]
) -> None:
    visitor, now = Visitor(*(change + visit for visit in visits)), change + offset
    tree = parse(condition, fields.of_lead)
    decide = compiled(tree)
    current, at = decide(visitor, now), next_change(timed_leaves(tree), decide, visitor, now=now)
    end = at if at is not None else now + 30 * DAY_MS
    assert at is None or (at > now and decide(visitor, at) != current)
    assert decide(visitor, end - 1) == current
    for share in probes:
        assert decide(visitor, now + int((end - 1 - now) * share)) == current


def test_what_the_clocks_bring_back_into_a_window_is_no_surprise() -> None:
    """When the clocks go back, the same time of the day comes twice: a window of days begins an
    hour earlier again, and what left it is in it once more."""
    visit = AUTUMN - DAY_MS - HOUR // 2
    visitor: Visitor = Visitor(visit)
    within: dict[str, Any] = {"days": 1, "time_zone": "Europe/Amsterdam"}
    left = changes(performed(**within), visitor, AUTUMN - HOUR)
    assert left == visit + DAY_MS + 1
    back = changes(performed(**within), visitor, left)
    assert back == AUTUMN
    assert changes(performed(**within), visitor, back) == left + HOUR
    assert changes(performed(**within), visitor, left + HOUR) is None


def test_a_visit_just_after_the_clocks_jumped_leaves_a_window_at_a_time_they_jumped_over() -> None:
    """02:15 was never shown on that day, and is read as if it had been: as 03:15."""
    visit = SPRING + HOUR // 4
    visitor: Visitor = Visitor(visit)
    two_days = performed(days=2, time_zone="Europe/Amsterdam")
    left = changes(two_days, visitor, visit)
    assert left == visit + 2 * DAY_MS - HOUR + 1
    back = changes(two_days, visitor, left)
    assert back == SPRING + 2 * DAY_MS
    assert changes(two_days, visitor, back) == visit + 2 * DAY_MS + 1
