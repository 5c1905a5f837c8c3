"""Lists of leads in an order, from the sparse indexes of LeadTable; bound to one tenant."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import dropwhile, groupby, islice, takewhile
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.domain.profiles import last_seen
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.lists import (
    UNBOUNDED,
    Bounds,
    LeadOrder,
    ListEntry,
    MemberEntry,
    Sample,
    Span,
)

INDEX_PAGE = 100  # index entries read at a time: about two read units
COUNTED = 1_000  # index entries read at a time to count them
FIRST, LAST = "#", "#~"  # behind a value of an index: before and after all of its leads
MAX_TOGETHER = 500  # leads under one index value that are put in exact order together


class _Order(NamedTuple):
    """An index, and what its leads are ordered by where the index says less.

    ``key`` makes an index key of a value, ``measure`` tells a lead's value.
    """

    index_name: str
    measure: Callable[[Lead], int]
    key: Callable[[int, str], str]

    def exact(self, lead: Lead) -> str:
        """Return the exact place of a lead."""
        return f"{self.measure(lead):014d}#{lead.lead_id}"

    def value(self, measured: int) -> str:
        """Return what the index says of a value."""
        return _value(self.key(max(measured, 0), ""))


def _score(lead: Lead) -> int:
    return lead.score.score


def _creation(lead: Lead) -> Instant:
    return min(member.first_received_at for member in lead.members.values())


def _last_sight(lead: Lead) -> Instant:
    """Return the instant of the last event, or of the last write where there is none."""
    seen = last_seen(lead)
    return lead.committed_at if seen is None else seen


_ORDERS = {
    "score": _Order("by_score", _score, keys.by_score),
    "created_at": _Order("by_created", _creation, keys.by_created),
    "last_seen_at": _Order("by_seen", _last_sight, keys.by_seen),
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


def _placed(order: _Order, leads: Iterable[Lead], *, ascending: bool) -> list[tuple[str, Lead]]:
    """Return the leads in exact order, each with its place."""
    placed = ((order.exact(lead), lead) for lead in leads)
    return sorted(placed, key=lambda pair: pair[0], reverse=not ascending)


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

    def entries(
        self, order: LeadOrder, *, after: str | None, ahead: int, bounds: Bounds = UNBOUNDED
    ) -> Iterator[ListEntry]:
        """Yield the leads in the order, those after the position only; about ``ahead`` of them are
        read at a time.

        Leads under one value of the index (an hour, a score, a range of low scores) are read and
        put in exact order here, up to ``MAX_TOGETHER`` of them together; beyond, they come in
        chunks that are each in order. Outside the bounds nothing is read, but for leads whose index
        value says no more than that they may be within.
        """
        wanted = _ORDERS[order.removeprefix("-")]
        ascending = not order.startswith("-")
        start = _Position.read(after) if after else None
        chunks = self._chunks(wanted, start, bounds, ascending=ascending)
        while some := _enough(chunks, ahead):
            leads = self._read([entry for chunk in some for entry in chunk])
            for chunk in some:
                first = chunk[0][wanted.index_name]
                found = [leads[entry["pk"]] for entry in chunk if entry["pk"] in leads]
                placed = _placed(wanted, found, ascending=ascending)
                if start is not None and _value(first) == _value(start.chunk):
                    placed = _beyond(start.exact, placed, ascending=ascending)
                start = None  # only the first chunk has been listed in part
                yield from (ListEntry(str(_Position(first, exact)), lead) for exact, lead in placed)

    def placed(
        self, order: LeadOrder, leads: Sequence[Lead], *, after: str | None
    ) -> Iterator[ListEntry]:
        """Yield those of the leads that come after the position, in the order.

        Their positions are good for ``entries`` too, and the other way round.
        """
        wanted = _ORDERS[order.removeprefix("-")]
        ascending = not order.startswith("-")
        placed = _placed(wanted, leads, ascending=ascending)
        if after:
            placed = _beyond(_Position.read(after).exact, placed, ascending=ascending)
        end = FIRST if ascending else LAST
        for exact, lead in placed:
            chunk = wanted.value(wanted.measure(lead)) + end
            yield ListEntry(str(_Position(chunk, exact)), lead)

    def count(self) -> int:
        """Return how many leads are listed: the index is read from end to end."""
        pk = keys.leads_list(self._tenant_id)
        index = ("by_created", keys.LIST, "by_created")
        return sum(1 for _ in self._table.query(pk, index=index, page_size=COUNTED))

    def of_company(self, company_id: str, most: int) -> Sequence[Lead] | None:
        """Return the leads of a company; None when there are more than ``most``."""
        found = self._entries_of_company(company_id, most + 1)
        return None if len(found) > most else list(self._read(found).values())

    def with_values(self, index: str, spans: Sequence[Span], most: int) -> Sequence[Lead] | None:
        """Return the leads with values of an attribute in one of the spans, as they are now; None
        when there are more than ``most``."""
        found: dict[str, None] = {}
        for span in spans:
            for lead_id in self._with_values(index, span):
                found[lead_id] = None
                if len(found) > most:
                    return None
        wanted = [(self._table, keys.lead(self._tenant_id, lead_id)) for lead_id in found]
        slots = map(decode_slot, get_many(wanted, consistent=True).values())
        return [slot for slot in slots if isinstance(slot, Lead)]

    def _with_values(self, index: str, span: Span) -> Iterator[str]:
        pk = keys.attribute_value(self._tenant_id, index, "", "").pk
        if span.is_point:
            prefix = keys.attribute_value(self._tenant_id, index, span.least, "").sk
            entries = self._table.query(pk, prefix=prefix, consistent=True, page_size=INDEX_PAGE)
        else:
            after = self._table.query(pk, after=span.least, consistent=True, page_size=INDEX_PAGE)
            entries = takewhile(lambda entry: _value(entry["sk"]) <= span.greatest, after)
        return (entry["sk"].rpartition("#")[2] for entry in entries)

    def newest_of_company(self, company_id: str, most: int) -> Sequence[Lead]:
        """Return the leads of a company that were created last, up to ``most``."""
        return list(self._read(self._entries_of_company(company_id, most)).values())

    def _entries_of_company(self, company_id: str, most: int) -> list[dict[str, Any]]:
        entries = self._table.query(
            keys.company(self._tenant_id, company_id).pk,
            index=("by_company", keys.COMPANY, "by_created"),
            ascending=False,
            page_size=most,
        )
        return list(islice(entries, most))

    def of_segment(self, segment_id: str, most: int) -> Sequence[Lead] | None:
        """Return the leads in a segment; None when there are more than ``most``."""
        found = list(islice(self._members(segment_id, page_size=most + 1), most + 1))
        if len(found) > most:
            return None
        slots = self._slots([keys.member_since(entry["sk"])[1] for entry in found])
        return [slot for slot in slots.values() if segment_id in slot.entries.segments]

    def members(self, segment_id: str, *, before: str | None, ahead: int) -> Iterator[MemberEntry]:
        """Yield the leads in a segment, those that came last first, and after a position only.

        Each entry is held against its lead: one that a write which broke off has left says nothing.
        """
        entries = self._members(segment_id, before=before, ascending=False, page_size=ahead)
        while some := list(islice(entries, ahead)):
            named = [MemberEntry(e["sk"], *keys.member_since(e["sk"])[::-1]) for e in some]
            leads = self._slots([entry.lead_id for entry in named], consistent=True)
            for entry in named:
                lead = leads.get(entry.lead_id)
                if lead is not None and lead.entries.segments.get(segment_id) == entry.since:
                    yield entry

    def in_segment(self, segment_id: str, *, after: str | None, ahead: int) -> Iterator[ListEntry]:
        """Yield the leads that have an entry in a segment, in the order of these, after a position
        only."""
        entries = self._members(segment_id, after=after, page_size=ahead)
        while some := list(islice(entries, ahead)):
            leads = self._slots([keys.member_since(entry["sk"])[1] for entry in some])
            for entry in some:
                lead = leads.get(keys.member_since(entry["sk"])[1])
                if lead is not None:
                    yield ListEntry(entry["sk"], lead)

    def count_members(self, segment_id: str, most: int) -> tuple[int, bool]:
        """Return how many leads a segment has, and whether these are all; no more than ``most`` are
        counted."""
        return self._table.count(keys.segment_members(self._tenant_id, segment_id), most=most)

    def clear_segment(self, segment_id: str) -> None:
        """Remove all entries of a segment."""
        entries = self._members(segment_id, page_size=COUNTED)
        while some := list(islice(entries, COUNTED)):
            self._table.delete_many([keys.Key(entry["pk"], entry["sk"]) for entry in some])

    def sample(self, size: int, *, most: int) -> Sample:
        """Return up to ``size`` leads out of the ``most`` that were created last.

        Ids are as good as random, so those of the lowest ones are as good as drawn by lot, and the
        same next time.
        """
        index = ("by_created", keys.LIST, "by_created")
        pk = keys.leads_list(self._tenant_id)
        found = self._table.query(pk, index=index, ascending=False, page_size=COUNTED)
        entries = list(islice(found, most + 1))
        drawn = nsmallest(size, entries[:most], key=lambda entry: str(entry["pk"]))
        leads = list(self._read(drawn).values())
        return Sample(leads, min(len(entries), most), len(entries) <= most)

    def _members(self, segment_id: str, **asked: Any) -> Iterator[dict[str, Any]]:
        pk = keys.segment_members(self._tenant_id, segment_id)
        return self._table.query(pk, **asked)

    def _slots(self, lead_ids: Sequence[str], *, consistent: bool = False) -> dict[str, Lead]:
        """Return the leads of these ids; one that is gone or merged away is left out."""
        wanted = [(self._table, keys.lead(self._tenant_id, lead_id)) for lead_id in lead_ids]
        found = get_many(wanted, consistent=consistent)
        slots = {keys.lead_of(key.pk): decode_slot(item) for (_, key), item in found.items()}
        return {lead_id: slot for lead_id, slot in slots.items() if isinstance(slot, Lead)}

    def _chunks(
        self, order: _Order, start: _Position | None, bounds: Bounds, *, ascending: bool
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the index entries within the bounds, from the chunk of ``start`` on, those of one
        value together."""
        index = order.index_name
        ends = [None if bound is None else order.value(bound) for bound in bounds]
        begin, last = ends if ascending else ends[::-1]
        if begin is not None and not ascending:
            begin += LAST
        if start is not None:
            begin = start.chunk
        entries = self._table.query(
            keys.leads_list(self._tenant_id),
            index=(index, keys.LIST, index),
            after=begin[:-1] if begin and ascending else None,
            before=f"{begin}~" if begin and not ascending else None,
            ascending=ascending,
            page_size=INDEX_PAGE,
        )
        if begin is not None:  # the bounds of a query are exclusive, so they were set a little wide
            entries = dropwhile(
                lambda e: e[index] < begin if ascending else e[index] > begin, entries
            )
        if last is not None:
            entries = takewhile(
                lambda e: _value(e[index]) == last or (e[index] < last) == ascending, entries
            )
        for _, group in groupby(entries, key=lambda entry: _value(entry[index])):
            while chunk := list(islice(group, MAX_TOGETHER)):
                yield chunk

    def _read(self, entries: Sequence[dict[str, Any]]) -> dict[str, Lead]:
        """Return the leads behind index entries by ``pk``; one that is gone is left out."""
        wanted = [(self._table, keys.Key(entry["pk"], entry["sk"])) for entry in entries]
        slots = {key.pk: decode_slot(item) for (_, key), item in get_many(wanted).items()}
        return {pk: slot for pk, slot in slots.items() if isinstance(slot, Lead)}
