"""The events that scenarios send, in the form in which analytics.js sends them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from tests.bench.world import Request

_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
SITE = "https://www.acme.io"
HOME_USER = "98.208.0.1"  # in the network of an access provider
OFFICE = "17.253.144.10"  # in the network of a company
VISIT = (
    "/", "/product", "/features/scoring", "/pricing", "/blog/lead-scoring", "/customers",
    "/features/scoring", "/docs/start", "/docs/track", "/integrations", "/pricing", "/about",
)  # fmt: skip


def _common(kind: str, visitor: str, number: int, moment: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "messageId": f"ajs-next-{uuid5(_SPACE, f'{visitor}/{number}')}",
        "anonymousId": str(uuid5(_SPACE, visitor)),
        "timestamp": moment.isoformat(timespec="milliseconds"),
        "context": {
            "userAgent": BROWSER,
            "locale": "en-US",
            "timezone": "America/New_York",
            "library": {"name": "analytics.js", "version": "npm:next-1.70.0"},
        },
        "integrations": {},
    }


def page(
    visitor: str,
    number: int,
    moment: datetime,
    path: str,
    *,
    search: str = "",
    referrer: str | None = None,
    title: str | None = None,
) -> dict[str, Any]:
    """Return a page call."""
    item = _common("page", visitor, number, moment)
    seen = {
        "path": path,
        "search": search,
        "title": title or f"{path.strip('/').title() or 'Acme'} | Acme",
        "url": f"{SITE}{path}{search}",
        "referrer": referrer if referrer is not None else f"{SITE}/",
    }
    item["properties"] = seen
    item["context"]["page"] = seen
    return item


def landing(visitor: str, number: int, moment: datetime) -> dict[str, Any]:
    """Return the page call of a visitor who comes from an advertisement."""
    search = "?utm_source=google&utm_medium=cpc&utm_campaign=spring"
    referrer = "https://www.google.com/"
    return page(visitor, number, moment, "/", search=search, referrer=referrer)


def track(
    visitor: str, number: int, moment: datetime, event: str, properties: dict[str, Any]
) -> dict[str, Any]:
    """Return a track call made on the home page."""
    item = _common("track", visitor, number, moment)
    item |= {"event": event, "properties": properties}
    item["context"]["page"] = page(visitor, number, moment, "/")["properties"]
    return item


def video(visitor: str, number: int, moment: datetime) -> dict[str, Any]:
    """Return an event that no scoring rule knows."""
    return track(visitor, number, moment, "video_played", {"video": "tour", "seconds": 30})


def form(visitor: str, number: int, moment: datetime) -> dict[str, Any]:
    """Return a submitted form with a business e-mail."""
    email = f"jane.{visitor.replace('/', '.')}@siemens.com"
    fields = {"form": "contact", "email": email, "first_name": "Jane", "last_name": "Doe"}
    return track(visitor, number, moment, "form_submitted", fields)


def identify(visitor: str, number: int, moment: datetime) -> dict[str, Any]:
    """Return the identify call of a log-in."""
    item = _common("identify", visitor, number, moment)
    email = f"jane.{visitor.replace('/', '.')}@siemens.com"
    item |= {"userId": f"user-{visitor}", "traits": {"email": email, "title": "CTO"}}
    return item


def alone(item: dict[str, Any], moment: datetime, *, address: str = HOME_USER) -> Request:
    """Return a request of one event, sent by the visitor's browser."""
    return Request(at=moment, items=(item,), address=address, agent=BROWSER)


def together(items: list[dict[str, Any]], moment: datetime, *, address: str = HOME_USER) -> Request:
    """Return a request of several events, sent by the visitor's browser."""
    return Request(at=moment, items=tuple(items), address=address, agent=BROWSER)


def visit(visitor: str, moments: list[datetime], *, first: int = 0) -> list[dict[str, Any]]:
    """Return a visit as people make them: it begins at an advertisement, and shows pages; about
    every fifth event is one that no rule knows."""
    items = []
    for offset, moment in enumerate(moments):
        number = first + offset
        if number == 0:
            items.append(landing(visitor, number, moment))
        elif number % 5 == 4:
            items.append(video(visitor, number, moment))
        else:
            items.append(page(visitor, number, moment, VISIT[number % len(VISIT)]))
    return items
