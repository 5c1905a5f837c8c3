"""What the label table does not know of newer address data: what to label next."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import leadsignal_data
from local.data.listed import plain_name
from local.data.organisations import LABELS

LARGE = 65_536  # addresses: whoever announces more is mostly an access provider
ALL_OF_IPV4 = 1 << 32  # more are of IPv6, where size says little
SHOWN = 20


def gaps(
    folder: Path, owners: Mapping[int, str], addresses: Mapping[int, Counter[str]]
) -> list[str]:
    """Return lines on large networks without a label, and labelled ones with another owner now.

    Neither changes anything by itself: a network without a label is unknown, never a company.
    """
    labels = {int(row[0]): row for row in leadsignal_data.rows_of(folder / LABELS)}
    large = [
        (addresses[asn].total(), asn)
        for asn in owners.keys() - labels.keys() - {0}
        if asn in addresses and LARGE < addresses[asn].total() < ALL_OF_IPV4
    ]
    renamed = [
        asn
        for asn, row in sorted(labels.items())
        if asn in owners and plain_name(owners[asn]) != plain_name(row[1])
    ]
    return [
        f"large networks without a label: {len(large)}",
        *(f"  AS{asn} {owners[asn]}, {size}" for size, asn in sorted(large, reverse=True)[:SHOWN]),
        f"labelled networks that are called otherwise now: {len(renamed)}",
        *(f"  AS{asn} {labels[asn][1]} -> {owners[asn]}" for asn in renamed[:SHOWN]),
    ]
