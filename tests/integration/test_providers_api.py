"""``/v1/providers`` as a client sees it, down to tables and Parameter Store."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from leadsignal.adapters.providers.hunter import Hunter
from leadsignal.adapters.ssm import SsmSecrets
from leadsignal.errors import ProviderError, TransientError
from leadsignal.models.enrichment import COMPANY_FIELDS, Lookup
from leadsignal.models.providers import MAPPED, Provider
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import headers_of, problem
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import Json, Stack
from tests.fakes.provider_server import FakeProviders, serving_providers

PATH = "/v1/providers"
SECRET = "zq9-Secret-of-a-provider"
OTHER_SECRET = "zq9-Another-secret"
DOMAIN = Lookup(kind="domain", value="initech.com")
PATIENT_MS = 3_000

GENERIC: Json = {
    "name": "Mine",
    "kind": "generic_json",
    "endpoints": {"domain": "https://api.example.com/v1/{domain}"},
    "mapping": {"name": "/company/name"},
}
PAID: Json = {"name": "Paid", "kind": "people_data_labs", "secret": SECRET, "credits": 5}


def post(owner: CreatedTenant, body: object, **more: Any) -> Json:
    return ask("POST", PATH, owner.secret_key, body, **more)


def created(owner: CreatedTenant, body: object, **more: Any) -> Json:
    answer = post(owner, body, **more)
    assert answer["statusCode"] == 201, answer
    made: Json = json.loads(answer["body"])
    return made


def patch(owner: CreatedTenant, provider_id: str, body: object, **more: Any) -> Json:
    return ask("PATCH", f"{PATH}/{provider_id}", owner.secret_key, body, **more)


def patched(owner: CreatedTenant, provider_id: str, body: object, **more: Any) -> Json:
    answer = patch(owner, provider_id, body, **more)
    assert answer["statusCode"] == 200, answer
    changed: Json = json.loads(answer["body"])
    return changed


def shown(owner: CreatedTenant, provider_id: str) -> Json:
    answer = ask("GET", f"{PATH}/{provider_id}", owner.secret_key)
    assert answer["statusCode"] == 200, answer
    found: Json = json.loads(answer["body"])
    return found


def listed(owner: CreatedTenant) -> list[Json]:
    answer = ask("GET", PATH, owner.secret_key, query={"limit": "100"})
    assert answer["statusCode"] == 200, answer
    page: list[Json] = json.loads(answer["body"])["data"]
    return page


def parameters() -> dict[str, str]:
    """Return every secret that is kept, by name."""
    found = boto3.client("ssm").get_parameters_by_path(
        Path="/leadsignal/providers", Recursive=True, WithDecryption=True
    )["Parameters"]
    assert {each["Type"] for each in found} <= {"SecureString"}
    return {each["Name"]: each["Value"] for each in found}


def errors(answer: Json) -> list[tuple[str, str]]:
    assert answer["statusCode"] == 422, answer
    return [(each["pointer"], each["code"]) for each in json.loads(answer["body"])["errors"]]


@pytest.fixture(autouse=True)
def the_account_is_a_second_old(owner: CreatedTenant, stack: Stack) -> None:
    stack.clock.move(seconds=1)


@pytest.fixture
def server() -> Iterator[FakeProviders]:
    with serving_providers() as providers:
        yield providers


def test_a_new_tenant_has_the_built_in_provider_alone(owner: CreatedTenant) -> None:
    [built_in] = listed(owner)
    assert (built_in["id"], built_in["kind"]) == ("prv_embedded", "embedded")
    assert built_in["built_in"] is True
    assert (built_in["enabled"], built_in["credits"]) == (True, 0)
    assert built_in["health"] == {
        "state": "closed",
        "failures": 0,
        "retry_at": None,
        "last_error": None,
    }
    assert shown(owner, "prv_embedded") == built_in


def test_the_built_in_provider_can_be_switched_off_but_not_deleted(owner: CreatedTenant) -> None:
    answer = ask("GET", f"{PATH}/prv_embedded", owner.secret_key)
    etag = headers_of(answer)["etag"]
    changed = patched(owner, "prv_embedded", {"enabled": False}, headers={"if-match": etag})
    assert (changed["enabled"], changed["built_in"]) == (False, True)
    assert [each["enabled"] for each in listed(owner)] == [False]
    assert list(lookup_wiring.sources(wiring.tenant_of(owner.tenant_id))) == []
    assert patch(owner, "prv_embedded", {}, headers={"if-match": etag})["statusCode"] == 412

    deleted = ask("DELETE", f"{PATH}/prv_embedded", owner.secret_key)
    assert problem(deleted) == (409, "conflict")
    assert patched(owner, "prv_embedded", {"enabled": None})["enabled"] is True


def test_a_provider_is_created_read_changed_and_deleted(owner: CreatedTenant, stack: Stack) -> None:
    answer = post(owner, GENERIC)
    made = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert headers_of(answer)["location"] == f"{PATH}/{made['id']}"
    assert headers_of(answer)["etag"] == '"1"'
    assert made == {
        "id": made["id"],
        "name": "Mine",
        "kind": "generic_json",
        "built_in": False,
        "enabled": True,
        "priority": 100,
        "credits": 0,
        "timeout_ms": 2_000,
        "min_confidence": 0.0,
        "fields": [],
        "endpoints": GENERIC["endpoints"],
        "mapping": GENERIC["mapping"],
        "has_secret": False,
        "health": {"state": "closed", "failures": 0, "retry_at": None, "last_error": None},
        "created_at": made["created_at"],
    }
    assert shown(owner, made["id"]) == made
    assert [each["id"] for each in listed(owner)] == ["prv_embedded", made["id"]]

    stack.clock.move(seconds=5)
    endpoints = {"ip": "https://api.example.com/ip?q={ip}", "domain": None}
    body = {"endpoints": endpoints, "fields": ["name", "name"], "priority": 7}
    changed = patched(owner, made["id"], body, headers={"if-match": '"1"'})
    assert changed["endpoints"] == {"ip": "https://api.example.com/ip?q={ip}"}
    assert (changed["fields"], changed["priority"]) == (["name"], 7)
    assert changed["updated_at"] > changed["created_at"]
    assert patch(owner, made["id"], {}, headers={"if-match": '"1"'})["statusCode"] == 412
    assert patched(owner, made["id"], {"priority": None})["priority"] == 100

    gone = ask("DELETE", f"{PATH}/{made['id']}", owner.secret_key, headers={"if-match": '"1"'})
    assert gone["statusCode"] == 412
    assert ask("DELETE", f"{PATH}/{made['id']}", owner.secret_key)["statusCode"] == 204
    for method, sent in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        again = ask(method, f"{PATH}/{made['id']}", owner.secret_key, sent)
        assert problem(again) == (404, "not-found")


def test_what_changes_nothing_makes_no_version(owner: CreatedTenant) -> None:
    made = created(owner, GENERIC)
    answer = patch(owner, made["id"], {"name": "Mine", "enabled": True, "secret": None})
    assert headers_of(answer)["etag"] == '"1"'


def test_a_list_has_pages_in_the_order_of_creation(owner: CreatedTenant) -> None:
    ids = ["prv_embedded"] + [created(owner, GENERIC | {"name": f"n{n}"})["id"] for n in range(3)]
    found: list[str] = []
    query = {"limit": "2"}
    while True:
        page = json.loads(ask("GET", PATH, owner.secret_key, query=query)["body"])
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            break
        query = {"limit": "2", "cursor": page["next_cursor"]}
    assert found == sorted(ids, key=lambda each: (each != "prv_embedded", each))


def test_a_secret_is_kept_in_parameter_store_and_nowhere_else(
    owner: CreatedTenant, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {"idempotency-key": "once"}
    answer = post(owner, PAID, headers=headers)
    replayed = post(owner, PAID, headers=headers)
    made = json.loads(answer["body"])
    assert replayed["body"] == answer["body"]
    assert made["has_secret"] is True
    assert "secret" not in made
    renewed = patch(owner, made["id"], {"secret": OTHER_SECRET})
    answers = [answer, replayed, renewed, ask("GET", PATH, owner.secret_key)]

    tables = [stack.items(t) for t in ("ConfigTable", "CacheTable", "LeadTable", "ActivityTable")]
    everywhere = repr((answers, tables)) + "".join(capsys.readouterr())
    for secret in (SECRET, OTHER_SECRET):
        assert secret not in everywhere
    assert list(parameters().values()) == [OTHER_SECRET]
    [name] = parameters()
    assert name.startswith(f"/leadsignal/providers/{owner.tenant_id}/{made['id']}/")


def test_a_secret_goes_with_its_provider(owner: CreatedTenant) -> None:
    made = created(owner, GENERIC | {"secret": SECRET})
    kept = created(owner, PAID)
    assert len(parameters()) == 2
    assert patched(owner, made["id"], {"secret": None})["has_secret"] is False
    assert len(parameters()) == 1
    assert ask("DELETE", f"{PATH}/{kept['id']}", owner.secret_key)["statusCode"] == 204
    assert parameters() == {}


def test_a_change_that_is_refused_leaves_the_secret_as_it_was(owner: CreatedTenant) -> None:
    made = created(owner, PAID)
    before = parameters()
    body = {"secret": OTHER_SECRET}
    assert patch(owner, made["id"], body, headers={"if-match": '"7"'})["statusCode"] == 412
    assert patch(owner, made["id"], body | {"priority": -1})["statusCode"] == 422
    assert patch(owner, made["id"], body | {"mapping": {"name": "/a"}})["statusCode"] == 422
    assert parameters() == before


class Breaking:
    """The secrets of a tenant, some of whose calls fail."""

    def __init__(self, store: Any) -> None:
        self.store = store
        self.broken: set[str] = set()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: object) -> Any:
            if name in self.broken:
                raise TransientError("the secrets could not be reached")
            return getattr(self.store, name)(*args)

        return call


@pytest.fixture
def breaking(owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch) -> Breaking:
    secrets = Breaking(SsmSecrets(wiring.ssm, "/leadsignal/providers", owner.tenant_id))
    monkeypatch.setattr(lookup_wiring, "provider_secrets", lambda tenant_id: secrets)
    return secrets


def test_a_secret_that_is_not_kept_makes_no_provider(
    owner: CreatedTenant, breaking: Breaking
) -> None:
    breaking.broken = {"put"}
    headers = {"idempotency-key": "once"}
    assert post(owner, PAID, headers=headers)["statusCode"] == 503
    assert [each["id"] for each in listed(owner)] == ["prv_embedded"]
    breaking.broken = set()
    made = created(owner, PAID, headers=headers)
    assert [each["id"] for each in listed(owner)] == ["prv_embedded", made["id"]]
    assert list(parameters().values()) == [SECRET]


def test_a_secret_that_could_not_be_removed_goes_with_the_next_change(
    owner: CreatedTenant, breaking: Breaking
) -> None:
    made = created(owner, PAID)
    breaking.broken = {"delete"}
    assert patched(owner, made["id"], {"secret": OTHER_SECRET})["has_secret"] is True
    assert sorted(parameters().values()) == sorted([SECRET, OTHER_SECRET])
    assert patch(owner, made["id"], {"priority": 1})["statusCode"] == 503
    breaking.broken = set()
    patched(owner, made["id"], {"priority": 1})
    assert list(parameters().values()) == [OTHER_SECRET]


def test_a_deletion_that_failed_half_way_is_done_again(
    owner: CreatedTenant, breaking: Breaking
) -> None:
    made = created(owner, PAID)
    breaking.broken = {"delete"}
    path = f"{PATH}/{made['id']}"
    assert ask("DELETE", path, owner.secret_key)["statusCode"] == 503
    half = shown(owner, made["id"])
    assert (half["enabled"], half["has_secret"]) == (False, False)
    breaking.broken = set()
    assert ask("DELETE", path, owner.secret_key)["statusCode"] == 204
    assert parameters() == {}
    assert ask("GET", path, owner.secret_key)["statusCode"] == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"kind": "clearbit"}, [("/kind", "literal_error")]),
        ({"name": ""}, [("/name", "string_too_short")]),
        ({"unknown": 1}, [("/unknown", "extra_forbidden")]),
        ({"id": "prv_1"}, [("/id", "extra_forbidden")]),
        ({"has_secret": True}, [("/has_secret", "extra_forbidden")]),
        ({"enabled": "yes"}, [("/enabled", "bool_type")]),
        ({"priority": -1}, [("/priority", "greater_than_equal")]),
        ({"priority": 1_001}, [("/priority", "less_than_equal")]),
        ({"priority": 1.5}, [("/priority", "int_type")]),
        ({"credits": 1_001}, [("/credits", "less_than_equal")]),
        ({"credits": "1"}, [("/credits", "int_type")]),
        ({"timeout_ms": 99}, [("/timeout_ms", "greater_than_equal")]),
        ({"timeout_ms": 3_001}, [("/timeout_ms", "less_than_equal")]),
        ({"min_confidence": 1.01}, [("/min_confidence", "less_than_equal")]),
        ({"fields": ["name", "domain"]}, [("/fields/1", "unknown_field")]),
        ({"fields": ["name"] * 40}, [("/fields", "too_long")]),
        ({"fields": "name"}, [("/fields", "tuple_type")]),
        ({"secret": ""}, [("/secret", "string_too_short")]),
        ({"secret": "a b"}, [("/secret", "string_pattern_mismatch")]),
        ({"secret": "a" * 1_025}, [("/secret", "string_too_long")]),
        ({"secret": "é"}, [("/secret", "string_pattern_mismatch")]),
        ({"endpoints": {}}, [("/endpoints", "missing")]),
        ({"mapping": {}}, [("/mapping", "missing")]),
        ({"mapping": {"confidence": "/c"}}, [("/mapping", "missing")]),
        ({"mapping": {"name": "company.name"}}, [("/mapping/name", "invalid-pointer")]),
        ({"mapping": {"name": "/~2"}}, [("/mapping/name", "invalid-pointer")]),
        ({"mapping": {"id": "/id", "name": "/n"}}, [("/mapping/id", "unknown-field")]),
        ({"mapping": {"a/b": "/id", "name": "/n"}}, [("/mapping/a~1b", "unknown-field")]),
        ({"mapping": {"x" * 65: "/x", "name": "/n"}}, [("/mapping", "unknown-field")]),
        (
            {"endpoints": {"phone": "https://api.example.com/{phone}"}},
            [("/endpoints/phone", "unknown-lookup")],
        ),
        (
            {"endpoints": {"domain": "https://api.example.com/"}},
            [("/endpoints/domain", "missing-placeholder")],
        ),
        (
            {"endpoints": {"domain": "https://api.example.com/{domain}/{x}"}},
            [("/endpoints/domain", "unknown-placeholder")],
        ),
        (
            {"endpoints": {"ip": "https://{ip}/"}},
            [("/endpoints/ip", "misplaced-placeholder")],
        ),
        (
            {"endpoints": {"ip": "http://api.example.com/{ip}"}},
            [("/endpoints/ip", "unsafe-url")],
        ),
        (
            {"endpoints": {"ip": "https://169.254.169.254/{ip}"}},
            [("/endpoints/ip", "unsafe-url")],
        ),
        ({"kind": "apollo"}, [("/secret", "missing"), ("/endpoints", "not-allowed"),
                              ("/mapping", "not-allowed")]),
        ({"kind": "embedded", "secret": "x", "credits": 1, "endpoints": {}, "mapping": {}},
         [("/secret", "not-allowed"), ("/credits", "not-allowed")]),
    ],
)  # fmt: skip
def test_a_provider_that_cannot_be_is_refused_field_by_field(
    owner: CreatedTenant, body: Json, expected: list[tuple[str, str]]
) -> None:
    answer = post(owner, GENERIC | body)
    assert errors(answer) == expected
    assert "x" * 65 not in answer["body"]
    assert parameters() == {}


@pytest.mark.parametrize("missing", ["name", "kind"])
def test_a_provider_has_a_name_and_a_kind(owner: CreatedTenant, missing: str) -> None:
    body = {name: value for name, value in GENERIC.items() if name != missing}
    assert errors(post(owner, body)) == [(f"/{missing}", "missing")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"kind": "apollo"}, ("/kind", "extra_forbidden")),
        ({"mapping": {"name": None}}, ("/mapping", "missing")),
        ({"endpoints": None}, ("/endpoints", "missing")),
        ({"endpoints": {"ip": "https://{ip}"}}, ("/endpoints/ip", "misplaced-placeholder")),
        ({"mapping": {"nonsense": "/a"}}, ("/mapping/nonsense", "unknown-field")),
        ({"name": None}, ("/name", "string_type")),
    ],
)  # fmt: skip
def test_what_would_come_of_a_change_has_to_be_valid(
    owner: CreatedTenant, body: Json, expected: tuple[str, str]
) -> None:
    made = created(owner, GENERIC)
    assert errors(patch(owner, made["id"], body)) == [expected]
    assert shown(owner, made["id"]) == made


def test_a_paid_provider_cannot_lose_its_secret(owner: CreatedTenant) -> None:
    made = created(owner, PAID)
    assert errors(patch(owner, made["id"], {"secret": None})) == [("/secret", "missing")]
    assert len(parameters()) == 1


def test_there_are_twenty_providers_at_most_and_one_of_ours(owner: CreatedTenant) -> None:
    mine = created(owner, {"name": "Ours", "kind": "embedded", "priority": 3})
    assert (mine["id"], mine["built_in"]) == ("prv_embedded", True)
    assert errors(post(owner, {"name": "Ours", "kind": "embedded"})) == [("/kind", "taken")]
    for number in range(19):
        created(owner, GENERIC | {"name": f"n{number}"})
    assert errors(post(owner, GENERIC)) == [("", "too-many")]
    assert len(listed(owner)) == 20


def test_fields_and_mappings_are_those_of_a_company() -> None:
    assert {*MAPPED} - {*COMPANY_FIELDS} == {"domain", "confidence"}


@pytest.mark.parametrize("wrong", ["none", "prv_", "prv_" + "a" * 23, "prv_" + "a" * 25, "prv_x#1",
                                   "prv_upload", "prv_" + "a" * 24])  # fmt: skip
def test_an_id_that_is_none_is_not_found(owner: CreatedTenant, wrong: str) -> None:
    assert problem(ask("GET", f"{PATH}/{wrong}", owner.secret_key)) == (404, "not-found")


def test_providers_are_settings(owner: CreatedTenant) -> None:
    body = {"name": "k", "kind": "sk", "env": "test", "scopes": ["settings:read", "lookups:write"]}
    key = json.loads(ask("POST", "/v1/keys", owner.secret_key, body)["body"])["key"]
    assert ask("GET", PATH, key)["statusCode"] == 200
    assert problem(ask("POST", PATH, key, GENERIC)) == (403, "insufficient-scope")


# The waterfall


def fake(server: FakeProviders, **more: Any) -> Json:
    endpoints = {"domain": f"{server.url}/company/{{domain}}"}
    mapping = {"name": "/company/name", "confidence": "/match/score"}
    return GENERIC | {"endpoints": endpoints, "mapping": mapping, "secret": SECRET} | more


def test_the_waterfall_is_by_priority_then_price_then_id(owner: CreatedTenant) -> None:
    dear = created(owner, GENERIC | {"priority": 1, "credits": 9})["id"]
    cheap = created(owner, GENERIC | {"priority": 1, "credits": 2})["id"]
    late = created(owner, GENERIC | {"priority": 500})["id"]
    created(owner, GENERIC | {"enabled": False, "priority": 0})
    sources = lookup_wiring.sources(wiring.tenant_of(owner.tenant_id))
    assert [provider.id for provider, _ in sources] == [cheap, dear, "prv_embedded", late]


def test_each_kind_of_provider_can_be_asked(owner: CreatedTenant) -> None:
    for kind in ("people_data_labs", "apollo", "hunter"):
        created(owner, PAID | {"kind": kind})
    created(owner, GENERIC)
    sources = lookup_wiring.sources(wiring.tenant_of(owner.tenant_id))
    assert {provider.kind: sorted(source.kinds) for provider, source in sources} == {
        "embedded": ["domain", "email", "ip"],
        "people_data_labs": ["domain", "ip"],
        "apollo": ["domain"],
        "hunter": ["email"],
        "generic_json": ["domain"],
    }


def test_a_provider_is_asked_with_its_secret(owner: CreatedTenant, server: FakeProviders) -> None:
    made = created(owner, fake(server, priority=1))
    [(_, source), _] = lookup_wiring.sources(wiring.tenant_of(owner.tenant_id))
    company = source.ask(DOMAIN, timeout_ms=PATIENT_MS).company
    assert company is not None
    assert (company.name, company.provider, company.confidence) == ("Initech", made["id"], 0.9)
    assert server.calls[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_provider_that_fails_is_left_alone_and_tried_again(
    owner: CreatedTenant, server: FakeProviders, stack: Stack
) -> None:
    made = created(owner, fake(server, priority=1))
    [(_, source), _] = lookup_wiring.sources(wiring.tenant_of(owner.tenant_id))
    server.behaviour = "error"
    for _ in range(9):
        with pytest.raises(ProviderError):
            source.ask(DOMAIN, timeout_ms=PATIENT_MS)
    assert len(server.calls) == 5
    health = shown(owner, made["id"])["health"]
    assert (health["state"], health["failures"], health["last_error"]) == ("open", 5, "error")
    assert health["retry_at"] is not None
    assert listed(owner)[1]["health"] == health

    server.behaviour = "ok"
    stack.clock.move(seconds=37)
    assert shown(owner, made["id"])["health"]["state"] == "half_open"
    assert source.ask(DOMAIN, timeout_ms=PATIENT_MS).is_hit
    assert shown(owner, made["id"])["health"]["state"] == "closed"


def test_a_provider_that_refuses_its_key_is_asked_again_once_it_has_another(
    owner: CreatedTenant, server: FakeProviders
) -> None:
    made = created(owner, fake(server, priority=1))
    server.behaviour = "refused"
    tenant = wiring.tenant_of(owner.tenant_id)
    for _ in range(3):
        with pytest.raises(ProviderError):
            lookup_wiring.sources(tenant)[0][1].ask(DOMAIN, timeout_ms=PATIENT_MS)
    assert len(server.calls) == 1
    assert shown(owner, made["id"])["health"]["last_error"] == "refused"

    server.behaviour = "ok"
    patched(owner, made["id"], {"secret": OTHER_SECRET})
    assert shown(owner, made["id"])["health"]["state"] == "closed"
    assert lookup_wiring.sources(tenant)[0][1].ask(DOMAIN, timeout_ms=PATIENT_MS).is_hit
    assert server.calls[-1].headers["authorization"] == f"Bearer {OTHER_SECRET}"


def test_providers_are_read_once_in_two_seconds(
    owner: CreatedTenant, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    query = stack.dynamodb.query

    def counting(**request: Any) -> Any:
        asked.append(request["TableName"])
        return query(**request)

    tenant = wiring.tenant_of(owner.tenant_id)
    monkeypatch.setattr(wiring.dynamodb(), "query", counting)
    for _ in range(3):
        lookup_wiring.sources(tenant)
    assert asked == ["ConfigTable"]
    stack.clock.move(seconds=2)
    lookup_wiring.sources(tenant)
    assert asked == ["ConfigTable"] * 2


def test_a_mailbox_is_asked_about_once_when_a_lead_is_enriched(
    owner: CreatedTenant, server: FakeProviders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hunter(provider: Provider, tenant_id: str) -> Hunter:
        return Hunter(
            wiring.http(),
            lambda: SECRET,
            provider=provider.id,
            now=wiring.now,
            base_url=server.url,
        )

    made = created(owner, PAID | {"kind": "hunter", "credits": 2})
    monkeypatch.setattr(lookup_wiring, "_source", hunter)
    body = {"email": "ada@initech.com"}
    lead = json.loads(ask("POST", "/v1/leads", owner.secret_key, body)["body"])
    for _ in range(2):
        answer = ask("POST", f"/v1/leads/{lead['id']}/enrich", owner.secret_key)
        assert answer["statusCode"] == 200, answer
    assert [call.query for call in server.calls] == [{"email": "ada@initech.com"}]
    check = json.loads(answer["body"])["email_check"]
    assert (check["verdict"], check["source"]) == ("yes", made["id"])
    account = json.loads(ask("GET", "/v1/credits", owner.secret_key)["body"])
    assert account["charged"] == 2
