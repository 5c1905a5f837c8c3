"""Deliveries against a stopped clock: schedule, repeats, crashes, and what a receiver may ask."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from leadsignal.domain import retries, signing
from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.endpoints import PreviousSecret, Webhook
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import DELIVER_MESSAGE, DeliveryTask, HttpFailure, HttpResult
from leadsignal.services.deliver import (
    LEASE_MS,
    Outbox,
    deliver,
    delivery_id,
    fan_out,
    payload,
)
from tests.fakes.clock import NOW, Clock
from tests.fakes.outbound import InMemoryDeliveries, InMemoryEndpoints, ScriptedHttp
from tests.fakes.queues import InMemoryQueue

SECRET = signing.format_secret(bytes(range(32)))
OLD_SECRET = signing.format_secret(bytes(range(1, 33)))
FACT = Fact(
    id="msg_abc",
    tenant_id="ten_1",
    type="lead.tier_changed",
    at=to_instant(NOW),
    sequence=7,
    data=FactData(lead_id="lead_1", version=12, tier="hot", previous_tier="warm", score=86),
)
OK = HttpResult(status=200, duration_ms=20)
DOWN = HttpResult(status=503, duration_ms=20)


def webhook(**changes: Any) -> Webhook:
    fields = {
        "id": "whe_1",
        "url": "https://example.com/hook",
        "types": ("lead.tier_changed",),
        "secret": SECRET,
        "created_at": 1,
    }
    return Webhook.model_validate(fields | changes)


class World:
    """One tenant's outbox, a clock, and a queue that hands tasks over when they are visible."""

    def __init__(self, *results: HttpResult, **changes: Any) -> None:
        self.clock = Clock()
        self.http = ScriptedHttp(*results)
        self.queue = InMemoryQueue()
        self.webhooks = InMemoryEndpoints(webhook(**changes))
        self.deliveries = InMemoryDeliveries()
        self.outbox = Outbox(self.webhooks, self.deliveries, self.queue, self.http)
        self.rounds = 0

    def run(self, task: DeliveryTask) -> None:
        deliver(task, outbox=self.outbox, now=self.clock.now)

    def first(self) -> DeliveryTask:
        return DeliveryTask(fact=FACT, webhook_id="whe_1")

    def drain(self) -> None:
        """Hand over every task after its delay (at most 15 minutes), until there is none."""
        while sent := self.queue.take():
            [message] = sent
            self.clock.move(seconds=min(message.delay_seconds, 900))
            task = DELIVER_MESSAGE.validate_json(message.body)
            assert isinstance(task, DeliveryTask)
            self.rounds += 1
            self.run(task)

    @property
    def delivery(self) -> Any:
        [row] = self.deliveries.rows()
        return row


def test_a_fact_becomes_one_task_per_enabled_webhook_that_subscribed() -> None:
    webhooks = InMemoryEndpoints(
        webhook(id="whe_1"),
        webhook(id="whe_2", types=("lead.created",)),
        webhook(id="whe_3", status="disabled"),
        webhook(id="whe_4", types=("lead.created", "lead.tier_changed")),
    )
    queue = InMemoryQueue()

    assert fan_out(FACT, webhooks=webhooks, queue=queue) == 2

    tasks = [DELIVER_MESSAGE.validate_json(sent.body) for sent in queue.sent]
    assert tasks == [DeliveryTask(fact=FACT, webhook_id=name) for name in ("whe_1", "whe_4")]
    assert {sent.group for sent in queue.sent} == {"ten_1"}


def test_a_fact_that_nobody_subscribed_to_costs_no_message() -> None:
    queue = InMemoryQueue()
    assert fan_out(FACT, webhooks=InMemoryEndpoints[Webhook](), queue=queue) == 0
    assert queue.sent == []


def test_the_message_of_the_bus_is_told_from_a_task() -> None:
    envelope = {"version": "0", "source": "leadsignal", "detail": FACT.model_dump()}
    message = DELIVER_MESSAGE.validate_json(json.dumps(envelope))
    assert not isinstance(message, DeliveryTask)
    assert message.detail == FACT


def test_the_official_verifier_accepts_the_bytes_that_were_sent() -> None:
    world = World()
    now = datetime.now(UTC)  # the official verifier reads the real clock
    deliver(world.first(), outbox=world.outbox, now=now)

    [call] = world.http.calls
    received = Verifier(SECRET).verify(call.body, dict(call.headers))

    assert call.url == "https://example.com/hook"
    assert call.headers["webhook-id"] == "msg_abc"
    assert call.headers["user-agent"] == "LeadSignal-Webhooks/1"
    assert call.headers["content-type"] == "application/json"
    assert received == {
        "id": "msg_abc",
        "type": "lead.tier_changed",
        "timestamp": "2026-01-15T12:00:00.000Z",
        "schema_version": 1,
        "sequence": 7,
        "data": {
            "lead_id": "lead_1",
            "version": 12,
            "tier": "hot",
            "previous_tier": "warm",
            "score": 86,
        },
    }


