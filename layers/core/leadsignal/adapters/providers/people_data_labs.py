"""People Data Labs: companies by website, and by the address of a visitor.

A record is charged for (200), that there is none is not (404). Company records name how sure they
are from 1 to 10 (``likelihood``), records of addresses in words.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from leadsignal.adapters.providers.json_api import JsonApi, Secret, inner, read_secret
from leadsignal.domain import provider_facts
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, LookupKind
from leadsignal.ports import HttpReader, MailDomains

BASE_URL = "https://api.peopledatalabs.com"

_SURE: Mapping[object, float] = {
    "very high": 0.95,
    "high": 0.8,
    "moderate": 0.6,
    "medium": 0.6,
    "low": 0.4,
    "very low": 0.2,
}


class PeopleDataLabs:
    """Asks with one tenant's secret. What is said is said by ``provider``, a provider's id."""

    kinds: frozenset[LookupKind] = frozenset({"domain", "ip"})

    def __init__(
        self,
        http: HttpReader,
        secret: Secret,
        *,
        provider: str,
        mail: MailDomains,
        now: Callable[[], datetime],
        base_url: str = BASE_URL,
    ) -> None:
        self._api = JsonApi(http, now=now)
        self._secret = secret
        self._provider = provider
        self._mail = mail
        self._base_url = base_url

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return what is known of a website's or an address's company.

        Raises:
            ProviderError: no usable answer within ``timeout_ms``.
            TransientError: the secret could not be read.
        """
        if lookup.kind == "domain":
            record = self._get("/v5/company/enrich", {"website": lookup.value}, timeout_ms)
            sure = provider_facts.confidence(record.get("likelihood"), most=10)
            return Answer(company=self._facts(record, lookup.value, sure))
        if lookup.kind == "ip":
            record = self._get("/v5/ip/enrich", {"ip": lookup.value}, timeout_ms)
            company = inner(inner(record, "data"), "company")
            domain = self._domain(company.get("website"))
            sure = _SURE.get(_word(company), provider_facts.DEFAULT_CONFIDENCE)
            return Answer(company=self._facts(company, domain, sure) if domain else None)
        return Answer()

    def _get(self, path: str, query: Mapping[str, str], timeout_ms: int) -> Mapping[str, Any]:
        url = f"{self._base_url}{path}?{urlencode(query)}&titlecase=true"
        headers = {"x-api-key": read_secret(self._secret)}
        return self._api.get(url, headers=headers, timeout_ms=timeout_ms) or {}

    def _domain(self, website: object) -> str | None:
        host = provider_facts.text(website, 253)
        domain = self._mail.registrable(host) if host else None
        return domain if domain and self._mail.kind(domain) == "business" else None

    def _facts(
        self, record: Mapping[str, Any], domain: str, confidence: float
    ) -> CompanyFacts | None:
        place = inner(record, "location")
        values = {
            "name": record.get("display_name") or record.get("name"),
            "industry": record.get("industry"),
            "employee_count": record.get("employee_count"),
            "employee_range": record.get("size"),
            "founded_year": record.get("founded"),
            "country": place.get("country"),
            "region": place.get("region"),
            "city": place.get("locality"),
            "address": place.get("street_address"),
            "funding": record.get("latest_funding_stage"),
            "linkedin_url": record.get("linkedin_url"),
        }
        return provider_facts.read(
            values, domain=domain, provider=self._provider, confidence=confidence
        )


def _word(company: Mapping[str, Any]) -> str:
    return (provider_facts.text(company.get("confidence"), 20) or "").lower()
