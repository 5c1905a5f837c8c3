"""Merges of leads: shown, carried out, undone; what waits for one; why a lead is one."""

from datetime import timedelta
from typing import Any

import pytest

from leadsignal.adapters.dynamodb.stream import stored_change
from leadsignal.domain.segments import SegmentBook
from leadsignal.errors import ConflictError, InvalidInputError, NotFoundError
from leadsignal.models.events import Event
from leadsignal.models.facts import Fact
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.merges import (
    CandidateView,
    IdentityView,
    MergedField,
    MergeRequest,
    MergeView,
)
from leadsignal.services import merges
from leadsignal.services.announce import facts_to_tell
from leadsignal.services.clusters import reference_of
from leadsignal.services.desk import Desk
from leadsignal.services.ingest import ingest_messages
from leadsignal.services.listing import Listing
from tests.fakes.clock import NOW
from tests.fakes.events import AT, MINUTE, World, event, message, page, tenant
from tests.fakes.lambda_side import stream_event
from tests.fakes.rules import segment

NOBODY: dict[str, Any] = {"anonymous_id": None}
ALICE: dict[str, Any] = NOBODY | {"user_id": "alice"}
BOB: dict[str, Any] = NOBODY | {"user_id": "bob"}
MAIL: dict[str, Any] = NOBODY | {"email": "e@acme.com"}
TYPES = frozenset({"lead.created", "lead.identified", "lead.merged", "lead.unmerged"})


class Office:
    """A world, and who merges leads in it; leads go by the identifier that they are known by."""

    def __init__(self, *events: Event) -> None:
        self.world = World()
        self.desk: Desk = self.world.desk("ten_one")
        self._stream = self.world.db.stream("LeadTable")
        self.apply(*events)

    def apply(self, *events: Event) -> None:
        for one in events:
            self.world.apply([one])

    def lead(self, reference: str) -> Lead:
        [found] = [lead for lead in self.world.found() if reference_of(lead) == reference]
        return found

    def merge(self, survivor: Lead, merged: Lead, *, dry_run: bool = False) -> MergeView:
        request = MergeRequest(
            survivor_id=survivor.lead_id, merged_id=merged.lead_id, reason="told by phone"
        )
        return merges.merge(request, desk=self.desk, now=NOW, dry_run=dry_run)

    def undo(self, merge_id: str | None) -> MergeView:
        return merges.undo(merge_id or "", desk=self.desk, now=NOW)

    def explain(self, lead_id: str) -> IdentityView:
        key = self.desk.identity_key
        return merges.explain(lead_id, snapshots=self.desk.snapshots, key=key)

    def candidates(self) -> tuple[CandidateView, ...]:
        listing = Listing(self.desk.tenant, 100, None, AT)
        return tuple(merges.list_candidates(listing, desk=self.desk).data)

    def facts(self) -> list[Fact]:
        """Return what was told of leads since the last time."""
        changes = [stored_change(record) for record in stream_event(self._stream.take())["Records"]]
        return facts_to_tell(changes, tenant=self.world.tenants.get, wanted=lambda _: TYPES)

    def homes(self) -> dict[str, list[str]]:
        """Return the members of each lead by what it is known by."""
        return {
            reference_of(lead) or "": sorted(f"{m.kind}:{m.value}" for m in lead.members.values())
            for lead in self.world.found()
        }


def two_persons() -> Office:
    """Return Alice, who allowed ads and is CTO, and Bob, who did not and is CEO."""
    alice = page("/pricing").model_copy(update={"consent": {"ads": True, "mail": True}})
    bob = page("/demo").model_copy(update={"consent": {"ads": False}})
    return Office(
        event("m1", context=alice, traits={"title": "CTO", "city": "Delft"}, **ALICE),
        event("m2", minutes=1, context=bob, traits={"title": "CEO"}, **BOB),
        event("m3", minutes=2, context=page("/docs"), **BOB),
    )


def by_name(view: MergeView) -> dict[str, MergedField]:
    return {field.field: field for field in view.fields}


