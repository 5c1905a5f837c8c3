"""Domain → company, from the embedded table of organisations."""

from functools import cached_property

import leadsignal_data
from leadsignal.models.enrichment import EMBEDDED, CompanyFacts

_COLUMNS = ("type", "name", "industry", "country", "region", "city", "confidence")


class EmbeddedCompanies:
    """Firmographics of organisations with an own network; reads its data at the first question."""

    @cached_property
    def _rows(self) -> dict[str, list[str]]:
        return {domain: rest for domain, *rest in leadsignal_data.read_rows("companies")}

    def by_domain(self, domain: str) -> CompanyFacts | None:
        """Return what is sure about the owner of a registrable domain, or None.

        The name is always there. Industry, region and city come with members of the
        S&P 500 only, the country where all of the owner's networks agree.
        """
        key = domain.strip().rstrip(".").lower()
        row = self._rows.get(key)
        if row is None:
            return None
        facts = {column: value for column, value in zip(_COLUMNS, row, strict=True) if value}
        return CompanyFacts.model_validate({"domain": key, "provider": EMBEDDED, **facts})
