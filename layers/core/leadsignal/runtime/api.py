"""The one shape of every API function: authentication, strict parsing, problems, headers."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter, Route
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
    ResponseValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from leadsignal.errors import FieldProblem, InvalidInputError, LeadSignalError
from leadsignal.models.free_form import pointer_token
from leadsignal.models.tenants import Principal
from leadsignal.runtime import auth, entity_tags, json_bodies, problems
from leadsignal.runtime.observability import logger

API_VERSION = "1.0.0"
JSON = "application/json"
READS = ("GET", "HEAD")

_REQUEST_ID = re.compile(r"[A-Za-z0-9_\-]{8,64}")


def build_api() -> APIGatewayHttpResolver:
    """Return a resolver that validates bodies and answers what it returns as JSON."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        json_body_deserializer=_object,
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


def _object(body: str) -> Any:
    """Return a JSON body. A list is refused here: of one the first item would be taken."""
    value = json_bodies.parse(body)
    if isinstance(value, list):
        raise InvalidInputError((FieldProblem("", "object_type", "must be an object"),))
    return value


def caller(app: BaseRouter) -> Principal:
    """Return who is calling, inside a route."""
    return cast(Principal, app.context["principal"])


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

    The credential is checked first (unless ``public``), then method and path, then the body.
    Every answer carries ``X-Request-Id``: the caller's when it sent a usable one.
    """
    http = event["requestContext"]["http"]
    headers = event.get("headers") or {}
    sent_id = headers.get("x-request-id", "")
    identifier = sent_id if _REQUEST_ID.fullmatch(sent_id) else context.aws_request_id
    try:
        answer = _resolve(app, event, context, identifier, public=public)
    except LeadSignalError as error:
        answer = problems.from_error(error, request_id=identifier)
    except Exception:  # noqa: BLE001 - the edge: logged here, counted by the gateway as a 5xx
        logger.exception("request failed", request_id=identifier)
        answer = problems.unexpected(request_id=identifier)
    answer.setdefault("headers", {})
    if http["method"] in READS:
        answer = _unchanged(answer, headers)
    if http["method"] == "HEAD":
        answer["body"] = ""
    answer["headers"] = {"cache-control": "no-store"} | answer["headers"]
    answer["headers"] |= {"x-request-id": identifier, "x-content-type-options": "nosniff"}
    logger.info("request answered", status=answer["statusCode"], request_id=identifier)
    return answer


def _resolve(
    app: APIGatewayHttpResolver,
    event: dict[str, Any],
    context: LambdaContext,
    identifier: str,
    *,
    public: bool,
) -> dict[str, Any]:
    http = event["requestContext"]["http"]
    method, path = http["method"], event["rawPath"]
    sent = event.get("headers") or {}
    app.append_context(request_id=identifier)  # type: ignore[no-untyped-call]
    if method in READS and "if-none-match" in sent:
        entity_tags.parse(sent["if-none-match"])  # what cannot be read is refused before all else
    if not public:
        principal = auth.authorise(method, path, sent)
        app.append_context(principal=principal)  # type: ignore[no-untyped-call]
    allowed = allowed_methods(app, path)
    if not allowed:
        return problems.problem(
            HTTPStatus.NOT_FOUND, "not-found", "there is no such route", request_id=identifier
        )
    if method == "OPTIONS":
        return {"statusCode": HTTPStatus.NO_CONTENT.value, "headers": {"allow": allowed}}
    wanted = "GET" if method == "HEAD" else method
    if wanted not in allowed.split(", "):
        answer = problems.problem(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method-not-allowed",
            f"allowed here: {allowed}",
            request_id=identifier,
        )
        return answer | {"headers": answer["headers"] | {"allow": allowed}}
    _check_parameters(app, wanted, path, event.get("queryStringParameters") or {})
    if wanted != method:
        request = event["requestContext"] | {"http": http | {"method": wanted}}
        event = event | {"requestContext": request}
    return app.resolve(event, context)


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
    routes = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001 - no public list exists
    return [route for route in routes if route.rule.fullmatch(path)]


def _check_parameters(
    app: APIGatewayHttpResolver, method: str, path: str, sent: Mapping[str, str]
) -> None:
    """Refuse query parameters that the route does not have: a typo must not be ignored.

    Raises:
        InvalidInputError: names each of them.
    """
    if not sent:
        return
    route = next(route for route in _routes_at(app, path) if route.method == method)
    known = {field.alias for field in route.dependant.query_params}
    if unknown := sorted(set(sent) - known):
        raise InvalidInputError(
            tuple(
                FieldProblem(name, "unknown_parameter", "this route has no such parameter")
                for name in unknown
            )
        )


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
    """Return our form of one validation error; the submitted value is left out."""
    place, *rest = [str(part) for part in error["loc"]] or ["body"]
    kind = str(error["type"])
    detail = str(error["msg"])
    if place == "body":
        within = str((error.get("ctx") or {}).get("pointer", ""))
        pointer = "".join(f"/{pointer_token(part)}" for part in rest) + within
        return FieldProblem(pointer, kind, detail)
    return FieldProblem(rest[0] if rest else place, kind, detail)