# ─── A merge shown and made ──────────────────────────────────────────────────────────────────────


def test_a_dry_run_shows_whose_value_wins_in_each_field() -> None:
    office = two_persons()
    shown = office.merge(office.lead("user_id:alice"), office.lead("user_id:bob"), dry_run=True)
    fields = by_name(shown)
    winners = {name: field.winner for name, field in fields.items()}
    assert winners == {
        "identifiers": "both",
        "title": "merged",
        "status": "same",
        "first_touch": "survivor",
        "last_touch": "survivor",
        "session_count": "same",
        "event_count": "both",
        "first_seen_at": "survivor",
        "last_seen_at": "merged",
        "created_at": "survivor",
        "score": "both",
        "tier": "same",
        "traits.city": "survivor",
        "traits.title": "merged",
        "consent.ads": "merged",
        "consent.mail": "survivor",
    }
    assert (fields["title"].values, fields["title"].result) == (("CTO", "CEO"), "CEO")
    assert (fields["event_count"].values, fields["event_count"].result) == ((1, 2), 3)
    assert (fields["traits.city"].values, fields["traits.city"].result) == (
        ("Delft", None),
        "Delft",
    )


@pytest.mark.parametrize(("kept", "gone"), [("alice", "bob"), ("bob", "alice")])
def test_the_stricter_consent_wins_whoever_survives(kept: str, gone: str) -> None:
    office = two_persons()
    survivor, merged = office.lead(f"user_id:{kept}"), office.lead(f"user_id:{gone}")
    ads = by_name(office.merge(survivor, merged, dry_run=True))["consent.ads"]
    assert ads.result is False
    assert ads.winner == ("survivor" if kept == "bob" else "merged")


def test_a_dry_run_writes_nothing_and_the_merge_does_what_it_showed() -> None:
    office = two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    before = office.world.calls.writes
    shown = office.merge(alice, bob, dry_run=True)
    assert office.world.calls.writes == before
    assert (shown.status, shown.id) == ("dry_run", None)
    done = office.merge(alice, bob)
    assert done.status == "merged"
    assert done.fields == shown.fields
    [lead] = office.world.found()
    assert (lead.lead_id, lead.score.score) == (alice.lead_id, shown.score_after)
    assert shown.score_before == alice.score.score
    assert shown.merged_score_before == bob.score.score
    assert max(alice.score.score, bob.score.score) < shown.score_after
    assert shown.score_after < alice.score.score + bob.score.score  # of the union, never the sum


def test_a_merge_asked_for_again_is_the_same_merge() -> None:
    office = two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    first = office.merge(alice, bob)
    writes = office.world.calls.writes
    again = office.merge(alice, bob)
    assert (again.id, again.status, again.reason) == (first.id, "merged", "told by phone")
    assert office.world.calls.writes == writes


def test_a_lead_that_was_merged_away_is_merged_where_it_lives_now() -> None:
    office = two_persons()
    office.apply(event("m4", minutes=3, **MAIL))
    alice, bob, mail = (
        office.lead(name) for name in ("user_id:alice", "user_id:bob", "email:e@acme.com")
    )
    office.merge(alice, bob)
    done = office.merge(bob, mail)
    assert (done.survivor_id, done.merged_id) == (alice.lead_id, mail.lead_id)
    [lead] = office.world.found()
    assert set(lead.merged_from) == {bob.lead_id, mail.lead_id}


def test_events_after_a_merge_belong_to_the_survivor() -> None:
    office = two_persons()
    alice = office.lead("user_id:alice")
    office.merge(alice, office.lead("user_id:bob"))
    office.apply(event("m4", minutes=3, **BOB), event("m0", minutes=-5, **BOB))
    [lead] = office.world.found()
    assert lead.lead_id == alice.lead_id
    assert sum(day.events for m in lead.members.values() for day in m.days.values()) == 5


