"""What the services need from outside, as Protocols of a few methods each."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from leadsignal.models.activity import ActivityDay
from leadsignal.models.companies import Company
from leadsignal.models.credits import Account, Book, Budget, Entry, Usage
from leadsignal.models.deals import Deal, DealLink
from leadsignal.models.due import DueLead, Posting
from leadsignal.models.endpoints import Endpoint
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, LookupKind, NetworkMatch
from leadsignal.models.events import Event
from leadsignal.models.idempotency import Run
from leadsignal.models.instants import Instant
from leadsignal.models.jobs import Job
from leadsignal.models.keys import KeyMarks
from leadsignal.models.leads import Lead, Pointer, Slot
from leadsignal.models.limits import Drawn, Nanoseconds, Quota
from leadsignal.models.lookups import Flight, Found
from leadsignal.models.mail import MailHost
from leadsignal.models.merges import Candidate
from leadsignal.models.messages import StreamChange, Stretch
from leadsignal.models.notes import Note
from leadsignal.models.outbound import (
    AlertLead,
    AlertMark,
    AlertRecord,
    Delivery,
    HttpBody,
    HttpResult,
)
from leadsignal.models.profiles import Change
from leadsignal.models.providers import Breaker, Provider
from leadsignal.models.records import EventRecord, FailedEvent, FailureCode
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.models.tenants import ApiKey, Tenant
from leadsignal.models.touches import ReferrerKind

type NewId = Callable[[str], str]
"""Returns a fresh id with the given prefix: ``new_id("msg")`` → ``msg_…``."""


class TenantStore(Protocol):
    """Tenants and their keys, which may be remembered; ``key_again`` is of this very second, and
    ``tenant_now`` what is so now."""

    def tenant(self, tenant_id: str) -> Tenant | None: ...
    def tenant_now(self, tenant_id: str) -> Tenant | None: ...
    def key(self, key_id: str) -> ApiKey | None: ...
    def key_again(self, key_id: str) -> ApiKey | None: ...
    def add_tenant(self, tenant: Tenant) -> None: ...
    def add_key(self, key: ApiKey) -> None: ...


class KeyStore(Protocol):
    """The keys of one tenant, as they are now.

    ``save`` writes a new or changed key if nobody else did meanwhile and, where ``beside`` is
    given, if that other key is still what was read.
    """

    def all(self) -> Sequence[ApiKey]: ...
    def get(self, key_id: str) -> ApiKey | None: ...
    def save(self, key: ApiKey, *, beside: ApiKey | None = None) -> ApiKey: ...


class KeyUsageStore(Protocol):
    """What was noticed of the keys of one tenant. Days are UTC, ``YYYY-MM-DD``, newest first."""

    def add(self, key_id: str, day: str, counts: Mapping[str, int]) -> None: ...
    def mark_used(self, key_id: str, at: Instant) -> None: ...
    def mark_exposed(self, key_id: str, at: Instant) -> None: ...
    def marks(self, key_ids: Sequence[str]) -> Mapping[str, KeyMarks]: ...
    def days(
        self, key_id: str, limit: int, *, first: str, before: str
    ) -> Sequence[tuple[str, Mapping[str, int]]]: ...


class SettingsStore(Protocol):
    """The settings of one tenant, as they are now."""

    def get(self) -> Tenant: ...
    def save(self, tenant: Tenant) -> Tenant: ...


class BucketStore(Protocol):
    """The buckets of tokens of one tenant, by their names; a new one is full."""

    def take(self, bucket: str, tokens: int, quota: Quota, *, at: Nanoseconds) -> Drawn: ...


class RunStore(Protocol):
    """The runs of one tenant's requests with an ``Idempotency-Key``, each at its place."""

    def claim(self, place: str, run: Run, *, now: Instant) -> Run | None: ...
    def replace(self, place: str, held: Run, run: Run) -> bool: ...


class Cipher(Protocol):
    """Seals content under a key of 32 bytes, bound to a context."""

    def seal(self, key: bytes, content: bytes, context: bytes) -> bytes: ...
    def unseal(self, key: bytes, sealed: bytes, context: bytes) -> bytes: ...


