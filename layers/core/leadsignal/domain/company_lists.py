"""A list of companies in one compact block of bytes, searched by address and by domain.

The block is written once and searched as it lies: arrays for ``bisect``, the rows as text in the
order of their domains. Nothing of it is unpacked before it is asked for, so a list takes hardly
more memory than its file. Numbers are little-endian, as every machine is that this runs on.
"""

import struct
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from leadsignal.models.company_lists import ListedCompany

_MAGIC = b"LSCL1\n"
_HEAD = struct.Struct("<IIII")  # rows, turns of IPv4, turns of IPv6, bytes of text
_NOBODY = 0xFFFF_FFFF
_V6 = 16
_FIELDS = (
    "domain", "name", "industry", "employee_count", "employee_range", "annual_revenue_usd",
    "country",
)  # fmt: skip


class Place(NamedTuple):
    """Addresses ``first`` to ``last``, both included, of the row with that number."""

    first: int
    last: int
    row: int


class CompanyList:
    """A list as it was packed.

    ``version`` follows from its content; ``size`` is in bytes of memory.
    """

    def __init__(self, block: bytes) -> None:
        """Open a block.

        Raises:
            ValueError: it is none of ours.
        """
        if not block.startswith(_MAGIC):
            raise ValueError("not a list of companies")
        rows, four, six, text = _HEAD.unpack_from(block, len(_MAGIC))
        at = len(_MAGIC) + _HEAD.size
        self._offsets, at = _numbers(block, at, rows + 1)
        self._starts4, at = _numbers(block, at, four)
        self._rows4, at = _numbers(block, at, four)
        self._rows6, at = _numbers(block, at, six)
        self._starts6 = block[at : at + _V6 * six]
        self._text = block[at + _V6 * six :]
        if len(self._text) != text:
            raise ValueError("a list of companies that is cut short")
        self.size = len(block)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def by_address(self, address: IPv4Address | IPv6Address) -> ListedCompany | None:
        """Return the company whose range holds the address, that of the longest prefix."""
        wanted = int(address)
        if address.version == 4:
            at = bisect_right(self._starts4, wanted) - 1
            row = self._rows4[at] if at >= 0 else _NOBODY
        else:
            count = len(self._rows6)
            at = bisect_right(range(count), wanted, key=self._start6) - 1
            row = self._rows6[at] if at >= 0 else _NOBODY
        return None if row == _NOBODY else self._row(row)

    def by_domain(self, domain: str) -> ListedCompany | None:
        """Return the company of a registrable domain in lower case."""
        wanted = domain.encode()
        at = bisect_left(range(len(self)), wanted, key=self._domain)
        return self._row(at) if at < len(self) and self._domain(at) == wanted else None

    def _start6(self, at: int) -> int:
        return int.from_bytes(self._starts6[_V6 * at : _V6 * (at + 1)])

    def _domain(self, at: int) -> bytes:
        start = self._offsets[at]
        return self._text[start : self._text.index(b"\t", start)]

    def _row(self, at: int) -> ListedCompany:
        cells = self._text[self._offsets[at] : self._offsets[at + 1] - 1].decode().split("\t")
        said = {name: cell for name, cell in zip(_FIELDS, cells, strict=True) if cell}
        return ListedCompany.model_validate(said)


class Packed(NamedTuple):
    """A packed list: its content, and the name that follows from it."""

    content: bytes
    version: str


def packed(companies: Iterable[ListedCompany]) -> Packed:
    """Return a list as it is stored, compressed. The same companies give the same bytes.

    Each domain may be there once, and each range: that is for the caller to see to.
    """
    rows = sorted(companies, key=lambda company: company.domain.encode())
    lines = [
        "\t".join(_cell(getattr(row, name)) for name in _FIELDS).encode() + b"\n" for row in rows
    ]
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    four = _turns(places(rows, version=4), bits=32)
    six = _turns(places(rows, version=6), bits=128)
    text = b"".join(lines)
    block = b"".join(
        (
            _MAGIC,
            _HEAD.pack(len(rows), len(four), len(six), len(text)),
            _packed_numbers(offsets),
            _packed_numbers(four.keys()),
            _packed_numbers(four.values()),
            _packed_numbers(six.values()),
            b"".join(start.to_bytes(_V6) for start in six),
            text,
        )
    )
    return Packed(zlib.compress(block, 6), sha256(block).hexdigest()[:32])


def _cell(value: str | int | None) -> str:
    return "" if value is None else str(value)


def opened(content: bytes, *, max_bytes: int) -> CompanyList:
    """Return the list that was packed, of at most ``max_bytes``.

    Raises:
        ValueError: it is none of ours, damaged, or larger.
    """
    inflater = zlib.decompressobj()
    try:
        block = inflater.decompress(content, max_bytes)
    except zlib.error as error:
        raise ValueError("not a list of companies") from error
    if not inflater.eof:
        raise ValueError("a list of companies that is cut short, or too large")
    return CompanyList(block)


def places(rows: Sequence[ListedCompany], *, version: int) -> list[Place]:
    """Return where each row has addresses, larger ranges before those within them."""
    found = [
        Place(first, last, number)
        for number, row in enumerate(rows)
        for of, first, last in row.ranges
        if of == version
    ]
    return sorted(found, key=lambda place: (place.first, -place.last, place.row))


def nested(rows: Sequence[ListedCompany]) -> int:
    """Return how many ranges lie within one of another company."""
    count = 0
    for version in (4, 6):
        around: list[Place] = []
        for place in places(rows, version=version):
            while around and around[-1].last < place.first:
                around.pop()
            count += any(outer.row != place.row for outer in around)
            around.append(place)
    return count


def _turns(ranges: Iterable[Place], *, bits: int) -> dict[int, int]:
    """Return whose the addresses are from one on, in order: of nested ranges the inner one's."""
    return {at: row for at, row in _edges(ranges) if at < 1 << bits}


def _edges(ranges: Iterable[Place]) -> Iterator[tuple[int, int]]:
    around: list[Place] = []
    for place in ranges:
        yield from _closed(around, place.first)
        around.append(place)
        yield place.first, place.row
    yield from _closed(around, None)


def _closed(around: list[Place], until: int | None) -> Iterator[tuple[int, int]]:
    """Take the ranges off that end before an address, and yield whose what follows each is."""
    while around and (until is None or around[-1].last < until):
        ended = around.pop()
        yield ended.last + 1, around[-1].row if around else _NOBODY


def _numbers(block: bytes, at: int, count: int) -> tuple["array[int]", int]:
    end = at + 4 * count
    return array("I", block[at:end]), end


def _packed_numbers(values: Iterable[int]) -> bytes:
    return array("I", values).tobytes()
