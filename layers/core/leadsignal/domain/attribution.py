"""Whom to name where results are shown that rest on the embedded data."""

from collections.abc import Iterable

from leadsignal.models.enrichment import EMBEDDED
from leadsignal.models.providers import EMBEDDED_ID

ATTRIBUTION = (
    "IP geolocation by DB-IP (https://db-ip.com); AS data of RouteViews"
    " (https://www.routeviews.org) and NRO (https://www.nro.net), CC BY 4.0, modified"
)
"""DB-IP asks for the link on pages that show results."""


_OURS = frozenset({EMBEDDED, EMBEDDED_ID})
ADDRESS_TYPES = ("isp", "mobile", "hosting", "vpn")
"""Types that only the address data tells."""


def attribution(providers: Iterable[str]) -> str | None:
    """Return the text to show beside what these providers said; None where none is asked for."""
    return None if _OURS.isdisjoint(providers) else ATTRIBUTION
