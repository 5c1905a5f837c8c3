"""What is on its way out: messages on the queues, rows that make each action one, and answers."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.facts import Fact, Tier
from leadsignal.models.instants import Instant, Timestamp

type HttpFailure = Literal[
    "dns", "blocked-address", "connect", "tls", "timeout", "protocol", "too-large"
]
type DeliveryStatus = Literal["pending", "delivered", "failed", "exhausted", "cancelled"]
type CancelReason = Literal["webhook-deleted", "webhook-disabled", "secret-unreadable", "gone"]


class HttpResult(Frozen):
    """How one request ended: with a status, with a failure, or (a broken body) with both.

    ``excerpt`` is the beginning of the body, undecoded bytes replaced; never more than 1 KiB.
    """

    status: int | None = None
    retry_after: str | None = None
    excerpt: str = ""
    duration_ms: int = 0
    error: HttpFailure | None = None

    @property
    def ok(self) -> bool:
        """True for a whole answer with a 2xx status."""
        return self.error is None and self.status is not None and 200 <= self.status < 300


class HttpBody(Frozen):
    """The whole answer to one request, or how it failed; then there is no body.

    ``content_type`` and ``content_encoding`` are headers as they came, empty where there was none.
    """

    status: int | None = None
    retry_after: str | None = None
    content_type: str = ""
    content_encoding: str = ""
    body: bytes = b""
    duration_ms: int = 0
    error: HttpFailure | None = None


class BusEvent(Frozen):
    """A fact as EventBridge puts it on a queue; the envelope's own fields are not needed."""

    detail: Fact


class DeliveryTask(Frozen):
    """One attempt to tell one webhook of one fact, not to be made before ``not_before``."""

    kind: Literal["delivery"] = "delivery"
    fact: Fact
    webhook_id: str
    attempt: int = 1
    not_before: Instant = 0


class AlertTask(Frozen):
    """One alert for one fact that has to wait until ``not_before``."""

    kind: Literal["alert"] = "alert"
    fact: Fact
    alert_id: str
    not_before: Instant = 0


DELIVER_MESSAGE: TypeAdapter[DeliveryTask | BusEvent] = TypeAdapter(
    Annotated[DeliveryTask | BusEvent, Field(union_mode="left_to_right")]
)
ALERT_MESSAGE: TypeAdapter[AlertTask | BusEvent] = TypeAdapter(
    Annotated[AlertTask | BusEvent, Field(union_mode="left_to_right")]
)


class Attempt(Frozen):
    """One attempt; open (no ``duration_ms``) from before the request is made until it ended."""

    number: int
    at: Instant
    status_code: int | None = None
    error: HttpFailure | Literal["interrupted"] | None = None
    duration_ms: int | None = None

    @property
    def open(self) -> bool:
        """True while nobody has recorded how the attempt ended."""
        return self.duration_ms is None


class Delivery(Frozen):
    """One fact on its way to one webhook.

    ``pending`` until the first attempt ended; ``failed`` while another one is due; ``delivered``,
    ``exhausted`` and ``cancelled`` are final. The fact is kept so that it can be sent again.
    """

    id: str
    webhook_id: str
    fact: Fact
    status: DeliveryStatus = "pending"
    reason: CancelReason | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: Instant | None = None
    version: int = 0

    @property
    def message_id(self) -> str:
        """What a receiver knows it by: the same in every attempt."""
        return self.fact.id

    @property
    def type(self) -> str:
        """The type of the fact."""
        return self.fact.type

    @property
    def final(self) -> bool:
        """True when nothing more will be sent by itself."""
        return self.status in {"delivered", "exhausted", "cancelled"}


class AttemptView(Frozen):
    """An attempt as the webhook's owner reads it."""

    number: int
    at: Timestamp
    status_code: OrAbsent[int] = None
    error: OrAbsent[str] = None
    duration_ms: OrAbsent[int] = None


class DeliveryView(Frozen):
    """A delivery as the webhook's owner reads it."""

    id: str
    message_id: str
    type: str
    status: DeliveryStatus
    reason: OrAbsent[CancelReason] = None
    attempts: tuple[AttemptView, ...]
    next_attempt_at: OrAbsent[Timestamp] = None


class AlertRecord(Frozen):
    """That one alert was (or is being) sent for one crossing.

    ``waiting``: the last attempt failed, another comes. ``skipped``: within the cooldown, or the
    lead is gone. ``refused``: the channel does not want it, or not after ten attempts. ``cause`` is
    the ``messageId`` of the event behind the crossing, if there is one.
    """

    alert_id: str
    fact_id: str
    lead_id: str
    status: Literal["sending", "waiting", "sent", "skipped", "refused"]
    at: Instant
    attempts: int = 0
    cause: str | None = None
    version: int = 0


class AlertMark(Frozen):
    """The last alert about one lead: which crossing, and when; what a cooldown counts from."""

    alert_id: str
    lead_id: str
    fact_id: str
    at: Instant
    version: int = 0


class AlertReason(Frozen):
    """One reason for a score, with the points it gave."""

    text: str
    points: int


class AlertLead(Frozen):
    """What an alert says of a lead; text of unknown origin, to be shown and never interpreted.

    ``reachable`` is false when its e-mail is disposable or known to be undeliverable.
    """

    lead_id: str
    name: str
    company: str | None = None
    domain: str | None = None
    score: int
    tier: Tier
    reasons: tuple[AlertReason, ...] = ()
    last_page: str | None = None
    reachable: bool = True
