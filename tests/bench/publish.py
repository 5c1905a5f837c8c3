"""Publishing a rule set on the running laptop stack while events flow: what comes of every lead.

    python -m tests.bench.publish --leads 10000

A customer of its own gets so many leads over the track API, then a rule set that counts what no
summary knows yet. While the job scores everybody anew, old and new visitors go on. Asserted is that
the job's progress never goes back and says what is so, that each lead which an event reaches is
scored by the new rules at once, and that in the end every lead is scored by them alone.
"""

import argparse
import os
import signal
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import batched, islice
from typing import Any, NamedTuple, Self

import httpx

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.lead_lists import DynamoLeadLists
from leadsignal.adapters.dynamodb.leads import DynamoLeads
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import last_seen, profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.secrets import derive
from leadsignal.domain.slots import Identifier, slot_id
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import JobStep
from leadsignal.models.leads import Lead
from leadsignal.models.rules import Publication
from leadsignal.models.tenants import Tenant
from leadsignal.runtime import wiring
from leadsignal.services.commit import measured
from leadsignal.services.tenants import create_tenant
from local.aws import client
from local.demo.draining import depths
from local.demo.replay import running_stack
from local.stack import Stack
from tests.system.processes import workers

PAGES = ("/", "/pricing", "/docs")
EVENTS = len(PAGES)  # of each visitor, on three days
BATCH = 99  # events in a request
CONNECTIONS = 4
LOAD_SECONDS = 3_600
JOB_SECONDS = 3_600
POLL_SECONDS = 0.5
LOOKS = 5  # at all leads, to see whether what the job says is so
FLOW_SECONDS = 0.1  # between two events while the job runs
LOOKED_AT = 10  # of so many events two are followed to their leads
EVENT_SECONDS = 120  # within which an event is in its lead
HURRY_SECONDS = 5
ENDED = ("succeeded", "cancelled")

RULES: tuple[dict[str, Any], ...] = (
    {"id": "views", "name": "Views", "kind": "boost", "event": "page_view", "points": 3,
     "decay": {"kind": "half_life", "days": 10}, "max_times": 20},
    {"id": "pricing", "name": "Pricing of late", "kind": "boost", "url": "/pricing*", "points": 11,
     "within": {"days": 14}},
    {"id": "again", "name": "Came back", "points": 20, "condition": {
        "performed": {"event": "page_view"}, "count": {"op": "gte", "value": 2},
        "within": {"days": 30}}},
)  # fmt: skip
"""Rules that count in windows and fade, so that summaries have to be made anew for them."""


class Polled(NamedTuple):
    """What the job said of itself, and when."""

    at: float
    status: str
    processed: int
    total: int | None
    failed: int


class Watched(NamedTuple):
    """What a job said, what of it was looked at, and what was wrong."""

    polled: list[Polled]
    looked: list[tuple[int, int]]
    wrong: list[str]
    killed: list[int]


class Outcome(NamedTuple):
    """What was seen."""

    leads: int
    load_seconds: float
    settle_seconds: float
    job_seconds: float
    polled: Sequence[Polled]
    looked: Sequence[tuple[int, int]]  # leads that the job had done, of them those by new rules
    flowed: int
    killed: Sequence[int]  # how far the job was when its worker was killed
    reached: int  # events while the job was there whose lead was looked at
    wrong: Sequence[str]

    def lines(self) -> Iterator[str]:
        """Yield what there is to say."""
        yield f"{self.leads:,} leads at the end, loaded in {self.load_seconds:.0f} s"
        yield (
            f"the job began {self.settle_seconds:.0f} s after the answer and took "
            f"{self.job_seconds:.0f} s: {self.polled[-1].processed / self.job_seconds:.0f} leads/s"
        )
        yield f"{len(self.polled)} polls of progress, {len(self.looked)} looks at what is behind it"
        for processed in self.killed:
            yield f"the worker of the job was killed at {processed}"
        yield f"{self.flowed} events meanwhile; the leads of {self.reached} were looked at"
        if not self.wrong:
            yield "nothing was wrong"
        for wrong, times in Counter(self.wrong).most_common(20):
            yield f"WRONG, {times} times: {wrong}"


