"""The fold: any order, repetition, batching and interruption of the same events, the same leads."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.events import Event, EventsMessage
from tests.fakes.events import World, event, message, page, tenant
from tests.fakes.faults import Calls, KilledError
from tests.fakes.rules import MOVING_BOOK

DAYS = 3 * 24 * 60  # minutes that a history spans
PATHS = ("/", "/pricing", "/pricing?utm_source=google&utm_medium=cpc", "/demo", "/blog/a")


BROWSERS = (None, "phone", "laptop", "kiosk")
EMAILS = (None, None, "ada@acme.com", "bob@free.test", "eve@trash.test")
USERS = (None, None, "u1", "u2")


@st.composite
def actions(draw: st.DrawFn, number: int) -> Event:
    """Return what somebody did: a view, a track call, a form, a log-in; perhaps as a crawler.

    Anybody may use any browser and name anybody, trusted or not.
    """
    minutes = draw(st.integers(0, DAYS))
    browser, email = draw(st.sampled_from(BROWSERS)), draw(st.sampled_from(EMAILS))
    user = draw(st.sampled_from(USERS))
    if browser is None and email is None and user is None:
        browser = "phone"
    changes: dict[str, Any] = {
        "anonymous_id": browser,
        "email": email,
        "user_id": user,
        "trusted": draw(st.booleans()),
        "context": page(draw(st.sampled_from(PATHS))).model_copy(
            update={
                "ip": draw(st.sampled_from((None, "8.0.0.1", "7.0.0.1"))),
                "consent": draw(st.sampled_from(({}, {"ads": True}, {"ads": False}))),
            }
        ),
    }
    kind = draw(st.sampled_from(("page", "track", "form", "identify", "timeless", "bot")))
    if kind == "track":
        changes |= {"type": "track", "event": "signed_up", "properties": {"plan": "a"}}
    elif kind == "form":
        changes |= {"type": "track", "event": "form_submitted"}
        changes["properties"] = {"first_name": draw(st.sampled_from(("Ada", "Bob")))}
    elif kind == "identify":
        traits = {"title": draw(st.sampled_from(("CTO", "CEO"))), "plan": minutes}
        changes |= {"type": "identify", "event": "identify", "traits": traits}
    elif kind == "timeless":
        changes["client_at"] = None
        minutes_received = event("", minutes=minutes).received_at
        changes |= {"at": minutes_received, "received_at": minutes_received}
    elif kind == "bot":
        changes["bot"] = "Testbot"
    return event(f"m{number}", minutes=minutes, **changes)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return what was sent at first, in no order; a few with a contradicting second sending."""
    size = draw(st.integers(1, 14))
    sent = [draw(actions(number)) for number in range(size)]
    for original in draw(st.lists(st.sampled_from(sent), max_size=2)):
        if original.client_at is not None and original.event == "signed_up":
            other = {"properties": {"plan": "b"}, "fingerprint": "other"}
            later = {"received_at": original.received_at + 60_000}
            sent.append(original.model_copy(update=other | later))
    return sent


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[Event]) -> list[list[Event]]:
    """Return the events in batches: shuffled, some twice, re-sends received later."""
    again = draw(st.lists(st.sampled_from(sent), max_size=6))
    jitter = st.sampled_from((0, -400, 70_000))
    re_sent = [
        copy.model_copy(
            update={"received_at": copy.received_at + 5_000, "at": copy.at + draw(jitter)}
        )
        if copy.client_at is not None
        else copy
        for copy in again
    ]
    shuffled = draw(st.permutations([*sent, *re_sent]))
    cuts = draw(st.sets(st.integers(1, len(shuffled))))
    edges = [0, *sorted(cuts), len(shuffled)]
    return [shuffled[start:end] for start, end in pairwise(edges) if start < end]


