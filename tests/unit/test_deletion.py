"""Deleted leads: what goes, what stays as if they had never been there, and what may interrupt."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.packing import unpack
from leadsignal.domain.slots import identifiers_of, slot_id
from leadsignal.errors import (
    ConflictError,
    NotFoundError,
    PreconditionFailedError,
    TransientError,
)
from leadsignal.models.events import Event
from leadsignal.models.leads import Lead, Pointer, Tombstone
from leadsignal.models.merges import MergeRequest
from leadsignal.models.notes import NoteRequest
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.services import merges, notes
from leadsignal.services.clusters import lead_of, read_cluster
from leadsignal.services.deletion import delete_lead
from leadsignal.services.leads import find_lead
from leadsignal.services.notes import Notebook
from tests.fakes.clock import NOW
from tests.fakes.events import World, event, message
from tests.fakes.faults import Calls, KilledError
from tests.unit.test_clusters import ALICE, BOB, KEY, NOBODY, SHARED, lead, slot
from tests.unit.test_identity_properties import histories

ONE = "ten_one"


def delete(world: World, lead_id: str, precondition: Precondition = ANY_VERSION) -> None:
    delete_lead(lead_id, precondition=precondition, desk=world.desk(ONE), now=NOW)


def told(*events: Event, calls: Calls | None = None) -> World:
    world = World(calls=calls)
    world.apply(events)
    return world


def texts(world: World) -> list[str]:
    """Return every item of the store but companies as text, what is packed unpacked."""
    return [
        json.dumps(
            {
                name: unpack(value["B"]).decode() if "B" in value else [*value.values()][0]
                for name, value in item.items()
            }
        )
        for table in ("LeadTable", "ActivityTable")
        for item in world.db.items(table)
        if item["sk"]["S"] != "COMPANY"
    ]


def lasting(world: World) -> list[str]:
    """Return the items that do not go by themselves within weeks."""
    return [text for text in texts(world) if '"expires_at"' not in text]


def marks(events: Iterable[Event]) -> set[str]:
    """Return what would tell that there was an event: its id, and who was named."""
    names = {identifier.value for one in events for identifier in identifiers_of(one)}
    return {one.message_id for one in events} | names


def quoted(world: World, words: Iterable[str]) -> set[str]:
    everything = "\n".join(texts(world)).replace("\\", "")
    return {word for word in words if f'"{word}"' in everything or f':{word}"' in everything}


def owners(world: World, events: Iterable[Event]) -> dict[str, str]:
    """Return the lead of each event by its ``messageId``."""
    found: dict[str, str] = {}
    for one in events:
        slots = [slot_id(KEY, identifier) for identifier in identifiers_of(one)]
        leads, _ = read_cluster(slots, world.aside[ONE].snapshots)
        owner = lead_of(one, leads, key=KEY)
        assert owner is not None
        found[one.message_id] = owner.lead_id
    return found


def rests(world: World) -> list[Tombstone]:
    return [held for held in world.slots().values() if isinstance(held, Tombstone)]


# ─── What goes ───────────────────────────────────────────────────────────────────────────────────


def test_a_deleted_lead_leaves_nothing_but_where_its_numbers_go_on() -> None:
    world = told(
        event("m1"),
        event("m2", minutes=1, email="e@acme.com", **ALICE),
        event("m3", minutes=2000, **ALICE),
    )
    [one] = world.found()

    delete(world, one.lead_id)

    [rest] = rests(world)
    assert rest.at_rest
    assert (rest.lead_id, rest.sequence) == (one.lead_id, one.sequence + 1)
    assert not any(day.events for day in world.days())
    assert not lasting(world)
    assert not quoted(world, ("e@acme.com", "alice", "a", "m1", "m2", "m3"))


def test_a_deleted_lead_is_not_found_and_not_deleted_again() -> None:
    world = told(event("m1"))
    [one] = world.found()
    delete(world, one.lead_id)
    with pytest.raises(NotFoundError):
        find_lead(one.lead_id, leads=world.leads[ONE])
    with pytest.raises(NotFoundError):
        delete(world, one.lead_id)


@pytest.mark.parametrize("lead_id", ["lead_" + "a" * 26, "lead_1", "", "LEAD", "../x"])
def test_what_is_no_lead_is_not_deleted(lead_id: str) -> None:
    world = told(event("m1"))
    with pytest.raises(NotFoundError):
        delete(world, lead_id)
    assert len(world.found()) == 1


def test_the_slot_of_an_identifier_is_the_id_of_no_lead() -> None:
    world = told(event("m1"), event("m2", minutes=1, **ALICE))
    assert isinstance(world.slots()[slot("anonymous_id", "a")], Pointer)
    with pytest.raises(NotFoundError):
        delete(world, slot("anonymous_id", "a"))
    with pytest.raises(NotFoundError):
        find_lead(slot("anonymous_id", "a"), leads=world.leads[ONE])


def test_a_lead_in_another_version_is_not_deleted() -> None:
    world = told(event("m1"))
    [one] = world.found()
    with pytest.raises(PreconditionFailedError):
        delete(world, one.lead_id, Precondition(versions=frozenset({one.version + 1})))
    assert world.found() == [one]
    delete(world, one.lead_id, Precondition(versions=frozenset({one.version})))
    assert not world.found()


def test_the_id_of_a_merged_lead_deletes_the_one_that_took_it_in() -> None:
    world = told(event("m1", **NOBODY, **ALICE))
    world.apply([event("m2", anonymous_id="b")])
    world.apply([event("m3", minutes=1, anonymous_id="b", **ALICE)])
    [one] = world.found()
    [merged] = one.merged_from
    delete(world, merged)
    assert not world.found()
    assert all(rest.at_rest for rest in rests(world))
    for lead_id in (merged, one.lead_id):
        with pytest.raises(NotFoundError):
            find_lead(lead_id, leads=world.leads[ONE])


def test_a_later_event_of_the_same_browser_makes_a_new_lead_with_nothing_of_the_old() -> None:
    world = told(event("m1"))
    world.apply([event("m2", minutes=1, email="e@acme.com", **ALICE)])
    [old] = world.found()
    delete(world, old.lead_id)

    world.apply([event("m9", minutes=60)])

    [new] = world.found()
    assert (new.version, new.sequence) > (old.version, old.sequence)
    fresh = told(event("m9", minutes=60))
    assert world.state() == fresh.state()
    assert not quoted(world, ("e@acme.com", "alice", "m1", "m2"))


def test_what_is_redelivered_makes_a_new_lead_with_just_that() -> None:
    events = [event(f"m{n}", minutes=n, **ALICE) for n in range(4)]
    world = told(*events)
    delete(world, world.found()[0].lead_id)
    world.apply([events[2]])
    assert world.state() == told(events[2]).state()


def test_records_of_events_go_too() -> None:
    world = World()
    world.ingest(message(event("m1"), event("m2", minutes=1, **ALICE), env="test"))
    assert sum('"EVENT"' in text for text in texts(world)) == 2
    delete(world, world.found()[0].lead_id)
    assert not lasting(world)


def test_a_long_day_goes_with_all_its_closed_parts() -> None:
    world = World()
    for number in range(120):
        world.apply([event(f"m{number}", minutes=number / 10, traits={"n": str(number)})])
    assert len(texts(world)) > 3
    delete(world, world.found()[0].lead_id)
    assert not lasting(world)


# ─── What stays ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["user_id:alice", "user_id:bob", "nobody"])
def test_of_a_shared_browser_only_the_events_of_the_deleted_lead_go(who: str) -> None:
    world = told(*SHARED)
    of = owners(world, SHARED)
    [gone] = [
        one
        for one in world.found()
        if (one.nobody if who == "nobody" else not one.nobody and lead(world, who) == one)
    ]
    delete(world, gone.lead_id)
    left = [one for one in SHARED if of[one.message_id] != gone.lead_id]
    assert world.state() == told(*left).state()
    assert all(gone.lead_id not in one.peers for one in world.found())


def test_the_browser_of_a_deleted_lead_leads_to_whoever_else_was_on_it() -> None:
    world = told(event("m0"))  # the lead's id is the browser's slot
    world.apply([event("m1", minutes=1, **ALICE)])
    world.apply([event("m2", minutes=2, **BOB)])
    alice = lead(world, "user_id:alice")
    assert alice.lead_id == slot("anonymous_id", "a")

    delete(world, alice.lead_id)

    with pytest.raises(NotFoundError):
        find_lead(alice.lead_id, leads=world.leads[ONE])
    world.apply([event("m3", minutes=3)])
    assert world.state() == told(event("m2", minutes=2, **BOB), event("m3", minutes=3)).state()
    with pytest.raises(NotFoundError):
        delete(world, alice.lead_id)


def test_decisions_about_a_deleted_lead_are_forgotten() -> None:
    world = told(event("m1", **NOBODY, **ALICE), event("m2", minutes=1, **NOBODY, **BOB))
    desk = world.desk(ONE)
    one, other = lead(world, "user_id:alice"), lead(world, "user_id:bob")
    request = MergeRequest(survivor_id=one.lead_id, merged_id=other.lead_id)
    done = merges.merge(request, desk=desk, now=NOW)
    merges.undo(done.id or "", desk=desk, now=NOW)
    delete(world, one.lead_id)
    [left] = world.found()
    assert (left.decisions, left.peers) == ((), ())
    assert not quoted(world, ("alice", "m1"))


def test_candidates_that_name_a_deleted_lead_go() -> None:
    world = told(event("m1", **NOBODY, **ALICE), event("m2", minutes=1, **NOBODY, **BOB))
    world.apply(
        [
            event(
                "m3",
                minutes=2,
                **NOBODY,
                type="alias",
                event="alias",
                user_id="bob",
                previous_id="alice",
            )
        ]
    )
    assert world.stores[ONE].candidates.after(None, 9)
    delete(world, lead(world, "user_id:alice").lead_id)
    assert [c for c in world.stores[ONE].candidates.after(None, 9) if "m1" in c.message_id] == []


@given(data=st.data())
def test_others_are_as_if_the_deleted_lead_had_never_been(data: st.DataObject) -> None:
    sent = data.draw(histories(least=2))
    world = told(*sent)
    of = owners(world, sent)
    gone = data.draw(st.sampled_from(sorted(world.found(), key=lambda one: one.lead_id)))

    delete(world, gone.lead_id)

    going = [one for one in sent if of[one.message_id] == gone.lead_id]
    left = [one for one in sent if of[one.message_id] != gone.lead_id]
    assert world.state() == told(*left).state()
    assert not quoted(world, marks(going) - marks(left))
    assert gone.lead_id not in {one.lead_id for one in world.found()}
    for one in left:  # each event is found by each of its identifiers, and changes nothing again
        before = world.calls.writes
        world.apply([one])
        assert world.calls.writes == before
    later = data.draw(histories())
    again = [one.model_copy(update={"message_id": f"n{one.message_id}"}) for one in later]
    world.apply(again)
    assert world.state() == told(*left, *again).state()


# ─── What interrupts ─────────────────────────────────────────────────────────────────────────────

STORY = (
    event("m0"),
    event("m1", minutes=1, email="e@acme.com", **ALICE),
    event("m2", minutes=2, **BOB),
    event("m3", minutes=3),
    event("m4", minutes=1500, **ALICE),
)
LEFT = STORY[2:4]


def _story(calls: Calls | None = None) -> World:
    world = World(calls=calls)
    for one in STORY:
        world.apply([one])
    write_note(world, lead(world, "user_id:alice").lead_id)
    return world


def write_note(world: World, lead_id: str) -> None:
    notes.add_note(
        lead_id,
        NoteRequest(text="hello"),
        key_id="key",
        book=Notebook(world.leads[ONE], world.stores[ONE].notes),
        new_id=lambda prefix: f"{prefix}_1",
        now=NOW,
    )


def _calls_of(work: Callable[[World], object]) -> range:
    """Return the numbers of the calls that some work on the story makes."""
    world = _story()
    made = world.calls.made
    work(world)
    return range(1, world.calls.made - made + 1)


LATE = event("m9", minutes=9, **ALICE)
NUMBERS = _calls_of(lambda world: delete(world, lead(world, "user_id:alice").lead_id))
INGESTING = _calls_of(lambda world: world.apply([LATE]))


def check(world: World, alice: Lead) -> None:
    world.calls.stop()
    assert all(rest.at_rest for rest in rests(world))
    assert not quoted(world, ("alice", "e@acme.com", "m0", "m1", "m4"))
    with pytest.raises(NotFoundError):
        find_lead(alice.lead_id, leads=world.leads[ONE])
    assert world.state() == told(*LEFT).state()


def strike(world: World, number: int, kind: str) -> None:
    if kind == "unanswered":
        world.calls.fail(at=number, after=True)
    else:
        world.calls.kill(at=number)


@pytest.mark.parametrize("kind", ["unanswered", "killed"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_deletion_that_breaks_off_is_completed_by_the_next(number: int, kind: str) -> None:
    world = _story()
    alice = lead(world, "user_id:alice")
    strike(world, number, kind)
    try:
        delete(world, alice.lead_id)
    except (TransientError, KilledError):
        world.calls.stop()
        with suppress(NotFoundError):
            delete(world, alice.lead_id)
    check(world, alice)


@pytest.mark.parametrize("kind", ["unanswered", "killed"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_deletion_that_breaks_off_is_completed_by_ingest(number: int, kind: str) -> None:
    world = _story()
    alice = lead(world, "user_id:alice")
    strike(world, number, kind)
    with suppress(TransientError, KilledError):
        delete(world, alice.lead_id)
    world.calls.stop()
    if any(one.lead_id == alice.lead_id for one in world.found()):
        return  # nothing was done yet
    for name in ("user_id:alice", "email:e@acme.com"):
        with pytest.raises(StopIteration):
            next(one for one in world.found() if name in str(one.members))
    later = event("m9", minutes=9, email="e@acme.com", **ALICE)
    world.apply([later])
    world.apply([event("m8", minutes=8)])
    assert world.state() == told(*LEFT, event("m8", minutes=8), later).state()
    assert not quoted(world, ("m0", "m1", "m4"))


def interrupted(
    other: Callable[[World], None], number: int, *, lagging: bool = False
) -> tuple[World, Lead]:
    """Delete Alice's lead while another worker does something before one of the calls."""
    world = _story(Calls(lagging=lagging))
    alice = lead(world, "user_id:alice")
    world.calls.interrupt(lambda: other(world), at=number)
    for _ in range(3):
        try:
            delete(world, alice.lead_id)
        except ConflictError:
            continue
        except NotFoundError:
            pass
        break
    world.calls.stop()
    return world, alice


