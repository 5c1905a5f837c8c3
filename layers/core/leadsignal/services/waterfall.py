"""Whom to ask of what is still wanted, one after another: of a company, or of an address."""

from collections.abc import Callable, Container, Sequence
from typing import NamedTuple, Protocol

from leadsignal.domain.company_records import (
    combined,
    due,
    is_news,
    is_sure,
    learned,
    wanted,
)
from leadsignal.domain.normalise.facts import company_facts
from leadsignal.errors import ConflictError
from leadsignal.models.companies import Asked, Company
from leadsignal.models.credits import Reservation
from leadsignal.models.enrichment import Answer, Lookup, NetworkMatch
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.lookups import Found
from leadsignal.models.providers import Provider
from leadsignal.ports import CompanyStore, Source
from leadsignal.services.flights import (
    FLIGHT_MS,
    HOUR_MS,
    LEFT_ALONE_MS,
    LOCAL,
    SHORT_MISS_MS,
    SHORT_MS,
    Asking,
    Held,
    LookupDesk,
    Round,
    Sources,
    answer_of,
    count,
    fly,
    left_alone,
)

ATTEMPTS = 5
NOBODY_PAID_MS = HOUR_MS  # until it is seen again whether there is somebody to pay


class Show(Protocol):
    """Is told what is known so far of a company."""

    def __call__(self, record: Company) -> None: ...


def question(
    lookup: Lookup, domain: str | None, provider: Provider, source: Source
) -> Lookup | None:
    """Return what a provider is asked about a company: its domain, or else what the caller asked
    for; None when it answers neither, or speaks of mailboxes only."""
    if domain is not None and "domain" in source.kinds:
        return Lookup(kind="domain", value=domain)
    if lookup.kind in source.kinds and provider.kind != "hunter":
        return lookup
    return None


class _CompanyQuestion:
    """What is still wanted of one company, and who may know."""

    def __init__(
        self,
        record: Company,
        lookup: Lookup,
        *,
        asking: Asking,
        sources: Sources,
        desk: LookupDesk,
        show: Show,
    ) -> None:
        self._record = record
        self._asking = asking
        self._desk = desk
        self._show = show
        self._usable = [
            (provider, source, asked)
            for provider, source in sources
            if (asked := question(lookup, record.domain, provider, source)) is not None
        ]

    def left(self, known: Company, failed: Container[str] = ()) -> list[Provider]:
        """Return who is still to be asked, but for those who failed a moment ago."""
        usable = (provider for provider, _, _ in self._usable)
        asking, now = self._asking, self._desk.instant
        todo = due(known, usable, now=now, deep=asking.deep, since=asking.since)
        return [provider for provider in todo if provider.id not in failed]

    def satisfied(self, found: Found) -> Round | None:
        """Return what is known when nobody is left to ask."""
        if found.until <= self._desk.instant or found.company is None:
            return None
        known, failed = self._known(found), left_alone(found, self._desk.instant)
        return None if self.left(known, failed) else Round(known, failed=failed, waited=True)

    def attempt(self, found: Found | None, end: Instant, holds: list[Held]) -> Round:
        """Ask one after another, each only while something is wanted that it may fill in."""
        failed = left_alone(found, self._desk.instant)
        outcome = Round(self._known(found), failed=failed)
        todo = {provider.id for provider in self.left(outcome.record, failed)}
        for provider, source, asked in self._usable:
            if provider.id in todo and self._wants(outcome.record, provider):
                answer, outcome = answer_of(outcome, provider, source, asked, end, self._desk)
                if answer is not None:
                    outcome = self._heard(outcome, provider, answer, holds)
                    self._show(outcome.record)
        return outcome

    def kept(self, outcome: Round) -> tuple[Round, Found]:
        """Keep the record, and return what the short tier keeps."""
        saved = save(outcome.record, self._desk.companies)
        until = self._desk.instant + (SHORT_MS if saved.fields else SHORT_MISS_MS)
        found = Found(company=saved, failed=dict(outcome.failed), until=until)
        return outcome._replace(record=saved), found

    def _known(self, found: Found | None) -> Company:
        return combined(self._record, found.company) if found and found.company else self._record

    def _wants(self, known: Company, provider: Provider) -> bool:
        return wanted(known, provider, now=self._desk.instant, since=self._asking.since)

    def _heard(
        self,
        outcome: Round,
        provider: Provider,
        answer: tuple[Answer, Reservation | None],
        holds: list[Held],
    ) -> Round:
        said, held = answer
        record = learned(
            outcome.record,
            company_facts(said.company) if said.company else None,
            provider,
            order=[each.id for each, _, _ in self._usable],
            kept_days=self._desk.tenant.company_days,
            now=self._desk.instant,
        )
        hit = record.asked[provider.id].hit
        if held is not None:
            holds.append(Held(held, hit))
        elif provider.kind not in LOCAL:
            count("hit" if hit else "miss", provider, self._desk)
        return outcome._replace(record=record)


