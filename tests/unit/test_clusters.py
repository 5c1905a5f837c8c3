"""Leads as events make them one, two or nobody's: ids, shares, pointers, and what is written."""

from itertools import permutations
from typing import Any

import pytest

from leadsignal.domain.slots import Identifier, nobody_slot, slot_id
from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.events import Event
from leadsignal.models.leads import Lead, Pointer
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import MAX_LEADS, lead_of, read_cluster, reference_of
from tests.fakes.clock import NOW
from tests.fakes.events import World, event
from tests.fakes.faults import Calls

NOBODY: dict[str, Any] = {"anonymous_id": None}
ALICE: dict[str, Any] = {"user_id": "alice"}
BOB: dict[str, Any] = {"user_id": "bob"}
MAIL: dict[str, Any] = {"email": "e@acme.com"}
KEY = World().desk("ten_one").identity_key


def slot(kind: Any, value: str) -> str:
    return slot_id(KEY, Identifier(kind, value))


def lead(world: World, reference: str) -> Lead:
    [found] = [one for one in world.found() if reference_of(one) == reference]
    return found


def who(world: World) -> dict[str, int]:
    """Return the number of events of each lead, by its strongest identifier or as ``nobody``."""
    return {
        "nobody" if one.nobody else (reference_of(one) or "").partition(":")[2]: sum(
            day.events for member in one.members.values() for day in member.days.values()
        )
        for one in world.found()
    }


def told(*events: Event, calls: Calls | None = None) -> World:
    world = World(calls=calls)
    for one in events:
        world.apply([one])
    return world


# ─── Shared browsers ─────────────────────────────────────────────────────────────────────────────

SHARED = (
    event("m0"),
    event("m1", minutes=1, **ALICE),
    event("m2", minutes=2, **BOB),
    event("m3", minutes=3),
    event("m4", minutes=4),
)


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_a_shared_browser_ends_alike_in_every_order(order: tuple[int, ...]) -> None:
    world = told(*(SHARED[number] for number in order), SHARED[4])
    assert who(world) == {"alice": 2, "bob": 1, "nobody": 2}
    [nobody] = [one for one in world.found() if one.nobody]
    assert lead(world, "user_id:bob").refused == ("anonymous_id:a",)
    assert lead(world, "user_id:alice").refused == ()
    assert lead_of(SHARED[3], read(world, nobody), key=KEY) == nobody
    expected = World()
    expected.apply(SHARED)
    assert world.state() == expected.state()


def read(world: World, one: Lead) -> dict[str, Lead]:
    leads, _ = read_cluster([one.lead_id], world.desk("ten_one").snapshots)
    return leads


def test_what_nobody_did_on_a_browser_is_always_one_lead() -> None:
    world = told(*SHARED[:3])
    browser = slot("anonymous_id", "a")
    ids = []
    for number in range(3):
        world.apply([event(f"n{number}", minutes=10 + number)])
        ids += [one.lead_id for one in world.found() if one.nobody]
    assert ids == [nobody_slot(KEY, browser)] * 3
    assert who(world)["nobody"] == 3


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param(
            (event("n1", minutes=9, user_id="carol"), event("n2", minutes=10)),
            {"alice": 2, "bob": 1, "carol": 1, "nobody": 3},
            id="a third person logs in",
        ),
        pytest.param(
            (event("n1", minutes=9, **ALICE), event("n2", minutes=10)),
            {"alice": 3, "bob": 1, "nobody": 3},
            id="the first one comes back",
        ),
        pytest.param(
            (event("n1", minutes=0.5, user_id="zoe"),),
            {"alice": 1, "bob": 1, "zoe": 2, "nobody": 2},
            id="somebody was there before the first",
        ),
        pytest.param(
            (
                event("n1", minutes=9, **NOBODY, **ALICE, **MAIL, trusted=True),
                event("n2", minutes=9, **NOBODY, **MAIL),
                event("n3", minutes=10, **MAIL),
            ),
            {"alice": 5, "bob": 1, "nobody": 2},
            id="a form with the first one's e-mail",
        ),
    ],
)
def test_a_shared_browser_goes_on(more: tuple[Event, ...], expected: dict[str, int]) -> None:
    assert who(told(*SHARED, *more)) == expected


