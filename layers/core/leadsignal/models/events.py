"""Tracking events as accepted, the message that carries them, and the verdict a client gets."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.instants import Instant
from leadsignal.models.tenants import KeyEnv

type TrackCall = Literal["track", "page", "screen", "identify", "group", "alias"]
type CallType = TrackCall | Literal["record"]
"""What an event is: a call to a track route, or (``record``) what somebody said of a lead by the
API."""
type Teller = Literal["api", "crm", "import", "person"]
"""Who said something of a lead: a caller of the API, the CRM, an import, a person."""


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
    caused the event. ``trusted`` events came with a secret key; in ``signed`` ones the tenant
    vouches for the user id and the e-mail, though a browser sent them. A ``minted`` id is ours, for
    the client sent none. ``email`` is an address, or ``sha256:`` and the hash of one. ``key_id``
    names the key that the event came with.

    What somebody says of a lead is an event too (``record``): ``said`` maps each field's path
    (``first_name``, ``traits.plan``) to its value, None for one that is withdrawn, and ``teller``
    is who says so. ``record_id`` names a lead that nothing else names; ``also`` are further
    identifiers, as ``<kind>:<value>``.
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
    crm_id: str | None = None
    device_id: str | None = None
    record_id: str | None = None
    also: tuple[str, ...] = ()
    group_id: str | None = None
    previous_id: str | None = None
    traits: dict[str, Any] = Field(default_factory=dict)
    group_traits: dict[str, Any] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)
    context: Context = Context()
    bot: str | None = None
    trusted: bool = False
    signed: bool = False
    minted: bool = False
    key_id: str | None = None
    said: dict[str, Any] = Field(default_factory=dict)
    teller: Teller = "api"

    @property
    def is_statement(self) -> bool:
        """True for what somebody said of a lead: it is no behaviour and counts in nothing."""
        return self.type == "record"


class Arrived(Frozen):
    """How the refused items of a request came in: enough to read them again as they were then.

    ``call`` is the call type of the route, None of a batch. ``details`` are those of the arrival,
    but for its secret; large ones are kept apart under ``details_key``.
    """

    call: str | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    details_key: str | None = None


class Rejection(Frozen):
    """One item that was refused, and why; ``digest`` is the same for every sending of it.

    A large original is kept apart under ``original_key``.
    """

    code: str
    detail: str
    pointer: str
    message_id: str | None = None
    received_at: Instant
    digest: str
    original: Any = None
    original_key: str | None = None
    original_bytes: int | None = None


class EventsMessage(Frozen):
    """What one request carried, as one queue message: good events, and the items it refused."""

    v: Literal[1] = 1
    tenant_id: str
    key_id: str
    env: KeyEnv
    events: tuple[Event, ...] = ()
    rejected: tuple[Rejection, ...] = ()
    arrived: Arrived | None = None


class Verdict(Frozen):
    """What became of one item of a request."""

    messageId: OrAbsent[str]  # noqa: N815 - the Segment wire format is camelCase
    status: Literal["accepted", "rejected"]
    code: OrAbsent[str] = None
    detail: OrAbsent[str] = None
    pointer: OrAbsent[str] = None