@given(data=st.data())
def test_any_order_repetition_and_batching_gives_the_same_leads(data: st.DataObject) -> None:
    sent = data.draw(histories())
    one, other = (
        World(rules=MOVING_BOOK),
        World(calls=Calls(lagging=data.draw(st.booleans())), rules=MOVING_BOOK),
    )
    one.apply(sent)

    for batch in data.draw(arrivals(sent)):
        other.apply(batch)

    assert other.state() == one.state()


@given(data=st.data())
def test_sending_everything_again_writes_nothing(data: st.DataObject) -> None:
    sent = data.draw(histories())
    world = World(rules=MOVING_BOOK)
    for batch in data.draw(arrivals(sent)):
        world.apply(batch)
    before = (world.calls.writes, world.state())

    for batch in data.draw(arrivals(sent)):
        world.apply(batch)

    assert (world.calls.writes, world.state()) == before


@given(data=st.data())
def test_tenants_with_equal_ids_do_not_meet(data: st.DataObject) -> None:
    ours, theirs = data.draw(histories()), data.draw(histories())
    both = World(tenant("one"), tenant("two"))
    alone = World(tenant("one"), tenant("two"))
    both.ingest(message(*ours), message(*theirs, tenant_id="ten_two"), message(*ours))
    alone.apply(ours)
    state = alone.state()
    alone.apply(theirs, tenant_id="ten_two")

    assert both.state() == alone.state() == state
    assert both.state("ten_two") == alone.state("ten_two")


STORY = (
    event("s1", minutes=0, context=page("/?utm_source=google&utm_medium=cpc")),
    event("s2", minutes=2, context=page("/pricing")),
    event("s3", minutes=3, client_at=None, context=page("/demo")),
    event("s4", minutes=50, anonymous_id="b", context=page("/blog")),
    event("s5", minutes=60, type="identify", event="identify", email="ada@acme.com"),
    event("s6", minutes=70, anonymous_id="b", email="ada@acme.com", trusted=True),
    event("s7", minutes=1500, user_id="u1", anonymous_id="b", trusted=True),
    event("s8", minutes=1510, anonymous_id=None, user_id="u1", trusted=True),
    event("s9", minutes=1520, anonymous_id="c", context=page("/pricing")),
    event("s10", minutes=1530, anonymous_id="b", context=page("/docs")),
    event("s11", minutes=1525, anonymous_id="b", user_id="u2"),
    event("s12", minutes=1540, anonymous_id="b", user_id="u2", email="bob@initech.com"),
    event("s13", minutes=1550, user_id="u3", email="bob@initech.com", trusted=True),
)
BATCHES = tuple(
    message(*STORY[start:end])
    for start, end in ((0, 2), (2, 4), (4, 5), (5, 6), (6, 9), (9, 10), (10, 11), (11, 13))
)


def clean() -> World:
    world = World(rules=MOVING_BOOK)
    for batch in BATCHES:
        world.ingest(batch)
    return world


CLEAN = clean()


def persist(world: World, batch: EventsMessage) -> None:
    """Hand a message over until it is taken, as the queue does."""
    for _ in range(3):
        try:
            world.ingest(batch)
        except (ConflictError, TransientError, KilledError):
            continue
        return
    raise AssertionError("the message was never taken")


FAULTS: dict[str, Callable[[Calls, int], None]] = {
    "the call is lost": lambda calls, number: calls.fail(at=number),
    "its answer is lost": lambda calls, number: calls.fail(at=number, after=True),
    "it is throttled": lambda calls, number: calls.throttle(at=number),
    "the process is killed before it": lambda calls, number: calls.kill(at=number),
    "the process is killed after it": lambda calls, number: calls.kill(at=number, after=True),
    "it is made twice": lambda calls, number: calls.repeat(at=number),
}


@pytest.mark.parametrize("lagging", [False, True], ids=["", "reads lag"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, CLEAN.calls.made + 1))
def test_a_fault_at_any_call_is_made_good_by_the_next_delivery(
    number: int, fault: str, lagging: bool
) -> None:
    world = World(calls=Calls(lagging=lagging), rules=MOVING_BOOK)
    FAULTS[fault](world.calls, number)

    for batch in BATCHES:
        persist(world, batch)

    world.settle()
    assert world.state() == CLEAN.state()