@pytest.mark.parametrize("lagging", [False, True])
@pytest.mark.parametrize("number", NUMBERS)
def test_events_that_arrive_meanwhile_are_deleted_or_make_a_new_lead(
    number: int, lagging: bool
) -> None:

    def other(world: World) -> None:
        persist(world, [LATE])

    world, alice = interrupted(other, number, lagging=lagging)
    with_it, without = told(*LEFT, LATE).state(), told(*LEFT).state()
    assert world.state() in (with_it, without)
    assert not quoted(world, ("m0", "m1", "m4", "e@acme.com"))


@pytest.mark.parametrize("lagging", [False, True])
@pytest.mark.parametrize("number", NUMBERS)
def test_events_of_others_that_arrive_meanwhile_are_kept(number: int, lagging: bool) -> None:
    late = event("m9", minutes=2.5, **BOB)

    def other(world: World) -> None:
        persist(world, [late])

    world, alice = interrupted(other, number, lagging=lagging)
    assert world.state() == told(*LEFT, late).state()


@pytest.mark.parametrize("number", NUMBERS)
def test_two_that_delete_at_once_delete_once(number: int) -> None:
    alice_id = lead(_story(), "user_id:alice").lead_id
    world, alice = interrupted(lambda world: delete(world, alice_id), number)
    check(world, alice)


