"""Companies: the organisations behind leads, and who told us what of them."""

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.instants import Instant


class Company(Frozen):
    """A company of a tenant, keyed by its registrable domain.

    ``facts`` is None when the providers knew nothing of the domain; ``provenance`` names the
    provider of each field that is known. ``from_cache``: the short tier had the answer.
    """

    id: str
    domain: str
    facts: CompanyFacts | None = None
    provenance: dict[str, str] = Field(default_factory=dict)
    enriched_at: Instant
    from_cache: bool = False


class CachedFacts(Frozen):
    """A provider's answer in the short tier; ``facts`` is None when it knew nothing."""

    facts: CompanyFacts | None
    expires_at: Instant