class Customer:
    """A customer of its own on the running stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        database = client("dynamodb")
        made = create_tenant(
            f"publish-{uuid.uuid4().hex[:8]}",
            env="live",
            config=DynamoTenants(Table(database, stack.tables["config"])),
            token=wiring.token,
            secret=wiring.random_key(),
            now=datetime.now(UTC),
        )
        self.tenant_id = made.tenant_id
        self._write, self._secret = made.write_key, made.secret_key
        self._config = Table(database, stack.tables["config"])
        leads = Table(database, stack.tables["lead"])
        self._leads = DynamoLeads(leads, made.tenant_id)
        self.lists = DynamoLeadLists(leads, made.tenant_id)
        limits = httpx.Limits(max_connections=2 * CONNECTIONS)
        self._http = httpx.Client(
            base_url=stack.api_url, timeout=60, limits=limits, trust_env=False
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def track(self, events: Sequence[dict[str, Any]]) -> None:
        """Send events in one request; all of them are accepted."""
        answer = self._sent("POST", "/v1/batch", {"batch": list(events)}, self._write)
        assert all(each["status"] == "accepted" for each in answer["results"]), answer

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the API answers."""
        return self._sent(method, path, body, self._secret)

    def _sent(self, method: str, path: str, body: Any, key: str) -> Any:
        answer = self._http.request(
            method, path, json=body, headers={"authorization": f"Bearer {key}"}
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def leads(self, most: int | None = None) -> list[Lead]:
        """Return the leads as they are stored, those created first first."""
        entries = self.lists.entries("created_at", after=None, ahead=500)
        return [entry.lead for entry in islice(entries, most)]

    def lead(self, visitor: str) -> Lead | None:
        """Return the lead of a visitor as it is stored now."""
        key = derive(self.tenant(), "identity")
        found = self._leads.slot(slot_id(key, Identifier("anonymous_id", visitor)), consistent=True)
        return found if isinstance(found, Lead) else None

    def tenant(self) -> Tenant:
        """Return the customer's record."""
        found = DynamoTenants(self._config).tenant(self.tenant_id)
        assert found is not None
        return found

    def book(self, rules: Publication) -> Playbook:
        """Return what a version that was published measures leads by."""
        ruleset = DynamoRuleSets(self._config, self.tenant_id).version(rules.id, rules.version)
        assert ruleset is not None
        return Playbook(Rulebook(ruleset))

    def begin(self, job_id: str) -> None:
        """Send the message that begins a job once more, at once."""
        step = JobStep(tenant_id=self.tenant_id, job_id=job_id)
        client("sqs").send_message(
            QueueUrl=self.stack.queues["rescore"], MessageBody=step.model_dump_json()
        )


def view(visitor: str, path: str, at: datetime) -> dict[str, Any]:
    """Return a page view."""
    url = f"https://www.example-shop.com{path}"
    return {
        "type": "page",
        "anonymousId": visitor,
        "messageId": uuid.uuid4().hex,
        "timestamp": at.isoformat(),
        "context": {"page": {"url": url, "path": path}},
    }


def load(customer: Customer, leads: int) -> None:
    """Make so many leads over the track API, and wait until all are there."""
    now = datetime.now(UTC)
    events = [
        view(f"visitor{number}", path, now - timedelta(days=day, minutes=number % 600))
        for number in range(leads)
        for day, path in enumerate(PAGES)
    ]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(customer.track, batched(events, BATCH, strict=False)))
    deadline = time.monotonic() + LOAD_SECONDS
    while depths(customer.stack)["events"] or customer.lists.count() < leads:
        assert time.monotonic() < deadline, "not all leads came"
        time.sleep(1)


