"""Records about single events: where one is, and why something could not be done."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.events import Arrived
from leadsignal.models.instants import Instant, Timestamp
from leadsignal.models.tenants import KeyEnv

MAX_REPLAYED = 100  # rows that one request may replay

type FailureCode = Literal[
    "malformed",
    "invalid_event",
    "too_large",
    "id_conflict",
    "unknown_key",
    "apply_failed",
    "profile_too_large",
    "enrichment_failed",
    "announce_failed",
    "delivery_failed",
    "alert_failed",
    "job_failed",
    "rescore_failed",
]
"""Why something failed.

``invalid_event`` and ``too_large``: refused at the door. ``id_conflict``: its ``messageId`` names
another event. ``profile_too_large``: the lead cannot hold more. ``apply_failed``,
``enrichment_failed``, ``announce_failed``, ``delivery_failed``, ``alert_failed``, ``job_failed``,
``rescore_failed``: given up after several attempts. ``malformed``: a queue message that cannot be
read. ``unknown_key``: one of a tenant that is gone.
"""

type FailureSource = Literal[
    "collect", "ingest", "enrich", "announce", "bus", "deliver", "alert", "rescore", "train"
]
"""Who gave up: the function (or the bus) to which a replay goes."""


class EventRecord(Frozen):
    """Where the event of one ``messageId`` was put: under which member and day, when received."""

    message_id: str
    member: str
    day: str
    received_at: Instant
    fingerprint: str


class FailedEvent(Frozen):
    """Something that was taken in but could not be done: the reason and the original.

    ``event`` is the original as JSON: an item as the client sent it, an accepted event, a message
    of a queue, or the two images of a change. A large one is kept apart under ``original_key``.
    ``message_id`` is the ``messageId`` of an event, or the id of a fact. ``failed_at`` is when it
    failed first, and after a replay when it failed again. ``arrived`` is how a refused item came.
    """

    id: str
    message_id: str | None
    code: FailureCode
    detail: str
    pointer: str | None = None
    received_at: Instant
    failed_at: Instant = 0
    replayed_at: Instant | None = None
    source: FailureSource = "ingest"
    env: KeyEnv = "live"
    key_id: str | None = None
    event: Any = None
    original_key: str | None = None
    original_bytes: int | None = None
    arrived: Arrived | None = None

    @property
    def position(self) -> str:
        """Its place among the failures of a tenant, oldest first."""
        return f"{self.received_at:014d}#{self.id}"

    @property
    def waiting(self) -> bool:
        """True until it is replayed, and again when it failed after that."""
        return self.replayed_at is None or self.replayed_at < self.failed_at


class FailedEventView(Frozen):
    """A failed event as a client sees it.

    ``event`` is null in a list when the original is large; ``original_bytes`` says how large.
    """

    id: str
    message_id: str | None
    code: FailureCode
    detail: str
    pointer: OrAbsent[str] = None
    received_at: Timestamp
    failed_at: Timestamp
    replayed_at: OrAbsent[Timestamp] = None
    source: FailureSource
    event: Any
    original_bytes: OrAbsent[int] = None


class ReplayVerdict(Frozen):
    """What became of one replay.

    ``queued``: it is on its way again. ``rejected``: it is still not valid, and nothing was done.
    ``not_found``: there is no such failed event.
    """

    id: str
    status: Literal["queued", "rejected", "not_found"]
    code: OrAbsent[str] = None
    detail: OrAbsent[str] = None
    pointer: OrAbsent[str] = None


class ReplayedView(FailedEventView):
    """A failed event after an attempt to replay it, and what became of that."""

    replay: ReplayVerdict


type FailedId = Annotated[str, Field(json_schema_extra=text_forms.shown(text_forms.FAILED_ID))]

_CURSOR = text_forms.shown(text_forms.CURSOR, maxLength=text_forms.MAX_CURSOR)


def _chosen(name: str) -> dict[str, Any]:
    """Return the schema of a request that has this of the two, and not the other."""
    [other] = {"ids", "code"} - {name}
    kinds: dict[str, Any] = {name: {"not": {"type": "null"}}, other: {"type": "null"}}
    return {"required": [name], "properties": kinds}


class ReplayRequest(Strict):
    """The body of ``POST /v1/failed-events/replay``: either ``ids``, or a ``code`` page by page."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_chosen("ids"), _chosen("code")]})

    ids: list[FailedId] | None = Field(default=None, min_length=1, max_length=MAX_REPLAYED)
    code: FailureCode | None = None
    cursor: Annotated[str, Field(json_schema_extra=_CURSOR)] | None = None


class Replayed(Frozen):
    """What became of many replays; with ``next_cursor`` there are more of that code."""

    replayed: int
    results: tuple[ReplayVerdict, ...]
    has_more: bool = False
    next_cursor: str | None = None
