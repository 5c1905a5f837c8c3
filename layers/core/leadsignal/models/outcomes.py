"""What became of a lead, or of a deal."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Instant, Moment, Timestamp

MAX_AMOUNT = 10**38 - 1  # what storage can hold

type WonOrLost = Literal["won", "lost"]
type AnyOutcome = Literal["won", "lost", "open"]
type OutcomeSource = Literal["statement", "deal", "status"]

type Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
"""Money in minor units of its currency: cents of EUR, yen of JPY."""

type CurrencyInput = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(json_schema_extra=text_forms.shown(text_forms.FILLED_LINE)),
]
"""A currency by its code (ISO 4217), or by a name or sign that means no other one."""


class Outcome(Frozen):
    """What became of a lead, and when: what it was worth in minor units, where somebody said so.

    ``source`` is who tells: somebody's statement, the deal ``deal_id``, or the lead's status.
    """

    outcome: WonOrLost
    at: Instant
    amount: int | None = None
    currency: str | None = None
    source: OutcomeSource = "statement"
    deal_id: str | None = None


class OutcomeInput(Strict):
    """What became of a lead, and when that was decided."""

    outcome: WonOrLost
    at: Moment
    amount: Amount | None = None
    currency: CurrencyInput | None = None


class OutcomeView(Frozen):
    """What became of a lead: ``open`` while nobody knows.

    ``source`` is who tells: a statement on the lead, the deal ``deal_id``, or the lead's status.
    """

    lead_id: str
    outcome: AnyOutcome
    at: Timestamp | None
    amount: int | None
    currency: str | None
    source: OutcomeSource | None
    deal_id: str | None
