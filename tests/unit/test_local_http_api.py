"""The HTTP API of the laptop stack behaves as the gateway does."""

import asyncio
import base64
import gzip
import json
from typing import Any

import pytest

from local.asgi import Message, Receive, Send, read_body
from local.http_api import AT_ONCE, HttpApi, Route, build_event, select

ROUTES = [
    Route("ANY /v1/leads", "leads"),
    Route("ANY /v1/leads/{proxy+}", "leads"),
    Route("GET /v1/leads/{id}", "one"),
    Route("ANY /v1/batch", "collect"),
    Route("ANY /v1/identify", "collect"),
    Route("GET /v1/identify", "lookup"),
    Route("ANY /v1/leads/{lead_id}/enrich", "lookup"),
    Route("$default", "platform"),
]


class FakeEmulator:
    """Answers the control plane with one route and every invocation with ``result``."""

    def __init__(self, result: Any, *, status: int = 200, error: bool = False) -> None:
        self.result = result
        self.status = status
        self.error = error
        self.event: dict[str, Any] = {}
        self.running = 0
        self.most_running = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        items: dict[str, list[dict[str, str]]] = {
            "/v2/apis": [{"apiId": "abc"}],
            "/v2/apis/abc/integrations": [
                {"integrationId": "i1", "integrationUri": "arn:aws:lambda:r:a:function:echo"}
            ],
            "/v2/apis/abc/routes": [{"routeKey": "$default", "target": "integrations/i1"}],
        }
        headers: list[tuple[bytes, bytes]] = []
        if scope["path"] in items:
            status, body = 200, json.dumps({"items": items[scope["path"]]}).encode()
        else:
            assert scope["path"] == "/2015-03-31/functions/echo/invocations"
            self.event = json.loads(await read_body(receive))
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            await asyncio.sleep(0)
            self.running -= 1
            status, body = self.status, json.dumps(self.result).encode()
            if self.error:
                headers.append((b"X-Amz-Function-Error", b"Unhandled"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def scope(
    method: str = "GET", path: str = "/v1/health", query: str = "", **headers: str
) -> Message:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "path": path,
        "query_string": query.encode(),
        "http_version": "1.1",
        "headers": [(b"host", b"127.0.0.1:4600"), *lines],
        "client": ("127.0.0.1", 50_000),
    }


def serve(
    emulator: FakeEmulator, request: Message, body: bytes = b""
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(HttpApi(emulator)(request, receive, send))
    return sent[0]["status"], sent[0]["headers"], sent[1]["body"]


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        pytest.param("GET", "/v1/leads", "leads", {}, id="a literal path"),
        pytest.param("GET", "/v1/leads/x", "one", {"id": "x"}, id="one segment before greedy"),
        pytest.param("PATCH", "/v1/leads/x", "leads", {"proxy": "x"}, id="another method"),
        pytest.param("GET", "/v1/leads/x/y", "leads", {"proxy": "x/y"}, id="greedy"),
        pytest.param("OPTIONS", "/v1/batch", "collect", {}, id="a preflight is a request"),
        pytest.param("GET", "/v1/identify", "lookup", {}, id="the method decides"),
        pytest.param("POST", "/v1/identify", "collect", {}, id="any other method"),
        pytest.param("POST", "/v1/leads/x/enrich", "lookup", {"lead_id": "x"}, id="a part of one"),
        pytest.param("GET", "/v1/leadsx", "platform", {}, id="nobody else's"),
    ],
)
def test_the_closest_route_gets_the_request(
    method: str, path: str, function: str, parameters: dict[str, str]
) -> None:
    found = select(ROUTES, method, path)
    assert found is not None
    assert (found[0].function, found[1]) == (function, parameters)


def test_without_a_default_an_unknown_path_has_no_route() -> None:
    assert select(ROUTES[:-1], "GET", "/nowhere") is None


def test_a_request_becomes_an_event_of_format_2() -> None:
    request = scope("GET", "/v1/a%20b%2525", "x=1&x=2&y=%20z", cookie="a=1; b=2", accept="*/*")
    event = build_event(request, b"", ROUTES[-1], {})
    assert event["rawPath"] == "/v1/a b%2525"
    assert event["rawQueryString"] == "x=1&x=2&y=%20z"
    assert event["queryStringParameters"] == {"x": "1,2", "y": " z"}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert event["requestContext"]["http"]["sourceIp"] == "127.0.0.1"
    assert "body" not in event


@pytest.mark.parametrize(
    ("headers", "body", "encoded"),
    [
        pytest.param({"content_type": "application/json"}, b"{}", False, id="JSON"),
        pytest.param({"content_type": "text/plain; charset=utf-8"}, b"{}", False, id="a beacon"),
        pytest.param({}, b"{}", True, id="no type"),
        pytest.param(
            {"content_type": "application/json", "content_encoding": "gzip"},
            gzip.compress(b"{}"),
            True,
            id="gzip",
        ),
    ],
)
def test_a_body_that_is_no_text_comes_as_base64(
    headers: dict[str, str], body: bytes, encoded: bool
) -> None:
    event = build_event(scope("POST", **headers), body, ROUTES[-1], {})
    assert event["isBase64Encoded"] is encoded
    given = base64.b64decode(event["body"]) if encoded else event["body"].encode()
    assert given == body


def test_the_answer_of_a_function_is_the_answer() -> None:
    emulator = FakeEmulator(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "image/gif"},
            "cookies": ["a=1", "b=2"],
            "body": base64.b64encode(b"GIF89a").decode(),
            "isBase64Encoded": True,
        }
    )
    status, headers, body = serve(emulator, scope("POST"), b"{}")
    assert (status, body) == (201, b"GIF89a")
    assert (b"content-type", b"image/gif") in headers
    assert [value for name, value in headers if name == b"set-cookie"] == [b"a=1", b"b=2"]
    assert emulator.event["routeKey"] == "$default"


def test_an_answer_without_a_status_is_json() -> None:
    status, headers, body = serve(FakeEmulator({"ok": True}), scope())
    assert (status, json.loads(body)) == (200, {"ok": True})
    assert (b"content-type", b"application/json") in headers


@pytest.mark.parametrize(
    ("emulator", "request_body", "status"),
    [
        pytest.param(FakeEmulator({}, error=True), b"", 500, id="the function raised"),
        pytest.param(FakeEmulator({}, status=429), b"", 503, id="the function is throttled"),
        pytest.param(FakeEmulator({}), b" " * 10_485_761, 413, id="over 10 MB"),
    ],
)
def test_the_gateway_speaks_for_a_function_that_cannot(
    emulator: FakeEmulator, request_body: bytes, status: int
) -> None:
    answered, _, body = serve(emulator, scope("POST"), request_body)
    assert answered == status
    assert list(json.loads(body)) == ["message"]


def test_an_answer_to_head_has_no_body() -> None:
    status, _, body = serve(FakeEmulator({"statusCode": 200, "body": "text"}), scope("HEAD"))
    assert (status, body) == (200, b"")


def test_a_burst_of_requests_starts_no_more_instances_than_the_machine_can_carry() -> None:
    emulator = FakeEmulator({"statusCode": 200, "body": "{}"})
    api = HttpApi(emulator)
    statuses: list[int] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    async def burst() -> None:
        await asyncio.gather(*(api(scope(), receive, send) for _ in range(50)))

    asyncio.run(burst())
    assert statuses == [200] * 50
    assert emulator.most_running == AT_ONCE
