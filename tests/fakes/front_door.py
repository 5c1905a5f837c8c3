"""The whole API in process: each request goes to the function that the template sends it to."""

import json
from functools import cache
from importlib import import_module
from typing import Any

from local.http_api import Route, select
from tests.fakes.lambda_side import CONTEXT, Json, http_event
from tests.template import folder, functions


@cache
def _routes() -> list[Route]:
    """Return the routes of the template, each with the folder of the function behind it."""
    return [
        Route(_key(event["Properties"]), folder(name))
        for name, properties in functions().items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]


def _key(route: Json) -> str:
    return f"{route['Method']} {route['Path']}" if "Path" in route else "$default"


def handler_of(method: str, path: str) -> Any:
    """Return the handler of the function that API Gateway would call."""
    selected = select(_routes(), method, path)
    assert selected is not None
    return import_module(f"functions.{selected[0].function}.app").handler


def ask(method: str, path: str, key: str | None = None, body: object = None, **more: Any) -> Json:
    """Send one request and return the answer; ``more`` are headers and query of the event."""
    headers = dict(more.pop("headers", {}))
    if body is not None:
        headers.setdefault("content-type", "application/json")
    event = http_event(method, path, key=key, body=body, headers=headers, **more)
    answer: Json = handler_of(method, path)(event, CONTEXT)
    return answer


@cache
def document() -> Json:
    """Return the OpenAPI document as it is served."""
    loaded: Json = json.loads(ask("GET", "/v1/openapi.json")["body"])
    return loaded


def resolved(value: Any) -> Any:
    """Return what a reference of the document stands for, or the value itself."""
    while isinstance(value, dict) and "$ref" in value:
        target: Any = document()
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value
