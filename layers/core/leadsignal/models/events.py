"""Tracking events as accepted, the message that carries them, and the verdict a client gets."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant
from leadsignal.models.tenants import KeyEnv

type CallType = Literal["track", "page", "screen", "identify", "group", "alias"]


class Page(Frozen):
    """The page an event happened on."""

    url: str | None = None
    path: str | None = None
    search: str | None = None
    title: str | None = None
    referrer: str | None = None


class Campaign(Frozen):
    """UTM values that the client took from the URL itself."""

    name: str | None = None
    source: str | None = None
    medium: str | None = None
    term: str | None = None
    content: str | None = None


class Context(Frozen):
    """What is read of a Segment ``context``. ``consent`` maps purpose to allowed."""

    ip: str | None = None
    user_agent: str | None = None
    locale: str | None = None
    timezone: str | None = None
    page: Page | None = None
    campaign: Campaign | None = None
    consent: dict[str, bool] = Field(default_factory=dict)
    ldu: bool = False


class Event(Frozen):
    """One accepted event.

    ``at`` is when it happened by our clock; ``client_at`` what the client's clock said, which a
    re-send repeats (None when the client gave no time). ``fingerprint`` is a hash of the content
    without transport fields: two sendings of one event share it. ``bot`` names the crawler that
    caused the event. ``trusted`` events came with a secret key; a ``minted`` id is ours, for the
    client sent none.
    """

    message_id: str
    type: CallType
    event: str
    at: Instant
    client_at: Instant | None = None
    received_at: Instant
    fingerprint: str
    anonymous_id: str | None = None
    user_id: str | None = None
    email: str | None = None
    group_id: str | None = None
    previous_id: str | None = None
    traits: dict[str, Any] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)
    context: Context = Context()
    bot: str | None = None
    trusted: bool = False
    minted: bool = False


class EventsMessage(Frozen):
    """What one request carried, as one queue message."""

    v: Literal[1] = 1
    tenant_id: str
    key_id: str
    env: KeyEnv
    events: tuple[Event, ...]


class Verdict(Frozen):
    """What became of one item of a request."""

    messageId: str | None  # noqa: N815 - the Segment wire format is camelCase
    status: Literal["accepted", "rejected"]
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None
