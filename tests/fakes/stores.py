"""In-memory stand-ins for what ingest, commit, enrich and the lead routes need.

They keep serialised copies, refuse stale writes as the real stores do, may serve old reads and may
fail at any call; the contract suite holds them to the truth.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.companies import CachedFacts, Company
from leadsignal.models.enrichment import CompanyFacts, NetworkMatch
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead, Pointer, Slot
from leadsignal.models.lists import LeadOrder, ListEntry
from leadsignal.models.profiles import Profile, Settled
from leadsignal.models.records import EventRecord, FailedEvent
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.models.tenants import ApiKey, Tenant
from leadsignal.models.touches import ReferrerKind

OPEN_PART_BYTES = 3_000  # of plain JSON; the real store measures compressed bytes


class Calls:
    """Counts the calls of all stores that share it; interrupts one of them.

    ``interrupt`` runs when call ``at`` is made, before it takes effect or after, and may raise.
    ``lagging`` makes reads that are not consistent see each item as it was one write ago.
    """

    def __init__(self, *, lagging: bool = False) -> None:
        self.made = 0
        self.writes = 0
        self.lagging = lagging
        self._at: int | None = None
        self._after = False
        self._interrupt: Callable[[], None] = lambda: None

    def interrupt(self, run: Callable[[], None], *, at: int, after: bool = False) -> None:
        self._at, self._after, self._interrupt = self.made + at, after, run

    def fail(self, *, at: int, after: bool = False) -> None:
        def lose() -> None:
            raise TransientError("the connection broke")

        self.interrupt(lose, at=at, after=after)

    @contextmanager
    def call(self, *, write: bool = False) -> Iterator[None]:
        self.made += 1
        mine = self.made == self._at
        if mine and not self._after:
            self._interrupt()
        yield
        self.writes += write
        if mine and self._after:
            self._interrupt()


class Rows:
    """Serialised items by key, with the state each had before its last write."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._now: dict[str, str] = {}
        self._before: dict[str, str | None] = {}

    def read(self, key: str, *, consistent: bool = False) -> str | None:
        if self._calls.lagging and not consistent and key in self._before:
            return self._before[key]
        return self._now.get(key)

    def write(self, key: str, text: str) -> None:
        self._before[key] = self._now.get(key)
        self._now[key] = text

    def settle(self) -> None:
        """Let every read see the last write."""
        self._before.clear()

    def all(self) -> Mapping[str, str]:
        return self._now


def _slot(text: str) -> Slot:
    kind, _, data = text.partition(":")
    model: type[Lead] | type[Pointer] = Lead if kind == "lead" else Pointer
    return model.model_validate_json(data)


