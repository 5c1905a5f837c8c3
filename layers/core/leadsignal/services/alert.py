"""Tells people of a lead that became hot: once per alert and crossing."""

from datetime import datetime
from typing import Literal, NamedTuple

from leadsignal.domain import slack
from leadsignal.errors import ConflictError, PermanentError, TransientError
from leadsignal.models.endpoints import Alert
from leadsignal.models.facts import Fact
from leadsignal.models.instants import MINUTE_MS, Instant, to_instant
from leadsignal.models.outbound import AlertMark, AlertRecord, AlertTask
from leadsignal.ports import AlertLog, Channel, EndpointStore, LeadReader, Queue

LEASE_MS = 60_000  # over any run of the function, under the time in which a message comes back
MAX_ATTEMPTS = 10
FIRST_WAIT_MS = 30_000  # doubled after each failure: ten attempts within about four hours


class AlertDesk(NamedTuple):
    """What alerts of one tenant need."""

    alerts: EndpointStore[Alert]
    log: AlertLog
    leads: LeadReader
    channel: Channel
    queue: Queue


def alert_all(fact: Fact, *, desk: AlertDesk, now: datetime) -> list[AlertRecord]:
    """Send every alert of the tenant that the fact calls for; return how each stands. None is sent
    of a lead whose e-mail is disposable or cannot be delivered to.

    Safe to repeat: what was sent is not sent again.

    Raises:
        ConflictError: another invocation is sending one of them; the others were not held up by it.
    """
    if fact.type != "lead.tier_changed" or fact.lead.tier != "hot":
        return []
    records: list[AlertRecord] = []
    failed: ConflictError | None = None
    for alert in desk.alerts.all():
        try:
            records.append(_send(fact, alert, desk, to_instant(now)))
        except ConflictError as error:
            failed = failed or error
    if failed is not None:
        raise failed
    return records


def alert_again(task: AlertTask, *, desk: AlertDesk, now: datetime) -> AlertRecord | None:
    """Send one alert that had to wait; None when it still has to, or the alert was deleted.

    Raises:
        ConflictError: another invocation is sending it.
    """
    instant = to_instant(now)
    if task.not_before > instant:
        _park(task, desk.queue, instant)
        return None
    alert = desk.alerts.get(task.alert_id)
    return None if alert is None else _send(task.fact, alert, desk, instant)


def _send(fact: Fact, alert: Alert, desk: AlertDesk, instant: Instant) -> AlertRecord:
    """Send one alert, unless this was done, is being done or is not wanted.

    The record is written before the message and closed after it. A crash in between leaves it
    open until its lease ends: a message twice is better than a hot lead that nobody hears of. A
    failure waits on the queue, as long as the channel asks for or twice as long each time.
    """
    record = desk.log.record(alert.id, fact.id) or AlertRecord(
        alert_id=alert.id,
        fact_id=fact.id,
        lead_id=fact.lead.lead_id,
        status="waiting",
        at=instant,
        cause=fact.cause,
    )
    if record.status in {"sent", "skipped", "refused"}:
        return record
    if record.status == "sending" and instant < record.at + LEASE_MS:
        task = AlertTask(fact=fact, alert_id=alert.id, not_before=record.at + LEASE_MS)
        _park(task, desk.queue, instant)
        return record
    lead = desk.leads.summary(fact.tenant_id, fact.lead.lead_id)
    if lead is None or not lead.reachable or _cooling(fact, alert, desk, instant):
        return _close(record, "skipped", desk)
    started = desk.log.save_record(
        record.model_copy(
            update={"status": "sending", "at": instant, "attempts": record.attempts + 1}
        )
    )
    try:
        desk.channel.send(alert.url, slack.message(lead))
    except PermanentError:
        return _close(started, "refused", desk)
    except TransientError as error:
        if started.attempts >= MAX_ATTEMPTS:
            return _close(started, "refused", desk)
        wait_ms = FIRST_WAIT_MS * 2**record.attempts
        if error.retry_after_seconds is not None:
            wait_ms = error.retry_after_seconds * 1000
        task = AlertTask(fact=fact, alert_id=alert.id, not_before=instant + wait_ms)
        _park(task, desk.queue, instant)
        return _close(started, "waiting", desk)
    return _close(started, "sent", desk)


def _cooling(fact: Fact, alert: Alert, desk: AlertDesk, instant: Instant) -> bool:
    """Return whether the alert's cooldown for this lead runs; if it does not, start it."""
    if alert.cooldown_minutes == 0:
        return False
    lead_id = fact.lead.lead_id
    mark = desk.log.mark(alert.id, lead_id)
    if mark is not None and mark.fact_id == fact.id:
        return False
    if mark is not None and instant < mark.at + alert.cooldown_minutes * MINUTE_MS:
        return True
    desk.log.save_mark(
        AlertMark(
            alert_id=alert.id,
            lead_id=lead_id,
            fact_id=fact.id,
            at=instant,
            version=0 if mark is None else mark.version,
        )
    )
    return False


def _close(
    record: AlertRecord, status: Literal["waiting", "sent", "skipped", "refused"], desk: AlertDesk
) -> AlertRecord:
    return desk.log.save_record(record.model_copy(update={"status": status}))


def _park(task: AlertTask, queue: Queue, instant: Instant) -> None:
    """Queue a task, to be seen when it is due or as late as the queue can hide it."""
    delay = -(-max(0, task.not_before - instant) // 1000)
    queue.send(
        [task.model_dump_json(exclude_none=True)], group=task.fact.tenant_id, delay_seconds=delay
    )
