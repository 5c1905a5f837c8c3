"""Whatever happens to look-ups, and in whatever order: no credit is lost, made or spent twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from leadsignal.domain.credits import HOLD_MS
from leadsignal.errors import NoCreditsError, TransientError
from leadsignal.models.credits import Reservation
from tests.fakes.credits import CreditWorld, owner
from tests.fakes.faults import KilledError

type Mishap = Literal["none", "fail", "fail after", "kill", "kill after", "repeat", "meanwhile"]

MISHAPS = st.sampled_from(
    ["none", "none", "fail", "fail after", "kill", "kill after", "repeat", "meanwhile"]
)
PRICES = st.integers(1, 9)
KEYS = st.sampled_from([None, "key_1", "key_2"])
PLACES = st.integers(0, 40)
BUDGET = 20


class Lookups(RuleBasedStateMachine):
    """Look-ups of one tenant: some of their functions die, others work at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = CreditWorld()
        self.made: list[Reservation] = []

    @initialize(monthly=st.integers(0, 60), daily=st.none() | st.integers(10, 50))
    def begin(self, monthly: int, daily: int | None) -> None:
        self.world.tenant = owner(monthly_credits=monthly, daily_credits=daily)

    def _mishap(self, mishap: Mishap, at: int) -> None:
        calls = self.world.calls
        if mishap.startswith("fail"):
            calls.fail(at=at, after=mishap.endswith("after"))
        elif mishap.startswith("kill"):
            calls.kill(at=at, after=mishap.endswith("after"))
        elif mishap == "repeat":
            calls.repeat(at=1, operation="TransactWriteItems")
        elif mishap == "meanwhile":
            calls.interrupt(self._meanwhile, at=1, operation="TransactWriteItems")

    def _meanwhile(self) -> None:
        """Let another worker make a look-up, and settle what this one is about to."""
        with self.world.alone():
            if self.made:
                self.world.charge(self.made[-1])
            with suppress(NoCreditsError):
                self.made.append(self.world.reserve(f"meanwhile{len(self.made)}", 2))

    def _end(self) -> None:
        self.world.calls.stop()

    @rule(price=PRICES, key=KEYS, mishap=MISHAPS, at=st.integers(1, 3))
    def reserve(self, price: int, key: str | None, mishap: Mishap, at: int) -> None:
        self._mishap(mishap, at)
        name, budget = f"r{len(self.made)}", BUDGET if key else None
        with suppress(NoCreditsError, TransientError, KilledError):
            self.made.append(self.world.reserve(name, price, key_id=key, daily_credits=budget))
        self._end()

    @rule(place=PLACES, part=st.floats(0, 1), mishap=MISHAPS, at=st.integers(1, 3))
    def charge(self, place: int, part: float, mishap: Mishap, at: int) -> None:
        if not self.made:
            return
        held = self.made[place % len(self.made)]
        self._mishap(mishap, at)
        with suppress(TransientError, KilledError):
            charged = self.world.charge(held, max(1, round(held.credits * part)))
            assert 0 <= charged <= held.credits
        self._end()

    @rule(
        place=PLACES,
        outcome=st.sampled_from(["miss", "failure"]),
        mishap=MISHAPS,
        at=st.integers(1, 3),
    )
    def refund(
        self, place: int, outcome: Literal["miss", "failure"], mishap: Mishap, at: int
    ) -> None:
        if not self.made:
            return
        self._mishap(mishap, at)
        with suppress(TransientError, KilledError):
            self.world.refund(self.made[place % len(self.made)], outcome)
        self._end()

    @rule(number=st.integers(1, 20))
    def grant(self, number: int) -> None:
        self.world.grant(number)

    @rule(seconds=st.sampled_from([1, HOLD_MS // 1000, 86_400, 31 * 86_400, -1]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.move(seconds=seconds)

    @invariant()
    def nothing_is_lost_made_or_spent_twice(self) -> None:
        self.world.audit()
        moved: dict[str, Counter[str]] = {}
        for entry in self.world.ledger():
            if entry.reservation_id:
                counts = moved.setdefault(entry.reservation_id, Counter())
                counts[entry.kind] += entry.credits
                counts[f"{entry.kind}s"] += 1
        for counts in moved.values():
            assert counts["charges"] <= 1
            assert counts["charge"] + counts["refund"] <= counts["reserve"]

    def teardown(self) -> None:
        """What nobody settles goes back in the end."""
        self.world.clock.move(seconds=2 * HOLD_MS // 1000)
        for _ in range(10):
            self.world.grant(1)
        assert self.world.account.reserved == 0
        self.world.audit()


TestLookups = Lookups.TestCase
TestLookups.settings = settings(max_examples=60, stateful_step_count=30)


def test_of_a_hundred_reservations_at_once_just_as_many_succeed_as_there_are_credits() -> None:
    world = CreditWorld(owner(monthly_credits=60))

    def buy(number: int) -> bool:
        for _ in range(50):
            try:
                world.spend(f"a{number}")
            except NoCreditsError:
                return False
            except TransientError:
                continue
            return True
        raise AssertionError("others kept spending for ever")

    with ThreadPoolExecutor(max_workers=16) as workers:
        bought = sum(workers.map(buy, range(100)))
    assert bought == 60
    assert (world.account.balance, world.account.charged) == (0, 60)
    world.audit()
