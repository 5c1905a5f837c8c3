"""The organisations that the real web log shows as companies: read by hand, one by one."""

from collections import Counter, defaultdict

from leadsignal.adapters.embedded.crawlers import EmbeddedCrawlers
from leadsignal.adapters.embedded.networks import EmbeddedNetworks
from local.demo.weblog import read_hits

COMPANIES = {
    "arm.com": 1,
    "bbva.com": 2,
    "bnpparibas.com": 3,
    "broadridge.com": 1,
    "cisco.com": 2,
    "cognizant.com": 2,
    "coxenterprises.com": 1,
    "ebay.com": 1,
    "epic.com": 1,
    "gm.com": 1,
    "ig.com": 1,
    "kbc.com": 1,
    "laposte.fr": 2,
    "lloydsbankinggroup.com": 2,
    "maersk.com": 1,
    "magna.com": 1,
    "microsoft.com": 2,
    "morganstanley.com": 1,
    "northropgrumman.com": 1,
    "pwc.com": 1,
    "redhat.com": 1,
    "rewe-group.at": 1,
    "skf.com": 1,
    "societegenerale.com": 1,
    "thyssenkrupp.com": 1,
    "worldline.com": 2,
}
"""Visitors' addresses by domain. Every one is a company; none is a carrier, a host or a school."""


def test_the_companies_of_the_web_log_are_those_that_were_read_by_hand() -> None:
    networks, crawlers = EmbeddedNetworks(), EmbeddedCrawlers()
    addresses = {hit.address for hit in read_hits() if not crawlers.name(hit.agent or "")}
    found: dict[str, set[str]] = defaultdict(set)
    types = Counter[str]()
    for address in addresses:
        match = networks.match(address)
        types[match.type] += 1
        if match.type == "company":
            found[match.domain or match.name or ""].add(address)
    assert {domain: len(seen) for domain, seen in found.items()} == COMPANIES
    assert types == {
        "isp": 817,
        "hosting": 245,
        "unknown": 151,
        "mobile": 68,
        "education": 65,
        "company": 35,
        "vpn": 5,
        "government": 4,
    }