def test_a_delivered_message_is_recorded_with_its_attempt() -> None:
    world = World(OK)
    world.run(world.first())
    delivery = world.delivery
    assert delivery.status == "delivered"
    assert delivery.id == delivery_id(FACT)
    assert [(a.number, a.status_code, a.duration_ms) for a in delivery.attempts] == [(1, 200, 20)]
    assert world.queue.sent == []


def test_a_fact_told_again_is_not_sent_again() -> None:
    world = World(OK)
    for _ in range(3):
        world.run(world.first())
    assert len(world.http.calls) == 1


def test_an_outage_is_retried_ten_times_over_75_hours_and_then_given_up() -> None:
    world = World(DOWN)
    world.run(world.first())
    assert world.delivery.status == "failed"
    world.drain()

    delivery = world.delivery
    assert delivery.status == "exhausted"
    assert delivery.next_attempt_at is None
    assert [a.number for a in delivery.attempts] == list(range(1, 11))
    times = [a.at for a in delivery.attempts]
    gaps = [after - before for before, after in zip(times, times[1:], strict=False)]
    for gap, planned in zip(gaps, retries.WAITS_MS, strict=True):
        assert 0.8 * planned <= gap <= 1.2 * planned + 2_000  # whole seconds, and the request
    assert sum(gaps) >= 75 * 3_600_000
    assert world.rounds < 400  # some hundred rounds on the queue, not thousands


def test_a_receiver_that_recovers_gets_what_it_missed() -> None:
    world = World(DOWN, HttpResult(error="connect"), HttpResult(error="timeout"), OK)
    world.run(world.first())
    world.drain()
    assert world.delivery.status == "delivered"
    assert [a.error for a in world.delivery.attempts] == [None, "connect", "timeout", None]


def test_each_attempt_keeps_the_id_and_signs_anew() -> None:
    world = World(DOWN, OK)
    world.run(world.first())
    world.drain()
    first, second = world.http.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    assert first.body == second.body == payload(FACT)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int) -> None:
    world = World(HttpResult(status=status))
    world.run(world.first())
    assert world.delivery.status == "delivered"


@pytest.mark.parametrize(
    "result",
    [
        *(HttpResult(status=code) for code in (199, 300, 301, 302, 307, 400, 404, 429, 500, 503)),
        *(
            HttpResult(error=failure)
            for failure in ("dns", "blocked-address", "connect", "tls", "protocol", "too-large")
        ),
        HttpResult(status=200, error="timeout"),
        HttpResult(status=200, error="protocol"),
    ],
    ids=lambda result: f"{result.status}-{result.error}",
)
def test_anything_else_is_a_failure_that_is_tried_again(result: HttpResult) -> None:
    world = World(result)
    world.run(world.first())
    assert world.delivery.status == "failed"
    [sent] = world.queue.sent
    assert 5 <= sent.delay_seconds <= 7


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        pytest.param("3600", 3600, id="seconds"),
        pytest.param("Thu, 15 Jan 2026 13:00:00 GMT", 3599, id="a date"),
        pytest.param("1", 5, id="sooner than planned: the plan stands"),
        pytest.param("999999999", 6 * 3600, id="years: six hours"),
        pytest.param("soon", 5, id="garbage"),
    ],
)
def test_a_receiver_is_left_alone_for_as_long_as_it_asks(retry_after: str, seconds: int) -> None:
    world = World(HttpResult(status=503, retry_after=retry_after, duration_ms=20), OK)
    world.run(world.first())
    world.drain()
    first, second = world.delivery.attempts
    waited = (second.at - first.at) / 1000
    assert seconds <= waited <= seconds * 1.2 + 2


def test_410_disables_the_webhook_at_once() -> None:
    world = World(HttpResult(status=410))
    world.run(world.first())
    held = world.webhooks.get("whe_1")
    assert held is not None
    assert (held.status, held.disabled_reason) == ("disabled", "the receiver answered 410 Gone")
    assert (world.delivery.status, world.delivery.reason) == ("cancelled", "gone")
    assert world.queue.sent == []


def test_410_while_the_webhook_is_being_changed_leaves_the_change() -> None:
    world = World(HttpResult(status=410))
    stale = world.webhooks.get("whe_1")
    assert stale is not None
    changed = stale.model_copy(update={"url": "https://example.com/new"})

    class Renaming(ScriptedHttp):
        def post(self, *args: Any, **kwargs: Any) -> HttpResult:
            world.webhooks.save(changed)
            return super().post(*args, **kwargs)

    world.outbox = world.outbox._replace(http=Renaming(HttpResult(status=410)))
    world.run(world.first())
    held = world.webhooks.get("whe_1")
    assert held is not None
    assert (held.url, held.status) == ("https://example.com/new", "enabled")


def test_nothing_is_sent_to_a_webhook_that_was_deleted() -> None:
    world = World(DOWN)
    world.run(world.first())
    world.webhooks.delete("whe_1")
    world.drain()
    assert (world.delivery.status, world.delivery.reason) == ("cancelled", "webhook-deleted")
    assert world.delivery.next_attempt_at is None
    assert len(world.http.calls) == 1


