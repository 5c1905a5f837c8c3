"""Breakers: who fails is left alone, by all workers, and comes back by one call at a time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from leadsignal.adapters.dynamodb.providers import DynamoBreakers
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain import breaker as policy
from leadsignal.errors import LeadSignalError, ProviderError, ProviderFailure, TransientError
from leadsignal.models.enrichment import Answer, Lookup, LookupKind
from leadsignal.models.providers import Breaker, Provider
from leadsignal.services.breakers import (
    FRESH_MS,
    PATIENT_MS,
    PROBE_MARGIN_MS,
    Breakers,
    BreakingSource,
    breaker_name,
)
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls

DOMAIN = Lookup(kind="domain", value="initech.com")
PROVIDER = Provider(id="prv_1", version=3, name="Mine", kind="apollo")
NAME = breaker_name(PROVIDER)
TIMEOUT_MS = 2_000


class Scripted:
    """A provider that does as it is told, and counts who asks."""

    kinds: frozenset[LookupKind] = frozenset({"domain"})

    def __init__(self) -> None:
        self.error: LeadSignalError | None = None
        self.calls = 0
        self.timeouts: list[int] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def fail(self, reason: ProviderFailure = "error", retry_after: int | None = None) -> None:
        self.error = ProviderError(reason, retry_after_seconds=retry_after)

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        self.calls += 1
        self.timeouts.append(timeout_ms)
        self.meanwhile()
        if self.error is not None:
            raise self.error
        return Answer()


class World:
    """Several workers, one table, one clock, one provider."""

    def __init__(self, workers: int = 1, *, share: float = 0.0) -> None:
        self.clock = Clock()
        self.calls = Calls()
        self.table = Table(FakeDynamoDB.from_template(self.calls).client, "CacheTable")
        self.provider = Scripted()
        self.share = share
        self.workers = [self.worker() for _ in range(workers)]

    @property
    def store(self) -> DynamoBreakers:
        return DynamoBreakers(self.table, "ten_1")

    def worker(self, provider: Provider = PROVIDER) -> BreakingSource:
        breakers = Breakers(self.store, now=self.clock.read, share=lambda: self.share)
        return BreakingSource(self.provider, provider, breakers, now=self.clock.read)

    def ask(self, worker: int = 0, timeout_ms: int = TIMEOUT_MS) -> ProviderError | None:
        try:
            self.workers[worker].ask(DOMAIN, timeout_ms=timeout_ms)
        except ProviderError as error:
            return error
        return None

    def open(self) -> None:
        self.provider.fail()
        for _ in range(policy.THRESHOLD):
            assert self.ask()

    @property
    def breaker(self) -> Breaker:
        return self.store.get(NAME) or Breaker()

    @property
    def state(self) -> str:
        return policy.state(self.breaker, self.clock.instant)

    def storage(self) -> int:
        return self.calls.made


def test_as_long_as_all_is_well_nothing_is_written_and_little_is_read() -> None:
    world = World()
    for _ in range(50):
        assert world.ask() is None
        world.clock.move(milliseconds=100)
    assert world.storage() == 1
    assert world.store.all() == {}


def test_a_failure_and_what_follows_it_are_one_write_each() -> None:
    world = World()
    world.provider.fail()
    world.ask()
    world.provider.error = None
    world.ask()
    before = world.storage()
    for _ in range(9):
        world.ask()
    assert world.storage() == before == 3  # a read, a failure, an answer


def test_five_failures_in_a_row_open_it_and_then_nobody_calls() -> None:
    world = World(2)
    world.open()
    assert world.state == "open"
    world.provider.error = None
    for worker in (0, 1):
        error = world.ask(worker)
        assert error is not None
        assert (error.reason, error.retry_after_seconds) == ("unreachable", 30)
    assert world.provider.calls == 5
    before = world.storage()
    for _ in range(9):
        world.ask()
    assert world.storage() == before


def test_four_failures_and_an_answer_begin_anew() -> None:
    world = World()
    for _ in range(3):
        world.provider.fail()
        for _ in range(policy.THRESHOLD - 1):
            world.ask()
        world.provider.error = None
        world.ask()
    assert world.state == "closed"
    assert world.breaker.failures == 0


def test_failures_far_apart_are_not_in_a_row() -> None:
    world = World()
    world.provider.fail()
    for _ in range(9):
        world.ask()
        world.clock.move(minutes=6)
    assert world.provider.calls == 9


def test_failures_of_several_workers_add_up() -> None:
    world = World(5)
    for worker in range(5):
        world.ask(worker)
    world.provider.fail()
    for worker in range(5):
        world.ask(worker)
    assert world.state == "open"


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_it_stays_open_twice_as_long_each_time_up_to_ten_minutes(share: float) -> None:
    world = World(share=share)
    world.open()
    waits = []
    for _ in range(8):
        retry_at = world.breaker.retry_at
        assert retry_at is not None
        wait = retry_at - world.clock.instant
        waits.append(round(wait / (1 + policy.JITTER * share)))
        world.clock.move(milliseconds=wait - 1)
        assert world.ask() is not None
        calls = world.provider.calls
        world.clock.move(milliseconds=1)
        assert world.ask() is not None
        assert world.provider.calls == calls + 1
    assert waits == [30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]


def test_an_answer_to_the_probe_closes_it_for_all_workers() -> None:
    world = World(2)
    world.open()
    world.ask(1)
    world.clock.move(seconds=30)
    world.provider.error = None
    assert world.ask() is None
    assert world.state == "closed"
    world.clock.move(milliseconds=1)
    assert world.ask(1) is None
    world.open()
    assert (world.breaker.opened, world.breaker.failures) == (1, 5)


def test_one_probe_at_a_time_is_made_and_the_others_wait_for_it() -> None:
    world = World(3)
    world.open()
    world.clock.move(seconds=30)
    refused: list[ProviderError | None] = []
    world.provider.meanwhile = lambda: refused.extend([world.ask(1), world.ask(2)])
    assert world.ask() is not None
    assert world.provider.calls == 6
    assert [error.reason for error in refused if error] == ["unreachable"] * 2


def test_a_probe_that_another_worker_claims_at_the_same_instant_is_left_to_it() -> None:
    world = World(2)
    world.open()
    world.clock.move(seconds=30)
    other = world.workers[1]._breakers  # noqa: SLF001 - it claims, and is not through yet
    world.calls.interrupt(lambda: other.admit(NAME, lease_ms=500), at=1, operation="PutItem")
    error = world.ask()
    assert error is not None
    assert (error.reason, world.provider.calls) == ("unreachable", 5)


def test_many_threads_that_come_at_once_make_one_probe() -> None:
    world = World(1)
    world.open()
    world.clock.move(seconds=30)
    world.workers = [world.worker() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(world.ask, range(12)))
    assert world.provider.calls == 6


def test_a_probe_that_never_ended_is_made_anew_after_its_time() -> None:
    world = World(2)
    world.open()
    world.clock.move(seconds=30)

    def die() -> None:
        raise KeyboardInterrupt

    world.provider.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        world.ask()
    world.provider.meanwhile = lambda: None
    world.provider.error = None
    error = world.ask(1)
    assert error is not None
    assert error.retry_after_seconds == (TIMEOUT_MS + PROBE_MARGIN_MS) // 1_000
    world.clock.move(milliseconds=TIMEOUT_MS + PROBE_MARGIN_MS)
    assert world.ask(1) is None
    assert world.state == "closed"


@pytest.mark.parametrize("ended", [None, "error", "refused"])
def test_a_call_from_before_it_opened_says_nothing_any_more(ended: ProviderFailure | None) -> None:
    world = World()

    def open_meanwhile() -> None:
        world.provider.meanwhile = lambda: None
        world.open()
        world.provider.error = ProviderError(ended) if ended else None

    world.provider.meanwhile = open_meanwhile
    world.ask()
    breaker = world.breaker
    assert (breaker.failures, breaker.opened, world.state) == (5, 1, "open")
    assert breaker.retry_at == world.clock.instant + policy.OPEN_MS


@pytest.mark.parametrize(
    ("reason", "retry_after", "wait_seconds"),
    [
        ("refused", None, 600),
        ("refused", 5, 600),
        ("throttled", 90, 90),
        ("throttled", 5, 30),
        ("throttled", 100_000, 3_600),
        ("error", 90, 90),
    ],
)
def test_who_refuses_or_asks_for_a_pause_is_left_alone_at_once(
    reason: ProviderFailure, retry_after: int | None, wait_seconds: int
) -> None:
    world = World()
    world.provider.fail(reason, retry_after)
    world.ask()
    assert world.breaker.retry_at == world.clock.instant + wait_seconds * 1_000
    assert world.breaker.last_error == reason


def test_who_keeps_refusing_is_left_alone_up_to_an_hour() -> None:
    world = World()
    world.provider.fail("refused")
    waits = []
    for _ in range(5):
        world.ask()
        retry_at = world.breaker.retry_at
        assert retry_at is not None
        waits.append((retry_at - world.clock.instant) // 60_000)
        world.clock.move(milliseconds=retry_at - world.clock.instant)
    assert waits == [10, 20, 40, 60, 60]


@pytest.mark.parametrize("reason", ["timeout", "throttled", "invalid", "unreachable", "error"])
def test_each_kind_of_failure_counts(reason: ProviderFailure) -> None:
    world = World()
    world.provider.fail(reason)
    for _ in range(9):
        world.ask()
    assert world.provider.calls == 5


def test_whoever_still_works_on_an_answer_is_well() -> None:
    world = World()
    world.open()
    world.clock.move(seconds=30)
    world.provider.fail("pending")
    for _ in range(9):
        error = world.ask()
        assert error is not None
        assert error.reason == "pending"
    assert world.state == "closed"


def test_a_secret_that_could_not_be_read_says_nothing_of_the_provider() -> None:
    world = World()
    world.provider.error = TransientError("the secrets could not be reached")
    for _ in range(9):
        error = world.ask()
        assert error is not None
        assert error.reason == "unreachable"
    assert (world.provider.calls, world.state) == (9, "closed")


def test_a_caller_in_a_hurry_opens_nothing() -> None:
    world = World()
    world.provider.fail("timeout")
    for _ in range(9):
        world.ask(timeout_ms=PATIENT_MS - 1)
    assert (world.provider.calls, world.state) == (9, "closed")
    for _ in range(5):
        world.ask(timeout_ms=PATIENT_MS)
    assert world.state == "open"


def test_the_time_of_a_short_provider_is_all_that_it_gets() -> None:
    world = World()
    world.workers = [world.worker(PROVIDER.model_copy(update={"timeout_ms": 300}))]
    world.provider.fail("timeout")
    for _ in range(5):
        world.ask(timeout_ms=300)
    assert world.state == "open"


def test_a_provider_that_was_changed_begins_anew() -> None:
    world = World()
    world.open()
    world.provider.error = None
    world.workers.append(world.worker(PROVIDER.model_copy(update={"version": 4})))
    assert world.ask(0) is not None
    assert world.ask(1) is None


def test_a_look_up_of_another_kind_asks_nobody() -> None:
    world = World()
    lookup = Lookup(kind="ip", value="192.0.2.1")
    assert world.workers[0].ask(lookup, timeout_ms=TIMEOUT_MS) == Answer()
    assert (world.provider.calls, world.storage()) == (0, 0)
    assert world.workers[0].kinds == world.provider.kinds


class Slow(DynamoBreakers):
    """Storage that takes its time."""

    def __init__(self, world: World, **by: float) -> None:
        super().__init__(world.table, "ten_1")
        self._clock = world.clock
        self._by = by

    def get(self, name: str, *, consistent: bool = False) -> Breaker | None:
        self._clock.move(**self._by)
        return super().get(name, consistent=consistent)


@pytest.mark.parametrize(("milliseconds", "left"), [(150, TIMEOUT_MS - 150), (2_500, None)])
def test_the_time_of_storage_comes_out_of_the_callers(milliseconds: int, left: int | None) -> None:
    world = World()
    breakers = Breakers(
        Slow(world, milliseconds=milliseconds), now=world.clock.read, share=lambda: 0.0
    )
    world.workers = [BreakingSource(world.provider, PROVIDER, breakers, now=world.clock.read)]
    error = world.ask()
    if left is None:
        assert error is not None
        assert (error.reason, world.provider.calls) == ("timeout", 0)
    else:
        assert world.provider.timeouts == [left]


@pytest.fixture
def broken() -> World:
    made = World()
    made.calls.throttle(at=1, times=1_000)
    return made


def test_where_storage_fails_memory_decides_and_storage_has_its_peace(broken: World) -> None:
    for _ in range(20):
        assert broken.ask() is None
    assert broken.storage() == 1
    broken.open()
    calls = broken.provider.calls
    assert broken.ask() is not None
    assert broken.provider.calls == calls
    broken.provider.error = None
    broken.clock.move(seconds=30)
    assert broken.ask() is None
    assert broken.ask() is None


def test_where_storage_fails_it_has_its_peace_of_other_providers_too(broken: World) -> None:
    breakers = Breakers(broken.store, now=broken.clock.read, share=lambda: 0.0)
    for number in range(5):
        provider = PROVIDER.model_copy(update={"id": f"prv_{number}"})
        source = BreakingSource(broken.provider, provider, breakers, now=broken.clock.read)
        source.ask(DOMAIN, timeout_ms=TIMEOUT_MS)
    assert (broken.provider.calls, broken.storage()) == (5, 1)


def test_what_storage_could_not_take_does_not_stop_the_call(broken: World) -> None:
    broken.provider.fail()
    for number in range(9):
        broken.ask()
        broken.clock.move(milliseconds=FRESH_MS + 1)
        assert broken.provider.calls == min(number + 1, 5)


def test_a_breaker_that_others_keep_changing_is_left_to_them() -> None:
    world = World()
    world.ask()
    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem", times=99)
    world.provider.fail()
    for _ in range(3):
        error = world.ask()
        assert error is not None
        assert error.reason == "error"


def test_a_probe_that_others_keep_taking_is_left_to_them() -> None:
    world = World()
    world.open()
    world.clock.move(seconds=30)
    world.calls.refuse("ConditionalCheckFailedException", at=1, operation="PutItem", times=99)
    error = world.ask()
    assert error is not None
    assert (error.reason, error.retry_after_seconds) == ("unreachable", 1)
    assert world.provider.calls == 5


OUTCOMES = st.sampled_from(["ok", "ok", "error", "error", "timeout", "invalid", "refused", "busy"])
LONGEST_MS = round(policy.MAX_REFUSED_MS * (1 + policy.JITTER))


class AnyCourse(RuleBasedStateMachine):
    """Three workers ask a provider that is well or not, one while another one still waits."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(3, share=0.3)
        self.probes = 0
        self.opened_at: int | None = None

    def one(self, worker: int, outcome: str, others: list[tuple[int, str]]) -> None:
        provider = self.world.provider

        def while_it_lasts() -> None:
            provider.meanwhile = lambda: None
            self.judge()
            probing = self.world.state == "half_open"
            self.probes += probing
            assert self.probes <= 1
            for other, its in others:
                self.one(other, its, [])
            self.probes -= probing
            provider.error = None
            if outcome == "busy":
                provider.fail("error", retry_after=45)
            elif outcome != "ok":
                provider.error = ProviderError(outcome)  # type: ignore[arg-type]

        provider.meanwhile = while_it_lasts
        self.world.ask(worker)
        provider.meanwhile = lambda: None
        if self.world.state != "open":
            self.opened_at = None
        elif self.opened_at is None:
            self.opened_at = self.world.clock.instant

    def judge(self) -> None:
        """A call is made: nobody who could know better makes one of an open breaker."""
        if self.world.state == "open":
            assert self.opened_at is not None
            assert self.world.clock.instant - self.opened_at < FRESH_MS

    @rule(
        worker=st.integers(0, 2),
        outcome=OUTCOMES,
        others=st.lists(st.tuples(st.integers(0, 2), OUTCOMES), max_size=3),
    )
    def ask(self, worker: int, outcome: str, others: list[tuple[int, str]]) -> None:
        self.one(worker, outcome, others)

    @rule(seconds=st.sampled_from([0.1, 1, 3, 6, 31, 61, 700, 5_000]))
    def wait(self, seconds: float) -> None:
        self.world.clock.move(seconds=seconds)

    @invariant()
    def a_closed_one_has_few_failures_and_an_open_one_an_end(self) -> None:
        breaker = self.world.breaker
        if self.world.state == "closed":
            assert breaker.failures < policy.THRESHOLD
        assert (breaker.retry_at or 0) - self.world.clock.instant <= LONGEST_MS

    def teardown(self) -> None:
        """Once the provider is well, everybody is answered after the longest wait."""
        self.world.clock.move(milliseconds=LONGEST_MS)
        self.world.provider.error = None
        self.world.provider.meanwhile = lambda: None
        for worker in range(3):
            assert self.world.ask(worker) is None
        assert self.world.state == "closed"


TestAnyCourse = AnyCourse.TestCase
TestAnyCourse.settings = settings(max_examples=40, stateful_step_count=30)
