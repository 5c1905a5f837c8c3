"""The one shape of every API function: authentication, strict parsing, problems, headers."""

import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter, Route
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
    ResponseValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.errors import (
    ExposedCredentialError,
    FieldProblem,
    InvalidInputError,
    LeadSignalError,
    MalformedInputError,
    UnsupportedMediaError,
)
from leadsignal.models.pointers import pointer_token
from leadsignal.models.tenants import Principal
from leadsignal.models.validation import field_problem
from leadsignal.runtime import (
    auth,
    bodies,
    entity_tags,
    exposure,
    idempotency,
    limits,
    problems,
    targets,
    wiring,
)
from leadsignal.runtime.headers import ALWAYS
from leadsignal.runtime.metering import Visit
from leadsignal.runtime.observability import logger
from leadsignal.services.deadlines import Deadline

API_VERSION = "1.0.0"
JSON = bodies.JSON
READS = ("GET", "HEAD")
ANSWER_MARGIN = timedelta(seconds=2)  # what answering takes once the work was stopped

_REQUEST_ID = re.compile(r"[A-Za-z0-9_\-]{8,64}")


def build_api() -> APIGatewayHttpResolver:
    """Return a resolver that validates bodies and answers what it returns as JSON."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        json_body_deserializer=lambda _: app.context["body"],
        response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
    )

    @app.exception_handler(LeadSignalError)
    def on_error(error: LeadSignalError) -> Response[str]:
        return _as_response(problems.from_error(error, request_id=request_id(app)))

    @app.exception_handler(RequestValidationError)
    def on_invalid(error: RequestValidationError) -> Response[str]:
        invalid = InvalidInputError(tuple(_field_problem(e) for e in error.errors()))
        return _as_response(problems.from_error(invalid, request_id=request_id(app)))

    @app.exception_handler(ResponseValidationError)
    def on_wrong_answer(error: ResponseValidationError) -> Response[str]:
        logger.error("an answer breaks its own schema", errors=len(error.errors()))
        return _as_response(problems.unexpected(request_id=request_id(app)))

    return app


def caller(app: BaseRouter) -> Principal:
    """Return who is calling, inside a route."""
    return cast(Principal, app.context["principal"])


def text(app: BaseRouter) -> str:
    """Return the CSV that was sent, inside a route that takes one."""
    return cast(str, app.context["text"])


def deadline(app: BaseRouter) -> Deadline:
    """Return by when the request has to be answered, inside a route."""
    return cast(Deadline, app.context["deadline"])


def request_id(app: APIGatewayHttpResolver) -> str:
    """Return the id of the request being answered, inside a route."""
    return str(app.context["request_id"])


def handle(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: LambdaContext,
    *,
    public: bool = False,
) -> dict[str, Any]:
    """Answer one HTTP request.

    Checked are, in this order: that no secret is in the URL, the credential (unless ``public``),
    path and method, the query, the body. Every answer carries ``X-Request-Id``: the caller's when
    it sent a usable one.
    """
    method = event["requestContext"]["http"]["method"]
    headers = event.get("headers") or {}
    sent_id = headers.get("x-request-id", "")
    identifier = sent_id if _REQUEST_ID.fullmatch(sent_id) else context.aws_request_id
    visit = Visit()
    try:
        answer = _resolve(app, event, context, identifier, public=public, visit=visit)
    except LeadSignalError as error:
        if isinstance(error, ExposedCredentialError):
            exposure.report(error, public=public)
        answer = problems.from_error(error, request_id=identifier)
        if isinstance(error, UnsupportedMediaError):
            answer["headers"] |= _accepted(method, event["rawPath"])
    except Exception:  # noqa: BLE001 - the edge: logged here, counted by the gateway as a 5xx
        logger.exception("request failed", request_id=identifier)
        answer = problems.unexpected(request_id=identifier)
    answer.setdefault("headers", {})
    if method in READS:
        answer = _unchanged(answer, headers)
    if method == "HEAD":
        answer["body"] = ""
    answer["headers"] = ALWAYS | answer["headers"] | visit.limit | {"x-request-id": identifier}
    if not public:
        wiring.meter().count(visit, answer["statusCode"])
    logger.info("request answered", status=answer["statusCode"], request_id=identifier)
    return answer


def _resolve(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: LambdaContext,
    identifier: str,
    *,
    public: bool,
    visit: Visit,
) -> dict[str, Any]:
    targets.check_secrecy(event["rawPath"], event.get("rawQueryString") or "")
    event = targets.canonical(event)
    http = event["requestContext"]["http"]
    method, path, headers = http["method"], event["rawPath"], event.get("headers") or {}
    app.clear_context()  # type: ignore[no-untyped-call]
    app.append_context(request_id=identifier)  # type: ignore[no-untyped-call]
    allowed = allowed_methods(app, path)
    if method == "OPTIONS" and allowed:
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": {"allow": allowed}}
    if not public:
        principal = _admitted(method, path, headers, visit)
        app.append_context(principal=principal)  # type: ignore[no-untyped-call]
    if not allowed:
        return problems.problem(
            HTTPStatus.NOT_FOUND, "not-found", "there is no such route", request_id=identifier
        )
    wanted = "GET" if method == "HEAD" else method
    route = next((route for route in _routes_at(app, path) if route.method == wanted), None)
    if route is None:
        answer = problems.problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"allowed here: {allowed}",
            request_id=identifier,
        )
        return answer | {"headers": answer["headers"] | {"allow": allowed}}
    visit.route = f"{wanted} {route.openapi_path}"
    targets.check_query(event, {field.alias for field in route.dependant.query_params})
    body = None
    if bodies.takes_csv(method, path):
        app.append_context(text=bodies.read_csv(event))  # type: ignore[no-untyped-call]
    elif method not in READS:
        body = _body(route, event)
    elif "if-none-match" in headers:
        entity_tags.parse(headers["if-none-match"])  # what cannot be read is refused before all
    app.append_context(body=body)  # type: ignore[no-untyped-call]
    read = {
        "requestContext": event["requestContext"] | {"http": http | {"method": wanted}},
        "headers": {k: v for k, v in headers.items() if k != "content-type"},
        "body": None if body is None else "{}",  # the parsed one is in the context
        "isBase64Encoded": False,
    }
    return _answered(app, event | read, context, route)


def _admitted(method: str, path: str, headers: Mapping[str, str], visit: Visit) -> Principal:
    """Return the caller, whose key is good, within its limit and allowed to do this.

    Who it is, and what a secret key has left, is said to the ``visit`` whatever is answered.
    """
    visit.principal = principal = auth.identify(headers)
    if principal.trusted:
        allowance = limits.count_request(principal)
        visit.limit = limits.fields(allowance)
        limits.check(allowance)
    auth.check_scope(principal, method, path)
    return principal


def _answered(
    app: APIGatewayHttpResolver, event: dict[str, Any], context: LambdaContext, route: Route
) -> dict[str, Any]:
    """Return the answer of the route; a POST with an ``Idempotency-Key`` is done once."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    at = wiring.now() + left - ANSWER_MARGIN
    app.append_context(deadline=Deadline(at, now=wiring.now))  # type: ignore[no-untyped-call]
    if route.method != "POST" or "principal" not in app.context:
        return app.resolve(event, context)
    return idempotency.answer_once(
        app,
        event,
        body=app.context["body"],
        principal=caller(app),
        lease=left,
        run=lambda: app.resolve(event, context),
    )


