"""The budgets: what one event may cost. A broken one fails the bench and a test."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.bench.meter import Counts


class Line(NamedTuple):
    """One budget and how it was kept; ``used`` is per event."""

    what: str
    used: float
    allowed: float

    @property
    def kept(self) -> bool:
        """Return whether the budget holds."""
        return self.used <= self.allowed


FURTHER = {
    "same-score": "a further event",
    "new-score": "a further event, score changed",
    "next-hour": "a further event, next hour",
    "next-hour-score": "a further event, next hour and score changed",
    "next-visit": "a further event, a new visit",
    "next-day": "a further event, the next day",
    "long-day": "a further event, the 100th of a day",
    "cold": "a further event, nothing remembered",
    "visit": "further events of a visit of 30, average",
    "regular": "further events of ten visits, average",
}

CALLS = "10 of a new visitor in one request: calls until they are stored"
"""Those of collect and ingest; announce asks once for each batch of the stream, whoever is in.

A request of ten fills the open part of a day, so the next one closes and reads it: 0.57 an event.
A larger part would save the calls, which cost nothing, and cost units, which are the bill.
"""


def lines(counts: Mapping[str, Counts]) -> list[Line]:
    """Return every budget against the counts of the scenarios, by their keys."""
    first, ten, new = counts["first"], counts["ten"], counts["ten-first"]
    found = [Line("a visitor's first event: write units", first.write_units, 6)]
    for key, title in FURTHER.items():
        if used := counts.get(key):
            found += [
                Line(f"{title}: write units", used.write_units / used.events, 4),
                Line(f"{title}: read units", used.read_units / used.events, 3),
                Line(f"{title}: conditional writes", used.conditional_writes / used.events, 2),
            ]
    silent = sum(used.bus_entries for key, used in counts.items() if key != "webhook-told")
    return [
        *found,
        Line("10 of one visitor per request: write units", ten.write_units / ten.events, 0.8),
        Line(CALLS, (new.waits["collect"] + new.waits["ingest"]) / new.events, 0.4),
        Line("a request of 1: queue sends", counts["same-score"].sqs_requests["send"], 1),
        Line("a request of 10: queue sends", ten.sqs_requests["send"] / ten.http_requests, 1),
        Line("a duplicate: write units", counts["duplicate"].write_units, 0),
        Line("bus entries that nobody asked for", silent, 0),
    ]
