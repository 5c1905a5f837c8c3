"""A lead that turns hot is told once to a webhook that can verify it, and once to Slack."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.system.capture import Capture
from tests.system.conftest import Api, eventually

ROUNDS = 5
MOST_SECONDS = 3  # from the POST of the event to the request at the receiver, in the median


@contextmanager
def _listening(api: Api, receiver: Capture) -> Iterator[Webhook]:
    """A webhook and a Slack alert at the receiver, removed afterwards; yields the verifier."""
    types = ["lead.tier_changed"]
    webhook = api.post("/v1/webhooks", {"url": f"{receiver.url}/hook", "types": types})
    assert webhook.status_code == 201, webhook.text
    alert = api.post("/v1/alerts", {"name": "hot", "kind": "slack", "url": f"{receiver.url}/slack"})
    assert alert.status_code == 201, alert.text
    try:
        yield Webhook(webhook.json()["secret"])
    finally:
        api.delete(f"/v1/webhooks/{webhook.json()['id']}")
        api.delete(f"/v1/alerts/{alert.json()['id']}")


def _hot_visit(visitor: str) -> list[dict[str, Any]]:
    """Return a visit that ends in a form and takes a lead from cold to hot at once."""
    now = datetime.now(UTC) - timedelta(minutes=5)

    def event(number: int, **fields: Any) -> dict[str, Any]:
        moment = (now + timedelta(seconds=number)).isoformat()
        return {
            "anonymousId": visitor,
            "messageId": f"{visitor}-{number}",
            "timestamp": moment,
        } | fields

    def page(number: int, path: str) -> dict[str, Any]:
        url = f"https://www.example-shop.com{path}"
        return event(number, type="page", context={"page": {"url": url, "path": path}})

    form = {"email": f"{visitor}@siemens.com", "title": "CTO", "phone": "+4930123456"}
    return [
        page(0, "/"),
        page(1, "/pricing"),
        page(2, "/pricing/teams"),
        event(3, type="track", event="form_submitted", properties=form),
    ]


def test_a_hot_crossing_sends_one_verified_webhook_and_one_slack_message(
    api: Api, receiver: Capture, unique: str
) -> None:
    visitor = f"hot{unique}"
    with _listening(api, receiver) as verifier:
        api.track(*_hot_visit(visitor))
        lead = api.lead_of(f"{visitor}-3")
        hooks = eventually(lambda: receiver.of("/hook"))
        slack = eventually(lambda: receiver.of("/slack"))
        api.track(*_hot_visit(visitor))  # again: no second crossing
        quiet = f"quiet{unique}"
        api.track({"type": "page", "anonymousId": quiet, "messageId": quiet})
        api.lead_of(quiet)

    assert lead["tier"] == "hot"
    assert len(receiver.of("/hook")) == len(hooks) == 1
    assert len(receiver.of("/slack")) == len(slack) == 1
    body = verifier.verify(hooks[0].body, hooks[0].headers)
    assert body["type"] == "lead.tier_changed"
    assert body["id"] == hooks[0].headers["webhook-id"]
    assert (body["data"]["lead_id"], body["data"]["tier"]) == (lead["id"], "hot")
    assert lead["id"] in slack[0].body.decode() or "siemens" in slack[0].body.decode().lower()


def test_a_webhook_leaves_within_three_seconds_of_the_event(
    api: Api, receiver: Capture, unique: str
) -> None:
    seconds = []
    with _listening(api, receiver):
        for number in range(ROUNDS):
            sent = time.monotonic()
            api.track(*_hot_visit(f"fast{number}{unique}"))
            eventually(lambda expected=number + 1: len(receiver.of("/hook")) == expected)  # type: ignore[misc]
            seconds.append(time.monotonic() - sent)

    assert statistics.median(seconds) < MOST_SECONDS, seconds
