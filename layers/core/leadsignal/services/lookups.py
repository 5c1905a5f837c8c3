"""Answers who is behind an address, a domain or an e-mail, in time: from memory, the short tier, a
company's record, or from providers."""

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple, Protocol, get_args

from leadsignal.domain.attribution import ADDRESS_TYPES, attribution
from leadsignal.domain.companies import company_id, organisation_of
from leadsignal.domain.company_records import due, is_served_stale
from leadsignal.domain.company_views import company_profile
from leadsignal.domain.email import email_host, normalise_email
from leadsignal.domain.secrets import derive, digest_of
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    LeadSignalError,
    NoCreditsError,
    ProviderError,
    TooLargeError,
    TransientError,
)
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import EMBEDDED, Answer, Lookup, LookupKind, NetworkMatch
from leadsignal.models.instants import Instant
from leadsignal.models.lookups import (
    MAX_LOOKUPS,
    CacheTier,
    Identification,
    LookupBatch,
    Match,
)
from leadsignal.models.messages import LAST_ATTEMPT, CompanyRequest
from leadsignal.models.tenants import Tenant
from leadsignal.ports import MailDomains, Networks, Queue
from leadsignal.services.flights import LANDING_MS, LOCAL, Asking, LookupDesk, Sources
from leadsignal.services.waterfall import (
    after_asking,
    ask_for_address,
    ask_for_company,
    question,
    save,
)

ORGANISATIONS = ("company", "education", "government")
FREE_MAIL = Match(type="free_mail", confidence=1.0)
MEMORY_MS = 60_000
MEMORY_MISS_MS = 5_000
KNOWN_BY_NAME = 0.5  # how sure a company is of which only leads have told


class Sight(NamedTuple):
    """What is known of what was asked for: so far, or in the end (``whole``)."""

    match: Match = Match()
    record: Company | None = None
    tier: CacheTier = "miss"
    charged: int = 0
    whole: bool = False
    no_credits: NoCreditsError | None = None

    def shown(self) -> Identification:
        """Return it as a client sees it."""
        company = company_profile(self.record) if self.record else None
        ours = [EMBEDDED] if self.match.type in ADDRESS_TYPES else []
        return Identification(
            company=company,
            match=self.match,
            attribution=company.attribution if company else attribution(ours),
            cache=self.tier,
            credits_charged=self.charged,
            pending=None if self.whole else True,
        )


class Memory(Protocol):
    """What this process found lately, by tenant and question."""

    def get(self, key: tuple[str, str], *, now: Instant) -> Sight | None: ...
    def put(self, key: tuple[str, str], sight: Sight, *, until: Instant) -> None: ...


class Launch(Protocol):
    """Does work beside its caller, who waits for all of it, but only for some seconds; the work
    goes on then. Errors of the work are its own to catch."""

    def __call__(self, works: Sequence[Callable[[], None]], *, seconds: float) -> None: ...


class Directory(NamedTuple):
    """Everything that answering one tenant's look-ups needs."""

    desk: LookupDesk
    networks: Networks
    mail: MailDomains
    memory: Memory
    queue: Queue
    launch: Launch

    @property
    def tenant(self) -> Tenant:
        """Whose look-ups these are."""
        return self.desk.tenant


def read_lookup(*, ip: str | None, domain: str | None, email: str | None) -> Lookup:
    """Return what is asked for, in canonical form; just one of the three is given.

    Raises:
        InvalidInputError: names each parameter that is wrong.
    """
    given = {"ip": ip, "domain": domain, "email": email}
    asked = [(kind, text) for kind in get_args(LookupKind.__value__) if (text := given[kind])]
    if len(asked) != 1:
        wrong = [kind for kind, _ in asked] or list(given)
        detail = "give one of ip, domain and email"
        code = "too_many" if asked else "missing"
        raise InvalidInputError(tuple(FieldProblem(kind, code, detail) for kind in wrong))
    [(kind, text)] = asked
    value = _canonical(kind, text)
    if value is None:
        problem = FieldProblem(kind, f"invalid_{kind}", f"is not a valid {kind}")
        raise InvalidInputError((problem,))
    return Lookup(kind=kind, value=value)


