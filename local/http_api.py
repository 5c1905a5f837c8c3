"""The HTTP API of the laptop stack, at the root of its own port.

MiniStack serves an API under a path, answers every preflight itself, and takes a gzipped body for
text. So requests come here: the routes are those of MiniStack's control plane, the functions run
there, and what lies between follows payload format 2.0 of API Gateway. Where AWS would start an
instance of a function for each of many requests, those beyond ``AT_ONCE`` wait for their turn here.
"""

import asyncio
import base64
import json
import os
import re
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from local.asgi import Answer, App, Message, Receive, Send, call, read_body
from local.aws import ACCOUNT, signed_headers

MAX_BODY_BYTES = 10 * 1024 * 1024
ROUTES_SECONDS = 1.0  # how long the routes are remembered
TEXT_TYPES = ("application/json", "application/xml", "application/javascript")
BODILESS = (204, 304)
AT_ONCE = 2 * (os.cpu_count() or 2)  # of one function; each starts a process of its own


class Route(NamedTuple):
    """One route and the function behind it."""

    key: str
    function: str

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.key.partition(" ")[2]

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path parameters of a request, or nothing when it is not for this route."""
        if self.key == "$default":
            return {}
        if self.method not in (method, "ANY"):
            return None
        pattern = re.sub(r"\\{(\w+)\\\+\\}", r"(?P<\1>.+)", re.escape(self.path))
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", pattern)
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None

    @property
    def precedence(self) -> tuple[bool, bool, int, bool]:
        """Rank among the routes that fit: the gateway takes the highest."""
        literal = sum(1 for part in self.path.split("/") if part and "{" not in part)
        return self.key != "$default", "+}" not in self.path, literal, self.method != "ANY"


def select(routes: list[Route], method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route of a request with its path parameters."""
    for route in sorted(routes, key=lambda route: route.precedence, reverse=True):
        parameters = route.parameters(method, path)
        if parameters is not None:
            return route, parameters
    return None


def is_text(headers: dict[str, str]) -> bool:
    """Return whether a function gets the body as a string; otherwise it comes as base64."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    return "content-encoding" not in headers and (
        media_type.startswith("text/") or media_type in TEXT_TYPES
    )


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def join_headers(scope: Message) -> tuple[dict[str, str], list[str]]:
    """Return the headers of a request, repeated ones joined, and apart from them the cookies."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name == "cookie":
            cookies += [part.strip() for part in value.split(";")]
        else:
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    client = scope["client"][0]
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{forwarded}, {client}" if forwarded else client
    return headers, cookies


def build_event(scope: Message, body: bytes, route: Route, parameters: dict[str, str]) -> Any:
    """Return a request as a function gets it, in payload format 2.0."""
    headers, cookies = join_headers(scope)
    query = scope["query_string"].decode("latin-1")
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    now = datetime.now(UTC)
    path = decoded_path(scope)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "domainPrefix": "local",
            "http": {
                "method": scope["method"],
                "path": path,
                "protocol": f"HTTP/{scope['http_version']}",
                "sourceIp": scope["client"][0],
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if joined:
        event["queryStringParameters"] = joined
    if parameters:
        event["pathParameters"] = {name: unquote(value) for name, value in parameters.items()}
    if body:
        text = is_text(headers) and _is_utf_8(body)
        event["isBase64Encoded"] = not text
        event["body"] = body.decode() if text else base64.b64encode(body).decode()
    return event


def decoded_path(scope: Message) -> str:
    """Return the path with every escape decoded but that of the percent sign, as AWS does."""
    return unquote(scope["raw_path"].decode("latin-1").replace("%25", "%2525"))


def gateway_answer(status: int, message: str) -> Answer:
    """Return what the gateway itself says."""
    body = json.dumps({"message": message}).encode()
    return Answer(status, {"content-type": "application/json"}, body)


class HttpApi:
    """Serves the only API of an emulator."""

    def __init__(self, emulator: App) -> None:
        self._emulator = emulator
        self._routes: list[Route] = []
        self._read_at = float("-inf")
        self._turns: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(AT_ONCE)
        )

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = await read_body(receive)
        status, headers, cookies, content = await self._serve(scope, body)
        lines = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        lines += [(b"set-cookie", cookie.encode("latin-1")) for cookie in cookies]
        if status not in BODILESS:
            lines.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": lines})
        sent = b"" if status in BODILESS or scope["method"] == "HEAD" else content
        await send({"type": "http.response.body", "body": sent})

    async def _serve(
        self, scope: Message, body: bytes
    ) -> tuple[int, dict[str, str], list[str], bytes]:
        if len(body) > MAX_BODY_BYTES:
            return _without_cookies(gateway_answer(413, "Request Entity Too Large"))
        found = select(await self._current_routes(), scope["method"], decoded_path(scope))
        if found is None:
            return _without_cookies(gateway_answer(404, "Not Found"))
        route, parameters = found
        event = build_event(scope, body, route, parameters)
        invocation = f"/2015-03-31/functions/{route.function}/invocations"
        async with self._turns[route.function]:
            answer = await self._call("lambda", "POST", invocation, json.dumps(event).encode())
        if answer.status == 429:
            return _without_cookies(gateway_answer(503, "Service Unavailable"))
        if answer.status >= 300 or "x-amz-function-error" in answer.headers:
            return _without_cookies(gateway_answer(500, "Internal Server Error"))
        return _http_response(answer.body)

    async def _current_routes(self) -> list[Route]:
        if time.monotonic() - self._read_at > ROUTES_SECONDS:
            self._routes = await self._read_routes()
            self._read_at = time.monotonic()
        return self._routes

    async def _read_routes(self) -> list[Route]:
        apis = await self._control_plane("/v2/apis")
        if not apis:
            return []
        api = f"/v2/apis/{apis[0]['apiId']}"
        functions = {
            f"integrations/{integration['integrationId']}": integration["integrationUri"].rsplit(
                ":", 1
            )[-1]
            for integration in await self._control_plane(f"{api}/integrations")
        }
        return [
            Route(route["routeKey"], functions[route["target"]])
            for route in await self._control_plane(f"{api}/routes")
        ]

    async def _control_plane(self, path: str) -> list[dict[str, Any]]:
        answer = await self._call("apigateway", "GET", path)
        items: list[dict[str, Any]] = json.loads(answer.body)["items"]
        return items

    async def _call(self, service: str, method: str, path: str, body: bytes = b"") -> Answer:
        headers = signed_headers(service, method, path, body)
        return await call(self._emulator, method, path, headers, body)


def _without_cookies(answer: Answer) -> tuple[int, dict[str, str], list[str], bytes]:
    return answer.status, answer.headers, [], answer.body


def _http_response(payload: bytes) -> tuple[int, dict[str, str], list[str], bytes]:
    """Return what a function's answer means; one without a status is a JSON body."""
    result = json.loads(payload)
    if not isinstance(result, dict) or "statusCode" not in result:
        return 200, {"content-type": "application/json"}, [], payload
    content = (result.get("body") or "").encode()
    if result.get("isBase64Encoded"):
        content = base64.b64decode(content)
    headers = {name.lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain; charset=utf-8")
    headers["apigw-requestid"] = uuid.uuid4().hex[:16]
    headers.pop("content-length", None)
    return int(result["statusCode"]), headers, list(result.get("cookies") or []), content
