"""What kind of organisation announces each AS number, from our labels and curated lists."""

import re
import shutil
from pathlib import Path

import leadsignal_data
from leadsignal.adapters.embedded.organisations import NAMED_TYPES, Organisation, by_asn

LABELS = "asn-labels.csv"
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


def copy_labels(folder: Path, target: Path) -> None:
    """Ship the label table as it is, byte for byte."""
    shutil.copyfile(folder / LABELS, target)
    target.chmod(0o644)


def read_lists(folder: Path) -> list[tuple[int, str, str]]:
    """Return AS number, type and confidence of those that have no label but are in a list."""
    labelled = {int(row[0]) for row in leadsignal_data.rows_of(folder / LABELS)}
    found: dict[int, tuple[int, str, str]] = {}
    for name, kind, confidence in LISTS:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:AS)?(\d+)", line):
                found.setdefault(int(match[1]), (int(match[1]), kind, confidence))
    return sorted(row for asn, row in found.items() if asn not in labelled)


def read_organisations(folder: Path, overrides: Path) -> list[Organisation]:
    """Return the organisations that may be shown, by AS number in order."""
    found = by_asn(
        labels=leadsignal_data.rows_of(folder / LABELS),
        lists=(),
        overrides=leadsignal_data.rows_of(overrides),
    )
    return sorted(row for row in found.values() if row.type in NAMED_TYPES)