def _canonical(kind: LookupKind, text: str) -> str | None:
    if kind == "email":
        return normalise_email(text)
    if kind == "domain":
        return text.strip().rstrip(".").lower() or None
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address))  # without the zone id
    return str(address)


def domain_of(lookup: Lookup, mail: MailDomains) -> str | None:
    """Return the registrable domain of a domain or an e-mail; None where it is free mail.

    Raises:
        InvalidInputError: there is none.
    """
    host = email_host(lookup.value) if lookup.kind == "email" else lookup.value
    domain = mail.registrable(host or "")
    if domain is None:
        problem = FieldProblem(lookup.kind, f"invalid_{lookup.kind}", "has no registrable domain")
        raise InvalidInputError((problem,))
    return domain if mail.kind(host or "") == "business" else None


def place_of(kind: LookupKind, value: str, tenant: Tenant) -> str:
    """Return where the short tier keeps a look-up: nothing can be learned from it."""
    return digest_of(derive(tenant, "look-ups"), kind, value)


def identify(lookup: Lookup, *, asking: Asking, directory: Directory) -> Identification:
    """Return who is behind what is asked for, in time; what comes later becomes a fact.

    Raises:
        InvalidInputError: the domain is none that somebody could have registered.
    """
    [sight] = look_up([lookup], asking=asking, directory=directory)
    return sight.shown()


def identify_many(
    request: LookupBatch, *, asking: Asking, directory: Directory
) -> list[Sight | LeadSignalError]:
    """Return what each look-up of a batch comes to, or why it could not be done; none takes longer
    than all.

    Raises:
        TooLargeError: there are more than ``MAX_LOOKUPS``.
    """
    if len(request.lookups) > MAX_LOOKUPS:
        raise TooLargeError("too-many-items", f"at most {MAX_LOOKUPS} look-ups at once")
    read: list[Lookup | LeadSignalError] = []
    for item in request.lookups:
        try:
            lookup = read_lookup(ip=item.ip, domain=item.domain, email=item.email)
            if lookup.kind != "ip":
                domain_of(lookup, directory.mail)
        except InvalidInputError as error:
            read.append(error)
        else:
            read.append(lookup)
    wanted = [each for each in read if isinstance(each, Lookup)]
    found = iter(look_up(wanted, asking=asking, directory=directory))
    paid: set[Lookup] = set()
    sights: list[Sight | LeadSignalError] = []
    for each in read:
        sight = next(found) if isinstance(each, Lookup) else each
        if isinstance(each, Lookup) and isinstance(sight, Sight):
            sight = sight._replace(charged=0) if each in paid else sight
            paid.add(each)
        sights.append(sight)
    return sights


def look_up(lookups: Sequence[Lookup], *, asking: Asking, directory: Directory) -> list[Sight]:
    """Return what is known of each when all have answered, or when the caller's time is up.

    Equal ones are asked for once. What is missing then is asked for in the background, and becomes
    a fact. Storage that fails takes nothing but what it holds.

    Raises:
        InvalidInputError: one of them names no domain that somebody could have registered.
    """
    searches = {lookup: Search(lookup, asking, directory) for lookup in lookups}
    works = [search.run for search in searches.values() if not search.sight.whole]
    if works:
        left_ms = asking.until - directory.desk.instant
        directory.launch(works, seconds=max(left_ms, 0) / 1_000)
    for search in searches.values():
        search.close()
    return [searches[lookup].sight for lookup in lookups]


