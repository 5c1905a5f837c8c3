"""The Segment wire format, read: one JSON item in, one event or the reason for refusing it out.

Format: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from leadsignal.domain.email import normalise_email
from leadsignal.domain.identifiers import usable
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.base import Frozen
from leadsignal.models.events import CallType, Campaign, Context, Event, Page
from leadsignal.models.instants import DAY_MS, Instant, to_instant

MAX_EVENT_BYTES = 32 * 1024
MAX_MESSAGE_ID = 100
MAX_EVENT_NAME = 200
MAX_FUTURE_MS = DAY_MS
EARLIEST = to_instant(datetime(2000, 1, 1, tzinfo=UTC))

CALL_TYPES: frozenset[str] = frozenset(get_args(CallType.__value__))
TRANSPORT_FIELDS = {"sentAt", "receivedAt", "_metadata", "writeKey", "retryCount", "integrations"}

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Arrival(Frozen):
    """How a request came in: what applies to each of its items."""

    received_at: Instant
    sent_at: Instant | None = None
    ip: str | None = None
    user_agent: str | None = None
    trusted: bool = False
    context: dict[str, Any] = {}


def _refuse(pointer: str, detail: str, code: str = "invalid_event") -> InvalidInputError:
    return InvalidInputError((FieldProblem(pointer, code, detail),))


def parse_time(value: object, pointer: str) -> Instant | None:
    """Return the instant of an RFC 3339 string with an offset, or None when there is no value.

    Raises:
        InvalidInputError: another type or form, or no offset.
    """
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _refuse(pointer, "must be an RFC 3339 time with an offset")
    try:
        return to_instant(moment.astimezone(UTC))
    except OverflowError as error:
        raise _refuse(pointer, "is out of range") from error


def fingerprint(item: Mapping[str, Any]) -> str:
    """Return 8 characters that follow from the content of an item without transport fields."""
    content = {k: v for k, v in item.items() if k not in TRANSPORT_FIELDS and v is not None}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:6]).decode()


def parse_item(
    item: object,
    *,
    pointer: str,
    call: str | None,
    arrival: Arrival,
    new_id: Callable[[str], str],
) -> Event:
    """Return the event of one item.

    ``call`` is the call type of the route, None within a batch, where the item names it. An item
    without ``messageId`` gets one that follows from its content when it carries a time, so that a
    re-send is still the same event, and a fresh one otherwise.

    Raises:
        InvalidInputError: one problem, with the pointer of the offending member.
    """
    if not isinstance(item, dict):
        raise _refuse(pointer, "must be an object")
    check_values(item, pointer)
    kind = call or item.get("type")
    if not isinstance(kind, str) or kind not in CALL_TYPES:
        raise _refuse(f"{pointer}/type", f"must be one of {', '.join(sorted(CALL_TYPES))}")
    mark = fingerprint({**item, "type": kind})
    given = _time(item, pointer)
    at = _corrected(given, item, pointer, arrival)
    message_id = _text(item, "messageId", pointer, MAX_MESSAGE_ID)
    minted = message_id is None
    if message_id is None:
        message_id = f"auto-{mark}{given}" if given is not None else new_id("auto")
    context = {**arrival.context, **_mapping(item, "context", pointer)}
    traits = {**_mapping(context, "traits", f"{pointer}/context"), **_traits(item, kind, pointer)}
    properties = _mapping(item, "properties", pointer)
    event = Event(
        message_id=message_id,
        type=kind,
        event=_event_name(item, kind, pointer),
        at=at,
        client_at=given,
        received_at=arrival.received_at,
        fingerprint=mark,
        anonymous_id=usable(item.get("anonymousId")),
        user_id=usable(item.get("userId")),
        email=_email(item, traits, properties),
        group_id=_text(item, "groupId", pointer, MAX_EVENT_NAME),
        previous_id=usable(item.get("previousId")),
        traits=traits,
        properties=properties,
        context=_context(context, properties, kind, arrival, f"{pointer}/context"),
        trusted=arrival.trusted,
        minted=minted,
    )
    _check_whole(event, pointer)
    return event


def _check_whole(event: Event, pointer: str) -> None:
    if event.user_id is None and event.anonymous_id is None and event.email is None:
        raise _refuse(pointer, "needs a userId, an anonymousId or an e-mail that identifies")
    if event.type == "group" and event.group_id is None:
        raise _refuse(f"{pointer}/groupId", "is needed in a group call")
    if event.type == "alias" and event.previous_id is None:
        raise _refuse(f"{pointer}/previousId", "is needed in an alias call")


def check_values(value: object, pointer: str) -> None:
    """Refuse what storage cannot hold.

    Raises:
        InvalidInputError: a control character or a number out of range, with its pointer.
    """
    if isinstance(value, str):
        if _CONTROL.search(value):
            raise _refuse(pointer, "holds a control character")
    elif isinstance(value, dict):
        for name, item in value.items():
            check_values(name, pointer)
            check_values(item, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_values(item, f"{pointer}/{index}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(value, pointer)


def _check_number(value: float, pointer: str) -> None:
    if isinstance(value, int):
        if abs(value) >= 10**38:
            raise _refuse(pointer, "has more than 38 digits")
    elif not math.isfinite(value) or abs(value) > 1e125:
        raise _refuse(pointer, "is out of range")


def _mapping(item: Mapping[str, Any], name: str, pointer: str) -> dict[str, Any]:
    value = item.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise _refuse(f"{pointer}/{name}", "must be an object")
    return value


def _text(item: Mapping[str, Any], name: str, pointer: str, longest: int) -> str | None:
    value = item.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _refuse(f"{pointer}/{name}", "must be a string")
    if len(str(value)) > longest:
        raise _refuse(f"{pointer}/{name}", f"is longer than {longest} characters")
    return str(value)


def _event_name(item: Mapping[str, Any], kind: str, pointer: str) -> str:
    """Return the stored name: a page call is ``page_view``, a screen call ``screen_view``."""
    if kind != "track":
        return {"page": "page_view", "screen": "screen_view"}.get(kind, kind)
    name = _text(item, "event", pointer, MAX_EVENT_NAME)
    if name is None or not name.strip():
        raise _refuse(f"{pointer}/event", "is needed in a track call")
    return name.strip()


def _time(item: Mapping[str, Any], pointer: str) -> Instant | None:
    name = "originalTimestamp" if item.get("originalTimestamp") else "timestamp"
    return parse_time(item.get(name), f"{pointer}/{name}")


def _corrected(
    given: Instant | None, item: Mapping[str, Any], pointer: str, arrival: Arrival
) -> Instant:
    """Return when the event happened by our clock.

    ``receivedAt − (sentAt − originalTimestamp)``, as Segment defines it; without ``sentAt`` the
    client's time stands, without a time the event happened when it arrived.
    """
    if given is None:
        return arrival.received_at
    sent = parse_time(item.get("sentAt"), f"{pointer}/sentAt")
    sent = arrival.sent_at if sent is None else sent
    at = given if sent is None else arrival.received_at - (sent - given)
    if at > arrival.received_at + MAX_FUTURE_MS:
        raise _refuse(f"{pointer}/timestamp", "is more than 24 hours in the future")
    if at < EARLIEST:
        raise _refuse(f"{pointer}/timestamp", "is before the year 2000")
    return at


def _traits(item: Mapping[str, Any], kind: str, pointer: str) -> dict[str, Any]:
    """Return the traits of the person; a group call's traits describe the group, not them."""
    return {} if kind == "group" else _mapping(item, "traits", pointer)


