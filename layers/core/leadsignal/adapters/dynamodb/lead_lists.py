"""Lists of leads in an order, from the sparse indexes of LeadTable; bound to one tenant."""

from collections.abc import Callable, Iterator, Sequence
from itertools import dropwhile, groupby, islice
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.domain.profiles import last_seen
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.lists import LeadOrder, ListEntry

INDEX_PAGE = 100  # index entries read at a time: about two read units
MAX_TOGETHER = 500  # leads under one index value that are put in exact order together


class _Order(NamedTuple):
    """An index, and what its leads are ordered by where the index says less."""

    index_name: str
    exact: Callable[[Lead], str]


def _score(lead: Lead) -> str:
    return f"{lead.score.score:03d}"


def _creation(lead: Lead) -> str:
    return _instant(min(member.first_received_at for member in lead.members.values()))


def _last_sight(lead: Lead) -> str:
    """Return the instant of the last event, or of the last write where there is none."""
    seen = last_seen(lead)
    return _instant(lead.committed_at if seen is None else seen)


def _instant(instant: Instant) -> str:
    return f"{instant:014d}"


_ORDERS = {
    "score": _Order("by_score", _score),
    "created_at": _Order("by_created", _creation),
    "last_seen_at": _Order("by_seen", _last_sight),
}


class _Position(NamedTuple):
    """Where a page ended: the first key of the chunk it was in, and its last lead's exact place."""

    chunk: str
    exact: str

    @classmethod
    def read(cls, text: str) -> "_Position":
        """Return the position of a text that ``str`` gave."""
        return cls(*text.split("/"))

    def __str__(self) -> str:
        return f"{self.chunk}/{self.exact}"


def _value(key: str) -> str:
    """Return what an index key says, without the id of its lead."""
    return key.partition("#")[0]


def _enough[E](chunks: Iterator[list[E]], wanted: int) -> list[list[E]]:
    """Return the next chunks that have ``wanted`` entries together, or all that are left."""
    taken: list[list[E]] = []
    for chunk in chunks:
        taken.append(chunk)
        if sum(map(len, taken)) >= wanted:
            break
    return taken


def _beyond(
    reached: str, placed: list[tuple[str, Lead]], *, ascending: bool
) -> list[tuple[str, Lead]]:
    """Return the placed leads that come after the place that an earlier page reached."""
    return [pair for pair in placed if pair[0] != reached and (pair[0] > reached) == ascending]


class DynamoLeadLists:
    """The lead lists of one tenant."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def page(self, order: LeadOrder, *, after: str | None, limit: int) -> Sequence[ListEntry]:
        """Return up to ``limit`` leads in the order, those after the position only.

        Leads under one value of the index (an hour, a score, a range of low scores) are read and
        put in exact order here, up to ``MAX_TOGETHER`` of them together; beyond, they come in
        chunks that are each in order.
        """
        wanted = _ORDERS[order.removeprefix("-")]
        ascending = not order.startswith("-")
        start = _Position.read(after) if after else None
        page: list[ListEntry] = []
        chunks = self._chunks(wanted.index_name, start, ascending=ascending)
        while len(page) < limit and (some := _enough(chunks, limit - len(page))):
            leads = self._read([entry for chunk in some for entry in chunk])
            for chunk in some:
                first = chunk[0][wanted.index_name]
                found = [leads[entry["pk"]] for entry in chunk if entry["pk"] in leads]
                placed = sorted(
                    ((f"{wanted.exact(lead)}#{lead.lead_id}", lead) for lead in found),
                    key=lambda pair: pair[0],
                    reverse=not ascending,
                )
                if start is not None and _value(first) == _value(start.chunk):
                    placed = _beyond(start.exact, placed, ascending=ascending)
                start = None  # only the first chunk has been listed in part
                page += [ListEntry(str(_Position(first, exact)), lead) for exact, lead in placed]
        return page[:limit]

    def _chunks(
        self, index: str, start: _Position | None, *, ascending: bool
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the index entries from the chunk of ``start`` on, those of one value together."""
        first = start.chunk if start else None
        entries = self._table.query(
            keys.leads_list(self._tenant_id),
            index=(index, keys.LIST, index),
            after=first[:-1] if first and ascending else None,
            before=f"{first}~" if first and not ascending else None,
            ascending=ascending,
            page_size=INDEX_PAGE,
        )
        if first is not None:  # the bounds of a query are exclusive, so they were set a little wide
            entries = dropwhile(
                lambda e: e[index] < first if ascending else e[index] > first, entries
            )
        for _, group in groupby(entries, key=lambda entry: _value(entry[index])):
            while chunk := list(islice(group, MAX_TOGETHER)):
                yield chunk

    def _read(self, entries: Sequence[dict[str, Any]]) -> dict[str, Lead]:
        """Return the leads behind index entries by ``pk``; one that is gone is left out."""
        wanted = [(self._table, keys.Key(entry["pk"], entry["sk"])) for entry in entries]
        slots = {key.pk: decode_slot(item) for (_, key), item in get_many(wanted).items()}
        return {pk: slot for pk, slot in slots.items() if isinstance(slot, Lead)}
