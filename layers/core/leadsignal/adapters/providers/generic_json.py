"""Any provider that answers a GET with JSON: where to ask and what means what is configured."""

from collections.abc import Callable
from datetime import datetime

from leadsignal.adapters.providers.json_api import JsonApi, Secret, read_secret
from leadsignal.domain import provider_facts, url_templates
from leadsignal.domain.json_pointer import resolve
from leadsignal.models.enrichment import Answer, Lookup, LookupKind, NetworkMatch
from leadsignal.models.providers import Provider
from leadsignal.ports import HttpReader, MailDomains


class GenericJson:
    """Asks as a tenant set it up; its secret, if it has one, is sent as a bearer token."""

    def __init__(
        self,
        http: HttpReader,
        secret: Secret,
        *,
        provider: Provider,
        mail: MailDomains,
        now: Callable[[], datetime],
    ) -> None:
        self._api = JsonApi(http, now=now)
        self._secret = secret
        self._provider = provider
        self._mail = mail

    @property
    def kinds(self) -> frozenset[LookupKind]:
        """The look-ups that there is an endpoint for."""
        return frozenset(self._provider.endpoints)

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return what the pointers find in the answer.

        By a domain or an e-mail the company is that of the domain asked for, whatever the answer
        says; by an address it is that of the domain in the answer. Without one there is no company,
        but the organisation of a network. Free mail makes no company.

        Raises:
            ProviderError: no usable answer within ``timeout_ms``.
            TransientError: the secret could not be read.
        """
        template = self._provider.endpoints.get(lookup.kind)
        if template is None:
            return Answer()
        url = url_templates.filled(template, lookup.kind, lookup.value)
        headers = {}
        if self._provider.has_secret:
            headers["authorization"] = f"Bearer {read_secret(self._secret)}"
        body = self._api.get(url, headers=headers, timeout_ms=timeout_ms)
        if body is None:
            return Answer()
        values = {name: resolve(body, pointer) for name, pointer in self._provider.mapping.items()}
        return self._answer(lookup, values)

    def _answer(self, lookup: Lookup, values: dict[str, object]) -> Answer:
        sure = provider_facts.confidence(values.get("confidence"))
        domain = self._domain(lookup, values)
        if domain is not None:
            facts = provider_facts.read(
                values, domain=domain, provider=self._provider.id, confidence=sure
            )
            return Answer(company=facts)
        name = provider_facts.text(values.get("name"), 200)
        if lookup.kind != "ip" or name is None:
            return Answer()
        return Answer(network=NetworkMatch(type="company", confidence=sure, name=name))

    def _domain(self, lookup: Lookup, values: dict[str, object]) -> str | None:
        if lookup.kind == "domain":
            return lookup.value
        said = lookup.value if lookup.kind == "email" else values.get("domain")
        host = (provider_facts.text(said, 320) or "").rpartition("@")[2]
        domain = self._mail.registrable(host) if host else None
        return domain if domain and self._mail.kind(domain) == "business" else None