def test_what_nobody_did_can_be_given_to_a_person() -> None:
    office = Office(
        event("m1", user_id="alice"),
        event("m2", minutes=1, user_id="bob"),
        event("m3", minutes=2),
    )
    [nobody] = [lead for lead in office.world.found() if lead.nobody]
    done = office.merge(office.lead("user_id:bob"), nobody)
    assert office.homes() == {
        "user_id:alice": ["user_id:alice"],
        "user_id:bob": ["anonymous_id:a", "user_id:bob"],
    }
    office.apply(event("m4", minutes=3))
    assert len(office.world.found()) == 2
    office.undo(done.id)
    assert [lead.lead_id for lead in office.world.found() if lead.nobody] == [nobody.lead_id]


# ─── What cannot be merged ───────────────────────────────────────────────────────────────────────

STRANGER = "lead_" + "a" * 26


def test_a_lead_is_not_merged_with_itself() -> None:
    office = two_persons()
    alice = office.lead("user_id:alice")
    with pytest.raises(InvalidInputError) as refused:
        office.merge(alice, alice)
    [problem] = refused.value.problems
    assert (problem.where, problem.code) == ("/merged_id", "same_lead")


@pytest.mark.parametrize("stranger", [STRANGER, "lead_x", "", "mrg_" + "a" * 26])
def test_a_lead_that_is_not_there_is_not_found(stranger: str) -> None:
    office = two_persons()
    alice, nobody = office.lead("user_id:alice"), Lead(lead_id=stranger)
    for pair in ((alice, nobody), (nobody, alice)):
        with pytest.raises(NotFoundError, match="lead"):
            office.merge(*pair)
    with pytest.raises(NotFoundError, match="lead"):
        office.explain(stranger)


def test_a_lead_of_another_tenant_is_not_found() -> None:
    world = World(tenant("one"), tenant("two"))
    world.apply([event("m1", **ALICE)])
    world.apply([event("m1", **ALICE)], tenant_id="ten_two")
    [ours], [theirs] = world.found(), world.found("ten_two")
    request = MergeRequest(survivor_id=ours.lead_id, merged_id=theirs.lead_id)
    with pytest.raises(NotFoundError, match="lead"):
        merges.merge(request, desk=world.desk("ten_one"), now=NOW)


def test_what_the_rules_made_one_is_not_merged_by_hand() -> None:
    office = Office(event("m1"), event("m2", minutes=1, **ALICE))
    anonymous, alice = office.lead("anonymous_id:a"), office.lead("user_id:alice")
    office.apply(event("m3", minutes=2, user_id="alice"))
    with pytest.raises(ConflictError, match="one lead already"):
        office.merge(alice, anonymous)


def test_two_leads_of_nobodys_are_not_merged() -> None:
    office = Office(
        *(
            event(f"m{browser}{number}", minutes=number, anonymous_id=browser, user_id=user)
            for browser in "ab"
            for number, user in enumerate(("alice", "bob", None))
        )
    )
    one, other = (lead for lead in office.world.found() if lead.nobody)
    with pytest.raises(ConflictError, match="neither lead is anybody's"):
        office.merge(one, other)


def test_a_merge_that_others_keep_disturbing_is_given_up() -> None:
    office = two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    for turn in range(merges.ATTEMPTS):

        def disturb(turn: int = turn) -> None:
            office.world.apply([event(f"n{turn}", minutes=turn, **BOB)])

        office.world.calls.interrupt(disturb, at=turn + 1, operation="TransactWriteItems")
    with pytest.raises(ConflictError, match="others kept changing"):
        office.merge(alice, bob)
    assert len(office.world.found()) == 2
    assert office.merge(alice, bob).status == "merged"


# ─── Undone ──────────────────────────────────────────────────────────────────────────────────────