def ask_for_company(
    record: Company,
    lookup: Lookup,
    place: str,
    *,
    asking: Asking,
    sources: Sources,
    desk: LookupDesk,
    show: Show,
) -> Round:
    """Ask for what is still wanted of a company with a domain, and keep it; what was found at home
    alone is not kept.

    Somebody else who is asking the same is waited for. Returns in time for the caller only as far
    as providers and storage do.

    Raises:
        ConflictError, TransientError: storage failed; nothing is charged that is not kept.
    """
    asked = _CompanyQuestion(record, lookup, asking=asking, sources=sources, desk=desk, show=show)
    if all(provider.kind in LOCAL for provider in asked.left(record)):
        return asked.attempt(None, asking.until + FLIGHT_MS, [])
    outcome = fly(asked, place, asking=asking, desk=desk)
    return outcome or Round(record, unfinished=True)


class AddressFound(NamedTuple):
    """What providers know of an address: its network, or the domain of its organisation."""

    network: NetworkMatch | None = None
    domain: str | None = None
    charged: int = 0
    unfinished: bool = False
    waited: bool = False


class _AddressQuestion:
    """Who is behind an address: what was found of it so far, and of the company it led to."""

    def __init__(
        self,
        lookup: Lookup,
        usable: Sources,
        *,
        order: Sequence[str],
        desk: LookupDesk,
        company_id: Callable[[str], str],
    ) -> None:
        self.known = Found()
        self._lookup = lookup
        self._usable = usable
        self._order = order
        self._desk = desk
        self._company_id = company_id

    @property
    def is_answered(self) -> bool:
        return self.known.network is not None or self.known.domain is not None

    def satisfied(self, found: Found) -> Round | None:
        """Return that nobody is left to ask, if so."""
        if found.until <= self._desk.instant:
            return None
        self.known = found
        return None if self._left() else Round(_NOBODY, waited=True)

    def attempt(self, found: Found | None, end: Instant, holds: list[Held]) -> Round:
        """Ask until somebody knows."""
        now = self._desk.instant
        self.known = found if found and found.until > now else Found()
        outcome = Round(_NOBODY, failed=left_alone(found, now))
        for provider, source in self._left():
            answer, outcome = answer_of(outcome, provider, source, self._lookup, end, self._desk)
            if answer is None:
                continue
            outcome = self._heard(outcome, provider, answer[0])
            hit = self.known.asked[provider.id].hit
            if answer[1] is not None:
                holds.append(Held(answer[1], hit))
            else:
                count("hit" if hit else "miss", provider, self._desk)
            if self.is_answered:
                break
        return outcome

    def kept(self, outcome: Round) -> tuple[Round, Found]:
        """Keep what was learned of a company in its record, and return what the tier keeps."""
        if outcome.record.id:
            save(outcome.record, self._desk.companies)
        until = self._desk.instant + (SHORT_MS if self.is_answered else SHORT_MISS_MS)
        updates = {"until": until, "failed": dict(outcome.failed)}
        self.known = self.known.model_copy(update=updates)
        return outcome, self.known

    def _left(self) -> Sources:
        if self.is_answered:
            return []
        now = self._desk.instant
        asked = {name for name, once in self.known.asked.items() if once.until > now}
        asked |= left_alone(self.known, now).keys()
        return [(p, source) for p, source in self._usable if p.id not in asked]

    def _heard(self, outcome: Round, provider: Provider, said: Answer) -> Round:
        now, desk = self._desk.instant, self._desk
        facts = company_facts(said.company) if said.company else None
        if facts is not None and not is_sure(facts.confidence, provider):
            facts = None
        network = said.network
        if network and (network.type == "unknown" or not is_sure(network.confidence, provider)):
            network = None
        hit = facts is not None or network is not None
        asked = Asked(
            at=now,
            until=now + (SHORT_MS if hit else SHORT_MISS_MS),
            hit=hit,
            credits=provider.credits if hit else 0,
        )
        self.known = self.known.model_copy(
            update={
                "asked": self.known.asked | {provider.id: asked},
                "network": network,
                "domain": facts.domain if facts else None,
            }
        )
        if facts is None:
            return outcome
        identifier = self._company_id(facts.domain)
        blank = Company(id=identifier, domain=facts.domain, created_at=now)
        record = learned(
            desk.companies.company(identifier) or blank,
            facts,
            provider,
            order=self._order,
            kept_days=desk.tenant.company_days,
            now=now,
        )
        return outcome._replace(record=record)