class Flow:
    """Events that go on: visitors who were there before, and every fifth one new."""

    def __init__(self, customer: Customer, leads: int, rules: Publication) -> None:
        self._customer, self._leads, self._rules = customer, leads, rules
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._go_on)
        self.flowed = self.reached = 0
        self.wrong: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._end.wait(FLOW_SECONDS):
            self.flowed += 1
            new = self.flowed % 5 == 0
            who = f"new{self.flowed}" if new else f"visitor{self.flowed * 7919 % self._leads}"
            at = datetime.now(UTC)
            self._customer.track([view(who, "/pricing", at)])
            if self.flowed % LOOKED_AT in (0, 1):
                self._look(who, to_instant(at))

    def _look(self, who: str, at: Instant) -> None:
        """Look at the lead of an event as soon as it has it."""
        deadline = time.monotonic() + EVENT_SECONDS
        while time.monotonic() < deadline:
            lead = self._customer.lead(who)
            if lead is not None and (last_seen(lead) or 0) >= at:
                self.reached += 1
                if not is_by(lead, self._rules):
                    self.wrong.append(f"an event was scored by {lead.score.ruleset_version}")
                return
            time.sleep(0.05)
        self.wrong.append(f"an event did not arrive within {EVENT_SECONDS} s")


def is_by(lead: Lead, rules: Publication) -> bool:
    """Return whether a lead is scored by a version."""
    return (lead.score.ruleset_id, lead.score.ruleset_version) == (rules.id, rules.version)


def publish(customer: Customer, *, points: int = 3) -> tuple[Publication, str]:
    """Make and publish a rule set; return its version and the job."""
    rules = [RULES[0] | {"points": points}, *RULES[1:]]
    made = customer.call("POST", "/v1/scoring/rulesets", {"name": "New", "rules": rules})
    job = customer.call("POST", f"/v1/scoring/rulesets/{made['id']}/publish")
    again = customer.call("GET", f"/v1/scoring/rulesets/{made['id']}")
    version = Publication(id=made["id"], version=again["published_version"], at=0)
    return version, job["job_id"]


