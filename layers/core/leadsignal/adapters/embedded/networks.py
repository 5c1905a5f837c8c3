"""Address → network, from the embedded database of announced ranges."""

from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import cast

import maxminddb

import leadsignal_data
from leadsignal.models.enrichment import NetworkMatch, NetworkType

UNKNOWN = NetworkMatch()


class EmbeddedNetworks:
    """Tells companies from access providers, hosts and VPNs; opens its data when first asked."""

    @cached_property
    def _ranges(self) -> maxminddb.Reader:
        # Not MODE_MMAP: that is the reader in Python; the default one in C maps the file as well.
        return maxminddb.open_database(leadsignal_data.NETWORKS)

    @cached_property
    def _organisations(self) -> dict[int, list[str]]:
        return {int(asn): rest for asn, *rest in leadsignal_data.read_rows("organisations")}

    def match(self, ip: str) -> NetworkMatch:
        """Return the network of an address.

        The type is ``unknown`` with confidence 0 for what is no address, for private, reserved and
        unannounced addresses, and for networks nobody has labelled. IPv4 inside IPv6
        (``::ffff:a.b.c.d``) counts as IPv4.
        """
        address = _public_address(ip)
        found = self._ranges.get(address) if address else None
        if not isinstance(found, dict):
            return UNKNOWN
        asn, country = (
            cast("int | None", found.get("asn")),
            cast("str | None", found.get("country")),
        )
        row = self._organisations.get(asn) if asn else None
        if row is None:
            return NetworkMatch(asn=asn, country=country)
        kind, confidence, name, domain = row
        return NetworkMatch(
            asn=asn,
            type=cast(NetworkType, kind),
            confidence=float(confidence),
            name=name or None,
            domain=domain or None,
            country=country,
        )


def _public_address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or IPv6Address(int(address))  # without the zone id
    return address if address.is_global else None
