"""The OpenAPI document: valid, whole, and of one word with the contract and with its examples."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import validate

from functions.platform import app as platform
from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.parse import parse
from leadsignal.errors import InvalidInputError
from leadsignal.runtime.openapi.document import ROUTERS
from tests.fakes.lambda_side import CONTEXT, http_event
from tests.template import ROOT

PUBLIC = {"/v1/health", "/v1/openapi.json", "/v1/pixel.gif", "/v1/e"}
CONTRACT = {  # what the contract names and this API serves
    "POST": """
        /v1/track /v1/page /v1/screen /v1/identify /v1/group /v1/alias /v1/batch /v1/t /v1/p /v1/s
        /v1/i /v1/g /v1/a /v1/b /v1/m /v1/import /v1/failed-events/{}/replay /v1/merges
        /v1/merges/{}/undo /v1/webhooks /v1/alerts /v1/keys /v1/keys/{}/rotate
        /v1/leads /v1/leads/batch /v1/leads/{}/tags /v1/leads/{}/notes /v1/providers
        /v1/leads/{}/rescore /v1/leads/{}/enrich /v1/leads/{}/outcome /v1/deals /v1/attributes
        /v1/segments /v1/segments/preview /v1/scoring/rulesets /v1/scoring/rulesets/{}/publish
        /v1/scoring/rulesets/{}/simulate /v1/lookups/batch
    """,
    "GET": """
        /v1/pixel.gif /v1/e /v1/events/{} /v1/events/{}/trace /v1/failed-events /v1/leads
        /v1/leads/{} /v1/leads/{}/timeline /v1/leads/{}/sessions /v1/leads/{}/events
        /v1/leads/{}/touchpoints /v1/leads/{}/notes /v1/leads/{}/score
        /v1/companies /v1/companies/{}
        /v1/companies/{}/leads /v1/companies/{}/activity
        /v1/merge-candidates /v1/webhooks /v1/webhooks/{} /v1/webhooks/{}/deliveries /v1/alerts
        /v1/providers /v1/providers/{} /v1/segments /v1/segments/{} /v1/segments/{}/members
        /v1/deals /v1/deals/{} /v1/attributes /v1/attributes/{} /v1/scoring/rulesets
        /v1/scoring/rulesets/{} /v1/leads/{}/score/history /v1/jobs/{} /v1/identify
        /v1/enrich/{} /v1/credits /v1/usage
        /v1/alerts/{} /v1/keys /v1/keys/{} /v1/keys/{}/usage /v1/roles /v1/settings /v1/openapi.json
        /v1/health
    """,
    "PATCH": """
        /v1/leads/{} /v1/leads/{}/notes/{} /v1/webhooks/{} /v1/alerts/{} /v1/keys/{} /v1/settings
        /v1/providers/{} /v1/segments/{} /v1/deals/{} /v1/attributes/{} /v1/scoring/rulesets/{}
    """,
    "DELETE": """
        /v1/leads/{} /v1/leads/{}/tags /v1/leads/{}/notes/{} /v1/webhooks/{} /v1/alerts/{}
        /v1/keys/{} /v1/providers/{} /v1/segments/{} /v1/deals/{} /v1/attributes/{}
        /v1/scoring/rulesets/{}
    """,
}


@cache
def document() -> dict[str, Any]:
    answer = platform.handler(http_event("GET", "/v1/openapi.json"), CONTEXT)
    assert answer["statusCode"] == 200
    loaded: dict[str, Any] = json.loads(answer["body"])
    return loaded


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def resolved(value: Any) -> Any:
    """Return what a reference stands for, or the value itself."""
    while isinstance(value, dict) and "$ref" in value:
        target: Any = document()
        for part in value["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        value = target
    return value


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each media type object of requests and answers, with where it is."""
    for path, method, operation in operations():
        shown = {"request": operation.get("requestBody", {})} | operation["responses"]
        for where, holder in shown.items():
            for media, content in resolved(holder).get("content", {}).items():
                yield f"{method} {path} {where} {media}", content


CONDITIONS = {"LeadCondition": fields.of_lead, "CompanyCondition": fields.of_company}


def is_condition(given: Any, model: str) -> bool:
    """Return whether the code takes what the schema of that name tells of."""
    try:
        parse(given, CONDITIONS[model], events=model == "LeadCondition")
    except InvalidInputError:
        return False
    return True


def test_it_is_an_openapi_3_1_document() -> None:
    assert document()["openapi"].startswith("3.1")
    validate(document())


@pytest.mark.parametrize("method", CONTRACT)
def test_it_has_what_the_contract_names(method: str) -> None:
    served = {
        re.sub(r"{\w+}", "{}", path) for path, name, _ in operations() if name == method.lower()
    }
    assert set(CONTRACT[method].split()) <= served