@pytest.mark.parametrize("number", range(1, CLEAN.calls.made + 1))
def test_a_second_worker_at_any_moment_ends_in_the_same_leads(number: int) -> None:
    world = World(rules=MOVING_BOOK)

    def other_worker() -> None:
        for batch in reversed(BATCHES):
            persist(world, batch)

    world.calls.interrupt(other_worker, at=number)
    for batch in BATCHES:
        persist(world, batch)

    assert world.state() == CLEAN.state()


@pytest.mark.parametrize("number", range(1, CLEAN.calls.made + 1))
def test_a_worker_that_dies_holds_up_nobody(number: int) -> None:
    """Whatever one worker has left half done, another can go on before the first comes back."""
    world = World(rules=MOVING_BOOK)
    fresh = event("new", minutes=3, email="ada@acme.com", anonymous_id="b")
    taken: list[int] = []

    def die() -> None:
        taken.append(world.apply([fresh]).applied)
        raise TransientError("killed")

    world.calls.interrupt(die, at=number)
    for batch in BATCHES:
        persist(world, batch)

    assert taken == [1]
    expected = World(rules=MOVING_BOOK)
    for batch in (*BATCHES, message(fresh)):
        expected.ingest(batch)
    assert world.state() == expected.state()


@given(data=st.data())
def test_two_workers_with_random_histories_end_in_the_same_leads(data: st.DataObject) -> None:
    sent = data.draw(histories())
    expected, world = (
        World(rules=MOVING_BOOK),
        World(calls=Calls(lagging=data.draw(st.booleans())), rules=MOVING_BOOK),
    )
    expected.apply(sent)
    mine, theirs = data.draw(arrivals(sent)), data.draw(arrivals(sent))

    def other_worker() -> None:
        for batch in theirs:
            persist(world, message(*batch))

    world.calls.interrupt(other_worker, at=data.draw(st.integers(1, 30)))
    for batch in mine:
        persist(world, message(*batch))

    assert world.state() == expected.state()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", range(1, 8))
def test_what_a_late_copy_taught_is_forgotten_when_the_first_one_comes(
    number: int, fault: str
) -> None:
    first = event("m1", email="ada@acme.com", traits={"title": "CTO"})
    late = {"at": first.at - 400, "received_at": first.received_at + 5_000}
    expected, world = World(rules=MOVING_BOOK), World(rules=MOVING_BOOK)
    expected.apply([first])
    world.apply([first.model_copy(update=late)])
    FAULTS[fault](world.calls, number)
    persist(world, message(first))
    persist(world, message(event("m2", minutes=1)))
    expected.apply([event("m2", minutes=1)])

    persist(world, message(first))

    assert world.state() == expected.state()


CONTRADICTIONS = (
    pytest.param({}, {"email": "e@acme.com"}, id="the first said more"),
    pytest.param({"email": "e@acme.com"}, {}, id="the second said more"),
    pytest.param({"email": "e@acme.com"}, {"email": "f@acme.com"}, id="each said something else"),
)


@pytest.mark.parametrize("crashed", [False, True], ids=["all is well", "the first has crashed"])
@pytest.mark.parametrize(("second", "first"), CONTRADICTIONS)
def test_an_event_that_contradicts_another_holds_up_nobody(
    first: dict[str, Any], second: dict[str, Any], crashed: bool
) -> None:
    original = event("m1", fingerprint="1", **first)
    other = event("m1", fingerprint="2", received_at=original.received_at + 1, **second)
    world = World(rules=MOVING_BOOK)
    if crashed:
        world.calls.fail(at=3)  # the day is stored, its lead is not
        with pytest.raises(TransientError):
            world.apply([original])
    else:
        world.apply([original])

    assert world.apply([other]).conflicts == 1
    world.apply([original])

    alone = World(rules=MOVING_BOOK)
    alone.apply([original])
    [lead], [expected] = world.found(), alone.found()
    assert lead.members == expected.members
    assert len(world.failed()) == 1
    writes = world.calls.writes
    world.apply([other, original, other])
    assert world.calls.writes == writes


