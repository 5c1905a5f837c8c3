"""The real stores on fakes of AWS, and stand-ins for what is not AWS."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.activity import DynamoActivity
from leadsignal.adapters.dynamodb.candidates import DynamoCandidates
from leadsignal.adapters.dynamodb.config import DynamoApiKeys, DynamoSettings, DynamoTenants
from leadsignal.adapters.dynamodb.deals import DynamoDeals
from leadsignal.adapters.dynamodb.edits import DynamoEdits
from leadsignal.adapters.dynamodb.failures import DynamoFailures
from leadsignal.adapters.dynamodb.key_usage import DynamoKeyUsage
from leadsignal.adapters.dynamodb.lead_lists import DynamoLeadLists
from leadsignal.adapters.dynamodb.leads import DynamoLeads
from leadsignal.adapters.dynamodb.notes import DynamoNotes
from leadsignal.adapters.dynamodb.snapshots import DynamoSnapshots
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.errors import ConflictError
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.mail import KnownMailHost, MailHost
from leadsignal.models.providers import Provider
from leadsignal.models.tenants import ApiKey
from leadsignal.models.touches import ReferrerKind
from tests.fakes.clock import NOW
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls as Calls

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Stores(NamedTuple):
    """The real stores of one tenant, on whatever client of DynamoDB."""

    leads: DynamoLeads
    candidates: DynamoCandidates
    notes: DynamoNotes
    deals: DynamoDeals
    activity: DynamoActivity
    failures: DynamoFailures
    snapshots: DynamoSnapshots
    lists: DynamoLeadLists
    edits: DynamoEdits

    @classmethod
    def of(
        cls,
        client: "DynamoDBClient",
        tenant_id: str = "ten_one",
        *,
        now: Callable[[], datetime] = lambda: NOW,
    ) -> "Stores":
        """Return the stores on the tables of the template."""
        lead_table, activity_table = Table(client, "LeadTable"), Table(client, "ActivityTable")
        leads = DynamoLeads(lead_table, tenant_id)
        activity = DynamoActivity(activity_table, tenant_id)
        return cls(
            leads=leads,
            candidates=DynamoCandidates(lead_table, tenant_id),
            notes=DynamoNotes(lead_table, tenant_id),
            deals=DynamoDeals(lead_table, tenant_id),
            activity=activity,
            failures=DynamoFailures(activity_table, tenant_id, now=now),
            snapshots=DynamoSnapshots(leads, activity),
            lists=DynamoLeadLists(lead_table, tenant_id),
            edits=DynamoEdits(leads, activity),
        )


class InMemoryTenants(DynamoTenants):
    """The real store of tenants and keys on a table in memory, its calls counted."""

    def __init__(self) -> None:
        self.calls = Calls()
        self._config = Table(FakeDynamoDB.from_template(self.calls).client, "ConfigTable")
        super().__init__(self._config)

    @property
    def reads(self) -> int:
        """How often the table was asked."""
        return self.calls.log.count("GetItem")

    def keys(self, tenant_id: str) -> DynamoApiKeys:
        """Return the keys of one tenant."""
        return DynamoApiKeys(self._config, tenant_id)

    def settings(self, tenant_id: str) -> DynamoSettings:
        """Return the settings of one tenant."""
        return DynamoSettings(self._config, tenant_id)

    def replace_key(self, key: ApiKey) -> None:
        """Write a key in place of the one of its id."""
        item = {"data": key.model_dump_json(exclude_none=True)}
        self._config.put(Put(keys.api_key(key.key_id), item))


class InMemoryUsage(DynamoKeyUsage):
    """The real store of what one tenant's keys were used for, on a table in memory."""

    def __init__(self, tenant_id: str = "ten_one") -> None:
        table = Table(FakeDynamoDB.from_template().client, "CacheTable")
        super().__init__(table, tenant_id)


class ScriptedNetworks:
    """Addresses that begin with 8. are Acme's own network, with 7. an access provider's."""

    def match(self, ip: str) -> NetworkMatch:
        if ip.startswith("8."):
            return NetworkMatch(
                asn=8, type="company", confidence=0.9, name="Acme", domain="acme.com", country="US"
            )
        return NetworkMatch(asn=7, type="isp", confidence=0.9, country="NL")


class InMemoryProviders:
    """Providers by id; the next ``conflicts`` writes are lost to somebody else's."""

    def __init__(self, *providers: Provider) -> None:
        self.held = {provider.id: provider for provider in providers}
        self.conflicts = 0

    def all(self) -> Sequence[Provider]:
        return list(self.held.values())

    def get(self, provider_id: str) -> Provider | None:
        return self.held.get(provider_id)

    def save(self, provider: Provider) -> Provider:
        before = self.held.get(provider.id)
        if self.conflicts > 0 or (before.version if before else 0) != provider.version:
            self.conflicts -= 1
            raise ConflictError("it changed")
        saved = provider.model_copy(update={"version": provider.version + 1})
        self.held[provider.id] = saved
        return saved


class InMemoryLists:
    """Uploaded lists by provider and version; ``failing`` is raised by every read."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}
        self.failing: Exception | None = None
        self.reads = 0

    def put(self, provider_id: str, version: str, content: bytes) -> None:
        self.held[provider_id, version] = content

    def get(self, provider_id: str, version: str) -> bytes | None:
        self.reads += 1
        if self.failing is not None:
            raise self.failing
        return self.held.get((provider_id, version))

    def sweep(self, provider_id: str, *, keep: str | None, before: datetime) -> None:
        if before > NOW:  # all were put at about that instant
            for name in [n for n in self.held if n[0] == provider_id and n[1] != keep]:
                del self.held[name]


class ScriptedMail:
    """``free.*`` is free mail, ``trash.*`` disposable, anything else business."""

    def kind(self, domain: str) -> str:
        return {"free": "free", "trash": "disposable"}.get(domain.partition(".")[0], "business")

    def registrable(self, host: str) -> str | None:
        return ".".join(host.split(".")[-2:])


class ScriptedExchange:
    """Domains take mail as they are ``known`` to; nobody can say of any other."""

    def __init__(self, known: Mapping[str, MailHost] | None = None) -> None:
        self.known = dict(known or {})
        self.asked: list[str] = []

    def takes_mail(self, domain: str, *, timeout_ms: int) -> MailHost:
        del timeout_ms
        self.asked.append(domain)
        return self.known.get(domain, "unknown")


class InMemoryMailHosts:
    """What is known of mail domains."""

    def __init__(self) -> None:
        self.known: dict[str, KnownMailHost] = {}

    def get(self, domain: str, *, now: int) -> KnownMailHost | None:
        known = self.known.get(domain)
        return known if known is not None and known.expires_at > now else None

    def put(self, domain: str, known: KnownMailHost) -> None:
        self.known[domain] = known


class ScriptedReferrers:
    """``google`` is a search engine; nobody else is known."""

    def classify(self, host: str) -> ReferrerKind:
        return ReferrerKind(kind="search", name="google") if "google" in host else ReferrerKind()


class ScriptedCrawlers:
    """An agent that says ``bot`` is one."""

    def name(self, user_agent: str) -> str | None:
        return "Testbot" if "bot" in user_agent else None


def canonical(value: object) -> str:
    """Return a value as JSON with sorted keys, to be compared."""
    return json.dumps(value, sort_keys=True)
