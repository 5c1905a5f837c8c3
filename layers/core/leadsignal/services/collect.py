"""Takes what one request carried, answers for each item, and queues what is good."""

import json
from collections.abc import Sequence
from typing import Protocol

from leadsignal.domain import wire
from leadsignal.errors import FieldProblem, InvalidInputError, TooLargeError
from leadsignal.models.base import Frozen
from leadsignal.models.events import Event, EventsMessage, Verdict
from leadsignal.models.tenants import Principal
from leadsignal.ports import NewId, Queue

MAX_ITEMS = 2_500
MAX_MESSAGE_BYTES = 256 * 1024 - 1024  # one SQS message, less room for its envelope
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
    crawlers: Crawlers,
    new_id: NewId,
) -> Collected:
    """Queue the good items as one message and return the verdict on each.

    A bad item refuses itself alone. ``accepted`` is said only of what the queue has taken.

    Raises:
        TooLargeError: more than ``MAX_ITEMS`` items.
        InvalidInputError: the context that all items share is too large or holds what no event may.
        TransientError: the queue took nothing, or not all; sending the request again is safe.
    """
    if len(items) > MAX_ITEMS:
        raise TooLargeError("too-many-items", f"at most {MAX_ITEMS} events in one request")
    shared = _check_size(arrival.context, "/context", 0) if arrival.context else 0
    wire.check_values(arrival.context, "/context")
    accepted: list[Event] = []
    verdicts: list[Verdict] = []
    for index, item in enumerate(items):
        pointer = "" if call else f"/batch/{index}"
        try:
            _check_size(item, pointer, shared)
            event = wire.parse_item(
                item, pointer=pointer, call=call, arrival=arrival, new_id=new_id
            )
        except InvalidInputError as error:
            problem = error.problems[0]
            verdicts.append(_rejected(item, problem.code, problem.detail, problem.where))
            continue
        agent = event.context.user_agent
        bot = crawlers.name(agent) if agent else None
        accepted.append(event.model_copy(update={"bot": bot}) if bot else event)
        verdicts.append(Verdict(messageId=event.message_id, status="accepted"))
    if accepted:
        queue.send(_messages(accepted, principal), group=principal.tenant.tenant_id)
    return Collected(results=tuple(verdicts))


def _check_size(value: object, pointer: str, shared: int) -> int:
    size = len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) + shared
    if size > wire.MAX_EVENT_BYTES:
        raise InvalidInputError((FieldProblem(pointer, "too_large", _LIMIT),))
    return size


def _rejected(item: object, code: str, detail: str, pointer: str) -> Verdict:
    given = item.get("messageId") if isinstance(item, dict) else None
    named = isinstance(given, str | int) and not isinstance(given, bool)
    message_id = str(given)[: wire.MAX_MESSAGE_ID] if named else None
    return Verdict(
        messageId=message_id, status="rejected", code=code, detail=detail, pointer=pointer
    )


def _messages(events: Sequence[Event], principal: Principal) -> list[str]:
    """Return the queue messages that carry ``events``: one, unless it would pass the size limit."""
    head = EventsMessage(
        tenant_id=principal.tenant.tenant_id,
        key_id=principal.key_id,
        env=principal.env,
        events=(),
    ).model_dump_json()
    opening = head.removesuffix("[]}") + "["
    bodies: list[str] = []
    chunk: list[str] = []
    size = 0
    for event in events:
        text = event.model_dump_json(exclude_defaults=True)
        length = len(text.encode()) + 1
        if chunk and size + length > MAX_MESSAGE_BYTES:
            bodies.append(opening + ",".join(chunk) + "]}")
            chunk, size = [], 0
        chunk.append(text)
        size += length
    return [*bodies, opening + ",".join(chunk) + "]}"]
