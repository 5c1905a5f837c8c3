"""Domains of organisations with an own network: name, seat and, if listed, industry."""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from leadsignal.adapters.embedded.organisations import Organisation
from local.data.listed import Listed, plain_name

SURE_SHARE = 0.9
LISTED_CONFIDENCE = "0.95"
REGION_WORD = re.compile(  # a name with one of these is a branch, which says little about the seat
    r"\b(americas?|usa?|u\.s\.a?|uk|emea|apac|asia|pacific|europe|european|eu|africa|middle east"
    r"|china|hong kong|india|japan|korea|singapore|taiwan|thailand|australia|zealand|canada|mexico"
    r"|brasil|brazil|deutschland|germany|france|ireland|italia|italy|iberia|espana|spain|nederland"
    r"|netherlands|belgium|schweiz|switzerland|austria|polska|poland|nordic|sweden|norway|turkey"
    r"|private|pvt)\b",
    re.IGNORECASE,
)


class Company(NamedTuple):
    """One row of ``companies.csv``."""

    domain: str
    type: str
    name: str
    industry: str
    country: str
    region: str
    city: str
    confidence: str


def join_companies(
    organisations: list[Organisation],
    listed: dict[str, Listed],
    addresses: dict[int, Counter[str]],
) -> list[Company]:
    """Return one row per domain, named by the network called like it or by the surest one.

    ``addresses`` counts those of an ASN by country.
    """
    by_domain: dict[str, list[Organisation]] = defaultdict(list)
    for row in organisations:
        if row.domain:
            by_domain[row.domain].append(row)

    def weight(row: Organisation) -> tuple[bool, bool, float, int, int]:
        size = addresses.get(row.asn, Counter()).total()
        label = row.domain.split(".")[0].replace("-", "")
        own_name = plain_name(row.name).replace(" ", "") == label
        return own_name, not REGION_WORD.search(row.name), row.confidence, size, -row.asn

    companies = []
    for domain, rows in sorted(by_domain.items()):
        rows.sort(key=weight, reverse=True)
        main = rows[0]
        networks = [addresses.get(row.asn, Counter[str]()) for row in rows]
        seen_in = sum(networks, Counter[str]())
        match = find_listed(domain, rows, listed, seen_in) if main.type == "company" else None
        if match:
            companies.append(Company(domain, main.type, *match, LISTED_CONFIDENCE))
        else:
            facts = (main.name, "", seat_of(networks, main.name, domain), "", "")
            companies.append(Company(domain, main.type, *facts, f"{main.confidence:.2f}"))
    return companies


def find_listed(
    domain: str, rows: list[Organisation], listed: dict[str, Listed], seen_in: Counter[str]
) -> Listed | None:
    """Return the listed company that an organisation of the domain is named as.

    It must announce addresses in the US or in the country of its headquarters, and the domain must
    not be the name of another listed company (fedex.com is not FedEx Freight).
    """
    named = listed.get(domain.split(".")[0])
    for row in rows:
        match = listed.get(plain_name(row.name))
        if match and named in (None, match) and (seen_in["US"] or seen_in[match.country]):
            return match
    return None


def seat_of(networks: list[Counter[str]], name: str, domain: str) -> str:
    """Return the country where all networks of an organisation are registered, or nothing.

    Nothing, too, for a domain of another country and for a name that speaks of a region, unless the
    domain's own country agrees.
    """
    countries = {main_country(addresses) for addresses in networks if addresses}
    if len(countries) != 1:
        return ""
    country = countries.pop()
    ending = domain.rsplit(".", 1)[-1].upper()
    ending = {"UK": "GB"}.get(ending, ending)
    if len(ending) == 2:
        return country if country == ending else ""
    return "" if REGION_WORD.search(name) else country


def main_country(addresses: Counter[str]) -> str:
    """Return the country where nearly all addresses are registered, or nothing."""
    country, count = max(addresses.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return country if count >= SURE_SHARE * addresses.total() else ""
