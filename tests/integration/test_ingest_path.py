"""From a request to facts on the bus, through the real handlers."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest

from functions.announce import app as announce
from functions.collect import app as collect
from functions.ingest import app as ingest
from leadsignal.models.endpoints import Webhook
from leadsignal.models.facts import FactType
from leadsignal.models.instants import rfc3339, to_instant
from leadsignal.models.tenants import Tenant
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, problem, send
from tests.fakes.lambda_side import CONTEXT, Stack, http_event, load_event, sqs_event

type NewTenant = Callable[..., CreatedTenant]


def when(stack: Stack, minutes: float = 0) -> str:
    return rfc3339(stack.clock.instant + round(minutes * 60_000))


def page(stack: Stack, number: int, path: str, **changes: Any) -> dict[str, Any]:
    return {
        "type": "page",
        "messageId": f"page-{number}",
        "anonymousId": "browser-1",
        "timestamp": when(stack, number - 10),
        "context": {"page": {"url": f"https://www.site.test{path}"}, "ip": "198.51.100.7"},
    } | changes


def listen(tenant_id: str) -> None:
    webhook = Webhook(
        id="whe_all",
        url="https://example.com/",
        types=get_args(FactType.__value__),
        secret="whsec_",
        created_at=1,
    )
    wiring.webhooks(tenant_id).save(webhook)


def visit(stack: Stack) -> list[dict[str, Any]]:
    """Three page views of a campaign's visitor, who then sends a form with a business e-mail."""
    return [
        page(stack, 1, "/?utm_source=google&utm_medium=cpc&utm_campaign=autumn"),
        page(stack, 2, "/pricing"),
        page(stack, 3, "/demo"),
        {
            "type": "track",
            "event": "form_submitted",
            "messageId": "form-1",
            "anonymousId": "browser-1",
            "timestamp": when(stack, -5),
            "properties": {"email": "Ada@Siemens.com", "first_name": "Ada", "title": "CTO"},
        },
    ]


def test_a_visitor_who_sends_a_form_is_one_lead_explained_to_the_point(
    stack: Stack, owner: CreatedTenant
) -> None:
    listen(owner.tenant_id)
    answer = send(owner.write_key, "/v1/batch", {"batch": visit(stack)})
    assert answer["statusCode"] == 200
    facts = drain(stack)

    [lead] = get("/v1/leads", owner.secret_key)["data"]
    assert (lead["is_known"], lead["email"]) == (True, "ada@siemens.com")
    assert (lead["first_name"], lead["title"]) == ("Ada", "CTO")
    assert lead["company"]["domain"] == "siemens.com"
    assert lead["company"]["name"]
    assert (lead["event_count"], lead["session_count"]) == (4, 1)
    touch = lead["first_touch"]
    assert (touch["channel"], touch["source"]) == ("paid_search", "google")
    assert (touch["medium"], touch["campaign"]) == ("cpc", "autumn")

    [session] = get(f"/v1/leads/{lead['id']}/timeline", owner.secret_key)["data"]
    assert [one["message_id"] for one in session["events"]] == [
        "page-1", "page-2", "page-3", "form-1",
    ]  # fmt: skip

    score = get(f"/v1/leads/{lead['id']}/score", owner.secret_key)
    assert (score["score"], score["tier"]) == (lead["score"], lead["tier"])
    by_group: dict[str, float] = {}
    for part in score["contributions"]:
        by_group[part["group"]] = by_group.get(part["group"], 0) + part["decayed_points"]
    for name, group in score["groups"].items():
        assert group["points"] == min(by_group[name], group["cap"])
    assert score["raw"] == sum(group["points"] for group in score["groups"].values())
    assert score["score"] == round(score["raw"])

    company = [facts.pop(at) for at, f in enumerate(facts) if f["type"] == "company.updated"]
    assert [fact["data"]["company_id"] for fact in company] == [lead["company"]["id"]]
    assert [fact["sequence"] for fact in facts] == list(range(1, len(facts) + 1))
    assert {"lead.created", "lead.identified", "lead.enriched"} <= {f["type"] for f in facts}
    assert {fact["data"]["lead_id"] for fact in facts} == {lead["id"]}


