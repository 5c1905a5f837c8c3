"""Custom attributes: what a definition may say, what values are by it, and keys that sort alike."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.attribute_input import changed
from leadsignal.domain.attributes import (
    LONG_LIST,
    MAX_LISTED,
    MAX_MATCHED,
    AttributeBook,
    compiled_pattern,
    date_key,
    number_key,
)
from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.dated import Dated, moment_of
from leadsignal.domain.conditions.evaluate import compiled
from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.conditions.parse import parse
from leadsignal.errors import InvalidInputError
from leadsignal.models.attributes import AttributePatch
from leadsignal.models.instants import to_instant
from leadsignal.models.profiles import Profile
from tests.fakes.definitions import KEY, attribute, attributes
from tests.fakes.rules import rulebook

AT = to_instant(datetime(2026, 1, 15, 12, tzinfo=UTC))


def refused(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as error:
        call()
    return [(problem.where, problem.code) for problem in error.value.problems]


def book(*defined: Any) -> AttributeBook:
    return AttributeBook(defined, key=KEY)


@pytest.mark.parametrize(
    ("kind", "parts", "where", "code"),
    [
        ("number", {"min": 3, "max": 2}, "/min", "invalid_value"),
        ("number", {"min": "2"}, "/min", "number_type"),
        ("number", {"max": True}, "/max", "number_type"),
        ("number", {"max": float("inf")}, "/max", "number_type"),
        ("number", {"default": "1"}, "/default", "number_type"),
        ("number", {"default": True}, "/default", "number_type"),
        ("number", {"default": 5, "max": 4}, "/default", "too_large"),
        ("number", {"default": 1, "min": 2}, "/default", "too_small"),
        ("number", {"enum": [1, "2"]}, "/enum/1", "number_type"),
        ("number", {"enum": [1, 1.0]}, "/enum/1", "duplicate"),
        ("number", {"enum": [1, 9], "max": 5}, "/enum/1", "too_large"),
        ("number", {"enum": [1], "default": 2}, "/default", "not_in_enum"),
        ("number", {"pattern": "a"}, "/pattern", "unexpected"),
        ("text", {"min": -1}, "/min", "invalid_value"),
        ("text", {"max": 1.5}, "/max", "invalid_value"),
        ("text", {"max": True}, "/max", "invalid_value"),
        ("text", {"max": 9_000}, "/max", "invalid_value"),
        ("text", {"pattern": "("}, "/pattern", "invalid_pattern"),
        ("text", {"pattern": "(?=a)b"}, "/pattern", "invalid_pattern"),
        ("text", {"pattern": r"(a)\1"}, "/pattern", "invalid_pattern"),
        ("text", {"pattern": r"(\w{100}){100}"}, "/pattern", "invalid_pattern"),
        ("text", {"pattern": "^a", "default": "b"}, "/default", "pattern_mismatch"),
        ("text", {"pattern": "^a", "enum": ["a", "b"]}, "/enum/1", "pattern_mismatch"),
        ("text", {"enum": ["a", " "]}, "/enum/1", "text_type"),
        ("text", {"default": " "}, "/default", "blank"),
        ("text", {"default": {"a": 1}}, "/default", "text_type"),
        ("bool", {"min": 0}, "/min", "unexpected"),
        ("bool", {"enum": [True]}, "/enum", "unexpected"),
        ("bool", {"default": 1}, "/default", "bool_type"),
        ("date", {"min": "yesterday"}, "/min", "date_type"),
        ("date", {"min": 5}, "/min", "date_type"),
        ("date", {"min": "2026-02-02", "max": "2026-02-01"}, "/min", "invalid_value"),
        ("date", {"default": "2026-02-30"}, "/default", "date_type"),
        ("date", {"default": "2026-02-03T10:00:00"}, "/default", "date_type"),
        ("date", {"enum": ["2026-01-01", "2026-01-01T00:00:00Z"]}, "/enum/1", "duplicate"),
        ("list", {"max": 101}, "/max", "invalid_value"),
        ("list", {"enum": ["a", ["b"]]}, "/enum/1", "scalar_type"),
        ("list", {"default": [["a"]]}, "/default", "list_type"),
        ("list", {"enum": ["a"], "default": ["a", "b"]}, "/default/1", "not_in_enum"),
        ("list", {"default": [], "required": True}, "/default", "blank"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_at_its_place(
    kind: str, parts: dict[str, Any], where: str, code: str
) -> None:
    assert refused(lambda: attribute("plan", kind, **parts)) == [(where, code)]


def test_a_name_that_breaks_objects_of_clients_is_refused() -> None:
    assert refused(lambda: attribute("constructor", "text")) == [("/name", "reserved")]


def test_a_definition_keeps_times_in_one_form() -> None:
    made = attribute("renewal", "date", min="2026-01-01T02:00:00+02:00", enum=["2026-03-01"])
    assert (made.min, made.enum) == ("2026-01-01T00:00:00.000Z", ("2026-03-01",))


@pytest.mark.parametrize(
    ("before", "patch", "found"),
    [
        ({}, {"name": "other"}, [("/name", "immutable")]),
        ({}, {"type": "bool"}, [("/type", "immutable")]),
        ({}, {"min": 1}, [("/min", "narrower")]),
        ({"min": 1}, {"min": 2}, [("/min", "narrower")]),
        ({}, {"max": 1}, [("/max", "narrower")]),
        ({"max": 5}, {"max": 4}, [("/max", "narrower")]),
        ({}, {"enum": [1]}, [("/enum", "narrower")]),
        ({"enum": [1, 2]}, {"enum": [2, 3]}, [("/enum", "narrower")]),
        ({"max": 5}, {"default": 6}, [("/default", "too_large")]),
        ({"max": 5, "default": 4}, {"max": 3}, [("/default", "too_large")]),
    ],
)
def test_a_change_that_would_allow_less_than_before_is_refused(
    before: dict[str, Any], patch: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    made = attribute("size", "number", **before)
    given = AttributePatch.model_validate(patch)
    assert refused(lambda: changed(made, given, index=None)) == found


def test_another_pattern_is_refused_and_none_is_allowed() -> None:
    made = attribute("code", "text", pattern="^a")
    other = AttributePatch(pattern="^b")
    assert refused(lambda: changed(made, other, index=None)) == [("/pattern", "narrower")]
    assert changed(made, AttributePatch(pattern=None), index=None).pattern is None
    assert changed(made, AttributePatch(pattern="^a"), index=None) == made


def test_a_change_may_allow_more_and_say_what_is_so_already() -> None:
    made = attribute("size", "number", min=1, max=5, enum=[2, 3])
    patch = {"name": "size", "type": "number", "min": 0, "max": None, "enum": [4, 3, 2]}
    more = patch | {"required": None, "default": 4}
    after = changed(made, AttributePatch.model_validate(more), index="ax")
    found = (after.min, after.max, after.enum, after.default, after.required, after.index)
    assert found == (0, None, (4, 3, 2), 4, False, "ax")


@pytest.mark.parametrize(
    ("kind", "parts", "value", "code"),
    [
        ("text", {}, 5, "text_type"),
        ("text", {}, " ", "blank"),
        ("text", {}, "x" * 8_193, "too_long"),
        ("text", {"min": 3}, "ab", "too_small"),
        ("text", {"max": 3}, "abcd", "too_large"),
        ("text", {"enum": ["a"]}, "A", "not_in_enum"),
        ("text", {"pattern": "^[a-z]+$"}, "abc1", "pattern_mismatch"),
        ("text", {"pattern": "^a+$"}, "a" * (MAX_MATCHED + 1), "too_long"),
        ("number", {}, "5", "number_type"),
        ("number", {}, True, "number_type"),
        ("number", {"min": 0}, -0.1, "too_small"),
        ("bool", {}, 1, "bool_type"),
        ("bool", {}, "true", "bool_type"),
        ("date", {}, "15 January", "date_type"),
        ("date", {}, "20260115", "date_type"),
        ("date", {}, "2026-01-15T12:00", "date_type"),
        ("date", {}, "0001-01-01T00:00:00+05:00", "date_type"),
        ("date", {"min": "2026-01-01"}, "2025-12-31T23:59:59.999Z", "too_small"),
        ("list", {}, "a", "list_type"),
        ("list", {}, [{}], "list_type"),
        ("list", {"max": 1}, ["a", "b"], "too_large"),
        ("list", {"required": True}, [], "blank"),
        ("list", {}, ["a"] * 101, "too_long"),
        ("list", {"enum": [1]}, [True], "not_in_enum"),
    ],
)
def test_a_value_that_its_definition_forbids_is_refused(
    kind: str, parts: dict[str, Any], value: object, code: str
) -> None:
    _, wrong = book(attribute("plan", kind, **parts)).read({"plan": value}, "/attributes")
    assert [problem.code for problem in wrong] == [code]
    assert all(problem.where.startswith("/attributes/plan") for problem in wrong)


@pytest.mark.parametrize(
    ("kind", "parts", "value", "kept"),
    [
        ("text", {"pattern": r"\d{3}"}, "no 123", "no 123"),
        ("text", {"enum": ["a", "b"]}, "b", "b"),
        ("number", {"min": -1, "max": 1}, -1, -1),
        ("number", {}, 1.5, 1.5),
        ("bool", {}, False, False),
        ("date", {}, "2026-01-15", "2026-01-15"),
        ("date", {}, "2026-01-15t12:00:00.5+02:00", "2026-01-15T10:00:00.500Z"),
        ("date", {"max": "2026-01-15"}, "2026-01-15", "2026-01-15"),
        ("list", {"enum": ["a", 1]}, [1, "a"], [1, "a"]),
        ("list", {}, [], []),
    ],
)
def test_a_value_is_kept_in_one_form(
    kind: str, parts: dict[str, Any], value: object, kept: object
) -> None:
    found = book(attribute("plan", kind, **parts)).read({"plan": value, "other": 1}, "")
    assert found == ({"plan": kept, "other": 1}, [])


def test_a_pattern_cannot_be_made_to_take_long() -> None:
    for pattern in (r"^(a+)+$", r"(a*)*b", r"(a?){30}a{30}", r"([ab]{0,100}){0,100}c"):
        matches = compiled_pattern(pattern)
        assert matches is not None
        began = time.process_time()
        matches("a" * MAX_MATCHED)
        assert time.process_time() - began < 0.1


ATTRIBUTES = attributes(
    plan={"type": "text", "default": "free", "queryable": True},
    seats={"type": "number", "default": 1, "queryable": True},
    vip={"type": "bool", "queryable": True},
    renewal={"type": "date", "queryable": True},
    topics={"type": "list", "queryable": True},
)


def holds(said: dict[str, Any], name: str, op: str, *value: Any) -> bool:
    """Return whether a condition holds of a lead of whom that was said."""
    leaf = {"field": f"attributes.{name}", "op": op} | ({"value": value[0]} if value else {})
    decide = compiled(parse(leaf, fields.of_lead))
    return decide(lead(said), AT)


def lead(said: dict[str, Any]) -> LeadFields:
    times = {"first_seen_at": AT, "last_seen_at": AT, "created_at": AT, "updated_at": AT}
    profile = Profile.model_validate({"attributes": said, "event_count": 1} | times)
    return LeadFields(profile, {}, attributes=ATTRIBUTES.compared(said))


@pytest.mark.parametrize(
    ("said", "name", "op", "value", "result"),
    [
        ({}, "plan", "eq", "FREE", True),
        ({"plan": "pro"}, "plan", "eq", "free", False),
        ({"plan": 5}, "plan", "eq", 5, False),
        ({"plan": 5}, "plan", "ne", "free", True),
        ({}, "seats", "gte", 1, True),
        ({"seats": 5}, "seats", "eq", "5", False),
        ({"seats": "5"}, "seats", "eq", "5", False),
        ({"seats": "5"}, "seats", "lt", 10, False),
        ({"vip": 1}, "vip", "eq", True, False),
        ({"vip": True}, "vip", "eq", True, True),
        ({"renewal": "2026-03-01"}, "renewal", "after", "2026-02-28", True),
        ({"renewal": "2026-03-01"}, "renewal", "before", "2026-03-01T00:00:00.001Z", True),
        ({"renewal": "2026-03-01"}, "renewal", "eq", "2026-03-01T01:00:00+01:00", True),
        ({"renewal": "2026-03-01"}, "renewal", "between", ["2026-03-01", "2026-03-02"], True),
        ({"renewal": "2026-03-01"}, "renewal", "gte", "2026-03-02", False),
        ({"renewal": "2026-03-01"}, "renewal", "gt", 5, False),
        ({"renewal": "2026-03-01"}, "renewal", "in", ["x", "2026-03-01"], True),
        ({"renewal": "2026-03-01"}, "renewal", "starts_with", "2026-", True),
        ({"renewal": "2026-03-01"}, "renewal", "contains", "-03-", True),
        ({"renewal": "soon"}, "renewal", "eq", "soon", False),
        ({"renewal": "soon"}, "renewal", "not_in", ["soon"], True),
        ({"topics": ["a", 1]}, "topics", "contains", "A", True),
        ({"topics": ["a", 1]}, "topics", "contains", True, False),
        ({"topics": "a"}, "topics", "contains", "a", False),
        ({"plain": "2026-03-01"}, "plain", "before", "2026-04-01", False),
        ({"plain": "2026-03-01T00:00:00Z"}, "plain", "before", "2026-04-01", True),
        ({"plain": {"deep": 1}}, "plain.deep", "eq", 1, True),
    ],
)
def test_conditions_see_values_by_their_definitions(
    said: dict[str, Any], name: str, op: str, value: object, result: bool
) -> None:
    assert holds(said, name, op, value) is result


@pytest.mark.parametrize(
    ("said", "name", "there"),
    [({}, "plan", True), ({}, "vip", False), ({"vip": "yes"}, "vip", False),
     ({"renewal": "2026-03-01"}, "renewal", True)],
)  # fmt: skip
def test_what_is_not_of_its_type_is_not_there_and_a_default_is(
    said: dict[str, Any], name: str, there: bool
) -> None:
    assert holds(said, name, "exists") is there
    assert holds(said, name, "not_exists") is not there


def test_a_time_in_a_condition_needs_its_offset_and_a_date_only_stands_for_attributes() -> None:
    for leaf in (
        {"field": "attributes.renewal", "op": "before", "value": "2026-03-01T00:00"},
        {"field": "traits.renewal", "op": "before", "value": "2026-03-01"},
    ):
        assert refused(lambda leaf=leaf: parse(leaf, fields.of_lead)) == [
            ("/value", "invalid_time")
        ]


def test_rules_see_values_by_their_definitions() -> None:
    rules = rulebook(
        {"kind": "match", "field": "attributes.plan", "value": "free"},
        {"kind": "match", "field": "attributes.renewal", "value": "2026-03-01"},
        {"kind": "range", "field": "attributes.renewal", "from": 0},
        {"kind": "exist", "field": "attributes.seats"},
    )
    made = lead({"renewal": "2026-03-01T00:00:00Z"})
    found = [ready.rule.id for ready, _ in rules.counting(made, now=AT)]
    assert found == ["r0", "r1", "r3"]


def test_a_lead_shows_defaults_and_whatever_was_said() -> None:
    said = {"plan": 5, "other": "x"}
    assert ATTRIBUTES.shown(said) == {"plan": 5, "other": "x", "seats": 1}
    assert ATTRIBUTES.compared({})["seats"] == 1
    assert ATTRIBUTES.compared({"renewal": "2026-03-01"})["renewal"] == Dated(
        moment_of("2026-03-01") or 0, "2026-03-01"
    )


def test_what_is_required_and_has_no_default_can_be_missing() -> None:
    made = attributes(
        a={"type": "text", "required": True},
        b={"type": "bool", "required": True, "default": False},
        c="text",
    )
    assert made.missing({}) == ["a"]
    assert made.missing({"a": "x"}) == []


NUMBERS = st.one_of(
    st.integers(-(10**40), 10**40), st.floats(allow_nan=False), st.integers(-5, 5), st.just(10**400)
)


@given(NUMBERS, NUMBERS)
def test_keys_of_numbers_sort_as_numbers_do(one: float, other: float) -> None:
    if one < other:
        assert number_key(one) <= number_key(other)
    if one == other:
        assert number_key(one) == number_key(other)
    if isinstance(one, float) and isinstance(other, float) and one < other:
        assert number_key(one) < number_key(other)


YEARS = st.datetimes(timezones=st.just(UTC))


@given(YEARS, YEARS)
def test_keys_of_dates_sort_as_instants_do(one: datetime, other: datetime) -> None:
    first, second = to_instant(one), to_instant(other)
    assert (date_key(first) < date_key(second)) == (first < second)
    assert len(date_key(first)) == 16


@given(st.text(max_size=9_000), st.text(min_size=1))
def test_a_key_of_a_text_tells_nothing_of_it_and_is_short(text: str, other: str) -> None:
    key = ATTRIBUTES.key_of(text, "text", "ax")
    assert len(key) == 23
    assert key != ATTRIBUTES.key_of(text + other, "text", "ax") or not other.casefold()
    assert key != ATTRIBUTES.key_of(text, "text", "ax_other")
    assert key != AttributeBook((), key=bytes(32)).key_of(text, "text", "ax")


def test_equal_texts_have_one_key_whatever_their_case() -> None:
    keys = {ATTRIBUTES.key_of(text, "text", "ax") for text in ("Straße", "STRASSE", "strasse")}
    assert len(keys) == 1


def test_only_what_was_said_of_a_type_has_keys_and_a_long_list_one_for_all() -> None:
    said = {"plan": 5, "seats": 3, "topics": ["a", "A", True, 1], "vip": False, "other": 1}
    found = ATTRIBUTES.keys(said)
    assert found.keys() == {"ax_seats", "ax_topics", "ax_vip"}
    assert (len(found["ax_topics"]), found["ax_vip"]) == (3, ("b0",))
    assert ATTRIBUTES.keys({"topics": []}) == {}
    assert ATTRIBUTES.keys({"topics": list(range(MAX_LISTED))})["ax_topics"] != (LONG_LIST,)
    assert ATTRIBUTES.keys({"topics": list(range(MAX_LISTED + 1))})["ax_topics"] == (LONG_LIST,)
    assert attributes(plan="text").keys({"plan": "a"}) == {}
