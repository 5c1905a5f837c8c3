"""``Idempotency-Key`` and rate limits through the real handlers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from functions.collect import app as collect
from functions.leads import app as leads
from functions.settings import app as settings
from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.idempotency import DynamoRuns
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.domain import credentials
from leadsignal.errors import TransientError
from leadsignal.models.tenants import ApiKey
from leadsignal.runtime import track, wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.faults import KilledError
from tests.fakes.flow import headers_of, problem, send
from tests.fakes.lambda_side import CONTEXT, Json, Stack, http_event

WEBHOOK = {"url": "https://example.com/hook", "types": ["lead.created"]}
ALERT = {"name": "Sales", "kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/x"}
LEASE = timedelta(milliseconds=CONTEXT.get_remaining_time_in_millis() + 5_000)

type NewTenant = Callable[[], CreatedTenant]


def call(method: str, path: str, key: str, body: Any = None, **headers: str) -> Json:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    event = http_event(method, path, key=key, body=body, headers=sent)
    answer: Json = settings.handler(event, CONTEXT)
    return answer


def post(owner: CreatedTenant, body: Any = WEBHOOK, key: str = "k1", **headers: str) -> Json:
    return call("POST", "/v1/webhooks", owner.secret_key, body, idempotency_key=key, **headers)


def stored(owner: CreatedTenant) -> list[str]:
    return [webhook.id for webhook in wiring.webhooks(owner.tenant_id).all()]


@contextmanager
def each_put(run: Callable[[str], None], *, after: bool) -> Iterator[None]:
    """Run something before or after each PutItem, given the name of its table."""
    tables: list[str] = []

    def note(params: Any, **_: Any) -> None:
        tables.append(params["TableName"])

    def hook(**_: Any) -> None:
        run(tables[-1])

    events = wiring.dynamodb().meta.events
    place = f"{'after' if after else 'before'}-call.dynamodb.PutItem"
    events.register("provide-client-params.dynamodb.PutItem", note)
    events.register(place, hook)
    try:
        yield
    finally:
        events.unregister(place, hook)
        events.unregister("provide-client-params.dynamodb.PutItem", note)


def test_a_post_that_is_repeated_is_answered_alike_and_done_once(
    stack: Stack, owner: CreatedTenant
) -> None:
    first = post(owner)
    stack.clock.move(hours=71)
    for again in (
        post(owner),
        post(owner, key='"k1"'),
        post(owner, dict(reversed(WEBHOOK.items()))),
    ):
        assert (again["statusCode"], again["body"]) == (201, first["body"])
        headers = headers_of(again)
        assert headers["idempotent-replayed"] == "true"
        assert headers_of(first) | {"ratelimit": "", "idempotent-replayed": "true"} == headers | {
            "ratelimit": ""
        }
    assert "idempotent-replayed" not in headers_of(first)
    assert stored(owner) == [json.loads(first["body"])["id"]]
    stack.clock.move(hours=1)
    assert headers_of(post(owner)).get("idempotent-replayed") is None
    assert len(stored(owner)) == 2


def test_another_body_or_another_key_of_the_tenant_is_refused(
    stack: Stack, owner: CreatedTenant
) -> None:
    post(owner)
    key_id = "0" * 12
    other = credentials.format_key("sk", "live", key_id, "0" * 32)
    wiring.tenant_store().add_key(
        ApiKey(
            key_id=key_id,
            tenant_id=owner.tenant_id,
            kind="sk",
            env="live",
            hash=credentials.hash_key(other),
            scopes=("webhooks:write",),
            created_at=0,
        )
    )
    by_another = call("POST", "/v1/webhooks", other, WEBHOOK, idempotency_key="k1")
    assert problem(by_another) == (422, "idempotency-key-reused")
    refused = post(owner, WEBHOOK | {"url": "https://example.com/other"})
    assert problem(refused) == (422, "idempotency-key-reused")
    assert len(stored(owner)) == 1


def test_tenants_and_routes_have_keys_of_their_own(stack: Stack, new_tenant: NewTenant) -> None:
    one, other = new_tenant(), new_tenant()
    made = [post(owner) for owner in (one, other)]
    assert {answer["statusCode"] for answer in made} == {201}
    assert made[0]["body"] != made[1]["body"]
    alert = call("POST", "/v1/alerts", one.secret_key, ALERT, idempotency_key="k1")
    assert alert["statusCode"] == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_what_is_no_key_is_refused(stack: Stack, owner: CreatedTenant, key: str) -> None:
    assert problem(post(owner, key=key)) == (400, "invalid-header")
    assert stored(owner) == []


def test_a_refused_request_frees_the_key(stack: Stack, owner: CreatedTenant) -> None:
    changes: list[Json] = [{"url": "http://localhost/"}, {"types": []}, {"colour": "red"}]
    for bad in changes:
        assert problem(post(owner, WEBHOOK | bad))[0] == 422
    assert post(owner)["statusCode"] == 201


def test_a_request_that_met_a_fault_frees_the_key(stack: Stack, owner: CreatedTenant) -> None:
    def fail(table: str) -> None:
        if table == "ConfigTable":
            raise RuntimeError

    with each_put(fail, after=False):
        assert problem(post(owner)) == (500, "internal-error")
    assert post(owner)["statusCode"] == 201
    assert len(stored(owner)) == 1


@pytest.mark.parametrize(("path", "body"), [("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)])
def test_when_a_worker_dies_after_its_effect_the_retry_finds_it_done(
    stack: Stack, owner: CreatedTenant, path: str, body: Json
) -> None:
    def ask() -> Json:
        return call("POST", path, owner.secret_key, body, idempotency_key="k1")

    def die(table: str) -> None:
        if table == "ConfigTable":
            raise KilledError

    with each_put(die, after=True), pytest.raises(KilledError):
        ask()
    refused = ask()
    assert problem(refused) == (409, "idempotency-key-in-use")
    assert int(headers_of(refused)["retry-after"]) >= 1
    stack.clock.move(seconds=LEASE.total_seconds())
    answer = ask()
    assert answer["statusCode"] == 201
    listed = json.loads(call("GET", path, owner.secret_key)["body"])["data"]
    assert [each["id"] for each in listed] == [json.loads(answer["body"])["id"]]
    if path == "/v1/webhooks":
        [webhook] = wiring.webhooks(owner.tenant_id).all()
        assert json.loads(answer["body"])["secret"] == webhook.secret
    assert ask()["body"] == answer["body"]


def throttled(*_: Any, **__: Any) -> None:
    raise TransientError("throttled")


def test_an_answer_that_cannot_be_kept_goes_out_all_the_same(
    stack: Stack, owner: CreatedTenant
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoRuns, "replace", throttled)
        first = post(owner)
        assert first["statusCode"] == 201
        assert problem(post(owner)) == (409, "idempotency-key-in-use")
    stack.clock.move(seconds=LEASE.total_seconds())
    again = post(owner)
    assert (again["statusCode"], again["body"]) == (201, first["body"])
    assert len(stored(owner)) == 1


def test_that_something_is_not_there_is_asked_anew(stack: Stack, owner: CreatedTenant) -> None:
    body = {"survivor_id": f"lead_{'a' * 26}", "merged_id": f"lead_{'b' * 26}"}
    event = http_event(
        "POST",
        "/v1/merges",
        key=owner.secret_key,
        body=body,
        headers={"idempotency-key": "k1", "content-type": "application/json"},
    )
    first, again = (leads.handler(event, CONTEXT) for _ in range(2))
    assert problem(first) == (404, "not-found")
    assert problem(again) == (404, "not-found")
    assert "idempotent-replayed" not in headers_of(again)


# Rate limits


def limited(owner: CreatedTenant, stack: Stack, kind: str, limit: int) -> str:
    """Give a key of the tenant a limit of its own, and return it."""
    key = owner.secret_key if kind == "sk" else owner.write_key
    table = wiring.config_table()
    held = DynamoTenants(table).key(key.split("_")[3])
    assert held is not None
    changed = held.model_copy(update={"rate_limit": limit})
    table.put(Put(keys.api_key(held.key_id), {"data": changed.model_dump_json()}))
    return key


def test_each_answer_to_a_secret_key_tells_the_limit_and_what_is_left(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = limited(owner, stack, "sk", 10)
    for left, (method, path) in enumerate(
        [
            ("GET", "/v1/webhooks"),
            ("GET", "/v1/webhooks/x"),
            ("PUT", "/v1/webhooks"),
            ("GET", "/v1/x"),
        ]
    ):
        headers = headers_of(call(method, path, key))
        assert headers["ratelimit-policy"] == '"default";q=10;w=60'
        assert headers["ratelimit"] == f'"default";r={9 - left};t=6'


def test_beyond_the_limit_a_key_is_told_when_to_come_back(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = limited(owner, stack, "sk", 3)
    statuses = [call("GET", "/v1/webhooks", key)["statusCode"] for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2
    refused = call("POST", "/v1/webhooks", key, WEBHOOK, idempotency_key="k1")
    assert problem(refused) == (429, "quota-exceeded")
    assert json.loads(refused["body"])["violated-policies"] == ["default"]
    headers = headers_of(refused)
    assert headers["ratelimit"] == '"default";r=0;t=20'
    assert headers["retry-after"] == "20"
    stack.clock.move(seconds=20)
    assert post(owner)["statusCode"] == 201
    assert call("GET", "/v1/webhooks", key)["statusCode"] == 429


def test_who_is_not_let_in_is_told_of_no_limit_and_uses_none(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = limited(owner, stack, "sk", 10)
    for bad in (key[:-1] + "0", "x", owner.write_key):
        answer = call("GET", "/v1/webhooks", bad)
        assert answer["statusCode"] == 403
        assert not [name for name in headers_of(answer) if name.startswith("ratelimit")]
    assert headers_of(call("GET", "/v1/webhooks", key))["ratelimit"] == '"default";r=9;t=6'


def test_limits_that_cannot_be_known_let_everything_through(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = limited(owner, stack, "sk", 1)
    write = limited(owner, stack, "wk", 1)
    monkeypatch.setattr(Table, "update_or_see", throttled)
    for _ in range(3):
        answer = call("GET", "/v1/webhooks", secret)
        assert answer["statusCode"] == 200
        assert not [name for name in headers_of(answer) if name.startswith("ratelimit")]
        assert send(write, "/v1/track", {"anonymousId": "a", "event": "x"})["statusCode"] == 200


def test_a_write_key_beyond_its_limit_is_told_when_to_come_back_and_no_more(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = limited(owner, stack, "wk", 4)
    event = {"anonymousId": "a", "event": "x"}
    assert send(key, "/v1/batch", {"batch": [event] * 3})["statusCode"] == 200
    refused = send(key, "/v1/batch", {"batch": [event] * 3})
    assert problem(refused) == (429, "quota-exceeded")
    assert "violated-policies" not in json.loads(refused["body"])
    headers = headers_of(refused)
    assert headers["retry-after"] == "30"
    assert headers["access-control-allow-origin"] == "*"
    assert not [name for name in headers if name.startswith("ratelimit")]
    assert send(key, "/v1/track", event)["statusCode"] == 200
    query = {"writeKey": key, "event": "x", "anonymousId": "a"}
    assert collect.handler(http_event("GET", "/v1/e", query=query), CONTEXT)["statusCode"] == 429
    pixel = collect.handler(http_event("GET", "/v1/pixel.gif", query=query), CONTEXT)
    assert (pixel["statusCode"], pixel["body"]) == (200, track._gif()["body"])
    stack.clock.move(minutes=1)
    assert send(key, "/v1/track", event)["statusCode"] == 200
