"""Who is behind an address, a domain or an e-mail, through the real handlers."""

import json
from typing import Any

import pytest

from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import headers_of, problem
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json


def identify(owner: CreatedTenant, **query: str) -> Json:
    return ask("GET", "/v1/identify", owner.secret_key, query=query)


def identified(owner: CreatedTenant, **query: str) -> Any:
    answer = identify(owner, **query)
    assert answer["statusCode"] == 200, answer
    return json.loads(answer["body"])


def test_the_domain_of_a_known_company_is_identified(owner: CreatedTenant) -> None:
    found = identified(owner, domain="www.siemens.com")
    assert found["company"]["domain"] == "siemens.com"
    assert found["match"]["type"] == "company"
    assert found["credits_charged"] == 0


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ({"email": "ann@gmail.com"}, "free_mail"),
        ({"domain": "mailinator.com"}, "free_mail"),
        ({"ip": "10.0.0.1"}, "unknown"),
        ({"ip": "::ffff:192.168.1.1"}, "unknown"),
        ({"ip": "8.8.8.8"}, "hosting"),
        ({"domain": "nobody-knows-this.example.net"}, "unknown"),
    ],
)
def test_what_is_no_company_is_told_as_what_it_is(
    owner: CreatedTenant, query: dict[str, str], match: str
) -> None:
    found = identified(owner, **query)
    assert found["company"] is None
    assert found["match"]["type"] == match


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, ["ip", "domain", "email"]),
        ({"ip": "8.8.8.8", "domain": "acme.com"}, ["ip", "domain"]),
        ({"ip": "8.8.8"}, ["ip"]),
        ({"ip": "8.8.8.8/32"}, ["ip"]),
        ({"domain": "com"}, ["domain"]),
        ({"domain": "not a domain"}, ["domain"]),
        ({"email": "ann"}, ["email"]),
    ],
)
def test_a_look_up_that_cannot_be_meant_is_refused_by_name(
    owner: CreatedTenant, query: dict[str, str], named: list[str]
) -> None:
    answer = identify(owner, **query)
    assert problem(answer) == (422, "invalid-request")
    assert [each["parameter"] for each in json.loads(answer["body"])["errors"]] == named


def test_a_write_key_and_another_scope_identify_nobody(owner: CreatedTenant) -> None:
    answer = ask("GET", "/v1/identify", owner.write_key, query={"ip": "8.8.8.8"})
    assert problem(answer) == (403, "insufficient-scope")


def test_the_track_call_of_the_same_path_goes_where_it_went(owner: CreatedTenant) -> None:
    body = {"userId": "ann", "traits": {"plan": "pro"}}
    answer = ask("POST", "/v1/identify", owner.write_key, body)
    assert json.loads(answer["body"])["success"] is True
    assert headers_of(ask("OPTIONS", "/v1/identify"))["access-control-allow-origin"] == "*"
    refused = ask("DELETE", "/v1/identify", owner.secret_key)
    assert problem(refused) == (405, "method-not-allowed")
    assert headers_of(refused)["allow"] == "GET, HEAD, OPTIONS, POST"
    assert ask("HEAD", "/v1/identify", owner.secret_key, query={"ip": "8.8.8.8"})["body"] == ""
