"""AS number → the organisation that announces it, from the label table and public lists."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, cast

from leadsignal.models.enrichment import NetworkType

TYPE_BY_LABEL: Mapping[str, NetworkType] = MappingProxyType(
    {
        "company": "company",
        "education": "education",
        "government": "government",
        "access": "isp",
        "transit": "isp",
        "mobile": "mobile",
        "hosting": "hosting",
        "vpn": "vpn",
        "nonprofit": "unknown",
        "registry": "unknown",
        "unknown": "unknown",
    }
)
NAMED_TYPES = ("company", "education", "government")


class Organisation(NamedTuple):
    """Who announces an AS number; name and domain only where they may be shown."""

    asn: int
    type: NetworkType
    confidence: float
    name: str = ""
    domain: str = ""


def by_asn(
    *,
    labels: Iterable[list[str]],
    lists: Iterable[list[str]],
    overrides: Iterable[list[str]] = (),
) -> dict[int, Organisation]:
    """Return the organisation of each AS number that somebody said something of.

    Rows are those of ``asn_labels.csv``, ``asn_lists.csv`` and ``asn_overrides.csv``. The label
    decides, ``unknown`` too; a list is for what has no label, and an override corrects a label.
    """
    found = {int(asn): _listed(asn, kind, confidence) for asn, kind, confidence in lists}
    for rows in (labels, overrides):
        found |= {int(row[0]): _labelled(row) for row in rows}
    return found


def _listed(asn: str, kind: str, confidence: str) -> Organisation:
    return Organisation(int(asn), cast(NetworkType, kind), float(confidence))


def _labelled(row: list[str]) -> Organisation:
    asn, name, label, domain, confidence, _ = row
    kind = TYPE_BY_LABEL[label]
    if kind == "unknown":
        return Organisation(int(asn), kind, 0.0)
    if kind not in NAMED_TYPES:
        return Organisation(int(asn), kind, float(confidence))
    return Organisation(int(asn), kind, float(confidence), name.strip(), domain.strip().lower())
