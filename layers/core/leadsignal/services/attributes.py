"""A tenant's definitions of attributes: made, changed and deleted, and the jobs that bring leads in
line with them."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from leadsignal.domain.attribute_input import changed, defined
from leadsignal.domain.attribute_uses import uses_in_rules, uses_in_segments
from leadsignal.domain.playbook import Playbook
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InUse,
    InUseError,
    InvalidInputError,
    NotFoundError,
)
from leadsignal.models.attributes import (
    MAX_ATTRIBUTES,
    MAX_QUERYABLE,
    Attribute,
    AttributeMark,
    AttributePatch,
    AttributeRequest,
    AttributeSet,
    AttributeView,
)
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import Job
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import Precondition
from leadsignal.models.tenants import Tenant
from leadsignal.ports import NewId
from leadsignal.services.jobs import ask_for_job
from leadsignal.services.listing import Listing
from leadsignal.services.rulesets import Press

ATTEMPTS = 5

_ID = re.compile(r"attr_[A-Za-z0-9]{1,64}", re.ASCII)

type Attributes = tuple[Attribute, ...]


class AttributeStore(Protocol):
    """Every set of definitions that one tenant ever had, by its mark."""

    def get(self, mark_id: str) -> AttributeSet | None: ...
    def keep(self, mark_id: str, attributes: AttributeSet) -> None: ...
    def record(self, mark: AttributeMark) -> None: ...
    def defined_at(self, at: Instant) -> AttributeMark | None: ...


class Registrar(NamedTuple):
    """Everything that defining one tenant's attributes needs; ``books`` returns what a tenant's
    leads are measured by."""

    attributes: AttributeStore
    press: Press
    books: Callable[[Tenant], Playbook]


def create_attribute(
    request: AttributeRequest, *, registrar: Registrar, new_id: NewId, now: datetime
) -> Attribute:
    """Define an attribute and return it. Where leads there are may be seen otherwise by it, a job
    brings them in line.

    Raises:
        InvalidInputError: the definition is not valid, or there are too many.
        ConflictError: there is one of that name.
    """
    attribute_id, index, job_id = new_id("attr"), new_id("ax"), new_id("job")
    made = defined(
        request,
        attribute_id=attribute_id,
        index=index if request.queryable else None,
        at=to_instant(now),
    )
    counted = _counts(made.name, registrar)
    if counted or made.index is not None:
        made = made.model_copy(update={"job_id": job_id})

    def with_it(known: Attributes) -> Attributes:
        if any(each.id == attribute_id for each in known):
            return known  # by an earlier run of the same request
        if any(each.name == made.name for each in known):
            raise ConflictError("there is an attribute of that name")
        return _checked((*known, made))

    job = None if made.job_id is None else _job(made, job_id, counted, now)
    known = _changed(with_it, registrar, now, lambda known: job)
    return next(each for each in known if each.id == attribute_id)


def _checked(known: Attributes) -> Attributes:
    """Refuse more definitions than there may be.

    Raises:
        InvalidInputError: there are too many, or too many by which leads are found.
    """
    if len(known) > MAX_ATTRIBUTES:
        detail = f"there are {MAX_ATTRIBUTES} already; delete one first"
        raise InvalidInputError((FieldProblem("", "too_many", detail),))
    if sum(each.index is not None for each in known) > MAX_QUERYABLE:
        detail = f"there are {MAX_QUERYABLE} queryable ones already"
        raise InvalidInputError((FieldProblem("/queryable", "too_many", detail),))
    return known


def find_attribute(attribute_id: str, *, registrar: Registrar) -> Attribute:
    """Return the tenant's attribute of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    known = _known(registrar.press.settings.get(), registrar)
    return _named(attribute_id, known)


def _named(attribute_id: str, known: Attributes) -> Attribute:
    found = [each for each in known if each.id == attribute_id]
    if not found or not _ID.fullmatch(attribute_id):
        raise NotFoundError("attribute")
    return found[0]


