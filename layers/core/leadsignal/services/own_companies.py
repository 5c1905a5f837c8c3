"""What a tenant's own lists say of addresses and domains, before anybody else is asked."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from threading import Lock
from typing import Protocol

from leadsignal.domain.addresses import visitor_address
from leadsignal.domain.company_lists import CompanyList, opened
from leadsignal.errors import PermanentError, ProviderError, TransientError
from leadsignal.models.company_lists import ListedCompany
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, LookupKind, NetworkMatch
from leadsignal.models.providers import Provider
from leadsignal.ports import ListObjects, MailDomains, Networks

MAX_LIST_BYTES = 32 * 1024 * 1024  # of one list, unpacked
SURE = 1.0  # the tenant said so


class ListMemory:
    """Lists by name, as long as all of them take no more than ``max_bytes``; those used last stay.

    A list is loaded by one thread, while others wait for it. A name stands for one content for
    ever, so nothing here grows old.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lists: OrderedDict[tuple[str, ...], CompanyList] = OrderedDict()
        self._lock = Lock()

    def get(
        self, name: tuple[str, ...], load: Callable[[], CompanyList | None]
    ) -> CompanyList | None:
        """Return the list of that name, loaded unless it is remembered; None if there is none."""
        with self._lock:
            if name in self._lists:
                self._lists.move_to_end(name)
                return self._lists[name]
            found = load()
            if found is not None:
                self._lists[name] = found
                self._shrink()
            return found

    def _shrink(self) -> None:
        while len(self._lists) > 1 and sum(held.size for held in self._lists.values()) > (
            self._max_bytes
        ):
            self._lists.popitem(last=False)


class KnownProviders(Protocol):
    """The providers of a tenant: as remembered, which may be half a minute old, and as now."""

    def remembered(self) -> Sequence[Provider]: ...
    def all(self) -> Sequence[Provider]: ...


class OwnCompanies:
    """The lists of one tenant, opened when they are first asked for."""

    def __init__(
        self,
        tenant_id: str,
        *,
        providers: KnownProviders,
        objects: ListObjects,
        memory: ListMemory,
        lost: Callable[[str], None],
    ) -> None:
        self._tenant_id = tenant_id
        self._providers = providers
        self._objects = objects
        self._memory = memory
        self._lost = lost

    def by_address(self, ip: str) -> ListedCompany | None:
        """Return the company that has the address; of several lists that of the first provider.

        Raises:
            TransientError: a list could not be read at the moment.
        """
        if not self._lists or (address := visitor_address(ip)) is None:
            return None
        return next((c for each in self._lists if (c := each.by_address(address))), None)

    def list_of(self, provider_id: str) -> CompanyList | None:
        """Return the list of one provider, None when it has none.

        Raises:
            TransientError: it could not be read at the moment.
        """
        for provider in self._providers.remembered():
            if provider.id == provider_id:
                return self._open(provider)
        return None

    @cached_property
    def _lists(self) -> Sequence[CompanyList]:
        return tuple(self._opened())

    def _opened(self) -> Iterator[CompanyList]:
        used = [p for p in self._providers.remembered() if p.kind == "upload" and p.enabled]
        for provider in sorted(used, key=lambda p: (p.priority, p.created_at, p.id)):
            found = self._open(provider)
            if found is not None:
                yield found

    def _open(self, provider: Provider) -> CompanyList | None:
        """Return the provider's list; one that was replaced just now, as it is now.

        A list that is gone or damaged stops nothing: it is told of, and does without.
        """
        if provider.uploaded is None:
            return None
        found = self._load(provider)
        if found is not None:
            return found
        fresh = next((p for p in self._providers.all() if p.id == provider.id), None)
        if fresh is None or fresh.uploaded is None:
            return None
        found = self._load(fresh) if fresh.uploaded != provider.uploaded else None
        if found is None:
            self._lost(provider.id)
        return found

    def _load(self, provider: Provider) -> CompanyList | None:
        if provider.uploaded is None:
            return None
        version = provider.uploaded.version

        def load() -> CompanyList | None:
            try:
                content = self._objects.get(provider.id, version)
                return opened(content, max_bytes=MAX_LIST_BYTES) if content is not None else None
            except (PermanentError, ValueError):
                return None

        return self._memory.get((self._tenant_id, provider.id, version), load)


class TenantNetworks:
    """Which network an address belongs to: the tenant's own ranges first, whatever lies around
    them."""

    def __init__(self, own: OwnCompanies, others: Networks) -> None:
        self._own = own
        self._others = others

    def match(self, ip: str) -> NetworkMatch:
        """Return the network of an address, and the company whose range it is.

        Raises:
            TransientError: a list could not be read at the moment.
        """
        match = self._others.match(ip)
        company = self._own.by_address(ip)
        return _owned(match, company) if company else match


class Uploaded:
    """A provider of kind ``upload``: answers from the tenant's own list, at no price."""

    kinds: frozenset[LookupKind] = frozenset({"ip", "domain", "email"})

    def __init__(self, provider_id: str, *, own: OwnCompanies, mail: MailDomains) -> None:
        self._provider_id = provider_id
        self._own = own
        self._mail = mail

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return the row of an address, a domain or the domain of an e-mail.

        Raises:
            ProviderError: the list could not be read at the moment.
        """
        del timeout_ms  # the list is in memory, or one read away
        try:
            listed = self._own.list_of(self._provider_id)
        except TransientError as error:
            raise ProviderError("unreachable") from error
        if listed is None:
            return Answer()
        if lookup.kind == "ip":
            address = visitor_address(lookup.value)
            company = listed.by_address(address) if address else None
            if company is None:
                return Answer()
            network = _owned(NetworkMatch(), company)
            return Answer(company=self._facts(company), network=network)
        domain = self._mail.registrable(lookup.value.rpartition("@")[2])
        company = listed.by_domain(domain) if domain else None
        return Answer(company=self._facts(company) if company else None)

    def _facts(self, company: ListedCompany) -> CompanyFacts:
        said = company.model_dump(exclude={"ranges"})
        return CompanyFacts(**said, confidence=SURE, provider=self._provider_id)


def _owned(match: NetworkMatch, company: ListedCompany) -> NetworkMatch:
    """Return a network as that of a company; where the address is registered matters less than
    where the company says it is."""
    return match.model_copy(
        update={
            "type": "company",
            "confidence": SURE,
            "name": company.name or company.domain,
            "domain": company.domain,
            "country": company.country or match.country,
        }
    )
