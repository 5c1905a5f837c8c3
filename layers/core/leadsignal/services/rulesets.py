"""A tenant's rule sets: drafts that are tried on its leads, and published."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple, Protocol

from leadsignal.domain import leadboxer
from leadsignal.domain.rule_input import groups_of, rules_of
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.jobs import Job
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.rules import ConditionRule, Publication, Rule, RuleSet
from leadsignal.models.rulesets import (
    MAX_RULES,
    RuleSetForm,
    RuleSetPatch,
    RuleSetRequest,
    RuleSetView,
    RuleView,
)
from leadsignal.ports import JobStore, NewId, Queue, SettingsStore
from leadsignal.services.jobs import ask_for_job
from leadsignal.services.listing import Listing

MAX_RULESETS = 50
ATTEMPTS = 5

_ID = re.compile(r"rs_[A-Za-z0-9]{1,64}", re.ASCII)


class RuleSetStore(Protocol):
    """The rule sets of one tenant, and every version that was published."""

    def all(self) -> Sequence[RuleSet]: ...
    def get(self, ruleset_id: str) -> RuleSet | None: ...
    def version(self, ruleset_id: str, version: int) -> RuleSet | None: ...
    def save(self, ruleset: RuleSet) -> RuleSet: ...
    def keep(self, ruleset: RuleSet) -> None: ...
    def delete(self, ruleset_id: str, *, version: int | None = None) -> None: ...
    def record(self, publication: Publication) -> None: ...
    def published_at(self, at: Instant) -> Publication | None: ...


class Press(NamedTuple):
    """Everything that publishing one tenant's rules needs."""

    rulesets: RuleSetStore
    settings: SettingsStore
    jobs: JobStore
    queue: Queue


def create_ruleset(
    request: RuleSetRequest, *, rulesets: RuleSetStore, new_id: NewId, now: datetime
) -> RuleSet:
    """Store a draft and return it.

    Raises:
        InvalidInputError: a rule is not valid, or there are too many sets.
        TooLargeError: it does not fit into storage.
    """
    given = request.rules
    if request.import_ is not None:
        given += leadboxer.rules_in(request.import_)
    if len(given) > MAX_RULES:
        detail = f"a rule set has at most {MAX_RULES} rules"
        raise InvalidInputError((FieldProblem("/rules", "too_many", detail),))
    at = to_instant(now)
    draft = RuleSet(
        id=new_id("rs"),
        name=request.name,
        version=0,
        status="draft",
        rules=rules_of(given),
        groups=groups_of(request.groups),
        created_at=at,
        updated_at=at,
    )
    held = {each.id for each in rulesets.all()}
    if len(held) >= MAX_RULESETS and draft.id not in held:
        detail = f"there are {MAX_RULESETS} already; delete one first"
        raise InvalidInputError((FieldProblem("", "too_many", detail),))
    try:
        return rulesets.save(draft)
    except ConflictError:
        there = rulesets.get(draft.id)  # by an earlier run of the same request
        if there is None:
            raise
        return there


def find_ruleset(ruleset_id: str, *, rulesets: RuleSetStore) -> RuleSet:
    """Return the tenant's rule set of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = rulesets.get(ruleset_id) if _ID.fullmatch(ruleset_id) else None
    if found is None:
        raise NotFoundError("rule set")
    return found


def list_rulesets(listing: Listing, *, rulesets: RuleSetStore) -> Page[RuleSet]:
    """Return one page of the tenant's rule sets, oldest first.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position("rulesets")
    rest = [each for each in rulesets.all() if position is None or _place(each) > position]
    return listing.page("rulesets", rest, _place)


def _place(ruleset: RuleSet) -> str:
    return f"{ruleset.created_at:014d}/{ruleset.id}"


def change_ruleset(
    ruleset_id: str,
    patch: RuleSetPatch,
    *,
    demand: Precondition,
    rulesets: RuleSetStore,
    now: datetime,
) -> RuleSet:
    """Apply a merge patch to a rule set, which makes a draft of it; the version that leads are
    scored by stays as it was published.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InvalidInputError: what would come of it is not valid.
        ConflictError: others kept changing it meanwhile.
    """

    def changed(ruleset: RuleSet) -> RuleSet:
        said = patch.model_fields_set
        update: dict[str, object] = {}
        if "name" in said:
            update["name"] = RuleSetForm(name=patch.name).name
        if "rules" in said:
            update["rules"] = rules_of(patch.rules or ())
        if "groups" in said:
            given = patch.groups or {}
            added = groups_of({name: each for name, each in given.items() if each is not None})
            kept = ruleset.groups if patch.groups is not None else {}
            kept = {name: group for name, group in kept.items() if name not in given}
            update["groups"] = kept | added
        after = ruleset.model_copy(update=update)
        if after == ruleset:
            return ruleset
        return after.model_copy(update={"status": "draft", "updated_at": to_instant(now)})

    return _changed(ruleset_id, changed, demand, rulesets)


