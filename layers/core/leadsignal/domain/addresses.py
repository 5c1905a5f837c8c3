"""Which addresses an outbound request may reach: the public Internet and nothing else; and which
address a visitor has.

An own list, for ``ipaddress.is_global`` says yes to addresses that lead inside: translated
(64:ff9b::/96), embedded (2002::/16, ::127.0.0.1), multicast, and ranges newer than the interpreter.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_DENIED_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; a cloud's metadata lives here too
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, in public space
        "169.254.0.0/16",  # link-local: instance and container metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_UNICAST_V6 = IPv6Network("2000::/3")  # all that was ever given out; the rest is inside or nowhere
_DENIED_V6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, identifiers
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: holds any IPv4 address
        "3ffe::/16",  # given back
        "3fff::/20",  # documentation
    )
)


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that ``text`` is, IPv4 where it is mapped into IPv6, or None."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(text: str) -> bool:
    """Return whether ``text`` is an address on the public Internet. What cannot be read is not."""
    address = parse(text)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_V4)
    if address is None or address.scope_id is not None or address not in _UNICAST_V6:
        return False
    return not any(address in network for network in _DENIED_V6)


_NAT64 = IPv6Network("64:ff9b::/96")


def visitor_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address a visitor came from, None for what is none.

    It is IPv4 where IPv6 stands for it (mapped, 6to4, NAT64), and without a zone id.
    """
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if inside := address.ipv4_mapped or address.sixtofour:
        return inside
    plain = IPv6Address(int(address))
    return IPv4Address(int(plain) & 0xFFFF_FFFF) if plain in _NAT64 else plain


def read_list(text: str) -> frozenset[str]:
    """Return the addresses of a comma-separated list in canonical form.

    Raises:
        ValueError: an entry is not an address.
    """
    return frozenset(str(ip_address(part.strip())) for part in text.split(",") if part.strip())