class InMemoryLeadTable:
    """Leads, companies and lists of one tenant."""

    def __init__(self, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self.rows = Rows(self.calls)
        self._companies = Rows(self.calls)
        self._profiles: dict[str, Profile] = {}

    def peek(self, lead_id: str, *, consistent: bool = False) -> Slot | None:
        text = self.rows.read(lead_id, consistent=consistent)
        return _slot(text) if text else None

    def slot(self, lead_id: str, *, consistent: bool = False) -> Slot | None:
        with self.calls.call():
            return self.peek(lead_id, consistent=consistent)

    def link(self, pointer: Pointer) -> None:
        with self.calls.call(write=True):
            if self.peek(pointer.lead_id, consistent=True) is not None:
                raise ConflictError(pointer.lead_id)
            self._put(pointer)

    def save(self, settled: Settled) -> None:
        lead, profile = settled.lead, settled.profile
        with self.calls.call(write=True):
            self._check(lead.lead_id, lead.version - 1)
            self._put(lead, profile)

    def save_merge(self, settled: Settled, taken: Sequence[tuple[Lead, Pointer]]) -> None:
        lead, profile = settled.lead, settled.profile
        with self.calls.call(write=True):
            self._check(lead.lead_id, lead.version - 1)
            for loser, _ in taken:
                self._check(loser.lead_id, loser.version)
            self._put(lead, profile)
            for _, pointer in taken:
                self._put(pointer)

    def _check(self, lead_id: str, version: int) -> None:
        held = self.peek(lead_id, consistent=True)
        if isinstance(held, Pointer) or (held.version if held else 0) != version:
            raise ConflictError(lead_id)

    def _put(self, slot: Slot, profile: Profile | None = None) -> None:
        kind = "lead" if isinstance(slot, Lead) else "pointer"
        self.rows.write(slot.lead_id, f"{kind}:{slot.model_dump_json()}")
        self._profiles.pop(slot.lead_id, None)
        if profile is not None and not profile.is_bot:
            self._profiles[slot.lead_id] = profile

    def company(self, company_id: str) -> Company | None:
        with self.calls.call():
            text = self._companies.read(company_id)
            return Company.model_validate_json(text) if text else None

    def save_company(self, company: Company) -> None:
        with self.calls.call(write=True):
            self._companies.write(company.id, company.model_dump_json())

    def leads(self) -> list[Lead]:
        """Return every lead there is."""
        slots = [_slot(text) for text in self.rows.all().values()]
        return [slot for slot in slots if isinstance(slot, Lead)]

    def page(self, order: LeadOrder, *, after: str | None, limit: int) -> Sequence[ListEntry]:
        field = order.removeprefix("-")
        entries = []
        for lead_id, profile in self._profiles.items():
            lead = self.peek(lead_id)
            assert isinstance(lead, Lead)
            value = lead.score.score if field == "score" else getattr(profile, field)
            entries.append(ListEntry(f"{value:014d}#{lead_id}", lead))
        entries.sort(key=lambda entry: entry.position, reverse=order != field)
        if after is not None:
            ascending = order == field
            entries = [
                e for e in entries if e.position != after and (e.position > after) == ascending
            ]
        return entries[:limit]


class InMemoryActivity:
    """Activity days, event records and failed events of one tenant."""

    def __init__(self, calls: Calls | None = None) -> None:
        self.calls = calls or Calls()
        self.open = Rows(self.calls)
        self._closed: dict[str, str] = {}
        self._records = Rows(self.calls)
        self.failed: dict[str, str] = {}

    def peek(self, key: DayKey, *, consistent: bool = False) -> ActivityDay | None:
        text = self.open.read("/".join(key), consistent=consistent)
        if text is None:
            return None
        head = ActivityDay.model_validate_json(text)
        sealed: dict[str, Event] = {}
        for part in head.parts:
            sealed |= ActivityDay.model_validate_json(self._closed[part]).open
        return head.model_copy(update={"sealed": sealed})

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]:
        with self.calls.call():
            found = {key: self.peek(key) for key in wanted}
            return {key: day for key, day in found.items() if day is not None}

    def save_day(self, before: ActivityDay, after: ActivityDay) -> ActivityDay:
        parts, still_open = after.parts, after.open
        if len(after.model_copy(update={"sealed": {}}).model_dump_json()) > OPEN_PART_BYTES:
            closing = {name: after.open[name] for name in before.open}
            still_open = {n: e for n, e in after.open.items() if n not in closing}
            if closing:
                part = ActivityDay(member=after.member, day=after.day, open=closing)
                name = f"{after.member}/{after.day}/{len(self._closed)}"
                with self.calls.call(write=True):
                    self._closed[name] = part.model_dump_json()
                parts = (*parts, name)
        head = after.model_copy(
            update={
                "version": before.version + 1,
                "parts": parts,
                "open": still_open,
                "sealed": {},
            }
        )
        with self.calls.call(write=True):
            held = self.peek((before.member, before.day), consistent=True)
            if (held.version if held else 0) != before.version:
                raise ConflictError(before.day)
            self.open.write(f"{before.member}/{before.day}", head.model_dump_json())
        sealed = {name: e for name, e in after.open.items() if name not in still_open}
        return head.model_copy(update={"sealed": after.sealed | sealed})

    def record(self, message_id: str) -> EventRecord | None:
        with self.calls.call():
            text = self._records.read(message_id)
            return EventRecord.model_validate_json(text) if text else None

    def pin(self, record: EventRecord) -> EventRecord:
        with self.calls.call():
            held = self._records.read(record.message_id, consistent=True)
            if held is not None:
                return EventRecord.model_validate_json(held)
            self.calls.writes += 1
            self._records.write(record.message_id, record.model_dump_json())
            return record

    def quarantine(self, failed: FailedEvent) -> None:
        with self.calls.call():
            if failed.id not in self.failed:
                self.calls.writes += 1
                self.failed[failed.id] = failed.model_dump_json()


