"""Workers that stored a day and never came to its lead: whoever comes by must not be misled."""

from collections.abc import Callable
from random import Random

import pytest

from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.events import Context, Event
from tests.fakes.events import World, event
from tests.fakes.stores import Calls

DAY = 24 * 60
SHARED = [
    event("m1", minutes=0, context=Context(consent={"ads": True})),
    event("m2", minutes=2),
    event("m3", minutes=40, email="one@acme.com"),
    event("m4", minutes=42),
    event("m5", minutes=10 * DAY, email="two@acme.com"),
    event("m6", minutes=14 * DAY),
    event("m7", minutes=15 * DAY, email="one@acme.com"),
]
COPIES = [
    one.model_copy(update={"received_at": one.received_at + 5_000, "at": one.at + 3_000})
    for one in SHARED
]
HISTORIES = {"once": SHARED, "with later copies": SHARED + COPIES}


def state_of(events: list[Event]) -> str:
    world = World()
    world.apply(events)
    return world.state()


OUTCOMES = {name: state_of(events) for name, events in HISTORIES.items()}


def taken(world: World, batch: list[Event], *, tries: int) -> bool:
    """Hand events over so often, and return whether they were taken."""
    for _ in range(tries):
        try:
            world.apply(batch)
        except (ConflictError, TransientError):
            continue
        return True
    return False


def worker(world: World, batch: list[Event]) -> Callable[[], None]:
    """Return another worker, that has these events."""

    def work() -> None:
        taken(world, batch, tries=5)

    return work


def batches(events: list[Event], chance: Random) -> list[list[Event]]:
    """Return the events in batches, in any order."""
    rest, found = chance.sample(events, len(events)), []
    while rest:
        size = chance.choice((1, 1, 2, 3))
        found.append(rest[:size])
        del rest[:size]
    return found


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("seed", range(150))
def test_what_failed_half_way_and_comes_again_much_later_is_as_if_it_came_once(
    seed: int, history: str
) -> None:
    chance, world = Random(seed), World()
    world.calls.randomly(0.15, seed=seed)
    given_up = [b for b in batches(HISTORIES[history], chance) if not taken(world, b, tries=5)]
    world.calls.stop()

    assert all(taken(world, batch, tries=1) for batch in given_up)

    assert world.state() == OUTCOMES[history]


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("seed", range(150))
def test_workers_in_the_middle_of_one_another_end_in_the_same_leads(
    seed: int, history: str
) -> None:
    chance, world = Random(seed), World(calls=Calls(lagging=seed % 2 == 0))
    events = HISTORIES[history]
    for batch in batches(events, chance):
        other = chance.sample(events, chance.choice((1, 2)))
        if chance.random() < 0.4:
            world.calls.interrupt(worker(world, other), at=chance.randint(1, 8))
        assert taken(world, batch, tries=5)

    assert world.state() == OUTCOMES[history]


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it took effect"])
@pytest.mark.parametrize("late", range(len(SHARED)), ids=[one.message_id for one in SHARED])
def test_one_that_failed_at_any_call_may_come_again_last(
    late: int, number: int, after: bool
) -> None:
    world = World()
    failing = SHARED[late]
    world.calls.fail(at=number, after=after)
    taken(world, [failing], tries=1)
    world.calls.stop()
    for one in SHARED[::-1]:
        if one is not failing:
            world.apply([one])

    world.apply([failing])

    assert world.state() == OUTCOMES["once"]
