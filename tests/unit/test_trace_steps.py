"""Steps of a trace, and what is known of an event that is stored but not part of a lead."""

from typing import Any

import pytest

from leadsignal.domain import trace_steps
from leadsignal.domain.activity import add_events, day_of
from leadsignal.domain.playbook import default_playbook
from leadsignal.domain.slots import member_of, slot_id
from leadsignal.errors import NotFoundError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Contribution, Score
from leadsignal.models.outbound import AlertRecord, Attempt, Delivery
from leadsignal.models.records import FailedEvent, FailureCode
from leadsignal.models.traces import TraceView
from leadsignal.models.views import EventView
from leadsignal.services.events import event_behind, get_event
from leadsignal.services.failures import given_up, profile_too_large
from leadsignal.services.histories import Archive
from leadsignal.services.leads import Library
from leadsignal.services.traces import MAX_DELIVERIES, Inquiry, trace_event
from tests.fakes.clock import NOW
from tests.fakes.events import AT, World, event, tenant
from tests.fakes.stores import ScriptedMail, ScriptedNetworks, ScriptedReferrers

FACT = Fact(
    id="msg_1",
    tenant_id="ten_one",
    type="lead.tier_changed",
    at=AT,
    sequence=1,
    data=FactData(lead_id="lead_1", version=1, cause="m1"),
)


class Told:
    """Deliveries and alerts by script, for whatever event."""

    def __init__(self, *rows: Any) -> None:
        self.rows = rows

    def of_message(self, message_id: str, limit: int) -> list[Any]:
        assert message_id == "m1"
        return list(self.rows[:limit])


class Desk:
    """One tenant's stores in memory, and the two questions about an event."""

    def __init__(self, *deliveries: Delivery, alerts: tuple[AlertRecord, ...] = ()) -> None:
        self.world = World()
        self.stores = self.world.stores["ten_one"]
        self.deliveries, self.alerts = Told(*deliveries), Told(*alerts)

    @property
    def library(self) -> Library:
        return Library(
            tenant=tenant(),
            leads=self.stores.leads,
            lists=self.stores.lists,
            activity=self.stores.activity,
            snapshots=self.stores.snapshots,
            failures=self.stores.failures,
            alike=self.stores.leads,
        )

    def event(self, **hints: Any) -> EventView:
        asked: dict[str, Any] = {"identifier": "a", "at": AT} | hints
        return get_event("m1", library=self.library, **asked)

    def trace(self, **hints: Any) -> TraceView:
        archive = Archive(
            tenant=tenant(),
            days=self.stores.activity,
            companies=self.stores.leads,
            networks=ScriptedNetworks(),
            referrers=ScriptedReferrers(),
            mail=ScriptedMail(),
            book=default_playbook(tenant()),
        )
        inquiry = Inquiry(self.library, archive, self.deliveries, self.alerts)
        asked: dict[str, Any] = {"identifier": "a", "at": AT} | hints
        return trace_event("m1", inquiry=inquiry, **asked)

    def steps(self, **hints: Any) -> list[str]:
        return [step.step for step in self.trace(**hints).steps]

    def store_only(self, one: Event) -> None:
        """Write an event to its day and to no lead, as a crash between the two writes does."""
        place = (slot_id(self.library.identity_key, member_of(one)), day_of(one))
        before = self.stores.activity.days([place]).get(place)
        before = before or ActivityDay(member=place[0], day=place[1])
        self.stores.activity.save_day(before, add_events(before, [one]).day)

    def keep(self, *failed: FailedEvent) -> None:
        self.stores.failures.keep(*failed)


def too_large(one: Event) -> FailedEvent:
    return profile_too_large(one, key=b"k" * 32, env="live", now=NOW)


def score(total: int, **points: float) -> Score:
    parts = (
        Contribution(rule_id=n, rule=n, group="g", points=p, decayed_points=p, reason=f"{n}!")
        for n, p in points.items()
    )
    return Score(score=total, contributions=tuple(parts))


def test_an_event_that_its_lead_cannot_hold_is_quarantined_until_the_lead_counts_it() -> None:
    desk, one = Desk(), event("m1")
    desk.world.apply([event("m0")])
    desk.store_only(one)
    desk.keep(too_large(one))
    assert (desk.event().status, desk.event().code) == ("quarantined", "profile_too_large")
    assert desk.event().timestamp == one.at
    assert desk.steps() == ["accepted", "quarantined"]

    desk.world.apply([event("m2")])
    assert desk.event().status == "applied"
    assert desk.steps()[:3] == ["accepted", "quarantined", "applied"]