def test_an_undone_merge_restores_both_leads_with_what_came_since() -> None:
    office, never = two_persons(), two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    done = office.merge(alice, bob)
    since = (event("m4", minutes=5, **BOB), event("m5", minutes=6, **ALICE))
    office.apply(*since)
    never.apply(*since)
    undone = office.undo(done.id)
    assert (undone.status, undone.survivor_id, undone.merged_id) == (
        "undone",
        alice.lead_id,
        bob.lead_id,
    )
    assert office.world.state() == never.world.state()
    assert {lead.lead_id for lead in office.world.found()} == {alice.lead_id, bob.lead_id}
    assert office.lead("user_id:bob").lead_id == bob.lead_id


def test_undoing_twice_changes_nothing() -> None:
    office = two_persons()
    done = office.merge(office.lead("user_id:alice"), office.lead("user_id:bob"))
    first = office.undo(done.id)
    writes = office.world.calls.writes
    again = office.undo(done.id)
    assert (again.id, again.status) == (first.id, "undone")
    assert (again.survivor_id, again.merged_id) == (first.survivor_id, first.merged_id)
    assert again.score_after == first.score_after
    assert office.world.calls.writes == writes


@pytest.mark.parametrize(
    "unknown", ["", "mrg_x_1", "lead_" + "a" * 26, f"mrg_{'a' * 26}_2", f"mrg_{'a' * 26}_0"]
)
def test_an_unknown_merge_is_not_found(unknown: str) -> None:
    with pytest.raises(NotFoundError):
        two_persons().undo(unknown)


def test_a_merge_is_known_by_the_version_that_it_made() -> None:
    office = two_persons()
    done = office.merge(office.lead("user_id:alice"), office.lead("user_id:bob"))
    assert done.id is not None
    with pytest.raises(NotFoundError, match="merge"):
        office.undo(done.id[:-1] + "7")


def test_an_undone_pair_stays_apart_but_may_be_merged_by_hand_again() -> None:
    office = Office(event("m1", **MAIL), event("m2", minutes=1, **ALICE))
    mail, alice = office.lead("email:e@acme.com"), office.lead("user_id:alice")
    office.undo(office.merge(alice, mail).id)
    both = event("m3", minutes=2, user_id="alice", email="e@acme.com", trusted=True, **NOBODY)
    office.apply(both)
    assert len(office.world.found()) == 2
    assert [refusal.reason for refusal in office.explain(alice.lead_id).refusals] == ["undone"]
    assert not office.candidates()
    again = office.merge(alice, office.lead("email:e@acme.com"))
    assert [lead.lead_id for lead in office.world.found()] == [alice.lead_id]
    assert office.undo(again.id).status == "undone"
    assert len(office.world.found()) == 2


LATER = event("m4", minutes=3, **NOBODY, user_id="alice")


@pytest.mark.parametrize(
    ("story", "survivor", "restored"),
    [
        pytest.param(
            (event("m1"), event("m2", minutes=1, **ALICE), event("m3", minutes=2, user_id="alice")),
            "user_id:alice",
            "anonymous_id:a",
            id="a log-in",
        ),
        pytest.param(
            (
                event("m1", **ALICE),
                event("m2", minutes=1, **MAIL),
                event("m3", minutes=2, user_id="alice", trusted=True, **MAIL),
            ),
            "user_id:alice",
            "email:e@acme.com",
            id="a trusted word, the user was first",
        ),
        pytest.param(
            (
                event("m1", **MAIL),
                event("m2", minutes=1, **ALICE),
                event("m3", minutes=2, user_id="alice", trusted=True, **MAIL),
            ),
            "email:e@acme.com",
            "user_id:alice",
            id="a trusted word, the e-mail was first",
        ),
    ],
)
def test_a_merge_that_rules_made_can_be_undone_too(
    story: tuple[Event, ...], survivor: str, restored: str
) -> None:
    office = Office(*story[:2])
    kept, gone = office.lead(survivor), office.lead(restored)
    office.apply(story[2])
    [lead] = office.world.found()
    assert lead.lead_id == kept.lead_id
    [known] = office.explain(kept.lead_id).merges
    assert (known.lead_id, known.message_id) == (gone.lead_id, "m3")
    undone = office.undo(known.id)
    assert (undone.survivor_id, undone.merged_id) == (kept.lead_id, gone.lead_id)
    assert office.lead(survivor).lead_id == kept.lead_id
    assert office.lead(restored).lead_id == gone.lead_id
    again = story[2].model_copy(update={"message_id": "m9", "fingerprint": "m9", "trusted": True})
    office.apply(LATER, again)
    assert len(office.world.found()) == 2
    assert "undone" in {refusal.reason for refusal in office.explain(kept.lead_id).refusals}


