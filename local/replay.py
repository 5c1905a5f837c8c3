"""`make replay`: sends the web log to the running stack and shows what came of it.

With ``--demo`` (`make demo`) the stack is brought up first. The first replay of a tenant decides
which instant the log's last second becomes; later ones repeat it, so that they send the very same
events and change nothing.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from local import stack as stacks
from local.bytecode import UncompiledError
from local.census import Crawled, count_leads, find_crawled, top_leads, unlisted
from local.client import Api
from local.draining import dead_letters, drain
from local.journeys import all_acts
from local.latency import measure
from local.layout import STATE
from local.packing import Clock, Keys, Request, requests_of, timestamps
from local.people import people_of
from local.receiver import Receiver
from local.screen import Outcome, render
from local.sending import send_all
from local.stack import Stack, TenantKeys
from local.steps import StepFailedError, step
from local.subscriptions import slack_alert, webhook
from local.up import bring_up
from local.visitors import visitors_of
from local.weblog import read_hits

FILE = STATE / "replay.json"
PATH = "/webhook"
TYPES = ("lead.identified", "lead.tier_changed")


class Anchor(BaseModel):
    """The instant that the end of the log became for the tenant of a key.

    ``fresh`` when this run set it: then no event of the replay can be there yet.
    """

    model_config = ConfigDict(frozen=True)

    key_id: str
    now_ms: int
    fresh: bool = Field(default=False, exclude=True)


def anchor(keys: TenantKeys, now: datetime) -> Anchor:
    """Return the anchor of a tenant: the kept one, else this very moment, which is kept."""
    key_id = keys.write_key.split("_")[3]
    if FILE.is_file():
        kept = Anchor.model_validate_json(FILE.read_text())
        if kept.key_id == key_id:
            return kept
    made = Anchor(key_id=key_id, now_ms=int(now.timestamp()) * 1000)
    FILE.write_text(made.model_dump_json() + "\n")
    return made.model_copy(update={"fresh": True})


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
    """Everything that is sent. ``sent`` is visitor → message id → timestamp."""

    hits: int
    visitors: int
    real: int
    requests: list[Request]
    sent: dict[str, dict[str, str]]

    @property
    def added(self) -> int:
        """How many events the log does not have."""
        return sum(map(len, self.sent.values())) - self.real


def script_for(tenant: TenantKeys, now_ms: int) -> Script:
    """Return what is sent to a tenant when the log ends at ``now_ms``."""
    hits = read_hits()
    visitors = visitors_of(hits)
    end = max(hit.at for hit in hits)
    acts = all_acts(visitors, people_of(visitors), until=end)
    clock = Clock(end, now_ms)
    return Script(
        hits=len(hits),
        visitors=len(visitors),
        real=sum(act.real for of_visitor in acts.values() for act in of_visitor),
        requests=requests_of(acts, keys=Keys(tenant.write_key, tenant.secret_key), clock=clock),
        sent=timestamps(acts, clock),
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
            fixed = anchor(tenant, datetime.now(UTC))
            script = script_for(tenant, fixed.now_ms)
            before = list(api.leads())
            shown.note = f"{script.hits:,} hits, {script.visitors:,} visitors"
        crawled_before: set[str] = set()
        if not fixed.fresh:
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
