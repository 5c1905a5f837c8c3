"""``/v1/webhooks`` and ``/v1/alerts`` through the real handler."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from functions.settings import app
from leadsignal.models.endpoints import Webhook
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import rfc3339
from leadsignal.models.outbound import DeliveryTask, HttpResult
from leadsignal.runtime import wiring
from leadsignal.services.deliver import Outbox, deliver
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.lambda_side import CONTEXT, Stack, http_event
from tests.fakes.outbound import ScriptedHttp
from tests.fakes.queues import InMemoryQueue

WEBHOOK = {"url": "https://example.com/hook", "types": ["lead.tier_changed", "lead.created"]}
ALERT = {"name": "Sales", "kind": "slack", "url": "https://hooks.slack.com/services/T0/B0/x"}

type Call = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def other(new_tenant: Callable[[], CreatedTenant]) -> CreatedTenant:
    return new_tenant()


@pytest.fixture
def call(owner: CreatedTenant) -> Call:
    def request(
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        sent: dict[str, str] | None = None,
        **query: str,
    ) -> tuple[int, Any, dict[str, str]]:
        event = http_event(
            method, path, key=key or owner.secret_key, body=body, query=query, headers=sent
        )
        answer = app.handler(event, CONTEXT)
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        headers.pop("ratelimit", None)  # another one each time
        parsed = json.loads(answer["body"]) if answer.get("body") else None
        return int(answer["statusCode"]), parsed, headers

    return request


def test_a_webhook_is_created_with_its_secret_shown_once(call: Call, stack: Stack) -> None:
    status, created, headers = call("POST", "/v1/webhooks", WEBHOOK | {"headers": {"X-Key": "1"}})
    assert status == 201
    assert headers["location"] == f"/v1/webhooks/{created['id']}"
    secret = created.pop("secret")
    Verifier(secret)
    assert created["id"].startswith("whe_")
    assert created == {
        "id": created["id"],
        "url": "https://example.com/hook",
        "types": ["lead.tier_changed", "lead.created"],
        "headers": {"x-key": "1"},
        "status": "enabled",
        "created_at": rfc3339(stack.clock.instant),
    }

    status, found, got = call("GET", headers["location"])
    assert status == 200
    assert got["etag"] == headers["etag"]
    assert {key: found[key] for key in created} == created
    assert secret not in json.dumps(found)
    assert secret not in json.dumps(call("GET", "/v1/webhooks")[1])


def test_a_disabled_webhook_says_why(call: Call, owner: CreatedTenant) -> None:
    _, created, headers = call("POST", "/v1/webhooks", WEBHOOK)
    store = wiring.webhooks(owner.tenant_id)
    held = store.get(created["id"])
    assert held is not None
    store.save(held.model_copy(update={"status": "disabled", "disabled_reason": "gone"}))
    _, found, changed = call("GET", headers["location"])
    assert (found["status"], found["disabled_reason"]) == ("disabled", "gone")
    assert changed["etag"] != headers["etag"]


@pytest.mark.parametrize(("path", "body"), [("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)])
def test_endpoints_are_listed_and_deleted(call: Call, path: str, body: dict[str, Any]) -> None:
    assert call("GET", path)[1] == {"data": [], "has_more": False, "next_cursor": None}
    made = [call("POST", path, body)[1]["id"] for _ in range(3)]
    status, listed, _ = call("GET", path)
    assert status == 200
    assert sorted(one["id"] for one in listed["data"]) == sorted(made)
    assert len(call("GET", path, limit="3")[1]["data"]) == 3

    assert call("DELETE", f"{path}/{made[0]}")[0] == 204
    assert call("GET", f"{path}/{made[0]}")[0] == 404
    assert call("DELETE", f"{path}/{made[0]}")[0] == 404
    assert len(call("GET", path)[1]["data"]) == 2


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", ""])
@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/alerts"])
def test_a_bad_limit_is_refused(call: Call, path: str, limit: str) -> None:
    status, problem, _ = call("GET", path, limit=limit)
    assert status == 422
    assert problem["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
@pytest.mark.parametrize(("path", "body"), [("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)])
def test_pages_hold_every_endpoint_once(
    call: Call, path: str, body: dict[str, Any], limit: int
) -> None:
    made = [call("POST", path, body)[1]["id"] for _ in range(4)]
    seen: list[str] = []
    query = {"limit": str(limit)}
    while True:
        _, page, headers = call("GET", path, **query)
        seen += [one["id"] for one in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None) == ("link" in headers)
        if not page["has_more"]:
            break
        query["cursor"] = page["next_cursor"]
    assert sorted(seen) == sorted(made)


def test_a_cursor_is_good_for_its_tenant_and_list_only(call: Call, other: CreatedTenant) -> None:
    for path, body in (("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)):
        for _ in range(2):
            call("POST", path, body)
    cursor = call("GET", "/v1/webhooks", limit="1")[1]["next_cursor"]
    for path, key, tried in (
        ("/v1/alerts", None, cursor),
        ("/v1/webhooks", other.secret_key, cursor),
        ("/v1/webhooks", None, cursor[:-2]),
        ("/v1/webhooks", None, "x"),
    ):
        status, problem, _ = call("GET", path, key=key, cursor=tried)
        assert (status, problem["type"].rpartition("/")[2]) == (400, "invalid-cursor")


@pytest.mark.parametrize(("path", "body"), [("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)])
def test_another_tenants_endpoint_is_not_there(
    call: Call, path: str, body: dict[str, Any], other: CreatedTenant
) -> None:
    made = call("POST", path, body)[1]["id"]
    for method in ("GET", "DELETE"):
        theirs = call(method, f"{path}/{made}", key=other.secret_key)
        nobodys = call(method, f"{path}/whe_nothing", key=other.secret_key)
        assert theirs[:2] == nobodys[:2]
        assert theirs[0] == 404
    assert call("GET", path, key=other.secret_key)[1]["data"] == []
    assert call("GET", f"{path}/{made}")[0] == 200


@pytest.mark.parametrize("identifier", ["x" * 2000, "a%20b", "TENANT", "..", "é"])
def test_an_id_that_cannot_be_one_is_not_there(call: Call, identifier: str) -> None:
    assert call("GET", f"/v1/webhooks/{identifier}")[0] == 404
    assert call("GET", f"/v1/alerts/{identifier}")[0] == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "http://example.com/"}, "/url"),
        ({"url": "https://localhost/"}, "/url"),
        ({"url": "https://2130706433/"}, "/url"),
        ({"url": "https://exa\tmple.com/"}, "/url"),
        ({"url": 5}, "/url"),
        ({"url": ""}, "/url"),
        ({"types": []}, "/types"),
        ({"types": ["lead.unknown"]}, "/types/0"),
        ({"types": "lead.created"}, "/types"),
        ({"types": None}, "/types"),
        ({"headers": {"Webhook-Signature": "v1,x"}}, "/headers/Webhook-Signature"),
        ({"headers": {"x-a": "b\r\nc"}}, "/headers/x-a"),
        ({"headers": {"x-a": 5}}, "/headers/x-a"),
        ({"headers": []}, "/headers"),
        ({"status": "disabled"}, "/status"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_a_bad_webhook_is_refused_at_the_field(
    call: Call, change: dict[str, Any], pointer: str
) -> None:
    status, problem, headers = call("POST", "/v1/webhooks", WEBHOOK | change)
    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["pointer"] == pointer
    assert call("GET", "/v1/webhooks")[1]["data"] == []


KINDS: list[tuple[str, dict[str, Any]]] = [("/v1/webhooks", WEBHOOK), ("/v1/alerts", ALERT)]


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        ({}, {}),
        ({"url": "https://example.org/"}, {"url": "https://example.org/"}),
        ({"types": ["lead.merged", "lead.merged"]}, {"types": ["lead.merged"]}),
        ({"headers": {"X-B": "2"}}, {"headers": {"x-a": "1", "x-b": "2"}}),
        ({"headers": {"X-A": None}}, {"headers": {}}),
        ({"headers": None}, {"headers": {}}),
        ({"status": "disabled"}, {"status": "disabled"}),
        ({"status": None}, {}),
    ],
    ids=str,
)
def test_a_webhook_is_patched(call: Call, patch: dict[str, Any], changed: dict[str, Any]) -> None:
    _, created, headers = call("POST", "/v1/webhooks", WEBHOOK | {"headers": {"X-A": "1"}})
    del created["secret"]
    place = headers["location"]
    sent = {"content-type": "application/merge-patch+json", "if-match": headers["etag"]}
    status, after, got = call("PATCH", place, patch, sent=sent)
    assert (status, after) == (200, created | changed)
    assert (got["etag"] == headers["etag"]) is (not changed)
    assert call("GET", place)[1:] == (after, got | {"x-request-id": got["x-request-id"]})


def test_a_webhook_that_was_disabled_is_enabled_again(call: Call, owner: CreatedTenant) -> None:
    _, created, headers = call("POST", "/v1/webhooks", WEBHOOK)
    store = wiring.webhooks(owner.tenant_id)
    held = store.get(created["id"])
    assert held is not None
    store.save(held.model_copy(update={"status": "disabled", "disabled_reason": "gone"}))
    place = headers["location"]
    assert call("PATCH", place, {"types": ["lead.merged"]})[1]["disabled_reason"] == "gone"
    _, after, _ = call("PATCH", place, {"status": "enabled"})
    assert after["status"] == "enabled"
    assert "disabled_reason" not in after
    kept = store.get(created["id"])
    assert kept is not None
    assert kept.secret == held.secret


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"url": None}, "/url"),
        ({"url": "http://example.com/"}, "/url"),
        ({"types": []}, "/types"),
        ({"types": None}, "/types"),
        ({"types": ["lead.unknown"]}, "/types/0"),
        ({"headers": {"webhook-id": "1"}}, "/headers/webhook-id"),
        ({"headers": {"X-A": "1", "x-a": None}}, "/headers"),
        ({"headers": {f"x-{n}": "1" for n in range(21)}}, "/headers"),
        ({"status": "off"}, "/status"),
        ({"colour": None}, "/colour"),
        ({"id": "whe_x"}, "/id"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
    ids=str,
)
def test_a_bad_patch_of_a_webhook_changes_nothing(
    call: Call, patch: dict[str, Any], pointer: str
) -> None:
    place = call("POST", "/v1/webhooks", WEBHOOK)[2]["location"]
    before = call("GET", place)[1]
    status, problem, _ = call("PATCH", place, {"types": ["lead.merged"]} | patch)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert call("GET", place)[1] == before


def test_an_alert_is_patched(call: Call) -> None:
    _, created, headers = call("POST", "/v1/alerts", ALERT | {"cooldown_minutes": 30})
    place = headers["location"]
    _, after, _ = call("PATCH", place, {"name": "Team", "cooldown_minutes": None})
    assert after == created | {"name": "Team", "cooldown_minutes": 0}
    url = "https://hooks.slack.com/services/T0/B0/y"
    assert call("PATCH", place, {"url": url, "kind": "slack"})[1]["url"] == url
    for patch in ({"name": None}, {"url": "https://example.com/"}, {"kind": "teams"}, {"x": 1}):
        status, problem, _ = call("PATCH", place, patch)
        assert (status, len(problem["errors"])) == (422, 1)


@pytest.mark.parametrize(("path", "body"), KINDS)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_version_can_be_demanded(
    call: Call, path: str, body: dict[str, Any], method: str, other: CreatedTenant
) -> None:
    place, etag = (call("POST", path, body)[2][name] for name in ("location", "etag"))
    change = {"url": f"{body['url']}/2"} if method == "PATCH" else None

    def demand(tag: str, **more: Any) -> tuple[int, Any, dict[str, str]]:
        return call(method, place, change, sent={"if-match": tag}, **more)

    for stale in ('"99"', f"W/{etag}", '"99", "x"'):
        status, problem, headers = demand(stale)
        assert (status, problem["type"].rpartition("/")[2]) == (412, "precondition-failed")
        assert headers["etag"] == etag
    assert demand("1")[0] == 400
    assert call("GET", place)[2]["etag"] == etag
    for tag in ('"99"', etag, "*"):
        theirs = demand(tag, key=other.secret_key)
        nobodys = call(
            method, f"{path}/whe_nothing", change, sent={"if-match": tag}, key=other.secret_key
        )
        assert theirs[:2] == nobodys[:2]
        assert theirs[0] == 404
    assert demand(f'"99", {etag}')[0] in (200, 204)


@pytest.mark.parametrize(("path", "body"), KINDS)
def test_of_two_changes_from_one_version_one_is_refused(
    call: Call, path: str, body: dict[str, Any]
) -> None:
    place, etag = (call("POST", path, body)[2][name] for name in ("location", "etag"))
    first = {"url": f"{body['url']}/1"}
    second = {"types": ["lead.merged"]} if path == "/v1/webhooks" else {"name": "Team"}
    assert call("PATCH", place, first, sent={"if-match": etag})[0] == 200
    status, _, headers = call("PATCH", place, second, sent={"if-match": etag})
    assert status == 412
    status, after, _ = call("PATCH", place, second, sent={"if-match": headers["etag"]})
    assert status == 200
    assert first.items() <= after.items()
    assert second.items() <= after.items()


def test_an_endpoint_of_the_other_kind_is_not_there(call: Call) -> None:
    webhook = call("POST", "/v1/webhooks", WEBHOOK)[1]["id"]
    alert = call("POST", "/v1/alerts", ALERT)[1]["id"]
    for method in ("GET", "PATCH", "DELETE"):
        body: Any = {} if method == "PATCH" else None
        assert call(method, f"/v1/webhooks/{alert}", body)[0] == 404
        assert call(method, f"/v1/alerts/{webhook}", body)[0] == 404
    assert call("GET", f"/v1/webhooks/{webhook}")[0] == 200


def test_an_unsafe_url_is_named_as_such(call: Call) -> None:
    _, problem, _ = call("POST", "/v1/webhooks", WEBHOOK | {"url": "http://169.254.169.254/"})
    assert problem["errors"] == [
        {"pointer": "/url", "code": "unsafe-url", "detail": "the URL must begin with https"}
    ]


def test_an_allowed_receiver_may_be_plain(call: Call) -> None:
    status, created, _ = call("POST", "/v1/webhooks", WEBHOOK | {"url": "http://127.0.0.1:9000/a"})
    assert (status, created["url"]) == (201, "http://127.0.0.1:9000/a")
    status, created, _ = call("POST", "/v1/alerts", ALERT | {"url": "http://127.0.0.1:9000/a"})
    assert (status, created["url"]) == (201, "http://127.0.0.1:9000/a")


def test_an_alert_is_created_and_shown(call: Call) -> None:
    status, created, headers = call("POST", "/v1/alerts", ALERT | {"cooldown_minutes": 30})
    assert status == 201
    assert headers["location"] == f"/v1/alerts/{created['id']}"
    shown = {key: created[key] for key in ("name", "kind", "url", "cooldown_minutes")}
    assert shown == ALERT | {"cooldown_minutes": 30}
    status, found, got = call("GET", headers["location"])
    assert (status, found, got["etag"]) == (200, created, headers["etag"])


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "https://example.com/"}, "/url"),
        ({"kind": "teams"}, "/kind"),
        ({"name": ""}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"cooldown_minutes": -1}, "/cooldown_minutes"),
        ({"cooldown_minutes": 1.5}, "/cooldown_minutes"),
        ({"cooldown_minutes": True}, "/cooldown_minutes"),
        ({"condition": {"field": "score", "op": "gt", "value": 50}}, "/condition"),
    ],
)
def test_a_bad_alert_is_refused_at_the_field(
    call: Call, change: dict[str, Any], pointer: str
) -> None:
    status, problem, _ = call("POST", "/v1/alerts", ALERT | change)
    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", ["[]", "5", '"x"', "null"])
def test_a_body_that_is_no_object_is_refused(call: Call, body: str) -> None:
    assert call("POST", "/v1/webhooks", body)[0] == 422


def test_a_tenant_has_at_most_a_hundred_webhooks(call: Call, owner: CreatedTenant) -> None:
    store = wiring.webhooks(owner.tenant_id)
    for number in range(100):
        store.save(
            Webhook(
                id=f"whe_{number}",
                url="https://example.com/",
                types=("lead.created",),
                secret="whsec_x",
                created_at=number,
            )
        )
    status, problem, _ = call("POST", "/v1/webhooks", WEBHOOK)
    assert (status, problem["errors"][0]["code"]) == (422, "too-many")
    assert len(call("GET", "/v1/webhooks", limit="100")[1]["data"]) == 100


def test_deliveries_are_listed_newest_first(
    stack: Stack, call: Call, owner: CreatedTenant, other: CreatedTenant
) -> None:
    made = call("POST", "/v1/webhooks", WEBHOOK)[1]["id"]
    outbox = Outbox(
        webhooks=wiring.webhooks(owner.tenant_id),
        deliveries=wiring.deliveries(owner.tenant_id),
        queue=InMemoryQueue(),
        http=ScriptedHttp(
            HttpResult(status=200, duration_ms=12), HttpResult(error="connect", duration_ms=3)
        ),
    )
    for number in (1, 2):
        fact = Fact(
            id=f"msg_{9 - number}",
            tenant_id=owner.tenant_id,
            type="lead.created",
            at=stack.clock.instant + number * 1_000,
            sequence=number,
            data=FactData(lead_id="lead_1", version=number),
        )
        deliver(DeliveryTask(fact=fact, webhook_id=made), outbox=outbox, now=stack.clock.now)

    status, listed, _ = call("GET", f"/v1/webhooks/{made}/deliveries")
    assert status == 200
    failed, delivered = listed["data"]
    assert delivered | {"id": ""} == {
        "id": "",
        "message_id": "msg_8",
        "type": "lead.created",
        "status": "delivered",
        "attempts": [
            {"number": 1, "at": "2026-01-15T12:00:00.000Z", "status_code": 200, "duration_ms": 12}
        ],
    }
    assert (failed["message_id"], failed["status"]) == ("msg_7", "failed")
    assert failed["next_attempt_at"] > "2026-01-15T12:00:05"
    assert failed["attempts"][0]["error"] == "connect"
    assert "status_code" not in failed["attempts"][0]

    _, first, _ = call("GET", f"/v1/webhooks/{made}/deliveries", limit="1")
    assert [row["message_id"] for row in first["data"]] == ["msg_7"]
    _, second, _ = call(
        "GET", f"/v1/webhooks/{made}/deliveries", limit="1", cursor=first["next_cursor"]
    )
    assert [row["message_id"] for row in second["data"]] == ["msg_8"]
    assert (second["has_more"], second["next_cursor"]) == (False, None)

    assert call("GET", f"/v1/webhooks/{made}/deliveries", key=other.secret_key)[0] == 404


def test_a_write_key_may_not_configure_anything(call: Call, owner: CreatedTenant) -> None:
    status, problem, _ = call("POST", "/v1/webhooks", WEBHOOK, key=owner.write_key)
    assert (status, problem["required_scope"]) == (403, "webhooks:write")


def test_an_unserved_method_says_what_is_served(call: Call) -> None:
    status, _, headers = call("PUT", "/v1/webhooks", {})
    assert status == 405
    assert headers["allow"] == "GET, HEAD, OPTIONS, POST"
