"""Credits: reserved, charged or given back, each once, whatever is repeated, late or broken."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from leadsignal.adapters.dynamodb.stream import stored_change
from leadsignal.domain.credits import HOLD_MS, MAX_RELEASED
from leadsignal.errors import NoCreditsError, TransientError
from leadsignal.models.credits import Reservation
from leadsignal.models.facts import CreditsData, Fact
from leadsignal.models.instants import to_instant
from leadsignal.services import credits
from leadsignal.services.announce import facts_to_tell
from leadsignal.services.credits import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, PATIENCE_SECONDS
from tests.fakes.credits import ACME, CreditWorld, owner
from tests.fakes.lambda_side import stream_event

LATE = HOLD_MS // 1000 + 1


def kinds(world: CreditWorld) -> list[str]:
    return [entry.kind for entry in world.ledger()]


def refused(world: CreditWorld, name: str, price: int = 1, **changes: Any) -> str:
    with pytest.raises(NoCreditsError) as caught:
        world.reserve(name, price, **changes)
    return caught.value.limit


def test_a_hit_is_charged_and_what_was_too_much_goes_back() -> None:
    world = CreditWorld()
    reservation = world.reserve("a", 5)
    assert (world.account.balance, world.account.reserved) == (95, 5)
    assert world.charge(reservation, 3) == 3
    assert (world.account.balance, world.account.reserved, world.account.charged) == (97, 0, 3)
    assert kinds(world) == ["reset", "reserve", "charge", "refund"]
    world.audit()


@pytest.mark.parametrize("outcome", ["miss", "failure"])
def test_what_is_not_found_costs_nothing(outcome: Literal["miss", "failure"]) -> None:
    world = CreditWorld()
    world.refund(world.reserve("a", 5, key_id="key_1"), outcome)
    assert (world.account.balance, world.account.spent_today) == (100, 0)
    [(_, used)] = world.store.usage(10, first="", before="~")
    assert (used.key_id, used.lookups, used.credits) == ("key_1", 1, 0)
    assert (used.misses, used.failures) == ((1, 0) if outcome == "miss" else (0, 1))
    world.audit()


def test_a_reservation_is_made_once_however_often_it_is_tried() -> None:
    world = CreditWorld()
    assert world.reserve("a", 5) == world.reserve("a", 5)
    assert world.account.reserved == 5
    world.charge(world.reserve("a", 5))
    assert world.reserve("a", 5).state == "charged"
    assert world.account.charged == 5
    world.audit()


def test_settling_again_changes_nothing_and_the_first_way_stands() -> None:
    world = CreditWorld()
    paid, returned = world.reserve("a", 5), world.reserve("b", 7)
    for _ in range(2):
        assert world.charge(paid, 4) == 4
        world.refund(paid)
        world.refund(returned)
        assert world.charge(returned) == 0
    assert world.account.charged == 4
    assert kinds(world).count("charge") == 1
    assert kinds(world).count("refund") == 2  # one of them the rest of the charge
    world.audit()


def test_nothing_is_charged_that_was_never_reserved() -> None:
    world = CreditWorld()
    stranger = CreditWorld().reserve("a", 5)
    assert world.charge(stranger) == 0
    world.refund(stranger)
    assert world.account.charged == 0
    world.audit()


@pytest.mark.parametrize("number", [0, 6, -1])
def test_a_charge_is_within_what_was_reserved(number: int) -> None:
    world = CreditWorld()
    reservation = world.reserve("a", 5)
    with pytest.raises(ValueError, match="at least one credit"):
        world.charge(reservation, number)


def test_the_balance_never_goes_below_zero() -> None:
    world = CreditWorld(owner(monthly_credits=5))
    world.reserve("a", 3)
    assert refused(world, "b", 3) == "balance"
    world.reserve("c", 2)
    assert refused(world, "d") == "balance"
    assert world.account.balance == 0
    world.audit()


def test_a_key_has_its_budget_for_a_day() -> None:
    world = CreditWorld()
    world.spend("a", 3, key_id="key_1", daily_credits=5)
    assert refused(world, "b", 3, key_id="key_1", daily_credits=5) == "key_day"
    world.spend("c", 3, key_id="key_2", daily_credits=5)
    world.spend("d", 3)
    held = world.reserve("e", 2, key_id="key_1", daily_credits=5)
    assert refused(world, "f", key_id="key_1", daily_credits=5) == "key_day"
    world.refund(held)
    world.spend("g", 2, key_id="key_1", daily_credits=5)
    world.clock.move(days=1)
    world.spend("h", 5, key_id="key_1", daily_credits=5)
    world.audit()


def test_a_tenant_has_its_budget_for_a_day() -> None:
    world = CreditWorld(owner(daily_credits=5))
    world.spend("a", 3, key_id="key_1")
    assert refused(world, "b", 3) == "day"
    world.refund(world.reserve("c", 2))
    world.spend("d", 2)
    assert refused(world, "e") == "day"
    world.clock.move(days=1)
    world.spend("f", 5)
    world.audit()


def test_what_nobody_settles_goes_back_after_its_time() -> None:
    world = CreditWorld(owner(monthly_credits=5))
    world.reserve("a", 5, key_id="key_1", daily_credits=5)
    assert refused(world, "b") == "balance"
    world.clock.move(seconds=LATE)
    world.reserve("b", 5, key_id="key_1", daily_credits=5)
    assert [entry.expired for entry in world.ledger()] == [False, False, True, False]
    world.audit()


def test_a_reservation_that_is_settled_late_but_was_not_released_is_settled_as_ever() -> None:
    world = CreditWorld()
    reservation = world.reserve("a", 5)
    world.clock.move(seconds=LATE)
    assert world.charge(reservation) == 5
    assert kinds(world) == ["reset", "reserve", "charge"]
    world.audit()


def test_a_late_charge_of_what_was_released_is_taken_from_the_balance() -> None:
    world = CreditWorld()
    reservation = world.reserve("a", 5, key_id="key_1", daily_credits=6)
    world.clock.move(seconds=LATE)
    world.reserve("b", 6, key_id="key_1", daily_credits=6)
    assert world.charge(reservation) == 5
    assert world.charge(reservation) == 5
    assert (world.account.charged, world.account.reserved) == (5, 6)
    assert refused(world, "c", key_id="key_1", daily_credits=6) == "key_day"
    [(_, used)] = world.store.usage(10, first="", before="~")
    assert (used.lookups, used.hits, used.failures, used.credits) == (1, 1, 0, 5)
    world.audit()


@pytest.mark.parametrize(("left", "taken"), [(3, 3), (0, 0)])
def test_a_late_charge_that_finds_too_little_takes_that_and_says_the_rest(
    left: int, taken: int
) -> None:
    world = CreditWorld(owner(monthly_credits=5))
    reservation = world.reserve("a", 5)
    world.clock.move(seconds=LATE)
    world.spend("b", 5 - left)
    assert world.charge(reservation) == taken
    assert (world.account.balance, world.account.charged) == (0, 5)
    assert (world.ledger()[-1].credits, world.ledger()[-1].waived) == (taken, 5 - taken)
    world.audit()


def test_after_a_late_refund_nothing_is_charged_any_more() -> None:
    world = CreditWorld()
    reservation = world.reserve("a", 5)
    world.clock.move(seconds=LATE)
    world.spend("b")
    world.refund(reservation)
    assert world.charge(reservation) == 0
    assert world.account.charged == 1
    world.audit()


def test_a_movement_releases_a_bounded_number_and_the_next_ones_the_rest() -> None:
    world = CreditWorld()
    for number in range(MAX_RELEASED + 5):
        world.reserve(f"a{number}")
    world.clock.move(seconds=LATE)
    world.reserve("b")
    assert world.account.reserved == 6
    world.reserve("c")
    assert world.account.reserved == 2
    world.audit()


def test_who_needs_more_than_one_movement_releases_gets_it() -> None:
    world = CreditWorld(owner(monthly_credits=25))
    for number in range(25):
        world.reserve(f"a{number}")
    world.clock.move(seconds=LATE)
    assert world.spend("b", 25) == 25
    world.audit()


def test_a_new_month_begins_with_the_allowance_and_nothing_is_carried_over() -> None:
    world = CreditWorld()
    world.grant(50)
    world.spend("a", 120)
    world.clock.now = datetime(2026, 2, 1, tzinfo=UTC)
    world.tenant = owner(monthly_credits=40)
    assert refused(world, "b", 41) == "balance"
    world.spend("c", 40)
    account = world.account
    assert (account.month, account.allowance, account.granted) == ("2026-02", 40, 0)
    assert (account.balance, account.charged) == (0, 40)
    world.audit()


def test_what_is_reserved_over_the_end_of_a_month_counts_in_the_new_one() -> None:
    world = CreditWorld()
    world.clock.now = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    first, second = world.reserve("a", 30), world.reserve("b", 30)
    world.clock.move(seconds=2)
    world.reserve("c", 1)
    assert (world.account.month, world.account.balance) == ("2026-02", 39)
    world.charge(first)
    world.refund(second)
    assert (world.account.balance, world.account.charged) == (69, 30)
    world.audit()


def test_an_allowance_below_what_is_reserved_covers_just_that() -> None:
    world = CreditWorld()
    world.clock.now = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    first = world.reserve("a", 30)
    world.clock.move(seconds=2)
    world.tenant = owner(monthly_credits=10)
    assert refused(world, "b") == "balance"
    world.charge(first)
    assert (world.account.allowance, world.account.balance) == (30, 0)
    world.audit()


def test_a_clock_that_is_behind_takes_nobody_back_into_yesterday() -> None:
    world = CreditWorld(owner(daily_credits=5))
    world.clock.now = datetime(2026, 2, 1, tzinfo=UTC)
    world.spend("a", 4, key_id="key_1", daily_credits=5)
    world.clock.move(milliseconds=-5)
    assert refused(world, "b", 2) == "day"
    assert refused(world, "c", 2, key_id="key_1", daily_credits=5) == "key_day"
    world.spend("d")
    assert (world.account.month, world.account.balance) == ("2026-02", 95)
    world.audit()


def test_extra_credits_are_there_at_once() -> None:
    world = CreditWorld(owner(monthly_credits=0))
    assert refused(world, "a") == "balance"
    assert world.grant(7).balance == 7
    world.spend("a", 7)
    assert kinds(world) == ["reset", "grant", "reserve", "charge"]
    world.audit()


@pytest.mark.parametrize(
    ("monthly", "balance", "allowance"), [(200, 180, 200), (60, 40, 60), (10, 0, 20)]
)
def test_another_allowance_holds_at_once_but_takes_nothing_back(
    monthly: int, balance: int, allowance: int
) -> None:
    world = CreditWorld()
    world.spend("a", 15)
    world.reserve("b", 5)
    world.tenant = owner(monthly_credits=monthly)
    for _ in range(2):
        account = credits.reallow(cashier=world.cashier, now=world.clock.now)
        assert (account.balance, account.allowance) == (balance, allowance)
    assert kinds(world)[-1] == "reset"
    assert kinds(world).count("reset") == 2
    world.audit()


def test_a_look_up_that_costs_nothing_is_counted_beside() -> None:
    world = CreditWorld()
    world.spend("a", 2, key_id="key_1")
    for outcome in ("hit", "miss", "failure"):
        credits.count_free(
            outcome, provider=ACME, key_id="key_1", cashier=world.cashier, now=world.clock.now
        )
    [(_, used)] = world.store.usage(10, first="", before="~")
    assert (used.lookups, used.hits, used.misses, used.failures, used.credits) == (4, 2, 1, 1, 2)
    assert kinds(world) == ["reset", "reserve", "charge"]


def test_whoever_comes_second_reads_again_after_a_pause() -> None:
    world = CreditWorld(owner(monthly_credits=3))
    world.calls.interrupt(lambda: other(world), at=1, operation="TransactWriteItems")
    world.reserve("a", 2)
    assert (world.account.balance, len(world.waits)) == (0, 1)
    world.audit()


def other(world: CreditWorld) -> None:
    with world.alone():
        world.reserve("other", 1)


def test_who_finds_the_last_credit_taken_meanwhile_gets_none() -> None:
    world = CreditWorld(owner(monthly_credits=2))
    world.calls.interrupt(lambda: other(world), at=1, operation="TransactWriteItems")
    assert refused(world, "a", 2) == "balance"
    world.audit()


def test_the_pauses_are_short_random_and_bounded() -> None:
    world = CreditWorld()
    world.calls.conflict(at=1, times=12)
    world.reserve("a")
    assert len(world.waits) == len(set(world.waits)) == 12
    assert FIRST_PAUSE_SECONDS / 2 <= min(world.waits) < max(world.waits) <= LONGEST_PAUSE_SECONDS
    world.waits.clear()
    world.calls.conflict(at=1, times=1_000)
    with pytest.raises(TransientError, match="others kept changing"):
        world.reserve("b")
    assert PATIENCE_SECONDS <= sum(world.waits) <= PATIENCE_SECONDS + LONGEST_PAUSE_SECONDS
    world.calls.stop()
    world.audit()


def _reserve(world: CreditWorld, held: Reservation) -> None:
    world.reserve("b", 3, key_id="key_1", daily_credits=50)


def _charge(world: CreditWorld, held: Reservation) -> None:
    world.charge(held, 4)


def _refund(world: CreditWorld, held: Reservation) -> None:
    world.refund(held)


@pytest.mark.parametrize("move", [_reserve, _charge, _refund])
@pytest.mark.parametrize("seconds", [0, LATE])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_movement_that_broke_off_anywhere_is_done_once_when_it_is_repeated(
    move: Callable[[CreditWorld, Reservation], None], seconds: int, after: bool
) -> None:
    def prepared() -> tuple[CreditWorld, Reservation]:
        world = CreditWorld()
        held = world.reserve("a", 5, key_id="key_1", daily_credits=50)
        world.clock.move(seconds=seconds)
        return world, held

    whole, held = prepared()
    before = whole.calls.made
    move(whole, held)
    for at in range(1, whole.calls.made - before + 1):
        world, held = prepared()
        world.calls.fail(at=at, after=after)
        with pytest.raises(TransientError):
            move(world, held)
        world.audit()
        move(world, held)
        world.audit()
        assert world.account == whole.account
        assert world.ledger() == whole.ledger()


def told_by(world: CreditWorld) -> list[Fact]:
    records = stream_event(world.db.stream("LeadTable").take())["Records"]
    return facts_to_tell(
        [stored_change(record) for record in records],
        tenant=lambda _: world.tenant,
        wanted=lambda _: frozenset({"credits.low"}),
    )


def test_little_and_nothing_left_are_told_once_each_and_month() -> None:
    world = CreditWorld(owner(monthly_credits=10))
    for name in "abcdefgh":
        world.spend(name)
    assert [fact.sequence for fact in told_by(world)] == [1]
    world.spend("i")
    world.spend("j")
    world.grant(2)
    world.spend("k")
    world.spend("l")
    low, empty = told_by(world)
    assert isinstance(low.data, CreditsData)
    assert isinstance(empty.data, CreditsData)
    assert (low.type, low.sequence, low.data.level, low.data.balance) == (
        "credits.low",
        1,
        "low",
        2,
    )
    assert (empty.sequence, empty.data.level, empty.data.balance) == (2, "empty", 0)
    assert (empty.data.monthly_allowance, empty.data.month) == (10, "2026-01")
    assert empty.data.resets_at == "2026-02-01T00:00:00.000Z"
    world.clock.move(days=31)
    world.spend("m", 8)
    assert [fact.sequence for fact in told_by(world)] == [1, 2, 3]
    assert len({fact.id for fact in told_by(world)}) == 3


def test_what_is_only_reserved_is_not_told_as_spent() -> None:
    world = CreditWorld(owner(monthly_credits=10))
    world.refund(world.reserve("a", 10))
    held = world.reserve("c", 7)
    world.spend("d", 3)
    assert (world.account.balance, told_by(world)) == (0, [])
    world.refund(held)
    world.grant(3)
    world.spend("b", 10)
    [fact] = told_by(world)
    assert isinstance(fact.data, CreditsData)
    assert fact.data.level == "empty"


def test_december_ends_with_the_year() -> None:
    world = CreditWorld(owner(monthly_credits=1))
    world.clock.now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    world.spend("a")
    [fact] = told_by(world)
    assert isinstance(fact.data, CreditsData)
    assert fact.data.resets_at == "2027-01-01T00:00:00.000Z"
    assert fact.at == to_instant(world.clock.now)
