"""Arithmetic of credits: what each movement makes of an account, and the entries that tell of it.

Every movement is told by entries that another reader can add up again:
``reserve`` moves credits from the balance to what is reserved, ``refund`` moves them back,
``charge`` takes them from what is reserved, ``grant`` adds to the balance and ``reset`` makes the
balance what it says.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from leadsignal.errors import NoCreditsError
from leadsignal.models.credits import (
    Account,
    Book,
    Budget,
    CreditLevel,
    Entry,
    EntryKind,
    Hold,
    Purchase,
    Reservation,
    ReservationState,
    Usage,
)
from leadsignal.models.facts import CreditsData, Fact
from leadsignal.models.instants import Instant, rfc3339, to_instant, utc_day

HOLD_MS = 60_000  # twice what any function may run
LOW_SHARE = 5  # a fifth of the allowance
MAX_RELEASED = 10  # by one movement: what it reads and writes is bounded


def month_of(instant: Instant) -> str:
    """Return the UTC month of an instant, ``YYYY-MM``."""
    return utc_day(instant)[:7]


def day_of(account: Account, now: Instant) -> str:
    """Return the UTC day that counts: never one before the account's own, whose clock was ahead."""
    return max(utc_day(now), account.day)


def resets_at(month: str) -> Instant:
    """Return when the month after this one begins."""
    first = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return to_instant(following)


def overdue(account: Account, now: Instant, *, but: str | None = None) -> Sequence[str]:
    """Return the ids of reservations that nobody settled in time, the oldest first; bounded."""
    late = sorted(
        (hold.until, name)
        for name, hold in account.holds.items()
        if hold.until <= now and name != but
    )
    return [name for _, name in late[:MAX_RELEASED]]


def caught_up(book: Book, *, monthly: int, now: Instant, but: str | None = None) -> Book:
    """Return the book with what time alone changes: reservations that nobody settled are released,
    then a new month begins with its allowance, less what is still reserved."""
    for name in overdue(book.account, now, but=but):
        book = _settled(book, book.reservations[name], "released", now=now)
    account = book.account
    if month_of(now) <= account.month:
        return book
    allowance = max(monthly, account.reserved)
    begun = account.model_copy(
        update={
            "month": month_of(now),
            "allowance": allowance,
            "granted": 0,
            "balance": allowance - account.reserved,
            "charged": 0,
            "told": (),
        }
    )
    return _entered(book, begun, "reset", begun.balance, now)


def reserve(book: Book, purchase: Purchase, *, daily: int | None, now: Instant) -> Book:
    """Return the book with credits set aside; ``daily`` is the tenant's budget for one day.

    Raises:
        NoCreditsError: there are not so many, or a budget does not allow it.
    """
    account, price = _on(book.account, day_of(book.account, now)), purchase.credits
    if purchase.key_id is not None and purchase.daily_credits is not None:
        spent = book.spent.get((account.day, purchase.key_id), 0)
        if spent + price > purchase.daily_credits:
            raise NoCreditsError("key_day")
    if daily is not None and account.spent_today + price > daily:
        raise NoCreditsError("day")
    if price > account.balance:
        raise NoCreditsError("balance")
    reservation = Reservation(
        id=purchase.reservation_id,
        credits=price,
        provider=purchase.provider,
        kind=purchase.kind,
        key_id=purchase.key_id,
        company_id=purchase.company_id,
        day=account.day,
        until=now + HOLD_MS,
    )
    hold = Hold(credits=price, until=reservation.until, day=account.day, key_id=purchase.key_id)
    taken = account.model_copy(
        update={
            "balance": account.balance - price,
            "holds": account.holds | {reservation.id: hold},
        }
    )
    book = _spent(_kept(book, reservation), taken, reservation, price)
    return _entered(book, book.account, "reserve", price, now, reservation)


def charge(book: Book, reservation: Reservation, credits: int, *, now: Instant) -> Book:
    """Return the book with so many of the reserved credits charged and the others given back.

    Of a reservation that was released meanwhile, as much is taken as the balance has, whatever the
    budgets say; what is missing is waived.
    """
    if reservation.state == "released":
        return _charged_late(book, reservation, credits, now)
    account = book.account
    others = {name: hold for name, hold in account.holds.items() if name != reservation.id}
    paid = account.model_copy(update={"holds": others, "charged": account.charged + credits})
    rest = reservation.credits - credits
    book = _kept(book, reservation.model_copy(update={"state": "charged", "charged": credits}))
    # Until the rest is given back it is reserved still, as the entries say it.
    book = _entered(book, paid, "charge", credits, now, reservation, reserved=rest)
    if rest:
        back = book.account.model_copy(update={"balance": book.account.balance + rest})
        book = _spent(book, back, reservation, -rest)
        book = _entered(book, book.account, "refund", rest, now, reservation)
    return _counted(_noticed(book), reservation, lookups=1, hits=1, credits=credits)


def refund(book: Book, reservation: Reservation, *, failed: bool, now: Instant) -> Book:
    """Return the book with the reserved credits given back: nothing was found, or it failed."""
    if reservation.state == "released":
        return _kept(book, reservation.model_copy(update={"state": "refunded"}))
    book = _settled(book, reservation, "refunded", now=now)
    return _counted(book, reservation, lookups=1, misses=not failed, failures=failed)


def grant(book: Book, credits: int, *, now: Instant) -> Book:
    """Return the book with extra credits for this month."""
    account = book.account
    richer = account.model_copy(
        update={"granted": account.granted + credits, "balance": account.balance + credits}
    )
    return _entered(book, richer, "grant", credits, now)


