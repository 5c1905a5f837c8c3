"""The whole document: every route of every router, the track routes, and what they share."""

import json
import re
from collections.abc import Iterator
from copy import copy
from functools import cache
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import Route
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic.json_schema import JsonSchemaMode

from leadsignal.runtime import (
    attribute_routes,
    batch_routes,
    company_routes,
    credit_routes,
    deal_routes,
    edit_routes,
    endpoint_routes,
    failure_routes,
    key_routes,
    lead_routes,
    list_routes,
    lookup_routes,
    merge_routes,
    model_routes,
    note_routes,
    outcome_routes,
    provider_routes,
    score_routes,
    scoring_routes,
    segment_routes,
    settings_routes,
)
from leadsignal.runtime.api import API_VERSION, JSON, build_api
from leadsignal.runtime.auth import scope_of
from leadsignal.runtime.bodies import CSV
from leadsignal.runtime.openapi import examples, inputs
from leadsignal.runtime.openapi.conventions import (
    ALSO,
    CSV_BODIES,
    HEADERS,
    LIMITS,
    MARKS,
    PARAMETERS,
    PUBLIC_PROBLEMS,
    Mark,
    Schema,
    headers,
    problem_answers,
    problems_of,
    referred,
)
from leadsignal.runtime.openapi.schemas import REFERENCE, generate, kind_of, parameters
from leadsignal.runtime.openapi.tracking import track_paths
from leadsignal.runtime.problems import PROBLEM_SCHEMA
from leadsignal.services.collect import Collected

ROUTERS = (
    lead_routes.router,
    company_routes.router,
    lookup_routes.router,
    credit_routes.router,
    edit_routes.router,
    merge_routes.router,
    note_routes.router,
    batch_routes.router,
    endpoint_routes.router,
    failure_routes.router,
    provider_routes.router,
    list_routes.router,
    scoring_routes.router,
    segment_routes.router,
    score_routes.router,
    outcome_routes.router,
    attribute_routes.router,
    deal_routes.router,
    model_routes.router,
    key_routes.router,
    settings_routes.router,
)
"""The routers of every route that needs a secret key."""

TAGS = {
    "track": "Events in: the Segment HTTP Tracking API, a pixel, a light GET",
    "leads": "Leads, what they did, and why they have their score",
    "attributes": "What your own fields of leads must be, and which leads are found by",
    "merges": "Leads that are one person",
    "events": "Single events, where they are and what they did",
    "failed-events": "What could not be done, and once more",
    "webhooks": "Facts out, signed",
    "alerts": "Messages to people",
    "companies": "The organisations behind leads",
    "lookups": "Who is behind an address, a domain, an e-mail",
    "credits": "What look-ups cost, and what is left",
    "providers": "Who is asked of companies and mailboxes, and how they fare",
    "scoring": "By what rules leads are scored",
    "segments": "Leads of whom a condition holds, as they come and go",
    "jobs": "Work that goes on after the answer",
    "deals": "What may be sold to leads, and what was",
    "keys": "Keys, what they may do, and what they were used for",
    "settings": "Settings of the tenant",
    "platform": "The API itself",
}
_TAG_OF = {
    "merge-candidates": "merges",
    "roles": "keys",
    "identify": "lookups",
    "enrich": "lookups",
    "usage": "credits",
    "health": "platform",
    "openapi.json": "platform",
}
_IDS = {
    "lead_id": "lead_[a-z2-7]{26}",
    "company_id": "cmp_[a-z2-7]{26}",
    "failed_id": "fail_[a-z2-7]{26}",
    "webhook_id": "whe_[0-9A-Za-z]{24}",
    "alert_id": "alr_[0-9A-Za-z]{24}",
    "provider_id": "prv_([0-9A-Za-z]{24}|embedded|upload)",
    "ruleset_id": "rs_[0-9A-Za-z]{24}",
    "segment_id": "seg_[0-9A-Za-z]{24}",
    "attribute_id": "attr_[0-9A-Za-z]{24}",
    "job_id": "job_[0-9A-Za-z]{24}",
    "model_id": "mdl_[0-9A-Za-z]{24}",
    "deal_id": "deal_[0-9A-Za-z]{24}",
    "note_id": "note_[0-9A-Za-z]{24}",
    "key_id": "[0-9A-Za-z]{12}",
}