def test_every_operation_is_told_in_full() -> None:
    names = []
    tags = {tag["name"] for tag in document()["tags"]}
    for path, method, operation in operations():
        where = f"{method} {path}"
        names.append(operation["operationId"])
        assert operation["summary"], where
        assert not operation["summary"].startswith(method.upper()), where
        assert set(operation["tags"]) <= tags, where
        named = {p["name"] for p in map(resolved, operation.get("parameters", []))}
        assert set(re.findall(r"{(\w+)}", path)) <= named, where
        assert "default" not in operation["responses"], where
        for status, answer in operation["responses"].items():
            assert "X-Request-Id" in resolved(answer)["headers"], f"{where} {status}"
    assert len(names) == len(set(names))


def test_every_operation_says_who_may_call_it() -> None:
    whole = document()["security"]
    for path, method, operation in operations():
        security = operation.get("security", whole)
        assert (security == []) is (path in PUBLIC or path.startswith("/docs")), path
        if security == whole:
            resource, _, right = operation["x-required-scope"].partition(":")
            assert resource
            reads = method == "get" or path in ("/v1/lookups/batch", "/v1/segments/preview")
            assert right == ("read" if reads else "write")
            assert {"401", "403", "422", "429", "503"} <= operation["responses"].keys()


def test_every_body_has_an_example_and_the_examples_are_valid() -> None:
    schemas = {"components": {"schemas": document()["components"]["schemas"]}}
    for where, content in bodies():
        schema = content["schema"]
        if not content.get("examples") and "example" not in content:
            assert "$ref" not in schema, f"{where} has no example"
            continue
        shown = [resolved(each)["value"] for each in content.get("examples", {}).values()]
        if "example" in content:
            shown.append(content["example"])
        for value in shown:
            Draft202012Validator(schemas | schema).validate(value)


def test_every_request_body_refuses_what_it_does_not_know() -> None:
    for path, method, operation in operations():
        if "requestBody" not in operation or operation["tags"] == ["track"]:
            continue
        for media, content in operation["requestBody"]["content"].items():
            schema = resolved(content["schema"])
            closed = schema == {"type": "string", "minLength": 1} if media == "text/csv" else None
            assert closed or schema["additionalProperties"] is False, f"{method} {path}"


def test_every_path_parameter_has_an_example_of_its_form() -> None:
    for path, _, operation in operations():
        for parameter in map(resolved, operation.get("parameters", [])):
            if parameter["in"] == "path":
                assert parameter["example"], path
                Draft202012Validator(parameter["schema"]).validate(parameter["example"])


