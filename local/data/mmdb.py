"""The writer of ``networks.mmdb``, a MaxMind DB with 24-bit records.

Equal subtrees are stored once, which gives half the size of the two sources.
"""

import struct
from bisect import bisect_left
from datetime import UTC, date, datetime, time
from pathlib import Path

from local.data.networks import Fact, Span

ADDRESS_BITS = 128
SEPARATOR = bytes(16)
METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"

type Child = int | Fact | None
"""The number of a node, a leaf, or no data."""
type Node = tuple[Child, Child]


def write_networks(spans: list[Span], target: Path, *, day: date) -> None:
    """Write address -> ``{"asn": int, "country": "US"}``, of which either may be missing.

    ``day`` is that of the address data.
    """
    nodes = build_tree(spans)
    data, offsets = encode_facts(spans)
    count = len(nodes)
    leaves = {fact: count + len(SEPARATOR) + offset for fact, offset in offsets.items()}
    body = bytearray()
    for node in reversed(nodes):  # the format wants the root first
        for child in node:
            if isinstance(child, int):
                record = count - 1 - child
            else:
                record = leaves[child] if child else count
            body += record.to_bytes(3, "big")
    metadata = encode_map(
        {
            "node_count": encode_number(count, 6),
            "record_size": encode_number(24, 5),
            "ip_version": encode_number(6, 5),
            "database_type": encode_text("leadsignal-networks"),
            "languages": bytes([0, 4]),
            "binary_format_major_version": encode_number(2, 5),
            "binary_format_minor_version": encode_number(0, 5),
            "build_epoch": encode_number(int(datetime.combine(day, time(), UTC).timestamp()), 9),
            "description": encode_map({"en": encode_text("ASN and country by range")}),
        }
    )
    target.write_bytes(bytes(body) + SEPARATOR + data + METADATA_MARKER + metadata)


def build_tree(spans: list[Span]) -> list[Node]:
    """Return the different nodes of the search tree, children before parents, the root last."""
    starts = [span.start for span in spans]
    ends = [span.end for span in spans]
    numbers: dict[Node, int] = {}

    def grow(base: int, bits: int, first: int, last: int) -> Child:
        """Return the subtree of ``2**bits`` addresses from ``base``, of ``spans[first:last]``."""
        if first == last:
            return None
        if last - first == 1 and starts[first] <= base and ends[first] >= base + (1 << bits) - 1:
            return spans[first].fact
        bits -= 1
        middle = base + (1 << bits)
        node = (
            grow(base, bits, first, bisect_left(starts, middle, first, last)),
            grow(middle, bits, bisect_left(ends, middle, first, last), last),
        )
        if node[0] == node[1] and not isinstance(node[0], int):
            return node[0]
        return numbers.setdefault(node, len(numbers))

    root = grow(0, ADDRESS_BITS, 0, len(spans))
    # The format wants a node, even when all addresses are alike.
    return list(numbers) or [(root, root)]


def encode_facts(spans: list[Span]) -> tuple[bytes, dict[Fact, int]]:
    """Return the data section and the offset of each fact; keys and countries are stored once."""
    offsets = dict.fromkeys((span.fact for span in spans), 0)
    data = bytearray()
    pointers: dict[str, bytes] = {}
    for text in ["asn", "country", *sorted({country for _, country in offsets if country})]:
        pointers[text] = struct.pack(">H", 0x2000 | len(data))  # 11-bit pointer
        data += encode_text(text)
    for asn, country in offsets:
        offsets[asn, country] = len(data)
        data.append(0xE0 + bool(asn) + bool(country))
        if asn:
            data += pointers["asn"] + encode_number(asn, 6)
        if country:
            data += pointers["country"] + pointers[country]
    return bytes(data), offsets


def encode_text(text: str) -> bytes:
    """Return a string of under 29 bytes as MaxMind DB data."""
    raw = text.encode()
    return bytes([0x40 | len(raw)]) + raw


def encode_number(value: int, kind: int) -> bytes:
    """Return an unsigned integer of MaxMind DB type 5 (16 bit), 6 (32 bit) or 9 (64 bit)."""
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([kind << 5 | len(raw)] if kind < 8 else [len(raw), kind - 7]) + raw


def encode_map(pairs: dict[str, bytes]) -> bytes:
    """Return a map of encoded values as MaxMind DB data."""
    return bytes([0xE0 | len(pairs)]) + b"".join(encode_text(k) + v for k, v in pairs.items())