@cache
def document(platform: APIGatewayHttpRouter) -> dict[str, Any]:
    """Return the document as JSON values: the routes of ``platform``, which need no key, and all
    others."""
    public = {route.openapi_path for route in _routes(platform)}
    routes = [route for router in (*ROUTERS, platform) for route in _routes(router)]
    wanted: dict[str, tuple[JsonSchemaMode, Any]] = {"Collected": ("serialization", Collected)}
    for route in routes:
        wanted |= _models(route)
    shown, generated = generate(wanted)
    models = inputs.refined(generated)
    paths: dict[str, Any] = {}
    for route in routes:
        operation = _operation(route, shown, public=route.openapi_path in public)
        paths.setdefault(route.openapi_path, {})[route.method.lower()] = operation
    _link(paths)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LeadSignal",
            "version": API_VERSION,
            "summary": "Raw tracking events in; explained leads and timely actions out.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"secretKey": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths | {path: paths.get(path, {}) | item for path, item in track_paths().items()},
        "components": {
            "schemas": models | {"Problem": PROBLEM_SCHEMA},
            "examples": {name: {"value": value} for name in models if (value := examples.of(name))},
            "responses": problem_answers(),
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "securitySchemes": {
                "secretKey": {"type": "http", "scheme": "bearer", "description": "A secret key"},
                "writeKey": {"type": "http", "scheme": "bearer", "description": "A write key"},
                "writeKeyBasic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "User: a write key; no password",
                },
            },
        },
    }


_ABOUT = """\
Lists are pages: follow `next_cursor`. Errors are problems (RFC 9457); `type` ends in a slug that
stays. A resource answers its version as `ETag`; PATCH and DELETE honour `If-Match`. HEAD is
answered wherever GET is, OPTIONS everywhere. `x-required-scope` says what a key needs."""


def _routes(router: APIGatewayHttpRouter) -> list[Route]:
    app = build_api()
    app.include_router(copy(router))  # for this binds a router to the app
    routes = (*app._static_routes, *app._dynamic_routes)  # noqa: SLF001 - no public list exists
    return [route for route in routes if route.include_in_schema]


def _name(route: Route) -> str:
    return str(route.func.__name__)


def _models(route: Route) -> dict[str, tuple[JsonSchemaMode, Any]]:
    """Return what a route reads and answers, under names of their own."""
    dependant = route.dependant
    found: dict[str, tuple[JsonSchemaMode, Any]] = {}
    if dependant.body_params:
        found[f"{_name(route)} body"] = ("validation", kind_of(dependant.body_params[0]))
    if dependant.return_param is not None:
        found[f"{_name(route)} answer"] = ("serialization", kind_of(dependant.return_param))
    return found


def _operation(route: Route, shown: dict[str, Schema], *, public: bool) -> Schema:
    name, method, path = _name(route), route.method, route.openapi_path
    marks = MARKS.get(name, ())
    summary, _, rest = (getdoc(route.func) or name).partition("\n\n")
    resource = path.split("/")[2]
    operation: Schema = {
        "operationId": name,
        "summary": " ".join(summary.replace("``", "`").split()).removesuffix("."),
        "tags": [_TAG_OF.get(resource, resource)],
    }
    if rest:
        operation["description"] = " ".join(rest.replace("``", "`").split())
    query = parameters(route.dependant.query_params)
    names = re.findall(r"\{(\w+)\}", path)
    found = [*map(_path_parameter, names), *(_as_condition(each, path) for each in query)]
    if not public:
        found += _header_parameters(method, marks)
    if found:
        operation["parameters"] = found
    if body := shown.get(f"{name} body"):
        needed = any(field.required for field in route.dependant.body_params)
        operation["requestBody"] = _request_body(body, method) | {"required": needed}
    if name in CSV_BODIES:
        content = {"schema": {"type": "string", "minLength": 1}, "example": CSV_BODIES[name]}
        operation["requestBody"] = {"required": True, "content": {CSV: content}}
    operation["responses"] = _good_answers(route, shown.get(f"{name} answer"), public=public)
    if public:
        operation["responses"] |= referred(PUBLIC_PROBLEMS)
        return operation | {"security": []}
    operation["x-required-scope"] = scope_of(method, path)
    operation["responses"] |= referred(problems_of(name, method, path=path))
    return operation


