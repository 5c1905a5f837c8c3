"""The OpenAPI 3.1 document, generated from the routes and models that serve the requests."""

import json
from copy import copy
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, Server
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.runtime import endpoint_routes, failure_routes, lead_routes, merge_routes, track
from leadsignal.runtime.api import API_VERSION, build_api
from leadsignal.runtime.problems import PROBLEM_SCHEMA
from leadsignal.services.collect import Collected

PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
WRITE_KEY: list[dict[str, list[str]]] = [{"writeKey": []}, {"writeKeyBasic": []}]
_OBJECT = {"type": "object", "additionalProperties": True}
_DESCRIBED = {"email": "An address, or in hex the SHA-256 of one that is trimmed and in lower case"}


@cache
def document(platform: APIGatewayHttpRouter) -> dict[str, Any]:
    """Return the document as JSON values: the routes of ``platform``, which need no key, and all
    others."""
    app = build_api()
    for router in (
        lead_routes.router,
        merge_routes.router,
        endpoint_routes.router,
        failure_routes.router,
        platform,
    ):
        app.include_router(copy(router))  # for this binds a router to the app
    schema = app.get_openapi_schema(
        title="LeadSignal",
        version=API_VERSION,
        openapi_version="3.1.0",
        description="Raw tracking events in; explained leads and timely actions out.",
        servers=[Server(url="/")],
        security_schemes={"secretKey": HTTPBearer(description="A secret key")},
        security=[{"secretKey": []}],
    )
    built: dict[str, Any] = json.loads(schema.model_dump_json(by_alias=True, exclude_none=True))
    for path, operations in built["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("500", None)
            operation["responses"]["422"] = PROBLEM
            operation["responses"]["default"] = PROBLEM
            if path in ("/v1/health", "/v1/openapi.json"):
                operation["security"] = []
    built["paths"] |= _track_paths()
    components = built["components"]
    for unused in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["schemas"] |= {
        "Problem": PROBLEM_SCHEMA,
        "Collected": Collected.model_json_schema(ref_template="#/components/schemas/{model}"),
    }
    components["schemas"] |= components["schemas"]["Collected"].pop("$defs", {})
    components["securitySchemes"] |= {
        "writeKey": {"type": "http", "scheme": "bearer", "description": "A write key"},
        "writeKeyBasic": {"type": "http", "scheme": "basic", "description": "User: a write key"},
    }
    return built


def _track_paths() -> dict[str, Any]:
    answer = {"schema": {"$ref": "#/components/schemas/Collected"}}
    post_answers = {
        "200": {
            "description": "The verdict on each event",
            "content": {"application/json": answer},
        },
        "default": PROBLEM,
    }
    paths: dict[str, Any] = {}
    for route, call in (*track.CALLS.items(), *((route, "batch") for route in track.BATCHES)):
        body = {media: {"schema": _OBJECT} for media in ("application/json", "text/plain")}
        paths[f"/v1/{route}"] = {
            "post": {
                "summary": f"Segment HTTP Tracking API: {call}",
                "operationId": f"post_{route}",
                "security": WRITE_KEY,
                "requestBody": {"required": True, "content": body},
                "responses": post_answers,
            }
        }
    names = ("writeKey", *track.NAMED_PARAMETERS, *track.PAGE_PARAMETERS)
    parameters = [{"name": n, "in": "query", "schema": _text_schema(n)} for n in names]
    gif = {"image/gif": {"schema": {"type": "string", "contentMediaType": "image/gif"}}}
    answers: dict[str, dict[str, Any]] = {
        track.PIXEL: {"200": {"description": "A GIF of one pixel, always", "content": gif}},
        track.LIGHT: {"204": {"description": "Accepted"}, "default": PROBLEM},
    }
    for route, responses in answers.items():
        paths[f"/v1/{route}"] = {
            "get": {
                "summary": "One event as query parameters; unnamed ones become properties",
                "operationId": f"get_{route.partition('.')[0]}",
                "security": [],
                "parameters": parameters,
                "responses": responses,
            }
        }
    return paths


def _text_schema(name: str) -> dict[str, str]:
    described = {"description": _DESCRIBED[name]} if name in _DESCRIBED else {}
    return {"type": "string"} | described
