"""A tenant's segments: defined, changed and deleted, listed with what is in them, and tried."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Protocol

from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.segments import SegmentBook, check_condition, is_segment_id, trial_of
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InUse,
    InUseError,
    InvalidInputError,
    NotFoundError,
)
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import Job, JobKind
from leadsignal.models.leads import Lead
from leadsignal.models.lists import MemberEntry
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.rules import RuleSet
from leadsignal.models.segments import (
    Preview,
    PreviewedLead,
    PreviewRequest,
    Segment,
    SegmentMember,
    SegmentPatch,
    SegmentRequest,
    SegmentSet,
    SegmentView,
)
from leadsignal.models.tenants import Tenant
from leadsignal.ports import JobStore, NewId, Queue, SettingsStore
from leadsignal.services.desk import Each
from leadsignal.services.jobs import ask_for_job
from leadsignal.services.leads import Library
from leadsignal.services.listing import Listing
from leadsignal.services.simulate import fields_seen

MAX_SEGMENTS = 100
ATTEMPTS = 5
COUNTED, COUNTED_LISTED = 100_000, 10_000  # members of one segment, and of each one in a list
TRIED = 500  # leads that a preview looks at
PATIENCE_MS = 8_000  # for which it does
DRAWN_FROM = 10_000  # leads among which they are drawn
SHOWN = 10

_NO_RULES = RuleSet(id="", name="", version=0, rules=())

type Edit = Callable[[tuple[Segment, ...]], tuple[Segment, ...]]


class SegmentSets(Protocol):
    """The sets of segments of one tenant, which never change; one that was replaced is kept for a
    day."""

    def get(self, mark: str) -> SegmentSet | None: ...
    def keep(self, held: SegmentSet) -> None: ...
    def retire(self, held: SegmentSet, at: Instant) -> None: ...


class SegmentLists(Protocol):
    """Which leads are in the segments of one tenant."""

    def members(
        self, segment_id: str, *, before: str | None, ahead: int
    ) -> Iterator[MemberEntry]: ...
    def count_members(self, segment_id: str, most: int) -> tuple[int, bool]: ...


class SegmentDesk(NamedTuple):
    """Everything that setting up and showing one tenant's segments needs."""

    sets: SegmentSets
    settings: SettingsStore
    jobs: JobStore
    queue: Queue
    lists: SegmentLists
    each: Each = map

    def held(self, tenant: Tenant) -> SegmentSet:
        """Return the segments of the tenant as they are named by its record."""
        return (self.sets.get(tenant.segments) if tenant.segments else None) or SegmentSet()

    def all(self) -> tuple[Segment, ...]:
        """Return the segments as they are now, in the order of creation."""
        return self.held(self.settings.get()).segments


def create_segment(
    request: SegmentRequest, *, desk: SegmentDesk, new_id: NewId, now: datetime
) -> Segment:
    """Store a segment and return it: every lead that is written from now on is sorted by it, and a
    job sorts all others, beginning ``SETTLING_SECONDS`` later.

    Raises:
        InvalidInputError: its condition is not valid, or there are too many segments.
        TooLargeError: all segments together do not fit into storage.
        ConflictError: others kept changing the segments.
    """
    at, segment_id = to_instant(now), new_id("seg")
    job = _job("segment_fill", new_id("job"), segment_id, at)
    made = Segment(
        id=segment_id,
        name=request.name,
        condition=request.condition,
        job_id=job.id,
        created_at=at,
        updated_at=at,
    )

    def added(held: tuple[Segment, ...]) -> tuple[Segment, ...]:
        if any(each.id == segment_id for each in held):  # by an earlier run of the same request
            return held
        if len(held) >= MAX_SEGMENTS:
            detail = f"there are {MAX_SEGMENTS} already; delete one first"
            raise InvalidInputError((FieldProblem("", "too_many", detail),))
        check_condition(request.condition, segment_id=segment_id, others=held)
        return (*held, made)

    return _the(segment_id, _edited(added, lambda segments: job, desk, at))


