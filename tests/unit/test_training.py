"""Trainings: leads as they were before their outcome; what is better runs, and nothing else."""

from datetime import timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.attributes import DynamoAttributes
from leadsignal.adapters.dynamodb.config import DynamoSettings
from leadsignal.adapters.dynamodb.jobs import DynamoJobs
from leadsignal.adapters.dynamodb.models import DynamoDecided, DynamoModels, DynamoTrainees
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.model.leaks import Example
from leadsignal.domain.model.predictor import Predictor
from leadsignal.errors import ConflictError, NotFoundError, TooLargeError
from leadsignal.models.deals import Deal
from leadsignal.models.events import Event
from leadsignal.models.jobs import Job, JobStep
from leadsignal.models.messages import TRAIN_MESSAGE, TrainRound
from leadsignal.models.predictions import Model, Wishes
from leadsignal.models.tenants import Tenant
from leadsignal.services import training
from leadsignal.services.attributes import Registrar
from leadsignal.services.desk import Desk
from leadsignal.services.histories import Archive
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.models import find_model, promote_model, status_of
from leadsignal.services.rescore import Shift, go_on
from leadsignal.services.rulesets import Press
from leadsignal.services.training import (
    Enrolment,
    School,
    ask_all,
    ask_for_training,
    ask_if_due,
    is_due,
    known_leads,
    promote,
    train_model,
)
from tests.fakes.clock import NOW
from tests.fakes.events import AT, MINUTE, World, event, page, tenant
from tests.fakes.faults import KilledError
from tests.fakes.rules import boost, rulebook
from tests.fakes.stores import ScriptedMail, ScriptedNetworks, ScriptedReferrers
from tests.unit.test_statements import statement

LATER = NOW + timedelta(days=60)
DAY = 24 * 60