@pytest.mark.parametrize("number", NUMBERS)
def test_two_leads_of_a_cluster_are_deleted_at_once(number: int) -> None:
    bob_id = lead(_story(), "user_id:bob").lead_id
    world, _ = interrupted(lambda world: delete(world, bob_id), number)
    assert not quoted(world, ("alice", "bob", "m0", "m1", "m2", "m4"))
    assert all(rest.at_rest for rest in rests(world))


@pytest.mark.parametrize("number", INGESTING)
def test_a_worker_that_a_deletion_overtakes_brings_nothing_back(number: int) -> None:
    world = _story()
    alice = lead(world, "user_id:alice")
    world.calls.interrupt(lambda: delete(world, alice.lead_id), at=number)
    persist(world, [LATE])
    world.calls.stop()
    assert world.state() in (told(*LEFT, LATE).state(), told(*LEFT).state())
    assert not quoted(world, ("m0", "m1", "m4", "e@acme.com"))


@pytest.mark.parametrize("number", INGESTING)
def test_a_worker_is_overtaken_by_a_deletion_and_the_next_visit(number: int) -> None:
    world = _story()
    alice = lead(world, "user_id:alice")
    later = event("m10", minutes=10, **ALICE)

    def overtake() -> None:
        delete(world, alice.lead_id)
        world.apply([later])

    world.calls.interrupt(overtake, at=number)
    persist(world, [LATE])
    world.calls.stop()
    assert world.state() in (
        told(*LEFT, LATE, later).state(),
        told(*LEFT, later).state(),
        told(*LEFT).state(),
    )
    assert not quoted(world, ("m0", "m1", "m4", "e@acme.com"))


def persist(world: World, batch: list[Event]) -> None:
    for _ in range(3):
        try:
            world.apply(batch)
        except ConflictError:
            continue
        return
    raise AssertionError("the batch was never taken")
