"""What requests to the fake DynamoDB ask: conditions, updates, ranges of keys."""

import re
from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from tests.fakes.attributes import Item, RefusedError, Typed, freeze
from tests.fakes.dynamodb_table import EMPTY, INVALID
from tests.fakes.expressions import (
    Expression,
    ExpressionError,
    Operand,
    Scope,
    Term,
    Value,
    holds,
    read,
    reserved_words,
)

_SET = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_RANGE_SIGNS = frozenset({"=", "<", "<=", ">", ">=", "between", "begins_with"})


class Condition(NamedTuple):
    expression: Expression
    scope: Scope

    def met_by(self, item: Item | None) -> bool:
        try:
            return holds(self.expression.root, item or {}, self.scope)
        except ExpressionError as error:
            raise RefusedError(f"Invalid ConditionExpression: {error}") from error


def assignments(text: str, names: Mapping[str, str]) -> tuple[dict[str, str], set[str]]:
    """Return what an update sets to which placeholders, and all placeholders it uses.

    Known is ``SET`` of top-level attributes to values.
    """
    verb, _, listed = text.strip().partition(" ")
    found = [_SET.fullmatch(part.strip()) for part in listed.split(",")]
    if verb.upper() != "SET" or not all(found):
        raise RefusedError("Invalid UpdateExpression: Syntax error")
    pairs = [match.groups() for match in found if match]
    for target, _ in pairs:
        if target.startswith("#") and target not in names:
            raise RefusedError(
                "Invalid UpdateExpression: An expression attribute name used in the document path "
                f"is not defined; attribute name: {target}"
            )
        if target.upper() in reserved_words():
            raise RefusedError(
                "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved "
                f"keyword: {target}"
            )
    set_to = {names.get(target, target): placeholder for target, placeholder in pairs}
    if len(set_to) < len(pairs):
        raise RefusedError("Invalid UpdateExpression: Two document paths overlap with each other")
    return set_to, {each for pair in pairs for each in pair}


def guard_of(
    asked: Mapping[str, Any], *, used: Set[str] = frozenset()
) -> tuple[Condition | None, bool]:
    """Return the condition of a write, and whether a failure is to show the item.

    ``used`` are placeholders that are used besides.
    """
    known = {
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValuesOnConditionCheckFailure",
    }
    if unknown := asked.keys() - known:
        raise TypeError(f"no adapter uses {', '.join(sorted(unknown))}")
    show = asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    return condition_of(asked, "ConditionExpression", used=used), show


def condition_of(
    asked: Mapping[str, Any], slot: str, *, used: Set[str] = frozenset()
) -> Condition | None:
    text = asked.get(slot)
    names: Mapping[str, str] = asked.get("ExpressionAttributeNames") or {}
    typed: Typed = asked.get("ExpressionAttributeValues") or {}
    for parameter in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if asked.get(parameter) is None:
            continue
        if text is None and not used:
            raise RefusedError(f"{parameter} can only be specified when using expressions")
        if not asked[parameter]:
            raise RefusedError(f"{parameter} must not be empty")
    try:
        expression = read(text) if text is not None else None
    except ExpressionError as error:
        raise RefusedError(f"Invalid {slot}: {error}") from error
    _check_used("Names", slot, expression.names if expression else frozenset(), names, used)
    _check_used("Values", slot, expression.values if expression else frozenset(), typed, used)
    if expression is None:
        return None
    return Condition(expression, Scope(names, freeze(typed, "ExpressionAttributeValues")))


def _check_used(
    what: str,
    slot: str,
    needed: Set[str],
    given: Mapping[str, object],
    used: Set[str],
) -> None:
    one = what.removesuffix("s").lower()
    if missing := needed - given.keys():
        raise RefusedError(
            f"Invalid {slot}: An expression attribute {one} used in expression is not defined; "
            f"attribute {one}: {min(missing)}"
        )
    if unused := given.keys() - needed - used:
        raise RefusedError(
            f"Value provided in ExpressionAttribute{what} unused in expressions: keys: "
            f"{{{', '.join(sorted(unused))}}}"
        )


def ranges_of(condition: Condition, pk: str, sk: str) -> tuple[str, Term | None]:
    """Return the partition that a query is about, and what it asks of the sort key."""
    root, scope = condition.expression.root, condition.scope
    by_name: dict[str, tuple[Term, Value]] = {}
    for term in root.over if root.do == "and" else (root,):
        if not isinstance(term, Term) or term.do not in _RANGE_SIGNS:
            raise RefusedError("Invalid operator used in KeyConditionExpression")
        name, values = _parts(term, scope)
        if name in by_name:
            raise RefusedError(
                "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one "
                "condition per key"
            )
        by_name[name] = (term, values[0])
    equal, value = by_name.pop(pk, (None, None))
    if equal is None or value is None or by_name.keys() - {sk}:
        raise RefusedError(f"Query condition missed key schema element: {pk}")
    if equal.do != "=":
        raise RefusedError("Query key condition not supported")
    return value[1], by_name[sk][0] if by_name else None


def _parts(term: Term, scope: Scope) -> tuple[str, list[Value]]:
    """Return the attribute that a condition of a query is about, and its values."""
    first, *others = (part for part in term.over if isinstance(part, Operand))
    if first.is_value or not all(other.is_value for other in others):
        raise RefusedError("Invalid condition in KeyConditionExpression")
    name, values = scope.name(first), [scope.values[other.text] for other in others]
    for kind, value in values:
        if kind != "S":
            raise RefusedError(f"{INVALID}Condition parameter type does not match schema type")
        if not value:
            raise RefusedError(f"{EMPTY}cannot contain an empty string value. Key: {name}")
    return name, values
