"""What became of one event, asked over HTTP after it went through the real handlers."""

import json
import socket
import threading
from collections.abc import Callable
from typing import Any, get_args

import pytest

from functions.alert import app as alert
from functions.deliver import app as deliver
from functions.enrich import app as enrich
from functions.quarantine import app as quarantine
from leadsignal.domain import signing
from leadsignal.models.endpoints import Alert, Webhook
from leadsignal.models.events import EventsMessage
from leadsignal.models.facts import FactType
from leadsignal.models.instants import rfc3339
from leadsignal.runtime import wiring
from leadsignal.services.histories import MAX_DAYS
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, problem, send
from tests.fakes.lambda_side import CONTEXT, Stack, sqs_event
from tests.fakes.servers import read_request, serving

type Json = dict[str, Any]
type NewTenant = Callable[..., CreatedTenant]

OFFICE = "141.29.1.1"


def when(stack: Stack, minutes: float = 0) -> str:
    return rfc3339(stack.clock.instant + round(minutes * 60_000))


def page(stack: Stack, number: int, path: str = "/", **changes: Any) -> Json:
    return {
        "type": "page",
        "messageId": f"page-{number}",
        "anonymousId": "browser-1",
        "timestamp": when(stack, number - 10),
        "context": {"page": {"url": f"https://www.site.test{path}"}, "ip": "198.51.100.7"},
    } | changes


def form(stack: Stack, message_id: str = "form-1", **changes: Any) -> Json:
    return {
        "type": "track",
        "event": "form_submitted",
        "messageId": message_id,
        "anonymousId": "browser-1",
        "timestamp": when(stack, -5),
        "properties": {"email": "Ada@Siemens.com", "first_name": "Ada", "title": "CTO"},
    } | changes


def tell(stack: Stack, key: str, *items: Json) -> list[Json]:
    assert send(key, "/v1/batch", {"batch": list(items)})["statusCode"] == 200
    return drain(stack)


def trace(key: str, message_id: str, **hints: str) -> list[Json]:
    answer = get(f"/v1/events/{message_id}/trace", key, **hints)
    assert answer["message_id"] == message_id
    instants = [step["at"] for step in answer["steps"]]
    assert instants == sorted(instants)
    steps: list[Json] = answer["steps"]
    return steps


def only(steps: list[Json], step: str) -> Json:
    [found] = [each for each in steps if each["step"] == step]
    return found


def named(steps: list[Json]) -> list[str]:
    return [step["step"] for step in steps]


def listen(tenant_id: str, url: str = "https://example.com/", number: int = 1) -> None:
    wiring.webhooks(tenant_id).save(
        Webhook(
            id=f"whe_{number}",
            url=url,
            types=get_args(FactType.__value__),
            secret=signing.format_secret(bytes(32)),
            created_at=number,
        )
    )


def on_the_bus(fact: Json) -> str:
    return json.dumps({"source": "leadsignal", "detail-type": fact["type"], "detail": fact})


