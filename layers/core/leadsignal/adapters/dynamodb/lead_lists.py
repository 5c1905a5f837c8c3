"""Lists of leads in an order, from the sparse indexes of LeadTable; bound to one tenant."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.models.leads import Lead
from leadsignal.models.lists import LeadOrder, ListEntry

_INDEXES = {"score": "by_score", "created_at": "by_created", "last_seen_at": "by_seen"}
MAX_HOUR = 1_000  # leads of one hour that are put in exact order together


class DynamoLeadLists:
    """The lead lists of one tenant."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def page(self, order: LeadOrder, *, after: str | None, limit: int) -> Sequence[ListEntry]:
        """Return up to ``limit`` leads in the order, those after the position only.

        The order by last sight is exact within an hour of up to ``MAX_HOUR`` leads; beyond, an
        hour's leads come in chunks that are each in order.
        """
        field = order.removeprefix("-")
        ascending = field == order
        index = _INDEXES[field]
        if field == "last_seen_at":
            return self._by_last_sight(index, after=after, limit=limit, ascending=ascending)
        entries = self._entries(index, after, ascending, limit)
        page: list[ListEntry] = []
        while chunk := list(islice(entries, limit - len(page))):
            page += self._read([(entry[index], entry) for entry in chunk])
        return page

    def _entries(
        self, index: str, after: str | None, ascending: bool, page_size: int
    ) -> Iterator[dict[str, Any]]:
        return self._table.query(
            keys.leads_list(self._tenant_id),
            index=(index, keys.LIST, index),
            after=after if ascending else None,
            before=None if ascending else after,
            ascending=ascending,
            page_size=page_size,
        )

    def _read(self, entries: Sequence[tuple[str, dict[str, Any]]]) -> list[ListEntry]:
        """Return the leads behind index entries, in their order; one that is gone is left out."""
        wanted = [keys.Key(entry["pk"], entry["sk"]) for _, entry in entries]
        found = get_many([(self._table, key) for key in wanted])
        leads: list[ListEntry] = []
        for (position, _), key in zip(entries, wanted, strict=True):
            item = found.get((self._table.name, key))
            slot = decode_slot(item) if item else None
            if isinstance(slot, Lead):
                leads.append(ListEntry(position, slot))
        return leads

    def _by_last_sight(
        self, index: str, *, after: str | None, limit: int, ascending: bool
    ) -> list[ListEntry]:
        """Return leads by exact last sight: whole hours are read and ordered here."""
        hour, exact = after.split("/") if after else (None, None)
        start = None if hour is None else (hour if ascending else f"{hour}~")
        entries = self._entries(index, start, ascending, MAX_HOUR)
        page: list[ListEntry] = []
        for this_hour, group in groupby(entries, key=lambda entry: entry[index].split("#")[0]):
            for chunk in iter(lambda g=group: list(islice(g, MAX_HOUR)), []):  # type: ignore[misc]
                leads = self._read([(entry[index], entry) for entry in chunk])
                ordered = sorted(
                    (f"{_last_sight(entry.lead):014d}#{entry.lead.lead_id}", entry)
                    for entry in leads
                )
                for sight, entry in ordered if ascending else reversed(ordered):
                    beyond = exact is None or this_hour != hour
                    if beyond or (sight > exact if ascending else sight < exact):  # type: ignore[operator]
                        page.append(ListEntry(f"{this_hour}/{sight}", entry.lead))
                if len(page) >= limit:
                    return page[:limit]
        return page


def _last_sight(lead: Lead) -> int:
    """Return the instant of the last event, or of the last write where there is none."""
    ends = [
        run.end
        for member in lead.members.values()
        for day in member.days.values()
        for run in day.runs
    ]
    return max(ends, default=lead.committed_at)
