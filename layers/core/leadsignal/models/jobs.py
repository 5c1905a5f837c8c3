"""Work that goes on after the answer, and how far it is."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.instants import Instant, Timestamp

type JobKind = Literal[
    "rescore", "segment_fill", "segment_removal", "attribute_fill", "train", "predict"
]
type JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Job(Frozen):
    """A job as stored. ``place`` is how far it came in the list that it works through; ``subject``
    says what it is about, by name."""

    id: str
    kind: JobKind
    status: JobStatus = "queued"
    processed: int = 0
    total: int | None = None
    failed: int = 0
    place: str | None = None
    subject: dict[str, str] = Field(default_factory=dict)
    result: dict[str, Any] | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 0


class JobView(Frozen):
    """A job as its owner sees it; ``total`` is None until it was counted."""

    id: str
    kind: JobKind
    status: JobStatus
    processed: int
    total: int | None
    failed: int
    result: OrAbsent[dict[str, Any]] = None
    created_at: Timestamp
    updated_at: Timestamp


class JobStep(Frozen):
    """Asks to go on with a job."""

    v: Literal[1] = 1
    tenant_id: str
    job_id: str
