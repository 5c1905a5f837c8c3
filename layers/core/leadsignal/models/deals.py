"""Deals: what may be sold to leads, as stored."""

from typing import Literal

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant

type DealOutcome = Literal["won", "lost", "open"]


class Deal(Frozen):
    """A deal. ``lead_ids`` are the leads that it is with; one of them may have been merged away or
    deleted since. ``amount`` is in minor units of ``currency``. ``closed_at`` is when it was won or
    lost, None while it is open. ``sequence`` counts the facts told of it so far."""

    id: str
    name: str
    lead_ids: tuple[str, ...] = ()
    company_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    stage: str | None = None
    outcome: DealOutcome = "open"
    closed_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    sequence: int = 0
    version: int = 0
