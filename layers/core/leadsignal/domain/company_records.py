"""What the record of a company becomes: who is to be asked, what is learned, what people say."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.models.companies import Asked, Company, KnownField, Owner
from leadsignal.models.enrichment import COMPANY_FIELDS, CompanyFacts
from leadsignal.models.facts import CompanyData, Fact
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.providers import Provider

FIELDS = ("type", *COMPANY_FIELDS)
CORE = ("name", "industry", "country", "employee_count")
"""What a provider without ``fields`` of its own is asked for; it may fill in more."""

MISS_MS = DAY_MS
STALE_MS = 30 * DAY_MS  # how long beyond its time a record is served while it is refreshed
MAX_TECHNOLOGIES = 20  # that a lead carries; its item must stay small

_OF_LEADS = tuple(name for name in FIELDS if name in LeadCompany.model_fields)
_OF_NETWORKS = ("type", "name", "country")


def wanted(company: Company, provider: Provider, *, now: Instant, since: Instant = 0) -> bool:
    """Return whether there is something that a provider may fill in and that nobody has said
    ``since``, or only too long ago."""
    for name in provider.fields or CORE:
        known = company.known(name)
        if known is None:
            return True
        if known.expires_at is not None and (known.expires_at <= now or known.fetched_at < since):
            return True
    return False


def due(
    company: Company | None,
    providers: Iterable[Provider],
    *,
    now: Instant,
    deep: bool,
    since: Instant = 0,
) -> list[Provider]:
    """Return who is to be asked, in order: whoever has something to fill in and was not asked
    within their time, or before ``since``. ``deep``: those too who cost something."""
    found = []
    for provider in providers:
        if not provider.enabled or (provider.credits and not deep):
            continue
        asked = company.asked.get(provider.id) if company else None
        again = asked is None or asked.until <= now or asked.at < since
        if again and (company is None or wanted(company, provider, now=now, since=since)):
            found.append(provider)
    return found


def is_served_stale(company: Company, *, now: Instant) -> bool:
    """Return whether what is known may still be served while those who said it are asked again."""
    hits = [asked.until for asked in company.asked.values() if asked.hit]
    return bool(hits) and now < max(hits) + STALE_MS


def is_sure(confidence: float, provider: Provider) -> bool:
    """Return whether a tenant believes what a provider is so sure of."""
    return confidence >= provider.min_confidence


def believed(facts: CompanyFacts | None, provider: Provider) -> dict[str, Any]:
    """Return what of a provider's facts counts: if it is sure enough, the fields it may fill."""
    if facts is None or not is_sure(facts.confidence, provider):
        return {}
    known = facts.model_dump(exclude_none=True, include=set(FIELDS))
    if not known.get("technologies"):
        known.pop("technologies", None)
    if provider.fields:
        known = {name: value for name, value in known.items() if name in (*provider.fields, "type")}
    return known if known.keys() - {"type"} else {}


def learned(
    company: Company,
    facts: CompanyFacts | None,
    provider: Provider,
    *,
    order: Sequence[str],
    kept_days: int,
    now: Instant,
) -> Company:
    """Return the record after a provider was asked; ``facts`` None: it knows nothing.

    Where two providers differ, the earlier in the ``order`` of their ids is right, whoever is asked
    first; what is past its time gives way to anybody. What a provider said before and says no more
    goes; what it said before a miss stays.
    """
    values = believed(facts, provider)
    until = now + (kept_days * DAY_MS if values else MISS_MS)
    asked = Asked(at=now, until=until, hit=bool(values), credits=provider.credits if values else 0)
    fields = dict(company.fields)
    if values and facts is not None:
        fields = {name: known for name, known in fields.items() if known.provider != provider.id}
        for name, value in values.items():
            if _gives_way(fields.get(name), provider.id, order, now):
                fields[name] = KnownField(
                    value=value,
                    provider=provider.id,
                    fetched_at=now,
                    expires_at=until,
                    confidence=facts.confidence,
                    credits=asked.credits,
                )
    return company.model_copy(
        update={
            "fields": dict(sorted(fields.items())),
            "asked": dict(sorted((company.asked | {provider.id: asked}).items())),
            "enriched_at": now,
        }
    )


