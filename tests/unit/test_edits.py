"""Edits of leads on the stores: all or nothing, once, whoever else writes and whatever fails."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from leadsignal.domain.statements import MAX_SAID
from leadsignal.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PreconditionFailedError,
    TakenError,
    TooLargeError,
    TransientError,
)
from leadsignal.models.edits import LeadInput
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.services import edits
from leadsignal.services.clusters import MAX_LEADS
from leadsignal.services.edits import Author, Edited
from tests.fakes.clock import NOW
from tests.fakes.events import MINUTE, World, event, tenant
from tests.fakes.faults import Calls, KilledError

JANE = {"email": "jane@acme.com", "first_name": "Jane"}


class Office:
    """A world in which somebody edits leads; the ids of a request are the same when it is sent
    again."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World(tenant(default_country="US"))
        self._requests = count(1)

    def ids(self) -> Callable[[], Callable[[str], str]]:
        """Return what begins a request, or sends it again."""
        request = next(self._requests)

        def begin() -> Callable[[str], str]:
            numbers = count(1)
            return lambda prefix: f"{prefix}_{request}_{next(numbers)}"

        return begin

    def create(self, given: dict[str, Any], ids: Callable[[], Any] | None = None) -> Edited:
        return edits.create_lead(
            LeadInput.model_validate(given),
            desk=self.world.edit_desk(),
            author=Author("api", "key"),
            new_id=(ids or self.ids())(),
            now=NOW,
        )

    def update(
        self,
        lead_id: str,
        given: dict[str, Any],
        ids: Callable[[], Any] | None = None,
        *,
        precondition: Precondition = ANY_VERSION,
    ) -> Edited:
        return edits.update_lead(
            lead_id,
            LeadInput.model_validate(given),
            precondition=precondition,
            desk=self.world.edit_desk(),
            author=Author("api", "key"),
            new_id=(ids or self.ids())(),
            now=NOW,
        )

    def tag(self, lead_id: str, *tags: str, on: bool = True) -> Edited:
        return edits.tag_lead(
            lead_id,
            tags,
            on=on,
            desk=self.world.edit_desk(),
            author=Author("api", "key"),
            new_id=self.ids()(),
            now=NOW,
        )


def test_each_edit_is_later_than_the_one_before_though_the_clock_stands() -> None:
    office = Office()
    lead_id = office.create(JANE).lead.lead_id
    for title in ("a", "b", "c"):
        assert office.update(lead_id, {"title": title}).profile.title == title


def test_an_edit_that_says_nothing_new_writes_nothing() -> None:
    office = Office()
    made = office.create(JANE | {"tags": ["vip"], "consent": {"mail": True}})
    writes = office.world.calls.writes
    for given in (JANE, {"tags": ["vip"]}, {"title": None}, {"consent": {"mail": True}}, {}):
        assert office.update(made.lead.lead_id, given).lead == made.lead
    assert office.create(JANE).lead == made.lead
    assert office.tag(made.lead.lead_id, "other", on=False).lead == made.lead
    assert office.world.calls.writes == writes


def test_an_edit_costs_one_transaction() -> None:
    office = Office()
    lead_id = office.create({"phone": "4155550132"}).lead.lead_id
    before = len(office.world.calls.log)
    office.update(lead_id, {"title": "CTO", "email": "jane@free.test"})
    made = office.world.calls.log[before:]
    assert made.count("TransactWriteItems") == 1
    assert "PutItem" not in made


def outcome(office: Office) -> tuple[str, list[str]]:
    """Return all that there is, statements by what they say."""
    said = sorted(
        str(sorted(stored.said.items())) for day in office.world.days() for stored in day.events
    )
    return office.world.state(), said


def clean(
    given: dict[str, Any], change: dict[str, Any] | None
) -> tuple[tuple[str, list[str]], int]:
    office = Office()
    office.world.apply([event("m1", user_id="u1")])
    before = office.world.calls.made
    lead_id = office.create(given).lead.lead_id
    if change is not None:
        before = office.world.calls.made
        office.update(lead_id, change)
    return outcome(office), office.world.calls.made - before


