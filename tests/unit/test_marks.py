"""What summaries keep for rules: when what is counted happened, at no further read."""

from typing import Any

import pytest

from leadsignal.domain.conditions.selectors import MOST
from leadsignal.domain.playbook import Playbook
from leadsignal.models.activity import DaySummary, Mark
from leadsignal.models.leads import Lead
from leadsignal.services.commit import change_lead, is_ready
from leadsignal.services.rescore import rescore
from tests.fakes.clock import NOW
from tests.fakes.events import AT, MINUTE, World, event, page
from tests.fakes.rules import MOVING, PLAN_A, boost, pricing, rulebook
from tests.fakes.stores import ScriptedMail

DAY = 24 * 60


def world_with(*given: dict[str, Any]) -> World:
    world = World()
    world.rules["ten_one"] = rulebook(*given)
    return world


def summaries(world: World) -> dict[str, DaySummary]:
    [lead] = world.found()
    [member] = lead.members.values()
    return dict(member.days)


def one(world: World) -> Lead:
    [lead] = world.found()
    return lead


def test_a_summary_keeps_the_newest_instants_that_can_matter_and_counts_the_rest() -> None:
    world = world_with(boost(points=1, within={"days": 3}, max_times=2))
    world.apply([event(f"m{n}", minutes=n) for n in range(5)])
    [summary] = summaries(world).values()
    [mark] = summary.marks.values()
    assert mark == Mark(at=(AT + 3 * MINUTE, AT + 4 * MINUTE), more=3)


def test_what_did_not_match_is_known_to_be_none_and_of_other_events_nothing_is_said() -> None:
    world = world_with(boost(event="signed_up", where=PLAN_A), boost(within={"days": 1}))
    world.apply([event("m1", type="track", event="signed_up", properties={"plan": "b"})])
    [summary] = summaries(world).values()
    assert list(summary.marks.values()) == [Mark()]


def test_what_counts_alone_says_keeps_no_instant() -> None:
    world = world_with(boost(), boost(url="/pricing*", event=None), boost(event="x", max_times=3))
    world.apply([event("m1", context=page("/pricing"))])
    [summary] = summaries(world).values()
    assert summary.marks == {}
    assert one(world).score.raw == 100


def test_of_events_in_many_old_days_the_newest_are_kept_too() -> None:
    world = world_with({"kind": "condition", "condition": pricing(days=365)})
    for n in range(6):
        world.apply([event(f"m{n}", minutes=-n * 20 * DAY, context=page("/pricing"))])
    assert one(world).score.raw == 50
    assert sum(len(s.marks) > 0 for s in summaries(world).values()) >= 3


def test_crawlers_and_scanners_leave_no_mark() -> None:
    world = world_with(boost(within={"days": 1}))
    world.apply([event("m1"), event("m2", minutes=1, bot="Testbot")])
    [summary] = summaries(world).values()
    assert [len(mark.at) for mark in summary.marks.values()] == [1]


def test_a_lead_from_before_the_rules_is_filled_from_its_days_at_its_next_event() -> None:
    old = World()
    old.apply([event("m1", context=page("/pricing")), event("m2", minutes=-40 * DAY)])
    old.rules["ten_one"] = rulebook(*MOVING)
    old.calls.log.clear()
    old.apply([event("m3", minutes=5)])
    assert "Query" in old.calls.log
    fresh = world_with(*MOVING)
    fresh.apply([event("m1", context=page("/pricing")), event("m2", minutes=-40 * DAY)])
    fresh.calls.log.clear()
    fresh.apply([event("m3", minutes=5)])
    assert "Query" not in fresh.calls.log  # a commit reads no days beside the event's own
    assert old.state() == fresh.state()
    assert [s.marks for s in summaries(old).values()] == [
        s.marks for s in summaries(fresh).values()
    ]


def test_rules_that_need_more_instants_than_were_kept_have_the_days_read_again() -> None:
    world = world_with(boost(within={"days": 3}, max_times=2, points=1))
    sent = [event(f"m{n}", minutes=n) for n in range(5)]
    world.apply(sent)
    world.rules["ten_one"] = rulebook(boost(within={"days": 3}, max_times=4, points=1), version=2)
    assert not is_ready(one(world), world.rules["ten_one"])
    assert rescore(one(world).lead_id, desk=world.desk("ten_one"), now=NOW)
    assert (one(world).score.raw, one(world).score.ruleset_version) == (4, 2)


def test_who_cannot_read_days_leaves_a_score_as_it_is_until_they_were_read() -> None:
    world = World()
    world.apply([event("m1", email="ada@acme.com")])
    before = one(world)
    book = rulebook(boost(within={"days": 1}))
    changed = change_lead(
        before.lead_id,
        lambda lead: lead.model_copy(update={"sequence": lead.sequence}).model_copy(
            update={"refused": ("x",)}
        ),
        tenant=world.tenants["ten_one"],
        leads=world.leads["ten_one"],
        mail=ScriptedMail(),
        book=Playbook(book),
        now=NOW,
    )
    assert changed.score == before.score
    world.rules["ten_one"] = book
    assert rescore(before.lead_id, desk=world.desk("ten_one"), now=NOW)
    assert one(world).score.ruleset_id == "rs"


def test_rescoring_again_writes_nothing() -> None:
    world = world_with(*MOVING)
    world.apply([event("m1")])
    lead = one(world)
    world.calls.log.clear()
    assert not rescore(lead.lead_id, desk=world.desk("ten_one"), now=NOW)
    assert one(world) == lead
    assert not {"PutItem", "TransactWriteItems"} & set(world.calls.log)


def test_a_merged_lead_counts_what_both_did_once() -> None:
    world = world_with(boost(within={"days": 1}, points=10))
    world.apply([event("m1"), event("m2", anonymous_id="b", minutes=1)])
    assert sorted(lead.score.raw for lead in world.found()) == [10, 10]
    world.apply(
        [event(f"j{n}", anonymous_id=a, user_id="u", minutes=2) for n, a in enumerate("ab")]
    )
    assert [lead.score.raw for lead in world.found()] == [40]


@pytest.mark.parametrize("count", [MOST, MOST + 50])
def test_a_selector_keeps_no_more_than_its_limit(count: int) -> None:
    world = world_with({"kind": "condition", "condition": pricing("gte", count, days=1)})
    world.apply([event("m1", context=page("/pricing"))])
    [selector] = world.rules["ten_one"].tracked.values()
    assert selector.keep == MOST