@pytest.mark.parametrize("first", ["the inner one", "the outer one"])
def test_a_chain_of_merges_is_undone_link_by_link(first: str) -> None:
    persons = [event(f"m{n}", minutes=n, user_id=f"u{n}", **NOBODY) for n in range(3)]
    office, never = Office(*persons), Office(*persons)
    zero, one, two = (office.lead(f"user_id:u{n}") for n in range(3))
    inner = office.merge(one, two)
    outer = office.merge(zero, one)
    assert [lead.lead_id for lead in office.world.found()] == [zero.lead_id]
    order = (inner, outer) if first == "the inner one" else (outer, inner)
    office.undo(order[0].id)
    assert sorted(map(sorted, office.homes().values())) == (
        [["user_id:u0", "user_id:u1"], ["user_id:u2"]]
        if first == "the inner one"
        else [["user_id:u0"], ["user_id:u1", "user_id:u2"]]
    )
    office.undo(order[1].id)
    assert office.world.state() == never.world.state()
    assert {lead.lead_id for lead in office.world.found()} == {
        lead.lead_id for lead in (zero, one, two)
    }


def test_a_survivor_that_was_taken_in_since_is_restored_too() -> None:
    office = Office(
        event("m0", **NOBODY, device_id="d"), event("m1", minutes=1), event("m2", minutes=2, **MAIL)
    )
    phone, browser, mail = (
        office.lead(name) for name in ("device_id:d", "anonymous_id:a", "email:e@acme.com")
    )
    done = office.merge(phone, browser)
    office.apply(event("m3", minutes=3, email="e@acme.com"))
    assert [lead.lead_id for lead in office.world.found()] == [mail.lead_id]
    undone = office.undo(done.id)
    assert undone.survivor_id == phone.lead_id
    assert office.lead("device_id:d").lead_id == phone.lead_id
    known = office.lead("email:e@acme.com")
    assert known.lead_id == mail.lead_id
    assert set(known.merged_from) == {browser.lead_id}
    assert office.explain(browser.lead_id).lead_id == mail.lead_id


def test_a_lead_is_restored_though_the_survivors_browser_is_anothers_by_now() -> None:
    office = Office(event("m0"), event("m1", minutes=1, **NOBODY, crm_id="c1"))
    browser, crm = office.lead("anonymous_id:a"), office.lead("crm_id:c1")
    done = office.merge(browser, crm)
    office.apply(event("m2", minutes=2, user_id="alice"))  # the browser is the CRM contact's
    assert len(office.world.found()) == 2
    office.undo(done.id)
    assert office.homes() == {
        "crm_id:c1": ["crm_id:c1"],
        "user_id:alice": ["anonymous_id:a", "user_id:alice"],
    }
    assert office.lead("crm_id:c1").lead_id == crm.lead_id


def test_a_merge_is_not_undone_while_another_holds_the_two_together() -> None:
    office = Office(
        event("m1", **ALICE),
        event("m2", minutes=1, **MAIL),
        event("m3", minutes=2, user_id="alice", trusted=True, **MAIL),
    )
    [known] = office.explain(office.lead("user_id:alice").lead_id).merges
    held = office.lead("user_id:alice")
    office.undo(known.id)
    by_hand = office.merge(office.lead("user_id:alice"), office.lead("email:e@acme.com"))
    assert by_hand.id != known.id
    assert held.lead_id == by_hand.survivor_id
    with pytest.raises(NotFoundError, match="merge"):
        office.undo(known.id)


