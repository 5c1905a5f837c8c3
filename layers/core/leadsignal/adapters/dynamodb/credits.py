"""A tenant's credits, as stored in LeadTable; bound to one tenant.

One item says what is left. Every change of it carries its version, and everything else (the
reservation, the entry of the ledger, the counts of budgets and look-ups) is written in the same
transaction: whoever wrote last knew all of it.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, takewhile
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Add, Item, Put, Table, get_many
from leadsignal.domain.credits import has_news
from leadsignal.models.credits import Account, Book, Budget, Entry, Reservation, Usage
from leadsignal.models.instants import DAY_MS

KEPT_DAYS = 400  # entries of the ledger, and counts of look-ups
SETTLED_DAYS = 2  # a settled reservation: longer than anybody tries to settle it again
BUDGET_DAYS = 3

_COUNTS = ("lookups", "hits", "misses", "failures", "credits")
_EPOCH = date(1970, 1, 1)


def decode_account(item: dict[str, Any]) -> Account:
    """Return the account that an item holds."""
    return Account.model_validate_json(item["data"])


class DynamoCredits:
    """The account of one tenant with all that belongs to it."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def read(self, reservations: Collection[str] = (), budgets: Collection[Budget] = ()) -> Book:
        """Return the account with these reservations, those that there are, and with what was
        spent of these budgets, all as they are now."""
        account = keys.balance(self._tenant_id)
        held = {keys.reservation(self._tenant_id, name): name for name in reservations}
        spent = {keys.key_budget(self._tenant_id, *budget): budget for budget in budgets}
        wanted = [(self._table, key) for key in (account, *held, *spent)]
        found = {key: item for (_, key), item in get_many(wanted, consistent=True).items()}
        return Book(
            account=decode_account(found[account]) if account in found else Account(),
            reservations={
                name: Reservation.model_validate_json(found[key]["data"])
                for key, name in held.items()
                if key in found
            },
            spent={
                budget: found[key]["credits"] if key in found else 0
                for key, budget in spent.items()
            },
        )

    def write(self, before: Account, book: Book) -> Account:
        """Write what changed since the account was as ``before``; return it with its new version.

        Raises:
            ConflictError: it is not as ``before`` any more, or another write was under way.
        """
        account = book.account.model_copy(update={"version": before.version + 1})
        item: dict[str, str | int] = {
            "data": account.model_dump_json(exclude_defaults=True),
            "version": account.version,
        }
        if has_news(before, account):
            item[keys.NEWS] = "1"
        key = keys.balance(self._tenant_id)
        first = before.version == 0
        balance = Put(key, item, if_absent=first, if_version=None if first else before.version)
        self._table.write_all(
            [
                balance,
                *(self._reservation(book.reservations[name]) for name in _names(book)),
                *(self._budget(budget, book.spent[budget]) for budget in _budgets(book)),
                *map(self._entry, book.entries),
                *map(self._counted, _summed(book.usage)),
            ]
        )
        return account

    def count(self, usage: Usage) -> None:
        """Add to what was counted of look-ups, beside the account: for those that cost nothing."""
        counted = self._counted(usage)
        self._table.add(counted.key, counted.numbers, also=counted.also)

    def entries(self, limit: int, *, before: int | None = None) -> Sequence[Entry]:
        """Return up to ``limit`` entries of the ledger, newest first, before that of a number."""
        pk = keys.ledger_entry(self._tenant_id, 0).pk
        bound = None if before is None else keys.ledger_entry(self._tenant_id, before).sk
        rows = self._table.query(
            pk, before=bound, ascending=False, consistent=True, page_size=limit
        )
        return [Entry.model_validate_json(item["data"]) for item in islice(rows, limit)]

    def usage(self, limit: int, *, first: str, before: str) -> Sequence[tuple[str, Usage]]:
        """Return up to ``limit`` counts with their places, newest day first: from the day ``first``
        on, and before the place ``before``."""
        pk = keys.lookup_usage(self._tenant_id, "", None, "").pk
        rows = self._table.query(pk, before=before, ascending=False, page_size=limit)
        wanted = islice(takewhile(lambda item: item["sk"] >= first, rows), limit)
        return [(item["sk"], _usage(item)) for item in wanted]

    def _reservation(self, reservation: Reservation) -> Put:
        key = keys.reservation(self._tenant_id, reservation.id)
        item: dict[str, str | int] = {"data": reservation.model_dump_json(exclude_none=True)}
        if reservation.state != "open":
            item["expires_at"] = (reservation.until + SETTLED_DAYS * DAY_MS) // 1000
        return Put(key, item, if_absent=reservation.state == "open")

    def _budget(self, budget: Budget, credits: int) -> Put:
        day, _ = budget
        item: Item = {"credits": credits, "expires_at": _end(day, BUDGET_DAYS)}
        return Put(keys.key_budget(self._tenant_id, *budget), item)

    def _entry(self, entry: Entry) -> Put:
        key = keys.ledger_entry(self._tenant_id, entry.number)
        expires_at = (entry.at + KEPT_DAYS * DAY_MS) // 1000
        text = entry.model_dump_json(exclude_defaults=True)
        return Put(key, {"data": text, "expires_at": expires_at}, if_absent=True)

    def _counted(self, usage: Usage) -> Add:
        key = keys.lookup_usage(self._tenant_id, usage.day, usage.key_id, usage.provider)
        numbers = {name: getattr(usage, name) for name in _COUNTS if getattr(usage, name)}
        return Add(key, numbers, {"expires_at": _end(usage.day, KEPT_DAYS)})


def _names(book: Book) -> Iterator[str]:
    return (each for each in book.touched if isinstance(each, str))


def _budgets(book: Book) -> Iterator[Budget]:
    return (each for each in book.touched if not isinstance(each, str))


def _summed(usage: Sequence[Usage]) -> Sequence[Usage]:
    """Return the counts with one for each place: a transaction touches an item once."""
    sums: dict[tuple[str, str | None, str], Usage] = {}
    for each in usage:
        place = (each.day, each.key_id, each.provider)
        so_far = sums.get(place)
        if so_far is not None:
            added = {name: getattr(so_far, name) + getattr(each, name) for name in _COUNTS}
            sums[place] = so_far.model_copy(update=added)
        else:
            sums[place] = each
    return list(sums.values())


def _usage(item: dict[str, Any]) -> Usage:
    day, key_id, provider = item["sk"].split("#", 2)
    counts = {name: item.get(name, 0) for name in _COUNTS}
    return Usage(day=day, key_id=None if key_id == "-" else key_id, provider=provider, **counts)


def _end(day: str, days: int) -> int:
    """Return the end of what is kept for so many days after a day, in seconds since 1970."""
    return (date.fromisoformat(day) + timedelta(days=days) - _EPOCH).days * 86_400
