"""Batches of operations on leads: as sent and as answered."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.edits import LeadInput
from leadsignal.models.endpoints import OrAbsent

MAX_OPERATIONS = 500

type Operator = Literal["create", "update", "upsert", "delete"]


class BatchRequest(Strict):
    """Up to 500 operations; each is read by itself, so a bad one does not spoil the others."""

    operations: Annotated[
        tuple[JsonValue, ...],
        Field(
            min_length=1,
            strict=False,
            description=(
                'Each is `{"op": "create|update|upsert|delete", "id"?, "lead"?}`, with `lead` as '
                "`POST /v1/leads` takes it"
            ),
        ),
    ]


class Operation(Strict):
    """One operation: ``id`` says which lead it changes or deletes, ``lead`` what is said of it."""

    op: Operator
    id: Annotated[str, Field(max_length=64)] | None = None
    lead: LeadInput | None = None


class OperationResult(Frozen):
    """What became of one operation: the status that it would have had by itself.

    ``problem`` is there where it was not done; ``retryable`` of it says that trying again may help.
    """

    index: int
    status: int
    id: OrAbsent[str] = None
    duplicate: OrAbsent[bool] = None
    potential_duplicate_id: OrAbsent[str] = None
    problem: OrAbsent[dict[str, Any]] = None


class BatchSummary(Frozen):
    """How many operations came to what."""

    total: int
    created: int
    updated: int
    deleted: int
    failed: int


class BatchAnswer(Frozen):
    """The results in the order of the operations."""

    results: tuple[OperationResult, ...]
    summary: BatchSummary
