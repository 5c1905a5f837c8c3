"""The track routes in the document: they speak Segment's wire format, and no model of ours."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from leadsignal.domain import wire
from leadsignal.models import text_forms
from leadsignal.runtime import track
from leadsignal.runtime.openapi.conventions import Schema, headers, referred
from leadsignal.runtime.openapi.examples import CALLS, COLLECTED
from leadsignal.services.collect import MAX_ITEMS

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
_MEMBERS = {
    "userId": "Who it was, by the sender's own id",
    "anonymousId": "Which browser or device it was",
    "messageId": "The id of the event; the same one again changes nothing",
    "timestamp": "When it happened, RFC 3339",
    "sentAt": "When it was sent, RFC 3339: corrects a clock that is wrong",
    "context": "Page, campaign, locale, consent… as Segment's libraries send them",
    "integrations": "Ignored",
    "event": "What happened, e.g. `demo_requested`",
    "name": "The name of the page or screen",
    "properties": "What is to be said of the event",
    "traits": "What is to be said of the person, or of the group",
    "groupId": "Which company or team",
    "previousId": "The id by which the person was known so far",
}
_SENT_AT: Schema = {
    "description": _MEMBERS["sentAt"],
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}],
}
_FORMS: dict[str, Schema] = {
    "event": text_forms.shown(text_forms.FILLED_LINE, maxLength=wire.MAX_EVENT_NAME),
    "messageId": text_forms.shown(text_forms.PROSE, maxLength=wire.MAX_MESSAGE_ID),
    "timestamp": {"format": "date-time"},
}
_EVENT = (
    "userId", "anonymousId", "messageId", "timestamp", "sentAt", "context", "integrations",
)  # fmt: skip
_OF_CALL = {
    "track": ("event", "properties"),
    "page": ("name", "properties"),
    "screen": ("name", "properties"),
    "identify": ("traits",),
    "group": ("groupId", "traits"),
    "alias": ("previousId",),
}
_EXAMPLES = {
    "event": "email_opened",
    "anonymousId": "b3f1c2d4-5e6f",
    "email": "ada@example.com",
    "messageId": "newsletter-42-7",
}
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
        "schema": _schema(route, call),
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


def _schema(route: str, call: str) -> Schema:
    """Return the schema of a body; what of an event is not valid is told in its verdict."""
    if call != "batch":
        names = (*_EVENT, *_OF_CALL[call])
        return {"type": "object", "properties": {n: _member(n) for n in names}}
    schema: Schema = {
        "type": "object",
        "properties": {
            "batch": {
                "type": "array",
                "description": f"Up to {MAX_ITEMS:,} events; `type` says which call each is",
            },
            "context": {"description": "What all events of the batch share"},
            "sentAt": _member("sentAt"),
        },
    }
    if route != track.METRICS:
        return schema | {"required": ["batch"]}
    series = {"description": "What the library counted; nothing is kept of it"}
    schema["properties"]["series"] = series
    counted = {"required": ["series"], "properties": {"series": {"type": "array"}}}
    return schema | {"anyOf": [{"required": ["batch"]}, counted]}


def _member(name: str) -> Schema:
    """Return the schema of a member; ``sentAt`` alone refuses the whole body."""
    if name == "sentAt":
        return _SENT_AT
    return {"description": _MEMBERS[name]}


def _parameters(*, forms: Mapping[str, Schema], rest: Schema) -> list[Schema]:
    """Return the query parameters, those named in ``forms`` of these and the rest of that form."""
    names = ("writeKey", *track.NAMED_PARAMETERS, *track.PAGE_PARAMETERS)
    return [
        {
            "name": name,
            "in": "query",
            "required": name == "event",
            "schema": {"type": "string"} | forms.get(name, rest),
        }
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
        "parameters": _parameters(forms={}, rest={}),  # whatever is sent, a GIF is answered
        "responses": {"200": {"description": "A GIF", "headers": headers(), "content": gif}},
    }


def _light() -> Schema:
    return {
        "operationId": "get_e",
        "summary": "One event as query parameters",
        "description": "Parameters of other names become properties of the event.",
        "tags": ["track"],
        "security": [],
        "parameters": _parameters(forms=_FORMS, rest=text_forms.shown(text_forms.PROSE)),
        "responses": {
            "204": {"description": "Accepted", "headers": headers()},
            **referred(_PROBLEMS),
        },
    }
