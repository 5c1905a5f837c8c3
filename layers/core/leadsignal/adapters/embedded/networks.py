"""Address → network, from the embedded database of announced ranges."""

from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import cast

import maxminddb

import leadsignal_data
from leadsignal.adapters.embedded.organisations import Organisation, by_asn
from leadsignal.domain.addresses import visitor_address
from leadsignal.models.enrichment import NetworkMatch

UNKNOWN = NetworkMatch()


class EmbeddedNetworks:
    """Tells companies from access providers, hosts and VPNs; opens its data when first asked."""

    @cached_property
    def _ranges(self) -> maxminddb.Reader:
        # Not MODE_MMAP: that is the reader in Python; the default one in C maps the file as well.
        return maxminddb.open_database(leadsignal_data.NETWORKS)

    @cached_property
    def _organisations(self) -> dict[int, Organisation]:
        return by_asn(
            labels=leadsignal_data.read_rows("asn_labels"),
            lists=leadsignal_data.read_rows("asn_lists"),
            overrides=leadsignal_data.read_rows("asn_overrides"),
        )

    def match(self, ip: str) -> NetworkMatch:
        """Return the network of an address.

        The type is ``unknown`` with confidence 0 for what is no address, for private, reserved and
        unannounced addresses, and for networks nobody has labelled. IPv4 inside IPv6 (mapped,
        6to4, NAT64) counts as IPv4. The longest prefix decides.
        """
        address = _public_address(ip)
        found = self._ranges.get(address) if address else None
        if not isinstance(found, dict):
            return UNKNOWN
        asn, country = (
            cast("int | None", found.get("asn")),
            cast("str | None", found.get("country")),
        )
        known = self._organisations.get(asn) if asn else None
        if known is None:
            return NetworkMatch(asn=asn, country=country)
        return NetworkMatch(
            asn=asn,
            type=known.type,
            confidence=known.confidence,
            name=known.name or None,
            domain=known.domain or None,
            country=country,
        )


def _public_address(text: str) -> IPv4Address | IPv6Address | None:
    address = visitor_address(text)
    return address if address and address.is_global else None
