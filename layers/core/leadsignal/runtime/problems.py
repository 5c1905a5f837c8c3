"""Errors as RFC 9457 problems: one table from error class to status and slug."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from leadsignal import errors

TYPE_BASE = "https://leadsignal.dev/problems/"

_KINDS: dict[type[errors.LeadSignalError], tuple[HTTPStatus, str]] = {
    errors.MalformedInputError: (HTTPStatus.BAD_REQUEST, "malformed-json"),
    errors.InvalidInputError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request"),
    errors.TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "payload-too-large"),
    errors.UnsupportedMediaError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
    errors.UnsupportedEncodingError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type"),
    errors.MissingCredentialError: (HTTPStatus.UNAUTHORIZED, "missing-credential"),
    errors.ExposedCredentialError: (HTTPStatus.UNAUTHORIZED, "credential-in-url"),
    errors.InvalidCredentialError: (HTTPStatus.FORBIDDEN, "invalid-credential"),
    errors.InsufficientScopeError: (HTTPStatus.FORBIDDEN, "insufficient-scope"),
    errors.NotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    errors.GoneError: (HTTPStatus.GONE, "subject-erased"),
    errors.ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    errors.LastAdminKeyError: (HTTPStatus.CONFLICT, "last-admin-key"),
    errors.TakenError: (HTTPStatus.CONFLICT, "conflict"),
    errors.InUseError: (HTTPStatus.CONFLICT, "conflict"),
    errors.KeyInUseError: (HTTPStatus.CONFLICT, "idempotency-key-in-use"),
    errors.KeyReusedError: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    errors.PreconditionFailedError: (HTTPStatus.PRECONDITION_FAILED, "precondition-failed"),
    errors.NoCreditsError: (HTTPStatus.PAYMENT_REQUIRED, "insufficient-credits"),
    errors.RateLimitedError: (HTTPStatus.TOO_MANY_REQUESTS, "quota-exceeded"),
    errors.PermanentError: (HTTPStatus.SERVICE_UNAVAILABLE, "temporarily-unavailable"),
    errors.ProviderError: (HTTPStatus.SERVICE_UNAVAILABLE, "temporarily-unavailable"),
    errors.TransientError: (HTTPStatus.SERVICE_UNAVAILABLE, "temporarily-unavailable"),
}

_TITLES = {
    "malformed-json": "The body is not valid JSON",
    "malformed-csv": "The body is not valid CSV",
    "malformed-encoding": "The body is not what its encoding says",
    "invalid-cursor": "The cursor is not valid here",
    "invalid-header": "A header is not valid",
    "invalid-request": "The request is not valid",
    "payload-too-large": "The body is too large",
    "profile-too-large": "The lead is too large",
    "too-many-items": "There are too many items",
    "unsupported-media-type": "The media type or encoding is not supported",
    "missing-credential": "A credential is needed",
    "credential-in-url": "A secret key was sent within a URL",
    "invalid-credential": "The credential is not valid",
    "insufficient-scope": "The credential does not allow this",
    "not-found": "Not found",
    "method-not-allowed": "The method is not allowed here",
    "conflict": "The resource changed meanwhile",
    "last-admin-key": "It is the last key that can manage keys",
    "subject-erased": "The person was erased",
    "idempotency-key-in-use": "The first request with this key is still running",
    "idempotency-key-reused": "This key came with another request",
    "precondition-failed": "The resource is in another version",
    "insufficient-credits": "Not enough credits are left",
    "quota-exceeded": "Too many requests",
    "temporarily-unavailable": "Not available at the moment",
    "internal-error": "Something went wrong on our side",
}

RETRY_AFTER_SECONDS = 2
MAX_PROBLEMS = 20  # named in one answer
MAX_ROW_PROBLEMS = 100  # of a file


def title_of(slug: str) -> str:
    """Return the title of a kind of problem."""
    return _TITLES[slug]


def problem(
    status: HTTPStatus, slug: str, detail: str, *, request_id: str, **members: object
) -> dict[str, Any]:
    """Return an API Gateway answer with a problem body."""
    body = {
        "type": TYPE_BASE + slug,
        "title": title_of(slug),
        "status": status.value,
        "detail": detail,
        "request_id": request_id,
        **members,
    }
    return {
        "statusCode": status.value,
        "headers": {"content-type": "application/problem+json"},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def unexpected(*, request_id: str) -> dict[str, Any]:
    """Return the answer for an error that nobody foresaw; it tells nothing of what happened."""
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal-error",
        "the request could not be completed",
        request_id=request_id,
    )


def from_error(error: errors.LeadSignalError, *, request_id: str) -> dict[str, Any]:
    """Return the answer for an error that a request caused or met."""
    status, slug = next(
        (_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS),
        (HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error"),
    )
    detail = str(error)
    if isinstance(error, errors.MalformedInputError | errors.TooLargeError):
        slug = error.slug
    elif isinstance(error, errors.InvalidRowsError):
        detail = f"{error.rows} row(s) are not valid; nothing was changed"
    elif isinstance(error, errors.InvalidInputError):
        detail = f"{len(error.problems)} field(s) are not valid"
    elif status is HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = "the request could not be completed"
    answer = problem(status, slug, detail, request_id=request_id, **_members(error))
    answer["headers"] |= _headers(error, status)
    return answer


def _headers(error: errors.LeadSignalError, status: HTTPStatus) -> dict[str, str]:
    """Return what an answer says of an error in headers of its own."""
    if status is HTTPStatus.UNAUTHORIZED:
        return {"www-authenticate": 'Bearer realm="leadsignal"'}
    if isinstance(error, errors.UnsupportedEncodingError):
        return {"accept-encoding": "gzip"}
    if isinstance(error, errors.PreconditionFailedError):
        return {"etag": f'"{error.version}"'}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS) or isinstance(
        error, errors.KeyInUseError
    ):
        after = getattr(error, "retry_after_seconds", None) or RETRY_AFTER_SECONDS
        return {"retry-after": str(after)}
    return {}


def _members(error: errors.LeadSignalError) -> dict[str, object]:
    """Return what the problem of an error says beyond every other one."""
    if isinstance(error, errors.InvalidRowsError):
        return {"errors": _fields(error.problems, most=MAX_ROW_PROBLEMS)}
    if isinstance(error, errors.InvalidInputError):
        places = [p.position for p in error.problems if p.position is not None]
        place = {"position": places[0]} if places else {}
        return {"errors": _fields(error.problems), **place}
    if isinstance(error, errors.TakenError):
        existing = {"existing_lead_id": error.existing_id} if error.existing_id else {}
        return {"errors": _fields(error.problems), **existing}
    if isinstance(error, errors.InUseError):
        return {"used_by": [use._asdict() for use in error.used_by]}
    if isinstance(error, errors.InsufficientScopeError):
        return {"required_scope": error.scope}
    if isinstance(error, errors.NoCreditsError):
        return {"limit": error.limit}
    if isinstance(error, errors.RateLimitedError) and error.policy:
        return {"violated-policies": [error.policy]}
    return {}


def _fields(
    found: Sequence[errors.FieldProblem], *, most: int = MAX_PROBLEMS
) -> list[dict[str, str | int]]:
    return [
        {
            "pointer" if p.where.startswith("/") or not p.where else "parameter": p.where,
            "code": p.code,
            "detail": p.detail,
        }
        | ({} if p.position is None else {"position": p.position})
        for p in found[:most]
    ]


PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "required_scope": {"type": "string"},
        "existing_lead_id": {"type": "string"},
        "position": {"type": "integer"},
        "violated-policies": {"type": "array", "items": {"type": "string"}},
        "limit": {"enum": ["balance", "key_day", "day"]},
        "used_by": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "id", "name"],
                "properties": {
                    "kind": {"type": "string"},
                    "id": {"type": "string"},
                    "name": {"type": "string"},
                },
            },
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "position": {"type": "integer"},
                },
            },
        },
    },
}
