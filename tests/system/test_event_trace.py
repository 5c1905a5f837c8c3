"""One event followed from the door to a receiver, by its trace alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.system.capture import Capture
from tests.system.conftest import Api, eventually

type Json = dict[str, Any]


def trace(api: Api, message_id: str) -> list[Json]:
    answer = api.get(f"/v1/events/{message_id}/trace")
    assert answer.status_code in (200, 404), answer.text
    steps: list[Json] = answer.json()["steps"] if answer.status_code == 200 else []
    return steps


def delivered(api: Api, message_id: str) -> list[Json] | None:
    """Return the trace once a webhook took what the event caused."""
    steps = trace(api, message_id)
    told = [step for step in steps if step["step"] == "delivery"]
    return steps if any(step["status"] == "delivered" for step in told) else None


def test_an_event_is_traced_to_the_receiver_that_was_told_of_it(
    api: Api, other_api: Api, receiver: Capture, unique: str
) -> None:
    visitor, form = f"traced{unique}", f"{unique}-form"
    moment = datetime.now(UTC) - timedelta(minutes=5)
    page: Json = {"type": "page", "anonymousId": visitor, "messageId": f"{unique}-page"}
    page |= {"timestamp": moment.isoformat(), "context": {"page": {"url": "https://x.com/pricing"}}}
    sent: Json = {
        "type": "track",
        "event": "form_submitted",
        "anonymousId": visitor,
        "messageId": form,
    }
    sent |= {"timestamp": (moment + timedelta(minutes=1)).isoformat()}
    sent |= {"properties": {"email": f"{visitor}@siemens.com", "title": "CTO"}}
    types = ["lead.identified"]
    webhook = api.post("/v1/webhooks", {"url": f"{receiver.url}/hook", "types": types}).json()
    try:
        api.track(page)
        lead_id = api.lead_of(f"{unique}-page")["id"]
        api.track(sent)
        steps = eventually(lambda: delivered(api, form))
    finally:
        api.delete(f"/v1/webhooks/{webhook['id']}")

    by_name = {step["step"]: step for step in steps}
    assert set(by_name) == {
        "accepted", "applied", "identity", "enrichment", "score", "delivery",
    }  # fmt: skip
    assert by_name["applied"]["lead_id"] == lead_id
    assert by_name["identity"]["rule"] == "logged_in"
    assert by_name["enrichment"]["domain"] == "siemens.com"
    assert "form" in {rule["rule_id"] for rule in by_name["score"]["rules"]}
    [hook] = receiver.of("/hook")
    told = by_name["delivery"]
    assert (told["fact_id"], told["type"]) == (hook.headers["webhook-id"], "lead.identified")
    assert (told["webhook_id"], told["attempts"][0]["status_code"]) == (webhook["id"], 200)
    assert other_api.get(f"/v1/events/{form}/trace").status_code == 404
    links = api.get(f"/v1/leads/{lead_id}/identity").json()["links"]
    assert form in {link["message_id"] for link in links}


def test_an_event_that_only_a_failed_one_knows_is_traced_too(api: Api, unique: str) -> None:
    api.track({"type": "track", "userId": unique, "messageId": unique})
    [step] = eventually(lambda: trace(api, unique))
    assert (step["step"], step["code"]) == ("quarantined", "invalid_event")
    event = api.get(f"/v1/events/{unique}").json()
    assert (event["status"], event["lead_id"]) == ("quarantined", None)
    assert event["failed_event_id"] == step["failed_event_id"]


def test_a_conflict_is_traced_beside_the_event_that_was_first(api: Api, unique: str) -> None:
    first = {"type": "track", "event": "first", "userId": unique, "messageId": unique}
    first["timestamp"] = "2026-11-20T10:00:00Z"
    api.track(first)
    api.lead_of(unique)
    api.track(first | {"event": "second"})

    def found() -> list[Json] | None:
        steps = trace(api, unique)
        return steps if "conflict" in [step["step"] for step in steps] else None

    names = [step["step"] for step in eventually(found)]
    assert names == ["accepted", "applied", "identity", "score", "accepted", "conflict"]
