"""Rules as their owner writes them, checked and brought into the form in which they are kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.evaluate import performed_leaves
from leadsignal.domain.conditions.parse import parse, parse_window
from leadsignal.domain.conditions.selectors import MOST
from leadsignal.domain.rulebook import rule_field
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.conditions import Condition
from leadsignal.models.rules import (
    BoostRule,
    ConditionRule,
    Decay,
    ExistRule,
    Group,
    MatchRule,
    RangeRule,
    Rule,
)
from leadsignal.models.rulesets import GroupInput, RuleInput

_PARTS = {
    "range": ("field", "from", "to"),
    "match": ("field", "value"),
    "exist": ("field",),
    "boost": ("event", "url", "where", "max_times", "within"),
    "condition": ("condition",),
}
_ALL = tuple(dict.fromkeys(part for parts in _PARTS.values() for part in parts))
_BEHAVIOUR = ("event_count", "session_count", "visit_count", "last_seen_at")


def rules_of(given: Sequence[RuleInput]) -> tuple[Rule, ...]:
    """Return the rules that were given.

    Raises:
        InvalidInputError: names every part that is not valid, by its place in ``/rules``.
    """
    problems: list[FieldProblem] = []
    made: list[Rule] = []
    known: set[str] = set()
    for number, each in enumerate(given):
        at = f"/rules/{number}"
        reader = _Reader(each, at, each.id or f"rule_{number + 1}")
        if reader.id in known:
            detail = "another rule has this id"
            problems.append(FieldProblem(f"{at}/id", "duplicate", detail))
        known.add(reader.id)
        try:
            made.append(reader.rule())
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(tuple(problems))
    return tuple(made)


def groups_of(given: Mapping[str, GroupInput]) -> dict[str, Group]:
    """Return the bounds of groups.

    Raises:
        InvalidInputError: a floor is above its cap.
    """
    problems = [
        FieldProblem(f"/groups/{name}/floor", "invalid_value", "must not be above the cap")
        for name, group in given.items()
        if group.cap is not None and group.floor is not None and group.floor > group.cap
    ]
    if problems:
        raise InvalidInputError(tuple(problems))
    return {name: Group(cap=group.cap, floor=group.floor) for name, group in given.items()}


class _Reader:
    """Reads one rule."""

    def __init__(self, given: RuleInput, at: str, rule_id: str) -> None:
        self._given = given
        self._at = at
        self.id = rule_id
        self._said = given.model_dump(by_alias=True, exclude_none=True, include=None)
        self._kind = given.kind or "condition"

    def rule(self) -> Rule:
        """Return the rule.

        Raises:
            InvalidInputError: names every part that is not valid.
        """
        problems = list(self._misplaced())
        checks: dict[str, Callable[[], None]] = {
            "range": self._check_range,
            "match": self._check_match,
            "exist": self._check_field,
            "boost": self._check_boost,
            "condition": self._check_condition,
        }
        try:
            checks[self._kind]()
        except InvalidInputError as error:
            problems += error.problems
        if problems:
            raise InvalidInputError(tuple(problems))
        return self._made()

    def _misplaced(self) -> Iterator[FieldProblem]:
        if self._given.kind is None and self._given.condition is None:
            detail = "must have a kind, or a condition instead"
            yield FieldProblem(f"{self._at}/kind", "missing", detail)
        for part in _ALL:
            if part in self._said and part not in _PARTS[self._kind]:
                detail = f"makes no sense in a rule of kind {self._kind}"
                yield FieldProblem(f"{self._at}/{part}", "unexpected", detail)

    def _wrong(self, part: str, code: str, detail: str) -> InvalidInputError:
        return InvalidInputError((FieldProblem(f"{self._at}/{part}", code, detail),))

    def _check_field(self) -> None:
        field = self._given.field
        if field is None:
            raise self._wrong("field", "missing", "is needed by this kind")
        if rule_field(field) is None:
            raise self._wrong("field", "unknown_field", "there is no such field here")

    def _check_range(self) -> None:
        self._check_field()
        low, high = self._given.from_, self._given.to
        if low is None and high is None:
            raise self._wrong("from", "missing", "one of from and to is needed")
        if low is not None and high is not None and low >= high:
            raise self._wrong("to", "invalid_value", "must be above from")

    def _check_match(self) -> None:
        self._check_field()
        if self._given.value is None:
            raise self._wrong("value", "missing", "is needed by this kind")

    def _check_boost(self) -> None:
        given = self._given
        if given.event is None and given.url is None:
            raise self._wrong("event", "missing", "one of event and url is needed")
        if given.where is not None:
            parse(given.where, fields.of_event, events=False, at=f"{self._at}/where")
        if given.within is not None:
            parse_window(given.within, f"{self._at}/within")

    def _check_condition(self) -> None:
        if self._given.condition is not None:
            at = f"{self._at}/condition"
            check_counts(parse(self._given.condition, rule_field, at=at), at)

    def _made(self) -> Rule:
        given = self._given
        decay = Decay(kind=given.decay.kind, days=given.decay.days) if given.decay else None
        base: dict[str, Any] = {
            "id": self.id,
            "name": given.name,
            "group": given.group or self._group(),
            "points": given.points,
            "decay": decay,
        }
        own = {part: self._said[part] for part in _PARTS[self._kind] if part in self._said}
        kinds: dict[str, type[RangeRule | MatchRule | ExistRule | BoostRule | ConditionRule]] = {
            "range": RangeRule,
            "match": MatchRule,
            "exist": ExistRule,
            "boost": BoostRule,
            "condition": ConditionRule,
        }
        return kinds[self._kind].model_validate(base | own)

    def _group(self) -> str:
        behaviour = self._kind == "boost" or self._given.field in _BEHAVIOUR
        if self._given.condition is not None:
            condition = parse(self._given.condition, rule_field)
            behaviour = any(True for _ in performed_leaves(condition))
        return "engagement" if behaviour else "fit"


def check_counts(condition: Condition, at: str) -> None:
    """Let a condition pass that asks for no more events in a window than are kept of a lead.

    Raises:
        InvalidInputError: it does.
    """
    for leaf in performed_leaves(condition):
        if leaf.within is not None and max(leaf.count.values) >= MOST:
            detail = f"of a window at most {MOST - 1} events can be told apart"
            raise InvalidInputError((FieldProblem(at, "count_too_large", detail),))
