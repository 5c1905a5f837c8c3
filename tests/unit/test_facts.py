"""Facts: what changed, under ids that follow from it, counted without gaps; and who is told."""

from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.stream import StoredChange, stored_change
from leadsignal.domain.facts import facts_between
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.facts import Fact, FactType
from leadsignal.models.leads import Entries, Lead, Pointer, Stamp
from leadsignal.models.segments import Segment
from leadsignal.models.stored import Stored
from leadsignal.models.tenants import Tenant
from leadsignal.services.announce import facts_to_tell
from tests.fakes.events import GAP, MINUTE, World, event, page, tenant
from tests.fakes.lambda_side import stream_event
from tests.fakes.rules import MOVING_BOOK, boost, pricing, ruleset, segment, within

ALL: frozenset[str] = frozenset(get_args(FactType.__value__))
ONE = tenant()


class Recorder:
    """A world that remembers the changes that its table's stream told."""

    def __init__(self, rules: Playbook | None = None) -> None:
        self.world = World(rules=rules)
        self.changes: list[StoredChange] = []
        self._stream = self.world.db.stream("LeadTable")

    def apply(self, *events: Any) -> list[Fact]:
        """Apply events and return the facts that the change of the table tells."""
        self.world.apply(events)
        records = stream_event(self._stream.take())["Records"]
        changes = [stored_change(record) for record in records]
        self.changes += changes
        return tell(changes)


def tell(changes: Sequence[tuple[str, Stored | None, Stored | None]]) -> list[Fact]:
    owners: dict[str, Tenant] = {"ten_one": ONE}
    return facts_to_tell(changes, tenant=owners.get, wanted=lambda _: ALL)


def kinds(facts: list[Fact]) -> list[str]:
    return [fact.type.removeprefix("lead.") for fact in facts]


def test_a_visitor_is_created_scored_identified_and_rises() -> None:
    recorder = Recorder()
    view: dict[str, Any] = {"context": page("/pricing")}
    assert kinds(recorder.apply(event("m1", **view))) == ["created", "score_changed"]
    assert kinds(recorder.apply(event("m2", minutes=1))) == ["score_changed"]
    form: dict[str, Any] = {"event": "form_submitted", "type": "track", "email": "e@acme.com"}
    told = recorder.apply(event("m3", minutes=2, **form), event("m4", minutes=3, **view))
    assert kinds(told) == ["updated", "identified", "score_changed", "tier_changed"]
    crossing = told[-1].lead
    assert (crossing.previous_tier, crossing.tier) == ("cold", "hot")
    assert crossing.score is not None
    assert crossing.score >= 80 > (crossing.previous_score or 0)
    assert recorder.apply(event("m4", minutes=3, **view)) == []


def test_a_merge_is_told_of_the_lead_that_took_the_other_in() -> None:
    recorder = Recorder()
    recorder.apply(event("m1", anonymous_id="a"))
    recorder.apply(event("m2", anonymous_id=None, user_id="u1"))
    told = recorder.apply(event("m3", minutes=1, anonymous_id="a", user_id="u1"))
    assert "merged" in kinds(told)
    [merge] = [fact for fact in told if fact.type == "lead.merged"]
    assert merge.lead.merged_id is not None
    assert {fact.lead.lead_id for fact in told} == {merge.lead.lead_id} != {merge.lead.merged_id}


def test_crawlers_are_not_told_of_until_a_person_comes() -> None:
    recorder = Recorder()
    assert recorder.apply(event("m1", bot="Testbot", user_id="u1")) == []
    told = recorder.apply(event("m2", minutes=1, user_id="u1"))
    assert kinds(told) == ["created", "identified", "score_changed"]
    assert told[0].sequence == 1


def inside(told: Sequence[Fact]) -> set[tuple[str, str | None]]:
    """Return who is in which segment, as facts tell it: each way in or out once, and of a lead that
    was merged away nothing more."""
    found: set[tuple[str, str | None]] = set()
    for fact in told:
        membership = (fact.lead.lead_id, fact.lead.segment_id)
        if fact.type == "segment.entered":
            assert membership not in found
            found.add(membership)
        elif fact.type == "segment.left":
            found.remove(membership)
        elif fact.type == "lead.merged":
            found = {each for each in found if each[0] != fact.lead.merged_id}
    return found


KEEN_NOW = segment("seg_keen", pricing("gte", 2, hours=1))


def sorted_by(*segments: Segment) -> Playbook:
    book = SegmentBook(segments)
    return Playbook(Rulebook(ruleset(boost(points=1)), also=book.selectors), book)


def memberships(facts: list[Fact]) -> list[tuple[str, str | None]]:
    return [(f.type, f.lead.segment_id) for f in facts if f.type.startswith("segment.")]