CASES: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    (JANE, None),
    ({"first_name": "Jane", "phone": "+14155550132"}, None),
    ({"identifiers": [{"kind": "user_id", "value": "u1"}], "title": "CTO"}, None),
    (JANE, {"title": "CTO", "tags": ["vip"], "email": "jane@doe.org"}),
    ({"first_name": "Jane"}, {"email": "jane@acme.com", "company": {"domain": "acme.com"}}),
]
WAYS: dict[str, Callable[[Calls, int], None]] = {
    "unreached": lambda calls, at: calls.fail(at=at),
    "unanswered": lambda calls, at: calls.fail(at=at, after=True),
    "throttled": lambda calls, at: calls.throttle(at=at),
    "killed": lambda calls, at: calls.kill(at=at),
    "killed after it": lambda calls, at: calls.kill(at=at, after=True),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("given", "change"), CASES)
def test_an_edit_that_failed_at_any_call_is_done_once_when_it_is_sent_again(
    given: dict[str, Any], change: dict[str, Any] | None, way: str
) -> None:
    expected, calls = clean(given, change)
    for at in range(1, calls + 1):
        office = Office()
        office.world.apply([event("m1", user_id="u1")])
        ids = office.ids()
        lead_id = ""
        if change is not None:
            lead_id = office.create(given, ids).lead.lead_id
            ids = office.ids()
        WAYS[way](office.world.calls, at)

        def request(office: Office = office, lead_id: str = lead_id, ids: Any = ids) -> Edited:
            if change is None:
                return office.create(given, ids)
            return office.update(lead_id, change, ids)

        with pytest.raises((TransientError, KilledError)):
            request()
        done = request()
        assert outcome(office) == expected
        if change is None and "identifiers" not in given:
            assert done.created


def test_an_edit_that_is_sent_again_does_not_overrule_what_was_said_since() -> None:
    office = Office()
    lead_id = office.create(JANE).lead.lead_id
    request = office.ids()
    office.update(lead_id, {"title": "CTO"}, request)
    after = office.update(lead_id, {"title": "CEO"}).profile
    assert office.update(lead_id, {"title": "CTO"}, request).profile.title == "CEO"
    assert office.create(JANE).profile == after


def test_a_conflict_is_tried_again_and_a_lasting_one_is_told() -> None:
    office = Office()
    lead_id = office.create(JANE).lead.lead_id
    office.world.calls.conflict(at=1)
    assert office.update(lead_id, {"title": "CTO"}).profile.title == "CTO"
    office.world.calls.conflict(at=1, times=edits.ATTEMPTS)
    with pytest.raises(ConflictError):
        office.update(lead_id, {"title": "CEO"})
    office.world.calls.stop()
    assert office.update(lead_id, {}).profile.title == "CTO"


@pytest.mark.parametrize("at", range(1, 4))
def test_events_that_come_meanwhile_are_kept_and_so_is_the_edit(at: int) -> None:
    office = Office()
    office.world.apply([event("m1", user_id="u1")])
    [lead] = office.world.found()
    busy = event("m2", user_id="u1", minutes=1, traits={"city": "Delft"})
    office.world.calls.interrupt(lambda: _discard(office.world.apply([busy])), at=at)
    office.update(lead.lead_id, {"title": "CTO"})
    done = office.update(lead.lead_id, {})
    assert (done.profile.title, done.profile.traits["city"]) == ("CTO", "Delft")
    assert done.profile.event_count == 2


def _discard(value: object) -> None:
    del value


@pytest.mark.parametrize("at", range(1, 4))
def test_a_precondition_is_checked_on_what_is_written_over(at: int) -> None:
    office = Office()
    made = office.create(JANE)
    only = Precondition(versions=frozenset({made.lead.version}))
    other = Office(office.world)
    other._requests = count(100)
    rival = {"owner": "sam"}
    office.world.calls.interrupt(lambda: _discard(other.update(made.lead.lead_id, rival)), at=at)
    with pytest.raises(PreconditionFailedError) as caught:
        office.update(made.lead.lead_id, {"title": "CTO"}, precondition=only)
    assert caught.value.version == made.lead.version + 1
    assert office.update(made.lead.lead_id, {}).profile.title is None


def test_two_that_create_the_same_lead_at_once_create_one() -> None:
    office = Office()
    rival = Office(office.world)
    rival._requests = count(100)
    office.world.calls.interrupt(
        lambda: _discard(rival.create(JANE | {"title": "CTO"})),
        at=1,
        operation="TransactWriteItems",
    )
    done = office.create(JANE | {"owner": "sam"})
    assert not done.created
    assert (done.profile.title, done.profile.owner) == ("CTO", "sam")
    assert len(office.world.found()) == 1


