"""What changing one tenant's leads needs from outside."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, Protocol

from leadsignal.domain.playbook import Playbook, default_playbook
from leadsignal.domain.secrets import derive
from leadsignal.models.activity import ActivityDay
from leadsignal.models.leads import Slot
from leadsignal.models.snapshots import Snapshot
from leadsignal.models.tenants import Tenant
from leadsignal.ports import (
    ActivityStore,
    CandidateStore,
    CompanyStore,
    DealStore,
    FailureStore,
    LeadStore,
    MailDomains,
    Networks,
    NoteStore,
    Queue,
    Referrers,
    Snapshots,
)


class Each(Protocol):
    """Calls a function with each of the values and yields the results; perhaps several at once."""

    def __call__[T, R](self, call: Callable[[T], R], values: Iterable[T], /) -> Iterator[R]: ...


class SlotReader(Protocol):
    """Identity slots of one tenant, to read."""

    def slot(self, lead_id: str, *, consistent: bool = False) -> Slot | None: ...


class HistoryReader(Protocol):
    """All activity days of a member, to read."""

    def member_days(self, member: str, *, period: str = "") -> dict[str, ActivityDay]: ...
    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]: ...


class Ground(Protocol):
    """What working out who is who in a cluster of leads, and their scores, reads."""

    @property
    def tenant(self) -> Tenant: ...
    @property
    def leads(self) -> SlotReader: ...
    @property
    def activity(self) -> HistoryReader: ...
    @property
    def companies(self) -> CompanyStore: ...
    @property
    def networks(self) -> Networks: ...
    @property
    def referrers(self) -> Referrers: ...
    @property
    def mail(self) -> MailDomains: ...
    @property
    def book(self) -> Playbook: ...
    @property
    def identity_key(self) -> bytes: ...


class Desk(NamedTuple):
    """Everything that applying events and merging leads of one tenant needs.

    ``each`` runs groups of events that have nothing to do with one another; ``books`` returns what
    a tenant's leads are measured by.
    """

    tenant: Tenant
    snapshots: Snapshots
    leads: LeadStore
    candidates: CandidateStore
    notes: NoteStore
    deals: DealStore
    companies: CompanyStore
    activity: ActivityStore
    failures: FailureStore
    networks: Networks
    referrers: Referrers
    mail: MailDomains
    enrich_queue: Queue
    each: Each = map
    books: Callable[[Tenant], Playbook] = default_playbook

    @property
    def book(self) -> Playbook:
        """What the tenant's leads are measured by."""
        return self.books(self.tenant)

    def beside(self, snapshot: Snapshot) -> "Desk":
        """Return the desk with the tenant as it was when a snapshot was read."""
        return self if snapshot.tenant is None else self._replace(tenant=snapshot.tenant)

    @property
    def identity_key(self) -> bytes:
        """The key that slot ids of this tenant are made with."""
        return derive(self.tenant, "identity")
