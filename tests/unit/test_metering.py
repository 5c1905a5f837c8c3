"""Keys' use is counted without a write for each request, and never in the way of one."""

from collections import Counter
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.key_usage import DynamoKeyUsage
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import TransientError
from leadsignal.models.instants import to_instant
from leadsignal.models.keys import KeyMarks
from leadsignal.models.tenants import Principal
from leadsignal.runtime import metering
from leadsignal.runtime.metering import Meter, Visit
from tests.fakes.clock import NOW, Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import tenant
from tests.fakes.faults import Calls

LEADS = "GET /v1/leads"
DAY = NOW.date().isoformat()


def who(key_id: str = "Kx7Qm2Rt9LpZ", name: str = "one") -> Principal:
    return Principal(tenant=tenant(name), key_id=key_id, kind="sk", env="live")


class World:
    """A meter on the real store, its calls counted."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.clock = Clock()
        self.table = Table(FakeDynamoDB.from_template(self.calls).client, "CacheTable")
        self.meter = Meter(self.usage, now=self.clock.read)

    def usage(self, tenant_id: str = "ten_one") -> DynamoKeyUsage:
        return DynamoKeyUsage(self.table, tenant_id)

    @property
    def writes(self) -> int:
        return self.calls.log.count("UpdateItem")

    def use(self, times: int = 1, status: int = 200, key_id: str = "Kx7Qm2Rt9LpZ") -> None:
        for _ in range(times):
            self.meter.count(Visit(who(key_id), LEADS), status)

    def counted(self, key_id: str = "Kx7Qm2Rt9LpZ") -> dict[str, dict[str, int]]:
        days = self.usage().days(key_id, 100, first="2000-01-01", before="3000-01-01")
        return {day: dict(counts) for day, counts in days}

    def last_used(self, key_id: str = "Kx7Qm2Rt9LpZ") -> int | None:
        return self.usage().marks([key_id]).get(key_id, KeyMarks()).last_used_at


def test_the_first_use_is_written_at_once() -> None:
    world = World()
    world.use()
    assert world.counted() == {DAY: {f"{LEADS} 2xx": 1}}
    assert world.last_used() == to_instant(NOW)


def test_a_thousand_requests_a_second_are_two_writes_a_minute() -> None:
    world = World()
    world.use()
    assert world.writes == 2
    for _ in range(59):
        world.clock.move(seconds=1)
        world.use(1_000)
    assert world.writes == 2
    world.clock.move(seconds=1)
    world.use(1_000)
    assert world.writes == 4
    assert world.counted() == {DAY: {f"{LEADS} 2xx": 59_002}}
    assert world.last_used() == to_instant(world.clock.now)


def test_routes_and_classes_of_status_are_counted_apart() -> None:
    world = World()
    for route, status in ((LEADS, 200), (LEADS, 404), (LEADS, 429), ("POST /v1/track", 200)):
        world.meter.count(Visit(who(), route), status)
    world.clock.move(minutes=1)
    world.meter.count(Visit(who()), 503)
    assert world.counted() == {
        DAY: {f"{LEADS} 2xx": 1, f"{LEADS} 4xx": 2, "POST /v1/track 2xx": 1, "(none) 5xx": 1}
    }


def test_a_request_that_nobody_stands_behind_does_not_count() -> None:
    world = World()
    world.meter.count(Visit(route=LEADS), 401)
    assert world.writes == 0


def test_each_use_counts_on_its_own_day() -> None:
    world = World()
    world.clock.now = NOW.replace(hour=23, minute=59, second=30)
    world.use(3)
    world.clock.move(seconds=31)
    world.use(2)
    world.clock.move(seconds=29)
    world.use()
    assert world.counted() == {DAY: {f"{LEADS} 2xx": 3}, "2026-01-16": {f"{LEADS} 2xx": 3}}


def test_what_waits_is_written_when_another_key_is_used() -> None:
    world = World()
    world.use(3, key_id="A" * 12)
    world.use(key_id="B" * 12)
    world.clock.move(minutes=1)
    assert world.counted("A" * 12) == {DAY: {f"{LEADS} 2xx": 1}}
    world.use(key_id="B" * 12)
    world.use(key_id="B" * 12)
    assert world.counted("A" * 12) == {DAY: {f"{LEADS} 2xx": 3}}


def test_one_request_writes_for_one_key() -> None:
    world = World()
    for key_id in ("A" * 12, "B" * 12, "C" * 12):
        world.use(2, key_id=key_id)
    world.clock.move(minutes=2)
    before = world.writes
    world.use(key_id="A" * 12)
    assert world.writes == before + 2


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metering, "MAX_TALLIES", 3)
    world = World()
    for number in range(10):
        world.use(2, key_id=f"{number:012d}")
    assert len(world.meter._tallies) <= 4
    world.clock.move(minutes=2)
    for _ in range(10):
        world.use()
    world.clock.move(minutes=2)
    world.use(3)
    assert list(world.meter._tallies) == ["Kx7Qm2Rt9LpZ"]


class Failing(DynamoKeyUsage):
    """A store that throttles as often as it is told to."""

    left = 0

    def _fail(self) -> None:
        if Failing.left:
            Failing.left -= 1
            raise TransientError("throttled")

    def add(self, key_id: str, day: str, counts: Mapping[str, int]) -> None:
        self._fail()
        super().add(key_id, day, counts)

    def mark_exposed(self, key_id: str, at: int) -> None:
        self._fail()
        super().mark_exposed(key_id, at)


def test_when_nothing_can_be_written_counts_wait_and_requests_do_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    meter = Meter(lambda tenant_id: Failing(world.table, tenant_id), now=world.clock.read)
    Failing.left = 1
    for _ in range(3):
        meter.count(Visit(who(), LEADS), 200)
    assert world.writes == 0
    assert "the use of a key could not be kept" in caplog.text
    world.clock.move(minutes=1)
    meter.count(Visit(who(), LEADS), 200)
    assert world.counted() == {DAY: {f"{LEADS} 2xx": 4}}


def test_a_key_in_a_url_is_marked_once() -> None:
    world = World()
    meter = Meter(lambda tenant_id: Failing(world.table, tenant_id), now=world.clock.read)
    Failing.left = 1
    for _ in range(4):
        meter.expose(who())
        world.clock.move(minutes=1)
    assert world.writes == 1
    marked = world.usage().marks(["Kx7Qm2Rt9LpZ"])["Kx7Qm2Rt9LpZ"]
    assert marked.exposed_at == to_instant(NOW) + 60_000


def test_tenants_are_counted_apart() -> None:
    world = World()
    world.meter.count(Visit(who("A" * 12, "one"), LEADS), 200)
    world.meter.count(Visit(who("B" * 12, "two"), LEADS), 200)
    assert world.counted("B" * 12) == {}
    assert world.usage("ten_two").marks(["A" * 12, "B" * 12]).keys() == {"B" * 12}


USES = st.lists(
    st.tuples(st.sampled_from(["A" * 12, "B" * 12, "C" * 12]), st.integers(0, 90), st.booleans()),
    max_size=60,
)


@given(uses=USES)
def test_no_use_is_lost_and_none_is_counted_twice_while_the_process_lives(
    uses: Sequence[tuple[str, int, bool]],
) -> None:
    world = World()
    meter = Meter(lambda tenant_id: Failing(world.table, tenant_id), now=world.clock.read)
    used: Counter[str] = Counter()
    for key_id, seconds, fails in uses:
        world.clock.move(seconds=seconds)
        Failing.left = int(fails)
        meter.count(Visit(who(key_id), LEADS), 200)
        used[key_id] += 1
    Failing.left = 0
    for _ in range(4):
        world.clock.move(minutes=1)
        for key_id in used:
            meter.count(Visit(who(key_id), LEADS), 200)
            used[key_id] += 1
    for key_id, number in used.items():
        assert sum(sum(day.values()) for day in world.counted(key_id).values()) == number
