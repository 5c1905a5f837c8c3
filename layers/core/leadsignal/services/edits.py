"""Creates and changes leads on somebody's word: a statement in the log, and what follows from it.

A statement is folded like any event, so identity, merges, undo and every later recomputation know
of it. Its day and the leads are written in one transaction: a refused edit leaves nothing, and one
whose outcome got lost is done when it is asked for again.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from leadsignal.domain import activity as days
from leadsignal.domain.deals import UNKNOWN_CURRENCY
from leadsignal.domain.lead_input import Sayings, read_input, read_tags, said_over
from leadsignal.domain.likeness import similar_names, words_of
from leadsignal.domain.normalise.currencies import currency_code
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.scoring import OVERRIDE
from leadsignal.domain.secrets import is_opaque_id
from leadsignal.domain.slots import Identifier, identifier_of, identifiers_of, member_of, slot_id
from leadsignal.domain.statements import CREATED, MAX_SAID, OUTCOME, merge_said, values_under
from leadsignal.domain.wire import fingerprint
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    NotFoundError,
    TakenError,
)
from leadsignal.models.activity import ActivityDay
from leadsignal.models.edits import MAX_TAGS, LeadInput, OverrideInput
from leadsignal.models.events import Context, Event, Teller
from leadsignal.models.free_form import MAX_ENTRIES
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.outcomes import OutcomeInput
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.profiles import Change, Profile
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.ports import AlikeLeads, EditStore, NewId
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import block_of, reference_of, resolution_of
from leadsignal.services.commit import ask_to_enrich
from leadsignal.services.deletion import settled_snapshot
from leadsignal.services.desk import Desk
from leadsignal.services.duplicates import Likenesses
from leadsignal.services.parts import parts_of

ATTEMPTS = 6
_LIMITS = {"tags": MAX_TAGS, "traits": MAX_ENTRIES, "attributes": MAX_ENTRIES}


class EditDesk(NamedTuple):
    """Everything that creating and changing leads of one tenant needs."""

    desk: Desk
    edits: EditStore
    alike: AlikeLeads


class Author(NamedTuple):
    """Who says something of a lead, and with which key."""

    teller: Teller
    key_id: str | None = None


class Edited(NamedTuple):
    """A lead as it is after an edit, whether that created it, and another lead that may be the same
    person."""

    lead: Lead
    profile: Profile
    created: bool = False
    potential_duplicate_id: str | None = None


def create_lead(
    given: LeadInput, *, desk: EditDesk, author: Author, new_id: NewId, now: datetime
) -> Edited:
    """Create a lead, or change the one that it is a duplicate of.

    A lead that one of the identifiers leads to is changed, by the rules that hold for a trusted
    sender's event. Without one, so is a lead with the same phone number and a similar name. A lead
    with that phone number and another name, or with the same name and company, only comes back as
    ``potential_duplicate_id``.

    Raises:
        InvalidInputError: a field is not valid.
        ConflictError: others kept changing the lead.
        TooLargeError: the lead cannot hold all that.
    """
    edit = _Edit(_sayings(given, desk), desk, author, new_id("msg"), now, replace=False)
    record = Identifier("record_id", new_id("rec"))
    return _repeated(lambda: edit.create(record))


def update_lead(
    lead_id: str,
    given: LeadInput,
    *,
    precondition: Precondition = ANY_VERSION,
    desk: EditDesk,
    author: Author,
    new_id: NewId,
    now: datetime,
) -> Edited:
    """Change a lead as a JSON merge patch says; null withdraws what was said.

    Raises:
        NotFoundError: there is no such lead.
        PreconditionFailedError: it is in another version.
        InvalidInputError: a field is not valid.
        TakenError: an identifier is another lead's, or breaks a limit.
        ConflictError: others kept changing the lead.
        TooLargeError: the lead cannot hold all that.
    """
    edit = _Edit(_sayings(given, desk), desk, author, new_id("msg"), now, replace=True)
    return _repeated(lambda: edit.update(lead_id, precondition))


def tag_lead(
    lead_id: str,
    tags: Iterable[str],
    *,
    on: bool,
    precondition: Precondition = ANY_VERSION,
    desk: EditDesk,
    author: Author,
    new_id: NewId,
    now: datetime,
) -> Edited:
    """Put tags on a lead, or (not ``on``) take them away; the others stay.

    Raises:
        as ``update_lead``.
    """
    fields = {f"tags.{tag}": True if on else None for tag in read_tags(tags)}
    edit = _Edit(_only(fields), desk, author, new_id("msg"), now, replace=True)
    return _repeated(lambda: edit.update(lead_id, precondition))


def override_score(
    lead_id: str,
    given: OverrideInput | None,
    *,
    precondition: Precondition = ANY_VERSION,
    desk: EditDesk,
    author: Author,
    new_id: NewId,
    now: datetime,
) -> Edited:
    """Set the score of a lead by hand, or (None) take that back.

    Raises:
        InvalidInputError: it would have ended already.
        others: as ``update_lead``.
    """
    if given is not None and given.until is not None and given.until <= to_instant(now):
        raise InvalidInputError((FieldProblem("/until", "invalid_time", "must be in the future"),))
    fields = {OVERRIDE: given.model_dump() if given else None}
    edit = _Edit(_only(fields), desk, author, new_id("msg"), now, replace=True)
    return _repeated(lambda: edit.update(lead_id, precondition))


def state_outcome(
    lead_id: str,
    given: OutcomeInput | None,
    *,
    precondition: Precondition = ANY_VERSION,
    desk: EditDesk,
    author: Author,
    new_id: NewId,
    now: datetime,
) -> Edited:
    """Say what became of a lead, or (None) take that back; the last word stands.

    Raises:
        InvalidInputError: it is of the future, or in an unknown currency.
        others: as ``update_lead``.
    """
    fields = {OUTCOME: _outcome(given, to_instant(now)) if given else None}
    edit = _Edit(_only(fields), desk, author, new_id("msg"), now, replace=True)
    return _repeated(lambda: edit.update(lead_id, precondition))


def _outcome(given: OutcomeInput, now: Instant) -> dict[str, Any]:
    """Return what is said of an outcome, its currency by its code."""
    said = given.model_dump(exclude_none=True)
    problems: list[FieldProblem] = []
    if given.at > now:
        problems.append(FieldProblem("/at", "invalid_time", "must not be in the future"))
    if given.currency is not None:
        said["currency"] = currency_code(given.currency)
        if said["currency"] is None:
            problems.append(UNKNOWN_CURRENCY)
    if problems:
        raise InvalidInputError(tuple(problems))
    return said


def _only(fields: dict[str, Any]) -> Sayings:
    """Return what says these fields of a lead, and nothing else."""
    return Sayings(fields, {}, (), no_company=False, identifiers={}, consent={})


def _sayings(given: LeadInput, desk: EditDesk) -> Sayings:
    tenant = desk.desk.tenant
    return read_input(
        given,
        statuses=tenant.statuses,
        country=tenant.default_country,
        mail=desk.desk.mail,
        attributes=desk.desk.book.attributes,
    )


def _repeated(attempt: Callable[[], Edited]) -> Edited:
    for _ in range(ATTEMPTS):
        try:
            return attempt()
        except ConflictError:
            continue
    raise ConflictError("others kept changing the lead")


class _Read(NamedTuple):
    """What was read for a statement: all around it, its day, and the lead that it is about, if
    there is one."""

    snapshot: Snapshot
    before: ActivityDay
    lead: Lead | None


class _Result(NamedTuple):
    """What a statement comes to, before it is written; ``was`` is the lead that it is about, if
    there was one."""

    before: ActivityDay
    stored: ActivityDay
    cluster: Cluster
    change: Change
    event: Event
    was: Lead | None
    lead: Lead
    profile: Profile


class _Edit:
    """One caller's word about one lead; with ``replace`` tags take the place of those there."""

    def __init__(
        self,
        sayings: Sayings,
        desk: EditDesk,
        author: Author,
        message_id: str,
        now: datetime,
        *,
        replace: bool,
    ) -> None:
        self._sayings = sayings
        self._desk = desk.desk
        self._edits = desk.edits
        self._likenesses = Likenesses(desk.desk.tenant, desk.alike, desk.desk.snapshots)
        self._author = author
        self._message_id = message_id
        self._now = now
        self._replace = replace
        self._key = self._desk.identity_key

    def create(self, record: Identifier) -> Edited:
        """Create a lead or change its duplicate; ``record`` names it if nothing else does."""
        names = tuple(self._sayings.identifiers) or (record,)
        read = self._read(names)
        if read.lead is not None and not self._says_anything(read.lead, names):
            return self._edited(read.lead, self._profile(read.lead))
        outcome = self._folded(names, read)
        potential = None
        if read.lead is None:
            twin, potential = self._alike(outcome)
            joined = self._joined(twin) if twin is not None else None
            if joined is None and twin is not None:
                potential = twin.lead_id
            outcome = joined or outcome
        edited = self._written(outcome)
        return edited._replace(potential_duplicate_id=potential) if edited.created else edited

    def update(self, lead_id: str, precondition: Precondition) -> Edited:
        """Change the lead of that id, or the one that took it in."""
        if not is_opaque_id("lead", lead_id):
            raise NotFoundError("lead")
        found = self._standing([lead_id])
        slot = found.slots.get(lead_id)
        lead = _lead_at(lead_id, found)
        if lead is None or (isinstance(slot, Pointer) and slot.was is None):
            raise NotFoundError("lead")
        precondition.check(lead.version)
        if not self._says_anything(lead, self._sayings.identifiers):
            return self._edited(lead, self._profile(lead))
        names = self._names_of(lead)
        read = self._read(names, lead)
        self._check_taken(read.snapshot, lead)
        outcome = self._folded(names, read)
        if problems := self._refused(outcome, lead):
            raise TakenError(problems, existing_id=None)
        return self._written(outcome)

    def _standing(self, slots: Sequence[str], places: Sequence[DayKey] = ()) -> Snapshot:
        return settled_snapshot(slots, places, desk=self._desk, now=self._now, consistent=True)

    def _says_anything(self, lead: Lead, names: Iterable[Identifier]) -> bool:
        """Return whether the statement says of a lead what is not so already."""
        profile = self._profile(lead)
        known = {sighting for member in lead.members.values() for sighting in member.sightings}
        return bool(
            said_over(self._sayings, profile, replace=self._replace)
            or {name.key for name in names} - known
            or any(profile.consent.get(p) != a for p, a in self._sayings.consent.items())
        )

    def _edited(self, lead: Lead, profile: Profile) -> Edited:
        by = profile.created_by
        return Edited(lead, profile, by is not None and by.by.message_id == self._message_id)

    def _profile(self, lead: Lead) -> Profile:
        tenant = self._desk.tenant
        return profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)

    def _names_of(self, lead: Lead) -> tuple[Identifier, ...]:
        """Return what names a lead in a statement: the identifier that it is known by, and those
        that are said of it."""
        return tuple(dict.fromkeys((_known_by(lead), *self._sayings.identifiers)))

    def _event(self, names: Iterable[Identifier], lead: Lead | None) -> Event:
        """Return the statement about a lead that is named so.

        It comes after all that was said of the lead before, whatever the clocks say.
        """
        profile = self._profile(lead) if lead else None
        said = said_over(self._sayings, profile, replace=self._replace)
        if lead is None:
            said[CREATED] = True
        at = to_instant(self._now)
        if profile is not None and profile.updated_by is not None:
            at = max(at, profile.updated_by.by.at + 1)
        fields: dict[str, str] = {}
        keys = [name.key for name in names]
        for name in names:
            fields.setdefault(name.kind, name.value)
        consent = dict(self._sayings.consent)
        return Event.model_validate(
            {
                **fields,
                "message_id": self._message_id,
                "type": "record",
                "event": "lead_recorded",
                "at": at,
                "received_at": to_instant(self._now),
                "fingerprint": fingerprint({"said": said, "names": keys, "consent": consent}),
                "also": [n.key for n in names if fields[n.kind] != n.value],
                "context": Context(consent=consent),
                "trusted": True,
                "key_id": self._author.key_id,
                "said": said,
                "teller": self._author.teller,
            }
        )

    def _read(self, names: Iterable[Identifier], lead: Lead | None = None) -> _Read:
        """Return what a statement with these identifiers is folded into.

        Raises:
            ConflictError: ``lead`` changed since it was read.
        """
        blank = self._event(names, None)
        place = (slot_id(self._key, member_of(blank)), days.day_of(blank))
        slots = [slot_id(self._key, name) for name in identifiers_of(blank)]
        about = [lead.lead_id] if lead else []
        snapshot = self._standing([*slots, *about], [place])
        before = snapshot.days.get(place) or ActivityDay(member=place[0], day=place[1])
        if lead is None:
            held = (_lead_at(slot, snapshot) for slot in slots)
            return _Read(snapshot, before, next((there for there in held if there), None))
        if snapshot.slots.get(lead.lead_id) != lead:
            raise ConflictError("the lead changed since it was read")
        return _Read(snapshot, before, lead)

    def _folded(self, names: Iterable[Identifier], read: _Read) -> _Result:
        """Return what the statement comes to; one that is stored already is not said again."""
        event = read.before.find(self._message_id)
        stored = read.before
        if event is None:
            event = self._event(names, read.lead)
            stored = self._edits.prepare(stored, days.add_events(stored, [event]).day)
        [part] = parts_of([event], read.snapshot, self._key)
        looked_up = {slot_id(self._key, name) for name in identifiers_of(event)}
        cluster = Cluster(
            part.leads,
            self._desk,
            pointers=part.pointers,
            looked_up=looked_up,
            tombstones=part.tombstones,
        )
        cluster.apply([event], days={(stored.member, stored.day): stored}, severed=part.severed)
        change = cluster.settled(self._now)
        [lead] = cluster.touched(change)
        settled = next((s for s in change.settled if s.lead.lead_id == lead.lead_id), None)
        profile = settled.profile if settled else self._profile(lead)
        return _Result(read.before, stored, cluster, change, event, read.lead, lead, profile)

    def _alike(self, outcome: _Result) -> tuple[Lead | None, str | None]:
        """Return the lead that is a new one's twin, and the id of another that may be the same
        person; of several the oldest."""
        mine = words_of(outcome.profile.first_name, outcome.profile.last_name)
        with_phone = self._likenesses.with_phone(outcome.profile, consistent=True)
        for lead, profile in with_phone:
            if similar_names(mine, words_of(profile.first_name, profile.last_name)):
                return lead, None
        namesakes = self._likenesses.with_close_name(outcome.profile, consistent=True)
        return None, next((lead.lead_id for lead, _ in (*with_phone, *namesakes)), None)

    def _joined(self, twin: Lead) -> _Result | None:
        """Return what the statement comes to when it is about the twin; None when that cannot have
        the identifiers."""
        names = self._names_of(twin)
        outcome = self._folded(names, self._read(names, twin))
        return None if self._refused(outcome, twin) else outcome

    def _check_taken(self, snapshot: Snapshot, lead: Lead) -> None:
        """Refuse identifiers of a person that another lead has.

        Raises:
            TakenError: names them, and that lead.
        """
        leads = {slot: held for slot, held in snapshot.slots.items() if isinstance(held, Lead)}
        resolution = resolution_of(leads, key=self._key)
        own = block_of(lead, resolution)
        for name, pointer in self._sayings.identifiers.items():
            block = resolution.block_of.get(slot_id(self._key, name))
            if not name.strong or block in (None, own):
                continue
            others = (o.lead_id for o in leads.values() if block_of(o, resolution) == block)
            problem = FieldProblem(pointer, "taken", "another lead has it; merge the two instead")
            raise TakenError((problem,), existing_id=next(others, None))

    def _refused(self, outcome: _Result, lead: Lead) -> tuple[FieldProblem, ...]:
        """Return which identifiers did not become the lead's own."""
        after = outcome.cluster.after
        block = after.place(outcome.event)
        given = self._sayings.identifiers
        detail = "cannot be this lead's: it is another's, or one too many of its kind"
        return tuple(
            FieldProblem(pointer, "not_linked", detail)
            for name, pointer in given.items()
            if outcome.lead.lead_id != lead.lead_id
            or not after.own(block, slot_id(self._key, name))
        )

    def _written(self, outcome: _Result) -> Edited:
        """Write what the statement comes to, all or nothing, and return the lead."""
        _check_bounds(outcome)
        self._check_required(outcome)
        for candidate in outcome.cluster.candidates():
            self._desk.candidates.keep(candidate)
        self._edits.write(outcome.before, outcome.stored, outcome.change)
        tenant, queue = self._desk.tenant, self._desk.enrich_queue
        ask_to_enrich(outcome.lead, tenant=tenant, queue=queue)
        return self._edited(outcome.lead, outcome.profile)

    def _check_required(self, outcome: _Result) -> None:
        """Refuse to create a lead without what is required, and to take that away.

        Raises:
            InvalidInputError: names each attribute.
        """
        missing = self._desk.book.attributes.missing(outcome.profile.attributes)
        if outcome.was is not None:
            had = self._profile(outcome.was).attributes
            missing = [name for name in missing if name in had]
        if missing:
            detail = "is required and has no default"
            raise InvalidInputError(
                tuple(FieldProblem(f"/attributes/{name}", "missing", detail) for name in missing)
            )


