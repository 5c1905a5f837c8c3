"""What requests to the fake DynamoDB ask: conditions, updates, ranges of keys."""

import re
from collections.abc import Mapping, Set
from decimal import Decimal
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

_SET = re.compile(
    r"(?P<target>#?\w+)\s*=\s*"
    r"((?P<source>#?\w+)\s*(?P<sign>[+-])\s*"
    r"|if_not_exists\(\s*(?P<checked>#?\w+)\s*,\s*(?P<default>:\w+)\s*\)\s*(?P<plus>[+-])\s*)?"
    r"(?P<value>:\w+)"
)
_ADD = re.compile(r"(?P<target>#?\w+)\s+(?P<value>:\w+)")
_RANGE_SIGNS = frozenset({"=", "<", "<=", ">", ">=", "between", "begins_with"})


class Condition(NamedTuple):
    expression: Expression
    scope: Scope

    def met_by(self, item: Item | None) -> bool:
        try:
            return holds(self.expression.root, item or {}, self.scope)
        except ExpressionError as error:
            raise RefusedError(f"Invalid ConditionExpression: {error}") from error


class Assignment(NamedTuple):
    """What an update makes of one attribute: ``before + value``, or ``value`` alone.

    ``default`` stands in for an attribute that is not there; None: that is refused.
    """

    target: str
    value: str
    source: str | None = None
    default: str | None = None
    sign: int = 1


class Update(NamedTuple):
    """What an update does, and the placeholders that it uses."""

    assignments: list[Assignment]
    placeholders: set[str]

    def applied(self, held: Item, values: Item) -> Item:
        """Return the attributes that change, given those of the item."""
        return {each.target: _assigned(each, held, values) for each in self.assignments}


def update_of(text: str, names: Mapping[str, str], values: Mapping[str, object]) -> Update:
    """Return what an update says.

    Known are ``SET a = :v``, ``SET a = a + :v`` (or ``-``), ``SET a = if_not_exists(a, :d) + :v``
    and ``ADD n :v`` of top-level attributes.
    """
    found: list[Assignment] = []
    used: set[str] = set()
    for verb, listed in _clauses(text):
        for part in re.split(r",(?![^(]*\))", listed):
            match = (_SET if verb == "SET" else _ADD).fullmatch(part.strip())
            if match is None:
                raise RefusedError("Invalid UpdateExpression: Syntax error")
            parts = match.groupdict()
            used |= {each for each in parts.values() if each and each[0] in "#:"}
            parts["source"] = parts.get("source") or parts.get("checked")
            parts["sign"] = parts.get("sign") or parts.get("plus")
            paths = {key: parts.get(key) for key in ("target", "source")}
            named = {key: _named(path, names) for key, path in paths.items() if path}
            if verb == "ADD":
                named["source"] = named["target"]
            sign = -1 if parts["sign"] == "-" else 1
            default = parts.get("default") if verb == "SET" else "0"
            assigned = Assignment(
                named["target"], parts["value"], named.get("source"), default, sign
            )
            found.append(assigned)
    if missing := {each for each in used if each.startswith(":")} - values.keys():
        raise RefusedError(
            "Invalid UpdateExpression: An expression attribute value used in expression "
            f"is not defined; attribute value: {min(missing)}"
        )
    if len({each.target for each in found}) < len(found):
        raise RefusedError("Invalid UpdateExpression: Two document paths overlap with each other")
    return Update(found, used)


def _clauses(text: str) -> list[tuple[str, str]]:
    """Return the verbs of an update, each with what is listed after it."""
    parts = re.split(r"\b(SET|ADD)\b", text.strip(), flags=re.IGNORECASE)
    verbs = [verb.upper() for verb in parts[1::2]]
    if parts[0] or not verbs or len(set(verbs)) < len(verbs):
        raise RefusedError("Invalid UpdateExpression: Syntax error")
    return list(zip(verbs, parts[2::2], strict=True))


def _named(path: str, names: Mapping[str, str]) -> str:
    if path.startswith("#") and path not in names:
        raise RefusedError(
            "Invalid UpdateExpression: An expression attribute name used in the document path "
            f"is not defined; attribute name: {path}"
        )
    if path.upper() in reserved_words():
        raise RefusedError(
            f"Invalid UpdateExpression: Attribute name is a reserved keyword; reserved "
            f"keyword: {path}"
        )
    return names.get(path, path)


def _assigned(each: Assignment, held: Item, values: Item) -> Value:
    value = values[each.value]
    if each.source is None:
        return value
    if each.source in held:
        before = held[each.source]
    elif each.default is not None:
        before = ("N", "0") if each.default == "0" else values[each.default]
    else:
        raise RefusedError("The provided expression refers to an attribute that does not exist")
    if (before[0], value[0]) != ("N", "N"):
        raise RefusedError("An operand in the update expression has an incorrect data type")
    return ("N", f"{Decimal(before[1]) + each.sign * Decimal(value[1]):f}")


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