class Queue(Protocol):
    """A queue that keeps what it was given until somebody has handled it."""

    def send(self, bodies: Sequence[str], *, group: str, delay_seconds: int = 0) -> None: ...


class TimedQueue(Queue, Protocol):
    """A queue that takes messages of many tenants at once, each with a delay of its own."""

    def post(self, postings: Sequence[Posting]) -> None: ...


class DueIndex(Protocol):
    """The leads of all tenants by when they are due, and how far it is worked off.

    Positions are texts that sort as instants do; ``start_of`` gives that before all leads which are
    due at an instant or later. ``reach`` keeps a position unless a later one is kept already.
    """

    def of_minute(self, minute: int, *, after: str | None = None) -> Iterator[DueLead]: ...
    def start_of(self, at: Instant) -> str: ...
    def instant_of(self, position: str) -> Instant: ...
    def reached(self) -> str | None: ...
    def reach(self, position: str) -> None: ...


class Snapshots(Protocol):
    """Reads identity slots and activity days of one tenant together."""

    def load(
        self, slots: Collection[str], days: Collection[DayKey], *, consistent: bool = False
    ) -> Snapshot: ...


class LeadStore(Protocol):
    """The leads of one tenant; every write is conditional on what was read."""

    def slot(self, lead_id: str, *, consistent: bool = False) -> Slot | None: ...
    def write(self, change: Change) -> None: ...
    def remove(self, pointer: Pointer) -> None: ...


class EditStore(Protocol):
    """Writes a statement and what follows from it: an activity day and leads, all or nothing.

    ``prepare`` returns the day as ``write`` will store it in place of the one before.
    """

    def prepare(self, before: ActivityDay, after: ActivityDay) -> ActivityDay: ...
    def write(self, before: ActivityDay, stored: ActivityDay, change: Change) -> None: ...


class AlikeLeads(Protocol):
    """The ids of a tenant's leads by keyed hashes of their phone number, or name and company."""

    def with_phone(self, hashed: str) -> Sequence[str]: ...
    def with_name(self, hashed: str) -> Sequence[str]: ...


class CandidateStore(Protocol):
    """The merge candidates of one tenant, in the order of their ids."""

    def keep(self, candidate: Candidate) -> None: ...
    def remove(self, slots: Collection[str]) -> None: ...
    def after(self, candidate_id: str | None, limit: int) -> Sequence[Candidate]: ...


class NoteStore(Protocol):
    """The notes on one tenant's leads, each under the slot that it was written to."""

    def of(self, slots: Sequence[str]) -> Sequence[Note]: ...
    def find(self, slots: Sequence[str], note_id: str) -> Note | None: ...
    def add(self, note: Note, *, beside: Collection[Slot]) -> Note: ...
    def replace(self, note: Note) -> Note: ...
    def remove(self, note: Note) -> None: ...
    def remove_all(self, slot: str, *, until: Instant) -> None: ...


