"""Credits: what look-ups cost, what a tenant has left of them, and the entries of its ledger."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.enrichment import LookupKind
from leadsignal.models.instants import Instant, Timestamp

MAX_CREDITS = 1_000_000_000

type Credits = Annotated[int, Field(ge=0, le=MAX_CREDITS)]
type Budget = tuple[str, str]
"""The budget of one key on one UTC day: day and key id."""

type CreditLevel = Literal["low", "empty"]
"""How little is left of a month: a fifth of the allowance or less, or nothing."""

type EntryKind = Literal["reserve", "charge", "refund", "grant", "reset"]
type ReservationState = Literal["open", "charged", "refunded", "released"]
type LookupOutcome = Literal["hit", "miss", "failure"]


class Purchase(Frozen):
    """One look-up that is about to be paid for.

    ``reservation_id`` makes it one purchase however often it is tried. ``key_id`` is None for what
    no key asked for (background enrichment), ``daily_credits`` the budget of that key.
    """

    reservation_id: str
    credits: Annotated[int, Field(ge=1, le=100_000)]
    provider: str
    kind: LookupKind
    key_id: str | None = None
    daily_credits: int | None = None
    company_id: str | None = None


class Reservation(Frozen):
    """Credits set aside for one look-up, and what became of them.

    ``released``: nobody settled it within its time, so the credits went back by themselves.
    ``day`` is the UTC day whose budgets it counts in.
    """

    id: str
    credits: int
    provider: str
    kind: LookupKind
    key_id: str | None = None
    company_id: str | None = None
    day: str
    until: Instant
    state: ReservationState = "open"
    charged: int = 0


class Hold(Frozen):
    """An open reservation, as the account keeps it."""

    credits: int
    until: Instant
    day: str
    key_id: str | None = None


class Account(Frozen):
    """What a tenant has left of a month; ``allowance + granted = balance + reserved + charged``.

    ``month`` and ``day`` are UTC; ``spent_today`` counts what was reserved or charged on ``day``.
    ``entries`` is the number of the last entry of the ledger. ``told`` holds the levels that were
    announced this month, ``sequence`` counts these facts.
    """

    version: int = 0
    month: str = ""
    allowance: int = 0
    granted: int = 0
    balance: int = 0
    charged: int = 0
    day: str = ""
    spent_today: int = 0
    holds: dict[str, Hold] = Field(default_factory=dict)
    entries: int = 0
    told: tuple[CreditLevel, ...] = ()
    sequence: int = 0
    changed_at: Instant = 0

    @property
    def reserved(self) -> int:
        """The credits of all open reservations."""
        return sum(hold.credits for hold in self.holds.values())

    @property
    def left(self) -> int:
        """The credits that are not charged yet, reserved or not."""
        return self.balance + self.reserved


class Entry(Frozen):
    """One entry of a ledger, never changed.

    ``reserve`` takes ``credits`` from the balance, ``charge`` from what is reserved, ``refund``
    gives reserved ones back, ``grant`` adds to the balance, ``reset`` makes the balance
    what it says. ``balance`` and ``reserved`` are those after it. ``expired``: a reservation that
    nobody settled went back. ``waived``: what a late charge found no credits for.
    """

    number: int
    at: Instant
    kind: EntryKind
    credits: int
    balance: int
    reserved: int
    reservation_id: str | None = None
    key_id: str | None = None
    provider: str | None = None
    lookup: LookupKind | None = None
    company_id: str | None = None
    expired: bool = False
    waived: int = 0


class Usage(Frozen):
    """What one key (None: nobody's, in the background) asked one provider on one UTC day.

    Of a reservation the day is that on which it was made.
    """

    day: str
    key_id: str | None
    provider: str
    lookups: int = 0
    hits: int = 0
    misses: int = 0
    failures: int = 0
    credits: int = 0


class Book(Frozen):
    """The account with what belongs to it: as it was read, then as it is to be written.

    ``spent`` is what was reserved or charged of budgets, ``entries`` and ``usage`` are new.
    ``touched`` names the reservations and budgets that changed.
    """

    account: Account
    reservations: dict[str, Reservation] = Field(default_factory=dict)
    spent: dict[Budget, int] = Field(default_factory=dict)
    entries: tuple[Entry, ...] = ()
    usage: tuple[Usage, ...] = ()
    touched: frozenset[str | Budget] = frozenset()


class EntryView(Frozen):
    """An entry of the ledger as its tenant reads it."""

    id: str
    at: Timestamp
    kind: EntryKind
    credits: int
    balance: int
    reserved: int
    reservation_id: OrAbsent[str] = None
    key_id: OrAbsent[str] = None
    provider: OrAbsent[str] = None
    lookup: OrAbsent[LookupKind] = None
    company_id: OrAbsent[str] = None
    expired: OrAbsent[bool] = None
    waived: OrAbsent[int] = None


class BudgetView(Frozen):
    """What was spent today (UTC), reserved credits included, and the budget; null: no limit."""

    daily_credits: int | None
    spent: int


class CreditsView(Frozen):
    """What a tenant has left of the month. ``key`` is about the key that asks."""

    balance: int
    reserved: int
    monthly_allowance: int
    resets_at: Timestamp
    granted: int
    charged: int
    today: BudgetView
    key: BudgetView