class InMemorySnapshots:
    """Reads both tables of one tenant together."""

    def __init__(self, leads: InMemoryLeadTable, activity: InMemoryActivity) -> None:
        self._leads = leads
        self._activity = activity

    def load(
        self, slots: Collection[str], days: Collection[DayKey], *, consistent: bool = False
    ) -> Snapshot:
        with self._leads.calls.call():
            held: dict[str, Slot] = {}
            pending = set(slots)
            while pending:
                found = {s: self._leads.peek(s, consistent=consistent) for s in pending}
                held |= {s: slot for s, slot in found.items() if slot is not None}
                into = {slot.into for slot in held.values() if isinstance(slot, Pointer)}
                pending = into - held.keys() - found.keys()
            read = {key: self._activity.peek(key, consistent=consistent) for key in days}
            return Snapshot(held, {key: day for key, day in read.items() if day is not None})


class InMemoryTenants:
    """Tenants and keys; ``reads`` counts how often it was asked."""

    def __init__(self) -> None:
        self._tenants: dict[str, str] = {}
        self._keys: dict[str, str] = {}
        self.reads = 0

    def tenant(self, tenant_id: str) -> Tenant | None:
        self.reads += 1
        text = self._tenants.get(tenant_id)
        return Tenant.model_validate_json(text) if text else None

    def key(self, key_id: str) -> ApiKey | None:
        self.reads += 1
        text = self._keys.get(key_id)
        return ApiKey.model_validate_json(text) if text else None

    def add_tenant(self, tenant: Tenant) -> None:
        if tenant.tenant_id in self._tenants:
            raise ConflictError(tenant.tenant_id)
        self._tenants[tenant.tenant_id] = tenant.model_dump_json()

    def add_key(self, key: ApiKey) -> None:
        if key.key_id in self._keys:
            raise ConflictError(key.key_id)
        self._keys[key.key_id] = key.model_dump_json()

    def replace_key(self, key: ApiKey) -> None:
        self._keys[key.key_id] = key.model_dump_json()


class InMemoryShortCache:
    """Providers' answers until they expire."""

    def __init__(self) -> None:
        self._rows: dict[str, str] = {}

    def get(self, domain: str, *, now: Instant) -> CachedFacts | None:
        text = self._rows.get(domain)
        cached = CachedFacts.model_validate_json(text) if text else None
        return cached if cached and cached.expires_at > now else None

    def put(self, domain: str, cached: CachedFacts) -> None:
        self._rows[domain] = cached.model_dump_json()


class ScriptedProvider:
    """Knows the companies it was given; ``asked`` says for which domains it was asked."""

    def __init__(self, *known: CompanyFacts) -> None:
        self.known = {facts.domain: facts for facts in known}
        self.asked: list[str] = []

    def by_domain(self, domain: str) -> CompanyFacts | None:
        self.asked.append(domain)
        return self.known.get(domain)


class ScriptedNetworks:
    """Addresses that begin with 8. are Acme's own network, with 7. an access provider's."""

    def match(self, ip: str) -> NetworkMatch:
        if ip.startswith("8."):
            return NetworkMatch(
                asn=8, type="company", confidence=0.9, name="Acme", domain="acme.com", country="US"
            )
        return NetworkMatch(asn=7, type="isp", confidence=0.9, country="NL")


class ScriptedMail:
    """``free.*`` is free mail, ``trash.*`` disposable, anything else business."""

    def kind(self, domain: str) -> str:
        return {"free": "free", "trash": "disposable"}.get(domain.partition(".")[0], "business")

    def registrable(self, host: str) -> str | None:
        return ".".join(host.split(".")[-2:])


class ScriptedReferrers:
    """``google`` is a search engine; nobody else is known."""

    def classify(self, host: str) -> ReferrerKind:
        return ReferrerKind(kind="search", name="google") if "google" in host else ReferrerKind()


class ScriptedCrawlers:
    """An agent that says ``bot`` is one."""

    def name(self, user_agent: str) -> str | None:
        return "Testbot" if "bot" in user_agent else None


def canonical(value: object) -> str:
    """Return a value as JSON with sorted keys, to be compared."""
    return json.dumps(value, sort_keys=True)
