"""Leads, identity slots and companies, as stored in LeadTable; bound to one tenant."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.packing import pack_lead, unpack
from leadsignal.adapters.dynamodb.table import (
    TRANSACTION_LIMIT,
    Action,
    Check,
    Delete,
    Item,
    Put,
    Table,
    write_together,
)
from leadsignal.errors import ConflictError, TooLargeError
from leadsignal.models.companies import Company
from leadsignal.models.instants import DAY_MS, MINUTE_MS
from leadsignal.models.leads import Entries, Lead, Pointer, Slot, Tombstone
from leadsignal.models.profiles import Change, Settled

POINTER = "pointer"
BY_PHONE, BY_NAMESAKE = "by_phone", "by_namesake"
MAX_ALIKE = 20  # leads that are looked at among those with one phone number, or one name
TOMBSTONE = "tombstone"
MAX_LEAD_BYTES = 380 * 1024  # an item holds 400 KB, keys and index attributes included
ATTEMPTS = 5
LOOKED_UP_MS = 90 * DAY_MS  # how long the record of a company without leads stays when it is old
REST_MS = 30 * DAY_MS  # as long as deliveries of what a deleted lead's facts said are kept


def decode_slot(item: Mapping[str, Any]) -> Slot:
    """Return what an identity slot holds."""
    if item.get("kind") == POINTER:
        return Pointer.model_validate_json(item["data"])
    if item.get("kind") == TOMBSTONE:
        return Tombstone.model_validate_json(unpack(item["data"]))
    return Lead.model_validate_json(unpack(item["data"]))


def decode_company(item: Mapping[str, Any]) -> Company:
    """Return the company that an item holds."""
    return Company.model_validate_json(item["data"])


class Writing(NamedTuple):
    """What writes a change: leads and pointers in place of leads, links, what must not have
    changed, and the entries of leads in lists of their own."""

    puts: list[Put]
    links: list[Put]
    checks: list[Check]
    added: list[Put]
    removed: list[Delete]


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

    def write(self, change: Change) -> None:
        """Write a change: links one by one, for a link without its lead harms nothing; then one
        lead alone, or all that changes together in one transaction.

        Where entries are too many for one, the new ones are written before the leads and the old
        ones removed afterwards.

        Raises:
            ConflictError: something is no longer as it was read; of leads nothing was written.
            TooLargeError: a lead does not fit into an item; nothing was written.
        """
        writing = self.writing(change)
        self.found(change.settled)
        for link in writing.links:
            self.table.put(link)
        if writing.puts:
            self.write_out(writing)

    def write_out(self, writing: Writing, beside: Sequence[tuple[Table, Action]] = ()) -> None:
        """Write leads, what must not have changed and entries, with other actions beside them: in
        one transaction, but for entries where these are too many for it. Then an entry that a later
        version of its lead wrote again stays.

        Raises:
            ConflictError: something is no longer as it was read; at most new entries were written.
        """
        actions: list[Action] = [*writing.puts, *writing.checks]
        entries: list[Action] = [*writing.added, *writing.removed]
        apart = len(actions) + len(entries) + len(beside) > TRANSACTION_LIMIT
        if apart:
            self.table.write_many(writing.added)
        else:
            actions += entries
        match actions:
            case [Put() as put] if not beside:
                self.table.put(put)
            case _:
                write_together([*((self.table, action) for action in actions), *beside])
        if apart:
            for delete in writing.removed:
                with suppress(ConflictError):
                    self.table.delete(delete.key, if_below=delete.below)

    def writing(self, change: Change) -> Writing:
        """Return what writes a change.

        Raises:
            TooLargeError: a lead does not fit into an item.
        """
        puts = [self._lead(settled) for settled in change.settled]
        puts += [self._pointer(pointer) for pointer in change.taken]
        puts += [self._tombstone(tombstone) for tombstone in change.buried]
        links = [self._pointer(pointer) for pointer in change.links]
        checks = [Check(self.key(lead_id), version) for lead_id, version in change.checks]
        added: dict[keys.Key, Put] = {}
        removed: dict[keys.Key, int | None] = {}
        for settled in change.settled:
            entries = self._entries(settled.lead.lead_id, settled.lead.entries)
            had = self._entries(settled.lead.lead_id, settled.had)
            version = settled.lead.version
            added |= {key: Put(key, {"version": version}) for key in entries - had}
            removed |= dict.fromkeys(had - entries, version)
        for lead_id, left in change.left:
            removed |= dict.fromkeys(self._entries(lead_id, left))
        deletes = [Delete(key, removed[key]) for key in sorted(removed)]
        return Writing(puts, links, checks, [added[key] for key in sorted(added)], deletes)

    def _entries(self, lead_id: str, entries: Entries) -> set[keys.Key]:
        """Return where the entries of a lead are."""
        tenant_id = self.tenant_id
        members = {
            keys.segment_member(tenant_id, segment_id, since, lead_id)
            for segment_id, since in entries.segments.items()
        }
        if entries.outcome is not None:
            members.add(keys.outcome(tenant_id, entries.outcome, lead_id))
        return members | {
            keys.attribute_value(tenant_id, index, value, lead_id)
            for index, values in entries.attributes.items()
            for value in values
        }

    def with_phone(self, hashed: str) -> list[str]:
        """Return the ids of leads with the phone number of this hash, up to ``MAX_ALIKE``.

        The index may be a moment behind the leads.
        """
        return self._alike(BY_PHONE, hashed)

    def with_name(self, hashed: str) -> list[str]:
        """Return the ids of leads with the name and company of this hash, up to ``MAX_ALIKE``."""
        return self._alike(BY_NAMESAKE, hashed)

    def _alike(self, index: str, hashed: str) -> list[str]:
        found = self.table.query(
            keys.likeness(self.tenant_id, hashed), index=(index, index, "sk"), page_size=MAX_ALIKE
        )
        return [keys.lead_of(item["pk"]) for item in islice(found, MAX_ALIKE)]

    def remove(self, pointer: Pointer) -> None:
        """Remove a pointer.

        Raises:
            ConflictError: something else is in its place, or nothing.
        """
        key, item = self.key(pointer.lead_id), self._pointer(pointer).item
        self.table.delete(key, if_holds={name: item[name] for name in ("version", "data")})

    def found(self, settled: Iterable[Settled]) -> None:
        """Write the companies that leads bring with them, where no lead has brought them yet.

        They are written before the leads: a company without a lead is empty, a lead whose company
        is not on file would be in no company's list.

        Raises:
            ConflictError: others kept changing a company.
        """
        for company in {each.founds.id: each.founds for each in settled if each.founds}.values():
            self._found(company)

    def _found(self, company: Company) -> None:
        if company.version <= 1:
            with suppress(ConflictError):
                self.table.put(self._company(company, if_absent=True))
                return
        for _ in range(ATTEMPTS):
            stored = self.company(company.id, consistent=True)
            if stored is not None and stored.has_leads:
                return
            known = {"first_known": company.first_known, "created_at": company.created_at}
            with suppress(ConflictError):
                self.save_company(stored.model_copy(update=known) if stored else company)
                return
        raise ConflictError("others kept changing the company")

    def company(self, company_id: str, *, consistent: bool = False) -> Company | None:
        """Return the company, or None."""
        item = self.table.get(keys.company(self.tenant_id, company_id), consistent=consistent)
        return decode_company(item) if item else None

    def leads_of(
        self, company_id: str, *, after: str | None, most: int
    ) -> tuple[list[str], str | None]:
        """Return the ids of a company's next leads, by creation, and the position to go on after.

        The index may be a moment behind the leads.
        """
        entries = self.table.query(
            keys.company(self.tenant_id, company_id).pk,
            index=("by_company", keys.COMPANY, "by_created"),
            after=after,
            page_size=most + 1,
        )
        found = list(islice(entries, most + 1))
        ids = [keys.lead_of(entry["pk"]) for entry in found[:most]]
        return ids, found[most - 1]["by_created"] if len(found) > most else None

    def save_company(self, company: Company, *, news: bool = False) -> Company:
        """Write the company and return it with its new ``version``; with ``news`` it is told of.

        Raises:
            ConflictError: the stored version is no longer ``company.version``.
        """
        told = {"version": company.version + 1, "sequence": company.sequence + news}
        saved, new = company.model_copy(update=told), company.version == 0
        version = None if new else company.version
        self.table.put(self._company(saved, if_absent=new, if_version=version, news=news))
        return saved

    def _company(
        self,
        company: Company,
        *,
        if_absent: bool = False,
        if_version: int | None = None,
        news: bool = False,
    ) -> Put:
        """Return the put of a company. Schools and authorities are in no list of companies, nor are
        those that were only looked up, which go by themselves some time after they are old."""
        item: dict[str, str | int | bytes] = {
            "version": company.version,
            "data": company.model_dump_json(exclude_none=True, exclude_defaults=True),
        }
        if news:
            item[keys.NEWS] = "1"
        if company.is_company and company.has_leads:
            item[keys.LIST] = keys.companies_list(self.tenant_id)
            item["by_created"] = keys.company_by_created(company.created_at, company.id)
        if not (company.has_leads or company.said):
            last = max((each.until for each in company.asked.values()), default=company.created_at)
            item["expires_at"] = (last + LOOKED_UP_MS) // 1000
        key = keys.company(self.tenant_id, company.id)
        return Put(key, item, if_absent=if_absent, if_version=if_version)

    def _pointer(self, pointer: Pointer) -> Put:
        item: Item = {
            "kind": POINTER,
            "version": pointer.version,
            "data": pointer.model_dump_json(),
        }
        return self._next(pointer, item)

    def _tombstone(self, tombstone: Tombstone) -> Put:
        """Return the put of a tombstone: no list names it, and one at rest goes by itself."""
        text = tombstone.model_dump_json(exclude_defaults=True)
        item: dict[str, str | int | bytes] = {
            "kind": TOMBSTONE,
            "version": tombstone.version,
            "data": pack_lead(text),
        }
        if tombstone.lead is not None and tombstone.sequence > tombstone.lead.sequence:
            item[keys.NEWS] = "1"
        if tombstone.at_rest:
            item["expires_at"] = (tombstone.at + REST_MS) // 1000
        return self._next(tombstone, item)

    def _next(self, slot: Slot, item: Item) -> Put:
        first = slot.version == 1
        return Put(
            self.key(slot.lead_id),
            item,
            if_absent=first,
            if_version=None if first else slot.version - 1,
        )

    def _lead(self, settled: Settled) -> Put:
        """Return the put of a lead. Leads that only crawlers made are in no list."""
        lead, profile = settled.lead, settled.profile
        text = lead.model_dump_json(exclude_defaults=True)
        packed = pack_lead(text)
        if len(packed) > MAX_LEAD_BYTES:
            raise TooLargeError("profile-too-large", "the lead does not fit into one item")
        item: dict[str, str | int | bytes] = {"version": lead.version, "data": packed}
        if not profile.is_bot:
            item |= {
                keys.LIST: keys.leads_list(self.tenant_id),
                "by_score": keys.by_score(lead.score.score, lead.lead_id),
                "by_created": keys.by_created(profile.created_at, lead.lead_id),
                "by_seen": keys.by_seen(profile.last_seen_at, lead.lead_id),
            }
            if lead.due is not None:
                item[keys.DUE] = keys.due_in(lead.due // MINUTE_MS)
                item["by_due"] = keys.by_due(lead.due, self.tenant_id, lead.lead_id)
            if lead.company is not None:
                item[keys.COMPANY] = keys.company(self.tenant_id, lead.company.id).pk
        for index, hashed in (
            (BY_PHONE, settled.likeness.phone),
            (BY_NAMESAKE, settled.likeness.namesake),
        ):
            if hashed is not None:
                item[index] = keys.likeness(self.tenant_id, hashed)
        if settled.news:
            item[keys.NEWS] = "1"
        return self._next(lead, item)
