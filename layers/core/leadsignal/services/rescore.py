"""Brings leads up to date with rules, segments and the time, though nothing happened to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, Protocol

from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError, NotFoundError, TooLargeError
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import Job, JobKind, JobStep
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.lists import UNBOUNDED, Bounds, LeadOrder, ListEntry
from leadsignal.ports import JobStore, Queue
from leadsignal.services.attributes import Registrar, mark_indexed
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.commit import is_ready, is_sorted
from leadsignal.services.deletion import settled_snapshot
from leadsignal.services.desk import Desk

ATTEMPTS = 6
CHUNK = 25  # leads between two notes of how far the job is
PATIENCE_MS = 15_000  # for which one step goes on
LATEST_MS = 60_000  # after which nobody goes by what was before a job any more
ORDER: LeadOrder = "created_at"
MOST_COUNTED = 1_000_000  # members of a segment, before a job begins with them


def rescore(lead_id: str, *, desk: Desk, now: datetime) -> Lead | None:
    """Score a lead as of now and by the rules of this moment, with the leads that its evidence
    touches; return it as it was written, None when there was nothing to change. The id of a merged
    lead rescores the one that took it in.

    Raises:
        NotFoundError: there is no such lead.
        ConflictError: others kept changing the lead.
        TransientError: storage failed.
    """
    written = rescored(lead_id, desk=desk, now=now)
    found = [lead for lead in written if lead.lead_id == lead_id]
    return next(iter([*found, *written]), None)


def rescored(lead_id: str, *, desk: Desk, now: datetime, if_due: bool = False) -> Sequence[Lead]:
    """Rescore a lead and those that its evidence touches, and return what was written; ``if_due``:
    only where one of them is due by now.

    Raises:
        NotFoundError, ConflictError, TransientError: as ``rescore``.
    """
    for _ in range(ATTEMPTS):
        snapshot = settled_snapshot([lead_id], [], desk=desk, now=now, consistent=True)
        desk = desk.beside(snapshot)
        held = snapshot.slots.items()
        leads = {slot: found for slot, found in held if isinstance(found, Lead)}
        pointers = {slot: found for slot, found in held if isinstance(found, Pointer)}
        if not leads:
            raise NotFoundError("lead")
        if if_due and not any(lead.is_due(to_instant(now)) for lead in leads.values()):
            return ()
        cluster = Cluster(leads, desk, pointers=pointers, looked_up=[lead_id])
        cluster.apply()
        change = cluster.settled(now, rescored=True)
        if not change.settled:
            return ()
        try:
            desk.leads.write(change)
        except ConflictError:
            continue
        return [settled.lead for settled in change.settled]
    raise ConflictError("others kept changing the lead")


class LeadLists(Protocol):
    """The lists of one tenant's leads."""

    def count(self) -> int: ...
    def entries(
        self, order: LeadOrder, *, after: str | None, ahead: int, bounds: Bounds = UNBOUNDED
    ) -> Iterator[ListEntry]: ...
    def count_members(self, segment_id: str, most: int) -> tuple[int, bool]: ...
    def in_segment(
        self, segment_id: str, *, after: str | None, ahead: int
    ) -> Iterator[ListEntry]: ...
    def clear_segment(self, segment_id: str) -> None: ...


class Shift(NamedTuple):
    """Everything that bringing all leads of one tenant up to date needs."""

    desk: Desk
    lists: LeadLists
    jobs: JobStore
    queue: Queue
    registrar: Registrar


def _all(job: Job, shift: Shift) -> int:
    del job
    return shift.lists.count()


def _by_creation(job: Job, shift: Shift) -> Iterator[ListEntry]:
    """Yield the leads that a job has not been to: those that were there when it was made, for the
    others were never measured by what was before."""
    bounds = Bounds(greatest=job.created_at + LATEST_MS)
    return shift.lists.entries(ORDER, after=job.place, ahead=CHUNK, bounds=bounds)