def test_nothing_is_sent_to_a_webhook_that_was_disabled() -> None:
    world = World(OK, status="disabled")
    world.run(world.first())
    assert (world.delivery.status, world.delivery.reason) == ("cancelled", "webhook-disabled")
    assert world.http.calls == []


def test_nothing_is_sent_unsigned() -> None:
    world = World(OK, secret="whsec_???")
    world.run(world.first())
    assert (world.delivery.status, world.delivery.reason) == ("cancelled", "secret-unreadable")
    assert world.http.calls == []


def test_while_secrets_overlap_both_sign_and_then_only_the_new_one() -> None:
    until = to_instant(NOW) + 3_000
    previous = (PreviousSecret(secret=OLD_SECRET, until=until),)
    world = World(DOWN, OK, previous_secrets=previous)
    world.run(world.first())
    world.drain()
    during, after = (call.headers["webhook-signature"].split(" ") for call in world.http.calls)
    assert (len(during), len(after)) == (2, 1)


def test_headers_of_the_tenant_are_sent_but_replace_none_of_ours() -> None:
    theirs = {
        "authorization": "Bearer x",
        "Webhook-Signature": "v1,forged",
        "Content-Type": "text/html",
        "User-Agent": "somebody",
    }
    world = World(OK, headers=theirs)
    world.run(world.first())
    [call] = world.http.calls
    assert call.headers["authorization"] == "Bearer x"
    assert call.headers["webhook-signature"] != "v1,forged"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["user-agent"] == "LeadSignal-Webhooks/1"
    assert len({name.lower() for name in call.headers}) == len(call.headers)


def test_a_task_that_is_not_due_is_put_back_for_as_long_as_it_takes() -> None:
    world = World()
    later = world.first().model_copy(update={"not_before": world.clock.instant + 7_200_500})
    world.run(later)
    [sent] = world.queue.take()
    assert DELIVER_MESSAGE.validate_json(sent.body) == later
    assert sent.delay_seconds == 7_201  # rounded up: never earlier than asked
    assert world.deliveries.rows() == []


def test_the_attempt_is_on_record_before_the_request_is_made() -> None:
    world = World()
    seen: list[bool] = []

    class Watching(ScriptedHttp):
        def post(self, *args: Any, **kwargs: Any) -> HttpResult:
            seen.append(world.delivery.attempts[-1].open)
            return super().post(*args, **kwargs)

    world.outbox = world.outbox._replace(http=Watching())
    world.run(world.first())
    assert seen == [True]


class KilledError(Exception):
    """The process dies here."""


class Killing(ScriptedHttp):
    def post(self, *args: Any, **kwargs: Any) -> HttpResult:
        super().post(*args, **kwargs)
        raise KilledError


def test_a_crash_during_the_request_is_repeated_after_the_lease_under_the_same_id() -> None:
    world = World()
    killing = Killing()
    healthy, world.outbox = world.outbox, world.outbox._replace(http=killing)
    with pytest.raises(KilledError):
        world.run(world.first())

    world.outbox = healthy
    world.run(world.first())  # at once: somebody may still be at it
    assert world.http.calls == []
    [parked] = world.queue.sent
    assert parked.delay_seconds == LEASE_MS // 1000

    world.drain()
    assert world.delivery.status == "delivered"
    assert [a.error for a in world.delivery.attempts] == ["interrupted", None]
    assert [a.number for a in world.delivery.attempts] == [1, 1]
    assert killing.calls[0].headers["webhook-id"] == world.http.calls[0].headers["webhook-id"]


def test_a_crash_before_the_next_attempt_was_queued_strands_nothing() -> None:
    world = World(DOWN, OK)
    world.queue.failing = TransientError("throttled")
    with pytest.raises(TransientError):
        world.run(world.first())
    assert world.queue.sent == []

    world.run(world.first())  # the queue hands the task over again
    assert len(world.http.calls) == 1
    world.drain()
    assert world.delivery.status == "delivered"
    assert len(world.http.calls) == 2


def test_a_late_copy_of_an_old_task_starts_nothing() -> None:
    world = World(DOWN, DOWN, OK)
    world.run(world.first())
    [second] = world.queue.take()
    world.clock.move(seconds=10)
    world.run(DeliveryTask.model_validate_json(second.body))
    world.queue.take()
    world.run(world.first())
    assert len(world.http.calls) == 2
    assert world.queue.sent == []


def test_of_two_workers_with_one_task_only_one_sends() -> None:
    world = World()

    class Racing(InMemoryDeliveries):
        def get(self, webhook_id: str, delivery_id: str) -> Any:
            return None  # both looked before either wrote

    racing = Racing()
    world.outbox = world.outbox._replace(deliveries=racing)
    world.run(world.first())
    with pytest.raises(ConflictError):
        world.run(world.first())
    assert len(world.http.calls) == 1


def test_every_failure_class_fits_into_an_attempt() -> None:
    failures: list[HttpFailure] = ["dns", "blocked-address", "connect", "tls", "timeout"]
    world = World(*(HttpResult(error=failure) for failure in failures), OK)
    world.run(world.first())
    world.drain()
    assert [a.error for a in world.delivery.attempts] == [*failures, None]
