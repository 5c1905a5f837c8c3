"""Tells webhooks of facts: signed, repeated on a schedule, one delivery per fact and webhook.

A task that is not due yet is put back on the queue with a delay until it is. The queue hides a
message for at most 15 minutes, so a wait of a day is some hundred rounds of receiving and sending
(a few thousandths of a cent). That is the whole timing: no schedule of its own to keep, clean or
lose, and the wait survives anything that the queue survives.

Each attempt is recorded before its request and closed after it. A crash in between leaves it
open; after ``LEASE_MS`` whoever gets the task closes it as interrupted and makes the attempt again,
under the same ``webhook-id``, so a receiver can tell.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

from leadsignal.domain import retries, signing
from leadsignal.errors import ConflictError, PermanentError
from leadsignal.models.endpoints import Webhook
from leadsignal.models.facts import Fact, FactBody
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.outbound import Attempt, CancelReason, Delivery, DeliveryTask, HttpResult
from leadsignal.ports import DeliveryStore, EndpointStore, HttpClient, Queue

LEASE_MS = 60_000  # over any run of the function, under the time in which a message comes back
USER_AGENT = "LeadSignal-Webhooks/1"


class Outbox(NamedTuple):
    """What deliveries of one tenant need."""

    webhooks: EndpointStore[Webhook]
    deliveries: DeliveryStore
    queue: Queue
    http: HttpClient


def fan_out(fact: Fact, *, webhooks: EndpointStore[Webhook], queue: Queue) -> int:
    """Queue one task per enabled webhook that subscribed to the fact; return how many.

    Safe to repeat: a task that is there twice is one delivery.
    """
    tasks = [
        DeliveryTask(fact=fact, webhook_id=webhook.id).model_dump_json(exclude_none=True)
        for webhook in webhooks.all()
        if webhook.status == "enabled" and fact.type in webhook.types
    ]
    if tasks:
        queue.send(tasks, group=fact.tenant_id)
    return len(tasks)


def delivery_id(fact: Fact) -> str:
    """Return the id of a fact's deliveries: the same whenever it is told, ordered by its time."""
    return f"dlv_{fact.at:013d}_{fact.id}"


def payload(fact: Fact) -> bytes:
    """Return the body that a receiver gets; these very bytes are signed."""
    body = FactBody(
        id=fact.id, type=fact.type, timestamp=fact.at, sequence=fact.sequence, data=fact.data
    )
    return body.model_dump_json(exclude_none=True).encode()


def deliver(task: DeliveryTask, *, outbox: Outbox, now: datetime) -> Delivery | None:
    """Make the attempt that is due; return the delivery as it is then, None when it has to wait.

    Safe to repeat: an attempt that ended is not made again, but its successor is queued once
    more, for the first run may have died before it could.

    Raises:
        ConflictError: another invocation is making this attempt; nothing was sent here.
        TransientError: storage or the queue failed; the task must come again.
    """
    instant = to_instant(now)
    if task.not_before > instant:
        _queue(task, outbox.queue, instant)
        return None
    identifier = delivery_id(task.fact)
    delivery = outbox.deliveries.get(task.webhook_id, identifier) or Delivery(
        id=identifier, webhook_id=task.webhook_id, fact=task.fact
    )
    last = delivery.attempts[-1] if delivery.attempts else None
    if delivery.final or (last is not None and last.number > task.attempt):
        return delivery
    if last is not None and last.open and instant < last.at + LEASE_MS:
        waiting = task.model_copy(update={"not_before": last.at + LEASE_MS})
        _queue(waiting, outbox.queue, instant)
        return delivery
    if last is not None and not last.open and last.number == task.attempt:
        _queue_next(delivery, outbox.queue, instant)
        return delivery
    return _attempt(task, _close_interrupted(delivery), outbox, instant)


