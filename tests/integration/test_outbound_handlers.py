"""deliver and alert as Lambda runs them: real handlers, tables, queues, and a receiver's socket."""

import io
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from functions.alert import app as alert
from functions.deliver import app as deliver
from leadsignal.domain import signing
from leadsignal.models.endpoints import Alert, Webhook
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import AlertLead
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger
from tests.fakes.lambda_side import CONTEXT, Stack, sqs_event
from tests.fakes.outbound import ScriptedLeads
from tests.fakes.servers import Server, read_request, serving

SECRET = signing.format_secret(bytes(range(32)))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
DOWN = b"HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"


class Receiver:
    """A local server that answers from a script and keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.server: Server | None = None

    def behave(self, connection: socket.socket, _over: threading.Event) -> None:
        _line, headers, body = read_request(connection)
        self.got.append((headers, body))
        connection.sendall(self.answers.pop(0) if self.answers else OK)

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.port}/hook"


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    made = Receiver()
    with serving(made.behave) as made.server:
        yield made


def fact(number: int = 1) -> Fact:
    return Fact(
        id=f"msg_{number}",
        tenant_id="ten_1",
        type="lead.tier_changed",
        at=to_instant(wiring.now()),
        sequence=number,
        data=FactData(lead_id="lead_1", version=number, tier="hot", previous_tier="warm"),
    )


def from_bus(told: Fact) -> str:
    """Return the body of the message that a rule puts on a queue."""
    return json.dumps(
        {
            "version": "0",
            "id": "event-1",
            "detail-type": told.type,
            "source": "leadsignal",
            "account": "123456789012",
            "time": "2026-01-15T12:00:00Z",
            "region": "eu-west-1",
            "resources": [],
            "detail": told.model_dump(mode="json", exclude_none=True),
        }
    )


def waiting(stack: Stack, queue: str) -> int:
    """Return how many messages a queue hides until later."""
    client = boto3.client("sqs")
    answer = client.get_queue_attributes(QueueUrl=stack.queues[queue], AttributeNames=["All"])
    return int(answer["Attributes"]["ApproximateNumberOfMessagesDelayed"])


def add_webhook(url: str, number: int = 1) -> None:
    wiring.webhooks("ten_1").save(
        Webhook(
            id=f"whe_{number}",
            url=url,
            types=("lead.tier_changed",),
            secret=SECRET,
            created_at=number,
        )
    )


def test_a_fact_on_the_bus_reaches_each_webhook_signed_and_once(
    receiver: Receiver, stack: Stack
) -> None:
    stack.clock.now = datetime.now(UTC)  # the official verifier looks at the real clock
    add_webhook(receiver.url, 1)
    add_webhook(receiver.url, 2)
    assert deliver.handler(sqs_event(from_bus(fact())), CONTEXT) == {"batchItemFailures": []}
    tasks = stack.take("DeliverQueue")
    assert len(tasks) == 2
    for task in tasks * 2:
        assert deliver.handler(sqs_event(task), CONTEXT) == {"batchItemFailures": []}

    assert len(receiver.got) == 2
    for headers, body in receiver.got:
        assert Verifier(SECRET).verify(body, headers)["data"]["tier"] == "hot"
        assert headers["user-agent"] == "LeadSignal-Webhooks/1"
    [delivery] = wiring.deliveries("ten_1").newest("whe_1", 10)
    assert delivery.status == "delivered"


def test_a_failed_attempt_leaves_its_successor_on_the_queue(
    receiver: Receiver, stack: Stack
) -> None:
    receiver.answers = [DOWN]
    add_webhook(receiver.url)
    deliver.handler(sqs_event(from_bus(fact())), CONTEXT)
    [task] = stack.take("DeliverQueue")
    deliver.handler(sqs_event(task), CONTEXT)

    assert waiting(stack, "DeliverQueue") == 1
    [delivery] = wiring.deliveries("ten_1").newest("whe_1", 10)
    assert delivery.status == "failed"
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at >= delivery.attempts[0].at + 60_000


def test_a_task_that_is_not_due_is_hidden_again(receiver: Receiver, stack: Stack) -> None:
    add_webhook(receiver.url)
    later = to_instant(wiring.now()) + 3_600_000
    task = {"kind": "delivery", "fact": fact().model_dump(), "webhook_id": "whe_1",
            "not_before": later}  # fmt: skip
    deliver.handler(sqs_event(json.dumps(task)), CONTEXT)
    assert receiver.got == []
    assert waiting(stack, "DeliverQueue") == 1


@pytest.mark.parametrize("handler", [deliver.handler, alert.handler], ids=["deliver", "alert"])
def test_a_poison_message_fails_alone(receiver: Receiver, handler: Any) -> None:
    answer = handler(sqs_event("{}", from_bus(fact()), '{"detail": 5}'), CONTEXT)
    failed = [item["itemIdentifier"] for item in answer["batchItemFailures"]]
    assert failed == ["m0", "m2"]


@pytest.fixture
def hot_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    lead = AlertLead(lead_id="lead_1", name="Ada <!channel>", score=86, tier="hot")
    monkeypatch.setattr(wiring, "lead_reader", lambda: ScriptedLeads(lead))


def add_alert(url: str) -> None:
    wiring.alerts("ten_1").save(Alert(id="alr_1", name="Sales", url=url, created_at=1))


@pytest.mark.usefixtures("hot_lead")
def test_a_crossing_into_hot_is_one_slack_message(receiver: Receiver) -> None:
    add_alert(receiver.url)
    for _ in range(3):
        event = sqs_event(from_bus(fact()))
        assert alert.handler(event, CONTEXT) == {"batchItemFailures": []}
    [(headers, body)] = receiver.got
    message = json.loads(body)
    assert headers["content-type"].startswith("application/json")
    assert message["blocks"][0]["text"]["text"] == "Hot lead: Ada &lt;!channel&gt;"


@pytest.mark.usefixtures("hot_lead")
def test_trouble_at_slack_is_waited_out_on_the_queue(receiver: Receiver, stack: Stack) -> None:
    receiver.answers = [DOWN]
    add_alert(receiver.url)
    assert alert.handler(sqs_event(from_bus(fact())), CONTEXT) == {"batchItemFailures": []}
    assert len(receiver.got) == 1
    assert waiting(stack, "AlertQueue") == 1


@pytest.mark.usefixtures("hot_lead")
def test_a_pause_that_slack_asks_for_is_spent_on_the_queue(
    receiver: Receiver, stack: Stack
) -> None:
    receiver.answers = [b"HTTP/1.1 429 Slow\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"]
    add_alert(receiver.url)
    assert alert.handler(sqs_event(from_bus(fact())), CONTEXT) == {"batchItemFailures": []}
    assert waiting(stack, "AlertQueue") == 1


def test_logs_hold_ids_and_nothing_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, stack: Stack
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", written)
    receiver.answers = [DOWN]
    add_webhook(receiver.url)
    deliver.handler(sqs_event(from_bus(fact())), CONTEXT)
    [task] = stack.take("DeliverQueue")
    deliver.handler(sqs_event(task), CONTEXT)
    assert "whe_1" in written.getvalue()
    for secret in (SECRET, SECRET.removeprefix("whsec_"), receiver.url, "127.0.0.1", "v1,"):
        assert secret not in written.getvalue()
