"""What the operations have in common: statuses, headers, problems, and which of them do what."""

from http import HTTPStatus
from typing import Any, Literal

from leadsignal.runtime.problems import TYPE_BASE, title_of

type Schema = dict[str, Any]
type Mark = Literal["etag", "location", "if_match", "refers", "searches"]

MARKS: dict[str, tuple[Mark, ...]] = {
    "get_lead": ("etag",),
    "create_lead": ("etag", "location"),
    "update_lead": ("etag", "if_match"),
    "add_tags": ("etag", "if_match"),
    "remove_tags": ("etag", "if_match"),
    "delete_lead": ("if_match",),
    "create_note": ("etag", "location"),
    "get_note": ("etag",),
    "update_note": ("etag", "if_match"),
    "delete_note": ("if_match",),
    "get_company": ("etag",),
    "update_company": ("etag", "if_match"),
    "enrich_company": ("etag",),
    "enrich_lead": ("etag",),
    "list_leads": ("searches",),
    "list_companies": ("searches",),
    "list_company_leads": ("searches",),
    "create_merge": ("refers",),
    "create_webhook": ("etag", "location"),
    "get_webhook": ("etag",),
    "change_webhook": ("etag", "if_match"),
    "delete_webhook": ("if_match",),
    "upload_list": ("etag", "if_match"),
    "get_list": ("etag",),
    "delete_list": ("if_match",),
    "create_alert": ("etag", "location"),
    "get_alert": ("etag",),
    "change_alert": ("etag", "if_match"),
    "delete_alert": ("if_match",),
    "create_provider": ("etag", "location"),
    "get_provider": ("etag",),
    "change_provider": ("etag", "if_match"),
    "delete_provider": ("if_match",),
    "create_key": ("etag", "location"),
    "get_key": ("etag",),
    "update_key": ("etag", "if_match"),
    "rotate_key": ("etag", "if_match"),
    "revoke_key": ("if_match",),
    "create_ruleset": ("etag", "location"),
    "get_ruleset": ("etag",),
    "change_ruleset": ("etag", "if_match"),
    "delete_ruleset": ("if_match",),
    "publish_ruleset": ("location", "if_match"),
    "create_segment": ("etag", "location"),
    "get_segment": ("etag",),
    "change_segment": ("etag", "if_match"),
    "delete_segment": ("if_match",),
    "create_attribute": ("etag", "location"),
    "get_attribute": ("etag",),
    "change_attribute": ("etag", "if_match"),
    "delete_attribute": ("if_match",),
    "get_job": ("etag",),
    "train_model": ("location",),
    "promote_model": ("location",),
    "override_score": ("if_match",),
    "remove_override": ("if_match",),
    "get_outcome": ("etag",),
    "state_outcome": ("etag", "if_match"),
    "withdraw_outcome": ("etag", "if_match"),
    "create_deal": ("etag", "location"),
    "get_deal": ("etag",),
    "change_deal": ("etag", "if_match"),
    "delete_deal": ("if_match",),
    "get_settings": ("etag",),
    "update_settings": ("etag", "if_match"),
}
"""What an operation does beyond the rules of its method, by its name.

``etag``: it answers the resource's version. ``location``: it says where a new resource is.
``if_match``: it honours ``If-Match``. ``refers``: its body names a resource that may not be there.
"""

ALSO: dict[str, tuple[HTTPStatus, str]] = {
    "enrich_lead": (HTTPStatus.ACCEPTED, "Not all who were asked answered in time; more follows"),
    "create_lead": (HTTPStatus.OK, "It was there before (`duplicate`), and is changed"),
    "create_merge": (HTTPStatus.OK, "With `dry_run`: what the merge would do"),
}
"""A second good status of an operation, with the same body, and when it is answered."""

CSV_BODIES: dict[str, str] = {
    "upload_list": (
        "domain,name,industry,employees,revenue,country,ip_ranges\n"
        "example.com,Example Engines,Machinery,240,1.25M,NL,198.51.100.0/24;2001:db8::/32\n"
    ),
}
"""An example of each body that is a CSV file, by the name of the operation."""

SPENDING = ("enrich_company", "enrich_lead")
"""Operations that are refused when there are no credits for what they ask for."""

HEADERS: dict[str, Schema] = {
    "X-Request-Id": {
        "description": "The id of this request: the client's own, if it sent a usable one",
        "required": True,
        "schema": {"type": "string"},
        "example": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    },
    "ETag": {
        "description": "The version of the resource, for If-Match and If-None-Match",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
        "example": '"7"',
    },
    "Location": {
        "description": "Where the new resource is",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/webhooks/whe_3nT8rWq0ZbY5cKxL1mVd7uHs",
    },
    "Link": {
        "description": "The next page (RFC 8288), where there is one",
        "schema": {"type": "string"},
        "example": '</v1/leads?limit=25&cursor=eyJ2IjoxfQ>; rel="next"',
    },
    "LeadSignal-Examined": {
        "description": "How many were looked at for this page, where there is a filter",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "500",
    },
    "Idempotent-Replayed": {
        "description": "That this is the answer to an earlier request with the same key",
        "schema": {"type": "string", "const": "true"},
    },
    "RateLimit-Policy": {
        "description": "What the key may send: requests (`q`) in seconds (`w`); none if unlimited",
        "schema": {"type": "string"},
        "example": '"default";q=12000;w=60',
    },
    "RateLimit": {
        "description": "What is left of that (`r`), and seconds until there is more (`t`)",
        "schema": {"type": "string"},
        "example": '"default";r=11984;t=0',
    },
    "Accept-Encoding": {
        "description": "The encoding that a body may have",
        "schema": {"type": "string"},
        "example": "gzip",
    },
    "Accept-Patch": {
        "description": "The media types of a change",
        "schema": {"type": "string"},
        "example": "application/merge-patch+json, application/json",
    },
    "Retry-After": {
        "description": "Seconds to wait before the next attempt",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "How to send a credential",
        "required": True,
        "schema": {"type": "string"},
        "example": 'Bearer realm="leadsignal"',
    },
}