def test_an_identifier_that_became_anothers_meanwhile_is_refused() -> None:
    office = Office()
    lead_id = office.create({"first_name": "Bob"}).lead.lead_id
    rival = Office(office.world)
    rival._requests = count(100)
    office.world.calls.interrupt(
        lambda: _discard(rival.create(JANE)), at=1, operation="TransactWriteItems"
    )
    with pytest.raises(TakenError) as caught:
        office.update(lead_id, {"email": "jane@acme.com"})
    assert caught.value.existing_id not in (None, lead_id)
    assert office.update(lead_id, {}).profile.email is None


def test_a_browser_is_linked_and_its_past_comes_along() -> None:
    office = Office()
    office.world.apply([event("m1", anonymous_id="a")])
    lead_id = office.create(JANE).lead.lead_id
    browser = {"identifiers": [{"kind": "anonymous_id", "value": "a"}]}
    done = office.update(lead_id, browser)
    assert (done.lead.lead_id, done.profile.event_count) == (lead_id, 1)
    assert len(office.world.found()) == 1


def test_somebody_elses_browser_is_refused() -> None:
    office = Office()
    office.world.apply([event("m1", anonymous_id="a", user_id="bob")])
    lead_id = office.create(JANE).lead.lead_id
    state = office.world.state()
    with pytest.raises(TakenError) as caught:
        office.update(lead_id, {"identifiers": [{"kind": "anonymous_id", "value": "a"}]})
    assert [problem.where for problem in caught.value.problems] == ["/identifiers/0/value"]
    assert office.world.state() == state


def test_an_anonymous_lead_becomes_known_under_its_own_id() -> None:
    office = Office()
    office.world.apply([event("m1", anonymous_id="a")])
    [lead] = office.world.found()
    done = office.update(lead.lead_id, JANE)
    assert (done.lead.lead_id, done.profile.is_known) == (lead.lead_id, True)
    assert not done.created


def test_what_is_said_of_nobodys_lead_stays_nobodys_and_names_nobody() -> None:
    office = Office()
    office.world.apply(
        [
            event("m1", anonymous_id="a", user_id="alice", minutes=-30),
            event("m2", anonymous_id="a", user_id="bob", minutes=-20),
            event("m3", anonymous_id="a", minutes=-10),
        ]
    )
    [nobody] = [lead for lead in office.world.found() if lead.nobody]
    done = office.update(nobody.lead_id, {"tags": ["kiosk"]})
    assert (done.lead.lead_id, done.profile.tags) == (nobody.lead_id, ("kiosk",))
    with pytest.raises(TakenError):
        office.update(nobody.lead_id, JANE)
    assert len(office.world.found()) == 3


def test_a_sixth_email_is_refused() -> None:
    office = Office()
    lead_id = office.create(JANE).lead.lead_id
    for number in range(4):
        office.update(lead_id, {"email": f"jane{number}@acme.com"})
    with pytest.raises(TakenError):
        office.update(lead_id, {"email": "jane5@acme.com"})
    assert office.update(lead_id, {}).profile.email == "jane3@acme.com"


def test_a_lead_holds_so_many_tags_and_fields() -> None:
    office = Office()
    lead_id = office.create(JANE | {"tags": [f"t{n}" for n in range(60)]}).lead.lead_id
    with pytest.raises(InvalidInputError) as caught:
        office.tag(lead_id, *(f"u{n}" for n in range(41)))
    assert [problem.where for problem in caught.value.problems] == ["/tags"]
    for start in range(0, MAX_SAID - 200, 90):
        office.update(lead_id, {"traits": {f"n{start + n}": 1 for n in range(90)}})
        office.update(lead_id, {"traits": None})
    with pytest.raises(InvalidInputError) as caught:
        office.update(lead_id, {"traits": {f"m{n}": 1 for n in range(90)}})
    assert [problem.where for problem in caught.value.problems] == [""]


def test_what_a_lead_cannot_hold_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadsignal.adapters.dynamodb.leads.MAX_LEAD_BYTES", 600)
    office = Office()
    lead_id = office.create(JANE).lead.lead_id
    state = office.world.state()
    text = "".join(chr(0x4E00 + n * 7) for n in range(1000))
    with pytest.raises(TooLargeError):
        office.update(lead_id, {"traits": {"note": text}})
    assert office.world.state() == state


