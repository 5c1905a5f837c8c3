"""Health, the OpenAPI document, and every path that no other function has."""

import base64
import gzip
import json
import re
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
    health = json.loads(answer["body"])
    assert health["status"] == "ok"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d\.[0-9a-f]{12}", health["data_version"])
    assert "https://db-ip.com" in health["attribution"]


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


def test_the_page_shows_the_document_without_another_host() -> None:
    answer = call("GET", "/docs")
    headers = headers_of(answer)
    assert answer["statusCode"] == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    page = answer["body"]
    assert "http" not in page
    for name in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page):
        assert call("GET", name)["statusCode"] == 200
    assert 'url: "/v1/openapi.json"' in call("GET", "/docs/start.js")["body"]


@pytest.mark.parametrize("name", ["start.js", "swagger-ui.js", "swagger-ui.css"])
def test_a_file_of_the_page_is_compressed_for_who_takes_that(name: str) -> None:
    plain = call("GET", f"/docs/{name}")
    packed = call("GET", f"/docs/{name}", **{"accept-encoding": "br, gzip"})

    assert "content-encoding" not in headers_of(plain)
    assert headers_of(packed)["content-encoding"] == "gzip"
    assert headers_of(packed)["vary"] == "accept-encoding"
    assert gzip.decompress(base64.b64decode(packed["body"])).decode() == plain["body"]
    assert len(packed["body"]) < 1_000_000


def test_a_file_of_the_page_is_kept_by_browsers_and_asked_for_anew_by_its_tag() -> None:
    first = headers_of(call("GET", "/docs/swagger-ui.css"))
    assert first["cache-control"] == "public, max-age=86400"
    again = call("GET", "/docs/swagger-ui.css", **{"if-none-match": first["etag"]})
    assert (again["statusCode"], again["body"]) == (304, "")


@pytest.mark.parametrize(
    "name", ["oauth2.py", "__init__.py", "..", "x/y", "swagger-ui-bundle.min.js"]
)
def test_no_other_file_is_shown(name: str) -> None:
    assert problem(call("GET", f"/docs/{name}")) == (404, "not-found")


def test_the_page_is_only_read() -> None:
    answer = call("POST", "/docs")
    assert problem(answer) == (405, "method-not-allowed")
    assert headers_of(answer)["allow"] == "GET, HEAD, OPTIONS"


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
