"""Deals, as stored in LeadTable, and their links under the leads that they name; bound to one
tenant."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import batched
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Action, Check, Item, Put, Table, get_many
from leadsignal.errors import ConflictError
from leadsignal.models.deals import Deal, DealLink
from leadsignal.models.leads import Lead

BY_CREATED, BY_COMPANY = "by_created", "by_company"
INDEX_PAGE = 100  # index entries read at a time


def decode_deal(item: Mapping[str, Any]) -> Deal:
    """Return the deal that an item holds."""
    return Deal.model_validate_json(item["data"])


class DynamoDeals:
    """The deals of one tenant.

    A link is written before the deal that names the lead, and removed only with one of the two. So
    every deal that names a lead has a link there, and a link without such a deal harms nothing.
    """

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self, deal_id: str, *, consistent: bool = False) -> Deal | None:
        """Return the deal, or None."""
        item = self._table.get(keys.deal(self._tenant_id, deal_id), consistent=consistent)
        return decode_deal(item) if item else None

    def save(
        self, deal: Deal, *, names: Collection[str] = (), beside: Collection[Lead] = ()
    ) -> Deal:
        """Write a deal and return it with its new ``version``. The leads that it ``names`` anew get
        a link; those ``beside`` it must be as they were read.

        Raises:
            ConflictError: somebody else wrote the deal, or a lead changed.
        """
        saved = deal.model_copy(update={"version": deal.version + 1})
        self._table.write_many([self._link(saved, lead_id) for lead_id in names])
        checks = [Check(keys.lead(self._tenant_id, lead.lead_id), lead.version) for lead in beside]
        put = self._put(saved)
        actions: list[Action] = [put, *checks]
        if checks:
            self._table.write_all(actions)
        else:
            self._table.put(put)
        return saved

    def remove(self, deal: Deal) -> None:
        """Remove a deal.

        Raises:
            ConflictError: it changed since it was read, or is gone.
        """
        self._table.delete(keys.deal(self._tenant_id, deal.id), if_version=deal.version)
        tenant_id, position = self._tenant_id, deal.position
        links = [keys.lead_deal(tenant_id, lead_id, position) for lead_id in deal.lead_ids]
        self._table.delete_many(links)

    def entries(
        self, *, company_id: str | None = None, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[Deal]:
        """Yield the deals, all or those of a company, that come after a position; ``ahead`` are
        read at a time. The index may be a moment behind."""
        pk, index = keys.deals_list(self._tenant_id), (BY_CREATED, keys.LIST, BY_CREATED)
        if company_id is not None:
            pk = keys.company_deals(self._tenant_id, company_id)
            index = (BY_COMPANY, keys.COMPANY, BY_CREATED)
        found = self._table.query(
            pk,
            index=index,
            after=after if ascending else None,
            before=None if ascending else after,
            ascending=ascending,
            page_size=min(ahead, INDEX_PAGE),
        )
        return self._read((entry[BY_CREATED] for entry in found), ahead)

    def of_leads(
        self, slots: Sequence[str], *, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[Deal]:
        """Yield the deals that name one of the slots and come after a position."""
        positions = {link.position for slot in slots for link in self.links_of(slot)}
        left = [
            position
            for position in sorted(positions, reverse=not ascending)
            if after is None or (position != after and (position > after) == ascending)
        ]
        named = set(slots)
        return (deal for deal in self._read(left, ahead) if named.intersection(deal.lead_ids))

    def links_of(self, slot: str) -> list[DealLink]:
        """Return the links under a slot, in the order of their deals."""
        first = keys.lead_deal(self._tenant_id, slot, "")
        items = self._table.query(first.pk, prefix=first.sk, consistent=True)
        return [_decode_link(item) for item in items]

    def link(self, slot: str, position: str) -> DealLink | None:
        """Return the link of one deal under a slot, or None."""
        key = keys.lead_deal(self._tenant_id, slot, position)
        item = self._table.get(key, consistent=True)
        return _decode_link(item) if item else None

    def unlink(self, slot: str, link: DealLink) -> None:
        """Remove a link that is as it was read."""
        key = keys.lead_deal(self._tenant_id, slot, link.position)
        with suppress(ConflictError):
            self._table.delete(key, if_holds={"at": link.at})

    def _read(self, positions: Iterable[str], ahead: int) -> Iterator[Deal]:
        for some in batched(positions, min(ahead, INDEX_PAGE), strict=False):
            wanted = [keys.deal(self._tenant_id, place.partition("#")[2]) for place in some]
            found = get_many([(self._table, key) for key in wanted])
            for key in wanted:
                if item := found.get((self._table.name, key)):
                    yield decode_deal(item)

    def _link(self, deal: Deal, lead_id: str) -> Put:
        key = keys.lead_deal(self._tenant_id, lead_id, deal.position)
        return Put(key, {"at": deal.updated_at})

    def _put(self, deal: Deal) -> Put:
        item: dict[str, str | int | bytes] = {
            "version": deal.version,
            "data": deal.model_dump_json(exclude_none=True, exclude_defaults=True),
            keys.NEWS: "1",
            keys.LIST: keys.deals_list(self._tenant_id),
            BY_CREATED: deal.position,
        }
        if deal.company_id is not None:
            item[keys.COMPANY] = keys.company_deals(self._tenant_id, deal.company_id)
        key, first = keys.deal(self._tenant_id, deal.id), deal.version == 1
        version = None if first else deal.version - 1
        return Put(key, item, if_absent=first, if_version=version)


def _decode_link(item: Item) -> DealLink:
    position = str(item["sk"]).removeprefix(keys.LEAD_DEAL_SK)
    return DealLink.model_validate({"position": position, "at": item["at"]})
