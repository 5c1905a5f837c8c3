"""Sends what failed on its way again: to the queue, the bus or the reader that it came from.

Applying is a set, a delivery and an alert have ids that follow from their fact: replaying twice
does nothing twice.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from leadsignal.domain import wire
from leadsignal.domain.secrets import is_opaque_id
from leadsignal.domain.signatures import identify_secret
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.events import Arrived, Event, EventsMessage
from leadsignal.models.facts import Fact
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import BusEvent
from leadsignal.models.records import (
    MAX_REPLAYED,
    FailedEvent,
    FailureSource,
    Replayed,
    ReplayRequest,
    ReplayVerdict,
)
from leadsignal.models.tenants import Tenant
from leadsignal.ports import FailureStore, Originals, Queue
from leadsignal.services.collect import Crawlers, check_shared, read_item
from leadsignal.services.failures import list_failures, with_original
from leadsignal.services.listing import Listing

_GONE = FieldProblem("", "original_gone", "its original is not kept any more")
_NO_FACT = FieldProblem("", "malformed", "it cannot be read, so there is nothing to tell")


class Dock(NamedTuple):
    """What replaying failures of one tenant needs.

    ``queues`` are those of the functions that read one. ``facts_of`` gives the facts that somebody
    asked for of a change of a lead (the part ``dynamodb`` of a stream record); ``tell`` puts facts
    on the bus.
    """

    tenant: Tenant
    failures: FailureStore
    originals: Originals
    queues: Mapping[FailureSource, Queue]
    facts_of: Callable[[Mapping[str, Any]], Sequence[Fact]]
    tell: Callable[[Sequence[Fact]], None]
    crawlers: Crawlers


class _Sending(NamedTuple):
    """What a replay sends: a message for a queue, or facts for the bus."""

    source: FailureSource
    body: str = ""
    facts: Sequence[Fact] = ()


def replay_one(failed: FailedEvent, *, dock: Dock, now: datetime) -> ReplayVerdict:
    """Send one failure on its way again and say what became of that.

    Raises:
        TransientError, PermanentError: it was not sent, or not marked; replay it again.
    """
    [verdict] = _replay([failed], dock, now)
    return verdict


def replay_many(request: ReplayRequest, *, listing: Listing, dock: Dock, now: datetime) -> Replayed:
    """Send the failures that a request names on their way again.

    With a code: those of one page that wait for a replay; ``next_cursor`` leads to the next page.

    Raises:
        InvalidInputError: it names neither ids nor a code, or both.
        MalformedInputError: the cursor is not one of this list.
        TransientError, PermanentError: some may not be sent, or marked; send the request again.
    """
    if (request.ids is None) == (request.code is None):
        raise InvalidInputError((FieldProblem("", "one_of", "give either ids or a code"),))
    if request.ids is None:
        page = list_failures(
            listing._replace(limit=MAX_REPLAYED, cursor=request.cursor),
            request.code,
            failures=dock.failures,
        )
        results = tuple(_replay([row for row in page.data if row.waiting], dock, now))
        return Replayed(
            replayed=_queued(results),
            results=results,
            has_more=page.has_more,
            next_cursor=page.next_cursor,
        )
    found = dock.failures.find([each for each in request.ids if is_opaque_id("fail", each)])
    done = {verdict.id: verdict for verdict in _replay(list(found.values()), dock, now)}
    results = tuple(
        done.get(failed_id) or ReplayVerdict(id=failed_id, status="not_found")
        for failed_id in dict.fromkeys(request.ids)
    )
    return Replayed(replayed=_queued(results), results=results)


def _queued(results: Iterable[ReplayVerdict]) -> int:
    return sum(verdict.status == "queued" for verdict in results)


def _replay(rows: Sequence[FailedEvent], dock: Dock, now: datetime) -> list[ReplayVerdict]:
    """Send first, mark then: what is sent and not marked is sent again, and does nothing twice."""
    verdicts: list[ReplayVerdict] = []
    bodies: dict[FailureSource, list[str]] = defaultdict(list)
    facts: list[Fact] = []
    for row in rows:
        try:
            sending = _sending(with_original(row, originals=dock.originals), dock)
        except InvalidInputError as error:
            verdicts.append(_rejected(row, error.problems[0]))
            continue
        if sending.body:
            bodies[sending.source].append(sending.body)
        facts += sending.facts
        verdicts.append(ReplayVerdict(id=row.id, status="queued"))
    for source, texts in bodies.items():
        dock.queues[source].send(texts, group=dock.tenant.tenant_id)
    if facts:
        dock.tell(facts)
    for verdict in verdicts:
        if verdict.status == "queued":
            dock.failures.mark_replayed(verdict.id, to_instant(now))
    return verdicts


def _rejected(row: FailedEvent, problem: FieldProblem) -> ReplayVerdict:
    return ReplayVerdict(
        id=row.id,
        status="rejected",
        code=problem.code,
        detail=problem.detail,
        pointer=problem.where,
    )


def _sending(failed: FailedEvent, dock: Dock) -> _Sending:
    """Return what the replay of a failure sends.

    Raises:
        InvalidInputError: there is nothing that could be sent.
    """
    if failed.event is None and failed.original_key is not None:
        raise InvalidInputError((_GONE,))
    if failed.source == "collect":
        event = _read_again(failed, failed.arrived or Arrived(), dock)
        return _Sending("ingest", _message(event, failed, dock))
    if failed.source == "announce":
        return _Sending("announce", facts=dock.facts_of(failed.event))
    if failed.source == "bus":
        return _Sending("bus", facts=[_fact(failed.event)])
    if failed.source == "ingest" and failed.code != "malformed":
        return _Sending("ingest", _message(_event(failed), failed, dock))
    original = failed.event
    return _Sending(failed.source, original if isinstance(original, str) else json.dumps(original))


def _event(failed: FailedEvent) -> Event:
    return Event.model_validate(failed.event)


def _fact(original: object) -> Fact:
    try:
        return BusEvent.model_validate(original).detail
    except ValidationError as error:
        raise InvalidInputError((_NO_FACT,)) from error


def _read_again(failed: FailedEvent, arrived: Arrived, dock: Dock) -> Event:
    """Return the event of a refused item, read now as it came then.

    An item that needs an id of ours gets the same one each time.

    Raises:
        InvalidInputError: it is still refused.
    """
    details: Mapping[str, Any] = arrived.details
    if arrived.details_key is not None:
        content = dock.originals.get(arrived.details_key)
        if content is None:
            raise InvalidInputError((_GONE,))
        details = json.loads(content)
    arrival = wire.Arrival.model_validate(details)
    if not arrival.trusted:
        secret = identify_secret(dock.tenant)
        arrival = arrival.model_copy(update={"identify_secret": secret})
    return read_item(
        failed.event,
        pointer="",
        call=arrived.call,
        arrival=arrival,
        shared=check_shared(arrival),
        crawlers=dock.crawlers,
        new_id=lambda prefix: f"{prefix}_{failed.id.removeprefix('fail_')}",
    )


def _message(event: Event, failed: FailedEvent, dock: Dock) -> str:
    """Return a message of its own for an event, so that a bad one holds up no other."""
    return EventsMessage(
        tenant_id=dock.tenant.tenant_id,
        key_id=failed.key_id or event.key_id or "",
        env=failed.env,
        events=(event,),
    ).model_dump_json()
