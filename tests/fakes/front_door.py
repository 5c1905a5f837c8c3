"""The whole API in process: each request goes to the function that the template sends it to."""

import json
from functools import cache
from importlib import import_module
from typing import Any

from tests.fakes.lambda_side import CONTEXT, Json, http_event
from tests.template import folder, functions


@cache
def _routes() -> dict[str, str]:
    """Return path of the template → folder of the function behind it."""
    return {
        event["Properties"].get("Path", "$default"): folder(name)
        for name, properties in functions().items()
        for event in properties.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def handler_of(path: str) -> Any:
    """Return the handler of the function that API Gateway would call."""
    routes = _routes()
    prefixes = [path[:end] for end, mark in enumerate(path) if mark == "/"]
    for candidate in (path, *(f"{prefix}/{{proxy+}}" for prefix in reversed(prefixes))):
        if candidate in routes:
            return import_module(f"functions.{routes[candidate]}.app").handler
    return import_module(f"functions.{routes['$default']}.app").handler


def ask(method: str, path: str, key: str | None = None, body: object = None, **more: Any) -> Json:
    """Send one request and return the answer; ``more`` are headers and query of the event."""
    headers = dict(more.pop("headers", {}))
    if body is not None:
        headers.setdefault("content-type", "application/json")
    event = http_event(method, path, key=key, body=body, headers=headers, **more)
    answer: Json = handler_of(path)(event, CONTEXT)
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
