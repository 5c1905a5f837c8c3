"""Identity under attack: random histories of shared browsers, aliases, forgeries, merges and undos.

Unlike the fold's histories these have no plan: anybody says anything about a few identifiers, some
of it trusted, so that nearly every pair of identifiers is in conflict somewhere.
"""

import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from leadsignal.domain.identity import resolve
from leadsignal.domain.resolution import Resolution
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.events import Context, Event
from leadsignal.models.leads import Decision, Lead, Pointer
from leadsignal.models.merges import MergeRequest
from leadsignal.services import merges
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import read_cluster, reference_of, resolution_of
from tests.fakes.clock import NOW
from tests.fakes.events import World, event, message, tenant
from tests.fakes.faults import Calls
from tests.fakes.rules import MOVING_BOOK

ADDRESSES = ("a@x.test", "b@x.test", "c@x.test")
EMAILS = (*ADDRESSES, *("sha256:" + hashlib.sha256(e.encode()).hexdigest() for e in ADDRESSES[:2]))
MINUTES = (0, 1, 5, 1000, 2000, 3000)


def perhaps(*values: str) -> st.SearchStrategy[str | None]:
    """Return one of the values, or as often none."""
    return st.one_of(st.none(), st.sampled_from(values))


identifiers = st.fixed_dictionaries(
    {
        "user_id": perhaps("u1", "u2", "u3"),
        "email": perhaps(*EMAILS),
        "anonymous_id": perhaps("p", "q", "r"),
        "crm_id": st.sampled_from((None, None, None, "c1", "c2")),
        "device_id": st.sampled_from((None, None, None, "d1", "d2")),
    }
).filter(lambda said: any(said.values()))

contexts = st.builds(
    Context,
    consent=st.sampled_from(({}, {"ads": True}, {"ads": False})),
    ip=st.sampled_from((None, "8.0.0.1", "7.0.0.1")),
)


@st.composite
def events(draw: st.DrawFn, number: int) -> Event:
    """Return an event of anybody about anybody; sometimes an alias, sometimes a crawler's."""
    said: dict[str, Any] = draw(identifiers)
    kind = draw(st.sampled_from(("page", "page", "identify", "alias", "bot")))
    if kind == "alias" and (said["user_id"] or said["anonymous_id"]):
        said |= {"type": "alias", "event": "alias"}
        said["previous_id"] = draw(st.sampled_from(("p", "q", "u1", "a@x.test")))
    elif kind == "identify":
        said |= {"type": "identify", "event": "identify", "signed": draw(st.booleans())}
        said["traits"] = {"title": draw(st.sampled_from(("CTO", "CEO")))}
    elif kind == "bot":
        said["bot"] = "Testbot"
    said["trusted"] = draw(st.sampled_from((False, False, True)))
    said["context"] = draw(contexts)
    minutes = draw(st.sampled_from(MINUTES)) + draw(st.integers(0, 20))
    return event(f"m{number}", minutes=minutes, **said)


@st.composite
def histories(draw: st.DrawFn, *, least: int = 1) -> list[Event]:
    size = draw(st.integers(least, 9))
    return [draw(events(number)) for number in range(size)]


@st.composite
def quarrels(draw: st.DrawFn) -> list[Event]:
    """Return a history in which some events come again with another corrected time, or with other
    content under their id."""
    sent = draw(histories())
    for one in draw(st.lists(st.sampled_from(sent), max_size=3)):
        late = draw(st.sampled_from((500, 3_000, 70_000)))
        change: dict[str, Any] = {"received_at": one.received_at + late, "at": one.at + late}
        if draw(st.booleans()):
            change |= {"fingerprint": "other", "traits": {"title": "X"}}
            if one.email:
                change["email"] = draw(st.sampled_from(EMAILS))
        sent.append(one.model_copy(update=change))
    return sent


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[Event]) -> list[list[Event]]:
    """Return the events in batches, in any order, some of them twice."""
    again = draw(st.lists(st.sampled_from(sent), max_size=4)) if sent else []
    shuffled = draw(st.permutations([*sent, *again]))
    edges = [0, *sorted(draw(st.sets(st.integers(1, max(len(shuffled), 1))))), len(shuffled)]
    return [shuffled[start:end] for start, end in pairwise(edges) if start < end]


def persist(world: World, batch: Sequence[Event]) -> None:
    """Hand a batch over until it is taken, as the queue does."""
    for _ in range(3):
        try:
            world.apply(batch)
        except ConflictError:
            continue
        return
    raise AssertionError("the batch was never taken")


@given(data=st.data())
def test_whatever_arrives_in_whatever_order_ends_in_the_same_leads(data: st.DataObject) -> None:
    sent = data.draw(quarrels())
    one, other = (
        World(rules=MOVING_BOOK),
        World(calls=Calls(lagging=data.draw(st.booleans())), rules=MOVING_BOOK),
    )
    one.apply(sent)

    for batch in data.draw(arrivals(sent)):
        other.apply(batch)

    assert applied(other) == applied(one)
    check_ids(other)
    for world in (one, other):
        kept = {(e.message_id, e.fingerprint) for day in world.days() for e in day.events}
        refused = {(row.message_id, row.event["fingerprint"]) for row in world.failed()}
        assert kept | refused == {(e.message_id, e.fingerprint) for e in sent}