def test_an_event_is_traced_from_the_door_to_a_receiver(stack: Stack, owner: CreatedTenant) -> None:
    def behave(connection: socket.socket, _over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    key = owner.secret_key
    with serving(behave) as server:
        listen(owner.tenant_id, f"http://127.0.0.1:{server.port}/")
        pages = [page(stack, 1), page(stack, 2, "/pricing"), page(stack, 3, "/demo")]
        tell(stack, owner.write_key, *pages)
        stack.clock.move(minutes=1)
        facts = tell(stack, owner.write_key, form(stack))
        for fact in facts:
            deliver.handler(sqs_event(on_the_bus(fact)), CONTEXT)
        for task in stack.take("DeliverQueue"):
            deliver.handler(sqs_event(task), CONTEXT)

    [lead] = get("/v1/leads", key)["data"]
    steps = trace(key, "form-1")
    event = get("/v1/events/form-1", key)
    [session] = get(f"/v1/leads/{lead['id']}/timeline", key)["data"]
    assert named(steps)[:5] == ["accepted", "applied", "identity", "enrichment", "score"]
    accepted = only(steps, "accepted")
    assert accepted["at"] == event["received_at"]
    assert (accepted["trusted"], accepted["signed"]) == (False, False)
    assert accepted["key_id"] in owner.write_key
    assert accepted["timestamp"] == accepted["client_timestamp"] == event["timestamp"]
    assert only(steps, "applied") == {
        "step": "applied",
        "at": event["received_at"],
        "lead_id": lead["id"],
        "member": "anonymous_id",
        "session_id": session["session_id"],
        "bot": False,
    }
    identity = only(steps, "identity")
    assert (identity["rule"], identity["lead_id"]) == ("logged_in", lead["id"])
    assert identity["identifier"] == {"kind": "email", "value": "ada@siemens.com"}
    [link] = identity["links"]
    assert {named["kind"] for named in link["identifiers"]} == {"email", "anonymous_id"}
    assert link["message_id"] == "form-1"
    enriched = only(steps, "enrichment")
    assert enriched == {
        "step": "enrichment",
        "at": enriched["enriched_at"],
        "company_id": lead["company"]["id"],
        "domain": "siemens.com",
        "via": "email",
        "status": "filled",
        "tier": "prv_embedded",
        "credits": 0,
        "enriched_at": when(stack),
    }
    score = only(steps, "score")
    changed = {rule["rule_id"]: (rule["before"], rule["after"]) for rule in score["rules"]}
    assert changed == {
        "company": (0, 15),
        "known": (0, 5),
        "business_email": (0, 15),
        "job_title": (0, 5),
        "form": (0, 30),
    }
    assert (score["score_before"], score["score_after"]) == (21, lead["score"])
    assert (score["tier_before"], score["tier_after"]) == ("cold", lead["tier"])
    told = [step for step in steps if step["step"] == "delivery"]
    caused = {fact["id"]: fact["type"] for fact in facts if fact["data"].get("cause") == "form-1"}
    assert {step["fact_id"]: step["type"] for step in told} == caused
    assert "lead.identified" in caused.values()
    for step in told:
        assert (step["webhook_id"], step["status"], step["attempt_count"]) == (
            "whe_1", "delivered", 1,
        )  # fmt: skip
        [attempt] = step["attempts"]
        assert attempt["status_code"] == 200
        assert step["delivery_id"].endswith(step["fact_id"])


def test_what_enrichment_adds_is_told_of_the_event_that_led_to_it(
    stack: Stack, owner: CreatedTenant
) -> None:
    listen(owner.tenant_id)
    facts = tell(stack, owner.write_key, form(stack))
    [enriched] = [fact for fact in facts if fact["type"] == "lead.enriched"]
    assert enriched["data"]["cause"] == "form-1"


def test_an_alert_that_an_event_caused_is_among_who_was_told(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = owner.secret_key
    wiring.alerts(owner.tenant_id).save(
        Alert(id="alr_1", name="Sales", url="http://127.0.0.1:9/slack", created_at=1)
    )
    items = [page(stack, n, "/pricing") for n in range(3)]
    facts = tell(stack, owner.write_key, *items, form(stack))
    [hot] = [fact for fact in facts if fact["data"].get("tier") == "hot"]
    alert.handler(sqs_event(on_the_bus(hot)), CONTEXT)
    told = [step for step in trace(key, hot["data"]["cause"]) if step["step"] == "delivery"]
    assert [(s["alert_id"], s["fact_id"], s["status"], s["attempt_count"]) for s in told] == [
        ("alr_1", hot["id"], "waiting", 1)
    ]


def test_each_event_of_a_visit_tells_its_own_part_of_the_score(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = owner.secret_key
    items = [page(stack, 1), page(stack, 2, "/pricing"), page(stack, 3, "/demo"), form(stack)]
    tell(stack, owner.write_key, *reversed(items))
    scores = [only(trace(key, item["messageId"]), "score") for item in items]
    [lead] = get("/v1/leads", key)["data"]
    assert [score["score_before"] for score in scores[1:]] == [
        score["score_after"] for score in scores[:-1]
    ]
    assert (scores[0]["score_before"], scores[-1]["score_after"]) == (0, lead["score"])
    assert [rule["rule_id"] for rule in scores[1]["rules"]] == ["page_view", "pricing"]
    assert [rule["before"] for rule in scores[1]["rules"]] == [1, 0]
    assert scores[1]["as_of"] == items[1]["timestamp"]


def test_a_log_in_that_joins_two_leads_tells_both_scores(
    stack: Stack, owner: CreatedTenant
) -> None:
    key, login = owner.secret_key, {"type": "identify", "userId": "u1", "messageId": "log-in"}
    early = {"timestamp": when(stack, -30)}
    tell(stack, owner.write_key, {"type": "identify", "userId": "u1", "messageId": "m1"} | early)
    tell(stack, owner.write_key, page(stack, 1, "/pricing"))
    tell(stack, owner.write_key, login | {"anonymousId": "browser-1", "timestamp": when(stack)})
    steps = trace(key, "log-in")
    score = only(steps, "score")
    assert (score["score_before"], score["merged_scores"], score["score_after"]) == (5, [13], 18)
    assert only(steps, "identity")["rule"] == "logged_in"
    later = only(trace(key, "page-1"), "identity")
    assert later["rule"] == "new_identifier"
    assert [link["message_id"] for link in later["links"]] == ["log-in"]


def test_a_join_that_was_refused_is_told_with_its_reason(
    stack: Stack, owner: CreatedTenant
) -> None:
    for user in ("u1", "u2"):
        named = {"type": "identify", "userId": user, "messageId": user}
        tell(stack, owner.write_key, named | {"timestamp": when(stack, -30)})
    claim = {"type": "alias", "userId": "u1", "previousId": "u2", "messageId": "claim"}
    tell(stack, owner.write_key, claim | {"timestamp": when(stack)})
    identity = only(trace(owner.secret_key, "claim"), "identity")
    [refusal] = [r for r in identity["refusals"] if r["identifiers"][0]["kind"] == "user_id"]
    assert refusal["reason"] in ("different_user_ids", "untrusted_sender")
    assert refusal["message_id"] == "claim"
    assert {each["value"] for each in refusal["identifiers"]} == {"u1", "u2"}


def test_an_event_on_a_shared_browser_is_said_to_be_nobodys(
    stack: Stack, owner: CreatedTenant
) -> None:
    for number, user in enumerate(("ada", "bob")):
        named = {"type": "identify", "userId": user, "anonymousId": "browser-1"}
        at = {"messageId": user, "timestamp": when(stack, number - 20)}
        tell(stack, owner.write_key, named | at)
    tell(stack, owner.write_key, page(stack, 1))
    steps = trace(owner.secret_key, "page-1")
    assert only(steps, "identity")["rule"] == "shared_browser"
    users = {get(f"/v1/events/{user}", owner.secret_key)["lead_id"] for user in ("ada", "bob")}
    assert len(users | {only(steps, "applied")["lead_id"]}) == 3
    assert only(steps, "score")["score_after"] == 1


def test_a_crawler_is_told_and_changes_no_score(stack: Stack, owner: CreatedTenant) -> None:
    headers = {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    item = page(stack, 1)
    assert send(owner.write_key, "/v1/batch", {"batch": [item]}, headers=headers)
    drain(stack)
    steps = trace(owner.secret_key, "page-1")
    assert named(steps) == ["accepted", "applied", "identity", "score"]
    assert only(steps, "applied")["bot"] is True
    assert only(steps, "applied")["bot_name"]
    assert only(steps, "score")["rules"] == []


def test_a_duplicate_leaves_no_step(stack: Stack, owner: CreatedTenant) -> None:
    tell(stack, owner.write_key, page(stack, 1))
    before = trace(owner.secret_key, "page-1")
    first = page(stack, 1)
    stack.clock.move(minutes=5)
    tell(stack, owner.write_key, first)
    assert trace(owner.secret_key, "page-1") == before


def test_a_conflict_is_told_beside_the_event_that_was_first(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = owner.secret_key
    tell(stack, owner.write_key, page(stack, 1))
    other = page(stack, 1, "/other")
    stack.clock.move(minutes=5)
    tell(stack, owner.write_key, other)
    steps = trace(key, "page-1")
    assert named(steps) == ["accepted", "applied", "identity", "score", "accepted", "conflict"]
    conflict = only(steps, "conflict")
    assert conflict["code"] == "id_conflict"
    [row] = wiring.failures(owner.tenant_id).of_message("page-1")
    assert conflict["failed_event_id"] == row.id
    event = get("/v1/events/page-1", key)
    assert (event["status"], event["context"]["page"]["url"]) == (
        "applied", "https://www.site.test/",
    )  # fmt: skip


def test_with_a_live_key_a_conflict_leads_to_the_event_that_was_first(
    stack: Stack, new_tenant: NewTenant
) -> None:
    owner = new_tenant("live")
    tell(stack, owner.write_key, page(stack, 1))
    assert problem(call("GET", "/v1/events/page-1/trace", owner.secret_key)) == (404, "not-found")
    hints = {"identifier": "browser-1", "at": when(stack, -9)}
    assert "applied" in named(trace(owner.secret_key, "page-1", **hints))
    tell(stack, owner.write_key, page(stack, 1, "/other"))
    steps = trace(owner.secret_key, "page-1")
    assert {"applied", "conflict"} <= set(named(steps))
    assert get("/v1/events/page-1", owner.secret_key)["status"] == "applied"


def test_an_item_refused_at_the_door_is_quarantined(stack: Stack, owner: CreatedTenant) -> None:
    key = owner.secret_key
    nameless = {"type": "track", "userId": "u", "messageId": "bad", "properties": {"a": 1}}
    tell(stack, owner.write_key, nameless)
    [step] = trace(key, "bad")
    [row] = wiring.failures(owner.tenant_id).of_message("bad")
    assert step == {
        "step": "quarantined",
        "at": when(stack),
        "code": "invalid_event",
        "detail": row.detail,
        "pointer": "/batch/0/event",
        "failed_event_id": row.id,
    }
    event = get("/v1/events/bad", key)
    assert (event["status"], event["lead_id"], event["event"]) == ("quarantined", None, None)
    assert (event["type"], event["properties"]) == ("track", {"a": 1})
    assert (event["failed_event_id"], event["code"]) == (row.id, "invalid_event")


def test_an_event_that_nobody_could_apply_is_quarantined_until_its_replay(
    stack: Stack, owner: CreatedTenant
) -> None:
    key = owner.secret_key
    send(owner.write_key, "/v1/batch", {"batch": [page(stack, 1)]})
    [body] = stack.take("EventsQueue")
    quarantine.handler(sqs_event(body, queue="EventsDlq", received=6), CONTEXT)

    steps = trace(key, "page-1")
    event = get("/v1/events/page-1", key)
    assert named(steps) == ["accepted", "quarantined"]
    assert steps[0]["key_id"] == EventsMessage.model_validate_json(body).key_id
    assert steps[1]["code"] == "apply_failed"
    assert (event["status"], event["event"], event["lead_id"]) == ("quarantined", "page_view", None)
    assert event["context"]["page"]["url"] == "https://www.site.test/"

    stack.clock.move(minutes=3)
    failures = wiring.failures(owner.tenant_id)
    [row] = failures.of_message("page-1")
    failures.mark_replayed(row.id, stack.clock.instant)
    wiring.events_queue().send([body], group="t")
    drain(stack)
    steps = trace(key, "page-1")
    assert named(steps)[:3] == ["accepted", "quarantined", "applied"]
    assert steps[1]["replayed_at"] == steps[2]["at"] == when(stack)
    assert get("/v1/events/page-1", key)["status"] == "applied"


def test_a_company_on_file_costs_no_lookup(stack: Stack, owner: CreatedTenant) -> None:
    tell(stack, owner.write_key, form(stack))
    stack.clock.move(minutes=5)
    tell(stack, owner.write_key, form(stack, "form-2", anonymousId="browser-2"))
    first = only(trace(owner.secret_key, "form-1"), "enrichment")
    again = only(trace(owner.secret_key, "form-2"), "enrichment")
    assert [step["tier"] for step in (first, again)] == ["prv_embedded", "long"]
    assert [step["credits"] for step in (first, again)] == [0, 0]
    assert again["at"] > again["enriched_at"] == first["enriched_at"]


def test_a_company_that_nobody_looked_up_yet_is_waited_for(
    stack: Stack, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(enrich, "handler", lambda *_: {"batchItemFailures": []})
        tell(stack, owner.write_key, form(stack))
    step = only(trace(owner.secret_key, "form-1"), "enrichment")
    assert (step["status"], step["domain"]) == ("waiting", "siemens.com")
    assert "tier" not in step


def test_a_company_that_another_event_led_to_is_not_this_ones(
    stack: Stack, owner: CreatedTenant
) -> None:
    tell(stack, owner.write_key, page(stack, 1), form(stack))
    assert "enrichment" not in named(trace(owner.secret_key, "page-1"))
    group = {"type": "group", "groupId": "g", "traits": {"name": "G"}, "messageId": "group"}
    tell(stack, owner.write_key, group | {"anonymousId": "browser-9", "timestamp": when(stack)})
    assert "enrichment" not in named(trace(owner.secret_key, "group"))


def test_a_history_too_long_to_read_is_said_to_be(stack: Stack, owner: CreatedTenant) -> None:
    browsers, days = range(4), range(28)
    assert len(browsers) * len(days) > MAX_DAYS
    batch = [
        {
            "type": "page",
            "anonymousId": f"browser-{browser}",
            "messageId": f"{browser}-{day}",
            "timestamp": when(stack, -day * 24 * 60),
        }
        | ({"userId": "u1", "type": "identify"} if day == days[-1] else {})
        for browser in browsers
        for day in days
    ]
    tell(stack, owner.write_key, *batch)
    step = only(trace(owner.secret_key, "0-0"), "score")
    assert step == {
        "step": "score",
        "at": when(stack),
        "as_of": when(stack),
        "omitted": "too_many_events",
    }
    assert "omitted" not in only(trace(owner.secret_key, "0-9"), "score")


@pytest.mark.parametrize("tail", ["", "/trace"])
@pytest.mark.parametrize(
    "message_id",
    [
        "unknown", "a" * 1_025, "m%2F1", "m%00", "%", "%zz", "..", "m 1", "ü", "😀", "a'b",
        "T#t#E#x", "\ud800", "a/b", "\x00",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_event_is_not_found(
    stack: Stack, owner: CreatedTenant, message_id: str, tail: str
) -> None:
    answer = call("GET", f"/v1/events/{message_id}{tail}", owner.secret_key)
    assert problem(answer) == (404, "not-found")


def test_a_foreign_event_is_no_different_from_none(stack: Stack, new_tenant: NewTenant) -> None:
    ours, theirs = new_tenant(), new_tenant()
    nameless = {"type": "track", "userId": "u", "messageId": "bad"}
    tell(stack, ours.write_key, page(stack, 1), nameless)
    hints = {"identifier": "browser-1", "at": when(stack, -9)}
    for message_id in ("page-1", "bad"):
        for tail in ("", "/trace"):
            path = f"/v1/events/{message_id}{tail}"
            assert get(path, ours.secret_key)
            foreign = call("GET", path, theirs.secret_key, **hints)
            unknown = call("GET", f"/v1/events/x{tail}", theirs.secret_key, **hints)
            assert problem(foreign) == (404, "not-found")
            for answer in (foreign, unknown):
                answer["headers"].pop("ratelimit")
            assert foreign == unknown


def test_the_same_id_in_two_tenants_is_two_events(stack: Stack, new_tenant: NewTenant) -> None:
    ours, theirs = new_tenant(), new_tenant()
    tell(stack, ours.write_key, page(stack, 1, "/pricing"))
    tell(stack, theirs.write_key, page(stack, 1, "/"))
    scores = [only(trace(t.secret_key, "page-1"), "score")["score_after"] for t in (ours, theirs)]
    assert scores == [13, 1]


def test_a_bad_hint_is_named(stack: Stack, owner: CreatedTenant) -> None:
    path = "/v1/events/m/trace"
    answer = call("GET", path, owner.secret_key, at="yesterday")
    assert problem(answer) == (422, "invalid-request")
    [error] = json.loads(answer["body"])["errors"]
    assert error["parameter"] == "at"
    long = call("GET", path, owner.secret_key, identifier="a" * 257)
    assert problem(long) == (422, "invalid-request")
    assert problem(call("POST", path, owner.secret_key)) == (405, "method-not-allowed")
    assert problem(call("GET", path, owner.write_key)) == (403, "insufficient-scope")


def test_the_identity_of_a_lead_is_explained(stack: Stack, owner: CreatedTenant) -> None:
    key = owner.secret_key
    named = {"type": "identify", "userId": "u1", "messageId": "m1"}
    tell(stack, owner.write_key, named | {"timestamp": when(stack, -30)})
    tell(stack, owner.write_key, page(stack, 1))
    gone = get("/v1/events/page-1", key)["lead_id"]
    login = {"messageId": "log-in", "anonymousId": "browser-1", "timestamp": when(stack)}
    tell(stack, owner.write_key, named | login)
    [lead] = get("/v1/leads", key)["data"]
    found = get(f"/v1/leads/{lead['id']}/identity", key)
    assert found == get(f"/v1/leads/{gone}/identity", key)
    assert (found["lead_id"], found["refusals"]) == (lead["id"], [])
    [link] = found["links"]
    assert (link["rule"], link["message_id"], link["at"]) == ("logged_in", "log-in", when(stack))
    [merge] = found["merges"]
    assert (merge["lead_id"], merge["message_id"]) == (gone, "log-in")
    assert (found["shared_browsers"], found["related_leads"]) == ([], [])


def test_the_identity_of_a_foreign_lead_is_not_found(stack: Stack, new_tenant: NewTenant) -> None:
    ours, theirs = new_tenant(), new_tenant()
    tell(stack, ours.write_key, page(stack, 1))
    [lead] = get("/v1/leads", ours.secret_key)["data"]
    answers = [
        call("GET", f"/v1/leads/{lead_id}/identity", theirs.secret_key)
        for lead_id in (lead["id"], "lead_" + "a" * 26, "x", "%2e%2e", "a" * 1_025)
    ]
    assert {problem(answer) for answer in answers} == {(404, "not-found")}