# ─── What is told ────────────────────────────────────────────────────────────────────────────────


def told(facts: list[Fact]) -> list[tuple[str, str, str | None]]:
    return sorted((fact.type, fact.lead.lead_id, fact.lead.merged_id) for fact in facts)


def test_merges_and_undos_are_told_by_the_leads_that_live() -> None:
    office = two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    office.facts()
    done = office.merge(alice, bob)
    merged = office.facts()
    assert told(merged) == [("lead.merged", alice.lead_id, bob.lead_id)]
    assert merged[0].lead.cause is None
    office.undo(done.id)
    unmerged = office.facts()
    assert sorted(told(unmerged), key=lambda fact: fact[2] or "") == [
        ("lead.unmerged", bob.lead_id, None),
        ("lead.unmerged", alice.lead_id, bob.lead_id),
    ]
    sequence = {fact.lead.lead_id: fact.sequence for fact in unmerged}
    assert sequence[bob.lead_id] > bob.sequence
    assert sequence[alice.lead_id] > merged[0].sequence


def test_a_merge_that_rules_made_names_the_event_behind_it() -> None:
    office = Office(event("m1"), event("m2", minutes=1, **ALICE))
    office.facts()
    office.apply(event("m3", minutes=2, user_id="alice"))
    [merged] = [fact for fact in office.facts() if fact.type == "lead.merged"]
    assert merged.lead.cause == "m3"


# ─── Candidates and evidence ─────────────────────────────────────────────────────────────────────


def test_a_refused_pair_waits_for_a_decision() -> None:
    office = Office(
        event("m1", **MAIL),
        event("m2", minutes=1, **ALICE),
        event("m3", minutes=2, user_id="alice", **MAIL),
        event("m4", minutes=3, user_id="alice", **MAIL),
    )
    mail, alice = office.lead("email:e@acme.com"), office.lead("user_id:alice")
    [candidate] = office.candidates()
    assert candidate.reason == "untrusted_sender"
    assert candidate.message_id == "m3"
    homes = {"email": mail.lead_id, "user_id": alice.lead_id}
    assert candidate.lead_ids == tuple(homes[one.kind] for one in candidate.identifiers)
    done = office.merge(alice, mail)
    assert not office.candidates()
    office.undo(done.id)
    assert not office.candidates()  # somebody has decided


def test_a_pair_that_became_one_by_itself_waits_no_more() -> None:
    office = Office(
        event("m1", **MAIL),
        event("m2", minutes=1, **ALICE),
        event("m3", minutes=2, user_id="alice", **MAIL),
    )
    assert len(office.candidates()) == 1
    office.apply(event("m4", minutes=3, user_id="alice", trusted=True, **MAIL))
    assert not office.candidates()


def test_two_users_of_an_alias_are_candidates_but_not_merged() -> None:
    alias = event(
        "m3", minutes=2, type="alias", event="alias", user_id="bob", previous_id="alice", **NOBODY
    )
    office = Office(event("m1", **ALICE), event("m2", minutes=1, **BOB), alias)
    [candidate] = office.candidates()
    assert candidate.reason == "different_user_ids"
    done = office.merge(office.lead("user_id:bob"), office.lead("user_id:alice"))
    assert (done.status, office.candidates()) == ("merged", ())


def test_many_candidates_come_page_by_page() -> None:
    office = Office()
    for number in range(5):
        said = {"user_id": f"u{number}", "email": f"e{number}@acme.com"}
        for kind, value in said.items():
            office.apply(event(f"{kind}{number}", minutes=number, **NOBODY, **{kind: value}))
        office.apply(event(f"both{number}", minutes=9, **NOBODY, **said))
    gone = office.merge(office.lead("user_id:u1"), office.lead("email:e1@acme.com"))
    assert gone.status == "merged"
    seen: list[str] = []
    cursor = None
    while True:
        listing = Listing(office.desk.tenant, 2, cursor, AT)
        found = merges.list_candidates(listing, desk=office.desk)
        seen += [candidate.id for candidate in found.data]
        assert len(found.data) <= 2
        assert found.has_more is (found.next_cursor is not None)
        cursor = found.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 4
    assert sorted(seen) == sorted(candidate.id for candidate in office.candidates())