def test_sending_everything_again_changes_nothing(stack: Stack, owner: CreatedTenant) -> None:
    listen(owner.tenant_id)
    send(owner.write_key, "/v1/batch", {"batch": visit(stack)})
    drain(stack)
    before = (stack.items("LeadTable"), stack.items("ActivityTable"))

    stack.clock.move(hours=1)
    for item in reversed(visit_at(stack, hours_ago=1)):
        send(owner.write_key, f"/v1/{item['type']}", item)

    assert drain(stack) == []
    assert (stack.items("LeadTable"), stack.items("ActivityTable")) == before


def visit_at(stack: Stack, *, hours_ago: int) -> list[dict[str, Any]]:
    """The visit with the times it had before the clock moved."""
    stack.clock.move(hours=-hours_ago)
    items = visit(stack)
    stack.clock.move(hours=hours_ago)
    return items


def test_one_request_is_one_message_of_its_tenant(stack: Stack, owner: CreatedTenant) -> None:
    send(owner.write_key, "/v1/batch", {"batch": visit(stack)})
    [body] = stack.take("EventsQueue")
    message = json.loads(body)
    assert (message["v"], message["tenant_id"]) == (1, owner.tenant_id)
    assert len(message["events"]) == 4


def test_batches_of_separate_requests_give_one_lead(stack: Stack, owner: CreatedTenant) -> None:
    for item in visit(stack):
        send(owner.write_key, f"/v1/{item['type']}", item)
        drain(stack)
    apart = get("/v1/leads", owner.secret_key)["data"]
    assert [lead["event_count"] for lead in apart] == [4]


def test_equal_ids_in_two_tenants_do_not_meet(stack: Stack, new_tenant: NewTenant) -> None:
    tenants = [new_tenant(), new_tenant("live")]
    for tenant in tenants:
        send(tenant.write_key, "/v1/batch", {"batch": visit(stack)})
    drain(stack)
    ids = [get("/v1/leads", tenant.secret_key)["data"][0]["id"] for tenant in tenants]
    assert ids[0] != ids[1]
    assert call("GET", f"/v1/leads/{ids[0]}", tenants[1].secret_key)["statusCode"] == 404


def test_a_fact_that_nobody_asked_for_is_not_told(stack: Stack, owner: CreatedTenant) -> None:
    send(owner.write_key, "/v1/batch", {"batch": visit(stack)})
    assert drain(stack) == []


def test_a_change_announced_twice_has_the_same_fact_ids(stack: Stack, owner: CreatedTenant) -> None:
    listen(owner.tenant_id)
    send(owner.write_key, "/v1/page", page(stack, 1, "/"))
    ingest.handler(sqs_event(*stack.take("EventsQueue")), CONTEXT)
    changes = stack.changes()
    told = []
    for _ in range(2):
        announce.handler(changes, CONTEXT)
        told.append([fact["id"] for fact in drain(stack)])
    assert told[0] == told[1] != []


def test_a_conflict_leaves_the_first_and_is_quarantined(stack: Stack, owner: CreatedTenant) -> None:
    send(owner.write_key, "/v1/page", page(stack, 1, "/first"))
    stack.clock.move(seconds=1)
    other = page(stack, 1, "/second", timestamp=when(stack, -9))
    send(owner.write_key, "/v1/page", other)
    drain(stack)
    event = get("/v1/events/page-1", owner.secret_key)
    assert event["context"]["page"]["url"].endswith("/first")
    [failed] = [i for i in stack.items("ActivityTable") if i["pk"]["S"].endswith("#FAILED")]
    assert json.loads(failed["data"]["S"])["code"] == "id_conflict"


