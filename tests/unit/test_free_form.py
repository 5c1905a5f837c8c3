"""Free-form maps keep to their bounds, and a refusal says where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from leadsignal.models.free_form import MAX_BYTES, MAX_STRING, FreeForm, is_name

MAP: TypeAdapter[dict[str, Any]] = TypeAdapter(FreeForm)


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"leaf": 1}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


@pytest.mark.parametrize(
    "name",
    ["a", "Plan", "utm_source", "company.name", "First Name", "größe", "名前", "2fa", "$email",
     "_id", "a-b:c/d", "a" * 64, "e\u0301tage", "हिन्दी", "pk", "status"],
)  # fmt: skip
def test_names_that_people_use_are_allowed(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    ["", " ", " a", "a ", "a" * 65, "__proto__", "constructor", "prototype", ".a", "#x", ":v",
     "a\x00b", "a\nb", "a\u200bb", "a\u202eb", "<b>", "a[0]", "{a}", "a\"b", "a'b", "🦊"],
)  # fmt: skip
def test_names_that_break_what_they_pass_through_are_refused(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    "value",
    [{}, {"a": None}, {"a": [1, 2.5, True, "x", None]}, nested(5), {"a": "x" * MAX_STRING},
     {f"n{number}": number for number in range(100)}, {"a": [0] * 100}, {"a": "line\nline\t"}],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_what_is_within_the_bounds_comes_back_as_it_is(value: dict[str, Any]) -> None:
    assert MAP.validate_python(value, strict=True) == value


@pytest.mark.parametrize(
    ("value", "code", "pointer"),
    [
        (nested(6), "too_deep", "/in/in/in/in/in"),
        ({"a": [[[[[]]]]]}, "too_deep", "/a/0/0/0/0"),
        ({f"n{number}": 0 for number in range(101)}, "too_many", ""),
        ({"a": [0] * 101}, "too_many", "/a"),
        ({"a": {"__proto__": 1}}, "name", "/a"),
        ({"x" * 65: 1}, "name", ""),
        ({"a/b": {"c": "x" * (MAX_STRING + 1)}}, "too_long", "/a~1b/c"),
        ({f"n{number}": "x" * MAX_STRING for number in range(4)}, "too_large", ""),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_its_place(
    value: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        MAP.validate_python(value, strict=True)
    [error] = refused.value.errors()
    assert (error["type"], error["ctx"]["pointer"]) == (code, pointer)


def test_a_map_may_be_just_as_large_as_the_limit_says() -> None:
    value = {f"n{number}": "x" * 8000 for number in range(4)}
    spare = MAX_BYTES - len('{"n0":"","n1":"","n2":"","n3":"","z":""}') - 32_000
    MAP.validate_python(value | {"z": "x" * spare})
    with pytest.raises(ValidationError):
        MAP.validate_python(value | {"z": "x" * (spare + 1)})


@given(name=st.text(max_size=70))
def test_any_text_is_a_name_or_is_not(name: str) -> None:
    assert is_name(name) in (True, False)
