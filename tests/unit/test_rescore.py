"""Jobs that rescore all leads: truthful, bounded, and whole whatever breaks; scores of the past."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.attributes import DynamoAttributes
from leadsignal.adapters.dynamodb.config import DynamoSettings
from leadsignal.adapters.dynamodb.jobs import DynamoJobs
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.segments import SegmentBook
from leadsignal.errors import NotFoundError
from leadsignal.models.instants import DAY_MS, to_datetime
from leadsignal.models.jobs import Job, JobKind, JobStep
from leadsignal.models.leads import Score
from leadsignal.models.rules import Publication
from leadsignal.services.attributes import Registrar
from leadsignal.services.histories import Archive, lead_as_of
from leadsignal.services.rescore import CHUNK, PATIENCE_MS, Shift, go_on, rescore
from leadsignal.services.rulesets import Press
from tests.fakes.clock import NOW
from tests.fakes.events import AT, MINUTE, World, event, page, tenant
from tests.fakes.faults import KilledError
from tests.fakes.rules import MOVING_BOOK, boost, rulebook, ruleset, segment
from tests.fakes.stores import ScriptedMail, ScriptedNetworks, ScriptedReferrers

STEP = JobStep(tenant_id="ten_one", job_id="job_1")
MADE = 100  # minutes after the first lead
NEW = rulebook(boost(points=7), version=2)


class Sent:
    """A queue that keeps what was sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send(self, bodies: Any, *, group: str, delay_seconds: int = 0) -> None:
        assert group == "ten_one"
        self.bodies += bodies


class Works:
    """So many leads of old rules, and a job that scores them by new ones."""

    def __init__(self, leads: int) -> None:
        self.world = World(rules=rulebook(boost(points=3)))
        for number in range(leads):
            self.world.apply([event(f"m{number}", anonymous_id=f"b{number}", minutes=number)])
        self.world.rules["ten_one"] = NEW
        self.queue = Sent()
        self.jobs = DynamoJobs(Table(self.world.db.client, "ConfigTable"), "ten_one")
        made = AT + MADE * MINUTE
        self.jobs.save(Job(id="job_1", kind="rescore", created_at=made, updated_at=made))
        self.now, self.slowly = NOW, timedelta(0)

    def clock(self) -> datetime:
        self.now += self.slowly
        return self.now

    def go_on(self, **changes: Any) -> Job | None:
        desk = self.world.desk("ten_one")._replace(**changes)
        lists = self.world.stores["ten_one"].lists
        shift = Shift(desk, lists, self.jobs, self.queue, self.registrar())
        return go_on(STEP, shift=shift, clock=self.clock)

    def registrar(self) -> Registrar:
        config = Table(self.world.db.client, "ConfigTable")
        rulesets, settings = DynamoRuleSets(config, "ten_one"), DynamoSettings(config, "ten_one")
        press = Press(rulesets, settings, self.jobs, self.queue)
        return Registrar(DynamoAttributes(config, "ten_one"), press, self.world.book)

    def versions(self) -> set[int]:
        return {lead.score.ruleset_version for lead in self.world.found()}


def test_a_job_scores_every_lead_and_says_so() -> None:
    works = Works(CHUNK + 3)
    job = works.go_on()
    assert job is not None
    told = (job.status, job.processed, job.total, job.failed)
    assert told == ("succeeded", CHUNK + 3, CHUNK + 3, 0)
    assert works.versions() == {2}
    assert works.queue.bodies == []


def test_a_job_that_takes_long_goes_on_with_its_next_step_where_it_was() -> None:
    works = Works(2 * CHUNK + 1)
    works.slowly = timedelta(milliseconds=PATIENCE_MS)
    steps = 0
    while (job := works.go_on()) is not None and job.status == "running":
        steps += 1
        assert job.total == 2 * CHUNK + 1
        assert works.queue.bodies == [STEP.model_dump_json()] * steps
    assert job is not None
    assert (job.status, job.processed) == ("succeeded", 2 * CHUNK + 1)
    assert works.versions() == {2}


