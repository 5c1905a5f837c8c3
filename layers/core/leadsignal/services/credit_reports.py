"""What a tenant reads of its credits: what is left, the ledger, and what look-ups were made."""

from datetime import datetime

from leadsignal.domain import credits as books
from leadsignal.models.credits import BudgetView, CreditsView, Entry, EntryView, Usage
from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.models.tenants import Principal
from leadsignal.ports import CreditStore
from leadsignal.services.credits import Cashier, catch_up
from leadsignal.services.day_ranges import read_days
from leadsignal.services.listing import Listing

EXAMINED = 500  # counts that one page with a filter looks at, at most
NOBODY = "-"
"""As ``key_id``: what no key asked for."""


def overview(caller: Principal, *, cashier: Cashier, now: datetime) -> CreditsView:
    """Return what is left of the month, after what time alone changes.

    Raises:
        TransientError: storage failed, or others kept spending.
    """
    instant = to_instant(now)
    book = catch_up(caller.key_id, cashier=cashier, now=now)
    account = book.account
    today = books.day_of(account, instant)
    return CreditsView(
        balance=account.balance,
        reserved=account.reserved,
        monthly_allowance=account.allowance,
        resets_at=books.resets_at(account.month),
        granted=account.granted,
        charged=account.charged,
        today=BudgetView(
            daily_credits=cashier.tenant.daily_credits,
            spent=account.spent_today if account.day == today else 0,
        ),
        key=BudgetView(
            daily_credits=caller.daily_credits, spent=book.spent.get((today, caller.key_id), 0)
        ),
    )


def list_entries(listing: Listing, *, store: CreditStore) -> Page[EntryView]:
    """Return one page of the ledger, newest entry first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("ledger")
    before = None if position is None else int(position)
    entries = store.entries(listing.limit + 1, before=before)
    return listing.page("ledger", entries, lambda entry: str(entry.number)).shown(show)


def show(entry: Entry) -> EntryView:
    """Return an entry as its tenant reads it."""
    return EntryView(
        id=f"crl_{entry.number:012d}",
        at=entry.at,
        kind=entry.kind,
        credits=entry.credits,
        balance=entry.balance,
        reserved=entry.reserved,
        reservation_id=entry.reservation_id,
        key_id=entry.key_id,
        provider=entry.provider,
        lookup=entry.lookup,
        company_id=entry.company_id,
        expired=entry.expired or None,
        waived=entry.waived or None,
    )


def list_usage(
    listing: Listing,
    *,
    first: str | None,
    last: str | None,
    key_id: str | None,
    provider: str | None,
    store: CreditStore,
) -> Page[Usage]:
    """Return one page of what keys asked providers, by day, newest day first.

    ``first`` and ``last`` are UTC days, both included: by default the last 30. With a filter a page
    may be short, or empty, and still have a cursor.

    Raises:
        InvalidInputError: they are no days.
        MalformedInputError: the cursor is not one of this list.
    """
    days = read_days(first, last, now=listing.now)
    scope = f"usage?from={days.first}&to={days.last}&key_id={key_id}&provider={provider}"
    reached = listing.position(scope) or days.end
    if days.empty:
        return Page(data=())
    examined = listing.limit + 1 if key_id is None and provider is None else EXAMINED
    rows = store.usage(examined, first=days.first.isoformat(), before=reached)
    wanted: list[Usage] = []
    for place, usage in rows:
        if _matches(usage, key_id, provider):
            if len(wanted) == listing.limit:
                return listing.page_until(scope, wanted, reached)
            wanted.append(usage)
        reached = place
    return listing.page_until(scope, wanted, reached if len(rows) == examined else None)


def _matches(usage: Usage, key_id: str | None, provider: str | None) -> bool:
    mine = key_id is None or (usage.key_id or NOBODY) == key_id
    return mine and provider in (None, usage.provider)
