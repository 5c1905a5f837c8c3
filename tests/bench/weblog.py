"""The web log of the demo, as requests of browsers whose tracker sends several events at once.

Each line of the log is one event: a page call for a page, a track call for any other file. A
visitor is an address with an agent. Their events are put together as SDKs do it: a request leaves
when it holds ten events, or ten seconds after its first.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from local.demo.visitors import SITE_HOST, anonymous_id
from local.demo.weblog import Hit, is_page, read_hits
from tests.bench.world import Request

FLUSH_AT = 10
FLUSH_AFTER = timedelta(seconds=10)
_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def events_of(hits: Iterable[Hit]) -> list[tuple[datetime, str, dict[str, Any], Hit]]:
    """Return (moment, visitor, event, hit) of each line, oldest first."""
    found = []
    for number, hit in enumerate(hits):
        visitor = anonymous_id(hit.address, hit.agent)
        moment = datetime.fromtimestamp(hit.at, UTC) + timedelta(milliseconds=number % 1000)
        found.append((moment, visitor, _event(number, visitor, moment, hit), hit))
    return sorted(found, key=lambda entry: entry[0])


def _event(number: int, visitor: str, moment: datetime, hit: Hit) -> dict[str, Any]:
    parts = urlsplit(hit.path)
    seen = {
        "path": parts.path,
        "search": f"?{parts.query}" if parts.query else "",
        "url": f"http://{SITE_HOST}{hit.path}",
        "referrer": hit.referrer or "",
    }
    item: dict[str, Any] = {
        "type": "page",
        "messageId": f"ajs-next-{uuid5(_SPACE, str(number))}",
        "anonymousId": visitor,
        "timestamp": moment.isoformat(timespec="milliseconds"),
        "properties": seen,
        "context": {
            "page": seen,
            "userAgent": hit.agent or "",
            "library": {"name": "analytics.js", "version": "npm:next-1.70.0"},
        },
        "integrations": {},
    }
    if not is_page(hit):
        item |= {"type": "track", "event": "file_requested", "properties": {"path": parts.path}}
    return item


def requests() -> list[Request]:
    """Return the whole log as requests, in the order in which they leave."""
    open_requests: dict[str, tuple[datetime, Hit, list[dict[str, Any]]]] = {}
    done: list[Request] = []

    def send(visitor: str, moment: datetime) -> None:
        _, hit, items = open_requests.pop(visitor)
        agent = hit.agent or "Mozilla/5.0"
        done.append(Request(at=moment, items=tuple(items), address=hit.address, agent=agent))

    for moment, visitor, item, hit in events_of(read_hits()):
        if visitor in open_requests and moment > open_requests[visitor][0] + FLUSH_AFTER:
            send(visitor, open_requests[visitor][0] + FLUSH_AFTER)
        open_requests.setdefault(visitor, (moment, hit, []))[2].append(item)
        if len(open_requests[visitor][2]) == FLUSH_AT:
            send(visitor, moment)
    for visitor, (first, _, _) in list(open_requests.items()):
        send(visitor, first + FLUSH_AFTER)
    return sorted(done, key=lambda request: request.at)