def applied(world: World) -> dict[str, Any]:
    """Return the leads and events of a world. What was refused is apart: a sending that loses to a
    second one and wins by a third leaves a row of its first loss."""
    state: dict[str, Any] = json.loads(world.state())
    return {name: state[name] for name in ("leads", "events")}


@given(data=st.data())
def test_what_is_sent_again_writes_nothing(data: st.DataObject) -> None:
    sent = data.draw(quarrels())
    world = World(rules=MOVING_BOOK)
    for batch in data.draw(arrivals(sent)):
        world.apply(batch)
    before = (world.calls.writes, world.state())

    for batch in data.draw(arrivals(sent)):
        world.apply(batch)

    assert (world.calls.writes, world.state()) == before


@given(data=st.data())
def test_workers_that_interrupt_one_another_end_in_the_same_leads(data: st.DataObject) -> None:
    sent = data.draw(histories())
    expected, world = (
        World(rules=MOVING_BOOK),
        World(calls=Calls(lagging=data.draw(st.booleans())), rules=MOVING_BOOK),
    )
    expected.apply(sent)
    mine, theirs = data.draw(arrivals(sent)), data.draw(arrivals(sent))

    def other_worker() -> None:
        for batch in theirs:
            persist(world, batch)

    world.calls.interrupt(other_worker, at=data.draw(st.integers(1, 20)))
    for batch in mine:
        persist(world, batch)

    assert world.state() == expected.state()


@given(data=st.data())
def test_what_is_told_bit_by_bit_is_what_follows_from_the_stored_days(data: st.DataObject) -> None:
    world = World(rules=MOVING_BOOK)
    for batch in data.draw(arrivals(data.draw(quarrels()))):
        world.apply(batch)
    desk = world.desk("ten_one")
    for lead in world.found():
        leads, pointers = read_cluster([lead.lead_id], desk.snapshots)
        cluster = Cluster(leads, desk, pointers=pointers)
        cluster.apply(again={slot for held in leads.values() for slot in held.members})
        change = cluster.settled(NOW)
        assert not change.links
        assert not change.taken
        for settled in change.settled:
            assert content(settled.lead) == content(leads[settled.lead.lead_id])


def content(lead: Lead) -> dict[str, Any]:
    """Return what a lead holds, but for which writing of it this is."""
    members = {
        slot: member.model_copy(
            update={
                "value": "" if member.kind == "email" else member.value,  # plain or hashed
                "days": {
                    day: summary.model_copy(update={"version": 0})
                    for day, summary in member.days.items()
                },
            }
        )
        for slot, member in lead.members.items()
    }
    told = {"version", "committed_at", "cause", "sequence", "fact_tier"}
    return lead.model_copy(update={"members": members}).model_dump(exclude=told)


@given(data=st.data())
def test_two_tenants_with_equal_ids_never_meet(data: st.DataObject) -> None:
    ours, theirs = data.draw(histories()), data.draw(histories())
    both, alone = (World(tenant("one"), tenant("two")) for _ in range(2))
    both.ingest(message(*ours), message(*theirs, tenant_id="ten_two"), message(*ours))
    alone.apply(ours)
    state = alone.state()
    alone.apply(theirs, tenant_id="ten_two")

    assert both.state() == alone.state() == state
    assert both.state("ten_two") == alone.state("ten_two")
    assert not both.slots().keys() & both.slots("ten_two").keys()


class Merged:
    """A history up to an instant, a merge of two of its leads, and what never-merged became."""

    def __init__(self, data: st.DataObject) -> None:
        sent = data.draw(histories(least=3))
        cut = data.draw(st.integers(2, len(sent) - 1))
        self.before, self.rest = sent[:cut], sent[cut:]
        self.world, self.never = World(rules=MOVING_BOOK), World(rules=MOVING_BOOK)
        for one in self.before:
            self.world.apply([one])
            self.never.apply([one])
        leads = sorted(self.world.found(), key=lambda lead: lead.lead_id)
        assume(len(leads) > 1)
        self.kept, self.taken = data.draw(st.permutations(leads))[:2]
        assume(not (self.kept.nobody and self.taken.nobody))
        self.desk = self.world.desk("ten_one")
        request = MergeRequest(survivor_id=self.kept.lead_id, merged_id=self.taken.lead_id)
        shown = merges.merge(request, desk=self.desk, now=NOW, dry_run=True)
        self.done = merges.merge(request, desk=self.desk, now=NOW)
        told = {"id", "status"}
        assert shown.model_dump(exclude=told) == self.done.model_dump(exclude=told)
        self.id = self.done.id or ""

    def decision_matters(self) -> bool:
        """Return whether the two, had they never been merged, would not be just as they are when
        somebody keeps them apart: events brought them together, or others by way of them."""
        leads = {lead.lead_id: lead for lead in self.never.found()}
        found = resolution_of(leads, key=self.desk.identity_key)
        names = [reference_of(lead) or "" for lead in (self.kept, self.taken)]
        apart = Decision(merge_id=self.id, kept=names[0], taken=names[1], at=0, undone=True)
        decided = resolve(found.evidence, [apart])
        return shape(found) != shape(decided)