def find_segment(segment_id: str, *, desk: SegmentDesk) -> Segment:
    """Return the tenant's segment of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    if not is_segment_id(segment_id):
        raise NotFoundError("segment")
    return _the(segment_id, desk.all())


def _the(segment_id: str, segments: tuple[Segment, ...]) -> Segment:
    for each in segments:
        if each.id == segment_id:
            return each
    raise NotFoundError("segment")


def change_segment(
    segment_id: str,
    patch: SegmentPatch,
    *,
    demand: Precondition,
    desk: SegmentDesk,
    new_id: NewId,
    now: datetime,
) -> Segment:
    """Apply a merge patch to a segment. Another condition sorts leads as that of a new one does; a
    job that still goes on by the one before ends.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InvalidInputError: the condition is not valid.
        TooLargeError: all segments together do not fit into storage.
        ConflictError: others kept changing the segments.
    """
    at = to_instant(now)
    job = _job("segment_fill", new_id("job"), segment_id, at)
    said = patch.model_dump(exclude_unset=True)

    def changed(held: tuple[Segment, ...]) -> tuple[Segment, ...]:
        before = _the(segment_id, held)
        demand.check(before.version)
        after = before.model_copy(update=said)
        if after == before:
            return held
        update: dict[str, object] = {"version": before.version + 1, "updated_at": at}
        if after.condition != before.condition:
            others = [each for each in held if each.id != segment_id]
            check_condition(after.condition, segment_id=segment_id, others=others)
            update["job_id"] = job.id
        after = after.model_copy(update=update)
        return tuple(after if each.id == segment_id else each for each in held)

    def job_for(held: tuple[Segment, ...]) -> Job | None:
        return job if _the(segment_id, held).job_id == job.id else None

    find_segment(segment_id, desk=desk)
    return _the(segment_id, _edited(changed, job_for, desk, at))


def remove_segment(
    segment_id: str,
    *,
    demand: Precondition = ANY_VERSION,
    desk: SegmentDesk,
    new_id: NewId,
    now: datetime,
) -> None:
    """Delete a segment. Leads that are written from now on are in it no more, and a job takes it
    off all others; nobody is told that they left.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InUseError: other segments name it.
        ConflictError: others kept changing the segments.
    """
    at = to_instant(now)
    job = _job("segment_removal", new_id("job"), segment_id, at)

    def removed(held: tuple[Segment, ...]) -> tuple[Segment, ...]:
        demand.check(_the(segment_id, held).version)
        users = SegmentBook(held).users_of(segment_id)
        if users:
            raise InUseError(tuple(InUse("segment", user.id, user.name) for user in users))
        return tuple(each for each in held if each.id != segment_id)

    find_segment(segment_id, desk=desk)
    _edited(removed, lambda segments: job, desk, at)


def _job(kind: JobKind, job_id: str, segment_id: str, at: Instant) -> Job:
    subject = {"segment_id": segment_id}
    return Job(id=job_id, kind=kind, subject=subject, created_at=at, updated_at=at)


def _edited(
    edit: Edit,
    job_for: Callable[[tuple[Segment, ...]], Job | None],
    desk: SegmentDesk,
    at: Instant,
) -> tuple[Segment, ...]:
    """Put an edited set of segments in the place of the one that is named by the tenant's record,
    if nobody else did meanwhile, with the job that follows from it; return the segments.
    """
    for _ in range(ATTEMPTS):
        tenant = desk.settings.get()
        before = desk.held(tenant)
        wanted = edit(before.segments)
        if wanted == before.segments:
            return wanted
        after = SegmentSet(version=tenant.version + 1, segments=wanted)
        desk.sets.keep(after)
        job = job_for(wanted)
        if job is not None:
            ask_for_job(job, tenant_id=tenant.tenant_id, jobs=desk.jobs, queue=desk.queue)
        with suppress(ConflictError):
            desk.settings.save(tenant.model_copy(update={"segments": after.mark, "updated_at": at}))
            if tenant.segments is not None:
                desk.sets.retire(before, at)
            return wanted
    raise ConflictError("others kept changing the segments")


def show_segment(segment: Segment, *, desk: SegmentDesk, most: int = COUNTED) -> SegmentView:
    """Return a segment as its owner reads it, with its members counted up to ``most``."""
    count, complete = desk.lists.count_members(segment.id, most)
    job = desk.jobs.get(segment.job_id) if segment.job_id else None
    return SegmentView(
        id=segment.id,
        name=segment.name,
        condition=segment.condition,
        member_count=count,
        count_complete=complete,
        status="filling" if job and job.status in ("queued", "running") else "ready",
        job_id=segment.job_id,
        created_at=segment.created_at,
        updated_at=segment.updated_at,
    )


def list_segments(listing: Listing, *, desk: SegmentDesk) -> Page[SegmentView]:
    """Return one page of the tenant's segments, oldest first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("segments")
    rest = [each for each in desk.all() if position is None or _place(each) > position]
    page = listing.page("segments", sorted(rest, key=_place), _place)
    views = desk.each(lambda each: show_segment(each, desk=desk, most=COUNTED_LISTED), page.data)
    return Page(data=tuple(views), has_more=page.has_more, next_cursor=page.next_cursor)


