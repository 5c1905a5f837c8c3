"""Trains a tenant's model: of leads won and lost, as they were before; promotes what is better."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import batched, islice
from typing import NamedTuple, Protocol

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.model.columns import AGES, row_of
from leadsignal.domain.model.leaks import Example, is_there
from leadsignal.domain.model.training import MIN_OUTCOMES, Running, train
from leadsignal.domain.outcomes import Outcomes
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import people, profile_of
from leadsignal.errors import ConflictError
from leadsignal.models.deals import Deal
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import Job, JobStep
from leadsignal.models.leads import Lead
from leadsignal.models.messages import TrainRound
from leadsignal.models.predictions import Model, Value, Wishes
from leadsignal.models.tenants import Tenant
from leadsignal.ports import JobStore, NewId, Queue, SettingsStore, Snapshots
from leadsignal.services.clusters import read_cluster
from leadsignal.services.desk import Each
from leadsignal.services.histories import Archive, lead_as_of
from leadsignal.services.jobs import ask_for_job

MAX_OUTCOMES = 5_000  # leads that are learned from, the newest outcomes first
MAX_DEALS = 10_000  # that are looked at, the newest first
AT_ONCE = 50
PATIENCE_MS = 150_000  # for which leads are looked up; with those found by then it goes on
NEW_SHARE, NEW_LEAST = 0.1, 20  # further outcomes after which training again is worth it
ATTEMPTS = 5


class ModelStore(Protocol):
    """The models of one tenant; ``all`` has the newest first."""

    def all(self) -> Sequence[Model]: ...
    def get(self, model_id: str) -> Model | None: ...
    def keep(self, model: Model) -> None: ...


class Decided(Protocol):
    """The leads of one tenant of which it was said what became of them, newest first."""

    def newest(self, most: int) -> Sequence[tuple[Instant, str]]: ...


class DealReader(Protocol):
    """The deals of one tenant, to read."""

    def entries(
        self, *, company_id: str | None = None, after: str | None, ascending: bool, ahead: int
    ) -> Iterator[Deal]: ...


class Trainees(Protocol):
    """The tenants whose models are trained daily."""

    def all(self) -> Sequence[str]: ...
    def add(self, tenant_id: str) -> None: ...


class School(NamedTuple):
    """Everything that training one tenant's model needs.

    ``book`` is what leads are measured by now; ``each`` calls several at once.
    """

    tenant: Tenant
    snapshots: Snapshots
    decided: Decided
    deals: DealReader
    archive: Callable[[Playbook], Archive]
    book: Playbook
    models: ModelStore
    settings: SettingsStore
    jobs: JobStore
    rescores: Queue
    new_id: NewId
    each: Each = map


class Enrolment(NamedTuple):
    """Everything that having a model trained needs."""

    tenant_id: str
    trainees: Trainees
    jobs: JobStore
    queue: Queue


def ask_for_training(
    wishes: Wishes | None, *, enrolment: Enrolment, new_id: NewId, now: datetime
) -> Job:
    """Have a model trained: now, and from then on daily. Return the job.

    Without ``wishes`` those of the training before hold.
    """
    at = to_instant(now)
    subject = {} if wishes is None else {"wishes": wishes.model_dump_json()}
    job = Job(id=new_id("job"), kind="train", subject=subject, created_at=at, updated_at=at)
    enrolment.trainees.add(enrolment.tenant_id)
    saved = enrolment.jobs.save(job)
    step = JobStep(tenant_id=enrolment.tenant_id, job_id=job.id)
    enrolment.queue.send([step.model_dump_json()], group=enrolment.tenant_id)
    return saved


def ask_all(trainees: Trainees, *, queue: Queue) -> int:
    """Have each tenant that ever asked for a model looked at, by a message of its own; return how
    many there are."""
    ids = trainees.all()
    for tenant_id in ids:
        queue.send([TrainRound(tenant_id=tenant_id).model_dump_json()], group=tenant_id)
    return len(ids)


def ask_if_due(school: School, *, enrolment: Enrolment, now: datetime) -> Job | None:
    """Have a model trained if enough outcomes became known; return the job, None if not."""
    if not is_due(school):
        return None
    return ask_for_training(None, enrolment=enrolment, new_id=school.new_id, now=now)


def is_due(school: School) -> bool:
    """Return whether so many outcomes became known since the last training that it is worth it."""
    found = _candidates(school)
    if len(found) < MIN_OUTCOMES:
        return False
    last = next(iter(school.models.all()), None)
    if last is None:
        return True
    newer = sum(at > (last.tested_until or last.trained_at) for at, _ in found)
    fresh = max(newer, len(found) - last.outcomes)
    return fresh >= max(NEW_LEAST, NEW_SHARE * last.outcomes)


def train_model(step: JobStep, *, school: School, clock: Callable[[], datetime]) -> Job | None:
    """Do the training that a job asks for: learn, measure, keep what came of it and, when it is
    better than the rules and than the model that runs, let it run and have all leads predicted.
    Return the job; None when there is none, or somebody else does it.

    Whoever repeats it after a crash trains again, under the same id.

    Raises:
        TransientError: storage failed; do it again.
    """
    job = school.jobs.get(step.job_id)
    if job is None or job.status not in ("queued", "running"):
        return job
    now = to_instant(clock())
    with suppress(ConflictError):
        job = school.jobs.save(job.model_copy(update={"status": "running", "updated_at": now}))
        given = job.subject.get("wishes")
        wishes = Wishes.model_validate_json(given) if given else wishes_before(school.models)
        examples, skipped = known_leads(school, clock)
        runs = school.book.model
        model = train(
            examples,
            model_id=f"mdl_{job.id.removeprefix('job_')}",
            wishes=wishes,
            running=Running(runs.model_id, runs) if runs else None,
            now=now,
        )
        result = {"model_id": model.id, "verdict": model.verdict, "detail": model.detail}
        if model.verdict == "better":
            result["job_id"] = promote(model, school=school, now=clock()).id
        else:
            school.models.keep(model)
        update: dict[str, object] = {
            "status": "succeeded",
            "processed": len(examples),
            "total": len(examples) + skipped,
            "failed": skipped,
            "result": result,
            "updated_at": to_instant(clock()),
        }
        return school.jobs.save(job.model_copy(update=update))
    return None


def wishes_before(models: ModelStore) -> Wishes:
    """Return what was wanted of the last training."""
    last = next(iter(models.all()), None)
    return last.wishes if last else Wishes()


def promote(model: Model, *, school: School, now: datetime) -> Job:
    """Let a model run: every lead that is written from now on is predicted by it, and a job does
    all others, beginning ``SETTLING_SECONDS`` later. Return that job.

    Raises:
        ConflictError: others kept changing the account.
    """
    at = to_instant(now)
    school.models.keep(model.model_copy(update={"promoted_at": at}))
    job = Job(
        id=school.new_id("job"),
        kind="predict",
        subject={"model_id": model.id},
        created_at=at,
        updated_at=at,
    )
    for _ in range(ATTEMPTS):
        tenant = school.settings.get()
        ask_for_job(job, tenant_id=tenant.tenant_id, jobs=school.jobs, queue=school.rescores)
        with suppress(ConflictError):
            school.settings.save(tenant.model_copy(update={"model": model.id, "updated_at": at}))
            return job
    raise ConflictError("others kept changing the account")


def known_leads(school: School, clock: Callable[[], datetime]) -> tuple[list[Example], int]:
    """Return the leads of known outcome as they were before it, the newest outcomes first, and how
    many were left out: they have more events than can be folded anew."""
    began = to_instant(clock())
    outcomes = Outcomes(_deals(school))
    found: dict[str, Example | None] = {}
    for some in batched(_candidates(school), AT_ONCE, strict=False):
        ids = [lead_id for _, lead_id in some]
        for each in school.each(lambda lead_id: _known(lead_id, outcomes, school, began), ids):
            if each is not None:
                found[each.lead_id] = each.example
        if to_instant(clock()) - began > PATIENCE_MS:
            break
    examples = [example for example in found.values() if example is not None]
    return examples, len(found) - len(examples)


def _deals(school: School) -> list[Deal]:
    deals = school.deals.entries(after=None, ascending=False, ahead=100)
    return list(islice(deals, MAX_DEALS))


def _candidates(school: School) -> list[tuple[Instant, str]]:
    """Return the leads of which something says what became of them, newest first."""
    said = {lead_id: at for at, lead_id in reversed(school.decided.newest(MAX_OUTCOMES))}
    for deal in _deals(school):
        for lead_id in deal.lead_ids if deal.closed_at is not None else ():
            said[lead_id] = max(said.get(lead_id, 0), deal.closed_at or 0)
    newest = sorted(((at, lead_id) for lead_id, at in said.items()), reverse=True)
    return newest[:MAX_OUTCOMES]


class _Known(NamedTuple):
    """A lead of known outcome; None in the place of what is too much to be folded anew."""

    lead_id: str
    example: Example | None


def _known(lead_id: str, outcomes: Outcomes, school: School, now: Instant) -> _Known | None:
    """Return what a lead was before its outcome; None when it is gone, or nothing is decided."""
    leads, pointers = read_cluster([lead_id], school.snapshots)
    while lead_id in pointers:
        lead_id = pointers[lead_id].into
    lead = leads.get(lead_id)
    if lead is None:
        return None
    tenant = school.tenant
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    outcome = outcomes.of(lead, profile)
    if outcome is None or profile.is_bot:
        return None
    at = max(outcome.at - 1, _began(lead))
    archive = school.archive(school.book._replace(model=None))
    was = lead_as_of(lead, at, leads, archive=archive)
    if was is None or isinstance(was, str):
        return _Known(lead_id, None)
    row = _row(was, tenant, at)
    since = {name for name, value in _row(lead, tenant, now).items() if is_there(value)}
    before = {name for name, value in row.items() if is_there(value)} | AGES
    example = Example(
        id=lead_id,
        at=outcome.at,
        won=outcome.outcome == "won",
        row=row,
        later=frozenset(since - before),
        points=was.score.raw,
    )
    return _Known(lead_id, example)


def _row(lead: Lead, tenant: Tenant, at: Instant) -> dict[str, Value]:
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    return row_of(LeadFields(profile, {}, statuses=tenant.statuses), at)


def _began(lead: Lead) -> Instant:
    """Return the instant of the first thing that is known of a lead: what it was created with, if
    nothing happened before its outcome."""
    said = [word.by.at for member in lead.members.values() for word in member.said.values()]
    runs = [
        run.start
        for member in people(lead)
        for day in member.days.values()
        for run in (*day.runs, *day.bot_runs)
    ]
    return min([*said, *runs], default=0)