def shape(found: Resolution) -> object:
    """Return which identifiers are one block's, and from when which browsers are shared."""
    shared = {slot: (cut, found.blocks[number]) for slot, (cut, number) in found.shared.items()}
    return sorted(found.blocks, key=repr), shared


def lead_at(world: World, lead_id: str) -> Lead:
    """Return the lead that an id leads to."""
    slots = world.slots()
    found = slots[lead_id]
    while isinstance(found, Pointer):
        found = slots[found.into]
    assert isinstance(found, Lead)
    return found


def check_ids(world: World) -> None:
    """Each lead is found by the ids of all that were merged into it."""
    for lead in world.found():
        for merged in lead.merged_from:
            assert lead_at(world, merged).lead_id == lead.lead_id


@given(data=st.data())
def test_events_after_a_merge_may_come_in_any_order_too(data: st.DataObject) -> None:
    merged = Merged(data)
    [survivor] = [lead for lead in merged.world.found() if lead.lead_id == merged.kept.lead_id]
    assert survivor.score.score == merged.done.score_after
    assert len(merged.world.found()) < len(merged.never.found())
    twin = World(rules=MOVING_BOOK)
    for one in merged.before:
        twin.apply([one])
    request = MergeRequest(survivor_id=merged.kept.lead_id, merged_id=merged.taken.lead_id)
    merges.merge(request, desk=twin.desk("ten_one"), now=NOW)

    for one in merged.rest:
        merged.world.apply([one])
    for batch in data.draw(arrivals(merged.rest)):
        twin.apply(batch)

    assert twin.state() == merged.world.state()


@given(data=st.data())
def test_a_merge_undone_is_a_merge_that_never_was(data: st.DataObject) -> None:
    merged = Merged(data)
    for one in merged.rest:
        merged.world.apply([one])
        merged.never.apply([one])
    assume(not merged.decision_matters())

    assert merges.undo(merged.id, desk=merged.desk, now=NOW).status == "undone"

    assert merged.world.state() == merged.never.state()
    kept, taken = (lead_at(merged.world, lead.lead_id) for lead in (merged.kept, merged.taken))
    assert kept.lead_id != taken.lead_id
    assert merges.undo(merged.id, desk=merged.desk, now=NOW).status == "undone"
    writes = merged.world.calls.writes
    merged.world.apply([*merged.before, *merged.rest])
    assert merged.world.calls.writes == writes


@given(data=st.data())
def test_an_undo_is_the_same_whether_it_comes_at_once_or_later(data: st.DataObject) -> None:
    merged, at_once = Merged(data), World(rules=MOVING_BOOK)
    for one in merged.before:
        at_once.apply([one])
    desk = at_once.desk("ten_one")
    request = MergeRequest(survivor_id=merged.kept.lead_id, merged_id=merged.taken.lead_id)
    state = at_once.state()
    assert merges.merge(request, desk=desk, now=NOW).id == merged.id
    merges.undo(merged.id, desk=desk, now=NOW)
    assert at_once.state() == state

    for batch in data.draw(arrivals(merged.rest)):
        at_once.apply(batch)
    for one in merged.rest:
        merged.world.apply([one])
    merges.undo(merged.id, desk=merged.desk, now=NOW)

    assert at_once.state() == merged.world.state()


@given(data=st.data())
def test_whatever_merged_can_come_apart_again(data: st.DataObject) -> None:
    """Also what the rules made one, link by link; what stays together has a reason to."""
    sent = data.draw(histories(least=2))
    world = World(rules=MOVING_BOOK)
    for one in sent:
        world.apply([one])
    desk = world.desk("ten_one")
    for lead in world.found():
        explained = merges.explain(lead.lead_id, snapshots=desk.snapshots, key=desk.identity_key)
        for merge in explained.merges:
            before = world.state()
            try:
                undone = merges.undo(merge.id, desk=desk, now=NOW)
            except (ConflictError, NotFoundError):  # held together; or apart with one undone before
                assert world.state() == before
                continue
            survivor, merged = lead_at(world, undone.survivor_id), lead_at(world, undone.merged_id)
            assert survivor.lead_id == undone.survivor_id != merged.lead_id
            assert merges.undo(merge.id, desk=desk, now=NOW).status == "undone"
    check_ids(world)
    counted = (world.calls.writes, world.state())
    for batch in data.draw(arrivals(sent)):
        world.apply(batch)
    assert (world.calls.writes, world.state()) == counted