def _gives_way(known: KnownField | None, provider: str, order: Sequence[str], now: Instant) -> bool:
    if known is None or (known.expires_at is not None and known.expires_at <= now):
        return True
    rank = {name: place for place, name in enumerate(order)}
    return rank.get(provider, len(rank)) < rank.get(known.provider, len(rank))


def combined(stored: Company, found: Company) -> Company:
    """Return a record with what another copy of it learned later, provider by provider.

    Of two answers of one provider the later one stands, with its fields.
    """
    newer = {
        name: said
        for name, said in found.asked.items()
        if name not in stored.asked or stored.asked[name].at < said.at
    }
    fields = {n: known for n, known in stored.fields.items() if known.provider not in newer}
    for name, known in found.fields.items():
        if known.provider in newer or name not in fields:
            fields[name] = known
    return stored.model_copy(
        update={
            "fields": dict(sorted(fields.items())),
            "asked": dict(sorted((stored.asked | newer).items())),
            "enriched_at": max(stored.enriched_at or 0, found.enriched_at or 0) or None,
            "deep_until": max(stored.deep_until or 0, found.deep_until or 0) or None,
            "retry_at": found.retry_at,
        }
    )


def stated(company: Company, changes: Mapping[str, Any], *, owner: Owner, now: Instant) -> Company:
    """Return the record after somebody said something of it; None withdraws what was said."""
    said = dict(company.said)
    for name, value in changes.items():
        if value is None:
            said.pop(name, None)
        elif name not in said or said[name].value != value:
            said[name] = KnownField(value=value, provider=owner, fetched_at=now)
    if "employee_count" in changes and "employee_range" not in changes:
        said.pop("employee_range", None)
    if said == company.said:
        return company
    return company.model_copy(update={"said": dict(sorted(said.items())), "updated_at": now})


def values_of(company: Company) -> dict[str, Any]:
    """Return what is known of a company by field; the size class follows from the head count."""
    known = {name: company.value(name) for name in FIELDS}
    known["type"] = company.type
    known["technologies"] = tuple(known["technologies"] or ())
    count = company.known("employee_count")
    if count is not None or known["employee_range"] is None:
        known["employee_range"] = employee_range(known["employee_count"]) or known["employee_range"]
    return known


def is_news(before: Company | None, after: Company) -> bool:
    """Return whether a change of a record is one for others to hear of: of what it says."""
    blank = Company(id=after.id, domain=after.domain, first_known=after.first_known)
    old = before.model_copy(update={"first_known": after.first_known}) if before else blank
    return values_of(old) != values_of(after) or old.said.keys() != after.said.keys()


def company_facts(before: Company | None, after: Company, *, tenant_id: str) -> tuple[Fact, ...]:
    """Return what is told of one change of a company's record."""
    if after.sequence == (before.sequence if before else 0):
        return ()
    digest = hashlib.sha256(f"{tenant_id}\n{after.id}\n{after.sequence}".encode()).digest()[:16]
    return (
        Fact(
            id="msg_" + base64.b32encode(digest).decode().rstrip("=").lower(),
            tenant_id=tenant_id,
            type="company.updated",
            at=after.updated_at or after.created_at,
            sequence=after.sequence,
            data=CompanyData(company_id=after.id, version=after.version),
        ),
    )


def filled(company: LeadCompany, record: Company) -> LeadCompany:
    """Return a lead's company with what its record knows, which may be nothing.

    Name and country of its network stay where nobody knows better.
    """
    blank = {name: None for name in _OF_LEADS if name not in _OF_NETWORKS}
    blank |= dict.fromkeys(company.owned)
    known = {name: found.value for name in _OF_LEADS if (found := record.known(name))}
    if "employee_count" in known:
        known.pop("employee_range", None)  # which follows from it
    technologies = tuple(known.pop("technologies", ()))[:MAX_TECHNOLOGIES]
    updates = {"type": company.type} | blank | known | {"technologies": technologies}
    return company.model_copy(
        update=updates
        | {
            "owned": tuple(name for name in record.said if name in _OF_LEADS),
            "enriched_at": record.enriched_at or company.enriched_at,
            "deep_until": record.deep_until,
        }
    )