def _changed(
    ruleset_id: str,
    change: Callable[[RuleSet], RuleSet],
    demand: Precondition,
    rulesets: RuleSetStore,
) -> RuleSet:
    for _ in range(ATTEMPTS):
        found = find_ruleset(ruleset_id, rulesets=rulesets)
        demand.check(found.version)
        wanted = change(found)
        if wanted == found:
            return found
        with suppress(ConflictError):
            return rulesets.save(wanted)
    raise ConflictError("the rule set kept changing meanwhile")


def remove_ruleset(
    ruleset_id: str, *, demand: Precondition = ANY_VERSION, rulesets: RuleSetStore
) -> None:
    """Delete a rule set; what it was when it was published is kept, for scores of long ago.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        ConflictError: leads are scored by it, or others kept changing it meanwhile.
    """
    for _ in range(ATTEMPTS):
        found = find_ruleset(ruleset_id, rulesets=rulesets)
        demand.check(found.version)
        if found.published_version is not None:
            raise ConflictError("leads are scored by it; publish another rule set first")
        with suppress(ConflictError):
            rulesets.delete(found.id, version=found.version)
            return
    raise ConflictError("the rule set kept changing meanwhile")


def publish_ruleset(
    ruleset_id: str, *, demand: Precondition, press: Press, new_id: NewId, now: datetime
) -> Job:
    """Publish a rule set: every lead that is written from now on is scored by it, and a job scores
    all others, beginning ``SETTLING_SECONDS`` later. Return the job.

    Doing it again after it broke off publishes the set once more, which is the same rules.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        ConflictError: somebody else changed or published a set meanwhile.
    """
    found = find_ruleset(ruleset_id, rulesets=press.rulesets)
    demand.check(found.version)
    at = to_instant(now)
    version = found.version + 1
    published = found.model_copy(
        update={
            "version": version,
            "status": "published",
            "published_at": at,
            "updated_at": at,
            "published_version": version,
        }
    )
    publication = Publication(id=published.id, version=version, at=at)
    press.rulesets.keep(published)
    tenant = press.settings.get()
    job = Job(
        id=new_id("job"),
        kind="rescore",
        subject={"ruleset_id": published.id, "version": str(version)},
        created_at=at,
        updated_at=at,
    )
    ask_for_job(job, tenant_id=tenant.tenant_id, jobs=press.jobs, queue=press.queue)
    press.settings.save(tenant.model_copy(update={"published": publication, "updated_at": at}))
    press.rulesets.record(publication)
    press.rulesets.save(published.model_copy(update={"version": found.version}))
    for other in press.rulesets.all():
        if other.published_version is not None and other.id != published.id:
            _archive(other.id, press.rulesets, at)
    return job


def _archive(ruleset_id: str, rulesets: RuleSetStore, at: Instant) -> None:
    def archived(ruleset: RuleSet) -> RuleSet:
        status = "archived" if ruleset.status == "published" else ruleset.status
        update = {"status": status, "published_version": None, "updated_at": at}
        return ruleset.model_copy(update=update)

    with suppress(NotFoundError):
        _changed(ruleset_id, archived, ANY_VERSION, rulesets)


def ruleset_view(ruleset: RuleSet) -> RuleSetView:
    """Return a rule set as its owner reads it."""
    return RuleSetView(
        id=ruleset.id,
        name=ruleset.name,
        version=ruleset.version,
        status=ruleset.status,
        rules=tuple(map(rule_view, ruleset.rules)),
        groups=ruleset.groups,
        published_version=ruleset.published_version,
        published_at=ruleset.published_at,
        created_at=ruleset.created_at,
        updated_at=ruleset.updated_at,
    )


def rule_view(rule: Rule) -> RuleView:
    """Return a rule as its owner reads it."""
    said = rule.model_dump(by_alias=True, exclude_none=True)
    if isinstance(rule, ConditionRule):
        del said["kind"]
    return RuleView.model_validate(said)