@pytest.mark.parametrize("call", range(1, 40, 3))
def test_a_job_that_is_killed_at_any_call_is_completed_by_its_next_delivery(call: int) -> None:
    works = Works(4)
    works.world.calls.kill(at=call)
    try:
        works.go_on()
    except KilledError:
        works.world.calls.stop()
    job = works.go_on()
    assert job is not None
    assert (job.status, job.processed, job.failed) == ("succeeded", 4, 0)
    assert works.versions() == {2}


def test_a_job_does_not_run_after_leads_that_came_after_it() -> None:
    works = Works(3)
    works.world.apply([event("late", anonymous_id="late", minutes=MADE + 2)])
    job = works.go_on()
    assert job is not None
    assert (job.status, job.processed, job.total) == ("succeeded", 3, 3)
    assert works.versions() == {2}


def test_a_job_reads_each_lead_of_the_list_once() -> None:
    works = Works(4 * CHUNK)
    works.world.calls.log.clear()
    works.go_on()
    assert works.world.calls.log.count("Query") <= 3 + 4 * CHUNK


def test_a_job_ends_when_other_rules_were_published_meanwhile() -> None:
    works = Works(1)
    job = works.jobs.get("job_1")
    assert job is not None
    works.jobs.save(job.model_copy(update={"subject": {"ruleset_id": "rs", "version": "1"}}))
    published = Publication(id="rs", version=2, at=AT)
    ended = works.go_on(tenant=tenant(published=published))
    assert ended is not None
    assert ended.status == "cancelled"
    assert works.versions() == {1}
    assert works.go_on() == ended


def test_there_is_nothing_to_do_for_a_job_that_is_not_there() -> None:
    works = Works(0)
    step = JobStep(tenant_id="ten_one", job_id="job_none")
    lists = works.world.stores["ten_one"].lists
    desk = works.world.desk("ten_one")
    shift = Shift(desk, lists, works.jobs, works.queue, works.registrar())
    assert go_on(step, shift=shift, clock=works.clock) is None


def test_a_lead_that_is_not_there_cannot_be_rescored() -> None:
    with pytest.raises(NotFoundError):
        rescore("lead_none", desk=World().desk("ten_one"), now=NOW)


def archive(world: World) -> Archive:
    return Archive(
        tenant=world.tenants["ten_one"],
        days=world.activity["ten_one"],
        companies=world.leads["ten_one"],
        networks=ScriptedNetworks(),
        referrers=ScriptedReferrers(),
        mail=ScriptedMail(),
        book=MOVING_BOOK,
    )


def scored_then(world: World, at: int) -> Score | None:
    """Return the score of the only lead as of an instant."""
    [lead] = world.found()
    was = lead_as_of(lead, at, {lead.lead_id: lead}, archive=archive(world))
    assert not isinstance(was, str)
    return was.score if was else None


HAPPENED = st.lists(
    st.tuples(
        st.integers(0, 60 * 24 * 60),
        st.sampled_from(["/pricing", "/", "/demo"]),
        st.sampled_from(["page_view", "signed_up"]),
    ),
    min_size=1,
    max_size=8,
)


@given(happened=HAPPENED, cut=st.integers(0, 60 * 24 * 60), order=st.randoms())
def test_a_score_of_the_past_is_what_folding_the_events_until_then_gives(
    happened: list[tuple[int, str, str]], cut: int, order: Any
) -> None:
    sent = [
        event(
            f"m{number}",
            minutes=-ago,
            context=page(path),
            event=name,
            properties={"plan": "a"},
        )
        for number, (ago, path, name) in enumerate(happened)
    ]
    at = AT - cut * MINUTE
    shuffled = list(sent)
    order.shuffle(shuffled)
    world, then = World(rules=MOVING_BOOK), World(rules=MOVING_BOOK)
    world.apply(shuffled)
    until = [one for one in sent if one.at <= at]
    told = scored_then(world, at)
    assert (told is None) == (not until)
    if until:
        then.apply(until)
        [lead] = then.found()
        rescore(lead.lead_id, desk=then.desk("ten_one"), now=to_datetime(at))
        [lead] = then.found()
        assert told == lead.score


EARLY = {"field": "first_seen_at", "op": "before", "value": "2026-01-15T12:02:30Z"}
LATELY = {
    "performed": {
        "event": "page_view",
        "where": {"field": "type", "op": "eq", "value": "page"},
    },
    "within": {"days": 3},
}