def _nothing_left(job: Job, shift: Shift, now: datetime) -> None:
    """Do nothing at the end of a job."""


class Task(NamedTuple):
    """What jobs of one kind do: why one need not go on (None: it has to), and whether a lead is up
    to date then; what is left to do in the end.

    They work through all leads, in the order of their creation, if not through others (``total`` of
    them, ``entries`` after the place of the job).
    """

    stopped_by: Callable[[Job, Shift], str | None]
    is_done: Callable[[Job, Lead, Shift, datetime], bool]
    total: Callable[[Job, Shift], int] = _all
    entries: Callable[[Job, Shift], Iterator[ListEntry]] = _by_creation
    end: Callable[[Job, Shift, datetime], None] = _nothing_left


def go_on(step: JobStep, *, shift: Shift, clock: Callable[[], datetime]) -> Job | None:
    """Go on with a job for a while: bring leads up to date in the order of their creation, note how
    far that is, and ask for the next step. Return the job; None when there is nothing to do for it.

    Whoever repeats a step after a crash does the leads since the last note again, which writes
    nothing. Of two who work on one job the one whose note is refused leaves it to the other.

    Raises:
        TransientError: storage failed; do it again.
    """
    job = shift.jobs.get(step.job_id)
    if job is None or job.status not in ("queued", "running"):
        return job
    began = to_instant(clock())
    try:
        job = _begun(job, shift, clock)
        left = TASKS[job.kind].entries(job, shift)
        while job.status == "running":
            if to_instant(clock()) - began > PATIENCE_MS:
                group = shift.desk.tenant.tenant_id
                shift.queue.send([step.model_dump_json()], group=group)
                return job
            job = _chunk(job, left, shift, clock)
    except ConflictError:
        return None
    return job


def _begun(job: Job, shift: Shift, clock: Callable[[], datetime]) -> Job:
    if job.status == "running":
        return job
    total = TASKS[job.kind].total(job, shift)
    return _noted(job, shift, to_instant(clock()), {"status": "running", "total": total})


def _chunk(job: Job, left: Iterator[ListEntry], shift: Shift, clock: Callable[[], datetime]) -> Job:
    task = TASKS[job.kind]
    reason = task.stopped_by(job, shift)
    if reason is not None:
        update: dict[str, object] = {"status": "cancelled", "result": {"detail": reason}}
        return _noted(job, shift, to_instant(clock()), update)
    entries = list(islice(left, CHUNK))
    done = list(
        shift.desk.each(lambda entry: task.is_done(job, entry.lead, shift, clock()), entries)
    )
    processed = job.processed + len(entries)
    update = {
        "processed": processed,
        "failed": job.failed + done.count(False),
        "total": max(job.total or 0, processed),
        "place": entries[-1].position if entries else job.place,
    }
    if len(entries) < CHUNK:
        task.end(job.model_copy(update=update), shift, clock())
        update |= {"status": "succeeded", "total": processed}
    return _noted(job, shift, to_instant(clock()), update)


def _noted(job: Job, shift: Shift, at: Instant, update: dict[str, object]) -> Job:
    return shift.jobs.save(job.model_copy(update=update | {"updated_at": at}))


def _published_again(job: Job, shift: Shift) -> str | None:
    published, subject = shift.desk.tenant.published, job.subject
    if not subject:
        return None
    if published is None:
        return "the rule set was not published"
    if (subject["ruleset_id"], subject["version"]) == (published.id, str(published.version)):
        return None
    return "another rule set was published, whose job goes on"


def _is_rescored(job: Job, lead: Lead, shift: Shift, now: datetime) -> bool:
    """Bring one lead up to date with the rules; say whether it is."""
    del job
    rules = shift.desk.book.rules
    by = (lead.score.ruleset_id, lead.score.ruleset_version)
    if by == (rules.ruleset.id, rules.ruleset.version) and is_ready(lead, rules):
        return True
    return _brought_up_to_date(lead, shift, now)