PARAMETERS: dict[str, Schema] = {
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "Only if the resource is in this version: its ETag, or `*` for any",
        "schema": {"type": "string"},
        "example": "*",
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Answer 304 without a body if the resource is still in this version",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent again with the same key, a request answers the same and does nothing",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
        "example": "c9b1a7f2-import-0042",
    },
}

_PROBLEMS: dict[HTTPStatus, tuple[str, str, str]] = {
    HTTPStatus.BAD_REQUEST: (
        "malformed-json", "not JSON at character 12",
        "Cannot be parsed: the body, a cursor, a filter or a header",
    ),
    HTTPStatus.UNAUTHORIZED: (
        "missing-credential", "send the key as Authorization: Bearer", "No credential was sent",
    ),
    HTTPStatus.PAYMENT_REQUIRED: (
        "insufficient-credits", "not enough credits are left for this look-up",
        "Not enough credits are left, or of a budget",
    ),
    HTTPStatus.FORBIDDEN: (
        "insufficient-scope", "needs leads:write", "The credential is not valid, or not for this",
    ),
    HTTPStatus.NOT_FOUND: ("not-found", "there is nothing here", "Not there, or not yours"),
    HTTPStatus.CONFLICT: (
        "conflict", "the resource changed meanwhile", "In conflict with what is there",
    ),
    HTTPStatus.GONE: ("subject-erased", "the person was erased", "The person was erased"),
    HTTPStatus.PRECONDITION_FAILED: (
        "precondition-failed", "the resource is in another version", "`If-Match` does not hold",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "payload-too-large", "at most 262144 bytes", "The body is too large, or has too many items",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "unsupported-media-type", "send application/json", "Another media type or encoding",
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        "invalid-request", "1 field(s) are not valid", "Well-formed, but not valid",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "quota-exceeded", "more requests than the key may send", "Over the limit",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "internal-error", "the request could not be completed", "Something went wrong on our side",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "temporarily-unavailable", "try again", "Overload; nothing was done",
    ),
}  # fmt: skip

_MEMBERS: dict[HTTPStatus, Schema] = {
    HTTPStatus.FORBIDDEN: {"required_scope": "leads:write"},
    HTTPStatus.UNPROCESSABLE_ENTITY: {
        "errors": [
            {"pointer": "/url", "code": "missing", "detail": "Field required"},
            {"parameter": "limit", "code": "less_than_equal", "detail": "at most 100"},
        ]
    },
}


LIMITS = ("RateLimit-Policy", "RateLimit")
"""The headers of every answer to a secret key."""


def headers(*names: str) -> Schema:
    """Return the headers of an answer, by reference, after the one that every answer has."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", *names)}


def problem_answers() -> dict[str, Schema]:
    """Return an answer for each status that is a problem, by the name of its component."""
    more: dict[HTTPStatus, tuple[str, ...]] = {
        HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
        HTTPStatus.PRECONDITION_FAILED: ("ETag",),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ("Accept-Encoding", "Accept-Patch"),
        HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
        HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
    }
    return {
        component(status): {
            "description": description,
            "headers": headers(*more.get(status, ()), *LIMITS),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "example": {
                        "type": TYPE_BASE + slug,
                        "title": title_of(slug),
                        "status": status.value,
                        "detail": detail,
                        "request_id": HEADERS["X-Request-Id"]["example"],
                        **_MEMBERS.get(status, {}),
                    },
                }
            },
        }
        for status, (slug, detail, description) in _PROBLEMS.items()
    }


def component(status: HTTPStatus) -> str:
    """Return the name under which the document keeps the problem of a status."""
    return status.phrase.title().replace(" ", "").replace("-", "")


PUBLIC_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,  # a secret key in the URL
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
"""The problems that an operation may answer that needs no key."""


def problems_of(name: str, method: str, *, path: str) -> tuple[HTTPStatus, ...]:
    """Return the problems that an operation behind a secret key may answer."""
    marks = MARKS.get(name, ())
    writes = method != "GET"
    possible = {
        HTTPStatus.BAD_REQUEST: True,
        HTTPStatus.UNAUTHORIZED: True,
        HTTPStatus.PAYMENT_REQUIRED: name in SPENDING,
        HTTPStatus.FORBIDDEN: True,
        HTTPStatus.NOT_FOUND: "{" in path or "refers" in marks,
        HTTPStatus.CONFLICT: writes,
        HTTPStatus.PRECONDITION_FAILED: "if_match" in marks,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: writes,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: writes,
        HTTPStatus.UNPROCESSABLE_ENTITY: True,
        HTTPStatus.TOO_MANY_REQUESTS: True,
        HTTPStatus.INTERNAL_SERVER_ERROR: True,
        HTTPStatus.SERVICE_UNAVAILABLE: True,
    }
    return tuple(status for status, may_be in possible.items() if may_be)


def referred(statuses: tuple[HTTPStatus, ...]) -> dict[str, Schema]:
    """Return the answers of an operation that are problems, by reference."""
    return {
        str(status.value): {"$ref": f"#/components/responses/{component(status)}"}
        for status in statuses
    }
