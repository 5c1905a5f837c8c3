"""An error that nobody foresaw still gets an answer that tells nothing of it."""

import json
from typing import Any

import pytest

from functions.collect import app as collect
from functions.leads import app as leads
from leadsignal.runtime import wiring
from tests.stack import context


def _request(method: str, path: str) -> dict[str, Any]:
    http = {"method": method, "path": path, "sourceIp": "203.0.113.9"}
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"authorization": "Bearer any"},
        "requestContext": {"http": http, "requestId": "r"},
        "body": "{}",
        "isBase64Encoded": False,
    }


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is out of order: whoever asks for the time fails."""

    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(wiring, "now", fail)
    monkeypatch.setattr(wiring, "tenant_store", fail)


@pytest.mark.usefixtures("broken")
def test_a_reader_gets_a_problem_without_the_detail() -> None:
    answer = leads.handler(_request("GET", "/v1/leads"), context())

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["type"].endswith("internal-error")
    assert "secret" not in json.dumps(answer)


@pytest.mark.usefixtures("broken")
def test_a_sender_gets_a_problem_that_any_origin_may_read() -> None:
    answer = collect.handler(_request("POST", "/v1/track"), context())

    assert answer["statusCode"] == 500
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert "secret" not in json.dumps(answer)


@pytest.mark.usefixtures("broken")
def test_the_pixel_is_a_gif_all_the_same() -> None:
    answer = collect.handler(_request("GET", "/v1/pixel.gif"), context())

    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "image/gif"
