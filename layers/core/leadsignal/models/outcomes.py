"""What became of a lead, or of a deal."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Instant, Moment, Timestamp

MAX_AMOUNT = 10**38 - 1  # what storage can hold

type WonOrLost = Literal["won", "lost"]

type Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
"""Money in minor units of its currency: cents of EUR, yen of JPY."""

type CurrencyInput = Annotated[
    str, Field(min_length=1, max_length=64, json_schema_extra={"examples": ["EUR"]})
]
"""A currency by its code (ISO 4217), or by a name or sign that means no other one."""


class Outcome(Frozen):
    """What became of a lead, and when: what it was worth in minor units, where somebody said so."""

    outcome: WonOrLost
    at: Instant
    amount: int | None = None
    currency: str | None = None


class OutcomeInput(Strict):
    """What became of a lead, and when that was decided."""

    outcome: WonOrLost
    at: Moment
    amount: Amount | None = None
    currency: CurrencyInput | None = None


class OutcomeView(Frozen):
    """What became of a lead, as somebody said."""

    outcome: WonOrLost
    at: Timestamp
    amount: int | None
    currency: str | None
