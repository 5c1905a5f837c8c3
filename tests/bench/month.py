"""A seeded month of sessions, and what each policy of looking companies up pays for it.

Half of the sessions come from networks of companies, whose visits follow Zipf's law; the others
from access providers. One look-up may cost something when a session begins.
"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.instants import DAY_MS, Instant

DAYS = 30
SEED = 20_260_115
SHARE_OF_COMPANIES = 0.5
COMES_BACK = 0.3  # of the sessions at home: from an address that was there before
MOST_ADDRESSES = 16  # behind which a large company's people come out


class Visit(NamedTuple):
    """A session: when it began, and the address that it came from."""

    at: Instant
    address: str


class Shape(NamedTuple):
    """How many sessions of how many companies, and how much they differ in size."""

    sessions: int
    companies: int
    zipf: float


def month(shape: Shape, *, start: Instant, seed: int = SEED) -> list[Visit]:
    """Return the sessions in their order."""
    chance = Random(seed)  # noqa: S311 - a trace, no secret
    return sorted(_visits(shape, start, chance))


def _visits(shape: Shape, start: Instant, chance: Random) -> Iterator[Visit]:
    shares = [1 / rank**shape.zipf for rank in range(1, shape.companies + 1)]
    bounds = list(accumulate(shares))
    homes: list[str] = []
    for _ in range(shape.sessions):
        at = start + chance.randrange(DAYS * DAY_MS)
        if chance.random() < SHARE_OF_COMPANIES:
            company = bisect(bounds, chance.random() * bounds[-1])
            expected = shape.sessions * SHARE_OF_COMPANIES * shares[company] / bounds[-1]
            behind = chance.randrange(min(MOST_ADDRESSES, 1 + int(expected / 10)))
            yield Visit(at, address_of(company, behind))
            continue
        if not homes or chance.random() > COMES_BACK:
            homes.append(f"10.{chance.randrange(256)}.{len(homes) >> 8}.{len(homes) & 255}")
            yield Visit(at, homes[-1])
        else:
            yield Visit(at, chance.choice(homes))


def address_of(company: int, behind: int) -> str:
    """Return one of the addresses of a company."""
    return f"11.{company >> 8}.{company & 255}.{behind}"


class MonthNetworks:
    """Which network an address of such a month belongs to."""

    def match(self, ip: str) -> NetworkMatch:
        """Return a company's own network, or an access provider's."""
        first, high, low, _ = ip.split(".")
        if first != "11":
            return NetworkMatch(asn=7, type="isp", confidence=0.9, country="NL")
        number = int(high) << 8 | int(low)
        return NetworkMatch(
            asn=number + 1,
            type="company",
            confidence=0.9,
            name=f"Company {number}",
            domain=f"company-{number}.com",
            country="US",
        )


def per_session(visits: Sequence[Visit]) -> int:
    """Return what is paid by who asks at each session."""
    return len(visits)


def per_address(visits: Sequence[Visit], *, kept_ms: int = DAY_MS) -> int:
    """Return what is paid by who keeps each answer for a day under its address."""
    asked: dict[str, Instant] = {}
    paid = 0
    for visit in visits:
        if visit.at - asked.get(visit.address, -kept_ms) >= kept_ms:
            asked[visit.address] = visit.at
            paid += 1
    return paid
