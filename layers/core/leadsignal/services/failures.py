"""Keeps what failed with its reason and original, and shows it.

What a tenant sends and what functions give up on ends as a ``FailedEvent``. Its id follows from
what failed, so keeping it again changes nothing.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple

from leadsignal.domain import wire
from leadsignal.domain.secrets import derive, is_opaque_id, opaque_id
from leadsignal.domain.signatures import without_signature
from leadsignal.errors import NotFoundError
from leadsignal.models.events import Event, EventsMessage, Rejection
from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.models.records import FailedEvent, FailureCode
from leadsignal.models.tenants import KeyEnv, Tenant
from leadsignal.ports import FailureStore, Originals
from leadsignal.services.listing import Listing

INLINE_BYTES = 32 * 1024  # an original up to this size is kept in its row
LISTED_BYTES = (
    40_000  # of an original in a list: a hundred of them stay below the 6 MB of an answer
)
MAX_POINTER = 1_000


class Kept(NamedTuple):
    """An original: inline, or apart under a key with its size."""

    value: Any
    key: str | None = None
    size: int | None = None


def failure_key(tenant: Tenant) -> bytes:
    """Return the key that ids of a tenant's failures and originals are made with."""
    return derive(tenant, "identity")


def keep_original(
    value: object, *, tenant_id: str, key: bytes, originals: Originals, most: int = INLINE_BYTES
) -> Kept:
    """Return an original to be kept inline, or stored already when it has over ``most`` bytes.

    Raises:
        TransientError, PermanentError: it could not be stored.
    """
    content = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if len(content) <= most:
        return Kept(value)
    name = opaque_id("org", key, hashlib.sha256(content).hexdigest())
    path = f"originals/{tenant_id}/{name}.json"
    originals.put(path, content)
    return Kept(None, path, len(content))


def digest(item: object) -> str:
    """Return 32 characters that every sending of an item shares, whatever carries it."""
    content: object = item
    if isinstance(item, dict):
        shown = {**item, "context": without_signature(item.get("context"))}
        content = {k: v for k, v in shown.items() if k not in wire.TRANSPORT_FIELDS}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def conflict(event: Event, *, key: bytes, env: KeyEnv, now: datetime) -> FailedEvent:
    """Return the failure of an event whose ``messageId`` names another one."""
    detail = "an event of this messageId with other content was received before"
    return _of_event(event, "id_conflict", detail, key, env, now)


def profile_too_large(event: Event, *, key: bytes, env: KeyEnv, now: datetime) -> FailedEvent:
    """Return the failure of an event that would make its lead larger than storage can hold."""
    detail = "the lead of this event cannot hold more"
    return _of_event(event, "profile_too_large", detail, key, env, now)


def given_up(
    event: Event,
    *,
    code: Literal["apply_failed", "unknown_key"],
    detail: str,
    key: bytes,
    env: KeyEnv,
    now: datetime,
) -> FailedEvent:
    """Return the failure of an event that could not be applied in all its attempts."""
    return _of_event(event, code, detail, key, env, now)


def _of_event(
    event: Event, code: FailureCode, detail: str, key: bytes, env: KeyEnv, now: datetime
) -> FailedEvent:
    return FailedEvent(
        id=opaque_id("fail", key, code, event.message_id, event.fingerprint),
        message_id=event.message_id,
        code=code,
        detail=detail,
        received_at=event.received_at,
        failed_at=to_instant(now),
        source="ingest",
        env=env,
        key_id=event.key_id,
        event=event.model_dump(mode="json", exclude_defaults=True),
    )


def keep_rejections(
    messages: Iterable[EventsMessage], *, key: bytes, failures: FailureStore, now: datetime
) -> int:
    """Keep the refused items of one tenant's messages and return how many are new.

    Raises:
        TransientError: storage failed; keep them again.
    """
    rows = [
        _of_rejection(rejection, message, key, now)
        for message in messages
        for rejection in message.rejected
    ]
    return failures.keep(*rows) if rows else 0


def _of_rejection(
    rejection: Rejection, message: EventsMessage, key: bytes, now: datetime
) -> FailedEvent:
    code: FailureCode = "too_large" if rejection.code == "too_large" else "invalid_event"
    return FailedEvent(
        id=opaque_id("fail", key, code, rejection.digest),
        message_id=rejection.message_id,
        code=code,
        detail=rejection.detail,
        pointer=rejection.pointer[:MAX_POINTER],
        received_at=rejection.received_at,
        failed_at=to_instant(now),
        source="collect",
        env=message.env,
        key_id=message.key_id,
        event=rejection.original,
        original_key=rejection.original_key,
        original_bytes=rejection.original_bytes,
        arrived=message.arrived,
    )


def list_failures(
    listing: Listing, code: FailureCode | None, *, failures: FailureStore
) -> Page[FailedEvent]:
    """Return one page of what failed, received last first; with ``code`` only what failed so.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = f"failed-events/{code or ''}"
    before = listing.position(scope)
    rows = failures.newest(listing.limit + 1, before=before, code=code)
    return listing.page(scope, rows, lambda failed: failed.position)


def shortened(failed: FailedEvent) -> FailedEvent:
    """Return a failure as a list shows it: a large original is left out, and its size said."""
    size = len(json.dumps(failed.event))
    if size <= LISTED_BYTES:
        return failed
    return failed.model_copy(update={"event": None, "original_bytes": size})


def get_failure(failed_id: str, *, failures: FailureStore, originals: Originals) -> FailedEvent:
    """Return one failure with its original, wherever that is kept.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        TransientError, PermanentError: its original could not be read.
    """
    found = failures.get(failed_id) if is_opaque_id("fail", failed_id) else None
    if found is None:
        raise NotFoundError("failed event")
    return with_original(found, originals=originals)


def with_original(failed: FailedEvent, *, originals: Originals) -> FailedEvent:
    """Return a failure with its original read, when that is kept apart and still there."""
    if failed.original_key is None:
        return failed
    content = originals.get(failed.original_key)
    if content is None:
        return failed
    return failed.model_copy(update={"event": json.loads(content)})