def list_attributes(listing: Listing, *, registrar: Registrar) -> Page[Attribute]:
    """Return one page of the tenant's attributes, oldest first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("attributes")
    known = sorted(_known(registrar.press.settings.get(), registrar), key=_place)
    rest = [each for each in known if position is None or _place(each) > position]
    return listing.page("attributes", rest, _place)


def _place(attribute: Attribute) -> str:
    return f"{attribute.created_at:014d}/{attribute.id}"


def change_attribute(
    attribute_id: str,
    patch: AttributePatch,
    *,
    demand: Precondition,
    registrar: Registrar,
    new_id: NewId,
    now: datetime,
) -> Attribute:
    """Apply a merge patch to a definition, and return it. A job follows where leads have to be
    brought in line.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InvalidInputError: what would come of it is not valid, or allows less than before.
        ConflictError: others kept changing the definitions.
    """
    index, job_id = new_id("ax"), new_id("job")
    before = find_attribute(attribute_id, registrar=registrar)
    counted = "default" in patch.model_fields_set and _counts(before.name, registrar)

    def with_change(known: Attributes) -> Attributes:
        found = _named(attribute_id, known)
        demand.check(found.version)
        wanted = _wanted_index(found, patch, index)
        after = changed(found, patch, index=wanted)
        if after == found:
            return known
        update: dict[str, object] = {"version": found.version + 1, "updated_at": to_instant(now)}
        if wanted != found.index:
            update |= {"indexed": False, "job_id": job_id}
        if counted and after.default != found.default:
            update["job_id"] = job_id
        after = after.model_copy(update=update)
        return _checked(tuple(after if each.id == attribute_id else each for each in known))

    job = _job(before, job_id, counted, now)

    def job_for(known: Attributes) -> Job | None:
        return job if _named(attribute_id, known).job_id == job_id else None

    return _named(attribute_id, _changed(with_change, registrar, now, job_for))


def _wanted_index(found: Attribute, patch: AttributePatch, index: str) -> str | None:
    """Return the id of the index that an attribute has under a patch."""
    if "queryable" not in patch.model_fields_set:
        return found.index
    return (found.index or index) if patch.queryable else None


def remove_attribute(
    attribute_id: str, *, demand: Precondition, registrar: Registrar, new_id: NewId, now: datetime
) -> None:
    """Delete a definition. What leads have of it stays theirs, as an attribute that is not defined;
    a job takes their entries away.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InUseError: rules or segments name it.
        ConflictError: others kept changing the definitions.
    """
    job_id = new_id("job")
    before = find_attribute(attribute_id, registrar=registrar)

    def without_it(known: Attributes) -> Attributes:
        demand.check(_named(attribute_id, known).version)
        if uses := _uses(before.name, registrar):
            raise InUseError(tuple(uses))
        return tuple(each for each in known if each.id != attribute_id)

    job = None if before.index is None else _job(before, job_id, False, now)
    _changed(without_it, registrar, now, lambda known: job)


def mark_indexed(attribute_id: str, job_id: str, *, registrar: Registrar, now: datetime) -> None:
    """Note that every lead is in line with a definition, if no other job has to see to that.

    Raises:
        ConflictError: others kept changing the definitions.
    """

    def with_index(known: Attributes) -> Attributes:
        return tuple(
            each.model_copy(update={"indexed": True, "version": each.version + 1})
            if (each.id, each.job_id, each.indexed) == (attribute_id, job_id, False)
            and each.index is not None
            else each
            for each in known
        )

    _changed(with_index, registrar, now)


def _known(tenant: Tenant, registrar: Registrar) -> Attributes:
    """Return what a tenant has defined.

    Raises:
        NotFoundError: what it has defined is gone.
    """
    if tenant.attributes is None:
        return ()
    found = registrar.attributes.get(tenant.attributes.id)
    if found is None:
        raise NotFoundError("attribute")
    return found.attributes


def _changed(
    change: Callable[[Attributes], Attributes],
    registrar: Registrar,
    now: datetime,
    job_for: Callable[[Attributes], Job | None] = lambda known: None,
) -> Attributes:
    """Change all definitions at once, with the job that follows from it, and return what they are
    then: two changes never lose one another, for the tenant names the one set that holds."""
    for _ in range(ATTEMPTS):
        tenant = registrar.press.settings.get()
        known = _known(tenant, registrar)
        wanted = change(known)
        if tenant.attributes is not None:
            registrar.attributes.record(tenant.attributes)
        if wanted == known:
            return known
        found = AttributeSet(attributes=wanted)
        at = to_instant(now)
        if tenant.attributes is not None:
            at = max(at, tenant.attributes.at + 1)
        mark = AttributeMark(id=_mark_of(found), at=at)
        registrar.attributes.keep(mark.id, found)
        job, press = job_for(wanted), registrar.press
        if job is not None:
            ask_for_job(job, tenant_id=tenant.tenant_id, jobs=press.jobs, queue=press.queue)
        try:
            registrar.press.settings.save(tenant.model_copy(update={"attributes": mark}))
        except ConflictError:
            continue
        registrar.attributes.record(mark)
        return wanted
    raise ConflictError("others kept changing the attributes")


def _mark_of(attributes: AttributeSet) -> str:
    text = attributes.model_dump_json(exclude_defaults=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _uses(name: str, registrar: Registrar) -> Sequence[InUse]:
    """Return what names an attribute: rule sets as they are now and as they were published, and
    segments."""
    book = registrar.books(registrar.press.settings.get())
    rulesets = [*registrar.press.rulesets.all(), book.rules.ruleset]
    return [*uses_in_rules(rulesets, name), *uses_in_segments(book.segments.ordered, name)]


def _counts(name: str, registrar: Registrar) -> bool:
    """Return whether the leads there are may be measured by an attribute."""
    book = registrar.books(registrar.press.settings.get())
    found = uses_in_rules([book.rules.ruleset], name)
    return bool(found or uses_in_segments(book.segments.ordered, name))


def _job(attribute: Attribute, job_id: str, counted: bool, now: datetime) -> Job:
    """Return the job of a definition; ``counted``: rules name it, so that every lead is scored
    anew."""
    subject = {"attribute_id": attribute.id} | ({"scores": "all"} if counted else {})
    at = to_instant(now)
    return Job(id=job_id, kind="attribute_fill", subject=subject, created_at=at, updated_at=at)


def attribute_view(attribute: Attribute) -> AttributeView:
    """Return a definition as its owner reads it."""
    shown = attribute.model_dump(exclude={"index", "version"})
    return AttributeView(**shown, queryable=attribute.index is not None)
