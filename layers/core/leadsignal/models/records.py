"""Records about single events: where one is, and why one could not be applied."""

from typing import Any, Literal

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant

type FailureCode = Literal["malformed", "id_conflict"]


class EventRecord(Frozen):
    """Where the event of one ``messageId`` was put: under which member and day, when received."""

    message_id: str
    member: str
    day: str
    received_at: Instant
    fingerprint: str


class FailedEvent(Frozen):
    """An event that was accepted but could not be applied, with the reason and the original."""

    id: str
    message_id: str | None
    code: FailureCode
    detail: str
    received_at: Instant
    event: dict[str, Any]
