"""Leads that time alone brings forward: on the second, whatever breaks, and nobody else's cost."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.due import DynamoDueIndex
from leadsignal.adapters.dynamodb.packing import pack_lead
from leadsignal.adapters.dynamodb.table import Put, Table, decode
from leadsignal.adapters.sqs import SqsQueue
from leadsignal.domain import due
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import settled_tier
from leadsignal.domain.segments import SegmentBook
from leadsignal.errors import TransientError
from leadsignal.models.edits import OverrideInput
from leadsignal.models.events import Event
from leadsignal.models.instants import DAY_MS, MINUTE_MS, Instant, to_datetime, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.messages import DueRequest
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.services import sweep as sweeping
from leadsignal.services.commit import measured
from leadsignal.services.deletion import delete_lead
from leadsignal.services.edits import Author, override_score
from leadsignal.services.ingest import ingest_messages
from leadsignal.services.sweep import AHEAD_MS, MOST, Swept, bring_up_to_date, sweep
from tests.fakes.clock import NOW, Clock
from tests.fakes.events import AT, GAP, World, event, message, tenant
from tests.fakes.faults import KilledError
from tests.fakes.rules import boost, rulebook, segment
from tests.fakes.sqs import FakeSqs
from tests.proof.cloud import one_after_another

HOUR_MS = 60 * MINUTE_MS
FOR_AN_HOUR = rulebook(boost(within={"hours": 1}, points=60, max_times=1))
PAGES: dict[str, Any] = {"performed": {"event": "page_view"}, "within": {"hours": 1}}
STILL = rulebook(boost(points=2))
BOTH = (tenant("one"), tenant("two"))


class Time:
    """A world in which time goes on: sweeps come each minute, messages when they are due."""

    def __init__(
        self, rules: Rulebook = FOR_AN_HOUR, *, segments: SegmentBook | None = None
    ) -> None:
        kept = segments or SegmentBook()
        self.book = Playbook(Rulebook(rules.ruleset, also=kept.selectors), kept)
        self.world = World(*BOTH, rules=self.book)
        self.clock = Clock()
        self.sqs = FakeSqs.from_template(self.world.calls, clock=self.clock)
        self.queue = SqsQueue(self.sqs.client, self.sqs.url("RescoreQueue"))
        client = self.world.db.client
        self.index = DynamoDueIndex(Table(client, "LeadTable"), Table(client, "ConfigTable"))

    def happen(self, *events: Event, tenant_id: str = "ten_one") -> None:
        """Let events be applied now."""
        told = message(*events, tenant_id=tenant_id)
        ingest_messages([told], desk_of=self.world.desk, now=self.clock.now)

    def sweep(self) -> Swept:
        return sweep(index=self.index, queue=self.queue, clock=self.clock.read)

    def work(self) -> int:
        """Let all be done that is visible on the queue; return how many messages there were."""
        done = 0
        while got := self.received():
            done += 1
            self.handle(got)
        return done

    def received(self) -> dict[str, Any] | None:
        url = self.sqs.url("RescoreQueue")
        answer = self.sqs.receive_message(QueueUrl=url, AttributeNames=["All"])
        return next(iter(answer.get("Messages", [])), None)

    def handle(self, got: dict[str, Any]) -> None:
        request = DueRequest.model_validate_json(got["Body"])
        bring_up_to_date(
            request,
            again=got["Attributes"]["ApproximateReceiveCount"] != "1",
            desk=self.world.desk(request.tenant_id)._replace(each=one_after_another),
            queue=self.queue,
            clock=self.clock.read,
        )
        url = self.sqs.url("RescoreQueue")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=got["ReceiptHandle"])

    def lead(self, tenant_id: str = "ten_one") -> Lead:
        [lead] = self.world.found(tenant_id)
        return lead

    def at(self, instant: Instant) -> None:
        self.clock.now = to_datetime(instant)

    def until(self, end: Instant) -> None:
        """Go on until then: a sweep in each minute in which anything can be due, everything else
        when it is visible."""
        while True:
            visible = [m.visible_at for m in self.sqs._queues["RescoreQueue"].messages]
            due = [lead.due for lead in self.world.found() if lead.due is not None]
            minute = self.clock.instant // MINUTE_MS + 1
            if not visible:
                ahead = (min(due, default=end) - AHEAD_MS) // MINUTE_MS
                if ahead > minute:
                    minute = ahead
                    self.index.reach(self.index.start_of(minute * MINUTE_MS))
            at = min([minute * MINUTE_MS, *visible])
            if at > end:
                break
            self.at(max(at, self.clock.instant))
            if at == minute * MINUTE_MS:
                self.sweep()
            self.work()
        self.at(end)

    def due(self) -> list[tuple[str, Instant]]:
        """Return what is in the index: whose, and when."""
        items = (decode(item) for item in self.world.db.items("LeadTable") if "due" in item)
        found = [(keys.tenant_of(item["pk"]), keys.due_at(item["by_due"])) for item in items]
        return sorted(found)

    def asked(self, request: DueRequest) -> int:
        """Let leads be brought up to date, and return how many were written."""
        return bring_up_to_date(
            request,
            again=False,
            desk=self.world.desk(request.tenant_id),
            queue=self.queue,
            clock=self.clock.read,
        )

    def catch_up(self, now: Instant) -> int:
        """Sweep at an instant until nothing is left, while each look at the clock takes ten
        seconds; return how many sweeps it took."""

        def read() -> datetime:
            self.clock.move(seconds=10)
            return self.clock.now

        sweeps = 0
        while (self.index.reached() or "") < self.index.start_of(now + AHEAD_MS):
            self.at(now)
            sweep(index=self.index, queue=self.queue, clock=read)
            sweeps += 1
        return sweeps

    def spoil(self, lead_id: str) -> None:
        """Make a lead one that nobody can read."""
        item = self._item(lead_id)
        self.whole = item["data"]
        self._put(item | {"data": pack_lead("{}")})

    def mend(self, lead_id: str) -> None:
        self._put(self._item(lead_id) | {"data": self.whole})

    def _item(self, lead_id: str) -> dict[str, Any]:
        found = Table(self.world.db.aside().client, "LeadTable").get(keys.lead("ten_one", lead_id))
        assert found is not None
        return found

    def _put(self, item: dict[str, Any]) -> None:
        key = keys.Key(item["pk"], item["sk"])
        Table(self.world.db.aside().client, "LeadTable").put(Put(key, item))

    def check(self) -> None:
        """See that the lead is as recomputing gives it, now or within the second before."""
        lead, at = self.lead(), self.clock.instant
        instants = (at, at - 1_000, max(lead.committed_at, at - 1_000))
        assert self._stored(lead) in [self._anew(lead, instant) for instant in instants]

    def _stored(self, lead: Lead) -> tuple[str, str, list[str]]:
        return lead.score.tier, lead.fact_tier, sorted(lead.entries.segments)

    def _anew(self, lead: Lead, at: Instant) -> tuple[str, str, list[str]]:
        profile = profile_of(lead, gap_ms=GAP, country=None)
        owner = self.world.tenants["ten_one"]
        score, entries, _ = measured(lead, profile, tenant=owner, book=self.book, now=at)
        told = settled_tier(lead.fact_tier, score.score)
        return score.tier, told, sorted(entries.segments)


def test_a_lead_leaves_its_tier_at_the_second_with_no_event_and_not_before() -> None:
    time = Time()
    time.happen(event("m1"))
    due = AT + HOUR_MS + 1
    assert (time.lead().due, time.lead().score.tier) == (due, "warm")
    time.until(due - 1)
    assert time.lead().score.tier == "warm"
    time.until(due + 999)
    lead = time.lead()
    assert (lead.score.tier, lead.fact_tier, lead.due) == ("cold", "cold", None)
    assert lead.history[-1].cause == "time"


def test_a_lead_leaves_a_segment_at_the_second_and_the_world_is_told_once() -> None:
    time = Time(STILL, segments=SegmentBook([segment("seg_a", PAGES)]))
    time.happen(event("m1"), event("m2", minutes=-1))
    due, told = AT + HOUR_MS + 1, time.lead().sequence
    assert (time.lead().due, list(time.lead().entries.segments)) == (due, ["seg_a"])
    time.until(due - 1)
    assert list(time.lead().entries.segments) == ["seg_a"]
    time.until(due + 999)
    assert time.lead().entries.segments == {}
    assert time.lead().sequence == told + 1
    time.until(due + DAY_MS)
    assert (time.lead().sequence, time.lead().due) == (told + 1, None)


def test_a_score_that_a_segment_asks_for_is_passed_on_the_second() -> None:
    asked = {"field": "score", "op": "gt", "value": 70}
    fading = rulebook(boost(points=90, decay={"kind": "linear", "days": 9}))
    time = Time(fading, segments=SegmentBook([segment("seg_a", asked)]))
    time.happen(event("m1"))
    seen = []
    while time.lead().due is not None:
        time.until((time.lead().due or 0) + 999)
        seen.append((time.lead().score.score, *time.lead().entries.segments))
    assert seen == [(79, "seg_a"), (77, "seg_a"), (70,), (69,), (59,), (57,), (39,), (37,)]


def test_a_score_set_by_hand_ends_on_the_second() -> None:
    time = Time()
    time.happen(event("m1"))
    override_score(
        time.lead().lead_id,
        OverrideInput.model_validate(
            {"score": 95, "reason": "met", "until": "2026-01-15T12:05:00Z"}
        ),
        desk=time.world.edit_desk(),
        author=Author("api", "key"),
        new_id=lambda prefix: f"{prefix}_1",
        now=NOW,
    )
    assert (time.lead().score.score, time.lead().due) == (95, AT + 5 * MINUTE_MS)
    time.until(AT + 5 * MINUTE_MS + 999)
    assert (time.lead().score.score, time.lead().score.override) == (60, None)
    assert time.lead().due == AT + HOUR_MS + 1


def test_an_event_moves_the_instant_earlier_and_never_later() -> None:
    time = Time()
    time.happen(event("m2", minutes=-20))
    assert time.lead().due == AT + 40 * MINUTE_MS + 1
    time.happen(event("m3"))
    assert time.lead().due == AT + 40 * MINUTE_MS + 1
    time.until(AT + 40 * MINUTE_MS + 1_000)
    told = time.lead().sequence
    assert (time.lead().due, time.lead().score.tier) == (AT + HOUR_MS + 1, "warm")
    time.until(AT + HOUR_MS + 1_000)
    assert (time.lead().score.tier, time.lead().sequence) == ("cold", told + 2)


def test_very_many_windows_are_looked_through_in_stretches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(due, "MOST_TURNS", 3)
    time = Time(rulebook(boost(within={"hours": 1}, points=20)))
    time.happen(*(event(f"m{n}", minutes=n - 10) for n in range(11)))
    assert time.lead().due == AT + 52 * MINUTE_MS + 1
    for minute in range(48, 64):
        time.until(AT + minute * MINUTE_MS)
        time.check()
    assert (time.lead().score.tier, time.lead().due) == ("cold", None)


def test_leads_of_crawlers_and_leads_that_do_not_move_are_in_no_index() -> None:
    time = Time()
    time.happen(event("m1", bot="crawler"), tenant_id="ten_two")
    time.happen(event("m2", anonymous_id="c"), tenant_id="ten_two")
    time.world.rules["ten_one"] = rulebook(boost(points=60))
    time.happen(event("m3", anonymous_id="b"))
    assert time.due() == [("ten_two", AT + HOUR_MS + 1)]
    assert [lead.due for lead in time.world.found()] == [None]


def test_leads_that_are_deleted_or_merged_leave_the_index() -> None:
    time = Time()
    time.happen(event("m1"))
    time.happen(event("m2", anonymous_id="b", user_id="u"))
    assert len(time.due()) == 2
    time.happen(event("m3", user_id="u"))
    assert len(time.due()) == 1
    lead = time.lead()
    desk = time.world.desk("ten_one")
    delete_lead(lead.lead_id, precondition=ANY_VERSION, desk=desk, now=NOW)
    assert time.due() == []


def test_all_leads_of_a_cluster_are_brought_up_to_date_together() -> None:
    time = Time()
    time.happen(event("m1", user_id="u"), event("m2", minutes=1, user_id="v"))
    assert len(time.world.found()) > 1
    dues = [lead.due for lead in time.world.found() if lead.due]
    time.until(max(dues) + 999)
    assert {lead.due for lead in time.world.found()} == {None}
    assert {lead.score.tier for lead in time.world.found()} == {"cold"}


def test_a_sweep_looks_at_all_tenants_and_no_further_than_a_little_ahead() -> None:
    time = Time()
    time.happen(event("m1"), tenant_id="ten_two")
    time.happen(event("m2"))
    time.at(AT + HOUR_MS - AHEAD_MS)
    assert time.sweep().leads == 0
    time.clock.move(seconds=1)
    assert time.sweep() == Swept(leads=2)
    [one, two] = time.sqs.take("RescoreQueue")
    assert {one.group, two.group} == {"ten_one", "ten_two"}
    assert {one.delay_seconds, two.delay_seconds} == {80}
    assert "@" not in one.body


def test_many_leads_of_one_second_are_sent_in_messages_of_a_few() -> None:
    time = Time()
    time.happen(*(event(f"m{n}", anonymous_id=f"b{n}") for n in range(MOST + 1)))
    time.at(AT + HOUR_MS)
    assert time.sweep().leads == MOST + 1
    found = [DueRequest.model_validate_json(sent.body) for sent in time.sqs.take("RescoreQueue")]
    assert sorted(len(each.lead_ids) for each in found) == [1, MOST]
    assert {each.at for each in found} == {AT + HOUR_MS + 1}


def test_what_was_written_late_is_found_again() -> None:
    time = Time()
    time.at(AT + HOUR_MS)
    time.sweep()
    time.happen(event("m1", minutes=0.5))
    time.clock.move(minutes=2)
    assert time.sweep() == Swept(leads=1, late_ms=90_000 - 1)
    time.work()
    assert time.lead().score.tier == "cold"
    time.clock.move(minutes=1)
    assert time.sweep().leads == 0


def test_after_hours_without_a_sweep_it_goes_on_where_it_was_a_stretch_at_a_time() -> None:
    time = Time()
    time.sweep()
    for hour in range(4):
        time.at(AT + hour * HOUR_MS)
        time.happen(event(f"m{hour}", minutes=60 * hour, anonymous_id=f"b{hour}"))
    steps = time.catch_up(AT + 5 * HOUR_MS)
    assert steps > 60
    time.work()
    assert {lead.due for lead in time.world.found()} == {None}


def test_a_stretch_of_very_many_is_handed_on_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "CHUNK", 2)
    time = Time()
    time.happen(*(event(f"m{n}", anonymous_id=f"b{n}") for n in range(9)))
    time.index.reach(time.index.start_of(AT + HOUR_MS))
    assert time.catch_up(AT + HOUR_MS) > 1
    found = [DueRequest.model_validate_json(s.body) for s in time.sqs.take("RescoreQueue")]
    assert len({lead_id for each in found for lead_id in each.lead_ids}) == 9


def test_what_could_not_be_put_on_the_queue_is_found_by_the_next_sweep() -> None:
    time = Time()
    time.happen(event("m1"))
    time.index.reach(time.index.start_of(AT + HOUR_MS))
    time.at(AT + DAY_MS)
    time.world.calls.fail(at=1, operation="SendMessageBatch")
    with pytest.raises(TransientError):
        time.sweep()
    assert time.sweep().leads == 1


def test_the_first_sweep_of_all_looks_back_a_little() -> None:
    time = Time()
    time.happen(event("m1", minutes=-90))
    time.happen(event("m2", minutes=-50, anonymous_id="b"))
    time.at(AT + 30 * MINUTE_MS)
    assert time.index.reached() is None
    assert time.sweep().leads == 1


def test_a_sweep_never_goes_back() -> None:
    time = Time()
    time.sweep()
    there = time.index.reached()
    time.index.reach(time.index.start_of(AT - DAY_MS))
    assert time.index.reached() == there


def test_two_sweeps_at_once_do_what_one_does() -> None:
    alone, both = Time(), Time()
    for time in (alone, both):
        time.happen(event("m1"))
        time.at(AT + HOUR_MS)
    alone.sweep()
    both.world.calls.interrupt(lambda: both.sweep() and None, at=2)
    both.sweep()
    for time in (alone, both):
        time.at(AT + HOUR_MS + 1_000)
        time.work()
    assert alone.lead() == both.lead()
    assert alone.index.reached() == both.index.reached()


@pytest.mark.parametrize("call", range(1, 40, 2))
def test_a_sweep_and_what_follows_may_be_killed_at_any_call(call: int) -> None:
    time = Time()
    time.happen(event("m1"), event("m2", minutes=-1, anonymous_id="b"))
    time.at(AT + HOUR_MS - MINUTE_MS)
    time.index.reach(time.index.start_of(AT + HOUR_MS - 3 * MINUTE_MS))
    time.world.calls.kill(at=call)
    for _ in range(8):
        try:
            time.sweep()
            time.clock.move(seconds=30)
            time.work()
        except KilledError:
            time.world.calls.stop()
            time.clock.move(minutes=3)
        time.clock.move(seconds=30)
    assert {lead.due for lead in time.world.found()} == {None}
    assert {lead.score.tier for lead in time.world.found()} == {"cold"}
    assert len({lead.version for lead in time.world.found()}) == 1


def test_who_comes_too_early_comes_again() -> None:
    time = Time()
    time.happen(event("m1"))
    due, version = AT + HOUR_MS + 1, time.lead().version
    time.at(due - 1_500)
    request = DueRequest(tenant_id="ten_one", at=due, lead_ids=(time.lead().lead_id,))
    assert time.asked(request) == 0
    assert time.lead().version == version
    [again] = time.sqs.take("RescoreQueue")
    assert (DueRequest.model_validate_json(again.body), again.delay_seconds) == (request, 2)
    time.at(due)
    assert time.asked(request) == 1
    assert time.asked(request) == 0


def test_a_lead_that_was_brought_up_to_date_meanwhile_is_left_alone() -> None:
    time = Time(rulebook(boost(points=81, decay={"kind": "linear", "days": 30})))
    time.happen(event("m1"))
    due = time.lead().due or 0
    request = DueRequest(tenant_id="ten_one", at=due, lead_ids=(time.lead().lead_id,))
    time.at(due)
    assert time.asked(request) == 1
    time.at(due + HOUR_MS)
    assert time.asked(request) == 0


def test_a_lead_that_is_due_again_soon_is_asked_for_at_once() -> None:
    time = Time(rulebook(boost(within={"hours": 1}, points=30)))
    time.happen(event("m1"), event("m2", minutes=0.5), event("m3", minutes=1))
    time.at(AT + HOUR_MS)
    time.sweep()
    time.at(AT + HOUR_MS + 1_000)
    time.work()
    assert (time.lead().score.score, time.lead().due) == (60, AT + HOUR_MS + 30_001)
    time.at(AT + HOUR_MS + 31_000)
    time.work()
    assert (time.lead().score.score, time.lead().due) == (30, None)


def test_a_lead_that_is_gone_needs_nothing() -> None:
    time = Time()
    assert time.asked(DueRequest(tenant_id="ten_one", at=AT, lead_ids=("lead_none",))) == 0


def test_a_lead_that_nobody_can_read_holds_up_no_other_and_ends_alone() -> None:
    time = Time()
    time.happen(*(event(f"m{n}", anonymous_id=f"b{n}") for n in range(3)))
    poison = sorted(lead.lead_id for lead in time.world.found())[1]
    time.spoil(poison)
    time.at(AT + HOUR_MS)
    time.sweep()
    for _ in range(30):
        time.clock.move(minutes=1)
        time.sweep()
        while got := time.received():
            with suppress(ValidationError):
                time.handle(got)
        if time.clock.instant == AT + HOUR_MS + MINUTE_MS:
            time.mend(poison)
            dues = {lead.lead_id: lead.due for lead in time.world.found()}
            assert dues == dict.fromkeys(dues) | {poison: AT + HOUR_MS + 1}
            time.spoil(poison)
    given_up = set(time.sqs.bodies("RescoreDlq"))
    assert {DueRequest.model_validate_json(body).lead_ids for body in given_up} == {(poison,)}
    time.mend(poison)
    assert time.asked(DueRequest.model_validate_json(given_up.pop())) == 1


@pytest.mark.parametrize(
    ("rules", "asked", "most"),
    [
        (boost(points=8, decay={"kind": "half_life", "days": 10}, max_times=20), {}, 5),
        (boost(points=3, within={"days": 14}), {}, 2),
        (boost(points=2), {**PAGES, "within": {"days": 14}}, 2),
    ],
    ids=["points fade", "a window of rules", "a window of a segment"],
)
def test_most_events_write_no_index(
    rules: dict[str, Any], asked: dict[str, Any], most: int
) -> None:
    asking = SegmentBook([segment("seg_a", asked)] if asked else ())
    time, written = Time(rulebook(rules), segments=asking), set()
    for number in range(50):
        minutes = number // 5 * 720 + number % 5
        time.until(AT + minutes * MINUTE_MS)
        time.happen(event(f"m{number}", minutes=minutes))
        written.add(time.lead().due)
    assert len(written) <= most


CLOCKS = {"days": 2, "time_zone": "Europe/Amsterdam"}
SHAPES = st.lists(
    st.sampled_from(
        [
            boost(points=75, decay={"kind": "half_life", "days": 3}, max_times=2),
            boost(points=33, within=CLOCKS, max_times=3),
            boost(points=-25, decay={"kind": "linear", "days": 5}, max_times=2),
            boost(points=45, within={"hours": 30}, max_times=1),
            boost(points=20.5, decay={"kind": "linear", "days": 40}, within={"days": 20}),
            {"kind": "condition", "condition": {**PAGES, "within": {"minutes": 90}}, "points": 41},
        ]
    ),
    min_size=1,
    max_size=4,
)
SORTS = st.lists(
    st.sampled_from(
        [
            {**PAGES, "within": CLOCKS},
            {**PAGES, "within": {"minutes": 2}},
            {"field": "score", "op": "between", "value": [30, 65.5]},
            {"not": {"field": "tier", "op": "eq", "value": "hot"}},
        ]
    ),
    max_size=2,
)
CHANGES_OF_CLOCKS = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))


@settings(max_examples=25)
@given(
    shapes=SHAPES,
    sorts=SORTS,
    base=st.integers(0, 60),
    visits=st.lists(st.integers(-3 * 24 * 60, 3 * 24 * 60), min_size=1, max_size=6),
    around=st.sampled_from(CHANGES_OF_CLOCKS),
    probes=st.lists(st.integers(0, 20 * DAY_MS), min_size=10, max_size=10),
)
def test_through_a_change_of_clocks_what_is_stored_is_what_recomputing_gives(
    shapes: list[dict[str, Any]],
    sorts: list[dict[str, Any]],
    base: int,
    visits: list[int],
    around: datetime,
    probes: list[int],
) -> None:
    known = {"kind": "exist", "field": "last_seen_at", "points": base}
    book = SegmentBook([segment(f"seg_{n}", said) for n, said in enumerate(sorts)])
    time = Time(rulebook(known, *shapes), segments=book)
    middle = to_instant(around)
    happens = sorted(middle + minutes * MINUTE_MS for minutes in visits)
    moments = dict.fromkeys(happens) | {happens[0] + probe: None for probe in probes}
    for number, at in enumerate(sorted(moments)):
        time.until(at) if number else time.at(at)
        if at in happens:
            time.happen(event(f"m{number}", minutes=(at - AT) / MINUTE_MS))
        time.check()
    for _ in range(60):
        due = time.lead().due
        if due is None:
            break
        time.until(due - 1)
        time.check()
        time.until(due + 1_000)
        time.check()


def test_a_year_goes_by_and_every_hour_what_is_stored_is_what_recomputing_gives() -> None:
    rules = rulebook(
        boost(points=100, decay={"kind": "half_life", "days": 60}, max_times=1),
        boost(points=-15, decay={"kind": "linear", "days": 200}),
        boost(points=20, within={"days": 90, "time_zone": "Europe/Amsterdam"}, max_times=2),
    )
    asked = {**PAGES, "within": {"days": 70, "time_zone": "Europe/Amsterdam"}}
    asked["count"] = {"op": "gte", "value": 2}
    time = Time(rules, segments=SegmentBook([segment("seg_a", asked)]))
    for day in (0, 30, 71, 150, 220):
        time.until(AT + day * DAY_MS)
        time.happen(event(f"m{day}", minutes=day * 24 * 60))
    tiers = set()
    for hour in range(220 * 24, 365 * 24):
        time.until(AT + hour * HOUR_MS)
        time.check()
        tiers.add(time.lead().score.tier)
    assert len(tiers) > 2