def test_a_twin_by_phone_that_cannot_be_the_same_only_comes_to_notice() -> None:
    office = Office()
    one = {"first_name": "Jane", "last_name": "Doe", "phone": "(415) 555-0132"}
    first = office.create(one | {"identifiers": [{"kind": "user_id", "value": "u1"}]})
    other = office.create(one | {"identifiers": [{"kind": "user_id", "value": "u2"}]})
    assert other.created
    assert other.potential_duplicate_id == first.lead.lead_id
    again = office.create(one | {"phone": "+14155550132"})
    assert not again.created
    assert again.lead.lead_id in (first.lead.lead_id, other.lead.lead_id)


def test_a_phone_that_events_told_of_is_found_too() -> None:
    office = Office()
    traits = {"phone": "(415) 555-0132", "first_name": "Jane", "last_name": "Doe"}
    office.world.apply([event("m1", user_id="u1", type="identify", traits=traits)])
    done = office.create({"phone": "+1 415 555 0132", "first_name": "Jane", "last_name": "DOE"})
    assert not done.created
    assert done.profile.is_known


def test_a_phone_that_was_withdrawn_is_nobodys() -> None:
    office = Office()
    one = {"first_name": "Jane", "last_name": "Doe", "phone": "(415) 555-0132"}
    first = office.create(one)
    office.update(first.lead.lead_id, {"phone": None})
    assert office.create(one).created


def test_leads_of_different_tenants_are_not_alike() -> None:
    world = World(tenant("one"), tenant("two"))
    one = {"first_name": "Jane", "last_name": "Doe", "phone": "+14155550132"}
    mine = Office(world).create(one)
    theirs = edits.create_lead(
        LeadInput.model_validate(one),
        desk=world.edit_desk("ten_two"),
        author=Author("api"),
        new_id=Office(world).ids()(),
        now=NOW,
    )
    assert theirs.created
    assert theirs.potential_duplicate_id is None
    with pytest.raises(NotFoundError):
        Office(world).update(theirs.lead.lead_id, {"title": "CTO"})
    assert mine.lead.lead_id != theirs.lead.lead_id


def test_an_identifier_of_too_large_a_cluster_creates_a_lead_of_its_own() -> None:
    office = Office()
    people = [
        event(f"m{n}", anonymous_id="kiosk", user_id=f"u{n}", minutes=n - 100)
        for n in range(MAX_LEADS + 3)
    ]
    office.world.apply(people)
    kiosk = {"kind": "anonymous_id", "value": "kiosk"}
    done = office.create(JANE | {"identifiers": [kiosk]})
    assert done.profile.email == "jane@acme.com"
    late = office.create({"email": "bob@acme.com"})
    with pytest.raises(TakenError):
        office.update(late.lead.lead_id, {"identifiers": [kiosk]})


def test_a_merged_lead_is_changed_where_it_lives_now() -> None:
    office = Office()
    office.world.apply(
        [
            event("m1", anonymous_id="a"),
            event("m2", anonymous_id="b", user_id="u1", minutes=1),
        ]
    )
    gone = next(lead for lead in office.world.found() if len(lead.members) == 1 and any(
        member.kind == "anonymous_id" for member in lead.members.values()))  # fmt: skip
    office.world.apply([event("m3", anonymous_id="a", user_id="u1", minutes=2)])
    done = office.update(gone.lead_id, {"title": "CTO"})
    assert done.profile.title == "CTO"
    assert done.lead.lead_id != gone.lead_id


@pytest.mark.parametrize("lead_id", ["lead_" + "a" * 26, "lead_1", "", "x#y"])
def test_what_is_not_there_cannot_be_changed(lead_id: str) -> None:
    with pytest.raises(NotFoundError):
        Office().update(lead_id, {"title": "CTO"})


def test_a_statement_stands_beside_the_events_of_its_day() -> None:
    office = Office()
    views = [event(f"m{n}", user_id="u1", anonymous_id="a", minutes=n / 60) for n in range(40)]
    office.world.apply(views[:20])
    [lead] = office.world.found()
    office.update(lead.lead_id, {"title": "CTO"})
    office.world.apply(views[20:])
    done = office.update(lead.lead_id, {"owner": "sam"})
    assert (done.profile.title, done.profile.owner) == ("CTO", "sam")
    assert done.profile.event_count == 40
    assert done.profile.last_seen_at == views[-1].at < views[0].at + MINUTE
