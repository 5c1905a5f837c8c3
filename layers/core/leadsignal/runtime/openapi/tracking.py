"""The track routes in the document: they speak Segment's wire format, and no model of ours."""

from http import HTTPStatus
from typing import Any

from leadsignal.runtime import track
from leadsignal.runtime.openapi.conventions import Schema, headers, referred
from leadsignal.runtime.openapi.examples import CALLS, COLLECTED

_WRITE_KEY: list[dict[str, list[str]]] = [{"writeKey": []}, {"writeKeyBasic": []}]
_NAMES = {
    "t": "track", "p": "page", "s": "screen", "i": "identify", "g": "group", "a": "alias",
    "b": "batch",
}  # fmt: skip
_DESCRIBED = {
    "writeKey": "The write key; no header is needed beside it",
    "event": "What happened, e.g. `email_opened`",
    "email": "An address, or in hex the SHA-256 of one that is trimmed and in lower case",
    "messageId": "The id of the event; the same one again changes nothing",
    "timestamp": "When it happened, RFC 3339",
}
_EXAMPLES = {"event": "email_opened", "email": "ada@example.com", "messageId": "newsletter-42-7"}
_PROBLEMS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_POST_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    *_PROBLEMS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


def track_paths() -> dict[str, Any]:
    """Return the path items of all track routes."""
    routes = (*track.CALLS.items(), *((route, "batch") for route in sorted(track.BATCHES)))
    return {f"/v1/{route}": {"post": _post(route, call)} for route, call in routes} | {
        f"/v1/{track.PIXEL}": {"get": _pixel()},
        f"/v1/{track.LIGHT}": {"get": _light()},
    }


def _post(route: str, call: str) -> Schema:
    body: Schema = {
        "schema": {"type": "object", "additionalProperties": True},
        "examples": {call: {"value": CALLS[call]}},
    }
    of = f" (short for `/v1/{_NAMES[route]}`)" if route in _NAMES else ""
    if route == track.METRICS:
        of = " (Segment's browser library reports on itself here)"
    return {
        "operationId": f"post_{route}",
        "summary": f"Segment HTTP Tracking API: {call}{of}",
        "description": "Answers 200 whenever the body could be read, with a verdict on each event.",
        "tags": ["track"],
        "security": _WRITE_KEY if route != track.METRICS else [*_WRITE_KEY, {}],
        "x-required-scope": None,
        "requestBody": {
            "required": True,
            "description": "Segment's wire format; `writeKey` may be a member. May be gzipped",
            "content": {"application/json": body, "text/plain": body},
        },
        "responses": {
            "200": {
                "description": "The verdict on each event",
                "headers": headers(),
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Collected"},
                        "examples": {"two events": {"value": COLLECTED}},
                    }
                },
            },
            **referred(_POST_PROBLEMS),
        },
    }


def _parameters() -> list[Schema]:
    names = ("writeKey", *track.NAMED_PARAMETERS, *track.PAGE_PARAMETERS)
    return [
        {"name": name, "in": "query", "required": name == "event", "schema": {"type": "string"}}
        | ({"description": _DESCRIBED[name]} if name in _DESCRIBED else {})
        | ({"example": _EXAMPLES[name]} if name in _EXAMPLES else {})
        for name in names
    ]


def _pixel() -> Schema:
    gif = {"image/gif": {"schema": {"type": "string", "contentMediaType": "image/gif"}}}
    return {
        "operationId": "get_pixel",
        "summary": "One event as query parameters, from an e-mail; always a GIF of one pixel",
        "description": "Parameters of other names become properties of the event.",
        "tags": ["track"],
        "security": [],
        "parameters": _parameters(),
        "responses": {"200": {"description": "A GIF", "headers": headers(), "content": gif}},
    }


def _light() -> Schema:
    return {
        "operationId": "get_e",
        "summary": "One event as query parameters",
        "description": "Parameters of other names become properties of the event.",
        "tags": ["track"],
        "security": [],
        "parameters": _parameters(),
        "responses": {
            "204": {"description": "Accepted", "headers": headers()},
            **referred(_PROBLEMS),
        },
    }
