"""Builds what look-ups need, as ``wiring`` does for all else: credits, providers with their
breakers and secrets, the waterfall, checks of e-mail, and the background worker."""

import random
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from leadsignal.models.messages import CompanyRequest, EnrichRequest, SpreadRequest
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import Principal, Tenant
from leadsignal.ports import SecretStore, Source
from leadsignal.runtime import wiring
from leadsignal.runtime.cached import Remembered, RememberedSecrets
from leadsignal.runtime.settings import NameServerSettings, SecretSettings, load

if TYPE_CHECKING:
    from leadsignal.adapters.dns import DnsMailExchange
    from leadsignal.adapters.dynamodb.cache import DynamoLookupCache
    from leadsignal.adapters.dynamodb.mail_hosts import DynamoMailHosts
    from leadsignal.adapters.dynamodb.providers import DynamoBreakers
    from leadsignal.runtime.flights import RecentSights, Threads
    from leadsignal.services.breakers import Breakers
    from leadsignal.services.credits import Cashier
    from leadsignal.services.enrich import Bench
    from leadsignal.services.flights import LookupDesk
    from leadsignal.services.lookups import Directory
    from leadsignal.services.mail_checks import MailDesk
    from leadsignal.services.providers import Counter

PROVIDERS_FOR = timedelta(seconds=2)  # whoever sets one up looks at once whether it answers
MAX_TENANTS = 1_000  # whose credits and breakers a worker remembers


@lru_cache(maxsize=MAX_TENANTS)
def _turns(tenant_id: str) -> threading.Lock:
    """Return what one thread of this process holds while it moves credits of a tenant."""
    return threading.Lock()


def cashier(tenant: Tenant) -> "Cashier":
    """Return what spending one tenant's credits needs."""
    from leadsignal.adapters.dynamodb.credits import DynamoCredits
    from leadsignal.services.credits import Cashier

    return Cashier(
        tenant=tenant,
        store=DynamoCredits(wiring.lead_table(), tenant.tenant_id),
        pause=time.sleep,
        chance=random.random,
        turn=_turns(tenant.tenant_id),
    )


@cache
def _known_secrets() -> Remembered[str | None]:
    return Remembered(now=wiring.now)


def provider_secrets(tenant_id: str) -> SecretStore:
    """Return the secrets of one tenant's providers."""
    from leadsignal.adapters.ssm import SsmSecrets

    store = SsmSecrets(wiring.ssm, load(SecretSettings).secrets_path, tenant_id)
    return RememberedSecrets(store, tenant_id, _known_secrets())


def breaker_store(tenant_id: str) -> "DynamoBreakers":
    """Return how the providers of one tenant fare."""
    from leadsignal.adapters.dynamodb.providers import DynamoBreakers

    return DynamoBreakers(wiring.cache_table(), tenant_id)


@lru_cache(maxsize=MAX_TENANTS)
def _breakers(tenant_id: str) -> "Breakers":
    from leadsignal.adapters.dynamodb.providers import DynamoBreakers
    from leadsignal.services.breakers import Breakers

    store = DynamoBreakers(wiring.swift_cache_table(), tenant_id)
    return Breakers(store, now=wiring.now, share=lambda: secrets.randbelow(1_000) / 1_000)


def provider_counter(tenant: Tenant) -> "Counter":
    """Return what setting up one tenant's providers needs."""
    from leadsignal.services.providers import Counter

    return Counter(
        tenant=tenant,
        providers=wiring.provider_store(tenant.tenant_id),
        secrets=provider_secrets(tenant.tenant_id),
        allowed=wiring.allowed_receivers(),
    )


def sources(tenant: Tenant) -> Sequence[tuple[Provider, Source]]:
    """Return the providers that one tenant asks, in the order of its waterfall.

    Each is behind its breaker and reads its secret when it is asked. What a provider may fill, what
    it costs and how sure it has to be is for the caller to heed.
    """
    from leadsignal.services.breakers import BreakingSource
    from leadsignal.services.providers import waterfall

    found: list[tuple[Provider, Source]] = []
    known = wiring.provider_store(tenant.tenant_id).remembered(max_age=PROVIDERS_FOR)
    for provider in waterfall(known, tenant):
        if provider.kind == "embedded":
            found.append((provider, embedded_source()))
        elif provider.kind == "upload":
            found.append((provider, uploaded_source(provider.id, tenant.tenant_id)))
        elif (source := _source(provider, tenant.tenant_id)) is not None:
            breakers = _breakers(tenant.tenant_id)
            found.append((provider, BreakingSource(source, provider, breakers, now=wiring.now)))
    return found


def uploaded_source(provider_id: str, tenant_id: str) -> Source:
    """Return one tenant's own list as a provider."""
    from leadsignal.services.own_companies import Uploaded

    return Uploaded(provider_id, own=wiring.own_companies(tenant_id), mail=wiring.mail_domains())


