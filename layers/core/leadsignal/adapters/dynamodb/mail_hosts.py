"""What the DNS said of mail domains: process memory in front of CacheTable."""

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.instants import Instant
from leadsignal.models.mail import KnownMailHost

MAX_REMEMBERED = 10_000


class DynamoMailHosts:
    """Whether domains take mail, for all tenants. Readers compare ``expires_at``."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._memory: dict[str, KnownMailHost] = {}

    def get(self, domain: str, *, now: Instant) -> KnownMailHost | None:
        """Return what is known of a domain, or None when nothing is that still counts."""
        known = self._memory.get(domain)
        if known is None or known.expires_at <= now:
            item = self._table.get(keys.mail_host(domain))
            known = KnownMailHost.model_validate_json(item["data"]) if item else None
        if known is None or known.expires_at <= now:
            return None
        self._remember(domain, known)
        return known

    def put(self, domain: str, known: KnownMailHost) -> None:
        """Keep what was found until it expires; DynamoDB removes it some time after."""
        item: dict[str, str | int] = {
            "data": known.model_dump_json(),
            "expires_at": known.expires_at // 1000 + 1,
        }
        self._table.put(Put(keys.mail_host(domain), item))
        self._remember(domain, known)

    def _remember(self, domain: str, known: KnownMailHost) -> None:
        if len(self._memory) >= MAX_REMEMBERED:
            self._memory.clear()
        self._memory[domain] = known