def _defined_again(job: Job, shift: Shift) -> str | None:
    """Return why a job need not sort leads any more: its segment has another job, or is gone."""
    segment = shift.desk.book.segments.get(job.subject["segment_id"])
    if segment is not None and segment.job_id == job.id:
        return None
    return "the segment was changed or deleted meanwhile; its next job goes on"


def _is_sorted(job: Job, lead: Lead, shift: Shift, now: datetime) -> bool:
    """Sort one lead into the segments of this moment; say whether it is."""
    del job
    desk = shift.desk
    if is_sorted(lead, tenant=desk.tenant, book=desk.book, now=to_instant(now)):
        return True
    return _brought_up_to_date(lead, shift, now)


def _promoted_again(job: Job, shift: Shift) -> str | None:
    if job.subject["model_id"] == shift.desk.tenant.model:
        return None
    return "another model runs meanwhile, whose job goes on"


def _is_predicted(job: Job, lead: Lead, shift: Shift, now: datetime) -> bool:
    """Have one lead predicted by the model that runs; say whether it is."""
    del job
    if lead.prediction is not None and lead.prediction.model_id == shift.desk.tenant.model:
        return True
    return _brought_up_to_date(lead, shift, now)


def _is_back(job: Job, shift: Shift) -> str | None:
    """Return why a job need not take leads out of a segment: it was not deleted after all."""
    if shift.desk.book.segments.get(job.subject["segment_id"]) is None:
        return None
    return "the segment was not deleted"


def _count_members(job: Job, shift: Shift) -> int:
    return shift.lists.count_members(job.subject["segment_id"], MOST_COUNTED)[0]


def _members(job: Job, shift: Shift) -> Iterator[ListEntry]:
    return shift.lists.in_segment(job.subject["segment_id"], after=job.place, ahead=CHUNK)


def _clear(job: Job, shift: Shift, now: datetime) -> None:
    """Remove entries that belong to no lead."""
    del now
    shift.lists.clear_segment(job.subject["segment_id"])


def _redefined(job: Job, shift: Shift) -> str | None:
    """Return why a job need not bring leads in line any more: its attribute has another job."""
    found = shift.desk.book.attributes.by_id(job.subject["attribute_id"])
    if found is None or found.job_id == job.id:
        return None
    return "the attribute was changed meanwhile; its next job goes on"


def _is_in_line(job: Job, lead: Lead, shift: Shift, now: datetime) -> bool:
    """Bring one lead in line with the definitions of attributes; say whether it is."""
    tenant, attributes = shift.desk.tenant, shift.desk.book.attributes
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    if "scores" not in job.subject and attributes.keys(profile.attributes) == (
        lead.entries.attributes
    ):
        return True
    return _brought_up_to_date(lead, shift, now)


def _indexed(job: Job, shift: Shift, now: datetime) -> None:
    """Note that leads are found by an attribute, if all of them are in line."""
    if not job.failed:
        attribute_id, registrar = job.subject["attribute_id"], shift.registrar
        mark_indexed(attribute_id, job.id, registrar=registrar, now=now)


def _brought_up_to_date(lead: Lead, shift: Shift, now: datetime) -> bool:
    """Rescore one lead; say whether that worked. One that is gone needs nothing."""
    try:
        rescore(lead.lead_id, desk=shift.desk, now=now)
    except NotFoundError:
        return True
    except (ConflictError, TooLargeError):
        return False
    return True


TASKS: Mapping[JobKind, Task] = {
    "rescore": Task(_published_again, _is_rescored),
    "segment_fill": Task(_defined_again, _is_sorted),
    "segment_removal": Task(_is_back, _is_sorted, _count_members, _members, _clear),
    "attribute_fill": Task(_redefined, _is_in_line, end=_indexed),
    "predict": Task(_promoted_again, _is_predicted),
}
"""What the jobs of each kind do."""