_NOBODY = Company(id="")


def ask_for_address(
    lookup: Lookup,
    place: str,
    *,
    asking: Asking,
    sources: Sources,
    desk: LookupDesk,
    company_id: Callable[[str], str],
) -> AddressFound:
    """Ask who is behind an address that nobody at home knows; what is learned of a company is kept
    in its record.

    Raises:
        TransientError: storage failed; nothing is charged that is not kept.
    """
    usable = [
        (provider, source)
        for provider, source in sources
        if provider.enabled
        and provider.kind not in LOCAL
        and "ip" in source.kinds
        and (asking.deep or not provider.credits)
    ]
    if not usable:
        return AddressFound()
    order = [provider.id for provider, _ in sources]
    asked = _AddressQuestion(lookup, usable, order=order, desk=desk, company_id=company_id)
    outcome = fly(asked, place, asking=asking, desk=desk)
    if outcome is None:
        return AddressFound(unfinished=True)
    return AddressFound(
        asked.known.network,
        asked.known.domain,
        outcome.charged,
        outcome.unfinished or bool(outcome.failed),
        outcome.waited,
    )


def save(record: Company, companies: CompanyStore) -> Company:
    """Keep what was learned of a company, whoever else learned something meanwhile.

    Raises:
        ConflictError: others kept changing it.
    """
    for _ in range(ATTEMPTS):
        stored = companies.company(record.id, consistent=True)
        after = combined(stored, record) if stored else record.model_copy(update={"version": 0})
        if after == stored:
            return stored
        news = is_news(stored, after)
        at = {"updated_at": after.enriched_at} if news else {}
        try:
            return companies.save_company(after.model_copy(update=at), news=news)
        except ConflictError:
            continue
    raise ConflictError("others kept changing the company")


def after_asking(outcome: Round, *, asking: Asking, sources: Sources, desk: LookupDesk) -> Company:
    """Return the record with until when nobody need be asked again, or when somebody is to be."""
    record, now = outcome.record, desk.instant
    failed = [until for until in outcome.failed.values() if until > now]
    retry_at = min(failed, default=None)
    if retry_at is None and outcome.unfinished:
        retry_at = now + LEFT_ALONE_MS
    updates: dict[str, Instant | None] = {"retry_at": retry_at}
    if record.enriched_at is None or not asking.deep:
        updates["enriched_at"] = record.enriched_at or now
    if not any(provider.enabled and provider.credits for provider, _ in sources):
        updates["deep_until"] = now + NOBODY_PAID_MS
    elif asking.deep:
        until = now + desk.tenant.company_days * DAY_MS
        if outcome.no_credits is not None:
            until = now + HOUR_MS  # there may be more to spend by then
        updates["deep_until"] = retry_at or until
    return record.model_copy(update=updates)