def reallow(book: Book, allowance: int, *, now: Instant) -> Book:
    """Return the book with another allowance for this month, never less than is spent of it."""
    account = book.account
    used = account.charged + account.reserved - account.granted
    allowed = max(allowance, used)
    balance = allowed + account.granted - account.charged - account.reserved
    changed = account.model_copy(update={"allowance": allowed, "balance": balance})
    return _entered(book, changed, "reset", balance, now)


def credit_facts(before: Account | None, after: Account, *, tenant_id: str) -> tuple[Fact, ...]:
    """Return the levels that an account came down to in one write, as facts."""
    same_month = before is not None and before.month == after.month
    known = before.told if before is not None and same_month else ()
    start = before.sequence if before is not None else 0
    levels = [level for level in after.told if level not in known]
    return tuple(
        Fact(
            id=_fact_id(tenant_id, after.month, level),
            tenant_id=tenant_id,
            type="credits.low",
            at=after.changed_at,
            sequence=start + offset,
            data=CreditsData(
                level=level,
                balance=after.balance,
                reserved=after.reserved,
                monthly_allowance=after.allowance,
                month=after.month,
                resets_at=rfc3339(resets_at(after.month)),
                version=after.version,
            ),
        )
        for offset, level in enumerate(levels, start=1)
    )


def has_news(before: Account, after: Account) -> bool:
    """Return whether a change makes facts."""
    return after.sequence > before.sequence


def _charged_late(book: Book, reservation: Reservation, credits: int, now: Instant) -> Book:
    account = _on(book.account, day_of(book.account, now))
    taken = min(credits, account.balance)
    book = _kept(book, reservation.model_copy(update={"state": "charged", "charged": taken}))
    if taken:
        held = account.model_copy(update={"balance": account.balance - taken})
        book = _spent(book, held, reservation, taken)
        book = _entered(book, book.account, "reserve", taken, now, reservation, reserved=taken)
    paid = book.account.model_copy(update={"charged": book.account.charged + taken})
    waived = credits - taken
    book = _entered(book, paid, "charge", taken, now, reservation, waived=waived)
    # Its release counted as a failure.
    return _counted(_noticed(book), reservation, hits=1, failures=-1, credits=taken)


def _settled(
    book: Book, reservation: Reservation, state: ReservationState, *, now: Instant
) -> Book:
    """Return the book with all credits of an open reservation back in the balance."""
    account = book.account
    others = {name: hold for name, hold in account.holds.items() if name != reservation.id}
    balance = account.balance + reservation.credits
    back = account.model_copy(update={"holds": others, "balance": balance})
    book = _kept(book, reservation.model_copy(update={"state": state}))
    book = _spent(book, back, reservation, -reservation.credits)
    expired = state == "released"
    book = _entered(
        book, book.account, "refund", reservation.credits, now, reservation, expired=expired
    )
    return _counted(book, reservation, lookups=1, failures=1) if expired else book


def _on(account: Account, day: str) -> Account:
    """Return the account on a day: on another one than before nothing was spent yet."""
    if day == account.day:
        return account
    return account.model_copy(update={"day": day, "spent_today": 0})


def _spent(book: Book, account: Account, reservation: Reservation, credits: int) -> Book:
    """Return the book with an account and with what budgets of the reservation's day counted."""
    if reservation.day == account.day:
        account = account.model_copy(update={"spent_today": account.spent_today + credits})
    if reservation.key_id is None:
        return book.model_copy(update={"account": account})
    budget: Budget = (reservation.day, reservation.key_id)
    return book.model_copy(
        update={
            "account": account,
            "spent": book.spent | {budget: book.spent.get(budget, 0) + credits},
            "touched": book.touched | {budget},
        }
    )


def _kept(book: Book, reservation: Reservation) -> Book:
    return book.model_copy(
        update={
            "reservations": book.reservations | {reservation.id: reservation},
            "touched": book.touched | {reservation.id},
        }
    )


def _entered(
    book: Book,
    account: Account,
    kind: EntryKind,
    credits: int,
    now: Instant,
    about: Reservation | None = None,
    *,
    reserved: int = 0,
    **more: Any,
) -> Book:
    """Return the book with an account and an entry that tells how it became so.

    ``reserved`` is what the next entry of the same movement will take from what is reserved.
    """
    number = account.entries + 1
    entry = Entry(
        number=number,
        at=now,
        kind=kind,
        credits=credits,
        balance=account.balance,
        reserved=account.reserved + reserved,
        reservation_id=about.id if about else None,
        key_id=about.key_id if about else None,
        provider=about.provider if about else None,
        lookup=about.kind if about else None,
        company_id=about.company_id if about else None,
        **more,
    )
    numbered = account.model_copy(update={"entries": number, "changed_at": now})
    return book.model_copy(update={"account": numbered, "entries": (*book.entries, entry)})


def _noticed(book: Book) -> Book:
    """Return the book with the level marked as told that was reached for the first time."""
    account = book.account
    level = _level(account)
    if level is None or level in account.told:
        return book
    told = {"told": (*account.told, level), "sequence": account.sequence + 1}
    return book.model_copy(update={"account": account.model_copy(update=told)})


def _level(account: Account) -> CreditLevel | None:
    """Return how little is left; what is reserved may come back and counts as left."""
    if account.left == 0:
        return "empty"
    return "low" if account.left * LOW_SHARE <= account.allowance else None


def _counted(book: Book, reservation: Reservation, **counts: int) -> Book:
    usage = Usage(
        day=reservation.day, key_id=reservation.key_id, provider=reservation.provider, **counts
    )
    return book.model_copy(update={"usage": (*book.usage, usage)})


def _fact_id(tenant_id: str, month: str, level: CreditLevel) -> str:
    text = "\n".join((tenant_id, "credits.low", month, level))
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return "msg_" + base64.b32encode(digest).decode().rstrip("=").lower()