def _body(route: Route, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the body that the route gets, or None where none is needed.

    Raises:
        MalformedInputError: a body is needed, and there is none.
        InvalidInputError: no body is needed, and there are fields in one.
    """
    body = bodies.read_object(event, method=route.method, path=event["rawPath"])
    fields = route.dependant.body_params
    if body is None and any(field.required for field in fields):
        raise MalformedInputError("malformed-json", "a body is needed")
    if body and not fields:
        unknown = (f"/{pointer_token(name)}" for name in body)
        detail = "this route takes no fields"
        raise InvalidInputError(
            tuple(FieldProblem(at, "extra_forbidden", detail) for at in unknown)
        )
    return body


def _accepted(method: str, path: str) -> dict[str, str]:
    """Return the header that says which media types a route takes."""
    if bodies.takes_csv(method, path):
        return {"accept": bodies.CSV}
    if method == "PATCH":
        return {"accept-patch": f"{bodies.MERGE_PATCH}, {bodies.JSON}"}
    return {"accept": bodies.JSON}


def _unchanged(answer: dict[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """Return 304 in place of an answer that the caller has already, by ``If-None-Match``."""
    sent = headers.get("if-none-match")
    etag = next((v for k, v in answer["headers"].items() if k.lower() == "etag"), None)
    if sent is None or etag is None or answer["statusCode"] != HTTPStatus.OK:
        return answer
    if not entity_tags.parse(sent).includes(etag):
        return answer
    return {"statusCode": HTTPStatus.NOT_MODIFIED.value, "headers": {"etag": etag}, "body": ""}


def _routes_at(app: APIGatewayHttpResolver, path: str) -> list[Route]:
    """Return the routes at a path; ``/v1/leads/batch`` is not the lead called ``batch``."""
    fixed = [route for route in app._static_routes if route.rule.fullmatch(path)]  # noqa: SLF001
    if fixed:
        return fixed
    return [route for route in app._dynamic_routes if route.rule.fullmatch(path)]  # noqa: SLF001


def allowed_methods(app: APIGatewayHttpResolver, path: str) -> str:
    """Return the methods that some route serves at ``path``, as ``Allow`` lists them; or ''."""
    methods = {route.method for route in _routes_at(app, path)}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods | {"OPTIONS"})) if methods else ""


def _as_response(answer: dict[str, Any]) -> Response[str]:
    headers = {k: v for k, v in answer["headers"].items() if k != "content-type"}
    return Response(
        status_code=answer["statusCode"],
        content_type=answer["headers"]["content-type"],
        body=answer["body"],
        headers=headers,
    )


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    """Return our form of one validation error: by pointer in a body, else by parameter."""
    place, *rest = error["loc"] or ("body",)
    problem = field_problem(error, skip=1)
    return problem if place == "body" else problem._replace(where=str(rest[0] if rest else place))