class Sorting(Works):
    """So many leads of which the first three are in a new segment, and the job that sorts them."""

    def __init__(self, leads: int, *, job_id: str = "job_1") -> None:
        super().__init__(leads)
        made = segment("seg_early", {"all": [EARLY, LATELY]})
        segments = SegmentBook([made.model_copy(update={"job_id": job_id})])
        self.world.segments["ten_one"] = segments
        rules = ruleset(boost(points=3))
        self.world.rules["ten_one"] = Rulebook(rules, also=segments.selectors)
        self.now += timedelta(hours=1)
        self.begin("segment_fill")

    def begin(self, kind: JobKind) -> None:
        job = self.jobs.get("job_1")
        assert job is not None
        anew: dict[str, Any] = {"kind": kind, "status": "queued", "processed": 0, "place": None}
        self.jobs.save(job.model_copy(update=anew | {"subject": {"segment_id": "seg_early"}}))

    def members(self) -> int:
        lists = self.world.aside["ten_one"].lists
        entries = list(lists.members("seg_early", before=None, ahead=7))
        stored = [lead for lead in self.world.found() if lead.entries.segments]
        assert {entry.lead_id for entry in entries} == {lead.lead_id for lead in stored}
        assert lists.count_members("seg_early", 1_000) == (len(stored), True)
        return len(stored)


def test_a_job_sorts_every_lead_and_writes_those_alone_that_are_in_the_segment() -> None:
    works = Sorting(CHUNK + 3)
    before = {lead.lead_id: lead.version for lead in works.world.found()}
    job = works.go_on()
    assert job is not None
    told = (job.status, job.processed, job.total, job.failed)
    assert told == ("succeeded", CHUNK + 3, CHUNK + 3, 0)
    assert works.members() == 3
    works.begin("segment_fill")
    after = {lead.lead_id: lead.version for lead in works.world.found()}
    assert works.go_on() is not None
    assert after == {lead.lead_id: lead.version for lead in works.world.found()}
    assert after != before


def test_a_job_whose_segment_has_another_one_or_is_gone_ends() -> None:
    works = Sorting(3, job_id="job_2")
    job = works.go_on()
    assert job is not None
    assert (job.status, works.members()) == ("cancelled", 0)
    works.begin("segment_removal")
    job = works.go_on()
    assert job is not None
    assert (job.status, job.result) == ("cancelled", {"detail": "the segment was not deleted"})


@pytest.mark.parametrize("call", range(1, 60, 4))
def test_leads_are_sorted_and_taken_out_again_whatever_call_is_killed(call: int) -> None:
    works = Sorting(5)
    kinds: dict[JobKind, int] = {"segment_fill": 3, "segment_removal": 0}
    for kind, members in kinds.items():
        if kind == "segment_removal":
            works.world.segments.clear()
        works.begin(kind)
        works.world.calls.kill(at=call)
        with suppress(KilledError):
            works.go_on()
        works.world.calls.stop()
        job = works.go_on()
        assert job is not None
        assert (job.status, job.failed) == ("succeeded", 0)
        assert works.members() == members


def test_entries_that_no_lead_knows_of_are_shown_to_nobody_and_go_with_the_segment() -> None:
    works = Sorting(3)
    works.go_on()
    lost = keys.segment_member("ten_one", "seg_early", AT, "lead_none")
    table = Table(works.world.db.client, "LeadTable")
    table.put(Put(lost, {}))
    lists = works.world.stores["ten_one"].lists
    assert len(list(lists.members("seg_early", before=None, ahead=2))) == 3
    works.world.segments.clear()
    works.begin("segment_removal")
    works.go_on()
    assert table.get(lost) is None
    assert works.members() == 0


def test_a_lead_that_will_come_into_a_segment_by_itself_is_due_for_it() -> None:
    works = Sorting(5)
    works.go_on()
    assert [lead.due is None for lead in works.world.found()].count(True) == 2
    gone = segment("seg_early", {"not": LATELY}).model_copy(update={"job_id": "job_1"})
    works.world.segments["ten_one"] = SegmentBook([gone])
    works.begin("segment_fill")
    works.go_on()
    assert works.members() == 0
    assert sorted(lead.due or 0 for lead in works.world.found()) == [
        AT + minutes * MINUTE + 3 * DAY_MS + 1 for minutes in range(5)
    ]
