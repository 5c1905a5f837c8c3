"""The condition language: what each operator says, what is refused, and where."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from time import process_time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.evaluate import compiled, folded
from leadsignal.domain.conditions.globs import glob
from leadsignal.domain.conditions.parse import MAX_DEPTH, MAX_NODES, parse
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.conditions.windows import is_time_zone, start_of
from leadsignal.errors import InvalidInputError
from leadsignal.models.conditions import Condition, Window
from leadsignal.models.events import Context, Event, Page
from leadsignal.models.instants import Instant, to_datetime, to_instant

NOW = to_instant(datetime(2026, 1, 15, 12, tzinfo=UTC))
DAY = 86_400_000


class Person(NamedTuple):
    """A subject with the values of a map."""

    values: Mapping[str, object] = {}
    done: tuple[Event, ...] = ()

    def value(self, field: str) -> object:
        return self.values.get(field)

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        return sum(
            what.matches(event) and (since is None or since <= event.at) and event.at <= until
            for event in self.done
        )


class Unread(Person):
    """A subject whose events nobody may ask for."""

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        raise AssertionError("the events were read")


def seen(at: Instant, path: str = "/", name: str = "page_view", **properties: Any) -> Event:
    page = Page(url=f"https://site.test{path}?q=1")
    return Event(
        message_id=f"m{at}{path}",
        type="page",
        event=name,
        at=at,
        received_at=at,
        fingerprint="",
        properties=properties,
        context=Context(page=page),
    )


def holds(condition: object, subject: Person, now: Instant = NOW) -> bool:
    return compiled(parse(condition, fields.of_lead))(subject, now)


def leaf(field: str, op: str, *value: object) -> dict[str, object]:
    return {"field": field, "op": op} | ({"value": value[0]} if value else {})


def says(value: object, op: str, *wanted: object) -> bool:
    return holds(leaf("traits.x", op, *wanted), Person({"traits.x": value}))


@pytest.mark.parametrize(
    ("value", "op", "wanted", "expected"),
    [
        ("Pro", "eq", "pro", True),
        ("Straße", "eq", "STRASSE", True),
        ("e\u0301", "eq", "\u00e9", True),
        ("Pro", "eq", "Pro ", False),
        ("Pro", "ne", "pro", False),
        ("Pro", "ne", "free", True),
        (1, "eq", 1.0, True),
        (1, "eq", True, False),
        (True, "eq", True, True),
        (True, "eq", 1, False),
        (5, "eq", "5", False),
        (5, "ne", "5", True),
        ("5", "eq", 5, False),
        ("US", "in", ["de", "us"], True),
        ("US", "in", ["de", 1], False),
        ("US", "not_in", ["de", "us"], False),
        (2, "not_in", ["2"], True),
        (5, "gt", 4, True),
        (5, "gt", 5, False),
        (5, "gte", 5, True),
        (5, "lt", 5.5, True),
        (5, "lte", 5, True),
        (5, "gt", "4", False),
        ("5", "gt", 4, False),
        ("b", "gt", "a", False),
        (True, "gt", 0, False),
        (5, "gt", False, False),
        (50, "between", [50, 500], True),
        (500, "between", [50, 500], True),
        (501, "between", [50, 500], False),
        (100, "between", ["50", 500], False),
        (100, "between", [500, 50], False),
        (["a", "B"], "contains", "b", True),
        (["a", "B"], "contains", "c", False),
        (("a", 1), "contains", 1, True),
        (["a", "B"], "not_contains", "b", False),
        ("Chief Officer", "contains", "OFFICE", True),
        ("Chief Officer", "not_contains", "boss", True),
        (12, "contains", "1", False),
        ("12", "contains", 1, False),
        ("/Pricing/x", "starts_with", "/pricing", True),
        (5, "starts_with", "5", False),
        ("a.PDF", "ends_with", ".pdf", True),
        (5, "ends_with", "5", False),
        ("/docs/a/b", "matches_glob", "/docs/*/b", True),
        (5, "matches_glob", "*", False),
        ("2026-01-15T12:00:00+01:00", "before", "2026-01-15T11:30:00Z", True),
        ("2026-01-15T12:00:00Z", "after", "2026-01-15T12:00:00Z", False),
        ("2026-01-15T12:00:01Z", "after", "2026-01-15T12:00:00Z", True),
        ("yesterday", "after", "2026-01-15T12:00:00Z", False),
        (17, "after", "2026-01-15T12:00:00Z", False),
        (["a"], "eq", "a", False),
        ({"a": 1}, "ne", "a", True),
        (0, "exists", True, True),
        (False, "exists", True, True),
    ],
)
def test_each_operator_says_what_it_is_to_say(
    value: object, op: str, wanted: object, expected: bool
) -> None:
    assert says(value, op, wanted) is expected


@pytest.mark.parametrize("missing", [None, "", [], (), {}], ids=repr)
def test_what_is_missing_makes_comparisons_false_and_their_opposites_true(missing: object) -> None:
    operators: dict[str, tuple[object, ...]] = {
        "eq": ("a",), "in": (["a"],), "gt": (1,), "gte": (1,), "lt": (1,), "lte": (1,),
        "between": ([0, 1],), "contains": ("a",), "starts_with": ("a",), "ends_with": ("a",),
        "matches_glob": ("*",), "exists": (), "before": ("2026-01-15T12:00:00Z",),
        "after": ("2026-01-15T12:00:00Z",),
    }  # fmt: skip
    opposites: dict[str, tuple[object, ...]] = {
        "ne": ("a",), "not_in": (["a"],), "not_contains": ("a",), "not_exists": (),
    }  # fmt: skip
    assert not any(says(missing, op, *wanted) for op, wanted in operators.items())
    assert all(says(missing, op, *wanted) for op, wanted in opposites.items())


@pytest.mark.parametrize(
    ("op", "wanted", "expected"),
    [
        ("eq", "2026-01-15T12:00:00Z", True),
        ("eq", "2026-01-15T13:00:00.000+01:00", True),
        ("ne", "2026-01-15T12:00:00Z", False),
        ("eq", "soon", False),
        ("eq", NOW, False),
        ("in", ["soon", "2026-01-15T12:00:00Z"], True),
        ("gt", "2026-01-15T11:59:59.999Z", True),
        ("gt", "2026-01-15T12:00:00Z", False),
        ("gte", "2026-01-15T12:00:00Z", True),
        ("lt", 99_999_999_999_999, False),
        ("before", "2026-01-15T12:00:00.001Z", True),
        ("after", "2026-01-15T12:00:00Z", False),
        ("between", ["2026-01-15T12:00:00Z", "2026-01-15T12:00:00Z"], True),
        ("between", ["2026-01-15T12:00:00Z", "later"], False),
        ("contains", "2026", False),
        ("starts_with", "2026", False),
        ("exists", True, True),
        ("not_exists", True, False),
    ],
)
def test_instants_are_compared_with_times(op: str, wanted: object, expected: bool) -> None:
    subject = Person({"last_seen_at": NOW})
    assert holds(leaf("last_seen_at", op, wanted), subject) is expected


def test_combinators_combine() -> None:
    yes, no = leaf("email", "exists"), leaf("email", "not_exists")
    ann = Person({"email": "ann@acme.com"})
    assert holds({"all": [yes, yes]}, ann)
    assert not holds({"all": [yes, no]}, ann)
    assert holds({"any": [no, yes]}, ann)
    assert not holds({"any": [no, no]}, ann)
    assert holds({"not": no}, ann)
    assert holds({"not": {"all": [yes, {"any": [no]}]}}, ann)


PRICING = {"event": "page_view", "where": leaf("page.path", "starts_with", "/pricing")}


def test_performed_counts_the_events_that_are_meant() -> None:
    done = (
        seen(NOW - DAY, "/pricing"),
        seen(NOW - 2 * DAY, "/Pricing/eu"),
        seen(NOW - 3 * DAY, "/docs"),
        seen(NOW - 20 * DAY, "/pricing"),
        seen(NOW - DAY, "/pricing", name="clicked"),
    )
    visitor = Person(done=done)
    condition = {"performed": PRICING, "within": {"days": 14}}
    assert holds(condition, visitor)
    counts = {
        ("eq", 2): True, ("ne", 2): False, ("gt", 1): True, ("gt", 2): False, ("gte", 2): True,
        ("lt", 3): True, ("lte", 1): False,
    }  # fmt: skip
    for (op, value), expected in counts.items():
        assert holds(condition | {"count": {"op": op, "value": value}}, visitor) is expected
    assert holds(condition | {"count": {"op": "between", "value": [2, 5]}}, visitor)
    assert not holds(condition | {"count": {"op": "between", "value": [3, 5]}}, visitor)
    assert holds({"performed": PRICING, "count": {"op": "eq", "value": 3}}, visitor)
    assert holds({"performed": {"event": "bought"}, "count": {"op": "eq", "value": 0}}, visitor)
    assert not holds({"performed": {"event": "bought"}}, visitor)


@pytest.mark.parametrize(
    ("within", "length"),
    [({"days": 14}, 14 * DAY), ({"hours": 5}, 18_000_000), ({"minutes": 3}, 180_000)],
)
def test_a_window_is_exact_to_the_millisecond(within: dict[str, int], length: int) -> None:
    condition = {"performed": {"event": "page_view"}, "within": within}
    assert holds(condition, Person(done=(seen(NOW - length),)))
    assert not holds(condition, Person(done=(seen(NOW - length - 1),)))
    assert holds(condition, Person(done=(seen(NOW),)))
    assert not holds(condition, Person(done=(seen(NOW + 1),)))


@pytest.mark.parametrize(
    ("now", "days", "start"),
    [
        ("2026-03-29T12:00:00+02:00", 1, "2026-03-28T12:00:00+01:00"),
        ("2026-10-25T12:00:00+01:00", 1, "2026-10-24T12:00:00+02:00"),
        ("2026-07-10T12:00:00.123+02:00", 3, "2026-07-07T12:00:00.123+02:00"),
        # half past two did not exist on that day: as if the clocks had not jumped yet
        ("2026-03-30T02:30:00+02:00", 1, "2026-03-29T02:30:00+01:00"),
        # and was there twice: the first of the two
        ("2026-10-26T02:30:00+01:00", 1, "2026-10-25T02:30:00+02:00"),
    ],
)
def test_days_in_a_time_zone_keep_the_time_on_the_wall(now: str, days: int, start: str) -> None:
    window = Window(unit="days", length=days, time_zone="Europe/Amsterdam")
    began = start_of(window, now=to_instant(datetime.fromisoformat(now)))
    assert began == to_instant(datetime.fromisoformat(start))


@given(
    minutes=st.integers(0, 366 * 24 * 60),
    days=st.integers(1, 400),
    zone=st.sampled_from(["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "UTC"]),
)
def test_a_window_of_days_shows_the_same_time_at_both_ends(
    minutes: int, days: int, zone: str
) -> None:
    now = NOW + minutes * 60_000
    window = Window(unit="days", length=days, time_zone=zone)
    began, there = to_datetime(start_of(window, now=now)), to_datetime(now)
    one, other = began.astimezone(ZoneInfo(zone)), there.astimezone(ZoneInfo(zone))
    same_day = other.date() - timedelta(days=days)
    jumped = one.replace(tzinfo=None) - datetime.combine(same_day, other.time())
    assert timedelta(0) <= jumped <= timedelta(hours=1)  # more than 0 where the clocks jumped
    assert start_of(window, now=now) <= start_of(window, now=now + 60_000)


def test_hours_do_not_care_for_time_zones() -> None:
    window = Window(unit="hours", length=24, time_zone="Europe/Amsterdam")
    now = to_instant(datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert start_of(window, now=now) == now - DAY


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Amsterdam", True),
        ("UTC", True),
        ("Etc/GMT+5", True),
        ("", False),
        ("Europe", False),
        ("Mars/Olympus", False),
        ("../../etc/passwd", False),
        ("/etc/passwd", False),
        ("Europe/Amsterdam\x00", False),
        ("é", False),
        ("A" * 65, False),
    ],
)
def test_time_zones_are_those_of_the_database(name: str, known: bool) -> None:
    assert is_time_zone(name) is known


def test_where_sees_the_fields_of_an_event() -> None:
    said: dict[str, Any] = {"plan": {"name": "Pro"}, "total": 5, "x.y": 1}
    event = seen(NOW, "/a/b").model_copy(update={"properties": said})
    visitor = Person(done=(event,))
    for field, op, value in [
        ("page.path", "eq", "/a/b"),
        ("page.search", "eq", "?q=1"),
        ("page.url", "contains", "site.test"),
        ("page.title", "ne", "x"),
        ("properties.plan.name", "eq", "pro"),
        ("properties.total", "gte", 5),
        ("properties.x.y", "eq", 1),
        ("properties.none.there", "ne", "x"),
        ("campaign.source", "ne", "x"),
        ("type", "eq", "page"),
        ("locale", "ne", "x"),
        ("timestamp", "eq", "2026-01-15T12:00:00Z"),
        ("received_at", "lte", "2026-01-15T12:00:00Z"),
    ]:
        where = leaf(field, op, value)
        assert holds({"performed": {"event": "page_view", "where": where}}, visitor), field


def test_a_page_without_a_readable_url_has_no_path() -> None:
    def path_of(page: Page | None) -> bool:
        event = seen(NOW).model_copy(update={"context": Context(page=page)})
        where = leaf("page.path", "exists")
        return holds({"performed": {"event": "page_view", "where": where}}, Person(done=(event,)))

    assert path_of(Page(path="/x"))
    assert path_of(Page(url="https://site.test"))
    assert not path_of(Page(url="https://[broken"))
    assert not path_of(Page(title="x"))
    assert not path_of(None)


def test_events_are_read_only_when_fields_do_not_decide() -> None:
    performed = {"performed": {"event": "page_view"}}
    unread = Unread({"email": "ann@acme.com"})
    assert not holds({"all": [performed, leaf("email", "not_exists")]}, unread)
    assert holds({"any": [{"not": {"all": [performed]}}, leaf("email", "exists")]}, unread)
    with pytest.raises(AssertionError, match="were read"):
        holds({"all": [performed, leaf("email", "exists")]}, unread)


def problems_of(condition: object, catalogue: fields.Catalogue = fields.of_lead) -> set[Any]:
    with pytest.raises(InvalidInputError) as refused:
        parse(condition, catalogue, at="/condition")
    return {(problem.where, problem.code) for problem in refused.value.problems}


PERFORMED = {"event": "x"}


@pytest.mark.parametrize(
    ("condition", "where", "code"),
    [
        ([], "", "object_type"),
        (None, "", "object_type"),
        ({}, "", "not_a_condition"),
        ({"all": [], "any": []}, "", "not_a_condition"),
        ({"field": "email", "all": []}, "", "not_a_condition"),
        ({"all": []}, "/all", "list_type"),
        ({"any": {}}, "/any", "list_type"),
        ({"not": []}, "/not", "object_type"),
        ({"all": [leaf("email", "exists"), 5]}, "/all/1", "object_type"),
        ({"not": leaf("email", "exists"), "x": 1}, "", "unknown_member"),
        (leaf("emial", "exists"), "/field", "unknown_field"),
        (leaf("traits", "exists"), "/field", "unknown_field"),
        (leaf("traits.", "exists"), "/field", "unknown_field"),
        (leaf("traits." + "x" * 200, "exists"), "/field", "unknown_field"),
        (leaf("company.secret", "exists"), "/field", "unknown_field"),
        (leaf("email.x", "exists"), "/field", "unknown_field"),
        (leaf("__class__", "exists"), "/field", "unknown_field"),
        (leaf("first_touch.__class__", "exists"), "/field", "unknown_field"),
        (leaf("page.path", "exists"), "/field", "unknown_field"),
        ({"field": 5, "op": "exists"}, "/field", "unknown_field"),
        ({"field": "email"}, "/op", "unknown_operator"),
        (leaf("email", "regex", "x"), "/op", "unknown_operator"),
        ({"field": "email", "op": ["eq"], "value": 1}, "/op", "unknown_operator"),
        (leaf("email", "eq"), "/value", "missing"),
        (leaf("email", "eq", None), "/value", "scalar_type"),
        (leaf("email", "eq", ["x"]), "/value", "scalar_type"),
        (leaf("email", "eq", "x" * 1025), "/value", "too_long"),
        (leaf("email", "exists", "x"), "/value", "unexpected"),
        (leaf("email", "exists") | {"valeu": 1}, "", "unknown_member"),
        (leaf("email", "in", "x"), "/value", "list_type"),
        (leaf("email", "in", []), "/value", "invalid_value"),
        (leaf("email", "in", ["x"] * 101), "/value", "invalid_value"),
        (leaf("email", "in", ["x", {}]), "/value/1", "scalar_type"),
        (leaf("score", "between", [1]), "/value", "invalid_value"),
        (leaf("score", "between", [1, 2, 3]), "/value", "invalid_value"),
        (leaf("score", "between", 5), "/value", "list_type"),
        (leaf("email", "starts_with", 5), "/value", "string_type"),
        (leaf("email", "matches_glob", "*" * 257), "/value", "too_long"),
        (leaf("created_at", "before", "2026-01-15"), "/value", "invalid_time"),
        (leaf("created_at", "before", 17), "/value", "invalid_time"),
        (leaf("created_at", "after", "2026-01-15T12:00:00"), "/value", "invalid_time"),
        ({"performed": "x"}, "/performed", "object_type"),
        ({"performed": {}}, "/performed/event", "invalid_value"),
        ({"performed": {"event": ""}}, "/performed/event", "invalid_value"),
        ({"performed": {"event": "x" * 201}}, "/performed/event", "invalid_value"),
        ({"performed": {"event": "x", "evnt": "y"}}, "/performed", "unknown_member"),
        ({"performed": PERFORMED, "counts": 1}, "", "unknown_member"),
        (
            {"performed": PERFORMED | {"where": leaf("email", "exists")}},
            "/performed/where/field",
            "unknown_field",
        ),
        (
            {"performed": PERFORMED | {"where": {"performed": PERFORMED}}},
            "/performed/where/performed",
            "unexpected",
        ),
        (
            {"performed": PERFORMED | {"where": leaf("properties.", "exists")}},
            "/performed/where/field",
            "unknown_field",
        ),
        ({"performed": PERFORMED, "count": 5}, "/count", "object_type"),
        ({"performed": PERFORMED, "count": {}}, "/count/op", "unknown_operator"),
        (
            {"performed": PERFORMED, "count": {"op": "in", "value": 1}},
            "/count/op",
            "unknown_operator",
        ),
        ({"performed": PERFORMED, "count": {"op": "gt"}}, "/count/value", "invalid_value"),
        (
            {"performed": PERFORMED, "count": {"op": "gt", "value": "2"}},
            "/count/value",
            "invalid_value",
        ),
        (
            {"performed": PERFORMED, "count": {"op": "gt", "value": -1}},
            "/count/value",
            "invalid_value",
        ),
        (
            {"performed": PERFORMED, "count": {"op": "gt", "value": True}},
            "/count/value",
            "invalid_value",
        ),
        (
            {"performed": PERFORMED, "count": {"op": "between", "value": [1]}},
            "/count/value",
            "invalid_value",
        ),
        ({"performed": PERFORMED, "within": 5}, "/within", "object_type"),
        ({"performed": PERFORMED, "within": {}}, "/within", "invalid_value"),
        ({"performed": PERFORMED, "within": {"days": 1, "hours": 1}}, "/within", "invalid_value"),
        ({"performed": PERFORMED, "within": {"weeks": 1}}, "/within", "unknown_member"),
        ({"performed": PERFORMED, "within": {"days": 0}}, "/within/days", "invalid_value"),
        ({"performed": PERFORMED, "within": {"days": 1.5}}, "/within/days", "invalid_value"),
        ({"performed": PERFORMED, "within": {"days": 3651}}, "/within/days", "invalid_value"),
        (
            {"performed": PERFORMED, "within": {"days": 1, "time_zone": "Mars"}},
            "/within/time_zone",
            "invalid_time_zone",
        ),
        (
            {"performed": PERFORMED, "within": {"days": 1, "time_zone": None}},
            "/within/time_zone",
            "invalid_time_zone",
        ),
    ],
)
def test_what_is_no_condition_is_refused_with_its_place(
    condition: object, where: str, code: str
) -> None:
    assert (f"/condition{where}", code) in problems_of(condition)


def test_every_wrong_place_is_named_and_no_value_is_told() -> None:
    wrong = {"all": [leaf("secret-field", "eq", 1), leaf("email", "secret-op", 1)]}
    with pytest.raises(InvalidInputError) as refused:
        parse(wrong, fields.of_lead)
    assert [problem.where for problem in refused.value.problems] == ["/all/0/field", "/all/1/op"]
    assert "secret" not in str(refused.value)


def nested(levels: int) -> object:
    condition: object = leaf("email", "exists")
    for _ in range(levels - 1):
        condition = {"not": condition}
    return condition


def test_depth_counts_combinators_and_the_leaf() -> None:
    parse(nested(MAX_DEPTH), fields.of_lead)
    assert ("/condition" + "/not" * 8, "too_deep") in problems_of(nested(MAX_DEPTH + 1))
    parse({"all": [{"performed": PERFORMED | {"where": leaf("type", "exists")}}]}, fields.of_lead)
    within: object = {"performed": PERFORMED | {"where": {"not": {"not": leaf("type", "exists")}}}}
    for _ in range(MAX_DEPTH - 4):
        within = {"not": within}
    parse(within, fields.of_lead)
    assert {code for _, code in problems_of({"not": within})} == {"too_deep"}


def test_a_condition_of_201_nodes_is_refused() -> None:
    def wide(leaves: int) -> object:
        return {"any": [leaf("email", "exists")] * leaves}

    parse(wide(MAX_NODES - 1), fields.of_lead)
    assert problems_of(wide(MAX_NODES)) == {("/condition/any/199", "too_many_nodes")}
    assert {code for _, code in problems_of(wide(100_000))} == {"too_many_nodes"}


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("company.country", "eq", "United States", True),
        ("company.country", "eq", "usa", True),
        ("company.country", "eq", "Deutschland", False),
        ("company.country", "ne", "Vereinigte Staaten", False),
        ("company.country", "in", ["NL", "U.S."], True),
        ("company.country", "not_in", ["U.S."], False),
        ("company.country", "eq", "Atlantis", False),
        ("company.country", "starts_with", "u", True),
        ("company.industry", "eq", "Computer Software", True),
        ("company.industry", "contains", "soft", True),
        ("company.name", "eq", "ACME, Inc.", True),
        ("company.name", "eq", "Acme Group", False),
        ("company.employee_range", "eq", "51 - 200 employees", True),
        ("phone", "eq", "+1 (415) 555-0132", True),
        ("phone", "eq", "(415) 555-0132", False),
        ("title", "eq", "United States", False),
    ],
)
def test_values_are_compared_in_the_form_in_which_fields_hold_them(
    field: str, op: str, value: object, holds: bool
) -> None:
    company = {"country": "US", "industry": "Software", "employee_range": "51-200",
               "name": "Acme"}  # fmt: skip
    values = {f"company.{name}": value for name, value in company.items()}
    person = Person({**values, "phone": "+14155550132", "title": "US"})
    condition = parse({"field": field, "op": op, "value": value}, fields.of_lead)
    assert compiled(condition)(person, NOW) is holds


def test_companies_are_asked_by_their_own_fields() -> None:
    parse(leaf("employee_count", "gt", 5), fields.of_company)
    parse(leaf("company.country", "eq", "US"), fields.of_company)
    parse(leaf("created_at", "after", "2026-01-15T12:00:00Z"), fields.of_company)
    assert problems_of(leaf("email", "exists"), fields.of_company) == {
        ("/condition/field", "unknown_field")
    }
    with pytest.raises(InvalidInputError):
        parse({"performed": PERFORMED}, fields.of_company, events=False)


CHARS = st.text(alphabet="ab.*?[", max_size=8)


@given(pattern=CHARS, text=CHARS)
def test_globs_match_what_the_library_matches(pattern: str, text: str) -> None:
    assert glob(pattern)(text) is fnmatchcase(text, pattern.replace("[", "[[]"))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("\\*", "*", True),
        ("\\*", "x", False),
        ("a\\?b", "a?b", True),
        ("a\\?b", "axb", False),
        ("\\\\", "\\", True),
        ("a\\", "a\\", True),
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
    ],
)
def test_a_backslash_takes_the_meaning_away(pattern: str, text: str, expected: bool) -> None:
    assert glob(pattern)(text) is expected


def test_no_pattern_is_slow() -> None:
    """A backtracking matcher takes longer than the universe has been there."""
    matches = glob("a*" * 127 + "b")
    text = "a" * 1024
    began = process_time()
    assert not matches(text)
    assert process_time() - began < 0.05


# A naive evaluator: no tree, no compilation, straight from the JSON.


def naive(condition: Any, subject: Person, now: Instant) -> Any:
    if "all" in condition:
        return all(naive(part, subject, now) for part in condition["all"])
    if "any" in condition:
        return any(naive(part, subject, now) for part in condition["any"])
    if "not" in condition:
        return not naive(condition["not"], subject, now)
    if "performed" in condition:
        return naive_performed(condition, subject, now)
    value, op, wanted = subject.value(condition["field"]), condition["op"], condition.get("value")
    for negative, positive in (
        ("ne", "eq"), ("not_in", "in"), ("not_contains", "contains"), ("not_exists", "exists"),
    ):  # fmt: skip
        if op == negative:
            return not naive_says(value, positive, wanted)
    return naive_says(value, op, wanted)


def is_number(value: object) -> bool:
    return type(value) in (int, float)


def same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    if is_number(one) and is_number(other):
        return one == other
    return type(one) is type(other) is bool and one == other


def naive_says(value: Any, op: str, wanted: Any) -> Any:  # noqa: C901 - as plain as it can be
    if value is None or value in ("", [], {}):
        return False
    both_numbers = is_number(value) and is_number(wanted)
    both_texts = isinstance(value, str) and isinstance(wanted, str)
    match op:
        case "exists":
            return True
        case "eq":
            return same(value, wanted)
        case "in":
            return any(same(value, each) for each in wanted)
        case "gt":
            return both_numbers and value > wanted
        case "gte":
            return both_numbers and value >= wanted
        case "lt":
            return both_numbers and value < wanted
        case "lte":
            return both_numbers and value <= wanted
        case "between":
            low, high = wanted
            return all(map(is_number, (value, low, high))) and low <= value <= high
        case "contains" if isinstance(value, list):
            return any(same(each, wanted) for each in value)
        case "contains":
            return both_texts and wanted.casefold() in value.casefold()
        case "starts_with":
            return both_texts and value.casefold().startswith(wanted.casefold())
        case "ends_with":
            return both_texts and value.casefold().endswith(wanted.casefold())
        case "matches_glob":
            pattern = wanted.casefold().replace("[", "[[]")
            return both_texts and fnmatchcase(value.casefold(), pattern)
    moments = [as_time(value), as_time(wanted)]
    if None in moments:
        return False
    return moments[0] < moments[1] if op == "before" else moments[0] > moments[1]  # type: ignore[operator]


def as_time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def naive_performed(condition: Any, subject: Person, now: Instant) -> Any:
    said, within = condition["performed"], condition.get("within")
    count = 0
    for event in subject.done:
        at = to_datetime(event.at)
        if event.event != said["event"] or at > to_datetime(now):
            continue
        if within and at < to_datetime(now) - timedelta(**within):
            continue
        where = said.get("where")
        count += where is None or naive(
            where, Person({"page.path": event.properties["route"]}), now
        )
    compare = condition.get("count", {"op": "gte", "value": 1})
    return naive_says(count, compare["op"], compare["value"]) != (
        compare["op"] == "ne" and count != compare["value"]
    )


TIMES = st.sampled_from(["2026-01-15T12:00:00Z", "2026-01-15T12:30:00+01:00", "2026-01-15"])
WORDS = st.sampled_from(["a", "A", "ab", "b", "é", "É", "/pricing", "", "5", "[x]"])
SCALARS = st.one_of(WORDS, TIMES, st.integers(-2, 6), st.sampled_from([1.5, 5.0]), st.booleans())
VALUES = st.one_of(st.none(), SCALARS, st.lists(SCALARS, max_size=3))
FIELDS = st.sampled_from(["traits.a", "traits.b", "tags", "attributes.c"])
LEAVES = st.one_of(
    st.builds(
        leaf,
        FIELDS,
        st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte", "contains", "not_contains"]),
        SCALARS,
    ),
    st.builds(leaf, FIELDS, st.sampled_from(["in", "not_in"]), st.lists(SCALARS, min_size=1)),
    st.builds(leaf, FIELDS, st.just("between"), st.lists(SCALARS, min_size=2, max_size=2)),
    st.builds(leaf, FIELDS, st.sampled_from(["starts_with", "ends_with"]), WORDS),
    st.builds(leaf, FIELDS, st.just("matches_glob"), CHARS),
    st.builds(leaf, FIELDS, st.sampled_from(["exists", "not_exists"])),
    st.builds(
        leaf,
        FIELDS,
        st.sampled_from(["before", "after"]),
        st.sampled_from(["2026-01-15T12:00:00Z", "2026-01-15T12:10:00+01:00"]),
    ),
)
COUNTS = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["eq", "gt", "gte", "lt", "lte"]), "value": st.integers(0, 3)}
    ),
    st.fixed_dictionaries(
        {"op": st.just("between"), "value": st.lists(st.integers(0, 3), min_size=2, max_size=2)}
    ),
)
PERFORMEDS = st.fixed_dictionaries(
    {
        "performed": st.fixed_dictionaries(
            {"event": st.sampled_from(["page_view", "clicked"])},
            optional={
                "where": st.builds(
                    leaf,
                    st.just("page.path"),
                    st.sampled_from(["eq", "ne", "starts_with"]),
                    st.sampled_from(["/a", "/b"]),
                )
            },
        )
    },
    optional={
        "count": COUNTS,
        "within": st.sampled_from([{"days": 1}, {"hours": 24}, {"minutes": 30}, {"days": 3}]),
    },
)
CONDITIONS = st.recursive(
    LEAVES | PERFORMEDS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
).filter(lambda condition: json.dumps(condition).count("{") < 50)
EVENTS = st.builds(
    lambda at, path, name: seen(at, path, name, route=path),
    st.sampled_from([NOW, NOW + 1, NOW - DAY, NOW - DAY - 1, NOW - 3 * DAY, NOW - 1_800_000]),
    st.sampled_from(["/a", "/b", "/ab"]),
    st.sampled_from(["page_view", "clicked", "other"]),
)


def read(condition: object) -> tuple[Condition | None, set[str]]:
    """Return the condition, or what is wrong with it."""
    try:
        return parse(condition, fields.of_lead), set()
    except InvalidInputError as error:
        return None, {problem.code for problem in error.problems}


@given(
    condition=CONDITIONS,
    values=st.dictionaries(FIELDS, VALUES, max_size=4),
    done=st.lists(EVENTS, max_size=5).map(tuple),
)
def test_conditions_decide_as_a_naive_evaluator_does(
    condition: object, values: dict[str, object], done: tuple[Event, ...]
) -> None:
    tree, wrong = read(condition)
    subject = Person(values, done)
    assert tree is not None or wrong == {"too_deep"}  # random ones may be
    if tree is not None:
        assert compiled(tree)(subject, NOW) is naive(condition, subject, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["all"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "not", "field", "op", "value", "performed", "count", "within", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(value=JSON)
def test_any_json_is_a_condition_or_is_refused(value: object) -> None:
    condition, wrong = read(value)
    assert (condition is None) is bool(wrong)
    if condition is not None:
        compiled(condition)(Person(), NOW)


@given(text=st.text(max_size=20))
def test_folding_a_text_again_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
