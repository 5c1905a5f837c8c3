"""An error that nobody foresaw still gets an answer that tells nothing of it."""

import json

import pytest

from functions.collect import app as collect
from functions.leads import app as leads
from leadsignal.runtime import wiring
from tests.fakes.lambda_side import CONTEXT, http_event


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is out of order: whoever asks for the time fails."""

    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(wiring, "now", fail)
    monkeypatch.setattr(wiring, "tenant_store", fail)


@pytest.mark.usefixtures("broken")
def test_a_reader_gets_a_problem_without_the_detail() -> None:
    answer = leads.handler(http_event("GET", "/v1/leads", key="any"), CONTEXT)

    assert answer["statusCode"] == 500
    assert json.loads(answer["body"])["type"].endswith("internal-error")
    assert "secret" not in json.dumps(answer)


@pytest.mark.usefixtures("broken")
def test_a_sender_gets_a_problem_that_any_origin_may_read() -> None:
    answer = collect.handler(http_event("POST", "/v1/track", key="any", body={}), CONTEXT)

    assert answer["statusCode"] == 500
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert "secret" not in json.dumps(answer)


@pytest.mark.usefixtures("broken")
def test_the_pixel_is_a_gif_all_the_same() -> None:
    answer = collect.handler(http_event("GET", "/v1/pixel.gif", key="any"), CONTEXT)

    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"] == "image/gif"