class DealStore(Protocol):
    """The deals of one tenant. Their positions are in the order of creation.

    ``save`` writes a deal if nobody else did meanwhile and the leads ``beside`` it are still as
    they were read; the leads it ``names`` anew find it from then on. ``entries`` yields all deals,
    or those of a company, ``of_leads`` those that name one of the slots. ``links_of`` tells which
    deals may name a slot.
    """

    def get(self, deal_id: str, *, consistent: bool = False) -> Deal | None: ...
    def save(
        self, deal: Deal, *, names: Collection[str] = (), beside: Collection[Lead] = ()
    ) -> Deal: ...
    def remove(self, deal: Deal) -> None: ...
    def entries(
        self, *, company_id: str | None = None, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[Deal]: ...
    def of_leads(
        self, slots: Sequence[str], *, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[Deal]: ...
    def links_of(self, slot: str) -> Sequence[DealLink]: ...
    def link(self, slot: str, position: str) -> DealLink | None: ...
    def unlink(self, slot: str, link: DealLink) -> None: ...


class CompanyStore(Protocol):
    """The companies of one tenant: the long tier of the enrichment cache."""

    def company(self, company_id: str, *, consistent: bool = False) -> Company | None: ...
    def save_company(self, company: Company, *, news: bool = False) -> Company: ...


class CompanyLeads(Protocol):
    """The leads of one tenant's companies: ids in the order of their creation, and the position to
    go on after, None where there are no more."""

    def leads_of(
        self, company_id: str, *, after: str | None, most: int
    ) -> tuple[Sequence[str], str | None]: ...


class LookupCache(Protocol):
    """The short tier of one tenant's look-ups, and who is asking, by place (a keyed hash).

    ``take_off`` lets one holder ask until then, unless somebody else does, and returns what is
    there; the holder is in it when it was successful. ``land`` keeps what was found if the holder
    still is one, and lets go. ``outdate`` makes what was found count no more.
    """

    def read(self, place: str) -> Flight: ...
    def take_off(self, place: str, holder: str, *, until: Instant, now: Instant) -> Flight: ...
    def land(self, place: str, holder: str, found: Found) -> bool: ...
    def outdate(self, place: str, *, now: Instant) -> None: ...


class ActivityStore(Protocol):
    """The activity days and event records of one tenant."""

    def save_day(self, before: ActivityDay, after: ActivityDay) -> ActivityDay: ...
    def member_days(self, member: str, *, period: str = "") -> dict[str, ActivityDay]: ...
    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]: ...
    def pin(self, record: EventRecord) -> EventRecord: ...
    def forget(
        self,
        member: str,
        goes: Callable[[Event], bool],
        *,
        at: Instant,
        still: Callable[[], None],
    ) -> None: ...


class JobStore(Protocol):
    """The jobs of one tenant, as they are now."""

    def get(self, job_id: str) -> Job | None: ...
    def save(self, job: Job) -> Job: ...


class Networks(Protocol):
    """Which network an address belongs to."""

    def match(self, ip: str) -> NetworkMatch: ...


class MailDomains(Protocol):
    """What kind of mail a domain is, and the registrable domain of a host."""

    def kind(self, domain: str) -> str: ...
    def registrable(self, host: str) -> str | None: ...


class MailExchange(Protocol):
    """Whether a domain takes mail, found out within ``timeout_ms``; ``unknown``: nobody says."""

    def takes_mail(self, domain: str, *, timeout_ms: int) -> MailHost: ...


class Referrers(Protocol):
    """What stands behind a referring host."""

    def classify(self, host: str) -> ReferrerKind: ...


class CompanyProvider(Protocol):
    """Firmographics of a registrable domain; None when the provider does not know it."""

    def by_domain(self, domain: str) -> CompanyFacts | None: ...


class Source(Protocol):
    """One provider that can be asked: answers within ``timeout_ms`` or raises ProviderError.

    ``kinds`` are those of the look-ups it has an answer to; to any other it answers a miss, without
    a call. What it says of a company is checked for form and size, and else as it was written.
    """

    @property
    def kinds(self) -> frozenset[LookupKind]: ...
    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer: ...


class ProviderStore(Protocol):
    """The providers of one tenant that were set up by hand."""

    def all(self) -> Sequence[Provider]: ...
    def get(self, provider_id: str) -> Provider | None: ...
    def save(self, provider: Provider) -> Provider: ...
    def delete(self, provider_id: str, *, version: int) -> None: ...


class BreakerStore(Protocol):
    """The breakers of one tenant by name, as all workers see them."""

    def all(self) -> Mapping[str, Breaker]: ...
    def get(self, name: str, *, consistent: bool = False) -> Breaker | None: ...
    def save(self, name: str, breaker: Breaker) -> Breaker: ...


class SecretStore(Protocol):
    """Secrets of one tenant by name, which never change: another secret has another name."""

    def put(self, name: str, secret: str) -> None: ...
    def get(self, name: str) -> str | None: ...
    def delete(self, name: str) -> None: ...


class EndpointStore[E: Endpoint](Protocol):
    """The endpoints of one kind that one tenant has."""

    def all(self) -> Sequence[E]: ...
    def get(self, endpoint_id: str) -> E | None: ...
    def save(self, endpoint: E) -> E: ...
    def delete(self, endpoint_id: str, *, version: int | None = None) -> None: ...


class DeliveryStore(Protocol):
    """The deliveries of one tenant."""

    def get(self, webhook_id: str, delivery_id: str) -> Delivery | None: ...
    def save(self, delivery: Delivery) -> Delivery: ...
    def newest(
        self, webhook_id: str, limit: int, *, before: str | None = None
    ) -> Sequence[Delivery]: ...


class AlertLog(Protocol):
    """What one tenant was alerted of."""

    def record(self, alert_id: str, fact_id: str) -> AlertRecord | None: ...
    def save_record(self, record: AlertRecord) -> AlertRecord: ...
    def mark(self, alert_id: str, lead_id: str) -> AlertMark | None: ...
    def save_mark(self, mark: AlertMark) -> None: ...


class LeadReader(Protocol):
    """What an alert says of a lead; None when it is gone. A merged lead answers its survivor."""

    def summary(self, tenant_id: str, lead_id: str) -> AlertLead | None: ...


class HttpClient(Protocol):
    """Calls a receiver; whatever that does comes back as a result and never as an exception."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpResult: ...


class HttpReader(Protocol):
    """Reads what a server says, whole; whatever it does comes back as a result."""

    def fetch(
        self, url: str, *, headers: Mapping[str, str], timeout_ms: int, body: bytes | None = None
    ) -> HttpBody: ...


class Channel(Protocol):
    """Posts a message where people read it. Raises TransientError or PermanentError."""

    def send(self, url: str, message: Mapping[str, object]) -> None: ...


class FailureStore(Protocol):
    """The failed events of one tenant, kept for 90 days.

    ``keep`` changes nothing of what is kept already, but that a replay failed. ``newest`` takes
    the position of the row to go on after. ``mark_replayed`` leaves a row that is gone alone.
    """

    def keep(self, *failed: FailedEvent) -> int: ...
    def get(self, failed_id: str) -> FailedEvent | None: ...
    def find(self, ids: Sequence[str]) -> Mapping[str, FailedEvent]: ...
    def newest(
        self, limit: int, *, before: str | None = None, code: FailureCode | None = None
    ) -> Sequence[FailedEvent]: ...
    def of_message(self, message_id: str) -> Sequence[FailedEvent]: ...
    def mark_replayed(self, failed_id: str, at: Instant) -> None: ...


class Originals(Protocol):
    """Large originals of failed events, by keys that follow from what they hold."""

    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes | None: ...


class CreditStore(Protocol):
    """The credits of one tenant. ``write`` raises ConflictError unless the account is as it was
    read; all that a book changed is written, or nothing. ``count`` adds to statistics alone."""

    def read(
        self, reservations: Collection[str] = (), budgets: Collection[Budget] = ()
    ) -> Book: ...
    def write(self, before: Account, book: Book) -> Account: ...
    def count(self, usage: Usage) -> None: ...
    def entries(self, limit: int, *, before: int | None = None) -> Sequence[Entry]: ...
    def usage(self, limit: int, *, first: str, before: str) -> Sequence[tuple[str, Usage]]: ...


class ListObjects(Protocol):
    """The uploaded lists of one tenant's providers, each by the version that its content has.

    ``get`` returns None when there is no such list any more. ``sweep`` removes all lists of a
    provider but one, and those put after an instant.
    """

    def put(self, provider_id: str, version: str, content: bytes) -> None: ...
    def get(self, provider_id: str, version: str) -> bytes | None: ...
    def sweep(self, provider_id: str, *, keep: str | None, before: datetime) -> None: ...


class StreamReader(Protocol):
    """Reads records of a stream again; None when it does not have them any more."""

    def read(self, stretch: Stretch) -> Sequence[StreamChange] | None: ...
