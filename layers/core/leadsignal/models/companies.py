"""Companies: the organisations behind leads, and who told us what of them."""

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany


class Company(Frozen):
    """A company of a tenant; ``domain`` is its registrable one, None when only its name is known.

    ``first_known`` is what was known when it got its first lead. ``facts`` is None when the
    providers knew nothing of the domain, or were not asked yet (``enriched_at`` is None then);
    ``provenance`` names the provider of each field that is known. ``from_cache``: the short tier
    had the answer.
    """

    id: str
    version: int = 0
    domain: str | None = None
    first_known: LeadCompany | None = None
    facts: CompanyFacts | None = None
    provenance: dict[str, str] = Field(default_factory=dict)
    created_at: Instant = 0
    enriched_at: Instant | None = None
    from_cache: bool = False

    @property
    def is_company(self) -> bool:
        """False for schools and authorities, which are organisations but not companies."""
        return self.facts is None or self.facts.type == "company"


class CompanyEntry(Frozen):
    """A company in a list, and its position: what the next page starts after."""

    position: str
    company: Company


class CachedFacts(Frozen):
    """A provider's answer in the short tier; ``facts`` is None when it knew nothing."""

    facts: CompanyFacts | None
    expires_at: Instant