def _lead_at(lead_id: str, snapshot: Snapshot) -> Lead | None:
    """Return the lead that a slot holds or leads to, or None."""
    held = snapshot.slots.get(lead_id)
    while isinstance(held, Pointer):
        held = snapshot.slots.get(held.into)
    return held if isinstance(held, Lead) else None


def _known_by(lead: Lead) -> Identifier:
    """Return an identifier by which an event of now is the lead's.

    Raises:
        ConflictError: it is just being changed and has none.
    """
    if lead.nobody:
        member = lead.members[min(lead.members)]
        return Identifier(member.kind, member.value)
    reference = reference_of(lead)
    if reference is None:
        raise ConflictError("the lead is being changed")
    return identifier_of(reference)


def _check_bounds(outcome: _Result) -> None:
    """Refuse to say more of a lead than it may hold.

    Raises:
        InvalidInputError: too many tags, traits or attributes, or too many fields altogether.
    """
    said = merge_said(outcome.lead.members.values())
    problems = [
        FieldProblem(f"/{name}", "too_many", f"a lead has at most {most}")
        for name, most in _LIMITS.items()
        if len(values_under(name, said)) > most
    ]
    if any(len(member.said) >= MAX_SAID for member in outcome.lead.members.values()):
        detail = f"at most {MAX_SAID} fields of a lead can be said, withdrawn ones included"
        problems.append(FieldProblem("", "too_many", detail))
    if problems:
        raise InvalidInputError(tuple(problems))