@cache
def embedded_source() -> Source:
    """Return the provider that comes with the product."""
    from leadsignal.adapters.providers.embedded import Embedded

    return Embedded(
        networks=wiring.networks(), companies=wiring.company_provider(), mail=wiring.mail_domains()
    )


def _source(provider: Provider, tenant_id: str) -> Source | None:
    """Return what asks a provider over HTTP, None when it is of no such kind."""
    from leadsignal.adapters.providers.apollo import Apollo
    from leadsignal.adapters.providers.generic_json import GenericJson
    from leadsignal.adapters.providers.hunter import Hunter
    from leadsignal.adapters.providers.people_data_labs import PeopleDataLabs

    def secret() -> str | None:
        ref = provider.secret_ref
        return provider_secrets(tenant_id).get(f"{provider.id}/{ref}") if ref else None

    match provider.kind:
        case "people_data_labs":
            mail = wiring.mail_domains()
            return PeopleDataLabs(
                wiring.http(), secret, provider=provider.id, mail=mail, now=wiring.now
            )
        case "apollo":
            return Apollo(wiring.http(), secret, provider=provider.id, now=wiring.now)
        case "hunter":
            return Hunter(wiring.http(), secret, provider=provider.id, now=wiring.now)
        case "generic_json":
            return GenericJson(
                wiring.http(), secret, provider=provider, mail=wiring.mail_domains(), now=wiring.now
            )
    return None


def lookup_cache(tenant_id: str) -> "DynamoLookupCache":
    """Return the short tier of one tenant's look-ups."""
    from leadsignal.adapters.dynamodb.cache import DynamoLookupCache

    return DynamoLookupCache(wiring.cache_table(), tenant_id)


def lookup_desk(
    tenant: Tenant, *, key_id: str | None = None, daily_credits: int | None = None
) -> "LookupDesk":
    """Return what asking providers for one tenant needs; a key pays, or the tenant itself."""
    from leadsignal.services.flights import LookupDesk, Payer

    return LookupDesk(
        tenant=tenant,
        sources=lambda: sources(tenant),
        companies=wiring.leads(tenant.tenant_id),
        cache=lookup_cache(tenant.tenant_id),
        payer=Payer(cashier(tenant), key_id, daily_credits),
        now=wiring.now,
        wait=time.sleep,
        chance=random.random,
        new_id=wiring.new_id,
    )


@cache
def mail_exchange() -> "DnsMailExchange":
    """Return what asks the DNS about mail domains."""
    from leadsignal.adapters.dns import DnsMailExchange, read_servers

    return DnsMailExchange(read_servers(load(NameServerSettings).name_servers))


@cache
def mail_hosts() -> "DynamoMailHosts":
    """Return what is known of mail domains."""
    from leadsignal.adapters.dynamodb.mail_hosts import DynamoMailHosts

    return DynamoMailHosts(wiring.cache_table())


def mail_desk(tenant_id: str) -> "MailDesk":
    """Return what checking the e-mail of one tenant's leads needs."""
    from leadsignal.services.mail_checks import MailDesk

    tenant = wiring.tenant_now(tenant_id)
    return MailDesk(
        tenant=tenant,
        leads=wiring.leads(tenant_id),
        mail=wiring.mail_domains(),
        book=wiring.playbook(tenant),
        exchange=mail_exchange(),
        hosts=mail_hosts(),
    )


@cache
def _recent_sights() -> "RecentSights":
    from leadsignal.runtime.flights import RecentSights

    return RecentSights()


@cache
def _beside() -> "Threads":
    from leadsignal.runtime.flights import Threads

    return Threads()


def directory(principal: Principal) -> "Directory":
    """Return what answering the look-ups of a caller needs."""
    from leadsignal.services.lookups import Directory

    return Directory(
        desk=lookup_desk(
            principal.tenant,
            key_id=principal.key_id,
            daily_credits=principal.daily_credits,
        ),
        networks=wiring.networks(),
        mail=wiring.mail_domains(),
        memory=_recent_sights(),
        queue=wiring.enrich_queue(),
        launch=_beside(),
    )


def enrichment(request: EnrichRequest | CompanyRequest | SpreadRequest) -> "Bench":
    """Return what doing what a message of EnrichQueue asks for needs."""
    return _bench(
        lookup_desk(
            wiring.tenant_now(request.tenant_id),
            key_id=getattr(request, "key_id", None),
            daily_credits=getattr(request, "daily_credits", None),
        )
    )


def bench(principal: Principal) -> "Bench":
    """Return what filling the companies of leads for a caller needs."""
    return _bench(lookup_desk(principal.tenant, key_id=principal.key_id))


def _bench(desk: "LookupDesk") -> "Bench":
    from leadsignal.services.enrich import Bench

    stored = wiring.leads(desk.tenant.tenant_id)
    return Bench(
        desk=desk,
        leads=stored,
        of_company=stored,
        mail=wiring.mail_domains(),
        queue=wiring.enrich_queue(),
        book=wiring.playbook(desk.tenant),
    )
