"""Who visited: hits put together by address and agent, and draws that follow from a visitor."""

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from local.demo.weblog import Hit, is_download, is_page

SITE_HOST = "www.semicomplete.com"
OWN_HOSTS = {"semicomplete.com", SITE_HOST}


class Visitor(NamedTuple):
    """One address with one agent; ``hits`` are its pages and downloads, oldest first."""

    anonymous_id: str
    address: str
    agent: str | None
    hits: tuple[Hit, ...]


def anonymous_id(address: str, agent: str | None) -> str:
    """Return the id a browser would have kept: the same for the same address and agent."""
    digest = hashlib.sha256(f"{address}\n{agent or ''}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def visitors_of(hits: Iterable[Hit]) -> list[Visitor]:
    """Return the visitors who saw a page or took a download, by their ids."""
    by_visitor: dict[tuple[str, str | None], list[Hit]] = defaultdict(list)
    for hit in hits:
        if is_page(hit) or is_download(hit):
            by_visitor[hit.address, hit.agent].append(hit)
    visitors = [
        Visitor(
            anonymous_id=anonymous_id(address, agent),
            address=address,
            agent=agent,
            hits=tuple(sorted(found, key=lambda hit: hit.at)),
        )
        for (address, agent), found in by_visitor.items()
    ]
    return sorted(visitors, key=lambda visitor: visitor.anonymous_id)


def draw(visitor_id: str, purpose: str) -> float:
    """Return a number from 0 to 1 that follows from visitor and purpose: chance, but repeatable."""
    digest = hashlib.sha256(f"{visitor_id}\n{purpose}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def outside_referrer(visitor: Visitor) -> str | None:
    """Return the host of the first page elsewhere that led this visitor here."""
    for hit in visitor.hits:
        try:
            host = urlsplit(hit.referrer or "").hostname
        except ValueError:
            continue
        if host and host not in OWN_HOSTS and "." in host:
            return host
    return None
