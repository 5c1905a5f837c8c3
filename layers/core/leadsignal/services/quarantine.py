"""Turns dead letters into failed events: what functions gave up on, under the tenant it names."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import ValidationError

from leadsignal.domain.secrets import opaque_id
from leadsignal.models.events import EventsMessage
from leadsignal.models.facts import Fact
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import JobStep
from leadsignal.models.messages import (
    ENRICH_MESSAGE,
    RESCORE_MESSAGE,
    TRAIN_MESSAGE,
    EnrichRequest,
    MailRequest,
    StreamChange,
    StreamFailure,
)
from leadsignal.models.outbound import ALERT_MESSAGE, DELIVER_MESSAGE, BusEvent
from leadsignal.models.records import FailedEvent, FailureCode, FailureSource
from leadsignal.models.tenants import Tenant
from leadsignal.ports import FailureStore, Originals, StreamReader
from leadsignal.services.failures import failure_key, given_up, keep_original, keep_rejections

type DeadQueue = Literal[
    "events", "enrich", "deliver", "alert", "rescore", "train", "bus", "stream"
]

OPERATOR = "operator"
"""In the place of a tenant id: whose failures nobody's key can read."""

_TENANT_ID = re.compile(r"ten_\w{1,60}", re.ASCII)
_SOURCES: dict[DeadQueue, FailureSource] = {
    "events": "ingest",
    "enrich": "enrich",
    "deliver": "deliver",
    "alert": "alert",
    "rescore": "rescore",
    "train": "train",
    "bus": "bus",
    "stream": "announce",
}


class DeadLetter(NamedTuple):
    """One message of a dead-letter queue: whose, and since when it was on its queue.

    ``target`` says what the bus could not reach.
    """

    queue: DeadQueue
    body: str
    sent_at: Instant
    target: str = ""


class Ward(NamedTuple):
    """What quarantining dead letters needs."""

    tenant: Callable[[str], Tenant | None]
    failures: Callable[[str], FailureStore]
    originals: Originals
    stream: StreamReader


class Quarantined(NamedTuple):
    """How many failures a dead letter became that were not kept yet, and how many of them name no
    tenant."""

    kept: int = 0
    strays: int = 0


class _Content(NamedTuple):
    """What one message of a queue is about: the code of its failure, and what names it."""

    tenant_id: str
    code: FailureCode
    detail: str
    names: tuple[str, ...]
    message_id: str | None = None


def quarantine(letter: DeadLetter, *, ward: Ward, now: datetime) -> Quarantined:
    """Keep what a dead letter carries and return how much of it is new.

    Safe to repeat: what is kept already stays as it is.

    Raises:
        TransientError, PermanentError: it could not be kept; the letter must stay.
    """
    if letter.queue == "stream":
        return _stretch(letter, ward, now)
    try:
        if letter.queue == "events":
            return _events(EventsMessage.model_validate_json(letter.body), ward, now)
        return _whole(_content(letter), letter, ward, now)
    except ValidationError:
        return _unreadable(letter, ward, now)


def _events(message: EventsMessage, ward: Ward, now: datetime) -> Quarantined:
    tenant = ward.tenant(message.tenant_id)
    key = _key(tenant, message.tenant_id)
    failures = ward.failures(message.tenant_id)
    rows = [
        given_up(
            event,
            code="apply_failed" if tenant else "unknown_key",
            detail="it could not be applied" if tenant else "its tenant is gone",
            key=key,
            env=message.env,
            now=now,
        )
        for event in message.events
    ]
    kept = failures.keep(*rows) if rows else 0
    return Quarantined(kept + keep_rejections([message], key=key, failures=failures, now=now))


def _content(letter: DeadLetter) -> _Content:
    if read := _BY_BODY.get(letter.queue):
        return read(letter.body)
    if letter.queue == "bus":
        fact = BusEvent.model_validate_json(letter.body).detail
        to_alerts = "AlertQueue" in letter.target
        code: FailureCode = "alert_failed" if to_alerts else "delivery_failed"
        return _of_fact(fact, code, "the bus could not hand a fact on", "bus")
    if letter.queue == "alert":
        alert = ALERT_MESSAGE.validate_json(letter.body)
        detail = "an alert could not be sent"
        if isinstance(alert, BusEvent):
            return _of_fact(alert.detail, "alert_failed", detail, "")
        return _of_fact(alert.fact, "alert_failed", detail, alert.alert_id)
    task = DELIVER_MESSAGE.validate_json(letter.body)
    detail = "a fact could not be delivered"
    if isinstance(task, BusEvent):
        return _of_fact(task.detail, "delivery_failed", detail, "")
    return _of_fact(task.fact, "delivery_failed", detail, task.webhook_id)


