"""Bodies: how much is read of them at most, and that no body whatever breaks the door."""

import base64
import gzip
import json
import time
import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain import storable
from leadsignal.errors import LeadSignalError, MalformedInputError, TooLargeError
from leadsignal.models.base import Strict
from leadsignal.models.free_form import FreeForm
from leadsignal.runtime.api import build_api, handle
from leadsignal.runtime.bodies import LARGER, MAX_BYTES, decoded, read_object
from tests import hostile
from tests.fakes.flow import problem
from tests.fakes.lambda_side import CONTEXT, Json, http_event

VALID: dict[str, Any] = {
    "name": "Ada",
    "size": 3,
    "share": 0.5,
    "tags": ["a", "b"],
    "traits": {"plan": "pro", "seats": 5, "address": {"city": "Delft", "lines": ["1", None]}},
}


class Part(Strict):
    name: str
    size: int = 1
    share: float = 0
    tags: list[str] = []
    traits: FreeForm = {}


app = build_api()


@app.post("/v1/parts")
def create_part(part: Part) -> Response[Part]:
    return Response(201, "application/json", part)


def post(content: bytes, headers: dict[str, str]) -> Json:
    event = http_event("POST", "/v1/parts", raw=content, headers=headers)
    return handle(app, event, CONTEXT, public=True)


