"""The short tier of the enrichment cache: process memory in front of CacheTable."""

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.companies import CachedFacts

MAX_REMEMBERED = 10_000


class DynamoShortCache:
    """Providers' answers by domain, shared by all tenants. Readers compare ``expires_at``."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._memory: dict[str, CachedFacts] = {}

    def get(self, domain: str, *, now: int) -> CachedFacts | None:
        """Return the answer kept for a domain, or None when there is none that still counts."""
        remembered = self._memory.get(domain)
        if remembered is not None and remembered.expires_at > now:
            return remembered
        item = self._table.get(keys.cached_company(domain))
        if item is None:
            return None
        cached = CachedFacts.model_validate_json(item["data"])
        self._remember(domain, cached)
        return cached if cached.expires_at > now else None

    def put(self, domain: str, cached: CachedFacts) -> None:
        """Keep an answer until it expires; DynamoDB removes it some time after."""
        item: dict[str, str | int] = {
            "data": cached.model_dump_json(),
            "expires_at": cached.expires_at // 1000 + 1,
        }
        self._table.put(Put(keys.cached_company(domain), item))
        self._remember(domain, cached)

    def _remember(self, domain: str, cached: CachedFacts) -> None:
        if len(self._memory) >= MAX_REMEMBERED:
            self._memory.clear()
        self._memory[domain] = cached
