"""The track routes over HTTP: key in many places, gzip, beacons, CORS, pixel; Segment's answers."""

import base64
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from leadsignal.domain import wire
from leadsignal.domain.signatures import identify_secret
from leadsignal.errors import (
    ExposedCredentialError,
    FieldProblem,
    InvalidInputError,
    LeadSignalError,
    MissingCredentialError,
)
from leadsignal.models.instants import to_instant
from leadsignal.models.tenants import Principal
from leadsignal.runtime import (
    auth,
    bodies,
    exposure,
    json_bodies,
    limits,
    problems,
    targets,
    wiring,
)
from leadsignal.runtime.headers import ALWAYS
from leadsignal.runtime.metering import Visit
from leadsignal.runtime.observability import logger
from leadsignal.services.collect import Collected, collect
from leadsignal.services.tenants import authenticate

MAX_BODY_BYTES = 500 * 1024
GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")

CALLS = {
    "track": "track", "t": "track", "page": "page", "p": "page", "screen": "screen",
    "s": "screen", "identify": "identify", "i": "identify", "group": "group", "g": "group",
    "alias": "alias", "a": "alias",
}  # fmt: skip
METRICS = "m"
BATCHES = {"batch", "b", "import", METRICS}
PIXEL, LIGHT = "pixel.gif", "e"
LOOKED_UP = "identify"  # its GET is a look-up, which another function answers
NAMED_PARAMETERS = ("event", "anonymousId", "userId", "email", "messageId", "timestamp")
PAGE_PARAMETERS = ("url", "path", "title", "referrer", "search")

_LIBRARY = re.compile(
    r"(aiohttp|apache-httpclient|axios|curl|faraday|go-http-client|guzzlehttp|java|libwww-perl|"
    r"node-fetch|node|okhttp|php|postmanruntime|python-\w+|python|reqwest|ruby|undici|wget)\b",
    re.ASCII | re.IGNORECASE,
)

CORS = {"access-control-allow-origin": "*"}
PREFLIGHT = CORS | {
    "access-control-allow-methods": "GET, POST, OPTIONS",
    "access-control-allow-headers": "Authorization, Content-Type, Content-Encoding, X-Request-Id",
    "access-control-max-age": "86400",
}


class Request(NamedTuple):
    """One HTTP request to a track route; header names are in lower case."""

    method: str
    route: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    raw_query: str
    body: str
    is_base64: bool
    source_ip: str | None
    request_id: str


def read_request(event: Mapping[str, Any], request_id: str) -> Request:
    """Return the request of an API Gateway event (payload format 2.0)."""
    http = event["requestContext"]["http"]
    return Request(
        method=http["method"],
        route=event["rawPath"].removeprefix("/v1/"),
        headers={k.lower(): v for k, v in (event.get("headers") or {}).items()},
        query=event.get("queryStringParameters") or {},
        raw_query=event.get("rawQueryString") or "",
        body=event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        source_ip=http.get("sourceIp"),
        request_id=request_id,
    )


def answer(request: Request) -> tuple[dict[str, Any], Collected]:
    """Return the answer to one request and what was collected from it."""
    nothing = Collected()
    if request.method == "OPTIONS":
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": PREFLIGHT}, nothing
    allowed = "GET" if request.route in (PIXEL, LIGHT) else "POST"
    if request.method != allowed and not (allowed == "GET" and request.method == "HEAD"):
        served = f"{allowed}, OPTIONS"
        if request.route == LOOKED_UP:
            served = "GET, HEAD, OPTIONS, POST"
        refused = problems.problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"allowed here: {served}",
            request_id=request.request_id,
        )
        return _with_headers(refused, {"allow": served}), nothing
    visit = Visit(route=f"{allowed} /v1/{request.route}")
    try:
        targets.check_secrecy(request.route, request.raw_query)
        collected = _collected(request, visit)
    except ExposedCredentialError as error:
        exposure.report(error)
        refused = problems.from_error(error, request_id=request.request_id)
    except LeadSignalError as error:
        refused = problems.from_error(error, request_id=request.request_id)
    except Exception:  # noqa: BLE001 - the edge: logged here, counted by the gateway as a 5xx
        logger.exception("request failed")
        refused = problems.unexpected(request_id=request.request_id)
    else:
        wiring.meter().count(visit, HTTPStatus.OK)
        return _accepted(request, collected), collected
    wiring.meter().count(visit, refused["statusCode"])
    return _failed(request, refused), nothing


def _accepted(request: Request, collected: Collected) -> dict[str, Any]:
    if request.route == PIXEL:
        return _gif()
    if request.route == LIGHT:
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": dict(CORS)}
    body = collected.model_dump_json(exclude_none=True)
    headers = CORS | {"content-type": "application/json"}
    return {"statusCode": HTTPStatus.OK.value, "headers": headers, "body": body}


def _collected(request: Request, visit: Visit) -> Collected:
    if request.method == "HEAD":
        return Collected()  # asks for the headers alone, and records nothing
    return _post(request, visit) if request.method == "POST" else _get(request, visit)