def test_who_enters_a_segment_is_told_of_once_and_who_leaves_it_too() -> None:
    recorder = Recorder(sorted_by(KEEN_NOW, segment("seg_not", {"not": within("seg_keen")})))
    view: dict[str, Any] = {"context": page("/pricing")}
    assert memberships(recorder.apply(event("m1", **view))) == [("segment.entered", "seg_not")]
    assert memberships(recorder.apply(event("m2", **view))) == [
        ("segment.entered", "seg_keen"),
        ("segment.left", "seg_not"),
    ]
    assert memberships(recorder.apply(event("m3", **view))) == []
    [found] = recorder.world.found()
    assert found.entries.segments.keys() == {"seg_keen"}


def test_of_a_segment_that_is_deleted_nobody_is_told_to_leave() -> None:
    recorder = Recorder(sorted_by(segment("seg_all", {"field": "score", "op": "gte", "value": 0})))
    recorder.apply(event("m1"))
    recorder.world.segments["ten_one"] = SegmentBook()
    assert memberships(recorder.apply(event("m2"))) == []
    assert recorder.world.found()[0].entries.dropped == ("seg_all",)
    recorder.apply(event("m3"))
    assert recorder.world.found()[0].entries == Entries()


def test_what_only_crawlers_do_leads_into_no_segment_and_is_told_to_nobody() -> None:
    recorder = Recorder(sorted_by(segment("seg_all", {"field": "score", "op": "gte", "value": 0})))
    assert recorder.apply(event("m1", bot="Testbot", user_id="u1")) == []
    assert recorder.world.found()[0].entries == Entries()
    told = recorder.apply(event("m2", minutes=1, user_id="u1"))
    assert memberships(told) == [("segment.entered", "seg_all")]


steps = st.lists(
    st.builds(
        event,
        st.sampled_from([f"m{n}" for n in range(9)]),
        minutes=st.integers(0, 100),
        anonymous_id=st.sampled_from(["a", "b"]),
        email=st.sampled_from([None, "e@acme.com"]),
        event=st.sampled_from(["page_view", "form_submitted", "signed_up"]),
        bot=st.sampled_from([None, None, "Testbot"]),
    ).map(lambda e: e.model_copy(update={"fingerprint": f"{e.anonymous_id} {e.email} {e.event}"})),
    min_size=1,
    max_size=12,
)


@given(sent=steps)
def test_the_facts_of_each_lead_are_numbered_without_gaps_and_named_once(sent: list[Any]) -> None:
    recorder = Recorder(MOVING_BOOK)
    told = [fact for one in sent for fact in recorder.apply(one)]
    by_lead: dict[str, list[int]] = {}
    for fact in told:
        by_lead.setdefault(fact.lead.lead_id, []).append(fact.sequence)
    for lead_id, numbers in by_lead.items():
        assert numbers == list(range(1, len(numbers) + 1))
        held = recorder.world.slots()[lead_id]
        assert isinstance(held, Pointer) or held.sequence == len(numbers)
    assert len({fact.id for fact in told}) == len(told)
    assert inside(told) == {
        (lead.lead_id, segment_id)
        for lead in recorder.world.found()
        for segment_id in lead.entries.segments
    }
    assert tell(recorder.changes) == told  # told again, they are the same facts


def test_ids_differ_by_tenant_and_version_and_hold_nothing_personal() -> None:
    recorder = Recorder()
    [fact, *_] = recorder.apply(event("m1", email="ada@acme.com", traits={"name": "Ada"}))
    assert "ada" not in fact.model_dump_json().lower().replace("lead_", "")
    [after] = [after for _, _, after in recorder.changes if isinstance(after, Lead)]
    profile = profile_of(after, gap_ms=GAP, country=None)
    other = facts_between(None, None, after, profile, tenant_id="ten_two")
    later = after.model_copy(update={"version": 2})
    again = facts_between(None, None, later, profile, tenant_id="ten_one")
    assert len({fact.id, other[0].id, again[0].id}) == 3


@pytest.mark.parametrize("wanted", [frozenset(), frozenset({"lead.created"}), ALL])
def test_only_what_somebody_asked_for_is_told(wanted: frozenset[str]) -> None:
    recorder = Recorder()
    told = kinds(recorder.apply(event("m1")))
    asked: list[str] = []

    def listening(tenant_id: str) -> frozenset[str]:
        asked.append(tenant_id)
        return wanted

    facts = facts_to_tell(recorder.changes * 2, tenant=lambda _: ONE, wanted=listening)
    assert kinds(facts) == [kind for kind in told * 2 if f"lead.{kind}" in wanted]
    assert asked == ["ten_one"]  # once for all changes of a batch


def test_changes_of_unknown_tenants_pointers_and_removals_tell_nothing() -> None:
    recorder = Recorder()
    recorder.apply(event("m1"))
    [(_, _, lead)] = recorder.changes
    pointer = Pointer(lead_id="x", into="y", by=Stamp(at=MINUTE, message_id="m"), rule="linked")
    assert tell([("ten_two", None, lead)]) == []
    assert tell([("ten_one", lead, pointer), ("ten_one", None, pointer)]) == []
    assert tell([("ten_one", lead, None)]) == []
