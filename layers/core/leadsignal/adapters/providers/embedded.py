"""What comes with the product: networks by address, and the organisations that own them."""

from leadsignal.models.enrichment import Answer, Lookup, LookupKind
from leadsignal.ports import CompanyProvider, MailDomains, Networks


class Embedded:
    """Answers from the data files: at no price, at once, and nobody else hears of it."""

    kinds: frozenset[LookupKind] = frozenset({"ip", "domain", "email"})

    def __init__(
        self, *, networks: Networks, companies: CompanyProvider, mail: MailDomains
    ) -> None:
        self._networks = networks
        self._companies = companies
        self._mail = mail

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return the network of an address, and the organisation behind it, a domain or an e-mail.

        A network that nobody has labelled is a miss. Free mail makes no company.
        """
        if lookup.kind == "ip":
            return self._by_ip(lookup.value)
        host = lookup.value.rpartition("@")[2]
        domain = self._mail.registrable(host)
        if domain is None or self._mail.kind(domain) != "business":
            return Answer()
        return Answer(company=self._companies.by_domain(domain))

    def _by_ip(self, address: str) -> Answer:
        match = self._networks.match(address)
        if match.type == "unknown":
            return Answer()
        company = self._companies.by_domain(match.domain) if match.domain else None
        return Answer(company=company, network=match)
