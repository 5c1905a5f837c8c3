"""`make replay`: sends the web log to the running stack and shows what came of it.

With ``--demo`` (`make demo`) the stack is brought up first. The first replay decides which instant
the log's last second becomes; later ones take it from the first event's stored time, so that they
send the very same events and change nothing.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import NamedTuple

from local import stack as stacks
from local.bytecode import UncompiledError
from local.demo.census import Crawled, count_leads, find_crawled, top_leads, unlisted
from local.demo.client import Api
from local.demo.draining import dead_letters, drain
from local.demo.journeys import all_acts
from local.demo.latency import measure
from local.demo.packing import Clock, Keys, Request, requests_of, timestamps
from local.demo.people import people_of
from local.demo.receiver import Receiver
from local.demo.screen import Outcome, render
from local.demo.sending import send_all
from local.demo.subscriptions import slack_alert, webhook
from local.demo.visitors import visitors_of
from local.demo.weblog import read_hits
from local.stack import Stack, TenantKeys
from local.steps import StepFailedError, step
from local.up import bring_up

PATH = "/webhook"
TYPES = ("lead.identified", "lead.tier_changed")


def running_stack() -> Stack:
    """Return the stack that `make up` made.

    Raises:
        StepFailedError: it never did.
    """
    stack = stacks.load()
    if stack is None:
        raise StepFailedError("nothing runs here yet: `make up` first, or `make demo`")
    return stack


class Script(NamedTuple):
    """Everything that is sent. ``sent`` is visitor → message id → timestamp; ``fresh`` when none of
    it was sent before."""

    hits: int
    visitors: int
    real: int
    requests: list[Request]
    sent: dict[str, dict[str, str]]
    fresh: bool

    @property
    def added(self) -> int:
        """How many events the log does not have."""
        return sum(map(len, self.sent.values())) - self.real


def script_for(tenant: TenantKeys, api: Api, now: datetime) -> Script:
    """Return what is sent to a tenant: the log ends now, or when it did the first time."""
    hits = read_hits()
    visitors = visitors_of(hits)
    end = max(hit.at for hit in hits)
    acts = all_acts(visitors, people_of(visitors), until=end)
    first = min(
        (act for of_visitor in acts.values() for act in of_visitor),
        key=lambda act: (act.at, act.message["messageId"]),
    )
    known = api.event(first.message["messageId"])
    clock = (
        Clock(end, int(now.timestamp()) * 1000)
        if known is None
        else Clock.at_known(end, first.at, known["timestamp"])
    )
    return Script(
        hits=len(hits),
        visitors=len(visitors),
        real=sum(act.real for of_visitor in acts.values() for act in of_visitor),
        requests=requests_of(acts, keys=Keys(tenant.write_key, tenant.secret_key), clock=clock),
        sent=timestamps(acts, clock),
        fresh=known is None,
    )


def replay(stack: Stack, begun: float) -> Outcome:
    """Send everything, wait for it, count it, and return what there is to show.

    Raises:
        StepFailedError: the stack did not do its part.
    """
    tenant, other = stack.tenants[0], stack.tenants[1]
    with ExitStack() as opened:
        api, other_api, other_site = (
            opened.enter_context(closing(Api(stack.api_url, key)))
            for key in (tenant.secret_key, other.secret_key, other.write_key)
        )
        receiver = opened.enter_context(Receiver())
        with step("web log") as shown:
            script = script_for(tenant, api, datetime.now(UTC))
            before = list(api.leads())
            shown.note = f"{script.hits:,} hits, {script.visitors:,} visitors"
        crawled_before: set[str] = set()
        if not script.fresh:
            crawled_before = find_crawled(api, unlisted(before, script.sent), title="before")
        with webhook(api, receiver, PATH, TYPES), slack_alert(api, receiver):
            answers = send_all(script.requests, api_url=stack.api_url)
            with step("queues, stream, bus, receiver"):
                depths = drain(stack, receiver)
            told = receiver.counts
        leads = list(api.leads())
        found = find_crawled(api, unlisted(leads, script.sent), title="crawlers")
        with step("from POST to webhook, one hot lead at a time") as shown:
            latency = measure(other_api, other_site, receiver)
            shown.note = f'in the tenant "{other.name}"'
        return Outcome(
            hits=script.hits,
            logged_events=script.real,
            added_events=script.added,
            answers=answers,
            listed_before=count_leads(before).events,
            census=count_leads(leads),
            crawled=Crawled(marked=len(found), new=len(found - crawled_before)),
            dead_letters=dead_letters(depths),
            told=told,
            latency=latency,
            top=top_leads(api, leads),
            total_seconds=time.perf_counter() - begun,
            api_url=stack.api_url,
            secret_key=tenant.secret_key,
        )


def main() -> int:
    """Replay, and bring the stack up before when asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", action="store_true", help="bring the stack up first")
    demo = parser.parse_args().demo
    begun = time.perf_counter()
    try:
        outcome = replay(bring_up() if demo else running_stack(), begun)
    except (StepFailedError, UncompiledError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    print(render(outcome, colour=colour))
    return 0


if __name__ == "__main__":
    sys.exit(main())
