"""Look-ups are paid for: credits are reserved before one, charged for a hit, else given back.

Each movement reads the account, works out what becomes of it and writes that in one transaction,
on condition that nobody else wrote meanwhile; else it is tried again after a short random pause.
The threads of one process take turns, for they would only be in each other's way.
It can be repeated: what was done under the id of a reservation is not done again.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain import credits as books
from leadsignal.errors import ConflictError, NoCreditsError, TransientError
from leadsignal.models.credits import Account, Book, LookupOutcome, Purchase, Reservation, Usage
from leadsignal.models.instants import Instant, to_instant, utc_day
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CreditStore

FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.4
PATIENCE_SECONDS = 4.0


class Cashier(NamedTuple):
    """What spending one tenant's credits needs.

    ``pause`` waits for some seconds, ``chance`` gives a random number from 0 to 1; ``turn`` is held
    by one thread of the process at a time. Who has paused for ``patience_seconds`` in all gives up.
    """

    tenant: Tenant
    store: CreditStore
    pause: Callable[[float], None]
    chance: Callable[[], float]
    turn: AbstractContextManager[object]
    patience_seconds: float = PATIENCE_SECONDS


def reserve(purchase: Purchase, *, cashier: Cashier, now: datetime) -> Reservation:
    """Set credits aside for one look-up; they go back after ``HOLD_MS`` unless it is settled.

    Again with the same ``reservation_id``: the reservation as it stands, whatever became of it.

    Raises:
        NoCreditsError: there are not so many, or a budget does not allow it; nothing changed.
        TransientError: storage failed, or others kept spending; nothing may have changed, or the
            credits go back by themselves.
    """
    daily = cashier.tenant.daily_credits

    def change(book: Book, instant: Instant) -> Book:
        if purchase.reservation_id in book.reservations:
            return book
        return books.reserve(book, purchase, daily=daily, now=instant)

    keys = () if purchase.key_id is None else (purchase.key_id,)
    book = _changed(change, cashier, now, reservation_id=purchase.reservation_id, keys=keys)
    return book.reservations[purchase.reservation_id]


def charge(reservation: Reservation, credits: int, *, cashier: Cashier, now: datetime) -> int:
    """Charge for a hit, up to what was reserved, and give back the rest; return what is charged.

    Charging again changes nothing; after a refund nothing is charged. A reservation that was
    released because it took too long is charged all the same, as far as the balance goes.

    Raises:
        ValueError: more is to be charged than was reserved, or nothing.
        TransientError: storage failed, or others kept spending; charge again.
    """
    if not 1 <= credits <= reservation.credits:
        raise ValueError("a charge is at least one credit and at most what was reserved")

    def change(book: Book, instant: Instant) -> Book:
        stored = book.reservations.get(reservation.id)
        if stored is None or stored.state in ("charged", "refunded"):
            return book
        return books.charge(book, stored, credits, now=instant)

    book = _settled(change, reservation, cashier, now)
    stored = book.reservations.get(reservation.id)
    return stored.charged if stored else 0


def refund(
    reservation: Reservation, outcome: LookupOutcome, *, cashier: Cashier, now: datetime
) -> None:
    """Give reserved credits back: the look-up found nothing (``miss``) or failed (``failure``).

    After a charge, a refund or a release nothing moves.

    Raises:
        TransientError: storage failed, or others kept spending; refund again.
    """

    def change(book: Book, instant: Instant) -> Book:
        stored = book.reservations.get(reservation.id)
        if stored is None or stored.state in ("charged", "refunded"):
            return book
        return books.refund(book, stored, failed=outcome == "failure", now=instant)

    _settled(change, reservation, cashier, now)


def count_free(
    outcome: LookupOutcome,
    *,
    provider: str,
    key_id: str | None,
    cashier: Cashier,
    now: datetime,
) -> None:
    """Count a look-up that cost nothing: a statistic, which a failure may lose or double.

    Raises:
        TransientError: storage failed.
    """
    cashier.store.count(
        Usage(
            day=utc_day(to_instant(now)),
            key_id=key_id,
            provider=provider,
            lookups=1,
            hits=outcome == "hit",
            misses=outcome == "miss",
            failures=outcome == "failure",
        )
    )


def catch_up(key_id: str, *, cashier: Cashier, now: datetime) -> Book:
    """Return the account and the budget of a key, after what time alone changes is stored.

    Raises:
        TransientError: storage failed, or others kept spending.
    """
    return _changed(lambda book, instant: book, cashier, now, keys=(key_id,))


def grant(credits: int, *, cashier: Cashier, now: datetime) -> Account:
    """Give a tenant extra credits for this month, and return its account.

    Raises:
        TransientError: storage failed, or others kept spending.
    """
    return _changed(
        lambda book, instant: books.grant(book, credits, now=instant), cashier, now
    ).account


def reallow(*, cashier: Cashier, now: datetime) -> Account:
    """Let the tenant's allowance hold from this month on, and return its account.

    Raises:
        TransientError: storage failed, or others kept spending.
    """

    def change(book: Book, instant: Instant) -> Book:
        changed = books.reallow(book, cashier.tenant.monthly_credits, now=instant)
        same = changed.account.allowance == book.account.allowance
        return book if same else changed

    return _changed(change, cashier, now).account


def _settled(
    change: Callable[[Book, Instant], Book],
    reservation: Reservation,
    cashier: Cashier,
    now: datetime,
) -> Book:
    keys = () if reservation.key_id is None else (reservation.key_id,)
    return _changed(
        change, cashier, now, reservation_id=reservation.id, keys=keys, days=(reservation.day,)
    )


def _changed(
    change: Callable[[Book, Instant], Book],
    cashier: Cashier,
    now: datetime,
    *,
    reservation_id: str | None = None,
    keys: Collection[str] = (),
    days: Collection[str] = (),
) -> Book:
    """Return the book with a change, stored; what time alone changes is stored with it."""
    with cashier.turn:
        return _competed(change, cashier, to_instant(now), reservation_id, keys, days)


def _competed(
    change: Callable[[Book, Instant], Book],
    cashier: Cashier,
    instant: Instant,
    reservation_id: str | None,
    keys: Collection[str],
    days: Collection[str],
) -> Book:
    """Return the book with a change, stored, as soon as no other process was in the way."""
    for pause in _pauses(cashier):
        if pause:
            cashier.pause(pause)
        book = _read(cashier.store, instant, reservation_id, keys, days)
        ready = books.caught_up(
            book, monthly=cashier.tenant.monthly_credits, now=instant, but=reservation_id
        )
        try:
            changed = change(ready, instant)
        except NoCreditsError:
            if ready == book:
                raise
            changed = None  # there may be more to release than one movement does
        try:
            stored = _stored(book, changed or ready, cashier.store)
        except ConflictError:
            continue
        if changed is not None:
            return stored
    raise TransientError("others kept changing the credits")


def _pauses(cashier: Cashier) -> Iterator[float]:
    """Yield how long to wait before each attempt, until the patience is at its end."""
    waited, longest = 0.0, FIRST_PAUSE_SECONDS
    yield 0.0
    while waited < cashier.patience_seconds:
        pause = longest * (1 + cashier.chance()) / 2
        yield pause
        waited += pause
        longest = min(LONGEST_PAUSE_SECONDS, longest * 2)


def _stored(before: Book, after: Book, store: CreditStore) -> Book:
    if after == before:
        return after
    account = store.write(before.account, after)
    return after.model_copy(update={"account": account})


def _read(
    store: CreditStore,
    instant: Instant,
    reservation_id: str | None,
    keys: Collection[str],
    days: Collection[str],
) -> Book:
    """Return the book with all that a movement, and what time changes, may need."""
    names = {reservation_id} if reservation_id else set()
    known = {utc_day(instant), *days}
    budgets = {(day, key) for day in known for key in keys}
    book = store.read(names, budgets)
    late = books.overdue(book.account, instant, but=reservation_id)
    holds = [book.account.holds[name] for name in late]
    more = {(hold.day, hold.key_id) for hold in holds if hold.key_id is not None}
    more |= {(books.day_of(book.account, instant), key) for key in keys}
    if not late and more <= budgets:
        return book
    # Whoever writes one of these writes the account too, whose version the write depends on.
    rest = store.read(late, more - budgets)
    return book.model_copy(
        update={
            "reservations": book.reservations | rest.reservations,
            "spent": book.spent | rest.spent,
        }
    )