def _with_headers(response: dict[str, Any], more: Mapping[str, str] = CORS) -> dict[str, Any]:
    return response | {"headers": response["headers"] | CORS | more}


def _failed(request: Request, problem: dict[str, Any]) -> dict[str, Any]:
    return _gif() if request.route == PIXEL else _with_headers(problem)


def _gif() -> dict[str, Any]:
    return {
        "statusCode": HTTPStatus.OK.value,
        "headers": CORS | {"content-type": "image/gif", "cache-control": "no-store"},
        "body": base64.b64encode(GIF).decode(),
        "isBase64Encoded": True,
    }


def _post(request: Request, visit: Visit) -> Collected:
    bodies.check_media(request.headers, "application/json", "text/plain", "")
    body = bodies.decoded(
        request.body,
        is_base64=request.is_base64,
        headers=request.headers,
        max_bytes=MAX_BODY_BYTES,
    )
    parsed = json_bodies.parse(body)
    if not isinstance(parsed, dict):
        raise InvalidInputError((FieldProblem("", "object_type", "the body must be an object"),))
    if request.route == METRICS and isinstance(parsed.get("series"), list):
        return Collected()  # Segment's browser library reports on itself here, without a key
    in_body = parsed.get("writeKey")
    principal = _principal(request, in_body if isinstance(in_body, str) else None)
    visit.principal = principal
    call = CALLS.get(request.route)
    items: list[Any] = [parsed]
    context: Any = None
    if call is None:
        context = parsed.get("context")
        batch = parsed.get("batch")
        if not isinstance(batch, list):
            raise InvalidInputError((FieldProblem("/batch", "list_type", "must be a list"),))
        items = batch
    arrival = _arrival(
        request,
        principal,
        sent_at=wire.parse_time(parsed.get("sentAt"), "/sentAt"),
        context=context if isinstance(context, dict) else {},
    )
    return _collect(items, call, principal, arrival)


def _get(request: Request, visit: Visit) -> Collected:
    visit.principal = principal = _principal(request, None)
    query = request.query
    item: dict[str, Any] = {name: query[name] for name in NAMED_PARAMETERS if query.get(name)}
    page = {name: query[name] for name in PAGE_PARAMETERS if query.get(name)}
    known = {*NAMED_PARAMETERS, *PAGE_PARAMETERS, "writeKey"}
    item["properties"] = {name: value for name, value in query.items() if name not in known}
    item["context"] = {"page": page} if page else {}
    collected = _collect([item], "track", principal, _arrival(request, principal))
    verdict = collected.results[0]
    if verdict.status == "rejected":
        where = (verdict.pointer or "").removeprefix("/")
        raise InvalidInputError(
            (FieldProblem(where, verdict.code or "invalid_event", verdict.detail or ""),)
        )
    return collected


def _collect(
    items: list[Any], call: str | None, principal: Principal, arrival: wire.Arrival
) -> Collected:
    limits.count_events(principal, max(1, len(items)))
    return collect(
        items,
        call=call,
        principal=principal,
        arrival=arrival,
        queue=wiring.events_queue(),
        originals=wiring.originals(),
        crawlers=wiring.crawlers(),
        new_id=wiring.new_id,
    )


def _arrival(
    request: Request,
    principal: Principal,
    *,
    sent_at: int | None = None,
    context: dict[str, Any] | None = None,
) -> wire.Arrival:
    """Return how the request came in.

    Address and agent of the connection are the visitor's when a browser, a mail program or a
    crawler connected. A server that reports for a visitor names them in ``context`` or not at all:
    it is known by its secret key, by posting without a browser's agent, or by that of an HTTP
    library.
    """
    agent = request.headers.get("user-agent", "")
    direct = request.method != "POST" and not _LIBRARY.match(agent)
    visitor = not principal.trusted and (direct or agent.startswith("Mozilla/"))
    return wire.Arrival(
        received_at=to_instant(wiring.now()),
        sent_at=sent_at,
        ip=request.source_ip if visitor else None,
        user_agent=agent[:512] or None if visitor else None,
        trusted=principal.trusted,
        key_id=principal.key_id,
        identify_secret=None if principal.trusted else identify_secret(principal.tenant),
        context=context or {},
    )


def _principal(request: Request, key_in_body: str | None) -> Principal:
    """Return who sends: by Bearer or Basic header, ``writeKey`` in the body or in the query.

    Raises:
        MissingCredentialError, InvalidCredentialError
    """
    in_header = auth.basic_user(request.headers) or auth.bearer(
        {} if _is_basic(request.headers) else request.headers
    )
    in_query = request.query.get("writeKey")
    key = in_header or key_in_body or in_query
    if not key:
        raise MissingCredentialError("send the write key as Authorization, or as writeKey")
    return authenticate(key, config=wiring.tenant_store(), now=wiring.now())


def _is_basic(headers: Mapping[str, str]) -> bool:
    return headers.get("authorization", "").strip().lower().startswith("basic")


def with_request_id(response: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Return the answer with its ``X-Request-Id`` and what every answer carries."""
    own = response.get("headers", {})
    return response | {"headers": {**ALWAYS, **own, "x-request-id": request_id}}
