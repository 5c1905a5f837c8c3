"""The limits of parsing that the contract names."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.errors import MalformedInputError
from leadsignal.runtime.json_bodies import MAX_DEPTH, MAX_DIGITS, parse


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "{", "nope", "{'a': 1}", '{"a": 1,}', "01", "\ufeff{}", "{} {}", '"\t"',
        "NaN", '{"a": NaN}', "Infinity", "-Infinity", "1e999", "-1e999", '{"a": [1e400]}',
        "1" * (MAX_DIGITS + 1), '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}',
        '{"a": 1, "\\u0061": 2}', deep(MAX_DEPTH + 1), deep(100_000), '{"a":' * 100_000,
        '"\\ud800"', '{"\\udc00": 1}', '["\\ud83d", "\\ude00"]',
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "bytes"])
def test_what_is_malformed_is_refused(text: str, form: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        parse(text.encode() if form == "bytes" else text)
    assert refused.value.slug == "malformed-json"
    assert text not in str(refused.value) or len(text) < 2


@pytest.mark.parametrize("body", [b"\xff", b'"\xc3"', b'"\xed\xa0\x80"', "\ud800", '"\udfff"'])
def test_what_is_no_utf_8_is_refused(body: bytes | str) -> None:
    with pytest.raises(MalformedInputError, match="UTF-8"):
        parse(body)


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", "null", "1", "1.5e3", '"\\ud83d\\ude00"', '{"a": "\\u0000"}', '" \\\\ud800"',
     deep(MAX_DEPTH), "1" * MAX_DIGITS, "-0.0", '{"": {"": 1}}', '{"a": 1, "A": 2}'],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_anything_else_is_read_as_it_is(text: str) -> None:
    assert parse(text) == parse(text.encode()) == json.loads(text)


@given(
    value=st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**40), 10**40)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_json_can_say_is_read_back(value: object) -> None:
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(body=st.binary(max_size=60) | st.text(max_size=60))
def test_any_body_is_read_or_refused(body: bytes | str) -> None:
    with suppress(MalformedInputError):
        json.dumps(parse(body), allow_nan=False).encode()