def test_a_lead_explains_its_links_its_refusals_and_its_shared_browser() -> None:
    office = Office(
        event("m0", minutes=-1),
        event("m1", user_id="alice", email="e@acme.com"),
        event("m2", minutes=1, user_id="bob"),
        event("m3", minutes=2),
    )
    alice = office.explain(office.lead("user_id:alice").lead_id)
    links = [
        (link.rule, link.message_id, {one.value for one in link.identifiers})
        for link in alice.links
    ]
    assert links == [
        ("linked", "m1", {"alice", "e@acme.com"}),
        ("logged_in", "m1", {"alice", "a"}),
    ]
    [refusal] = alice.refusals
    assert (refusal.reason, refusal.message_id) == ("different_user_ids", "m2")
    [shared] = alice.shared_browsers
    [nobody] = [lead for lead in office.world.found() if lead.nobody]
    assert (shared.identifier.value, shared.lead_id) == ("a", nobody.lead_id)
    assert shared.since == AT + 60_000
    bob = office.lead("user_id:bob").lead_id
    assert set(alice.related_leads) == {bob, nobody.lead_id}
    assert office.explain(nobody.lead_id).lead_id == nobody.lead_id


def test_a_lead_explains_merges_by_hand_and_is_found_by_its_old_id() -> None:
    office = two_persons()
    alice, bob = office.lead("user_id:alice"), office.lead("user_id:bob")
    done = office.merge(alice, bob)
    explained = office.explain(bob.lead_id)
    assert explained.lead_id == alice.lead_id
    [merge] = explained.merges
    assert (merge.id, merge.lead_id, merge.rule, merge.message_id) == (
        done.id,
        bob.lead_id,
        "merged_by_hand",
        done.id,
    )
    assert "merged_by_hand" in {link.rule for link in explained.links}
    held = office.world.slots()[bob.lead_id]
    assert isinstance(held, Pointer)
    office.undo(done.id)
    assert not office.explain(alice.lead_id).merges


# ─── Segments ────────────────────────────────────────────────────────────────────────────────────


def test_a_merged_person_is_in_a_segment_since_either_of_them_was() -> None:
    office = Office()
    known = segment("seg_known", {"field": "is_known", "op": "eq", "value": True})
    cto = segment("seg_cto", {"field": "title", "op": "eq", "value": "CTO"})
    office.world.segments["ten_one"] = SegmentBook([known, cto])
    hour = timedelta(hours=1)
    alice, bob = event("m1", traits={"title": "CTO"}, **ALICE), event("m2", minutes=1, **BOB)
    for said, now in ((bob, NOW), (alice, NOW + hour)):
        ingest_messages([message(said)], desk_of=office.world.desk, now=now)

    def since(lead: Lead) -> dict[str, Instant]:
        lists = office.world.aside["ten_one"].lists
        for segment_id in ("seg_known", "seg_cto"):
            entries = lists.members(segment_id, before=None, ahead=9)
            members = {entry.lead_id: entry.since for entry in entries}
            assert members.get(lead.lead_id) == lead.entries.segments.get(segment_id)
            assert lists.count_members(segment_id, 9) == (len(members), True)
        return lead.entries.segments

    later = AT + 60 * MINUTE
    assert since(office.lead("user_id:alice")) == {"seg_known": later, "seg_cto": later}
    assert since(office.lead("user_id:bob")) == {"seg_known": AT}
    merged = office.merge(office.lead("user_id:alice"), office.lead("user_id:bob"))
    [one] = office.world.found()
    assert since(one) == {"seg_known": AT, "seg_cto": later}
    office.undo(merged.id)
    assert since(office.lead("user_id:alice"))["seg_cto"] == later
    assert since(office.lead("user_id:bob")).keys() == {"seg_known"}
