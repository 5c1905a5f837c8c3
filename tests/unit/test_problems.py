"""Problems: one status and slug per error, fields that can be found, and no submitted value."""

import inspect
import json
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import validate  # type: ignore[import-untyped]

from leadsignal import errors
from leadsignal.errors import FieldProblem
from leadsignal.runtime.problems import PROBLEM_SCHEMA, from_error, problem, unexpected

INVALID = errors.InvalidInputError(
    (
        FieldProblem("/batch/0/event", "missing", "is needed"),
        FieldProblem("", "object_type", "must be an object"),
        FieldProblem("limit", "int", "must be a number"),
    )
)
TABLE: list[tuple[errors.LeadSignalError, int, str]] = [
    (errors.MalformedInputError("malformed-json", "d"), 400, "malformed-json"),
    (errors.MalformedInputError("invalid-cursor", "d"), 400, "invalid-cursor"),
    (errors.MissingCredentialError("d"), 401, "missing-credential"),
    (errors.ExposedCredentialError("secret detail", "id"), 401, "credential-in-url"),
    (errors.InvalidCredentialError("d"), 403, "invalid-credential"),
    (errors.InsufficientScopeError("leads:read"), 403, "insufficient-scope"),
    (errors.NotFoundError("lead"), 404, "not-found"),
    (errors.ConflictError("d"), 409, "conflict"),
    (errors.TooLargeError("payload-too-large", "d"), 413, "payload-too-large"),
    (errors.TooLargeError("too-many-items", "d"), 413, "too-many-items"),
    (errors.UnsupportedMediaError("d"), 415, "unsupported-media-type"),
    (errors.UnsupportedEncodingError("d"), 415, "unsupported-media-type"),
    (INVALID, 422, "invalid-request"),
    (errors.InvalidRowsError(INVALID.problems, rows=3), 422, "invalid-request"),
    (errors.GoneError("d"), 410, "subject-erased"),
    (errors.LastAdminKeyError(), 409, "last-admin-key"),
    (errors.TakenError(INVALID.problems, existing_id=None), 409, "conflict"),
    (errors.InUseError(()), 409, "conflict"),
    (errors.KeyInUseError("d"), 409, "idempotency-key-in-use"),
    (errors.KeyReusedError("d"), 422, "idempotency-key-reused"),
    (errors.PreconditionFailedError(3), 412, "precondition-failed"),
    (errors.RateLimitedError(retry_after_seconds=7), 429, "quota-exceeded"),
    (errors.NoCreditsError("balance"), 402, "insufficient-credits"),
    (errors.ProviderError("timeout"), 503, "temporarily-unavailable"),
    (errors.TransientError("d"), 503, "temporarily-unavailable"),
    (errors.PermanentError("d"), 503, "temporarily-unavailable"),
    (errors.LeadSignalError("secret detail"), 500, "internal-error"),
]


def body(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["headers"]["content-type"] == "application/problem+json"
    loaded: dict[str, Any] = json.loads(answer["body"])
    validate(loaded, PROBLEM_SCHEMA)
    return loaded


@pytest.mark.parametrize(("error", "status", "slug"), TABLE, ids=lambda value: str(value)[:30])
def test_each_error_has_its_status_and_slug(
    error: errors.LeadSignalError, status: int, slug: str
) -> None:
    answer = from_error(error, request_id="r1")
    shown = body(answer)
    assert (answer["statusCode"], shown["status"], shown["request_id"]) == (status, status, "r1")
    assert shown["type"].startswith("https://")
    assert shown["type"].rpartition("/")[2] == slug
    assert "secret detail" not in shown["detail"]


def test_every_error_of_the_package_is_in_the_table() -> None:
    classes = {cls for _, cls in inspect.getmembers(errors, inspect.isclass)}
    own = {cls for cls in classes if issubclass(cls, errors.LeadSignalError)}
    assert own == {type(error) for error, _, _ in TABLE}


def test_fields_are_named_by_pointer_or_parameter() -> None:
    shown = body(from_error(INVALID, request_id="r1"))
    assert shown["errors"] == [
        {"pointer": "/batch/0/event", "code": "missing", "detail": "is needed"},
        {"pointer": "", "code": "object_type", "detail": "must be an object"},
        {"parameter": "limit", "code": "int", "detail": "must be a number"},
    ]


def test_of_a_file_a_hundred_problems_are_named() -> None:
    problems = tuple(FieldProblem(f"/{line}/domain", "missing", "x") for line in range(2, 252))
    shown = body(from_error(errors.InvalidRowsError(problems, rows=250), request_id="r1"))
    assert len(shown["errors"]) == 100
    assert shown["detail"] == "250 row(s) are not valid; nothing was changed"
    assert (
        len(body(from_error(errors.InvalidInputError(problems), request_id="r1"))["errors"]) == 20
    )


def test_a_look_up_that_nobody_pays_says_which_limit_was_reached() -> None:
    shown = body(from_error(errors.NoCreditsError("key_day"), request_id="r1"))
    assert shown["limit"] == "key_day"


def test_headers_say_what_to_do_next() -> None:
    def headers(error: errors.LeadSignalError) -> Any:
        return from_error(error, request_id="r1")["headers"]

    assert headers(errors.MissingCredentialError("d"))["www-authenticate"].startswith("Bearer")
    assert headers(errors.TransientError("d", retry_after_seconds=7))["retry-after"] == "7"
    assert int(headers(errors.TransientError("d"))["retry-after"]) > 0
    assert "retry-after" not in headers(errors.NotFoundError("lead"))
    scope = body(from_error(errors.InsufficientScopeError("leads:read"), request_id="r1"))
    assert scope["required_scope"] == "leads:read"


def test_our_own_mistake_says_nothing_of_itself() -> None:
    shown = body(unexpected(request_id="r1"))
    assert (shown["status"], shown["request_id"]) == (500, "r1")


def test_further_members_are_kept() -> None:
    shown = body(problem(HTTPStatus.NOT_FOUND, "not-found", "d", request_id="r1", max_bytes=5))
    assert shown["max_bytes"] == 5