def _of_enrichment(body: str) -> _Content:
    request = ENRICH_MESSAGE.validate_json(body)
    if isinstance(request, MailRequest):
        names, detail = (request.lead_id, "mail"), "the e-mail of a lead could not be checked"
    else:
        whose = request.lead_id if isinstance(request, EnrichRequest) else request.kind
        names = (whose, request.company_id)
        detail = "the company of a lead could not be filled"
    return _Content(request.tenant_id, "enrichment_failed", detail, names)


def _of_training(body: str) -> _Content:
    asked = TRAIN_MESSAGE.validate_json(body)
    name = asked.job_id if isinstance(asked, JobStep) else asked.kind
    return _Content(asked.tenant_id, "job_failed", "a model could not be trained", (name,))


def _of_rescore(body: str) -> _Content:
    asked = RESCORE_MESSAGE.validate_json(body)
    if isinstance(asked, JobStep):
        return _Content(asked.tenant_id, "job_failed", "a job could not go on", (asked.job_id,))
    detail = "leads could not be brought up to date"
    return _Content(asked.tenant_id, "rescore_failed", detail, asked.lead_ids)


_BY_BODY: Mapping[DeadQueue, Callable[[str], _Content]] = {
    "enrich": _of_enrichment,
    "rescore": _of_rescore,
    "train": _of_training,
}


def _of_fact(fact: Fact, code: FailureCode, detail: str, name: str) -> _Content:
    return _Content(fact.tenant_id, code, detail, (fact.id, name), fact.id)


def _unreadable(letter: DeadLetter, ward: Ward, now: datetime) -> Quarantined:
    found = _tenant_id_in(letter.body)
    detail = "a message of a queue cannot be read"
    content = _Content(found or OPERATOR, "malformed", detail, (letter.queue, letter.body))
    return _whole(content, letter, ward, now)


def _whole(content: _Content, letter: DeadLetter, ward: Ward, now: datetime) -> Quarantined:
    """Keep one message as one failure."""
    tenant_id = content.tenant_id
    tenant = ward.tenant(tenant_id) if tenant_id != OPERATOR else None
    stray = tenant is None and tenant_id == OPERATOR
    if tenant is None and not stray:
        content = content._replace(code="unknown_key", detail="its tenant is gone")
    key = _key(tenant, tenant_id)
    kept = keep_original(
        _parsed(letter.body), tenant_id=tenant_id, key=key, originals=ward.originals
    )
    new = ward.failures(tenant_id).keep(
        FailedEvent(
            id=opaque_id("fail", key, content.code, *content.names),
            message_id=content.message_id,
            code=content.code,
            detail=content.detail,
            received_at=letter.sent_at,
            failed_at=to_instant(now),
            source=_SOURCES[letter.queue],
            event=kept.value,
            original_key=kept.key,
            original_bytes=kept.size,
        )
    )
    return Quarantined(new, new if stray else 0)


def _stretch(letter: DeadLetter, ward: Ward, now: datetime) -> Quarantined:
    """Keep each change of a stretch that announce gave up on, as long as the stream has them."""
    try:
        stretch = StreamFailure.model_validate_json(letter.body).stretch
    except ValidationError:
        return _unreadable(letter, ward, now)
    changes = ward.stream.read(stretch)
    if changes is None:
        detail = "changes were not announced, and the stream does not have them any more"
        names = (stretch.shard_id, stretch.first, stretch.last)
        lost = _Content(OPERATOR, "announce_failed", detail, names)
        return _whole(lost, letter, ward, now)
    return Quarantined(sum(_keep_changes(changes, ward, now)))


def _keep_changes(changes: Iterable[StreamChange], ward: Ward, now: datetime) -> Iterator[int]:
    for change in changes:
        key = _key(ward.tenant(change.tenant_id), change.tenant_id)
        kept = keep_original(
            change.change, tenant_id=change.tenant_id, key=key, originals=ward.originals
        )
        yield ward.failures(change.tenant_id).keep(
            FailedEvent(
                id=opaque_id("fail", key, "announce_failed", change.sequence),
                message_id=None,
                code="announce_failed",
                detail="a change was not announced",
                received_at=change.at,
                failed_at=to_instant(now),
                source="announce",
                event=kept.value,
                original_key=kept.key,
                original_bytes=kept.size,
            )
        )


def _key(tenant: Tenant | None, tenant_id: str) -> bytes:
    return failure_key(tenant) if tenant else tenant_id.encode()


def _parsed(body: str) -> object:
    """Return a message as JSON, or as the text that it is."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _tenant_id_in(body: str) -> str | None:
    """Return the tenant that a message names where ours do, if that can be one."""
    message = _parsed(body)
    places = (
        [message, *(message.get(name) for name in ("detail", "fact"))]
        if isinstance(message, dict)
        else []
    )
    for place in places:
        named = place.get("tenant_id") if isinstance(place, dict) else None
        if isinstance(named, str) and _TENANT_ID.fullmatch(named):
            return named
    return None