def _place(segment: Segment) -> str:
    return f"{segment.created_at:014d}/{segment.id}"


def list_members(segment_id: str, listing: Listing, *, desk: SegmentDesk) -> Page[SegmentMember]:
    """Return one page of the leads in a segment, those that came last first.

    Raises:
        NotFoundError: there is no such segment, or it is another tenant's.
        MalformedInputError: the cursor is not one of this list.
    """
    segment = find_segment(segment_id, desk=desk)
    scope = f"members/{segment.id}"
    wanted = listing.limit + 1
    entries = desk.lists.members(segment.id, before=listing.position(scope), ahead=wanted)
    page = listing.page(scope, list(islice(entries, wanted)), lambda entry: entry.position)
    return page.shown(lambda entry: SegmentMember(lead_id=entry.lead_id, entered_at=entry.since))


def preview_segment(
    request: PreviewRequest, *, desk: SegmentDesk, library: Library, clock: Callable[[], Instant]
) -> Preview:
    """Return how many leads a segment of that condition would have: counted when there are no more
    than ``TRIED``, else estimated from as many, drawn by lot from those created last.

    Of score, tier and segments of a lead its own last ones count.

    Raises:
        InvalidInputError: the condition is not valid.
    """
    check_condition(request.condition, segment_id="", others=desk.all())
    decide = _decider(request.condition, library)
    began, examined, found = clock(), 0, []
    sample = library.lists.sample(TRIED, most=DRAWN_FROM)
    for lead in sample.leads:
        if examined and clock() - began > PATIENCE_MS:
            break
        examined += 1
        if decide(lead, began):
            found.append(lead)
    complete = sample.counted and examined == sample.total
    share = len(found) / examined if examined else 0
    return Preview(
        estimated=len(found) if complete else round(share * sample.total),
        sample=tuple(
            PreviewedLead(lead_id=lead.lead_id, score=lead.score.score, tier=lead.score.tier)
            for lead in found[:SHOWN]
        ),
        examined=examined,
        matched=len(found),
        leads=sample.total,
        leads_complete=sample.counted,
        complete=complete,
    )


def _decider(said: Mapping[str, Any], library: Library) -> Callable[[Lead, Instant], bool]:
    """Return what decides a condition for a lead as it is stored."""
    trial, tenant = trial_of(said), library.tenant
    counting = Rulebook(_NO_RULES, also=trial.selectors)

    def decide(lead: Lead, now: Instant) -> bool:
        profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
        fields = fields_seen(lead, profile, counting, library, now)
        fields.score, fields.tier = lead.score.score, lead.score.tier
        fields.segments = tuple(lead.entries.segments)
        return not profile.is_bot and trial.decide(fields, now)

    return decide
