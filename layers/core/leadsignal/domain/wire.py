"""The Segment wire format, read: one JSON item in, one event or the reason for refusing it out.

Format: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, get_args

from pydantic import Field

from leadsignal.domain import signatures, storable
from leadsignal.domain.email import hashed_email, normalise_email, read_email
from leadsignal.domain.identifiers import CRM_ID_NAMES, EMAIL_NAMES, HASHED_EMAIL_NAMES, usable
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.base import Frozen
from leadsignal.models.events import Campaign, Context, Event, Page, TrackCall
from leadsignal.models.instants import DAY_MS, Instant, to_instant

MAX_EVENT_BYTES = 32 * 1024
MAX_MESSAGE_ID = 100
MAX_EVENT_NAME = 200
MAX_FUTURE_MS = DAY_MS
EARLIEST = to_instant(datetime(2000, 1, 1, tzinfo=UTC))

CALL_TYPES: frozenset[str] = frozenset(get_args(TrackCall.__value__))
TRANSPORT_FIELDS = {"sentAt", "receivedAt", "_metadata", "writeKey", "retryCount", "integrations"}

EXTERNAL_DEVICES = ("device_id", "ios.id", "android.id", "ios.idfa", "android.idfa")


class Arrival(Frozen):
    """How a request came in: what applies to each of its items.

    ``key_id`` names the key it came with. ``identify_secret`` verifies signed ``identify`` calls;
    None for a secret key, whose word needs no signature.
    """

    received_at: Instant
    sent_at: Instant | None = None
    ip: str | None = None
    user_agent: str | None = None
    trusted: bool = False
    key_id: str | None = None
    identify_secret: str | None = Field(default=None, repr=False)
    context: dict[str, Any] = {}


class _Identifiers(NamedTuple):
    """The usable identifiers of one item."""

    user_id: str | None
    crm_id: str | None
    email: str | None
    anonymous_id: str | None
    device_id: str | None


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
    """Return 8 characters that follow from the content of an item without transport fields.

    A signature in its context says who sends, as a key does, and is no content.
    """
    shown = {**item, "context": signatures.without_signature(item.get("context"))}
    content = {k: v for k, v in shown.items() if k not in TRANSPORT_FIELDS and v is not None}
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
    found = _identifiers(item, traits, properties, context)
    event = Event(
        message_id=message_id,
        type=kind,
        event=_event_name(item, kind, pointer),
        at=at,
        client_at=given,
        received_at=arrival.received_at,
        fingerprint=mark,
        anonymous_id=found.anonymous_id,
        user_id=found.user_id,
        email=found.email,
        crm_id=found.crm_id,
        device_id=found.device_id,
        group_id=usable(_text(item, "groupId", pointer, MAX_EVENT_NAME)),
        previous_id=usable(item.get("previousId")),
        traits=traits,
        group_traits=_mapping(item, "traits", pointer) if kind == "group" else {},
        properties=properties,
        context=_context(context, properties, kind, arrival, f"{pointer}/context"),
        trusted=arrival.trusted,
        signed=kind == "identify" and _vouched(found, context, arrival),
        minted=minted,
        key_id=arrival.key_id,
    )
    _check_whole(event, found, pointer)
    return event


def _check_whole(event: Event, found: _Identifiers, pointer: str) -> None:
    if not any(found):
        raise _refuse(pointer, "needs a userId, an anonymousId, an e-mail, a CRM or a device id")
    if event.type == "group" and event.group_id is None:
        raise _refuse(f"{pointer}/groupId", "is needed in a group call")
    if event.type == "alias" and event.previous_id is None:
        raise _refuse(f"{pointer}/previousId", "is needed in an alias call")


def check_values(value: object, pointer: str) -> None:
    """Refuse what storage cannot hold.

    Raises:
        InvalidInputError: a control character or a number out of range, with its pointer.
    """
    for problem in storable.problems(value, pointer, lines=True):
        raise _refuse(problem.where, problem.detail)


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


def _identifiers(
    item: dict[str, Any],
    traits: dict[str, Any],
    properties: dict[str, Any],
    context: dict[str, Any],
) -> _Identifiers:
    """Return who an item names; ``externalIds`` fill in only what it does not say itself."""
    external = _external_ids(context)
    return _Identifiers(
        user_id=usable(item.get("userId")) or external.user_id,
        crm_id=_first_usable(traits, CRM_ID_NAMES) or external.crm_id,
        email=_email(item, traits, properties) or external.email,
        anonymous_id=usable(item.get("anonymousId")) or external.anonymous_id,
        device_id=_device(context) or external.device_id,
    )


def _email(*sources: Mapping[str, Any]) -> str | None:
    """Return the first well-formed e-mail: of the item, its traits, its properties.

    A plain address tells more than a hash, so the first hash counts only where none is plain.
    """
    plain = [source.get(name) for source in sources for name in EMAIL_NAMES]
    hashed = [
        source.get(name) for source in sources for name in (*EMAIL_NAMES, *HASHED_EMAIL_NAMES)
    ]
    for value in plain:
        if isinstance(value, str) and (email := normalise_email(value)):
            return email
    return next((found for v in hashed if isinstance(v, str) and (found := hashed_email(v))), None)


def _first_usable(values: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next((found for name in names if (found := usable(values.get(name)))), None)


def _device(context: Mapping[str, Any]) -> str | None:
    """Return the id of a device, or the one for advertising unless its owner forbids that."""
    device = context.get("device")
    if not isinstance(device, dict):
        return None
    tracked = device.get("adTrackingEnabled") is not False
    return _first_usable(device, ("id", "advertisingId") if tracked else ("id",))


def _external_ids(context: Mapping[str, Any]) -> _Identifiers:
    """Return what ``externalIds`` say of a user, of each type the first that is usable.

    Entries of another collection, another type, or an encoding that cannot be compared are left
    alone, as is anything that is not of their form.
    """
    given = context.get("externalIds")
    by_type: dict[str, str] = {}
    for entry in given if isinstance(given, list) else []:
        kind = entry.get("type") if isinstance(entry, dict) else None
        if isinstance(kind, str) and kind not in by_type and (value := _external_id(entry, kind)):
            by_type[kind] = value
    return _Identifiers(
        user_id=by_type.get("user_id"),
        crm_id=by_type.get("crm_id"),
        email=by_type.get("email"),
        anonymous_id=by_type.get("anonymous_id"),
        device_id=next((by_type[kind] for kind in EXTERNAL_DEVICES if kind in by_type), None),
    )


def _external_id(entry: Mapping[str, Any], kind: str) -> str | None:
    plain = entry.get("encoding") in (None, "", "none")
    if entry.get("collection") not in (None, "", "users"):
        return None
    if kind == "email":
        return read_email(entry.get("id")) if plain or entry["encoding"] == "sha256" else None
    return usable(entry.get("id")) if plain else None


def _vouched(found: _Identifiers, context: dict[str, Any], arrival: Arrival) -> bool:
    """Return whether the tenant's backend signed the strong identifiers of an item.

    A signature that is wrong or too old is no error: the call counts as any browser's.
    """
    return arrival.identify_secret is not None and signatures.verified(
        context,
        secret=arrival.identify_secret,
        user_id=found.user_id,
        crm_id=found.crm_id,
        email=found.email,
        now=arrival.received_at,
    )


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
