"""Counts what came of a replay, by asking the public API and nobody else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from local.demo.client import Api
from local.demo.sending import CONNECTIONS, Progress

TOP = 10
REASONS = 3


class Reason(NamedTuple):
    """One rule that gave points to a lead."""

    rule: str
    points: float


class TopLead(NamedTuple):
    """A lead of the list, and what speaks for it most."""

    lead: dict[str, Any]
    reasons: tuple[Reason, ...]


class Crawled(NamedTuple):
    """Events of visitors who are in no list, stored and marked as a crawler's: how many, and how
    many of them came in this run."""

    marked: int = 0
    new: int = 0


class Census(NamedTuple):
    """What the lists say."""

    leads: int
    known: int
    events: int
    tiers: dict[str, int]
    companies: int
    leads_with_company: int


def count_leads(leads: Sequence[dict[str, Any]]) -> Census:
    """Return what a whole list of leads adds up to."""
    with_company = [lead["company"]["id"] for lead in leads if lead["company"] is not None]
    return Census(
        leads=len(leads),
        known=sum(1 for lead in leads if lead["is_known"]),
        events=sum(lead["event_count"] for lead in leads),
        tiers=dict(Counter(lead["tier"] for lead in leads)),
        companies=len(set(with_company)),
        leads_with_company=len(with_company),
    )


def top_leads(api: Api, leads: Iterable[dict[str, Any]]) -> list[TopLead]:
    """Return the first leads of a list with their strongest reasons."""
    found: list[TopLead] = []
    for _, lead in zip(range(TOP), leads, strict=False):
        score = api.call("GET", f"/v1/leads/{lead['id']}/score")
        found.append(TopLead(lead, strongest(score["contributions"])))
    return found


def strongest(contributions: Iterable[dict[str, Any]]) -> tuple[Reason, ...]:
    """Return the contributions that gave most, the largest first."""
    ordered = sorted(contributions, key=lambda c: (-c["decayed_points"], c["rule_id"]))
    return tuple(
        Reason(contribution["rule"], contribution["decayed_points"])
        for contribution in ordered[:REASONS]
        if contribution["decayed_points"] > 0
    )


def unlisted(
    leads: Iterable[dict[str, Any]], sent: dict[str, dict[str, str]]
) -> dict[str, dict[str, str]]:
    """Return, of what was sent, the visitors who are a lead of no list."""
    listed = {
        identifier["value"]
        for lead in leads
        for identifier in lead["identifiers"]
        if identifier["kind"] == "anonymous_id"
    }
    return {visitor: events for visitor, events in sent.items() if visitor not in listed}


def find_crawled(api: Api, sent: dict[str, dict[str, str]], *, title: str) -> set[str]:
    """Return which events of these visitors the API has as sent and marked as a crawler's.

    ``sent`` is visitor → message id → timestamp. Each visitor's lead is found by one event of
    it, and its timeline read.
    """
    found: set[str] = set()
    bar = Progress(title, len(sent), "visitors")
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for marked in pool.map(lambda events: _marked(api, events), sent.values()):
            found |= marked
            bar.add(1)
    bar.done()
    return found


def _marked(api: Api, sent: dict[str, str]) -> set[str]:
    known = api.event(next(iter(sent)))
    if known is None:
        return set()
    return {
        event["message_id"]
        for session in api.timeline(known["lead_id"])
        for event in session["events"]
        if event["bot"] and sent.get(event["message_id"]) == event["timestamp"]
    }