def test_a_browser_is_shared_no_more_once_its_persons_are_one() -> None:
    world = told(
        event("m0", minutes=-1, **NOBODY, **MAIL),
        event("m1", **ALICE),
        event("m2", minutes=1, **MAIL),
        event("m3", minutes=2),
    )
    assert who(world) == {"e@acme.com": 2, "alice": 1, "nobody": 1}
    [nobody] = [one for one in world.found() if one.nobody]
    world.apply([event("m4", minutes=3, **NOBODY, **ALICE, **MAIL, trusted=True)])
    assert who(world) == {"alice": 5}
    [only] = world.found()
    assert nobody.lead_id in only.merged_from
    held = world.slots()[nobody.lead_id]
    assert isinstance(held, Pointer)
    assert held.into == only.lead_id


def test_two_e_mails_in_forms_on_one_browser_are_two_persons() -> None:
    world = told(
        event("m1", email="one@acme.com"),
        event("m2", minutes=1, email="two@acme.com"),
        event("m3", minutes=2),
    )
    assert who(world) == {"one@acme.com": 1, "two@acme.com": 1, "nobody": 1}


# ─── Ids ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("known_first", [True, False])
def test_the_known_lead_keeps_its_id_when_an_anonymous_one_joins_it(known_first: bool) -> None:
    anonymous, known = event("m1"), event("m2", minutes=1, **NOBODY, **ALICE)
    world = told(*((known, anonymous) if known_first else (anonymous, known)))
    alice = lead(world, "user_id:alice").lead_id
    world.apply([event("m3", minutes=2, **ALICE)])
    [only] = world.found()
    assert only.lead_id == alice
    assert list(only.merged_from) == [slot("anonymous_id", "a")]


def test_of_two_known_leads_the_one_first_seen_keeps_its_id() -> None:
    world = told(event("m1", **NOBODY, **MAIL), event("m2", minutes=1, **NOBODY, **ALICE))
    first = lead(world, "email:e@acme.com").lead_id
    world.apply([event("m3", minutes=2, **NOBODY, **ALICE, **MAIL, trusted=True)])
    assert [one.lead_id for one in world.found()] == [first]


def test_an_anonymous_lead_that_becomes_known_goes_on_under_its_id() -> None:
    world = told(event("m1"))
    [anonymous] = world.found()
    world.apply([event("m2", minutes=1, **MAIL)])
    [known] = world.found()
    assert known.lead_id == anonymous.lead_id
    assert not known.merged_from


def test_an_old_id_follows_its_identifier_to_another_lead() -> None:
    """The browser was Alice's; a late event tells that Bob was there before her."""
    world = told(
        event("m0", **NOBODY, **BOB),
        event("m1", minutes=5),
        event("m2", minutes=6, **NOBODY, **ALICE),
    )
    anonymous = lead(world, "anonymous_id:a").lead_id
    world.apply([event("m3", minutes=7, **ALICE)])
    assert anonymous in lead(world, "user_id:alice").merged_from
    world.apply([event("m4", minutes=1, **BOB)])
    bob = lead(world, "user_id:bob")
    held = world.slots()[anonymous]
    assert isinstance(held, Pointer)
    assert (held.into, held.by.message_id) == (bob.lead_id, "m4")
    assert anonymous in bob.merged_from
    assert anonymous not in lead(world, "user_id:alice").merged_from


def test_each_identifier_of_a_lead_leads_to_it() -> None:
    world = told(event("m1", **ALICE, **MAIL, crm_id="c1", device_id="d1"))
    [only] = world.found()
    slots = world.slots()
    kinds = {"email": "e@acme.com", "crm_id": "c1", "device_id": "d1", "anonymous_id": "a"}
    for kind, value in kinds.items():
        held = slots[slot(kind, value)]
        assert isinstance(held, Pointer)
        assert (held.into, held.was) == (only.lead_id, None)


