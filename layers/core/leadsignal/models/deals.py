"""Deals: what may be sold to leads, as sent, as stored and as shown."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Instant, Moment, Timestamp
from leadsignal.models.outcomes import Amount, AnyOutcome, CurrencyInput

MAX_LEADS = 50  # of one deal

type DealOrder = Literal["created_at", "-created_at"]

type DealName = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=text_forms.FILLED_LINE)
]
type Stage = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=text_forms.FILLED_LINE)
]
type LeadIds = Annotated[
    tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=MAX_LEADS, strict=False)
]
type CompanyId = Annotated[str, Field(max_length=64)]


class DealRequest(Strict):
    """The body of ``POST /v1/deals``. ``amount`` is in minor units of ``currency``.

    Without a ``company_id`` the company is that of the first lead that has one. What is won or lost
    was closed now, unless ``closed_at`` says when.
    """

    name: DealName
    lead_ids: LeadIds = ()
    company_id: CompanyId | None = None
    amount: Amount | None = None
    currency: CurrencyInput | None = None
    stage: Stage | None = None
    outcome: AnyOutcome = "open"
    closed_at: Moment | None = None


class DealPatch(Strict):
    """The body of ``PATCH /v1/deals/{id}``, a JSON merge patch: null takes a field back to what it
    is without being set."""

    name: DealName = ""
    lead_ids: LeadIds | None = None
    company_id: CompanyId | None = None
    amount: Amount | None = None
    currency: CurrencyInput | None = None
    stage: Stage | None = None
    outcome: AnyOutcome | None = None
    closed_at: Moment | None = None


class Deal(Frozen):
    """A deal as stored. ``lead_ids`` are the leads that it is with, by the ids that they were named
    by: some may have been merged into others since. ``amount`` is in minor units of ``currency``.
    ``closed_at`` is when it was won or lost, None while it is open. ``sequence`` counts the facts
    told of it so far."""

    id: str
    name: str
    lead_ids: tuple[str, ...] = ()
    company_id: str | None = None
    amount: int | None = None
    currency: str | None = None
    stage: str | None = None
    outcome: AnyOutcome = "open"
    closed_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    sequence: int = 0
    version: int = 0

    @property
    def position(self) -> str:
        """Its place among all deals, oldest first."""
        return f"{self.created_at:014d}#{self.id}"


class DealLink(Frozen):
    """That a deal names a lead, since an instant. A link may outlive what it says: the deal itself
    tells whom it names."""

    position: str
    at: Instant

    @property
    def deal_id(self) -> str:
        """The deal."""
        return self.position.partition("#")[2]


class DealView(Frozen):
    """A deal as a client sees it. ``lead_ids`` are the leads as they are now: those that were
    merged into others are these."""

    id: str
    name: str
    lead_ids: tuple[str, ...]
    company_id: str | None
    amount: int | None
    currency: str | None
    stage: str | None
    outcome: AnyOutcome
    closed_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