def _email(
    item: Mapping[str, Any], traits: dict[str, Any], properties: dict[str, Any]
) -> str | None:
    """Return the first well-formed e-mail: of the item, its traits, its properties."""
    for source in (item, traits, properties):
        value = source.get("email")
        if isinstance(value, str) and (email := normalise_email(value)):
            return email
    return None


def _string(values: Mapping[str, Any], name: str, longest: int = 1024) -> str | None:
    value = values.get(name)
    return value[:longest] if isinstance(value, str) and value else None


def _context(
    raw: dict[str, Any], properties: dict[str, Any], kind: str, arrival: Arrival, pointer: str
) -> Context:
    page = {**(properties if kind == "page" else {}), **_mapping(raw, "page", pointer)}
    campaign = _mapping(raw, "campaign", pointer)
    consent = _mapping(
        _mapping(raw, "consent", pointer), "categoryPreferences", f"{pointer}/consent"
    )
    parts = {name: _string(page, name) for name in Page.model_fields}
    utm = {name: _string(campaign, name, 200) for name in Campaign.model_fields}
    return Context(
        ip=_string(raw, "ip", 45) or arrival.ip,
        user_agent=_string(raw, "userAgent", 512) or arrival.user_agent,
        locale=_string(raw, "locale", 35),
        timezone=_string(raw, "timezone", 64),
        page=Page(**parts) if any(parts.values()) else None,
        campaign=Campaign(**utm) if any(utm.values()) else None,
        consent={name: value for name, value in consent.items() if isinstance(value, bool)},
        ldu=raw.get("ldu") is True,
    )