@given(data=st.data())
def test_whatever_contradicts_whatever_every_event_is_handled(data: st.DataObject) -> None:
    names = st.sampled_from(("m1", "m2", "m3"))
    content = st.fixed_dictionaries(
        {
            "anonymous_id": st.sampled_from((None, "a", "b")),
            "email": st.sampled_from((None, "e@acme.com", "f@acme.com")),
            "user_id": st.sampled_from((None, "u1", "u2")),
            "trusted": st.booleans(),
        }
    ).filter(lambda said: any(said[name] for name in ("anonymous_id", "email", "user_id")))
    sent = [
        event(
            data.draw(names),
            minutes=data.draw(st.integers(0, 3)),
            fingerprint=repr(sorted(said.items(), key=str)),
            **said,
        )
        for said in data.draw(st.lists(content, min_size=1, max_size=10))
    ]
    world = World(rules=MOVING_BOOK)
    for one in sent:
        world.apply([one])
    before = (world.calls.writes, world.state())

    world.apply(sent)

    assert (world.calls.writes, world.state()) == before
    kept = {(e.message_id, e.fingerprint) for day in world.days() for e in day.events}
    said = {(f.message_id, f.event["fingerprint"]) for f in world.failed()}
    assert {(e.message_id, e.fingerprint) for e in sent} == kept | said


def test_a_writer_that_never_wins_hands_its_events_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(rules=MOVING_BOOK)

    def lose(*_: object) -> None:
        raise ConflictError("again")

    monkeypatch.setattr(world.leads["ten_one"], "write", lose)
    with pytest.raises(ConflictError):
        world.apply(STORY)


@pytest.mark.parametrize("days_later", [0, 1, 40])
def test_an_event_without_a_time_happened_when_it_first_arrived(days_later: int) -> None:
    first = event("m1", client_at=None)
    arrived = first.received_at + days_later * 24 * 60 * 60_000
    again = first.model_copy(update={"at": arrived, "received_at": arrived})
    world = World(rules=MOVING_BOOK)
    for _ in range(2):
        assert world.apply([first]).conflicts == world.apply([again]).conflicts == 0
    [day] = world.days()
    assert day.events == (first,)
    other = again.model_copy(update={"fingerprint": "other"})
    assert world.apply([other]).conflicts == 1
    assert [one.events for one in world.days()] == [(first,)]


def test_a_record_of_each_event_finds_a_contradiction_on_any_day_and_member() -> None:
    first = event("m1")
    other = event("m1", minutes=10_000, anonymous_id="b", fingerprint="other")
    for env, conflicts in (("test", 1), ("live", 0)):
        world = World(rules=MOVING_BOOK)
        world.ingest(message(first, env=env))
        assert world.ingest(message(other, env=env)).conflicts == conflicts
        assert (world.activity["ten_one"].record("m1") is not None) is (env == "test")


@pytest.mark.parametrize("number", range(1, 25))
def test_clusters_that_a_second_worker_left_apart_are_divided_anew_when_they_meet(
    number: int,
) -> None:
    views = [event(f"m{n}", anonymous_id="phone", context=page("/")) for n in (0, 1, 4)]
    bob = event("m2", minutes=1, anonymous_id="phone", email="bob@free.test", context=page("/"))
    user = event("m3", anonymous_id="phone", user_id="u2", context=page("/"))
    known = event("m5", anonymous_id="laptop", user_id="u2", email="ada@acme.com")
    expected, world = World(rules=MOVING_BOOK), World(rules=MOVING_BOOK)
    expected.apply([*views, bob, user, known])

    def other_worker() -> None:
        persist(world, message(user))
        persist(world, message(*views, bob, known))

    world.calls.interrupt(other_worker, at=number)
    persist(world, message(known, bob))
    persist(world, message(*views, user))

    assert world.state() == expected.state()