class Search:
    """One look-up under way: ``sight`` is what is known by now, at home or from others."""

    def __init__(self, lookup: Lookup, asking: Asking, directory: Directory) -> None:
        self._lookup = lookup
        self._asking = asking
        self._directory = directory
        self._desk = directory.desk
        self._key = (directory.tenant.tenant_id, f"{lookup.kind}:{lookup.value}")
        self._domain: str | None = None
        self._stale = False
        self._retry_at: Instant | None = None
        self.sight = self._at_once()

    def run(self) -> None:
        """Find all that there is to find; what fails leaves what is known by then."""
        try:
            found = self._found(self._desk.sources())
        except (ConflictError, TransientError):
            return
        if found.whole and not self._stale:
            kept_ms = MEMORY_MS if found.match.type != "unknown" else MEMORY_MISS_MS
            until = self._desk.instant + kept_ms
            self._directory.memory.put(self._key, found, until=until)
        self.sight = found

    def close(self) -> None:
        """Ask in the background for what is not known by now: once, for nobody expects to pay long
        after for a look-up that brought nothing."""
        record, sight = self.sight.record, self.sight
        if self._domain is None or (sight.whole and not self._stale):
            return
        if self._retry_at is not None and self._retry_at > self._desk.instant:
            return  # that is so already
        payer, tenant = self._desk.payer, self._directory.tenant
        request = CompanyRequest(
            tenant_id=tenant.tenant_id,
            company_id=record.id if record else self._company_id(self._domain),
            domain=self._domain,
            deep=self._asking.deep,
            key_id=payer.key_id,
            daily_credits=payer.daily_credits,
            attempt=LAST_ATTEMPT,
        )
        delay = 0 if self._stale else 2 * LANDING_MS // 1_000
        try:
            self._directory.queue.send(
                [request.model_dump_json(exclude_none=True)],
                group=tenant.tenant_id,
                delay_seconds=delay,
            )
        except TransientError:
            return  # whoever asks next will do it

    def _at_once(self) -> Sight:
        """Return what is known without asking anybody."""
        lookup, directory = self._lookup, self._directory
        if lookup.kind != "ip":
            self._domain = domain_of(lookup, directory.mail)
            if self._domain is None:
                return Sight(match=FREE_MAIL, whole=True)
        if not self._asking.since:
            remembered = directory.memory.get(self._key, now=self._desk.instant)
            if remembered is not None:
                return remembered._replace(tier="memory", charged=0)
        if lookup.kind == "ip":
            return self._of_network(directory.networks.match(lookup.value))
        return Sight()

    def _of_network(self, network: NetworkMatch) -> Sight:
        """Return what a network says: of one that is no organisation's that is all."""
        match = Match(type=network.type, confidence=network.confidence)
        if network.type not in ORGANISATIONS:
            return Sight(match=match)
        known = organisation_of(network, key=derive(self._directory.tenant, "companies"))
        if known is None:
            return Sight(match=match)
        record = Company(
            id=known.id, domain=known.domain, first_known=known, created_at=self._desk.instant
        )
        return Sight(match=match, record=record)

    def _company_id(self, domain: str) -> str:
        return company_id(derive(self._directory.tenant, "companies"), domain)

    def _found(self, sources: Sources) -> Sight:
        if self._domain is not None:
            return self._of_domain(self._domain, Sight(), sources)
        answer = self._at_home(sources)
        network = answer.network or NetworkMatch()
        domain = answer.company.domain if answer.company else network.domain
        sight = self._of_network(network)
        if answer.company is not None and network.type not in ORGANISATIONS:
            match = Match(type=answer.company.type, confidence=answer.company.confidence)
            sight = Sight(match=match)
        charged, whole, waited = 0, True, False
        if network.type == "unknown" and domain is None:
            found = ask_for_address(
                self._lookup,
                place_of("ip", self._lookup.value, self._directory.tenant),
                asking=self._asking,
                sources=sources if self._is_public() else (),
                desk=self._desk,
                company_id=self._company_id,
            )
            charged, whole, waited = found.charged, not found.unfinished, found.waited
            domain = found.domain
            if found.network is not None:
                sight = self._of_network(found.network)
        self.sight = sight._replace(charged=charged)
        if domain is not None and (sight.match.type in (*ORGANISATIONS, "unknown")):
            self._domain = domain
            return self._of_domain(domain, self.sight, sources)
        tier: CacheTier = "short" if waited else "miss"
        return self.sight._replace(whole=whole, tier=tier)

    def _is_public(self) -> bool:
        return ip_address(self._lookup.value).is_global

    def _at_home(self, sources: Sources) -> Answer:
        """Return what the tenant's own list says of an address, else what comes with us."""
        local = [(p, source) for p, source in sources if p.kind in LOCAL and p.enabled]
        for _, source in sorted(local, key=lambda each: each[0].kind != "upload"):
            try:
                answer = source.ask(self._lookup, timeout_ms=1_000)
            except ProviderError:
                continue
            if answer.is_hit:
                return answer
        return Answer()

    def _of_domain(self, domain: str, sight: Sight, sources: Sources) -> Sight:
        """Return the company of a domain: as it was found lately, as it is on file, or anew."""
        desk, tenant, asking = self._desk, self._directory.tenant, self._asking
        place, tier = place_of("domain", domain, tenant), "short"
        remote = any(provider.kind not in LOCAL for provider, _ in sources)
        short = desk.cache.read(place).found if remote and not asking.since else None
        record = short.company if short and short.until > desk.instant else None
        if record is None:
            record, tier = desk.companies.company(self._company_id(domain)), "long"
        blank = Company(id=self._company_id(domain), domain=domain, created_at=desk.instant)
        record = record or blank
        self._retry_at = record.retry_at
        self.sight = seen(record, sight)
        usable = [p for p, source in sources if question(self._lookup, domain, p, source)]
        failed = short.failed if short else {}
        todo = [
            p
            for p in due(record, usable, now=desk.instant, deep=asking.deep, since=asking.since)
            if failed.get(p.id, 0) <= desk.instant
        ]
        if not todo:
            return self._rested(record, sight, tier)
        known = all(p.id in record.asked for p in todo if p.kind not in LOCAL)
        if (
            known
            and not asking.since
            and record.asked
            and is_served_stale(record, now=desk.instant)
        ):
            self._stale = True
            return self._rested(record, sight, tier)
        outcome = ask_for_company(
            record,
            self._lookup,
            place,
            asking=asking,
            sources=sources,
            desk=desk,
            show=lambda found: setattr(self, "sight", seen(found, sight)),
        )
        found = outcome.record
        if all(p.kind in LOCAL for p in todo) and any(a.hit for a in found.asked.values()):
            found = save(
                after_asking(outcome, asking=asking, sources=sources, desk=desk), desk.companies
            )
        return seen(found, sight)._replace(
            tier="short" if outcome.waited else "miss",
            charged=sight.charged + outcome.charged,
            whole=not (outcome.unfinished or outcome.failed),
            no_credits=outcome.no_credits,
        )

    def _rested(self, record: Company, sight: Sight, tier: str) -> Sight:
        """Return what is known where nobody need be asked, from the tier that had it."""
        had: CacheTier = "short" if tier == "short" else "long"
        known = bool(record.asked or record.said or record.fields)
        return seen(record, sight)._replace(tier=had if known else "miss", whole=True)


def seen(record: Company, sight: Sight) -> Sight:
    """Return what a record adds to what is known of a network."""
    name = record.known("name")
    if not (record.fields or record.said or record.value("name")):
        return sight
    match = sight.match
    if match.type == "unknown":
        sure = name.confidence if name else KNOWN_BY_NAME
        match = Match(type=record.type, confidence=sure)
    if record.value("name") is None and sight.record is not None:
        record = record.model_copy(update={"first_known": sight.record.first_known})
    return sight._replace(match=match, record=record)