def test_an_event_without_a_time_keeps_its_first_one(stack: Stack, owner: CreatedTenant) -> None:
    timeless = {"messageId": "t1", "anonymousId": "b", "event": "clicked"}
    first = rfc3339(to_instant(stack.clock.now))
    send(owner.write_key, "/v1/track", timeless)
    drain(stack)
    stack.clock.move(days=2)
    send(owner.write_key, "/v1/track", timeless)
    drain(stack)
    assert get("/v1/events/t1", owner.secret_key)["timestamp"] == first
    assert get("/v1/leads", owner.secret_key)["data"][0]["event_count"] == 1


def test_a_crawler_makes_a_lead_in_no_list_and_without_points(
    stack: Stack, owner: CreatedTenant
) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    listen(owner.tenant_id)
    item = page(stack, 1, "/pricing")
    item["context"]["userAgent"] = agent
    send(owner.write_key, "/v1/page", item)
    assert drain(stack) == []
    assert get("/v1/leads", owner.secret_key)["data"] == []
    event = get("/v1/events/page-1", owner.secret_key)
    assert (event["bot"], event["status"]) == (True, "applied")
    assert event["bot_name"]
    assert get(f"/v1/leads/{event['lead_id']}", owner.secret_key)["score"] == 0


def test_a_live_tenant_finds_an_event_by_its_identifier_and_time(
    stack: Stack, new_tenant: NewTenant
) -> None:
    tenant = new_tenant("live")
    send(tenant.write_key, "/v1/batch", {"batch": visit(stack)})
    drain(stack)
    path, key = "/v1/events/page-2", tenant.secret_key
    assert problem(call("GET", path, key)) == (404, "not-found")
    hints = {"identifier": "browser-1", "at": when(stack, 24 * 60 - 8)}
    assert get(path, key, **hints)["message_id"] == "page-2"
    assert problem(call("GET", path, key, identifier="x", at=when(stack)))[0] == 404
    assert problem(call("GET", path, key, at="yesterday")) == (422, "invalid-request")


def test_a_hint_by_email_is_compared_as_emails_are(stack: Stack, new_tenant: NewTenant) -> None:
    tenant = new_tenant("live")
    body = {"messageId": "e1", "event": "form_submitted", "timestamp": when(stack)}
    send(tenant.secret_key, "/v1/track", body | {"properties": {"email": "bob@initech.com"}})
    drain(stack)
    found = get("/v1/events/e1", tenant.secret_key, identifier=" Bob@Initech.com", at=when(stack))
    assert found["message_id"] == "e1"


@pytest.mark.parametrize("name", ["first_visit", "form_and_identify"])
def test_the_sample_events_of_ingest_are_applied(stack: Stack, name: str) -> None:
    event = load_event(f"ingest/{name}")
    body = json.loads(event["Records"][0]["body"])
    wiring.tenant_store().add_tenant(
        Tenant.model_validate(
            {
                "tenant_id": body["tenant_id"],
                "name": "sample",
                "secret": "c2VjcmV0",
                "created_at": 1,
            }
        )
    )
    assert ingest.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert stack.items("LeadTable")


@pytest.mark.parametrize(
    ("name", "status"),
    [("no_credential_401", 401), ("preflight_204", 204), ("page_view", 403), ("pixel", 200)],
)
def test_the_sample_events_of_collect_are_answered(stack: Stack, name: str, status: int) -> None:
    answer = collect.handler(load_event(f"collect/{name}"), CONTEXT)
    assert answer["statusCode"] == status


def test_a_secret_key_reports_for_visitors_and_not_for_itself(
    stack: Stack, owner: CreatedTenant
) -> None:
    item = {"messageId": "s1", "event": "paid", "userId": "u1", "timestamp": when(stack)}
    event = http_event(
        "POST", "/v1/track", key=owner.secret_key, body=item, headers={"user-agent": "python"}
    )
    assert collect.handler(event, CONTEXT)["statusCode"] == 200
    [body] = stack.take("EventsQueue")
    [queued] = json.loads(body)["events"]
    assert queued["trusted"] is True
    assert "context" not in queued