def test_an_event_that_no_lead_tells_of_yet_is_accepted() -> None:
    desk = Desk()
    desk.store_only(event("m1"))
    assert desk.steps() == ["accepted"]
    with pytest.raises(NotFoundError):
        desk.event()


def test_nothing_is_known_of_an_event_that_nobody_sent() -> None:
    desk = Desk()
    for hints in ({}, {"identifier": None}, {"at": None}, {"identifier": "null"}):
        with pytest.raises(NotFoundError):
            desk.trace(**hints)
        with pytest.raises(NotFoundError):
            desk.event(**hints)


def test_a_failure_of_something_else_under_that_id_is_none_of_the_event() -> None:
    desk = Desk()
    row = too_large(event("m1")).model_copy(update={"source": "deliver"})
    desk.keep(row)
    with pytest.raises(NotFoundError):
        desk.trace()


def test_an_event_that_failed_twice_was_accepted_once() -> None:
    desk, one = Desk(), event("m1")
    lost = given_up(one, code="apply_failed", detail="d", key=b"k" * 32, env="live", now=NOW)
    desk.keep(too_large(one), lost)
    assert desk.steps(identifier=None) == ["accepted", "quarantined", "quarantined"]


@pytest.mark.parametrize(
    "original", [None, "text", [1], {"type": 7, "properties": [], "context": 1}]
)
def test_an_item_that_is_no_object_can_be_shown(original: Any) -> None:
    desk = Desk()
    row = too_large(event("m1")).model_copy(
        update={"source": "collect", "code": "invalid_event", "event": original}
    )
    desk.keep(row)
    view = desk.event()
    assert (view.status, view.event, view.type, view.timestamp) == ("quarantined", None, None, None)
    assert (view.properties, view.context) == ({}, {})
    assert desk.steps() == ["quarantined"]


def test_a_row_that_holds_no_event_has_none_behind_it() -> None:
    row = too_large(event("m1")).model_copy(update={"event": {"message_id": "m1"}})
    assert event_behind(row) is None


def test_more_deliveries_than_an_answer_holds_are_said_to_be_there() -> None:
    rows = [
        Delivery(id=f"dlv_{n}", webhook_id="whe_1", fact=FACT) for n in range(MAX_DELIVERIES + 5)
    ]
    for many, more in ((MAX_DELIVERIES, None), (MAX_DELIVERIES + 1, True)):
        desk = Desk(*rows[:many])
        desk.world.apply([event("m1")])
        trace = desk.trace()
        assert trace.more_deliveries is more
        assert [step.step for step in trace.steps].count("delivery") == MAX_DELIVERIES


def test_deliveries_and_alerts_are_told_with_how_they_stand() -> None:
    delivery = Delivery(
        id="dlv_1",
        webhook_id="whe_1",
        fact=FACT,
        status="failed",
        attempts=(Attempt(number=1, at=AT + 9, status_code=500, duration_ms=3),),
        next_attempt_at=AT + 99,
    )
    record = AlertRecord(
        alert_id="alr_1", fact_id="msg_1", lead_id="lead_1", status="sent", at=AT + 5, attempts=2
    )
    step, people = trace_steps.delivery_step(delivery), trace_steps.alert_step(record)
    assert (step.at, step.status, step.attempt_count) == (AT + 9, "failed", 1)
    assert step.next_attempt_at == AT + 99
    assert (people.at, people.status, people.attempt_count) == (AT + 5, "sent", 2)
    waiting = delivery.model_copy(update={"attempts": (), "status": "pending"})
    assert trace_steps.delivery_step(waiting).at == AT


def test_rules_are_told_where_their_points_differ() -> None:
    before, after = score(9, a=1, b=2, gone=3), score(9, a=1, b=4, new=5)
    found = trace_steps.rule_changes(before, after)
    assert [(c.rule_id, c.before, c.after, c.reason) for c in found] == [
        ("b", 2, 4, "b!"),
        ("new", 0, 5, "new!"),
        ("gone", 3, 0, None),
    ]
    assert trace_steps.rule_changes(None, score(0)) == ()


@pytest.mark.parametrize(
    ("code", "step"),
    [("id_conflict", "conflict"), ("apply_failed", "quarantined"), ("too_large", "quarantined")],
)
def test_a_failure_is_a_conflict_or_quarantined(code: FailureCode, step: str) -> None:
    failed = FailedEvent(id="fail_1", message_id="m", code=code, detail="d", received_at=5)
    found = trace_steps.failed_step(failed)
    assert (found.step, found.at) == (step, 5)


def test_steps_of_one_instant_stay_in_their_order() -> None:
    now = to_instant(NOW)
    assert trace_steps.in_order([(now, "b"), (now - 1, "c"), (now, "a")]) == ("c", "b", "a")
