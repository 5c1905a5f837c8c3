"""What a commit costs the processor, by what a tenant has set up, beside one call of boto3.

    python -m tests.bench.commits

A known visitor with a month of visits views a page. Timed is ``settle`` alone: the profile before
and after, company, score, segments, when the lead is due, and facts; no folding and no call.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from leadsignal.domain.conditions import changes
from leadsignal.domain.default_rules import DEFAULT_RULES
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.instants import to_datetime
from leadsignal.models.leads import Lead
from leadsignal.models.rules import RuleSet
from leadsignal.services.commit import settle
from tests.bench.rules import one_call
from tests.bench.rules import rules as many_rules
from tests.fakes.events import AT, GAP, MINUTE, World, event, page
from tests.fakes.rules import pricing, ruleset, segment

DAYS = 30
SEGMENTS = 100
ROUNDS, TIMES = 12, 5
NOW = to_datetime(AT + MINUTE)


class Cost(NamedTuple):
    """What one commit costs: in microseconds, and in calls of boto3 without a socket."""

    what: str
    microseconds: float
    in_calls: float


def segments() -> SegmentBook:
    """Return segments of every kind, a fifth of them in windows of days in a time zone."""

    def condition(number: int) -> dict[str, Any]:
        forms: tuple[dict[str, Any], ...] = (
            {"all": [
                {"field": "company.country", "op": "in", "value": ["DE", "NL"]},
                {"field": "company.employee_count", "op": "gte", "value": number},
            ]},
            {"all": [
                {"field": "title", "op": "contains", "value": f"word{number}"},
                {"field": "score", "op": "gte", "value": number},
            ]},
            pricing(days=number % 30 + 1, time_zone="Europe/Amsterdam"),
            {"any": [
                {"field": f"traits.t{number}", "op": "eq", "value": "x"},
                {"field": "tags", "op": "contains", "value": f"tag{number}"},
            ]},
            {"performed": {"event": f"event_{number % 40}"}, "count": {"op": "gte", "value": 2}},
        )  # fmt: skip
        return forms[number % len(forms)]

    return SegmentBook(segment(f"seg_{number}", condition(number)) for number in range(SEGMENTS))


def known_visitor(book: Playbook) -> tuple[World, Lead]:
    """Return a lead with three pages on each of many days, a log-in and some events."""
    world = World(rules=book)
    views = [
        event(f"v{day}-{n}", minutes=-24 * 60 * day - n, context=page(f"/pricing/{n}"))
        for day in range(1, DAYS + 1)
        for n in range(3)
    ]
    traits = {f"t{n}": f"v{n}" for n in range(0, 40, 4)} | {"title": "Head of Engineering"}
    known = event("known", minutes=-60, type="identify", event="identify", user_id="u1",
                  email="ada@acme.com", traits=traits)  # fmt: skip
    acts = [
        event(f"e{n}", minutes=-50 + n, type="track", event=f"event_{n}") for n in range(0, 40, 5)
    ]
    world.apply([*views, known, *acts])
    [lead] = world.found()
    return world, lead


def books() -> Iterator[tuple[str, Playbook]]:
    """Yield what tenants may have set up."""
    some, many = segments(), many_rules().ruleset
    yield "no rules", Playbook(Rulebook(ruleset()))
    yield "the default rules", Playbook(Rulebook(DEFAULT_RULES))
    yield f"{len(many.rules)} rules", Playbook(Rulebook(many))
    yield f"{SEGMENTS} segments", _with_segments(DEFAULT_RULES, some)
    yield f"{len(many.rules)} rules, {SEGMENTS} segments", _with_segments(many, some)


def _with_segments(rules: RuleSet, some: SegmentBook) -> Playbook:
    return Playbook(Rulebook(rules, also=some.selectors), some)


def measure() -> Iterator[Cost]:
    """Yield what commits cost."""
    call = one_call()
    call()
    for what, book in books():
        world, lead = known_visitor(book)

        def commit(book: Playbook = book, lead: Lead = lead, world: World = world) -> object:
            forget()
            desk = world.desk("ten_one")
            return settle(lead, lead, tenant=desk.tenant, mail=desk.mail, book=book, now=NOW)

        yield _cost(what, commit, call)
    yield _cost("… of it each profile", lambda: profile_of(lead, gap_ms=GAP, country=None), call)


def forget() -> None:
    """Remember nothing of the instants of a lead: the next event is another visitor's."""
    changes._ahead.cache_clear()


def _cost(what: str, work: Callable[[], object], call: Callable[[], object]) -> Cost:
    best = min(_timed(work) for _ in range(ROUNDS))
    return Cost(what, best * 1e6, best / min(_timed(call) for _ in range(ROUNDS)))


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES


def main() -> int:
    """Print the costs."""
    print("| a commit with | µs here | boto3 calls |\n| --- | ---: | ---: |")
    for cost in measure():
        print(f"| {cost.what} | {cost.microseconds:.0f} | {cost.in_calls:.2f} |")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    sys.exit(main())
