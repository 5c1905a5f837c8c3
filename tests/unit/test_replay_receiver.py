"""The demo's receiver: it counts what is signed and takes nothing else for true."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook

from local.demo.receiver import SLACK_PATH, Counts, Receiver
from local.steps import StepFailedError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FACT: dict[str, object] = {
    "id": "msg_1",
    "type": "lead.tier_changed",
    "data": {"lead_id": "lead_1"},
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(port=0) as running:
        running.expect("/webhook", SECRET)
        yield running


def post(receiver: Receiver, fact: dict[str, object], secret: str = SECRET) -> int:
    body = json.dumps(fact)
    now = datetime.now(UTC)
    headers = {
        "webhook-id": str(fact["id"]),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(fact["id"]), now, body),
    }
    return httpx.post(receiver.url("/webhook"), content=body, headers=headers).status_code


def test_a_signed_webhook_is_taken_and_kept(receiver: Receiver) -> None:
    assert post(receiver, FACT) == 204

    assert receiver.counts == Counts(verified=1)
    assert receiver.webhooks[0].data == {"lead_id": "lead_1"}


def test_a_webhook_that_comes_again_counts_apart(receiver: Receiver) -> None:
    post(receiver, FACT)

    assert post(receiver, FACT) == 204
    assert receiver.counts == Counts(verified=1, repeated=1)


def test_a_webhook_signed_by_somebody_else_is_refused(receiver: Receiver) -> None:
    assert post(receiver, FACT, secret=OTHER) == 401

    assert receiver.counts == Counts(unverified=1)
    assert not receiver.webhooks


def test_a_path_that_nobody_expects_is_not_there(receiver: Receiver) -> None:
    assert httpx.post(receiver.url("/else"), content=b"{}").status_code == 404


def test_a_slack_message_has_text_and_blocks(receiver: Receiver) -> None:
    good = httpx.post(receiver.url(SLACK_PATH), json={"text": "Hot lead", "blocks": [{}]})
    bad = httpx.post(receiver.url(SLACK_PATH), json={"text": "Hot lead"})
    worse = httpx.post(receiver.url(SLACK_PATH), content=b"{")

    assert [answer.status_code for answer in (good, bad, worse)] == [200, 400, 400]
    assert receiver.counts == Counts(slack=1, malformed=2)


def test_waiting_ends_with_a_lead_not_heard_of_before(receiver: Receiver) -> None:
    post(receiver, FACT)

    assert receiver.wait_for("/webhook", {"lead_1"}, timeout_seconds=0) is None
    post(receiver, FACT | {"id": "msg_2", "data": {"lead_id": "lead_2"}})
    heard = receiver.wait_for("/webhook", {"lead_1"}, timeout_seconds=5)

    assert heard is not None
    assert heard.message_id == "msg_2"


def test_a_port_in_use_is_said_with_the_way_out(receiver: Receiver) -> None:
    port = httpx.URL(receiver.url("/")).port
    assert port is not None

    with pytest.raises(StepFailedError, match="LEADSIGNAL_RECEIVER_PORT"):
        Receiver(port=port)