def _as_condition(parameter: Schema, path: str) -> Schema:
    """Return a query parameter; one that holds a condition is told as the JSON that it is."""
    if parameter["name"] != "filter":
        return parameter
    model = "CompanyCondition" if path == "/v1/companies" else "LeadCondition"
    schema = {
        "type": "string",
        "pattern": r"^ *\{[^\x00-\x1f\x7f]*\} *$",
        "contentMediaType": JSON,
        "contentSchema": {"$ref": REFERENCE + model},
    }
    return parameter | {"schema": schema, "example": json.dumps(examples.CONDITIONS[model])}


def _path_parameter(name: str) -> Schema:
    schema: Schema = {"type": "string", "minLength": 1}
    if name in _IDS:
        schema["pattern"] = f"^{_IDS[name]}$"
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": schema,
        "example": examples.IDS[name],
    }


def _header_parameters(method: str, marks: tuple[Mark, ...]) -> Iterator[Schema]:
    for name, wanted in (
        ("If-Match", "if_match" in marks),
        ("If-None-Match", "etag" in marks and method == "GET"),
        ("Idempotency-Key", method == "POST"),
    ):
        if wanted:
            yield {"$ref": f"#/components/parameters/{name}"}


def _request_body(schema: Schema, method: str) -> Schema:
    content = {"schema": schema, "examples": _examples(schema)}
    media = (JSON, "application/merge-patch+json") if method == "PATCH" else (JSON,)
    return {"content": dict.fromkeys(media, content)}


def _examples(schema: Schema) -> Schema:
    """Return the example of a body, by reference."""
    model = schema["$ref"].removeprefix(REFERENCE)
    return {model: {"$ref": f"#/components/examples/{model}"}} if examples.of(model) else {}


def _good_answers(route: Route, schema: Schema | None, *, public: bool) -> Schema:
    name, marks = _name(route), MARKS.get(_name(route), ())
    status = HTTPStatus(route.status_code)
    sent = ["ETag"] if "etag" in marks else []
    if not public:
        sent += [*LIMITS, *(["Idempotent-Replayed"] if route.method == "POST" else [])]
    answer: Schema = {"description": _GOOD.get(status, status.phrase)}
    if schema and schema != {"type": "null"}:
        answer["content"] = {JSON: {"schema": schema}}
        if "$ref" in schema:
            answer["content"][JSON]["examples"] = _examples(schema)
            sent += ["Link"] if schema["$ref"].endswith("Page") else []
            sent += ["LeadSignal-Examined"] if "searches" in marks else []
    found = {str(status.value): answer | {"headers": headers(*sent, *_location(marks))}}
    if name in ALSO:
        other, description = ALSO[name]
        more = {"description": description, "headers": headers(*sent)}
        found[str(other.value)] = answer | more
    if "etag" in marks and route.method == "GET":
        found["304"] = {
            "description": "Still in the version that was named",
            "headers": headers("ETag", *LIMITS),
        }
    return found


def _location(marks: tuple[Mark, ...]) -> tuple[str, ...]:
    return ("Location",) if "location" in marks else ()


_GOOD = {
    HTTPStatus.OK: "Found",
    HTTPStatus.CREATED: "Created",
    HTTPStatus.ACCEPTED: "Accepted; it happens soon",
    HTTPStatus.NO_CONTENT: "Done; there is nothing to answer",
    HTTPStatus.MULTI_STATUS: "A result for each item",
}


def _link(paths: dict[str, Any]) -> None:
    """Link each answer that names a new resource, or lists some, to the operations on one."""
    for path, item in paths.items():
        one = re.compile(re.escape(path) + r"/\{(\w+)\}(/[^{]*)?")
        onward = [
            (operation, found[1])
            for other, operations in paths.items()
            if (found := one.fullmatch(other))
            for operation in operations.values()
        ]
        above = re.findall(r"\{(\w+)\}", path)
        for method, status, where in (("post", "201", "id"), ("get", "200", "data/0/id")):
            answer = item.get(method, {}).get("responses", {}).get(status)
            if not onward or answer is None:
                continue
            answer["links"] = {
                operation["operationId"]: {
                    "operationId": operation["operationId"],
                    "parameters": {name: f"$request.path.{name}" for name in above}
                    | {parameter: f"$response.body#/{where}"},
                }
                for operation, parameter in onward
            }
