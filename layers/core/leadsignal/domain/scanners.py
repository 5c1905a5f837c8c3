"""Which events of a day a machine caused, by what was done and not by what it calls itself.

Scanners of mail click the links that a person is sent, with the person's own address in them. They
give themselves away by a burst of clicks that no hand makes, or by a link that no eye can see.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from leadsignal.models.activity import ScannerReason
from leadsignal.models.events import Event

BURST_MS = 10_000
BURST_LINKS = 3


class Findings(NamedTuple):
    """Why a day's events say that a scanner was there (None: they do not), and the ids of those
    events that count as its own though no user agent says so."""

    reason: ScannerReason | None = None
    caught: frozenset[str] = frozenset()


def is_honeypot(event: Event) -> bool:
    """Return whether an event is the click on a link that people cannot see."""
    return event.event == "honeypot_clicked" or event.properties.get("honeypot") is True


def findings(events: Sequence[Event]) -> Findings:
    """Return what the events of one member on one day, oldest first, say of scanners.

    A burst is clicks in an e-mail on at least ``BURST_LINKS`` different links within
    ``BURST_MS``; an opening is part of it when that many follow it within the same time. The
    answer follows from the set of events alone, and more events never take anything back.
    """
    trapped = {event.message_id for event in events if is_honeypot(event)}
    burst = _burst(events)
    reason: ScannerReason | None = None
    if trapped:
        reason = "honeypot"
    elif burst:
        reason = "burst"
    elif any(event.bot is not None for event in events):
        reason = "crawler"
    return Findings(reason, frozenset(trapped | burst))


def strongest(reasons: Iterable[ScannerReason | None]) -> ScannerReason | None:
    """Return the most telling of several reasons, None when there is none."""
    there = set(reasons)
    order: tuple[ScannerReason, ...] = ("honeypot", "burst", "crawler")
    return next((reason for reason in order if reason in there), None)


def _burst(events: Sequence[Event]) -> set[str]:
    clicks = [
        (event.at, link, event.message_id)
        for event in events
        if event.event == "email_clicked" and (link := _link(event))
    ]
    if len(clicks) < BURST_LINKS:
        return set()
    instants = [at for at, _, _ in clicks]
    enough = _enough([link for _, link, _ in clicks])

    def since(first: int, start: int) -> range:
        """Return the clicks from the first on that are a burst since ``start``, if they are one."""
        last = enough[first] if first < len(enough) else len(clicks)
        if last >= len(clicks) or instants[last] > start + BURST_MS:
            return range(0)
        return range(first, bisect_right(instants, start + BURST_MS))

    caught: set[str] = set()
    done = 0
    for first, start in enumerate(instants):
        found = since(first, start)
        caught |= {clicks[number][2] for number in found[max(done - first, 0) :]}
        done = max(done, found.stop)
    opened = (event for event in events if event.event == "email_opened")
    return caught | {
        event.message_id for event in opened if since(bisect_left(instants, event.at), event.at)
    }


def _enough(links: Sequence[str]) -> list[int]:
    """Return for each click the number of the one that completes enough different links from
    there on; the count of clicks where none does."""
    seen: Counter[str] = Counter()
    found: list[int] = []
    end = 0
    for link in links:
        while len(seen) < BURST_LINKS and end < len(links):
            seen[links[end]] += 1
            end += 1
        found.append(end - 1 if len(seen) >= BURST_LINKS else len(links))
        seen[link] -= 1
        if not seen[link]:
            del seen[link]
    return found


def _link(event: Event) -> str | None:
    """Return the link that was clicked, where the event says which."""
    url = event.properties.get("url")
    if not isinstance(url, str) and event.context.page is not None:
        url = event.context.page.url
    return url.strip() or None if isinstance(url, str) else None
