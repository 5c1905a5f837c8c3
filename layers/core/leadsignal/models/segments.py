"""Segments: leads of whom a condition holds, as sent, as stored and as shown."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.endpoints import Name, OrAbsent
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant, Timestamp

type SegmentStatus = Literal["filling", "ready"]
type ConditionInput = Annotated[dict[str, JsonValue], Field(min_length=1)]


class Segment(Frozen):
    """A segment as stored. ``condition`` is as JSON says it; ``job_id`` names the job that sorts
    the leads that were there before it, or before its condition was changed."""

    id: str
    name: str
    condition: dict[str, Any]
    job_id: str | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1


class SegmentSet(Frozen):
    """All segments of a tenant at one time, in the order of creation. A set never changes: another
    one, of a higher ``version``, takes its place."""

    version: int = 0
    segments: tuple[Segment, ...] = ()

    @property
    def mark(self) -> str:
        """What names the set: it follows from all that is in it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


class SegmentRequest(Strict):
    """The body of ``POST /v1/segments``."""

    name: Name
    condition: ConditionInput


class SegmentPatch(Strict):
    """The body of ``PATCH /v1/segments/{id}``, a JSON merge patch; a condition is one value, which
    takes the place of the one before."""

    name: Name = ""
    condition: ConditionInput = Field(default_factory=dict)


class SegmentView(Frozen):
    """A segment as its owner reads it.

    ``member_count`` is counted when it is asked for; where ``count_complete`` is false there are
    more. While the job of ``job_id`` goes on, the ``status`` is ``filling``.
    """

    id: str
    name: str
    condition: dict[str, Any]
    member_count: int
    count_complete: bool
    status: SegmentStatus
    job_id: OrAbsent[str] = None
    created_at: Timestamp
    updated_at: Timestamp


class SegmentMember(Frozen):
    """A lead in a segment, and since when it is."""

    lead_id: str
    entered_at: Timestamp


class PreviewRequest(Strict):
    """The body of ``POST /v1/segments/preview``."""

    condition: ConditionInput


class PreviewedLead(Frozen):
    """A lead that a segment would have, in numbers alone."""

    lead_id: str
    score: int
    tier: Tier


class Preview(Frozen):
    """How many leads a segment would have.

    ``examined`` of the ``leads`` there are were looked at, and of ``matched`` the condition held;
    ``estimated`` is that share of all of them. ``complete``: each was looked at, and the figure is
    exact. Where ``leads_complete`` is false there are more leads than were counted.
    """

    estimated: int
    sample: tuple[PreviewedLead, ...]
    examined: int
    matched: int
    leads: int
    leads_complete: bool
    complete: bool