def watch(
    customer: Customer, job_id: str, rules: Publication, leads: int, *, kill: bool = False
) -> Watched:
    """Follow a job to its end, and look now and then whether what it says is so; ``kill`` its
    worker once on the way."""
    watched = Watched([], [], [], [])
    began = time.monotonic()
    looks = iter([leads * (n + 1) // (LOOKS + 1) for n in range(LOOKS)])
    due = next(looks, None)
    while True:
        said = customer.call("GET", f"/v1/jobs/{job_id}")
        seen = Polled(time.monotonic() - began, *(said[name] for name in Polled._fields[1:]))
        watched.wrong.extend(_goes_back(watched.polled, seen))
        watched.polled.append(seen)
        if seen.status not in ("queued", "running"):
            return watched
        if due is not None and seen.processed >= due:
            due = next(looks, None)
            if kill and not watched.killed and end_one("RescoreF"):
                watched.killed.append(seen.processed)
            found = sum(is_by(lead, rules) for lead in customer.leads(seen.processed))
            watched.looked.append((seen.processed, found))
            if found != seen.processed:
                watched.wrong.append(f"{seen.processed} said, {found} done")
        if seen.at > JOB_SECONDS:
            watched.wrong.append("the job did not come to its end")
            return watched
        time.sleep(POLL_SECONDS)


def _goes_back(polled: Sequence[Polled], seen: Polled) -> Iterator[str]:
    if seen.failed:
        yield f"{seen.failed} failed"
    if seen.total is not None and seen.processed > seen.total:
        yield f"{seen.processed} of {seen.total}"
    if not polled:
        return
    last = polled[-1]
    order = ("queued", "running", "succeeded")
    if seen.status not in order or order.index(seen.status) < order.index(last.status):
        yield f"{seen.status} after {last.status}"
    if seen.processed < last.processed:
        yield f"{seen.processed} after {last.processed}"


def judged(customer: Customer, rules: Publication) -> Iterator[str]:
    """Yield what is wrong with the leads now that all is done."""
    tenant = customer.tenant()
    book = customer.book(rules)
    given = {rule.id for rule in book.rules.ruleset.rules}
    for lead in customer.leads():
        if not is_by(lead, rules):
            yield f"a lead kept version {lead.score.ruleset_version}"
        if not {each.rule_id for each in lead.score.contributions} <= given:
            yield "a score has points of another version"
        profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
        anew, *_ = measured(lead, profile, tenant=tenant, book=book, now=lead.committed_at)
        if anew != lead.score:
            yield f"a score of {lead.score.raw} is {anew.raw} when it is worked out anew"


def end_one(function: str) -> bool:
    """Kill a process that a function runs in; say whether there was one."""
    for pid in workers(function):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def publish_over(customer: Customer, before: str) -> tuple[Publication, str]:
    """Publish another rule set as soon as a job has begun; return its version and its job."""
    deadline = time.monotonic() + JOB_SECONDS
    while not (told := customer.call("GET", f"/v1/jobs/{before}"))["processed"]:
        assert told["status"] in ("queued", "running"), told
        assert time.monotonic() < deadline, "the first job did not begin"
        time.sleep(POLL_SECONDS / 5)
    return publish(customer, points=5)


def run(leads: int, *, hurry: bool = False, kill: bool = False, again: bool = False) -> Outcome:
    """Load, publish, watch the job, and return what was seen.

    Who is in a ``hurry`` begins the job before all that was read under the old rules must have been
    written. With ``kill`` the job's worker dies on the way, with ``again`` other rules are
    published as soon as the job has begun; then the second job is watched.
    """
    with closing(Customer(running_stack())) as customer:
        began = time.monotonic()
        load(customer, leads)
        loaded = time.monotonic()
        rules, job_id = publish(customer)
        first = job_id
        if again:
            customer.begin(job_id)
            rules, job_id = publish_over(customer, job_id)
        with Flow(customer, leads, rules) as flow:
            if hurry:
                time.sleep(HURRY_SECONDS)
                customer.begin(job_id)
            watched = watch(customer, job_id, rules, leads, kill=kill)
        wait_until_quiet(customer)
        wrong = [*watched.wrong, *flow.wrong, *judged(customer, rules)]
        if customer.call("GET", f"/v1/jobs/{first}")["status"] not in ENDED:
            wrong.append("the first job goes on")
        if customer.lists.count() != leads + flow.flowed // 5:
            wrong.append("there are not as many leads as visitors")
        waited = next(seen.at for seen in watched.polled if seen.status != "queued")
        return Outcome(
            leads=customer.lists.count(),
            load_seconds=loaded - began,
            settle_seconds=waited,
            job_seconds=watched.polled[-1].at - waited,
            polled=watched.polled,
            looked=watched.looked,
            flowed=flow.flowed,
            killed=watched.killed,
            reached=flow.reached,
            wrong=wrong,
        )


def wait_until_quiet(customer: Customer) -> None:
    """Return when no event is under way."""
    deadline = time.monotonic() + EVENT_SECONDS
    while depths(customer.stack)["events"]:
        assert time.monotonic() < deadline, "events did not arrive"
        time.sleep(POLL_SECONDS)


def main() -> int:
    """Print what was seen; 1 when anything of it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.publish", description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--hurry", action="store_true", help="do not wait 45 s")
    parser.add_argument("--kill", action="store_true", help="kill the job's worker once")
    parser.add_argument("--again", action="store_true", help="publish twice")
    wanted = parser.parse_args()
    outcome = run(wanted.leads, hurry=wanted.hurry, kill=wanted.kill, again=wanted.again)
    print("\n".join(outcome.lines()))
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
