"""A soak: many events of many tenants through the real handlers while calls fail all the time.

    python -m tests.proof.soak [--events 200000] [--tenants 20] [--seed 1] [--processes 2]

Workers interleave at calls, messages come shuffled and more than once, reads lag, a share of all
calls fails in any of five ways. Then the faults end, everything drains, what was given up is
replayed, and each invariant is asserted of each tenant. Ends with a table and, when one is
violated, with status 1.
"""

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from math import floor
from multiprocessing import get_context
from random import Random
from typing import Any, NamedTuple

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.due import due_of
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.models.events import Event, EventsMessage
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.outbound import AlertRecord
from leadsignal.models.tenants import Tenant
from leadsignal.services.commit import is_ready, measured
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.rules import MOVING, pricing, within
from tests.proof.cast import START, Cast, Request, owner_of_nobody
from tests.proof.cloud import ALL_TYPES, CLIENT_TRIES, CONSUMERS, Cloud
from tests.proof.mishaps import Mishaps
from tests.proof.state import (
    GAP,
    Holdings,
    Reporter,
    balance,
    differences,
    markers,
    read_blob,
    tenant_of,
    told_problems,
    waiting_events,
)

FAULTS = 0.05
PAUSES = 0.02  # how often another worker runs in the middle of one
REPEATS = 0.03  # how often a queue or the stream hands over again what was done
PARTLY = 0.02  # how often the bus, and a batch at storage, is about to take a part only
BACKLOG = 60
KEPT_CHANGES = 4_000  # of the stream, for who reads a stretch of it again
REPLAYED = ("apply_failed", "enrichment_failed", "announce_failed", "delivery_failed") + (
    "alert_failed",
    "job_failed",
)
SHOWN = 3  # problems of one kind
MERGES = 5  # pairs of leads of each tenant that are merged and taken apart

type Say = Callable[[str], None]


class Plan(NamedTuple):
    """What one process is to do."""

    tenants: tuple[int, ...]
    events: int
    seed: int
    faults: float = FAULTS