def test_a_pointer_tells_by_which_event_and_rule_a_lead_was_taken_in() -> None:
    world = told(
        event("m1"), event("m2", minutes=1, **NOBODY, **ALICE), event("m3", minutes=2, **ALICE)
    )
    held = world.slots()[slot("anonymous_id", "a")]
    assert isinstance(held, Pointer)
    assert (held.rule, held.by.message_id, held.was, held.kept) == (
        "logged_in",
        "m3",
        "anonymous_id:a",
        "user_id:alice",
    )


def test_a_lead_names_the_event_behind_its_last_news() -> None:
    world = told(event("m1", **ALICE))
    assert lead(world, "user_id:alice").cause == "m1"
    world.apply([event("m2", minutes=1, **MAIL, **ALICE)])
    assert lead(world, "user_id:alice").cause == "m2"


def test_no_event_is_placed_in_a_cluster_that_does_not_know_its_member() -> None:
    world = told(*SHARED)
    leads = read(world, world.found()[0])
    assert len(leads) == 3
    assert lead_of(event("x", anonymous_id="elsewhere"), leads, key=KEY) is None


# ─── Bounds ──────────────────────────────────────────────────────────────────────────────────────


def test_a_cluster_has_a_bounded_number_of_leads() -> None:
    """A kiosk: everybody logs in on one browser. Each still has a lead with all that they did."""
    users = [f"u{number:02}" for number in range(2 * MAX_LEADS)]
    world = told(*(event(user, minutes=n, user_id=user) for n, user in enumerate(users)))
    found = who(world)
    assert {user: found[user] for user in users} == dict.fromkeys(users, 1)
    for one in world.found():
        assert len(one.peers) < MAX_LEADS
    severed = [
        sighting
        for one in world.found()
        for member in one.members.values()
        for sighting in member.sightings.values()
        if sighting.severed
    ]
    assert severed
    writes = world.calls.writes
    for n, user in enumerate(users):
        world.apply([event(user, minutes=n, user_id=user)])
    assert world.calls.writes == writes


# ─── What is written ─────────────────────────────────────────────────────────────────────────────


def test_leads_that_change_together_are_written_together() -> None:
    world = told(event("m1"), event("m2", minutes=1, **NOBODY, **ALICE))
    start = len(world.calls.log)
    world.apply([event("m3", minutes=2, **ALICE)])
    assert world.calls.log[start:].count("TransactWriteItems") == 1


def test_a_further_event_of_a_shared_browser_writes_its_day_and_one_lead() -> None:
    world = told(*SHARED)
    writes = world.calls.writes
    world.apply([event("n1", minutes=5)])
    assert world.calls.writes == writes + 2
    assert "TransactWriteItems" not in world.calls.log[-3:]


def test_a_read_that_is_late_makes_no_second_lead() -> None:
    """A link that an eventual read did not show yet is not taken for a free slot."""
    world = told(event("m1", **ALICE), calls=Calls(lagging=True))
    world.apply([event("m2", minutes=1)])
    assert who(world) == {"alice": 2}


def test_a_slot_that_was_empty_when_it_was_read_is_not_overwritten() -> None:
    world = told(event("m1", **ALICE))
    desk = world.desk("ten_one")
    late = event("m2", minutes=1)
    cluster = Cluster({}, desk)  # as if nothing had been found
    cluster.apply([late])
    with pytest.raises(ConflictError):
        cluster.settled(NOW)


FIRST = event("m1", **ALICE, **MAIL)


@pytest.mark.parametrize("number", range(1, told(FIRST).calls.made + 1))
def test_links_without_their_lead_harm_nobody(number: int) -> None:
    """The worker that wrote them is gone; others go on before its message is delivered again."""
    world = World()
    world.calls.fail(at=number)
    with pytest.raises(TransientError):
        world.apply([FIRST])
    world.apply([event("m2", minutes=1), event("m3", minutes=2, **NOBODY, **MAIL)])
    world.apply([FIRST])
    assert who(world) == {"alice": 3}
