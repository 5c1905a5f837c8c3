"""What every API function has in common, on an API of its own."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import Response

from leadsignal.errors import NotFoundError
from leadsignal.models.base import Strict
from leadsignal.models.free_form import FreeForm
from leadsignal.runtime.answers import Limit, found, if_match
from leadsignal.runtime.api import build_api, handle
from tests.fakes.flow import headers_of, problem
from tests.fakes.lambda_side import CONTEXT, Json, http_event


class Thing(Strict):
    name: str
    size: int = 1
    traits: FreeForm = {}


app = build_api()


@app.get("/v1/things")
def list_things(limit: Limit = 25) -> dict[str, int]:
    return {"limit": limit}


@app.get("/v1/things/<thing_id>")
def get_thing(thing_id: str) -> Thing:
    if thing_id == "none":
        raise NotFoundError("thing")
    return {"name": 5}  # type: ignore[return-value]


@app.get("/v1/versioned")
def get_versioned() -> Response[Thing]:
    return found(Thing, Thing(name="a"), version=7)


@app.delete("/v1/versioned")
def delete_versioned() -> None:
    if_match(app).check(7)


@app.post("/v1/things")
def create_thing(thing: Thing) -> Response[Thing]:
    return Response(201, "application/json", thing)


def call(method: str, path: str, **request: Any) -> Json:
    return handle(app, http_event(method, path, **request), CONTEXT, public=True)


def test_an_answer_that_breaks_its_own_schema_is_our_mistake_and_shows_nothing() -> None:
    answer = call("GET", "/v1/things/x")
    assert problem(answer) == (500, "internal-error")
    assert "name" not in answer["body"]


def test_an_error_of_ours_is_a_problem() -> None:
    assert problem(call("GET", "/v1/things/none")) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "status", "slug", "pointers"),
    [
        ({"name": "a"}, 201, None, []),
        ({"name": "a", "size": 2}, 201, None, []),
        ({}, 422, "invalid-request", ["/name"]),
        ({"name": "a", "colour": "red"}, 422, "invalid-request", ["/colour"]),
        ({"name": 1, "size": "2"}, 422, "invalid-request", ["/name", "/size"]),
        ({"name": "a", "size": True}, 422, "invalid-request", ["/size"]),
        ({"name": "a", "x/y~": 1}, 422, "invalid-request", ["/x~1y~0"]),
        ({"name": "a", "traits": {"b": {"#": 1}}}, 422, "invalid-request", ["/traits/b"]),
        ([], 422, "invalid-request", [""]),
        ("{", 400, "malformed-json", None),
        ('{"name": "a", "name": "b"}', 400, "malformed-json", None),
        ('{"name": "\\ud800"}', 400, "malformed-json", None),
    ],
    ids=str,
)
def test_bodies_are_strict(
    body: object, status: int, slug: str | None, pointers: list[str] | None
) -> None:
    headers = {"content-type": "application/json"}
    answer = call("POST", "/v1/things", body=body, headers=headers)
    assert answer["statusCode"] == status, answer
    if slug is not None:
        assert problem(answer) == (status, slug)
        errors = json.loads(answer["body"]).get("errors")
        assert (errors and [error["pointer"] for error in errors]) == pointers


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_a_limit_is_a_whole_number_from_1_to_100(limit: str) -> None:
    answer = call("GET", "/v1/things", query={"limit": limit})
    assert json.loads(answer["body"]) == {"limit": int(limit)}


def test_methods_are_those_of_the_path() -> None:
    refused = call("DELETE", "/v1/things")
    assert problem(refused) == (405, "method-not-allowed")
    assert headers_of(refused)["allow"] == "GET, HEAD, OPTIONS, POST"
    assert headers_of(call("OPTIONS", "/v1/things"))["allow"] == "GET, HEAD, OPTIONS, POST"
    assert problem(call("OPTIONS", "/v1/nothing")) == (404, "not-found")


def with_header(method: str, name: str, value: str) -> Json:
    return call(method, "/v1/versioned", headers={name: value})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("sent", "status"),
    [('"7"', 304), ('W/"7"', 304), ('"6", "7"', 304), ("*", 304), ('"6"', 200), ('"x"', 200)],
)
def test_what_the_caller_has_already_is_not_sent_again(method: str, sent: str, status: int) -> None:
    answer = with_header(method, "if-none-match", sent)
    assert answer["statusCode"] == status
    assert headers_of(answer)["etag"] == '"7"'
    assert headers_of(answer)["x-request-id"]
    assert bool(answer["body"]) is (status == 200 and method == "GET")


def test_a_refusal_is_never_not_modified() -> None:
    answer = call("GET", "/v1/things/none", headers={"if-none-match": "*"})
    assert problem(answer) == (404, "not-found")
    assert problem(with_header("GET", "if-none-match", "7")) == (400, "invalid-header")


@pytest.mark.parametrize(
    ("sent", "status"),
    [('"7"', 200), ('"6", "7"', 200), ("*", 200), ('"6"', 412), ('W/"7"', 412), ('"seven"', 412)],
)
def test_a_write_demands_a_version(sent: str, status: int) -> None:
    answer = with_header("DELETE", "if-match", sent)
    assert answer["statusCode"] == status
    if status == 412:
        assert problem(answer) == (412, "precondition-failed")
        assert headers_of(answer)["etag"] == '"7"'


def test_a_write_demands_nothing_or_in_a_form_that_can_be_read() -> None:
    assert call("DELETE", "/v1/versioned")["statusCode"] == 200
    assert problem(with_header("DELETE", "if-match", "7")) == (400, "invalid-header")