def _attempt(task: DeliveryTask, delivery: Delivery, outbox: Outbox, instant: Instant) -> Delivery:
    webhook = outbox.webhooks.get(task.webhook_id)
    if webhook is None:
        return _cancel(delivery, "webhook-deleted", outbox)
    if webhook.status == "disabled":
        return _cancel(delivery, "webhook-disabled", outbox)
    body = payload(delivery.fact)
    try:
        headers = _headers(webhook, delivery.fact.id, body, instant)
    except PermanentError:
        return _cancel(delivery, "secret-unreadable", outbox)
    opened = (*delivery.attempts, Attempt(number=task.attempt, at=instant))
    started = outbox.deliveries.save(
        delivery.model_copy(update={"attempts": opened, "next_attempt_at": None})
    )
    result = outbox.http.post(webhook.url, headers=headers, body=body)
    if result.status == HTTPStatus.GONE:
        _disable(webhook, outbox)
    ended = outbox.deliveries.save(_close(started, result))
    _queue_next(ended, outbox.queue, instant + result.duration_ms)
    return ended


def _headers(webhook: Webhook, message_id: str, body: bytes, instant: Instant) -> Mapping[str, str]:
    """Return all headers; ours come last, so that none of the tenant's can replace one."""
    timestamp = instant // 1000
    valid = [old.secret for old in webhook.previous_secrets if old.until > instant]
    signature = signing.sign(
        [webhook.secret, *valid], message_id=message_id, timestamp=timestamp, body=body
    )
    return {name.lower(): value for name, value in webhook.headers.items()} | {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }


def _close(delivery: Delivery, result: HttpResult) -> Delivery:
    """Return the delivery with its open attempt closed by ``result``."""
    attempt = delivery.attempts[-1].model_copy(
        update={
            "status_code": result.status,
            "error": result.error,
            "duration_ms": result.duration_ms,
        }
    )
    closed: dict[str, object] = {"attempts": (*delivery.attempts[:-1], attempt)}
    ended_at = attempt.at + result.duration_ms
    wait = retries.wait_ms(attempt.number, seed=f"{delivery.webhook_id}:{delivery.id}")
    if result.ok:
        closed["status"] = "delivered"
    elif result.status == HTTPStatus.GONE:
        closed |= {"status": "cancelled", "reason": "gone"}
    elif wait is None:
        closed["status"] = "exhausted"
    else:
        asked = retries.retry_after_ms(result.retry_after, now=ended_at)
        closed |= {"status": "failed", "next_attempt_at": ended_at + max(wait, asked)}
    return delivery.model_copy(update=closed)


def _close_interrupted(delivery: Delivery) -> Delivery:
    """Return the delivery with an attempt that nobody closed marked as interrupted."""
    if not delivery.attempts or not delivery.attempts[-1].open:
        return delivery
    attempt = delivery.attempts[-1].model_copy(
        update={"error": "interrupted", "duration_ms": LEASE_MS}
    )
    return delivery.model_copy(update={"attempts": (*delivery.attempts[:-1], attempt)})


def _cancel(delivery: Delivery, reason: CancelReason, outbox: Outbox) -> Delivery:
    update = {"status": "cancelled", "reason": reason, "next_attempt_at": None}
    return outbox.deliveries.save(delivery.model_copy(update=update))


def _disable(webhook: Webhook, outbox: Outbox) -> None:
    """Disable a webhook that answered 410. Changed meanwhile, it is left to the next 410."""
    update = {"status": "disabled", "disabled_reason": "the receiver answered 410 Gone"}
    with suppress(ConflictError):
        outbox.webhooks.save(webhook.model_copy(update=update))


def _queue_next(delivery: Delivery, queue: Queue, instant: Instant) -> None:
    """Queue the attempt after the last one, if there is to be one."""
    if delivery.next_attempt_at is not None:
        task = DeliveryTask(
            fact=delivery.fact,
            webhook_id=delivery.webhook_id,
            attempt=delivery.attempts[-1].number + 1,
            not_before=delivery.next_attempt_at,
        )
        _queue(task, queue, instant)


def _queue(task: DeliveryTask, queue: Queue, instant: Instant) -> None:
    """Queue a task, to be seen when it is due or as late as the queue can hide it."""
    delay = -(-max(0, task.not_before - instant) // 1000)
    body = task.model_dump_json(exclude_none=True)
    queue.send([body], group=task.fact.tenant_id, delay_seconds=delay)