def read(content: bytes, headers: dict[str, str] | None = None, path: str = "/v1/parts") -> Any:
    event = http_event("POST", path, raw=content, headers=headers or hostile.JSON)
    return read_object(event, method="POST", path=path)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a valid body with some bytes changed, doubled, left out or taken from a hostile one."""
    content = bytearray(json.dumps(VALID, ensure_ascii=draw(st.booleans())).encode())
    corpus = [body.content[:400] for body in hostile.bodies(VALID)]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        change = draw(st.sampled_from(["byte", "cut", "double", "splice", "token"]))
        if change == "byte":
            content[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif change == "cut":
            del content[at : at + draw(st.integers(1, 20))]
        elif change == "double":
            content[at:at] = content[at : at + draw(st.integers(1, 40))]
        elif change == "splice":
            content[at:at] = draw(st.sampled_from(corpus))
        else:
            tokens = [b"NaN", b"1e999", b"-", b'"', b"{", b"[", b"]", b"}", b",", b":", b"\\u0000"]
            content[at:at] = draw(st.sampled_from(tokens))
    return bytes(content)


@given(content=mutated(), zipped=st.booleans())
def test_no_body_breaks_the_door(content: bytes, zipped: bool) -> None:
    headers = hostile.GZIP if zipped else hostile.JSON
    answer = post(gzip.compress(content) if zipped else content, headers)
    if answer["statusCode"] != 201:
        status, _ = problem(answer)
        assert status in (400, 413, 422)


@given(content=st.binary(max_size=200), headers=st.sampled_from([hostile.JSON, hostile.GZIP]))
def test_any_bytes_are_read_or_refused(content: bytes, headers: dict[str, str]) -> None:
    assert post(content, headers)["statusCode"] < 500


@pytest.mark.parametrize("body", hostile.bodies(VALID), ids=lambda body: body.name)
def test_each_hostile_body_is_refused_as_it_deserves(body: hostile.Body) -> None:
    answer = post(body.content, body.headers)
    assert problem(answer) == body.expected
    assert hostile.MARKER not in json.dumps(answer)
    pointers = {e.get("pointer") for e in json.loads(answer["body"]).get("errors", [])}
    assert body.pointer is None or body.pointer in pointers


def test_the_valid_body_is_valid() -> None:
    assert json.loads(post(json.dumps(VALID).encode(), hostile.JSON)["body"]) == VALID


@pytest.mark.parametrize("path", ["/v1/parts", *LARGER])
def test_a_body_of_just_the_limit_is_read(path: str) -> None:
    limit = LARGER.get(path, MAX_BYTES)
    assert read(b"{}".ljust(limit), path=path) == {}
    with pytest.raises(TooLargeError):
        read(b"{}".ljust(limit + 1), path=path)


def test_a_bomb_is_not_inflated() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    sent = base64.b64encode(bomb).decode()
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError):
            decoded(sent, is_base64=True, headers=hostile.GZIP, max_bytes=MAX_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2 * 1024 * 1024


def test_what_is_too_large_is_not_decoded() -> None:
    sent = "A" * 20_000_000
    tracemalloc.start()
    try:
        for is_base64 in (True, False):
            with pytest.raises(TooLargeError):
                decoded(sent, is_base64=is_base64, headers={}, max_bytes=MAX_BYTES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("sent", ["A", "AAA", "A===", "é", "{}", "AA==\n", "AAAA*"])
def test_what_is_no_base64_is_refused(sent: str) -> None:
    with pytest.raises(MalformedInputError, match="decoded"):
        decoded(sent, is_base64=True, headers={}, max_bytes=100)


def test_half_a_surrogate_pair_in_the_text_of_the_gateway_is_refused() -> None:
    with pytest.raises(MalformedInputError, match="decoded"):
        decoded("\ud800", is_base64=False, headers={}, max_bytes=100)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": ' + b"[" * 31 + b"]" * 31 + b"}",
        b'{"' + b'": {"'.join(b"%d" % n for n in range(20)) + b'": 1' + b"}" * 20,
        b'{"a": [' + b"1," * 100_000 + b"1]}",
        b"{" + b",".join(b'"%d": 1' % n for n in range(20_000)) + b"}",
        b'{"a": "' + b"\\ud83d\\ude00" * 20_000 + b'"}',
        b'{"a": "' + b"\\\\" * 120_000 + b'"}',
        b'{"a": [' + b"9" * 4300 + (b"," + b"9" * 4300) * 55 + b"]}",
        b'{"a": [0.' + b"9" * 4290 + (b",0." + b"9" * 4290) * 55 + b"]}",
    ],
    ids=lambda content: content[:24].decode(),
)
def test_the_largest_bodies_take_no_time_to_speak_of(content: bytes) -> None:
    assert len(content) <= MAX_BYTES
    started = time.perf_counter()
    with suppress(LeadSignalError):
        read(content)
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ({"text": "a\nb\tc\r"}, []),
        ({"traits": {"a": {"b": ["c\nd"]}}}, []),
        ({"operations": [{"lead": {"traits": {"a": "b\nc"}}}]}, []),
        ({"reason": "a\nb"}, []),
        ({"name": "a\nb"}, ["control_character"]),
        ({"text": "a\u0000"}, ["control_character"]),
        ({"text": "a\u007f"}, ["control_character"]),
        ({"a\nb": 1}, ["control_character"]),
        ({"a": 10**38 - 1, "b": -(10**38) + 1, "c": 1e125, "d": 0.1, "e": True}, []),
        ({"a": 10**38, "b": -(10**38)}, ["too_many_digits"] * 2),
        ({"a": 1.1e125, "b": -1e126}, ["out_of_range"] * 2),
        ({"a": "é\u0085\u200b🦊"}, []),
    ],
    ids=str,
)
def test_storage_holds_text_and_numbers_of_its_range(value: Any, codes: list[str]) -> None:
    assert [problem.code for problem in storable.problems(value)] == codes


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("0." + "1" * 38, False),
        ("0." + "1" * 39, True),
        ("1" * 20 + "." + "1" * 19, True),
        ("-0.000" + "1" * 38 + "000", False),
        ("1" * 39 + "e-5", True),
        ("1." + "0" * 60, False),
        ("1E5", False),
    ],
)
def test_a_number_written_with_more_digits_than_storage_keeps_is_marked(
    text: str, long: bool
) -> None:
    number = storable.read_float(text)
    assert number == float(text)
    assert isinstance(number, storable.LongNumber) is long