class Sent:
    """A queue that keeps what was sent, and for how long it is hidden."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.delays: set[int] = set()

    def send(self, bodies: Any, *, group: str, delay_seconds: int = 0) -> None:
        assert group.startswith("ten_")
        self.bodies += bodies
        self.delays.add(delay_seconds)


class Academy:
    """One tenant with leads, and what trains its model."""

    def __init__(self) -> None:
        self.world = World(tenant(), rules=rulebook(boost(points=3)))
        self.world.tenants["ten_one"] = tenant(version=0)
        client = self.world.db.client
        config = Table(client, "ConfigTable")
        self.settings = DynamoSettings(config, "ten_one")
        self.settings.save(tenant())
        self.models = DynamoModels(config, "ten_one")
        self.jobs = DynamoJobs(config, "ten_one")
        self.trainees = DynamoTrainees(config)
        self.decided = DynamoDecided(Table(client, "LeadTable"), "ten_one")
        self.rescores, self.trainings = Sent(), Sent()
        self.ids = iter(range(1_000))
        self.enrolment = Enrolment("ten_one", self.trainees, self.jobs, self.trainings)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.ids)}"

    @property
    def tenant(self) -> Tenant:
        return self.settings.get()

    def school(self, **changes: Any) -> School:
        stores, book = self.world.stores["ten_one"], self.world.book(tenant())
        runs = self.models.get(self.tenant.model) if self.tenant.model else None
        if runs is not None:
            book = book._replace(model=Predictor(runs.id, runs.intercept, runs.features))
        school = School(
            tenant=self.tenant,
            snapshots=stores.snapshots,
            decided=self.decided,
            deals=stores.deals,
            archive=lambda book: Archive(
                tenant=tenant(),
                days=stores.activity,
                companies=stores.leads,
                networks=ScriptedNetworks(),
                referrers=ScriptedReferrers(),
                mail=ScriptedMail(),
                book=book,
            ),
            book=book,
            models=self.models,
            settings=self.settings,
            jobs=self.jobs,
            rescores=self.rescores,
            new_id=self.new_id,
        )
        return school._replace(**changes)

    def shift(self, desk: Desk) -> Shift:
        config = Table(self.world.db.client, "ConfigTable")
        rulesets = DynamoRuleSets(config, "ten_one")
        press = Press(rulesets, self.settings, self.jobs, self.rescores)
        registrar = Registrar(DynamoAttributes(config, "ten_one"), press, self.world.book)
        lists = self.world.stores["ten_one"].lists
        return Shift(desk, lists, self.jobs, self.rescores, registrar)

    def examples(self) -> list[Example]:
        found, skipped = known_leads(self.school(), lambda: LATER)
        assert skipped == 0
        return found

    def ask(self, wishes: Wishes | None = None) -> JobStep:
        ask_for_training(wishes, enrolment=self.enrolment, new_id=self.new_id, now=LATER)
        asked = TRAIN_MESSAGE.validate_json(self.trainings.bodies[-1])
        assert isinstance(asked, JobStep)
        return asked

    def train(self, wishes: Wishes | None = None, **changes: Any) -> Job:
        step = self.ask(wishes)
        job = train_model(step, school=self.school(**changes), clock=lambda: LATER)
        assert job is not None
        return job

    def newest(self) -> Model:
        return self.models.all()[0]


def seen(number: int, minutes: float, name: str = "page_view", path: str = "/") -> Event:
    """Return what the visitor of that number did."""
    return event(
        f"e{number}/{minutes}",
        minutes=minutes,
        anonymous_id=None,
        user_id=f"u{number}",
        event=name,
        context=page(path),
    )


def said(number: int, minutes: float, **fields: Any) -> Event:
    """Return what somebody said of the visitor of that number."""
    return statement(f"s{number}/{minutes}", minutes=minutes, user_id=f"u{number}", said=fields)


def decided(number: int, minutes: float, won: bool) -> Event:
    outcome = {"outcome": "won" if won else "lost", "at": AT + round(minutes * MINUTE)}
    return said(number, minutes, outcome=outcome)


def told(academy: Academy) -> dict[str, Example]:
    return {example.id: example for example in academy.examples()}


def test_a_lead_is_learned_from_as_it_was_before_its_outcome() -> None:
    academy = Academy()
    academy.world.apply(
        [
            seen(1, 0, "demo"),
            said(1, 1, **{"title": "Head of Sales", "attributes.seats": 5}),
            seen(1, 2 * DAY, path="/pricing"),
            decided(1, 3 * DAY, won=True),
            seen(1, 4 * DAY, "invoice_paid"),
            said(1, 5 * DAY, **{"attributes.contract": "signed", "status": "won"}),
        ]
    )
    [example] = academy.examples()
    assert (example.won, example.at) == (True, AT + 3 * DAY * MINUTE)
    row = example.row
    assert (row["events.demo"], row["pages./pricing"], row["attributes.seats"]) == (1, 1, 5)
    assert (row["role"], row["first_seen_days"], row["last_seen_days"]) == ("director", 2, 0)
    assert example.points == 3.0
    assert {"events.invoice_paid", "attributes.contract"} <= example.later
    assert not example.later & row.keys()
    assert not {"status", "score", "tier", "owner", "outcome"} & (row.keys() | example.later)


def test_a_lead_that_came_with_its_outcome_is_learned_from_as_it_was_created() -> None:
    academy = Academy()
    academy.world.apply(
        [said(1, 0, **{"status": "lost", "attributes.plan": "basic"}), seen(1, 60, "demo")]
    )
    [example] = academy.examples()
    assert not example.won
    assert example.row["attributes.plan"] == "basic"
    assert "events.demo" not in example.row


def test_leads_are_known_by_a_word_a_status_or_a_deal_and_open_ones_are_not() -> None:
    academy = Academy()
    academy.world.apply([seen(number, number) for number in range(6)])
    academy.world.apply([decided(0, 100, won=True), said(1, 200, status="lost")])
    ids = {
        lead.members[slot].value: lead.lead_id
        for lead in academy.world.found()
        for slot in lead.members
    }
    deal = Deal(
        id="deal_1",
        name="Seats",
        lead_ids=(ids["u2"], ids["u3"]),
        outcome="won",
        closed_at=AT + 300 * MINUTE,
        created_at=AT,
        updated_at=AT,
    )
    academy.world.stores["ten_one"].deals.save(deal)
    still = deal.model_copy(
        update={"id": "deal_2", "outcome": "open", "closed_at": None, "lead_ids": (ids["u4"],)}
    )
    academy.world.stores["ten_one"].deals.save(still)
    found = told(academy)
    assert {each: found[each].won for each in found} == {
        ids["u0"]: True,
        ids["u1"]: False,
        ids["u2"]: True,
        ids["u3"]: True,
    }


def test_an_outcome_that_was_taken_back_is_known_no_more() -> None:
    academy = Academy()
    academy.world.apply([decided(1, 0, won=True), said(1, 5, outcome=None)])
    assert academy.decided.newest(10) == []
    assert academy.examples() == []


def test_a_lead_that_was_merged_is_learned_from_once() -> None:
    academy = Academy()
    academy.world.apply([decided(1, 10, won=True)])
    [before] = academy.decided.newest(10)
    both = statement(
        "both", minutes=20, user_id=None, also=("user_id:u1", "email:a@acme.com"), said={}
    )
    academy.world.apply([both, decided(1, 30, won=False)])
    assert [example.won for example in academy.examples()] == [False]
    [after] = academy.decided.newest(10)
    assert after != before


def test_leads_with_more_events_than_can_be_folded_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    academy = Academy()
    academy.world.apply([seen(1, 0), seen(1, 1), decided(1, 2, won=True)])
    monkeypatch.setattr("leadsignal.services.histories.MAX_PAST_EVENTS", 1)
    assert known_leads(academy.school(), lambda: LATER) == ([], 1)


def test_looking_up_leads_ends_in_time_with_those_of_the_newest_outcomes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "AT_ONCE", 2)
    academy = Academy()
    academy.world.apply([decided(number, number, won=True) for number in range(5)])
    ticking = iter(LATER + timedelta(milliseconds=n * training.PATIENCE_MS) for n in range(9))
    found, _ = known_leads(academy.school(), lambda: next(ticking))
    assert [example.at for example in found] == [AT + n * MINUTE for n in (4, 3, 2, 1)]


def many(count: int = 260) -> list[Event]:
    """Return leads that are mostly won where they asked for a demo, and lost where they did not;
    their contract is signed afterwards."""
    draw = Random(1)
    events: list[Event] = []
    for number in range(count):
        keen, start = number % 3 == 0, number * 60
        events += [
            seen(number, start),
            said(number, start + 1, **{"attributes.size": draw.choice("sml")}),
        ]
        events += [seen(number, start + 2 + n, "demo") for n in range(2 * keen)]
        won = draw.random() < (0.85 if keen else 0.1)
        events.append(decided(number, start + 30, won=won))
        if won:
            events.append(said(number, start + 50, **{"attributes.contract": "signed"}))
    return events


@cache
def _taught() -> list[Event]:
    return many()


def taught() -> Academy:
    academy = Academy()
    academy.world.apply(_taught())
    return academy


def test_a_model_that_is_better_than_the_rules_runs_and_has_all_leads_predicted() -> None:
    academy = taught()
    job = academy.train(Wishes(monotone={"events.demo": "increasing"}))
    assert (job.status, job.processed, job.failed) == ("succeeded", 260, 0)
    assert job.result is not None
    assert job.result["verdict"] == "better"

    model = academy.newest()
    assert academy.tenant.model == model.id == job.result["model_id"]
    assert status_of(model, academy.tenant.model) == "running"
    assert model.promoted_at is not None
    assert [(leak.column, leak.reason) for leak in model.leaks] == [
        ("attributes.contract", "after_outcome")
    ]
    assert academy.rescores.delays == {SETTLING_SECONDS}
    [body] = academy.rescores.bodies

    desk = academy.world.desk("ten_one")._replace(
        tenant=academy.tenant, books=lambda _: academy.school().book
    )
    shift = academy.shift(desk)
    done = go_on(JobStep.model_validate_json(body), shift=shift, clock=lambda: LATER)
    assert done is not None
    assert (done.kind, done.status, done.processed, done.failed) == ("predict", "succeeded", 260, 0)
    predicted = [lead.prediction for lead in academy.world.found()]
    assert {each.model_id for each in predicted if each} == {model.id}
    assert all(each and 0 < each.probability < 1 for each in predicted)
    before = {lead.lead_id: lead.version for lead in academy.world.found()}
    again = academy.jobs.save(done.model_copy(update={"status": "running", "place": None}))
    go_on(JobStep.model_validate_json(body), shift=shift, clock=lambda: LATER)
    assert {lead.lead_id: lead.version for lead in academy.world.found()} == before
    assert again.version > done.version


def test_a_job_of_predictions_ends_when_another_model_runs() -> None:
    academy = Academy()
    job = Job(
        id="job_1", kind="predict", subject={"model_id": "mdl_old"}, created_at=AT, updated_at=AT
    )
    academy.jobs.save(job)
    desk = academy.world.desk("ten_one")._replace(tenant=tenant(model="mdl_new"))
    shift = academy.shift(desk)
    ended = go_on(JobStep(tenant_id="ten_one", job_id="job_1"), shift=shift, clock=lambda: NOW)
    assert ended is not None
    assert ended.status == "cancelled"


def test_training_again_on_the_same_leads_keeps_what_runs_and_the_wishes() -> None:
    academy = taught()
    academy.train(Wishes(exclude=("attributes.size",)))
    runs = academy.tenant.model
    job = academy.train()
    assert job.result is not None
    assert job.result["verdict"] == "not_better", job.result
    assert academy.tenant.model == runs
    candidate = academy.models.get(job.result["model_id"])
    assert candidate is not None
    assert status_of(candidate, runs) == "candidate"
    assert candidate.wishes == Wishes(exclude=("attributes.size",))
    assert candidate.ran == runs

    promoted = promote_model(candidate.id, school=academy.school(), now=LATER)
    assert promoted.kind == "predict"
    assert academy.tenant.model == candidate.id
    former = academy.models.get(runs or "")
    assert former is not None
    assert status_of(former, academy.tenant.model) == "archived"
    for model_id in (candidate.id, former.id):
        with pytest.raises(ConflictError):
            promote_model(model_id, school=academy.school(), now=LATER)


def test_too_few_outcomes_make_a_rejected_model_that_cannot_be_promoted() -> None:
    academy = Academy()
    academy.world.apply([decided(1, 0, won=True)])
    job = academy.train()
    assert (job.status, academy.tenant.model) == ("succeeded", None)
    model = academy.newest()
    assert (model.verdict, status_of(model, None)) == ("too_few", "rejected")
    with pytest.raises(ConflictError):
        promote_model(model.id, school=academy.school(), now=LATER)


@pytest.mark.parametrize("model_id", ["mdl_none", "mdl_", "rs_1", "mdl_1/../2"])
def test_a_model_that_is_not_there_is_not_found(model_id: str) -> None:
    with pytest.raises(NotFoundError):
        find_model(model_id, models=Academy().models)


@pytest.mark.parametrize("call", range(1, 12))
def test_a_training_that_is_killed_at_any_call_is_completed_by_its_next_delivery(call: int) -> None:
    academy = Academy()
    academy.world.apply([decided(1, 0, won=True)])
    step = academy.ask()
    academy.world.calls.kill(at=call)
    try:
        train_model(step, school=academy.school(), clock=lambda: LATER)
    except KilledError:
        academy.world.calls.stop()
    job = train_model(step, school=academy.school(), clock=lambda: LATER)
    assert job is not None
    assert job.status == "succeeded"
    assert len(academy.models.all()) == 1
    assert train_model(step, school=academy.school(), clock=lambda: LATER) == job


def test_there_is_nothing_to_train_for_a_job_that_is_not_there() -> None:
    academy = Academy()
    step = JobStep(tenant_id="ten_one", job_id="job_none")
    assert train_model(step, school=academy.school(), clock=lambda: LATER) is None


class Late(DynamoJobs):
    """Jobs of which somebody else has just taken each."""

    def save(self, job: Job) -> Job:
        raise ConflictError("somebody else was first")


def test_of_two_who_train_the_one_whose_note_is_refused_leaves_it_to_the_other() -> None:
    academy = Academy()
    step = academy.ask()
    late = Late(Table(academy.world.db.client, "ConfigTable"), "ten_one")
    assert train_model(step, school=academy.school(jobs=late), clock=lambda: LATER) is None


class Busy(DynamoSettings):
    """Settings that somebody else keeps changing, for so many times."""

    def __init__(self, academy: Academy, times: int) -> None:
        super().__init__(Table(academy.world.db.client, "ConfigTable"), "ten_one")
        self.left = times

    def save(self, tenant: Tenant) -> Tenant:
        if self.left:
            self.left -= 1
            super().save(self.get().model_copy(update={"name": f"n{self.left}"}))
        return super().save(tenant)


def test_a_promotion_and_another_change_of_the_account_do_not_lose_one_another() -> None:
    academy = Academy()
    model = Model(id="mdl_1", trained_at=AT, verdict="better", detail="")
    promote(model, school=academy.school(settings=Busy(academy, 2)), now=LATER)
    assert (academy.tenant.model, academy.tenant.name) == ("mdl_1", "n0")
    with pytest.raises(ConflictError):
        promote(model, school=academy.school(settings=Busy(academy, 99)), now=LATER)


def test_each_tenant_that_asked_once_has_a_message_of_its_own_each_day() -> None:
    academy = Academy()
    academy.ask()
    academy.trainees.add("ten_two")
    academy.trainees.add("ten_two")
    queue = Sent()
    assert ask_all(academy.trainees, queue=queue) == 2
    rounds = [TRAIN_MESSAGE.validate_json(body) for body in queue.bodies]
    assert rounds == [TrainRound(tenant_id="ten_one"), TrainRound(tenant_id="ten_two")]


def test_a_model_is_trained_again_when_enough_outcomes_are_new() -> None:
    academy = taught()
    assert is_due(academy.school())
    step_count = len(academy.trainings.bodies)
    assert ask_if_due(academy.school(), enrolment=academy.enrolment, now=LATER) is not None
    assert len(academy.trainings.bodies) == step_count + 1
    academy.train()
    assert not is_due(academy.school())
    assert ask_if_due(academy.school(), enrolment=academy.enrolment, now=LATER) is None
    academy.world.apply([decided(1_000 + n, 20_000 + n, won=True) for n in range(26)])
    assert is_due(academy.school())


def test_few_outcomes_ask_for_no_training() -> None:
    academy = Academy()
    academy.world.apply([decided(n, n, won=True) for n in range(30)])
    assert not is_due(academy.school())


def test_a_model_that_never_ran_goes_after_some_time_and_one_that_ran_stays() -> None:
    academy = Academy()
    model = Model(id="mdl_1", trained_at=AT, verdict="better", detail="")
    academy.models.keep(model)
    [item] = [i for i in academy.world.db.items("ConfigTable") if i["sk"] == {"S": "mdl_1"}]
    assert int(item["expires_at"]["N"]) == AT // 1000 + 90 * 86_400
    academy.models.keep(model.model_copy(update={"promoted_at": AT}))
    [item] = [i for i in academy.world.db.items("ConfigTable") if i["sk"] == {"S": "mdl_1"}]
    assert "expires_at" not in item
    assert keys.model("ten_one", "mdl_1").sk == "mdl_1"


def test_a_model_that_does_not_fit_is_refused() -> None:
    draw = Random(1)
    detail = "".join(chr(draw.randrange(0x4E00, 0x9FFF)) for _ in range(400_000))
    with pytest.raises(TooLargeError):
        Academy().models.keep(Model(id="mdl_1", trained_at=AT, verdict="better", detail=detail))
