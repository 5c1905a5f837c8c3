"""One flight per question: a lease while providers are asked, one by one, and what they cost.

Whoever asks holds a lease in the short tier. What was found is kept there by its holder alone, and
only then is anything charged: so one question is paid for once, whoever crashes or comes late.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from leadsignal.errors import ConflictError, NoCreditsError, ProviderError, TransientError
from leadsignal.models.companies import Company
from leadsignal.models.credits import LookupOutcome, Purchase, Reservation
from leadsignal.models.enrichment import Answer, Lookup
from leadsignal.models.instants import DAY_MS, Instant, to_instant
from leadsignal.models.lookups import Flight, Found
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyStore, LookupCache, NewId, Source
from leadsignal.services import credits
from leadsignal.services.credits import Cashier

type Sources = Sequence[tuple[Provider, Source]]

LOCAL = ("embedded", "upload")
"""Kinds of providers that ask nobody: nothing is gained by remembering what they said."""

SHORT_MS = DAY_MS
HOUR_MS = DAY_MS // 24
SHORT_MISS_MS = HOUR_MS
LEFT_ALONE_MS = 5_000  # a provider that gave no answer and did not say for how long
LEAST_MS = 50  # what a question is worth beginning with
FLIGHT_MS = 2_500  # an answer that comes later than its caller waits is still kept
LANDING_MS = 1_000  # what keeping it takes at most
POLL_SECONDS = 0.04


class Payer(NamedTuple):
    """Who pays for look-ups: the tenant, within the budget of a key when one asks."""

    cashier: Cashier
    key_id: str | None = None
    daily_credits: int | None = None


class LookupDesk(NamedTuple):
    """Everything that asking for one tenant needs; ``wait`` takes seconds, ``chance`` gives 0–1."""

    tenant: Tenant
    sources: Callable[[], Sources]
    companies: CompanyStore
    cache: LookupCache
    payer: Payer
    now: Callable[[], datetime]
    wait: Callable[[float], None]
    chance: Callable[[], float]
    new_id: NewId

    @property
    def instant(self) -> Instant:
        """The time in milliseconds."""
        return to_instant(self.now())


class Asking(NamedTuple):
    """How to ask: until when the caller waits, and whom.

    ``deep``: those too who cost something. ``since``: again, whoever answered before that.
    """

    until: Instant
    deep: bool = True
    since: Instant = 0


class Round(NamedTuple):
    """What came of asking: what is known by now, what it cost, and who gave no answer until when.

    ``unfinished``: there was no time for all; ``waited``: somebody else asked.
    """

    record: Company
    charged: int = 0
    failed: Mapping[str, Instant] = MappingProxyType({})
    no_credits: NoCreditsError | None = None
    unfinished: bool = False
    waited: bool = False


class Held(NamedTuple):
    """Credits that are set aside for a look-up, which may turn out to be a hit."""

    reservation: Reservation
    hit: bool


class Question(Protocol):
    """Something to ask of providers.

    ``satisfied`` returns what there is when what was found leaves nobody to ask, else None;
    ``attempt`` asks, and adds the credits that it sets aside; ``kept`` returns what the short tier
    keeps of it.
    """

    def satisfied(self, found: Found) -> Round | None: ...
    def attempt(self, found: Found | None, end: Instant, holds: list[Held]) -> Round: ...
    def kept(self, outcome: Round) -> tuple[Round, Found]: ...


def fly(question: Question, place: str, *, asking: Asking, desk: LookupDesk) -> Round | None:
    """Return what came of asking, by us or by whoever was first; None when time ran out.

    Raises:
        ConflictError, TransientError: storage failed; nothing is charged that is not kept.
    """
    holder = desk.new_id("flt")
    flight = desk.cache.read(place)
    while True:
        if flight.found is not None and (outcome := question.satisfied(flight.found)) is not None:
            return outcome
        now = desk.instant
        if not flight.is_under_way(now):
            end = max(asking.until, now + FLIGHT_MS)
            flight = desk.cache.take_off(place, holder, until=end + LANDING_MS, now=now)
            if flight.holder == holder:
                return _flown(question, place, flight, end, desk)
            continue
        if now >= asking.until:
            return None
        desk.wait(POLL_SECONDS * (1 + desk.chance()))
        flight = desk.cache.read(place)


def _flown(question: Question, place: str, flight: Flight, end: Instant, desk: LookupDesk) -> Round:
    """Ask as the holder of the lease, keep what is found, then pay for it."""
    before, holder = flight.found, flight.holder or ""
    if before is not None and (outcome := question.satisfied(before)) is not None:
        desk.cache.land(place, holder, before)
        return outcome
    holds: list[Held] = []
    try:
        outcome, found = question.kept(question.attempt(before, end, holds))
        is_kept = desk.cache.land(place, holder, found)
    except (ConflictError, TransientError):
        _pay([held._replace(hit=False) for held in holds], desk)
        raise
    charged = _pay([held._replace(hit=held.hit and is_kept) for held in holds], desk)
    return outcome._replace(charged=charged)


def left_alone(found: Found | None, now: Instant) -> dict[str, Instant]:
    """Return who is to be left alone, and until when."""
    failed = found.failed if found else {}
    return {name: until for name, until in failed.items() if until > now}


def answer_of(
    outcome: Round,
    provider: Provider,
    source: Source,
    lookup: Lookup,
    end: Instant,
    desk: LookupDesk,
) -> tuple[tuple[Answer, Reservation | None] | None, Round]:
    """Return what a provider said, with the credits that are set aside for it; None for nothing."""
    if end - desk.instant < LEAST_MS and provider.kind not in LOCAL:
        return None, outcome._replace(unfinished=True)
    held = None
    if provider.credits:
        try:
            held = _reserve(provider, lookup, outcome.record.id or None, end, desk)
        except NoCreditsError as error:
            return None, outcome._replace(no_credits=error)
        except TransientError:
            return None, outcome._replace(unfinished=True)
    timeout_ms = min(provider.timeout_ms, max(LEAST_MS, end - desk.instant))
    try:
        return (source.ask(lookup, timeout_ms=timeout_ms), held), outcome
    except ProviderError as error:
        if held is not None:
            _pay([Held(held, hit=False)], desk, outcome="failure")
        elif provider.kind not in LOCAL:
            count("failure", provider, desk)
        pause_ms = (error.retry_after_seconds or 0) * 1_000 or LEFT_ALONE_MS
        failed = {**outcome.failed, provider.id: desk.instant + pause_ms}
        return None, outcome._replace(failed=failed)


def _reserve(
    provider: Provider, lookup: Lookup, company_id: str | None, end: Instant, desk: LookupDesk
) -> Reservation:
    """Return the credits that are set aside, if that can be done by ``end``."""
    purchase = Purchase(
        reservation_id=desk.new_id("res"),
        credits=provider.credits,
        provider=provider.id,
        kind=lookup.kind,
        key_id=desk.payer.key_id,
        daily_credits=desk.payer.daily_credits,
        company_id=company_id,
    )
    cashier = desk.payer.cashier
    patience = min(cashier.patience_seconds, (end - desk.instant) / 1_000)
    hasty = cashier._replace(patience_seconds=patience)
    return credits.reserve(purchase, cashier=hasty, now=desk.now())


def _pay(holds: Iterable[Held], desk: LookupDesk, *, outcome: LookupOutcome = "miss") -> int:
    """Charge for hits and give back the rest; return what is charged.

    Where storage fails, the credits go back by themselves.
    """
    charged = 0
    for held in holds:
        cashier, reservation = desk.payer.cashier, held.reservation
        try:
            if held.hit:
                price = reservation.credits
                charged += credits.charge(reservation, price, cashier=cashier, now=desk.now())
            else:
                credits.refund(reservation, outcome, cashier=cashier, now=desk.now())
        except TransientError:
            continue
    return charged


def count(outcome: LookupOutcome, provider: Provider, desk: LookupDesk) -> None:
    """Count what came of asking a provider that costs nothing; a statistic, which may be lost."""
    try:
        credits.count_free(
            outcome,
            provider=provider.id,
            key_id=desk.payer.key_id,
            cashier=desk.payer.cashier,
            now=desk.now(),
        )
    except TransientError:
        return