GENERIC: dict[str, Any] = {
    "name": "a",
    "kind": "generic_json",
    "endpoints": {"domain": "https://a.example/{domain}"},
    "mapping": {"name": "/a~1b/0"},
}
BODIES: dict[
    str, tuple[list[Any], list[Any]]
] = {  # of each model what its route takes, and what it refuses
    "WebhookPatch": ([{"headers": None}, {"status": None}], [{"url": None}, {"types": []}]),
    "WebhookRequest": (
        [{"url": "https://a.example:8443/x?y", "types": ["lead.merged"]}],
        [
            {"url": "http://a.example/", "types": ["lead.merged"]},
            {"url": "https://localhost/", "types": ["lead.merged"]},
            {"url": "https://a.example/", "types": ["lead.merged"], "headers": {"a b": "c"}},
        ],
    ),
    "ProviderRequest": (
        [
            {"name": "a", "kind": "apollo", "secret": "s"},
            {"name": "a", "kind": "embedded", "credits": 0, "secret": None},
            GENERIC | {"credits": 1},
            GENERIC | {"endpoints": {"ip": "https://a.example:8443?q={ip}&r={ip}"}},
        ],
        [
            {"name": "a", "kind": "apollo"},
            {"name": "a", "kind": "apollo", "secret": "s", "mapping": {"name": "/a"}},
            {"name": "a", "kind": "embedded", "credits": 1},
            {"name": "a", "kind": "embedded", "secret": "s"},
            GENERIC | {"endpoints": {}},
            GENERIC | {"mapping": {"confidence": "/a"}},
            GENERIC | {"mapping": {"nonsense": "/a"}},
            GENERIC | {"mapping": {"name": "a"}},
            GENERIC | {"endpoints": {"ip": "https://{ip}/"}},
            GENERIC | {"endpoints": {"ip": "https://a.example/{domain}"}},
            GENERIC | {"endpoints": {"ip": "http://a.example/{ip}"}},
            GENERIC | {"endpoints": {"phone": "https://a.example/{phone}"}},
            GENERIC | {"fields": ["domain"]},
        ],
    ),
    "ProviderPatch": (
        [{"endpoints": {"ip": None}, "mapping": {"name": None}, "secret": None}, {"mapping": None}],
        [{"endpoints": {"ip": "a"}}, {"mapping": {"id": None}}, {"kind": "apollo"}],
    ),
    "AlertPatch": ([{"kind": None}], [{"name": None}, {"url": None}]),
    "KeyRequest": (
        [
            {"name": "a", "kind": "wk", "env": "test"},
            {"name": "a", "kind": "sk", "env": "test", "scopes": ["admin"]},
            {"name": "a", "kind": "sk", "env": "test", "scopes": ["leads:read", "keys:read"]},
        ],
        [
            {"name": "a", "kind": "sk", "env": "test"},
            {"name": "a", "kind": "sk", "env": "test", "scopes": ["admin", "leads:read"]},
            {"name": "a", "kind": "wk", "env": "test", "scopes": ["leads:read"]},
        ],
    ),
    "TagsInput": ([{"tags": [" a "]}], [{"tags": [" "]}, {"tags": ["a\nb"]}, {"tags": ["a" * 65]}]),
    "LeadInput": (
        [{"traits": {"a b": {"c": [1, None]}}, "first_name": "Ada"}],
        [{"traits": {" a": 1}}, {"traits": {"a": "\x00"}}, {"first_name": " "}],
    ),
    "ReplayRequest": (
        [{"ids": ["fail_" + "a" * 26]}, {"code": "too_large", "ids": None}],
        [{}, {"ids": ["fail_" + "a" * 26], "code": "too_large"}, {"ids": None, "code": None}],
    ),
    "SettingsPatch": ([{"default_country": "NL"}], [{"default_country": "AA"}, {"name": None}]),
    "LeadCondition": (
        [
            {"field": "traits.plan", "op": "exists"},
            {"not": {"any": [{"field": "score", "op": "between", "value": [1, 5]}]}},
            {
                "performed": {
                    "event": "a",
                    "where": {"field": "page.path", "op": "matches_glob", "value": "/*"},
                },
                "count": {"op": "between", "value": [1, 2]},
                "within": {"days": 3650, "time_zone": "Europe/Amsterdam"},
            },
        ],
        [
            {},
            {"field": "score", "op": "between", "value": 1},
            {"field": "nothing", "op": "exists"},
            {"field": "score", "op": "exists", "value": 1},
            {"performed": {"event": "a"}, "within": {"days": 3651}},
        ],
    ),
    "SegmentRequest": (
        [{"name": "a", "condition": {"not": {"field": "score", "op": "gt", "value": 1}}}],
        [
            {"name": "a", "condition": {}},
            {"name": "a", "condition": {"field": "quality", "op": "gt", "value": 1}},
            {"name": "a", "condition": {"field": "segments", "op": "exists"}},
        ],
    ),
    "CompanyCondition": (
        [{"field": "company.domain", "op": "eq", "value": "example.com"}],
        [{"performed": {"event": "a"}}, {"field": "score", "op": "gt", "value": 1}],
    ),
}


@pytest.mark.parametrize("model", BODIES)
def test_a_schema_says_what_the_code_takes(model: str) -> None:
    schema = {"components": {"schemas": document()["components"]["schemas"]}} | {
        "$ref": f"#/components/schemas/{model}"
    }
    good, bad = BODIES[model]
    for given, fits in [*((each, True) for each in good), *((each, False) for each in bad)]:
        assert Draft202012Validator(schema).is_valid(given) is fits, given
        if model in CONDITIONS:
            assert is_condition(given, model) is fits, given


def test_every_schema_is_one() -> None:
    for schema in document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_link_leads_to_an_operation_and_fills_its_path() -> None:
    by_name = {operation["operationId"]: path for path, _, operation in operations()}
    count = 0
    for _, _, operation in operations():
        for answer in operation["responses"].values():
            for link in resolved(answer).get("links", {}).values():
                count += 1
                named = set(re.findall(r"{(\w+)}", by_name[link["operationId"]]))
                assert named == link["parameters"].keys()
    assert count > 10


def test_every_router_of_a_function_is_in_the_document() -> None:
    included = {
        name
        for app in ROOT.glob("functions/*/app.py")
        for name in re.findall(r"include_router\((\w+)\.router\)", app.read_text())
    }
    held = {id(router) for router in ROUTERS}
    missing = {
        name
        for name in included - {"platform_routes"}
        if id(import_module(f"leadsignal.runtime.{name}").router) not in held
    }
    assert "outcome_routes" in included
    assert missing == set()