@dataclass
class Outcome:
    """What came of it: counts, and what is wrong by invariant."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    checked: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, other: "Outcome") -> None:
        """Add what another process found."""
        self.counts += other.counts
        self.checked += other.checked
        for name, found in other.problems.items():
            self.problems[name] += found
        for name, seconds in other.seconds.items():
            self.seconds[name] = max(seconds, self.seconds.get(name, 0))


class Sent(NamedTuple):
    """What the queue of events took: of one tenant, every event with how it came."""

    events: dict[tuple[str, str], Event]
    messages: list[EventsMessage]


class Soak:
    """Some tenants in one process."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.say = say
        self.random = Random(f"soak {plan.seed} {plan.tenants}")
        self.outcome = Outcome()
        self.calls = Mishaps()
        self.cloud = Cloud(calls=self.calls, clock=Clock(START - timedelta(hours=1)))
        self.reporter = Reporter(self.cloud)
        self.tenants: dict[int, CreatedTenant] = {}
        self.casts: dict[int, Cast] = {}
        self.verdicts: dict[str, set[str]] = defaultdict(set)
        self.sent: dict[str, Sent] = defaultdict(lambda: Sent({}, []))
        self.given_up: dict[str, set[tuple[str, str]]] = {}
        self.rulesets: dict[str, str] = {}
        self.announcing = False
        self.began = time.monotonic()

    # ──── the run ────

    def run(self) -> Outcome:
        """Do all of it and return what came of it."""
        with self.cloud.installed():
            requests = list(self._prepare())
            self._publish()
            self._watch()
            self.cloud.db.settle()
            with self._timed("under faults"):
                self._storm(requests)
            with self._timed("drained and replayed"):
                self._calm()
            holdings = Holdings(self.cloud)
            with self._timed("checked"):
                self._check(holdings)
        with self._timed("one by one, without faults"):
            self._check_order(holdings)
        with self.cloud.installed(), self._timed("merged and undone"):
            self._check_merges()
        return self.outcome

    def _timed(self, name: str) -> "_Timed":
        return _Timed(self, name)

    def _prepare(self) -> Iterator[tuple[Request, int]]:
        """Make the tenants and return all requests, in the order of their sending."""
        all_requests: list[tuple[Request, int]] = []
        for number in self.plan.tenants:
            env = "test" if number % 10 == 9 else "live"
            tenant = self.cloud.tenant(f"tenant {number}", number, env=env)
            types = ALL_TYPES if number % 3 == 0 else ALL_TYPES[2:3] + ALL_TYPES[5:]
            self.cloud.listen(tenant.tenant_id, f"t{number:02d}.test", types=types, alert=True)
            cast = Cast(number, self.plan.seed, contradicts=env == "live")
            self.tenants[number], self.casts[number] = tenant, cast
            share = self.plan.events // len(self.plan.tenants)
            requests = cast.requests(share)
            all_requests += [(request, number) for request in requests]
            self.outcome.counts["events sent"] += sum(len(r.items) for r in requests)
        self.outcome.counts["requests"] = len(all_requests)
        yield from sorted(all_requests, key=lambda request: request[0].at)

    def _watch(self) -> None:
        """Look at every message that is received and at every line that is logged."""
        receive = self.cloud.poller.receive_message
        number_of = {tenant.tenant_id: number for number, tenant in self.tenants.items()}

        def watched(**request: Any) -> Any:
            answer = receive(**request)
            for message in answer.get("Messages", []):
                if message["Attributes"]["ApproximateReceiveCount"] == "1":
                    self._received(request["QueueUrl"], message["Body"], number_of)
            return answer

        self.cloud.poller.receive_message = watched  # type: ignore[method-assign]
        self.cloud.on_printed = self._printed

    def _received(self, url: str, body: str, number_of: dict[str, int]) -> None:
        self.outcome.checked["I5 tenant closure"] += 1
        told = [t for t in number_of if t in body]
        foreign = markers(body) - {number_of[tenant_id] for tenant_id in told}
        if foreign or (len(told) != 1 and "StreamDlq" not in url):
            self._wrong("I5 tenant closure", f"a message of {told} on {url} holds {foreign}")
        if url.endswith("/EventsQueue"):
            message = EventsMessage.model_validate_json(body)
            sent = self.sent[message.tenant_id]
            for event in message.events:
                name = (event.message_id, event.fingerprint)
                known = sent.events.get(name)
                if known is None or event.received_at < known.received_at:
                    sent.events[name] = event
            if message.rejected:
                sent.messages.append(message.model_copy(update={"events": ()}))

    def _printed(self, function: str, text: str) -> None:
        self.outcome.counts["log lines"] += text.count("\n")
        self.outcome.checked["I5 tenant closure"] += 1
        if found := markers(text):
            self._wrong("I5 tenant closure", f"a line of {function} holds {found}: {text[:300]}")

    def _storm(self, requests: Sequence[tuple[Request, int]]) -> None:
        """Send all requests while workers work, calls fail and reads lag."""
        self.calls.strike_any(self.plan.faults, random=self.random)
        self.calls.pause = self._pause
        last = time.monotonic()
        for done, (request, number) in enumerate(requests, start=1):
            self.calls.lagging = self.random.random() < 0.2
            self._send(request, number)
            if done == len(requests) // 2:
                self._publish()
            while self._backlog() > BACKLOG or self.random.random() < 0.6:
                self._turn()
            if time.monotonic() - last > 5:
                last = time.monotonic()
                self._progress(done, len(requests))
            if done % 200 == 0:
                self._follow()
        while self._backlog() > 0 and self._turn():
            pass

    def _publish(self) -> None:
        """Let every second tenant publish rules that fade and slide."""
        for number, tenant in self.tenants.items():
            if number % 2:
                self.rulesets[tenant.tenant_id] = published(
                    self.cloud, tenant, self.rulesets.get(tenant.tenant_id)
                )
        self.cloud.db.settle()  # no read is as late as a job begins

    def _backlog(self) -> int:
        queues = self.cloud.sqs._queues
        now = self.cloud.clock.instant
        return sum(m.visible_at <= now for name in CONSUMERS for m in queues[name].messages)

    def _send(self, request: Request, number: int) -> None:
        clock = self.cloud.clock
        clock.now = max(clock.now, request.at)
        tenant = self.tenants[number]
        key = tenant.write_key if request.key == "write" else tenant.secret_key
        body: dict[str, Any] = {"batch": request.items}
        if self.random.random() < 0.5:
            slow = timedelta(milliseconds=self.random.randint(0, 3_000))
            body["sentAt"] = (clock.now - slow).isoformat(timespec="milliseconds")
        status, answer = self.cloud.request("POST", "/v1/batch", key, body)
        if status != 200:
            self._wrong("I1 no loss", f"a request was answered {status}: {answer}")
            return
        for verdict in answer["results"]:
            self.outcome.counts[verdict["status"]] += 1
            if verdict["status"] == "accepted":
                self.verdicts[tenant.tenant_id].add(verdict["messageId"])

    def _turn(self) -> bool:
        """Let some worker do something; False when there was nothing to do for it."""
        if self.random.random() < PARTLY:
            self.cloud.bus.refuse_next(1)
            self.cloud.db.leave_unprocessed(1, share=0.5)
        queues = [name for name, queue in self.cloud.sqs._queues.items() if queue.messages]
        self.random.shuffle(queues)
        again = self.random.random() < REPEATS
        if not self.announcing and (not queues or self.random.random() < 0.2):
            return self._announce(again=again)
        for queue in queues:
            if queue == "RescoreQueue":  # as above
                self.cloud.db.settle()
            self.random.shuffle(self.cloud.sqs._queues[queue].messages)
            if self.cloud.work(queue, forgets=again):
                return True
        return False

    def _announce(self, *, again: bool) -> bool:
        """Let announce read on; a stream is read by one invocation at a time."""
        self.announcing = True
        try:
            if again and not self.cloud.stretches:
                self.cloud.consumed = max(0, self.cloud.consumed - self.random.randint(1, 20))
            return self.cloud.announce(limit=self.random.choice((1, 5, 20, 100)))
        finally:
            self.announcing = False

    def _pause(self) -> None:
        """Another worker may run between two calls of one."""
        if 0 < self.cloud.running < 3 and self.random.random() < PAUSES:
            self.outcome.counts["workers in the middle of another"] += 1
            self._turn()

    def _follow(self) -> None:
        """Check the new changes of the tables and forget those that nobody will read again."""
        self.reporter.follow()
        for name in ("LeadTable", "ActivityTable", "ConfigTable", "CacheTable"):
            changes = self.cloud.db._tables[name].changes
            read = self.reporter.read.get(name, len(changes))
            end = min(read, self.cloud.consumed) if name == "LeadTable" else read
            for number in range(max(0, end - 3 * KEPT_CHANGES), end - KEPT_CHANGES):
                changes[number] = changes[number]._replace(before=None, after=None)

    def _progress(self, done: int, of: int) -> None:
        seconds = time.monotonic() - self.began
        accepted = self.outcome.counts["accepted"]
        left = ", ".join(f"{name} {size}" for name, size in self.cloud.left().items())
        self.say(
            f"{done / of:4.0%}  {accepted:>7,} accepted  {self.cloud.invocations:>8,} invocations"
            f"  {self.calls.made:>9,} calls  {self.calls.struck:>7,} broken"
            f"  {accepted / seconds:5.0f}/s  waiting: {left or 'nothing'}"
        )

    def _calm(self) -> None:
        """End the faults, drain, replay what was given up, drain again."""
        self.outcome.counts["calls under faults"] = self.calls.made
        self.outcome.counts["calls broken"] = self.calls.struck
        self.calls.strike_any(0, random=self.random)
        self.calls.pause, self.calls.lagging = None, False
        self.cloud.bus._refused.clear()
        self.cloud.db.leave_unprocessed(0)
        self.cloud.db.settle()
        left = sum(self.cloud.left().values())
        steps = self._drain(left)
        holdings = Holdings(self.cloud)
        for tenant in self.tenants.values():
            applied, rows = _applied(holdings, tenant.tenant_id), holdings.failed(tenant.tenant_id)
            kept = set(applied) | set(waiting_events(rows))
            lost = self.sent[tenant.tenant_id].events.keys() - kept
            if lost:
                self._wrong("I1 no loss", f"{tenant.tenant_id}, before any replay: {lost}")
            for row in rows:
                self.outcome.counts[f"failed events: {row.code}"] += 1
            self.given_up[tenant.tenant_id] = set(waiting_events(rows))
            self._replay(tenant)
        steps += self._drain(self.outcome.counts["replayed"])
        self.outcome.counts["steps to quiet"] = steps

    def _drain(self, messages: int) -> int:
        """Work until all is quiet: in a number of steps that follows from what there is to do."""
        changes = len(self.cloud.db._tables["LeadTable"].changes) - self.cloud.consumed
        bound = 1_000 + 60 * (messages + changes)
        self.outcome.checked["I12 quiescence"] += 1
        try:
            return self.cloud.drain(most=bound)
        except AssertionError as error:
            self._wrong("I12 quiescence", f"{error}: {self.cloud.left()}")
            return bound

    def _replay(self, tenant: CreatedTenant) -> None:
        for code in REPLAYED:
            cursor: dict[str, str] = {}
            while True:
                status, answer = self.cloud.request(
                    "POST", "/v1/failed-events/replay", tenant.secret_key, {"code": code} | cursor
                )
                if status != 202:
                    self._wrong("I1 no loss", f"a replay was answered {status}: {answer}")
                    break
                self.outcome.counts["replayed"] += answer["replayed"]
                if not answer.get("next_cursor"):
                    break
                cursor = {"cursor": answer["next_cursor"]}

    # ──── what must hold ────

    def _wrong(self, invariant: str, problem: str) -> None:
        self.outcome.problems[invariant].append(problem)

    def _check(self, holdings: Holdings) -> None:
        self._follow()
        for name in ("I6 monotonic versions", "I4 outbox completeness"):
            self.outcome.checked[name] = sum(map(len, self.reporter.sequences.values()))
        for problem in self.reporter.problems:
            self._wrong("I6 monotonic versions", problem)
        self.reporter.problems.clear()
        hosts = {f"t{number:02d}.test": t.tenant_id for number, t in self.tenants.items()}
        for problem in told_problems(self.cloud, self.reporter, hosts):
            self._wrong("I4 outbox completeness", problem)
        if left := self.cloud.left():
            self._wrong("I12 quiescence", f"left on queues: {left}")
        for number, tenant in self.tenants.items():
            self._check_events(holdings, tenant.tenant_id)
            self._check_leads(holdings, tenant.tenant_id, self.casts[number])
            self._check_sent_out(holdings, tenant.tenant_id, number)
        self._check_items()

    def _check_events(self, holdings: Holdings, tenant_id: str) -> None:
        """I1: every accepted event is applied once, or waits in quarantine once, never both."""
        sent = self.sent[tenant_id].events
        applied = _applied(holdings, tenant_id)
        waiting = waiting_events(holdings.failed(tenant_id))
        found = balance(sent, applied, waiting)
        self.outcome.checked["I1 no loss"] += len(sent)
        self.outcome.counts["distinct events"] += len(sent)
        self.outcome.counts["applied"] += len(applied)
        self.outcome.counts["in quarantine"] += len(waiting)
        if found.lost or found.twice or len(applied) + len(waiting) != len(sent):
            problem = f"{tenant_id}: lost {found.lost}, twice {found.twice}, sent {len(sent)}"
            self._wrong("I1 no loss", f"{problem}, {len(applied)} + {len(waiting)}")
        if unheard := self.verdicts[tenant_id] - {message_id for message_id, _ in sent}:
            self._wrong("I1 no loss", f"accepted, but on no queue: {unheard}")

    def _check_leads(self, holdings: Holdings, tenant_id: str, cast: Cast) -> None:
        leads = holdings.leads(tenant_id)
        home: dict[str, set[str]] = defaultdict(set)
        for lead in leads:
            for identifier in profile_of(lead, gap_ms=GAP, country=None).identifiers:
                owner = cast.owner_of[identifier.kind, identifier.value]
                found = owner_of_nobody(identifier.value) if lead.nobody else owner
                home[found].add(lead.lead_id)
        by_id = {lead.lead_id: lead for lead in leads}
        for owner, deeds in cast.deeds.items():
            self._check_person(owner, deeds, cast.bots[owner], home[owner], by_id)
        inhabited = {lead_id for owner in home for lead_id in home[owner]}
        if strangers := by_id.keys() - inhabited:
            self._wrong("I2 no double effect", f"{tenant_id}: leads of nobody known: {strangers}")
        tenant, book = holdings.tenant(tenant_id), holdings.book(tenant_id)
        for lead in leads:
            self._check_score(lead, tenant, book)
            self._check_merge(lead, cast)
        self._check_entries(holdings, tenant_id, leads)

    def _check_person(
        self, owner: str, deeds: set[str], bots: set[str], home: set[str], leads: dict[str, Lead]
    ) -> None:
        """I2: one lead for each person, that counts exactly what the person did."""
        if not deeds and not bots:
            return
        self.outcome.checked["I2 no double effect"] += 1
        counted = [
            (profile.event_count, profile.bot_count)
            for lead_id in home
            for profile in (profile_of(leads[lead_id], gap_ms=GAP, country=None),)
        ]
        if counted != [(len(deeds), len(bots))]:
            wanted = (len(deeds), len(bots))
            self._wrong("I2 no double effect", f"{owner}: {counted} for {wanted} in {home}")

    def _check_score(self, lead: Lead, tenant: Tenant, book: Playbook) -> None:
        """I9: the score is the clamp of the sum of what is listed; it and the segments follow from
        the lead and what is published, as of when it was written."""
        self.outcome.checked["I9 score explained"] += 1
        by_group: dict[str, float] = defaultdict(float)
        for each in lead.score.contributions:
            by_group[each.group] += each.decayed_points
        total = 0.0
        for name, points in by_group.items():
            bounds = book.rules.ruleset.groups.get(name)
            cap = bounds.cap if bounds and bounds.cap is not None else points
            least = bounds.floor if bounds and bounds.floor is not None else min(points, cap)
            total += max(min(points, cap), least)
        said = floor(min(max(total, 0), 100) + 0.5)
        profile = profile_of(lead, gap_ms=GAP, country=None)
        at = lead.committed_at
        again, entries, fields = measured(lead, profile, tenant=tenant, book=book, now=at)
        if profile.is_bot:  # in no list, so by the rules of when a crawler came last: it has none
            rules = ("ruleset_id", "ruleset_version")
            again = again.model_copy(update={name: getattr(lead.score, name) for name in rules})
        if not is_ready(lead, book.rules) or lead.score.score != said or again != lead.score:
            self._wrong("I9 score explained", f"{lead.lead_id}: {lead.score}, {said}, {again}")
        if entries.segments != lead.entries.segments:
            problem = f"{lead.lead_id} is in {lead.entries}, not in {entries}"
            self._wrong("I9 score explained", problem)
        if fields is not None:
            self._check_due(lead, fields, book)

    def _check_due(self, lead: Lead, fields: LeadFields, book: Playbook) -> None:
        """I14: whatever changes of the lead by time alone, somebody comes by then."""
        told, at = lead.fact_tier, lead.committed_at
        due = due_of(fields, lead.score, book, told=told, stored=None, now=at)
        self.outcome.checked["I14 never late"] += 1
        if due is not None and (lead.due is None or lead.due > due):
            self._wrong("I14 never late", f"{lead.lead_id}: {lead.due}, not {due}")

    def _check_entries(self, holdings: Holdings, tenant_id: str, leads: Sequence[Lead]) -> None:
        """I13: each list has an entry of each lead that says it is in it, and no other."""
        store = holdings.stores(tenant_id).leads
        said = {key for lead in leads for key in store._entries(lead.lead_id, lead.entries)}
        there = set(holdings.entries(tenant_id))
        self.outcome.checked["I13 lists complete"] += len(leads)
        self.outcome.counts["entries in lists"] += len(there)
        if said != there:
            problem = f"{tenant_id}: missing {said - there}, too much {there - said}"
            self._wrong("I13 lists complete", problem)

    def _check_merge(self, lead: Lead, cast: Cast) -> None:
        """I11: no lead holds the names of two people."""
        self.outcome.checked["I11 merge safety"] += 1
        names = [
            (identifier.kind, identifier.value)
            for identifier in profile_of(lead, gap_ms=GAP, country=None).identifiers
            if identifier.kind in ("user_id", "crm_id", "email")
        ]
        people = {cast.owner_of[name] for name in names}
        if len(people) > 1:
            self._wrong("I11 merge safety", f"{lead.lead_id} is {people}: {names}")

    def _check_sent_out(self, holdings: Holdings, tenant_id: str, number: int) -> None:
        """I4: every delivery and every alert came to an end. I5: each about the tenant's leads."""
        for delivery in holdings.deliveries(tenant_id):
            self.outcome.counts["deliveries"] += 1
            self.outcome.counts["attempts"] += len(delivery.attempts)
            if delivery.status != "delivered":
                self._wrong("I4 outbox completeness", f"not delivered: {delivery}")
        sent = {
            item["sk"]: AlertRecord.model_validate_json(item["data"])
            for item in holdings.items("ActivityTable", tenant_id)
            if "#ALERTED#" in item["pk"] and not item["sk"].startswith("LEAD#")
        }
        hot = {i for i, due in self.reporter.facts[tenant_id].items() if due.tier == "hot"}
        self.outcome.counts["alerts"] += len(sent)
        for fact_id in hot:
            if fact_id not in sent or sent[fact_id].status not in ("sent", "skipped"):
                self._wrong("I4 outbox completeness", f"no alert for {fact_id}")
        known = set(holdings.slots(tenant_id))
        for post in self.cloud.receiver.got:
            if post.host == f"t{number:02d}.test":
                self.outcome.checked["I5 tenant closure"] += 1
                if markers(post.body.decode()) or _lead_id(post.body) not in known:
                    self._wrong("I5 tenant closure", f"{post}")

    def _check_items(self) -> None:
        """I5: no item of a tenant holds anything of another one."""
        numbers = {tenant.tenant_id: number for number, tenant in self.tenants.items()}
        for table in ("LeadTable", "ActivityTable", "ConfigTable", "CacheTable"):
            for item in self.cloud.db.items(table):
                self.outcome.checked["I5 tenant closure"] += 1
                tenant_id = tenant_of(item["pk"]["S"])
                allowed = {numbers[tenant_id]} if tenant_id else set()
                for typed in item.values():
                    [(kind, value)] = typed.items()
                    text = read_blob(value) if kind == "B" else str(value)
                    if markers(text) - allowed:
                        self._wrong("I5 tenant closure", f"{item['pk']} holds {markers(text)}")

    def _check_order(self, holdings: Holdings) -> None:
        """I3: the same as when the events come once, in order, one by one, and all is well."""
        clean = Cloud(clock=Clock(START + timedelta(days=365)))
        with clean.installed():
            self._settle_down(clean)
            for number, tenant in self.tenants.items():
                self._as_replayed(holdings, tenant.tenant_id)
                self._play(clean, tenant.tenant_id, "test" if number % 10 == 9 else "live")
            while clean.work("EnrichQueue"):
                pass
        other = Holdings(clean)
        at = to_instant(self.cloud.clock.now)
        for tenant in self.tenants.values():
            state, wanted = (
                each.state(
                    tenant.tenant_id,
                    in_any_order=True,
                    leads=each.measured(tenant.tenant_id, at, holdings.book(tenant.tenant_id)),
                )
                for each in (holdings, other)
            )
            for part in (state, wanted):
                part["failed"] = [t for t in part["failed"] if not any(c in t for c in REPLAYED)]
            for name, texts in wanted.items():
                self.outcome.checked["I3 order independence"] += len(texts)
                if state[name] != texts:
                    found = differences(state[name], texts)
                    self._wrong("I3 order independence", f"{tenant.tenant_id}: {name}: {found}")

    def _settle_down(self, clean: Cloud) -> None:
        """Make the same tenants in another account, with the rules that they have now."""
        made = {
            n: clean.tenant(f"tenant {n}", n, env="test" if n % 10 == 9 else "live")
            for n in self.tenants
        }
        for number, tenant in made.items():
            if number % 2:
                published(clean, tenant, published(clean, tenant, None))

    def _as_replayed(self, holdings: Holdings, tenant_id: str) -> None:
        """Let events that were given up count from the copy that was replayed.

        Of several copies that all were given up the quarantine keeps one, not always the first.
        """
        sent = self.sent[tenant_id]
        for _, _, event in holdings.days(tenant_id):
            name = (event.message_id, event.fingerprint)
            if name in self.given_up[tenant_id]:
                times = {"at": event.at, "received_at": event.received_at}
                sent.events[name] = sent.events[name].model_copy(update=times)

    def _play(self, clean: Cloud, tenant_id: str, env: Any) -> None:
        sent = self.sent[tenant_id]
        events = sorted(sent.events.values(), key=lambda event: (event.at, event.message_id))
        last = time.monotonic()
        url = clean.sqs.url("EventsQueue")
        head = EventsMessage(tenant_id=tenant_id, key_id="key", env=env)
        bodies = (
            head.model_copy(update={"events": (event,)}).model_dump_json(exclude_defaults=True)
            for event in events
        )
        refused = (message.model_dump_json() for message in sent.messages)
        for number, body in enumerate((*refused, *bodies)):
            clean.poller.send_message(QueueUrl=url, MessageBody=body)
            clean.work("EventsQueue")
            if number % 50 == 0:
                clean.work("EnrichQueue")
            for table in clean.db._tables.values():
                table.changes.clear()
            if time.monotonic() - last > 5:
                last = time.monotonic()
                self.say(f"one by one: {tenant_id[-3:]}, {number:,} of {len(events):,}")
        if left := clean.sqs.bodies("EventsQueue"):
            self._wrong("I3 order independence", f"not applied without faults: {left[:2]}")

    def _check_merges(self) -> None:
        """I11: two leads merged and taken apart again are what they were."""
        self.cloud.on_printed = None
        at = to_instant(self.cloud.clock.now)
        for tenant in self.tenants.values():
            before = self._state_now(tenant.tenant_id, at)
            leads = sorted(
                lead.lead_id
                for lead in Holdings(self.cloud).leads(tenant.tenant_id)
                if not lead.nobody and not lead.peers
            )
            pairs = self.random.sample(leads, min(2 * MERGES, len(leads) // 2 * 2))
            for one, other in zip(pairs[::2], pairs[1::2], strict=True):
                self.outcome.checked["I11 merge safety"] += 1
                asked = {"survivor_id": one, "merged_id": other}
                status, merged = self.cloud.request("POST", "/v1/merges", tenant.secret_key, asked)
                if status == 201:
                    path = f"/v1/merges/{merged['id']}/undo"
                    status, _ = self.cloud.request("POST", path, tenant.secret_key)
                if status != 200:
                    self._wrong("I11 merge safety", f"{one} and {other}: {status} {merged}")
            self.cloud.drain()
            after = self._state_now(tenant.tenant_id, at)
            for name, texts in before.items():
                if after[name] != texts:
                    found = differences(after[name], texts)
                    self._wrong("I11 merge safety", f"{tenant.tenant_id}: {name}: {found}")

    def _state_now(self, tenant_id: str, at: Instant) -> dict[str, list[str]]:
        """Return what a client can see, the scores those of one instant."""
        holdings = Holdings(self.cloud)
        leads = holdings.measured(tenant_id, at, holdings.book(tenant_id))
        return holdings.state(tenant_id, leads=leads)


class _Timed:
    """Measures a part of a run and says that it begins."""

    def __init__(self, soak: Soak, name: str) -> None:
        self._soak, self._name = soak, name

    def __enter__(self) -> None:
        self._soak.say(f"{self._name} …")
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._soak.outcome.seconds[self._name] = time.monotonic() - self._began


def published(cloud: Cloud, tenant: CreatedTenant, ruleset_id: str | None) -> str:
    """Publish rules that fade and slide, other ones when there are some already; return the id of
    their set. What somebody else changed meanwhile, or an attempt that broke off, is done again."""
    key, rules = tenant.secret_key, []
    for number, rule in enumerate(MOVING):
        said = {name: value for name, value in rule.items() if value != "condition"}
        rules.append(said | {"id": f"r{number}", "name": f"Rule {number}"})
    path = "/v1/scoring/rulesets"
    if ruleset_id is None:
        status, answer = cloud.request("POST", path, key, {"name": "Moving", "rules": rules})
        ruleset_id = str(answer["id"])
        sort_leads(cloud, tenant)
    else:
        changed = {"rules": [*rules[1:], rules[0] | {"points": 8}]}
        status, answer = cloud.request("PATCH", f"{path}/{ruleset_id}", key, changed)
    assert status in (200, 201), answer
    for _ in range(CLIENT_TRIES):
        status, answer = cloud.request("POST", f"{path}/{ruleset_id}/publish", key)
        if status == 202:
            return ruleset_id
        assert status == 409, answer
    raise AssertionError(f"never published: {answer}")


def sort_leads(cloud: Cloud, tenant: CreatedTenant) -> None:
    """Define a segment by what was done of late, and one by that and the score."""
    lately = pricing("gte", 1, days=3, time_zone="Europe/Amsterdam")
    status, keen = cloud.request(
        "POST", "/v1/segments", tenant.secret_key, {"name": "Keen", "condition": lately}
    )
    assert status == 201, keen
    both = {"all": [within(keen["id"]), {"field": "score", "op": "gte", "value": 40}]}
    status, close = cloud.request(
        "POST", "/v1/segments", tenant.secret_key, {"name": "Close", "condition": both}
    )
    assert status == 201, close


def _applied(holdings: Holdings, tenant_id: str) -> list[tuple[str, str]]:
    return [(event.message_id, event.fingerprint) for _, _, event in holdings.days(tenant_id)]


def _lead_id(body: bytes) -> str:
    return body.decode().partition('"lead_id":"')[2].partition('"')[0]


def soak_of(plan: Plan, *, quiet: bool = False) -> Outcome:
    """Run one process's part."""
    names = f"tenants {plan.tenants[0]:>2}–{plan.tenants[-1]:<2}"

    def say(text: str) -> None:
        if not quiet:
            print(f"{names}  {text}", file=sys.__stdout__, flush=True)

    return Soak(plan, say).run()


INVARIANTS = {
    "I1 no loss": "accepted = applied + quarantined, by messageId and content",
    "I2 no double effect": "one lead a person, counting the set of what the person did",
    "I3 order independence": "same state as in order, one by one, without faults",
    "I4 outbox completeness": "each fact told once per id, no gaps; deliveries and alerts ended",
    "I5 tenant closure": "no marker of another tenant in items, messages, logs, deliveries",
    "I6 monotonic versions": "every write of an item is its next version",
    "I9 score explained": "score = clamp(sum of contributions) = computed anew",
    "I11 merge safety": "no lead with two people's names; undo(merge) = never merged",
    "I12 quiescence": "all drained in bounded steps once faults end",
    "I13 lists complete": "an entry for each segment and value that a lead has, and no other",
    "I14 never late": "a lead is due by the instant at which it changes by itself",
}


def report(outcome: Outcome, seconds: float) -> Iterator[str]:
    """Yield the lines of the closing table."""
    yield ""
    for name in sorted(outcome.counts):
        yield f"  {name:<36} {outcome.counts[name]:>12,}"
    for name, part in outcome.seconds.items():
        yield f"  seconds {name:<28} {part:>12,.0f}"
    yield f"  {'seconds in all':<36} {seconds:>12,.0f}"
    yield ""
    yield f"| {'invariant':<24} | {'checked':>11} | violations |"
    yield f"| {'-' * 24} | {'-' * 10}: | ---------: |"
    for name in INVARIANTS:
        found = outcome.problems.get(name, [])
        yield f"| {name:<24} | {outcome.checked[name]:>11,} | {len(found):>10,} |"
    for name, found in outcome.problems.items():
        for problem in found[:SHOWN]:
            yield f"\n{name}: {problem[:2_000]}"


def run(events: int, *, tenants: int, seed: int, processes: int, faults: float = FAULTS) -> Outcome:
    """Divide the tenants among processes and return what came of all of them."""
    plans = [
        Plan(
            tuple(range(tenants))[part::processes],
            events * len(range(tenants)[part::processes]) // tenants,
            seed,
            faults,
        )
        for part in range(processes)
    ]
    if processes == 1:
        return soak_of(plans[0])
    outcome = Outcome()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for each in pool.map(soak_of, plans):
            outcome.add(each)
    return outcome


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.soak")
    parser.add_argument("--events", type=int, default=200_000, help="copies included")
    parser.add_argument("--tenants", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--faults", type=float, default=FAULTS, help="share of calls that fail")
    asked = parser.parse_args(arguments)
    print(f"{asked.events:,} events, {asked.tenants} tenants, seed {asked.seed}, ", end="")
    print(f"{asked.faults:.0%} of all calls fail", flush=True)
    began = time.monotonic()
    outcome = run(
        asked.events,
        tenants=asked.tenants,
        seed=asked.seed,
        processes=asked.processes,
        faults=asked.faults,
    )
    print(*report(outcome, time.monotonic() - began), sep="\n")
    violations = sum(map(len, outcome.problems.values()))
    print(f"\nseed {asked.seed}: {violations} violations")
    broken = len(outcome.problems)
    print(f"{len(INVARIANTS) - broken} passed, {broken} failed")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
