"""Providers that answer as they are told, and what asking them needs, over tables in memory."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from threading import Lock
from typing import Any

from leadsignal.adapters.dynamodb.cache import DynamoLookupCache
from leadsignal.adapters.dynamodb.credits import DynamoCredits
from leadsignal.adapters.dynamodb.leads import DynamoLeads
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.playbook import default_playbook
from leadsignal.errors import ProviderError
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, LookupKind
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyStore, Queue, Source
from leadsignal.runtime.flights import RecentSights
from leadsignal.services.credits import Cashier
from leadsignal.services.enrich import Bench
from leadsignal.services.flights import LookupDesk, Payer, Sources
from leadsignal.services.lookups import Directory
from tests.fakes.clock import Clock
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import ScriptedMail, ScriptedNetworks

EVERYTHING: frozenset[LookupKind] = frozenset({"domain", "ip", "email"})


def provider(name: str = "book", **changes: Any) -> Provider:
    """Return a provider; without a price it is one that asks nobody."""
    kind = "generic_json" if changes.get("credits") else "embedded"
    return Provider.model_validate({"id": name, "name": name, "kind": kind} | changes)


class ScriptedSource:
    """Knows the companies it was given, and takes its time; ``asked`` says what it was asked.

    ``fails`` is raised in the place of an answer, ``then`` is done before it.
    """

    def __init__(
        self,
        *known: CompanyFacts,
        kinds: Iterable[LookupKind] = ("domain",),
        clock: Clock | None = None,
        takes_ms: int = 0,
        answers: dict[str, Answer] | None = None,
    ) -> None:
        self.known = {facts.domain: facts for facts in known}
        self.kinds = frozenset(kinds)
        self.answers = answers or {}
        self.takes_ms = takes_ms
        self.fails: ProviderError | None = None
        self.then: Callable[[], None] = lambda: None
        self.asked: list[str] = []
        self.timeouts: list[int] = []
        self._clock = clock

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        self.asked.append(lookup.value)
        self.timeouts.append(timeout_ms)
        if self._clock is not None:
            self._clock.now += timedelta(milliseconds=min(self.takes_ms, timeout_ms))
        self.then()
        if self.fails is not None:
            raise self.fails
        if self.takes_ms > timeout_ms:
            raise ProviderError("timeout")
        if lookup.value in self.answers:
            return self.answers[lookup.value]
        return Answer(company=self.known.get(lookup.value))


def lookup_desk(
    leads: DynamoLeads,
    *sources: tuple[Provider, Source],
    tenant: Tenant,
    clock: Clock,
    companies: CompanyStore | None = None,
    wait: Callable[[float], None] | None = None,
    **payer: Any,
) -> LookupDesk:
    """Return what asking these sources needs; waiting moves the clock."""
    ids = iter(range(10**9))

    def pause(seconds: float) -> None:
        clock.now += timedelta(seconds=seconds)

    store = DynamoCredits(leads.table, tenant.tenant_id)
    named: Sources = sources
    return LookupDesk(
        tenant=tenant,
        sources=lambda: named,
        companies=companies or leads,
        cache=DynamoLookupCache(Table(leads.table.client, "CacheTable"), tenant.tenant_id),
        payer=Payer(Cashier(tenant, store, pause, lambda: 0.5, Lock()), **payer),
        now=lambda: clock.now,
        wait=wait or pause,
        chance=lambda: 0.5,
        new_id=lambda prefix: f"{prefix}_{next(ids)}",
    )


def bench(desk: LookupDesk, leads: DynamoLeads, *, queue: Queue | None = None) -> Bench:
    """Return what filling the companies of leads needs."""
    return Bench(
        desk=desk,
        leads=leads,
        of_company=leads,
        mail=ScriptedMail(),
        queue=queue or InMemoryQueue(),
        book=default_playbook(desk.tenant),
    )


def at_once(works: Sequence[Callable[[], None]], *, seconds: float) -> None:
    """Do all works, one after another, as if nothing took time."""
    del seconds
    for work in works:
        work()


def directory(
    desk: LookupDesk, *, queue: Queue | None = None, memory: RecentSights | None = None
) -> Directory:
    """Return what answering look-ups needs; works are done at once."""
    return Directory(
        desk=desk,
        networks=ScriptedNetworks(),
        mail=ScriptedMail(),
        memory=memory or RecentSights(),
        queue=queue or InMemoryQueue(),
        launch=at_once,
    )
