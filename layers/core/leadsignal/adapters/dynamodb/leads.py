"""Leads, identity slots and companies, as stored in LeadTable; bound to one tenant."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.packing import pack_lead, unpack
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.companies import Company
from leadsignal.models.leads import Lead, Pointer, Slot
from leadsignal.models.profiles import Settled

POINTER = "pointer"


def decode_slot(item: Mapping[str, Any]) -> Slot:
    """Return what an identity slot holds."""
    if item.get("kind") == POINTER:
        return Pointer.model_validate_json(item["data"])
    return Lead.model_validate_json(unpack(item["data"]))


class DynamoLeads:
    """The leads of one tenant."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self.table = table
        self.tenant_id = tenant_id

    def key(self, lead_id: str) -> keys.Key:
        """Return the primary key of a slot."""
        return keys.lead(self.tenant_id, lead_id)

    def slot(self, lead_id: str, *, consistent: bool = False) -> Slot | None:
        """Return what the slot holds, or None."""
        item = self.table.get(self.key(lead_id), consistent=consistent)
        return decode_slot(item) if item else None

    def link(self, pointer: Pointer) -> None:
        """Make an empty slot point to a lead.

        Raises:
            ConflictError: the slot is not empty.
        """
        self.table.put(self._pointer(pointer, if_absent=True))

    def save(self, settled: Settled) -> None:
        """Write the lead in place of version ``lead.version - 1``; version 1 is a new lead.

        Raises:
            ConflictError: another version is stored, or the slot of a new lead is taken.
        """
        self.table.put(self._lead(settled))

    def save_merge(self, settled: Settled, taken: Sequence[tuple[Lead, Pointer]]) -> None:
        """Write a lead that took others in, and the pointers in their places, all or none.

        Raises:
            ConflictError: one of them changed since it was read.
        """
        pointers = [self._pointer(pointer, if_version=loser.version) for loser, pointer in taken]
        self.table.put_all([self._lead(settled), *pointers])

    def company(self, company_id: str) -> Company | None:
        """Return the company, or None."""
        item = self.table.get(keys.company(self.tenant_id, company_id))
        return Company.model_validate_json(item["data"]) if item else None

    def save_company(self, company: Company) -> None:
        """Write the company, replacing what was known before."""
        key = keys.company(self.tenant_id, company.id)
        self.table.put(Put(key, {"data": company.model_dump_json(exclude_none=True)}))

    def _pointer(
        self, pointer: Pointer, *, if_absent: bool = False, if_version: int | None = None
    ) -> Put:
        item = {"kind": POINTER, "data": pointer.model_dump_json()}
        return Put(self.key(pointer.lead_id), item, if_absent=if_absent, if_version=if_version)

    def _lead(self, settled: Settled) -> Put:
        """Return the put of a lead. Leads that only crawlers made are in no list."""
        lead, profile = settled.lead, settled.profile
        text = lead.model_dump_json(exclude_defaults=True)
        item: dict[str, str | int | bytes] = {"version": lead.version, "data": pack_lead(text)}
        if not profile.is_bot:
            item |= {
                keys.LIST: keys.leads_list(self.tenant_id),
                "by_score": keys.by_score(lead.score.score, lead.lead_id),
                "by_created": keys.by_created(profile.created_at, lead.lead_id),
                "by_seen": keys.by_seen(profile.last_seen_at, lead.lead_id),
            }
        if settled.news:
            item[keys.NEWS] = "1"
        first = lead.version == 1
        return Put(
            self.key(lead.lead_id),
            item,
            if_absent=first,
            if_version=None if first else lead.version - 1,
        )
