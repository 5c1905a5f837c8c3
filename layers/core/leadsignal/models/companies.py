"""Companies: the organisations behind leads, and who told us what of them."""

from typing import Any, Literal, cast

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import Confidence, OrganisationType
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany

type Owner = Literal["api", "crm"]
"""Who may say something of a company that no provider overrules."""


class KnownField(Frozen):
    """One value, who said it and until when it is believed without asking again.

    ``provider`` is the id of a provider, or an ``Owner``: what these say stays until they withdraw
    it. ``credits`` is the price of the look-up that brought it.
    """

    value: Any
    provider: str
    fetched_at: Instant
    expires_at: Instant | None = None
    confidence: Confidence = 1.0
    credits: int = 0


class Asked(Frozen):
    """When a provider was asked, until when that need not be done again, and at what price.

    Of a miss that is a shorter time.
    """

    at: Instant
    until: Instant
    hit: bool
    credits: int = 0


class Company(Frozen):
    """A company of a tenant; ``domain`` is its registrable one, None when only its name is known.

    ``first_known`` is what was known when it got its first lead, None while it has none: then it
    was looked up only, and is in no list. ``fields`` are what providers said, ``said`` what people
    and their systems did, which goes before. ``asked`` tells of each provider, misses included;
    ``enriched_at`` is when the last one was asked, None until then; ``deep_until`` until when those
    who cost something need not be asked for it; ``retry_at`` when those are asked again who gave no
    answer. ``sequence`` counts the facts told of it.
    """

    id: str
    version: int = 0
    domain: str | None = None
    first_known: LeadCompany | None = None
    fields: dict[str, KnownField] = Field(default_factory=dict)
    said: dict[str, KnownField] = Field(default_factory=dict)
    asked: dict[str, Asked] = Field(default_factory=dict)
    created_at: Instant = 0
    updated_at: Instant | None = None
    enriched_at: Instant | None = None
    deep_until: Instant | None = None
    retry_at: Instant | None = None
    sequence: int = 0

    def known(self, name: str) -> KnownField | None:
        """Return what is known of a field, and from whom; people go before providers."""
        return self.said.get(name) or self.fields.get(name)

    def value(self, name: str) -> Any:
        """Return the value of a field; what nobody said is as it was when the first lead came."""
        known = self.known(name)
        return known.value if known else getattr(self.first_known, name, None)

    @property
    def type(self) -> OrganisationType:
        """What kind of organisation it is."""
        return cast(OrganisationType, self.value("type") or "company")

    @property
    def is_company(self) -> bool:
        """False for schools and authorities, which are organisations but not companies."""
        return self.type == "company"

    @property
    def has_leads(self) -> bool:
        """Whether some lead was found to be of this company."""
        return self.first_known is not None

    @property
    def is_known(self) -> bool:
        """Whether anybody knows anything of it."""
        return bool(self.fields or self.said or self.first_known)


class CompanyEntry(Frozen):
    """A company in a list, and its position: what the next page starts after."""

    position: str
    company: Company
