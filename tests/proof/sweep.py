"""Breaks each single call of the story in each way, and looks at what comes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from tests.fakes.clock import Clock
from tests.proof.cloud import Cloud, Snapshot
from tests.proof.mishaps import KINDS, Kind
from tests.proof.state import (
    EventName,
    Holdings,
    Reporter,
    balance,
    told_problems,
    waiting_changes,
    waiting_events,
)
from tests.proof.story import HOST, START, STORY, Narrator

FIRST = START + timedelta(days=4)
BETWEEN = timedelta(hours=6)  # longer than anything of one request lasts
TO_THE_END = 23  # every so manieth broken run goes on to the end of the story


@dataclass
class Move:
    """A request of the story, or one thing that follows from it, and all there was before."""

    chapter: int
    is_request: bool
    calls: int
    before: Snapshot
    accepted: frozenset[EventName]
    reporter: Reporter


class Chapter(NamedTuple):
    """What the account has come to when all is quiet after a request."""

    state: dict[str, list[str]]
    rejected: int


class Sweep:
    """The story told once without any fault, ready to be told again from any call on."""

    def __init__(self) -> None:
        self.cloud = Cloud(cold=True, clock=Clock(FIRST))
        self.moves: list[Move] = []
        self.chapters: list[Chapter] = []
        self.runs = 0
        with self.cloud.installed():
            self.tenant = self.cloud.tenant("one", 1)
            self.cloud.listen(self.tenant.tenant_id, HOST, alert=True)
            self.narrator = Narrator(self.cloud, self.tenant)
            self.reporter = Reporter(self.cloud)
            for number, tell in enumerate(STORY):
                self._record(number, is_request=True, move=partial(self._tell, number))
                while self._record(number, is_request=False, move=self.cloud.step):
                    pass
                problems = self.problems()
                assert not problems, (tell.__name__, problems)
                holdings = Holdings(self.cloud)
                state = holdings.state(self.tenant.tenant_id)
                self.chapters.append(Chapter(state, self.narrator.rejected))

    @property
    def calls(self) -> int:
        """How many calls the story makes."""
        return sum(move.calls for move in self.moves)

    def _tell(self, chapter: int) -> bool:
        self.cloud.clock.now = FIRST + chapter * BETWEEN
        STORY[chapter](self.narrator)
        return True

    def _record(self, chapter: int, *, is_request: bool, move: Callable[[], bool]) -> bool:
        before, accepted = self.cloud.snapshot(), frozenset(self.narrator.accepted)
        reporter = self.reporter.copy()
        made = self.cloud.calls.made
        moved = move()
        self.reporter.follow()
        calls = self.cloud.calls.made - made
        if calls:
            self.moves.append(Move(chapter, is_request, calls, before, accepted, reporter))
        return moved

    def broken(self, chapter: int) -> Iterator[tuple[str, list[str]]]:
        """Yield each run of a chapter with one fault in it, and what is wrong with its outcome."""
        for move in self.moves:
            if move.chapter == chapter:
                for number in range(1, move.calls + 1):
                    for kind in KINDS:
                        yield self._run(move, number, kind)

    def _run(self, move: Move, number: int, kind: Kind) -> tuple[str, list[str]]:
        self.runs += 1
        cloud, name = self.cloud, STORY[move.chapter].__name__
        cloud.restore(move.before)
        self.narrator = Narrator(cloud, self.tenant, set(move.accepted))
        self.reporter = move.reporter.copy()
        struck = cloud.calls.struck
        cloud.calls.strike_at(number, kind)
        if move.is_request:
            self._tell(move.chapter)
        else:
            cloud.step()
        cloud.drain()
        last = len(STORY) if self.runs % TO_THE_END == 0 else move.chapter + 1
        problems = [] if cloud.calls.struck == struck + 1 else ["nothing was broken"]
        for chapter in range(move.chapter, last):
            if chapter > move.chapter:
                self._tell(chapter)
                cloud.drain()
            self.reporter.follow()
            problems += self.problems()
            problems += self._differences(chapter)
        return f"{name}, call {number} of a function, {kind}", problems

    def _differences(self, chapter: int) -> list[str]:
        state = Holdings(self.cloud).state(self.tenant.tenant_id)
        wanted = self.chapters[chapter].state
        return [
            f"{STORY[chapter].__name__}: {name} differ: {sorted(set(state[name]) ^ set(texts))}"
            for name, texts in wanted.items()
            if state[name] != texts
        ]

    def problems(self) -> list[str]:
        """Return what is wrong with the account now that all is quiet."""
        cloud, tenant_id = self.cloud, self.tenant.tenant_id
        holdings = Holdings(cloud)
        applied = [
            (event.message_id, event.fingerprint) for _, _, event in holdings.days(tenant_id)
        ]
        rows = holdings.failed(tenant_id)
        found = balance(self.narrator.accepted, applied, waiting_events(rows))
        problems = [f"left on queues: {cloud.left()}"] if cloud.left() else []
        problems += [f"lost: {found.lost}"] if found.lost else []
        problems += [f"twice: {found.twice}"] if found.twice else []
        waiting = waiting_changes(rows)
        problems += told_problems(cloud, self.reporter, {HOST: tenant_id}, waiting=waiting)
        problems += [
            f"not delivered: {delivery}"
            for delivery in holdings.deliveries(tenant_id)
            if delivery.status != "delivered"
        ]
        hot = [f for f in self.reporter.facts[tenant_id].values() if f.tier == "hot"]
        alerts = [post for post in cloud.receiver.got if post.webhook_id is None]
        if len(alerts) < len(hot):
            problems.append(f"{len(hot)} crossings into hot, {len(alerts)} alerts")
        return problems
