"""Takes what one request carried, answers for each item, and queues all of it."""

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from leadsignal.domain import wire
from leadsignal.domain.queue_text import escaped
from leadsignal.errors import FieldProblem, InvalidInputError, TooLargeError
from leadsignal.models.base import Frozen
from leadsignal.models.events import Arrived, Event, EventsMessage, Rejection, Verdict
from leadsignal.models.tenants import Principal
from leadsignal.ports import NewId, Originals, Queue
from leadsignal.services.failures import digest, failure_key, keep_original

MAX_ITEMS = 2_500
MAX_MESSAGE_BYTES = 256 * 1024 - 4096  # one SQS message, less room for its head
ARRIVED_BYTES = 1024  # of the details of an arrival that each of its refused items keeps
_LIMIT = f"an event has at most {wire.MAX_EVENT_BYTES} bytes, what its batch shares included"


class Crawlers(Protocol):
    """Names the crawler behind a user agent."""

    def name(self, user_agent: str) -> str | None: ...


class Collected(Frozen):
    """The verdict on each item, in the order of the request."""

    success: bool = True
    results: tuple[Verdict, ...] = ()


def collect(
    items: Sequence[object],
    *,
    call: str | None,
    principal: Principal,
    arrival: wire.Arrival,
    queue: Queue,
    originals: Originals,
    crawlers: Crawlers,
    new_id: NewId,
) -> Collected:
    """Queue the items as one message, the refused ones with the reason; return the verdict on each.

    A bad item refuses itself alone. A verdict is said only of what the queue has taken.

    Raises:
        TooLargeError: more than ``MAX_ITEMS`` items.
        InvalidInputError: the context that all items share is too large or holds what no event may.
        TransientError: the queue took nothing, or not all; sending the request again is safe.
    """
    if len(items) > MAX_ITEMS:
        raise TooLargeError("too-many-items", f"at most {MAX_ITEMS} events in one request")
    shared = check_shared(arrival)
    wire.check_values(arrival.context, "/context")
    accepted: list[Event] = []
    rejected: list[Rejection] = []
    verdicts: list[Verdict] = []
    for index, item in enumerate(items):
        pointer = "" if call else f"/batch/{index}"
        try:
            event = read_item(
                item,
                pointer=pointer,
                call=call,
                arrival=arrival,
                shared=shared,
                crawlers=crawlers,
                new_id=new_id,
            )
        except InvalidInputError as error:
            rejected.append(_reject(item, error.problems[0], arrival, principal, originals))
            verdicts.append(_verdict(rejected[-1]))
            continue
        accepted.append(event)
        verdicts.append(Verdict(messageId=event.message_id, status="accepted"))
    if accepted or rejected:
        arrived = _arrived(call, arrival, principal, originals) if rejected else None
        bodies = list(_messages(accepted, rejected, arrived, principal))
        queue.send(bodies, group=principal.tenant.tenant_id)
    return Collected(results=tuple(verdicts))


def read_item(
    item: object,
    *,
    pointer: str,
    call: str | None,
    arrival: wire.Arrival,
    shared: int,
    crawlers: Crawlers,
    new_id: NewId,
) -> Event:
    """Return the event of one item, marked when a crawler caused it.

    ``shared`` is the size of the context that the item shares with others.

    Raises:
        InvalidInputError: one problem, with the pointer of the offending member.
    """
    _check_size(item, pointer, shared)
    event = wire.parse_item(item, pointer=pointer, call=call, arrival=arrival, new_id=new_id)
    agent = event.context.user_agent
    bot = crawlers.name(agent) if agent else None
    return event.model_copy(update={"bot": bot}) if bot else event


def check_shared(arrival: wire.Arrival) -> int:
    """Return the size of the context that all items of an arrival share.

    Raises:
        InvalidInputError: it is too large.
    """
    return _check_size(arrival.context, "/context", 0) if arrival.context else 0


def _check_size(value: object, pointer: str, shared: int) -> int:
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) + shared
    if size > wire.MAX_EVENT_BYTES:
        raise InvalidInputError((FieldProblem(pointer, "too_large", _LIMIT),))
    return size


def _reject(
    item: object,
    problem: FieldProblem,
    arrival: wire.Arrival,
    principal: Principal,
    originals: Originals,
) -> Rejection:
    given = item.get("messageId") if isinstance(item, dict) else None
    named = isinstance(given, str | int) and not isinstance(given, bool)
    kept = keep_original(
        item,
        tenant_id=principal.tenant.tenant_id,
        key=failure_key(principal.tenant),
        originals=originals,
    )
    return Rejection(
        code=problem.code,
        detail=problem.detail,
        pointer=problem.where,
        message_id=str(given)[: wire.MAX_MESSAGE_ID] if named else None,
        received_at=arrival.received_at,
        digest=digest(item),
        original=kept.value,
        original_key=kept.key,
        original_bytes=kept.size,
    )


def _verdict(rejection: Rejection) -> Verdict:
    return Verdict(
        messageId=rejection.message_id,
        status="rejected",
        code=rejection.code,
        detail=rejection.detail,
        pointer=rejection.pointer,
    )


def _arrived(
    call: str | None, arrival: wire.Arrival, principal: Principal, originals: Originals
) -> Arrived:
    details = arrival.model_dump(mode="json", exclude_defaults=True, exclude={"identify_secret"})
    kept = keep_original(
        details,
        tenant_id=principal.tenant.tenant_id,
        key=failure_key(principal.tenant),
        originals=originals,
        most=ARRIVED_BYTES,
    )
    return Arrived(call=call, details=kept.value or {}, details_key=kept.key)


def _messages(
    events: Sequence[Event],
    rejected: Sequence[Rejection],
    arrived: Arrived | None,
    principal: Principal,
) -> Iterator[str]:
    """Yield the queue messages that carry all of it: one, unless it would pass the size limit.

    Sizes are those of the texts as the queue takes them, which may be longer than what a client
    sent. No event and no refused item alone comes near the limit.
    """
    head = EventsMessage(
        tenant_id=principal.tenant.tenant_id,
        key_id=principal.key_id,
        env=principal.env,
        arrived=arrived,
    ).model_dump_json(exclude={"events", "rejected"}, exclude_none=True)
    texts = [(event.model_dump_json(exclude_defaults=True), False) for event in events]
    texts += [(refused.model_dump_json(exclude_defaults=True), True) for refused in rejected]
    size = 0
    chunk: tuple[list[str], list[str]] = ([], [])
    for text, is_rejection in texts:
        body = escaped(text)
        length = len(body.encode()) + 1
        if size and size + length > MAX_MESSAGE_BYTES:
            yield _message(head, *chunk)
            chunk, size = ([], []), 0
        chunk[is_rejection].append(body)
        size += length
    yield _message(head, *chunk)


def _message(head: str, events: Sequence[str], rejected: Sequence[str]) -> str:
    lists = f',"events":[{",".join(events)}]'
    if rejected:
        lists += f',"rejected":[{",".join(rejected)}]'
    return escaped(head.removesuffix("}")) + lists + "}"
