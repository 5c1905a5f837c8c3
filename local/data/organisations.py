"""What kind of organisation announces each AS number, from our labels and curated lists."""

import csv
import re
from pathlib import Path
from typing import NamedTuple

TYPE_BY_LABEL = {
    "company": "company",
    "education": "education",
    "government": "government",
    "access": "isp",
    "transit": "isp",
    "mobile": "mobile",
    "hosting": "hosting",
    "vpn": "vpn",
}
UNKNOWN = "unknown"
NAMED_TYPES = ("company", "education", "government")
LISTS = (  # the first list that has an ASN decides
    ("openasn-overrides/enterprise_gateway.txt", "vpn", "0.90"),
    ("openasn-overrides/vpn_provider.txt", "vpn", "0.85"),
    ("x4bnet-vpn-asn.txt", "vpn", "0.80"),
    ("openasn-overrides/mobile_carrier.txt", "mobile", "0.90"),
    ("openasn-overrides/eyeball_confirm.txt", "isp", "0.90"),
    ("openasn-overrides/cdn.txt", "hosting", "0.95"),
    ("openasn-overrides/hosting_extra.txt", "hosting", "0.90"),
    ("x4bnet-datacenter-asn.txt", "hosting", "0.80"),
    ("brianhama-hosting-asn.csv", "hosting", "0.70"),
)


class Organisation(NamedTuple):
    """One row of ``organisations.csv``."""

    asn: int
    type: str
    confidence: str
    name: str
    domain: str


def read_organisations(folder: Path) -> list[Organisation]:
    """Return what is known of each ASN, in order.

    A label decides, ``unknown`` too; the lists are for ASNs without one. Unknown ones are left out,
    because absence means the same. Names are kept only where they may be shown.
    """
    found = read_labels(folder / "asn-labels.csv")
    for name, kind, confidence in LISTS:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:AS)?(\d+)", line):
                asn = int(match[1])
                found.setdefault(asn, Organisation(asn, kind, confidence, "", ""))
    return sorted(row for row in found.values() if row.type != UNKNOWN)


def read_labels(path: Path) -> dict[int, Organisation]:
    """Return the organisations labelled by hand, by ASN."""
    labelled = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            asn, kind = int(row["asn"]), TYPE_BY_LABEL.get(row["label"], UNKNOWN)
            name, domain = row["org"].strip(), row["domain"].strip().lower()
            if kind not in NAMED_TYPES:
                name = domain = ""
            labelled[asn] = Organisation(asn, kind, row["confidence"], name, domain)
    return labelled
