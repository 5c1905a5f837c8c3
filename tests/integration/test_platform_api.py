"""Health, the OpenAPI document, and every path that no other function has."""

import json
from typing import Any

import pytest

from functions.platform import app as platform
from tests.fakes.flow import headers_of, problem
from tests.fakes.lambda_side import CONTEXT, http_event, load_event
from tests.template import functions

TEMPLATE_ROUTES = {
    event["Properties"]["Path"]
    for properties in functions().values()
    for event in properties.get("Events", {}).values()
    if event["Type"] == "HttpApi" and "Path" in event["Properties"]
}


def call(method: str, path: str, **headers: str) -> Any:
    return platform.handler(http_event(method, path, headers=headers), CONTEXT)


def document() -> dict[str, Any]:
    answer = call("GET", "/v1/openapi.json")
    assert answer["statusCode"] == 200
    loaded: dict[str, Any] = json.loads(answer["body"])
    return loaded


def test_health_needs_no_key() -> None:
    answer = call("GET", "/v1/health")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "ok"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v2/leads", "/v1/health/", "/😀"])
def test_an_unknown_path_is_a_404_problem(path: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "DELETE"):
        assert problem(call(method, path)) == (404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_another_method_on_health_is_refused(method: str) -> None:
    answer = call(method, "/v1/health")
    assert problem(answer) == (405, "method-not-allowed")
    assert headers_of(answer)["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    ("name", "status"), [("health", 200), ("openapi", 200), ("unknown_path_404", 404)]
)
def test_the_sample_events_are_answered(name: str, status: int) -> None:
    assert platform.handler(load_event(f"platform/{name}"), CONTEXT)["statusCode"] == status


def test_the_document_has_every_route_of_the_template() -> None:
    paths = set(document()["paths"])
    assert TEMPLATE_ROUTES
    for route in TEMPLATE_ROUTES:
        prefix = route.removesuffix("/{proxy+}")
        if prefix == route:
            assert route in paths
        else:
            assert any(path.startswith(f"{prefix}/") for path in paths), route


def test_the_document_names_no_route_that_is_not_served() -> None:
    for path in document()["paths"]:
        served = any(
            path == route or path.startswith(route.removesuffix("{proxy+}"))
            for route in TEMPLATE_ROUTES
            if route == path or route.endswith("{proxy+}")
        )
        assert served or path in ("/v1/health", "/v1/openapi.json"), path
