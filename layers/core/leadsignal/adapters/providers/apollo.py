"""Apollo: organisations by domain. It does not say how sure it is, and an organisation that it does
not know is an answer without one."""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from leadsignal.adapters.providers.json_api import JsonApi, Secret, inner, read_secret
from leadsignal.domain import provider_facts
from leadsignal.models.enrichment import Answer, Lookup, LookupKind
from leadsignal.ports import HttpReader

BASE_URL = "https://api.apollo.io"


class Apollo:
    """Asks with one tenant's secret. What is said is said by ``provider``, a provider's id."""

    kinds: frozenset[LookupKind] = frozenset({"domain"})

    def __init__(
        self,
        http: HttpReader,
        secret: Secret,
        *,
        provider: str,
        now: Callable[[], datetime],
        base_url: str = BASE_URL,
    ) -> None:
        self._api = JsonApi(http, now=now)
        self._secret = secret
        self._provider = provider
        self._base_url = base_url

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return what is known of a domain's organisation.

        Raises:
            ProviderError: no usable answer within ``timeout_ms``.
            TransientError: the secret could not be read.
        """
        if lookup.kind != "domain":
            return Answer()
        url = f"{self._base_url}/api/v1/organizations/enrich?{urlencode({'domain': lookup.value})}"
        headers = {"x-api-key": read_secret(self._secret), "cache-control": "no-cache"}
        record = inner(
            self._api.get(url, headers=headers, timeout_ms=timeout_ms) or {}, "organization"
        )
        values = {
            "name": record.get("name"),
            "industry": record.get("industry"),
            "employee_count": record.get("estimated_num_employees"),
            "annual_revenue_usd": record.get("annual_revenue"),
            "founded_year": record.get("founded_year"),
            "country": record.get("country"),
            "region": record.get("state"),
            "city": record.get("city"),
            "address": record.get("street_address"),
            "technologies": record.get("technology_names"),
            "funding": record.get("latest_funding_stage"),
            "linkedin_url": record.get("linkedin_url"),
            "phone": inner(record, "primary_phone").get("number") or record.get("phone"),
            "logo_url": record.get("logo_url"),
        }
        facts = provider_facts.read(
            values,
            domain=lookup.value,
            provider=self._provider,
            confidence=provider_facts.DEFAULT_CONFIDENCE,
        )
        return Answer(company=facts)
