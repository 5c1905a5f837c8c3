"""Each hostile body, header, query and path, on every route that takes one."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from local.http_api import is_text
from tests import hostile
from tests.fakes.flow import headers_of, problem
from tests.fakes.front_door import document, handler_of, resolved
from tests.fakes.lambda_side import CONTEXT, Json, Stack, http_event
from tests.hostile import MARKER

FILLED = {"lead_id": "lead_" + "a" * 26, "webhook_id": "whe_" + "0" * 24}


def operations() -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and operation of every route that needs a secret key."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if operation["tags"] not in (["track"], ["platform"]):
                yield method.upper(), path, operation


def filled(path: str, identifier: str | None = None) -> str:
    return re.sub(r"{(\w+)}", lambda found: identifier or FILLED.get(found[1], "none"), path)


def example(operation: Json) -> dict[str, Any]:
    [*contents] = operation["requestBody"]["content"].values()
    [first, *_] = contents[0]["examples"].values()
    value: dict[str, Any] = resolved(first)["value"]
    return value


def as_sent(event: Json) -> Json:
    """Return the event as the gateway makes it: a path decoded, but for the percent sign."""
    return event | {"rawPath": unquote(event["rawPath"].replace("%25", "%2525"))}


def send(
    method: str,
    path: str,
    key: str | None,
    content: bytes = b"",
    headers: dict[str, str] | None = None,
    query: str = "",
) -> Json:
    """Send a request as API Gateway hands it over: as text, if it is one, else as base64."""
    sent = dict(headers or {})
    event = as_sent(http_event(method, path, key=key, headers=sent))
    event["rawQueryString"] = query
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    if joined:
        event["queryStringParameters"] = joined
    if content:
        try:
            text = content.decode() if is_text(sent) else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            raw = http_event(method, path, raw=content)
            event |= {"body": raw["body"], "isBase64Encoded": True}
        else:
            event["body"] = text
    answer: Json = handler_of(method, path)(event, CONTEXT)
    assert answer["statusCode"] < 500, (method, path, answer)
    assert MARKER not in json.dumps({k: v for k, v in answer.items() if k != "cookies"}), answer
    return answer


@contextmanager
def unchanged(stack: Stack) -> Iterator[None]:
    before = digest(stack)
    yield
    assert digest(stack) == before


def digest(stack: Stack) -> str:
    """Return a hash of all that the tables hold but for counters of requests."""
    tables = ("LeadTable", "ActivityTable", "ConfigTable")
    items = sorted(
        json.dumps(i, sort_keys=True, default=str) for t in tables for i in stack.items(t)
    )
    return hashlib.sha256("\n".join(items).encode()).hexdigest()


FILES = {
    (m, p): o["requestBody"]["content"]["text/csv"]["example"].encode()
    for m, p, o in operations()
    if "text/csv" in o.get("requestBody", {}).get("content", {})
}
"""What is sent to routes that take a file; what they refuse is tried in tests of their own."""

WRITES = [(m, p, o) for m, p, o in operations() if "requestBody" in o and (m, p) not in FILES]
BODILESS = [(m, p) for m, p, o in operations() if "requestBody" not in o and m != "GET"]
READS = [(p, o) for m, p, o in operations() if m == "GET"]
LISTS = [
    p for p, o in READS if "limit" in {resolved(each)["name"] for each in o.get("parameters", [])}
]
BATCHES = {"/v1/leads/batch"}
"""Routes with a larger limit, where bodies of the usual one are not too large."""


@pytest.mark.parametrize(
    ("method", "path", "operation"), WRITES, ids=[f"{m} {p}" for m, p, _ in WRITES]
)
def test_every_hostile_body_is_refused_as_it_deserves(
    stack: Stack, owner: CreatedTenant, method: str, path: str, operation: Json
) -> None:
    needed = operation["requestBody"].get("required", False)
    wrong: list[Any] = []
    with unchanged(stack):
        for body in hostile.bodies(example(operation)):
            if path in BATCHES and body.expected == hostile.LARGE:
                continue
            if not needed and body.name == "no body":
                continue
            answer = send(method, filled(path), owner.secret_key, body.content, body.headers)
            got = problem(answer)
            if got != body.expected or not _points_at(answer, body.pointer):
                wrong.append((body.name, got, answer["body"][:200]))
    assert not wrong


def _points_at(answer: Json, pointer: str | None) -> bool:
    errors = json.loads(answer["body"]).get("errors", [])
    return len(errors) <= 20 and (pointer is None or pointer in {e.get("pointer") for e in errors})


@pytest.mark.parametrize(
    ("method", "path", "operation"), WRITES, ids=[f"{m} {p}" for m, p, _ in WRITES]
)
def test_a_valid_body_is_read_in_every_spelling_of_its_type(
    owner: CreatedTenant, method: str, path: str, operation: Json
) -> None:
    content = json.dumps(example(operation)).encode()
    patch = {"content-type": "application/merge-patch+json"}
    for headers in (*hostile.WELCOME, *([patch] if method == "PATCH" else [])):
        zipped = headers.get("content-encoding", "").lower() == "gzip"
        sent = gzip.compress(content) if zipped else content
        answer = send(method, filled(path), owner.secret_key, sent, headers)
        assert answer["statusCode"] not in (400, 413, 415), (headers, answer)


@pytest.mark.parametrize(
    ("method", "path", "operation"), WRITES[:4], ids=[f"{m} {p}" for m, p, _ in WRITES[:4]]
)
def test_who_sends_another_type_is_told_what_is_taken(
    owner: CreatedTenant, method: str, path: str, operation: Json
) -> None:
    content = json.dumps(example(operation)).encode()
    typed = send(method, filled(path), owner.secret_key, content, {"content-type": "text/xml"})
    name = "accept-patch" if method == "PATCH" else "accept"
    assert "application/json" in headers_of(typed)[name]
    headers = hostile.JSON | {"content-encoding": "br"}
    encoded = send(method, filled(path), owner.secret_key, content, headers)
    assert headers_of(encoded)["accept-encoding"] == "gzip"


@pytest.mark.parametrize(("method", "path"), BODILESS)
def test_a_route_without_a_body_needs_no_type_and_takes_no_fields(
    stack: Stack, owner: CreatedTenant, method: str, path: str
) -> None:
    with unchanged(stack):
        for content in (b'{"zz": "zq9planted"}', b"[]", b"null"):
            answer = send(method, filled(path), owner.secret_key, content, hostile.JSON)
            assert problem(answer) == hostile.INVALID
        answer = send(method, filled(path), owner.secret_key, b"{", hostile.JSON)
        assert problem(answer) == hostile.MALFORMED
    for headers in ({}, hostile.JSON):
        content = b"{}" if headers else b""
        answer = send(method, filled(path), owner.secret_key, content, headers)
        assert answer["statusCode"] not in (400, 415, 422)


@pytest.mark.parametrize("path", LISTS)
def test_every_hostile_query_is_refused(stack: Stack, owner: CreatedTenant, path: str) -> None:
    wrong = []
    with unchanged(stack):
        for query in hostile.QUERIES:
            answer = send("GET", filled(path), owner.secret_key, query=query.text)
            if problem(answer) != query.expected:
                wrong.append((query.text[:60], problem(answer)))
    assert not wrong


@pytest.mark.parametrize("path", LISTS)
def test_a_refused_cursor_reads_nothing_but_the_key(
    stack: Stack, owner: CreatedTenant, path: str
) -> None:
    calls: list[str] = []
    send("GET", filled(path), owner.secret_key, query="limit=1")  # the key is remembered by now
    wiring.dynamodb().meta.events.register(
        "before-call.dynamodb", lambda model, **_: calls.append(model.name)
    )
    answer = send("GET", filled(path), owner.secret_key, query="cursor=" + "A" * 80)
    assert problem(answer) == (400, "invalid-cursor")
    assert [name for name in calls if name in ("GetItem", "Query", "BatchGetItem")] == []


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/webhooks", "/v1/failed-events", "/v1/nothing"])
@pytest.mark.parametrize("name", hostile.SECRET_HEADERS)
def test_what_is_no_key_opens_nothing(stack: Stack, path: str, name: str) -> None:
    headers, expected = hostile.SECRET_HEADERS[name]
    if path == "/v1/nothing":
        expected = (404, "not-found")
    answer = send("GET", path, None, headers=headers)
    assert problem(answer) == expected
    assert ("www-authenticate" in headers_of(answer)) == (expected[0] == 401)


NAMED = [(m, p) for m, p, _ in operations() if p.count("{") == 1]


@pytest.mark.parametrize(("method", "path"), NAMED)
def test_an_id_that_nobody_has_is_not_there(
    stack: Stack, owner: CreatedTenant, method: str, path: str
) -> None:
    body = next((o for m, p, o in WRITES if (m, p) == (method, path)), None)
    content = json.dumps(example(body)).encode() if body else b""
    headers = hostile.JSON if content else {}
    if (method, path) in FILES:
        content, headers = FILES[method, path], {"content-type": "text/csv"}
    with unchanged(stack):
        for identifier in hostile.PATH_IDS:
            answer = send(method, filled(path, identifier), owner.secret_key, content, headers)
            assert problem(answer) == (404, "not-found"), identifier


OWN = {p for _, p, _ in operations()} - {"/v1/identify"}  # a track call has the same path


@pytest.mark.parametrize("path", sorted(OWN))
def test_a_path_says_which_methods_it_has(owner: CreatedTenant, path: str) -> None:
    served = {m for m, p, _ in operations() if p == path}
    allowed = ", ".join(sorted(served | ({"HEAD"} if "GET" in served else set()) | {"OPTIONS"}))
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "ZQ9"} - served:
        answer = send(method, filled(path), owner.secret_key)
        assert problem(answer) == (405, "method-not-allowed"), method
        assert headers_of(answer)["allow"] == allowed
    asked = send("OPTIONS", filled(path), None, headers={"origin": "https://elsewhere.test"})
    assert (asked["statusCode"], headers_of(asked)["allow"]) == (204, allowed)
    assert not [name for name in headers_of(asked) if name.startswith("access-control")]
    assert not asked.get("body")


@pytest.mark.parametrize("path", [p for p, _ in READS])
def test_head_is_get_without_a_body(owner: CreatedTenant, path: str) -> None:
    got = send("GET", filled(path), owner.secret_key)
    head = send("HEAD", filled(path), owner.secret_key)
    assert head["statusCode"] == got["statusCode"]
    assert head["body"] == ""
    for name in ("content-type", "etag", "cache-control"):
        assert headers_of(head).get(name) == headers_of(got).get(name)


@pytest.mark.parametrize("path", [p for p, _ in READS])
def test_a_body_of_a_get_is_not_looked_at_and_what_it_accepts_neither(
    owner: CreatedTenant, path: str
) -> None:
    plain = send("GET", filled(path), owner.secret_key)
    for headers in ({"content-type": "text/xml"}, {"accept": "text/html"}, {"range": "bytes=0-1"}):
        answer = send("GET", filled(path), owner.secret_key, b"\xff{zq9planted", headers)
        assert answer["statusCode"] == plain["statusCode"]


@pytest.mark.parametrize("tag", hostile.TAGS)
def test_a_tag_that_cannot_be_read_is_refused(stack: Stack, owner: CreatedTenant, tag: str) -> None:
    asked = send("GET", "/v1/webhooks", owner.secret_key, headers={"if-none-match": tag})
    assert problem(asked) == (400, "invalid-header")
    with unchanged(stack):
        headers = hostile.JSON | {"if-match": tag}
        for method, content in (("PATCH", b"{}"), ("DELETE", b"")):
            place = filled("/v1/webhooks/{webhook_id}")
            answer = send(method, place, owner.secret_key, content, headers)
            assert problem(answer) == (400, "invalid-header")


@pytest.mark.parametrize(
    "sent", ["", "x", "é" * 20, "a" * 65, "a b c d e f g", "<script>zq9planted", "\r\nx-evil: 1"]
)
def test_a_request_id_that_is_not_usable_is_replaced(owner: CreatedTenant, sent: str) -> None:
    answer = send("GET", "/v1/leads", owner.secret_key, headers={"x-request-id": sent})
    assert headers_of(answer)["x-request-id"] == CONTEXT.aws_request_id
    named = {"x-request-id": "my-own-id_01"}
    answer = send("GET", "/v1/leads", owner.secret_key, headers=named)
    assert headers_of(answer)["x-request-id"] == "my-own-id_01"


PLACES = [
    ("GET", "/v1/leads", "cursor={key}"),
    ("GET", "/v1/leads", "zz={key}"),
    ("GET", "/v1/leads", "{key}"),
    ("GET", "/v1/leads/{key}", ""),
    ("OPTIONS", "/v1/leads", "api_key={key}"),
    ("POST", "/v1/webhooks", "token=Bearer%20{key}"),
    ("GET", "/v1/events/{key}/trace", ""),
    ("GET", "/v1/nothing/{key}", ""),
    ("GET", "/v1/health", "key={key}"),
    ("GET", "/v1/e", "writeKey={key}&event=a"),
    ("POST", "/v1/track", "writeKey={key}"),
    ("GET", "/v1/failed-events", "x={escaped}"),
]


@pytest.mark.parametrize(("method", "path", "query"), PLACES)
def test_a_secret_key_in_a_url_is_refused_and_reported(
    stack: Stack,
    owner: CreatedTenant,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    query: str,
) -> None:
    key = owner.secret_key
    named = {"key": key, "escaped": "".join(f"%{ord(c):02X}" for c in key)}
    for credential in (None, key):
        capsys.readouterr()
        caplog.clear()
        with unchanged(stack):
            answer = send(method, path.format(**named), credential, query=query.format(**named))
        assert problem(answer) == (401, "credential-in-url")
        assert key not in json.dumps(answer)
        told = capsys.readouterr().out
        assert '"SecretKeysInUrls":[1.0]' in told.replace(" ", "")
        assert key not in told + caplog.text
        warned = [r.__dict__ for r in caplog.records if r.levelname == "WARNING"]
        assert [record["key_id"] for record in warned] == [key.split("_")[3]]


def test_what_only_looks_like_a_secret_key_is_no_concern(owner: CreatedTenant) -> None:
    other = "A" if owner.secret_key[-1] != "A" else "B"
    for text in (owner.secret_key[:-1] + other, owner.write_key, "ls_sk_test_x"):
        answer = send("GET", "/v1/leads", owner.secret_key, query=f"zz={text}")
        assert problem(answer) == hostile.INVALID
