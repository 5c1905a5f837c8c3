"""Carries out many operations on leads: side by side what is independent, the rest in turn."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from leadsignal.domain.email import normalise_email
from leadsignal.errors import (
    FieldProblem,
    InvalidInputError,
    LeadSignalError,
    TakenError,
    TooLargeError,
    TransientError,
)
from leadsignal.models.batches import MAX_OPERATIONS, BatchRequest, Operation
from leadsignal.models.edits import LeadInput
from leadsignal.models.preconditions import ANY_VERSION
from leadsignal.models.validation import read
from leadsignal.ports import AlikeLeads, NewId
from leadsignal.services.deadlines import Deadline
from leadsignal.services.deletion import delete_lead
from leadsignal.services.edits import Author, EditDesk, Edited, create_lead, update_lead

MAX_RECENT = 20  # leads of one group that a later operation is compared with
_PHONE_DIGITS = 7  # what two spellings of one number surely share

type Done = Literal["created", "updated", "deleted", "failed"]


class Outcome(NamedTuple):
    """What became of one operation: ``error`` says why it failed.

    ``duplicate``: what should have been new was there before.
    """

    done: Done
    lead_id: str | None = None
    duplicate: bool = False
    potential_duplicate_id: str | None = None
    error: LeadSignalError | None = None


class _Task(NamedTuple):
    """An operation that was understood, its number, and the ids that it may need."""

    number: int
    operation: Operation
    ids: Mapping[str, str]


class _Recent(NamedTuple):
    """Finds leads that are alike, those of operations just done among them: an index may not have
    these yet."""

    known: AlikeLeads
    done: list[str]

    def with_phone(self, hashed: str) -> Sequence[str]:
        return [*self.known.with_phone(hashed), *self.done[-MAX_RECENT:]]

    def with_name(self, hashed: str) -> Sequence[str]:
        return [*self.known.with_name(hashed), *self.done[-MAX_RECENT:]]


def run_batch(
    request: BatchRequest,
    *,
    desk: EditDesk,
    author: Author,
    new_id: NewId,
    deadline: Deadline,
    now: datetime,
) -> list[Outcome]:
    """Carry out operations and return what became of each, in their order.

    Operations that may concern the same lead (same id, identifier or phone number) are done one
    after another. What is not begun by the deadline fails as transient. Doing a batch again is
    safe: what is done already changes nothing.

    Raises:
        TooLargeError: there are more than ``MAX_OPERATIONS``.
    """
    if len(request.operations) > MAX_OPERATIONS:
        raise TooLargeError("too-many-items", f"at most {MAX_OPERATIONS} operations at once")
    outcomes: dict[int, Outcome] = {}
    tasks: list[_Task] = []
    for number, given in enumerate(request.operations):
        ids = {prefix: new_id(prefix) for prefix in ("msg", "rec")}
        try:
            tasks.append(_Task(number, _read(given), ids))
        except InvalidInputError as error:
            outcomes[number] = Outcome("failed", error=_placed(error, number))

    def work(group: Sequence[_Task]) -> dict[int, Outcome]:
        recent = _Recent(desk.alike, [])
        own = desk._replace(alike=recent)
        found: dict[int, Outcome] = {}
        for task in group:
            outcome = _attempt(task, desk=own, author=author, deadline=deadline, now=now)
            recent.done.extend([outcome.lead_id] if outcome.lead_id else [])
            found[task.number] = outcome
        return found

    for found in desk.desk.each(work, _groups(tasks)):
        outcomes |= found
    return [outcomes[number] for number in range(len(request.operations))]


def _read(given: object) -> Operation:
    """Return an operation that has what it needs and nothing else.

    Raises:
        InvalidInputError: with pointers into the operation.
    """
    operation = read(Operation, given)
    needs_id = operation.op in ("update", "delete")
    problems = []
    if needs_id and operation.id is None:
        problems.append(FieldProblem("/id", "missing", "says which lead it is"))
    if operation.op == "create" and operation.id is not None:
        problems.append(FieldProblem("/id", "not_allowed", "a new lead is given its id"))
    if operation.op == "delete" and operation.lead is not None:
        problems.append(FieldProblem("/lead", "not_allowed", "nothing is said of a deleted lead"))
    if operation.op != "delete" and operation.lead is None:
        problems.append(FieldProblem("/lead", "missing", "says what is said of the lead"))
    if problems:
        raise InvalidInputError(tuple(problems))
    return operation


def _placed(error: LeadSignalError, number: int, place: str = "") -> LeadSignalError:
    """Return an error with its pointers into the whole body."""
    if isinstance(error, InvalidInputError | TakenError):
        problems = tuple(
            problem._replace(where=f"/operations/{number}{place}{problem.where}")
            for problem in error.problems
        )
        if isinstance(error, TakenError):
            return TakenError(problems, existing_id=error.existing_id)
        return InvalidInputError(problems)
    return error


def _attempt(
    task: _Task, *, desk: EditDesk, author: Author, deadline: Deadline, now: datetime
) -> Outcome:
    if deadline.passed:
        error = TransientError("there was no time for this operation; send it again")
        return Outcome("failed", error=error)
    operation = task.operation
    try:
        if operation.op == "delete" and operation.id is not None:
            delete_lead(operation.id, precondition=ANY_VERSION, desk=desk.desk, now=now)
            return Outcome("deleted", operation.id)
        edited = _edit(operation, task.ids.__getitem__, desk=desk, author=author, now=now)
    except LeadSignalError as error:
        return Outcome("failed", error=_placed(error, task.number, "/lead"))
    done: Done = "created" if edited.created else "updated"
    duplicate = operation.id is None and not edited.created
    return Outcome(done, edited.lead.lead_id, duplicate, edited.potential_duplicate_id)


def _edit(
    operation: Operation, new_id: NewId, *, desk: EditDesk, author: Author, now: datetime
) -> Edited:
    given = operation.lead or LeadInput()
    if operation.id is None:
        return create_lead(given, desk=desk, author=author, new_id=new_id, now=now)
    return update_lead(operation.id, given, desk=desk, author=author, new_id=new_id, now=now)


def _groups(tasks: Iterable[_Task]) -> list[list[_Task]]:
    """Return the operations in groups that surely concern different leads, each in order."""
    home: dict[str, list[_Task]] = {}
    groups: list[list[_Task]] = []
    for task in tasks:
        keys = _keys(task.operation)
        met = {id(home[key]): home[key] for key in keys if key in home}
        group = sorted([task, *(other for found in met.values() for other in found)], key=_number)
        groups = [found for found in groups if id(found) not in met]
        groups.append(group)
        for other in group:
            home |= dict.fromkeys(_keys(other.operation), group)
    return groups


def _number(task: _Task) -> int:
    return task.number


def _keys(operation: Operation) -> set[str]:
    """Return what an operation names its lead by, in the form in which equal ones are equal."""
    found = {f"id:{operation.id}"} if operation.id else set()
    given = operation.lead
    if given is None:
        return found
    found |= {_named(name.kind, name.value) for name in given.identifiers or ()}
    if given.email:
        found.add(_named("email", given.email))
    if given.phone:
        digits = "".join(character for character in given.phone if character.isdigit())
        found.add(f"phone:{digits[-_PHONE_DIGITS:]}")
    return found


def _named(kind: str, value: str) -> str:
    text = value.strip()
    return f"{kind}:{(normalise_email(text) or text) if kind == 'email' else text}"


def counted(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Return how many operations came to what."""
    found = [outcome.done for outcome in outcomes]
    words: tuple[Done, ...] = ("created", "updated", "deleted", "failed")
    return {"total": len(found)} | {word: found.count(word) for word in words}
