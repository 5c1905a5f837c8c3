"""Conditions of DynamoDB: read from their text, held against an item.

Known are comparisons, ``BETWEEN``, ``IN``, ``begins_with``, ``attribute_exists``,
``attribute_not_exists``, ``AND``, ``OR``, ``NOT`` and parentheses over top-level attributes.
Everything else is an error, whether DynamoDB would understand it or not.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

type Value = tuple[str, Any]
"""An attribute value, e.g. ``("S", "text")``."""

type Attributes = Mapping[str, Value]

_TOKEN = re.compile(r"\s*(?:(#?[A-Za-z_][A-Za-z0-9_]*|#[A-Za-z0-9_]+|:[A-Za-z0-9_]+)|(<>|<=|>=|.))")
_FUNCTIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "begins_with": 2}
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ORDERED = frozenset({"S", "N", "B"})


class ExpressionError(Exception):
    """What DynamoDB says of an expression that it does not accept."""


@dataclass(frozen=True)
class Operand:
    """An attribute's name, a ``#name`` or a ``:value``."""

    text: str

    @property
    def is_value(self) -> bool:
        return self.text.startswith(":")


@dataclass(frozen=True)
class Term:
    """``do`` is and, or, not, between, in, a sign or the name of a function."""

    do: str
    over: tuple["Term | Operand", ...]


@dataclass(frozen=True)
class Expression:
    """A condition that was read, and the placeholders that it uses."""

    root: Term
    names: frozenset[str]
    values: frozenset[str]


@cache
def reserved_words() -> frozenset[str]:
    """Return the words that cannot be attributes in an expression; moto lists them."""
    spec = find_spec("moto")
    assert spec is not None
    assert spec.origin is not None
    listed = Path(spec.origin).parent / "dynamodb" / "parsing" / "reserved_keywords.txt"
    return frozenset(listed.read_text().split())


@cache
def read(text: str) -> Expression:
    """Return the condition that a text says.

    Raises:
        ExpressionError: the text says none, or more than is known here.
    """
    reader = _Reader(text)
    root = reader.disjunction()
    reader.expect("")
    return Expression(root, frozenset(reader.names), frozenset(reader.values))


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = [first or other for first, other in _TOKEN.findall(text.strip())]
        if not self._tokens:
            raise ExpressionError("The expression can not be empty;")
        self._at = 0
        self.names: set[str] = set()
        self.values: set[str] = set()

    def disjunction(self) -> Term:
        return self._joined("OR", lambda: self._joined("AND", self._negation))

    def expect(self, wanted: str) -> None:
        if self._peek() != wanted:
            near = " ".join(self._tokens[max(0, self._at - 1) : self._at + 2])
            message = f'Syntax error; token: "{self._peek() or "<EOF>"}", near: "{near}"'
            raise ExpressionError(message)
        self._at += 1

    def _peek(self) -> str:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        return token.upper() if token.upper() in _KEYWORDS else token

    def _accept(self, wanted: str) -> bool:
        found = self._peek() == wanted
        self._at += found
        return found

    def _joined(self, word: str, part: Callable[[], Term]) -> Term:
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Term(word.lower(), tuple(parts))

    def _negation(self) -> Term:
        if self._accept("NOT"):
            return Term("not", (self._negation(),))
        if self._accept("("):
            inner = self.disjunction()
            self.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Term:
        name = self._peek()
        if name in _FUNCTIONS and self._tokens[self._at + 1 : self._at + 2] == ["("]:
            self._at += 1
            return self._call(name)
        left = self._operand()
        if self._accept("BETWEEN"):
            low = self._operand()
            self.expect("AND")
            return Term("between", (left, low, self._operand()))
        if self._accept("IN"):
            return Term("in", (left, *self._listed()))
        sign = self._peek()
        if sign not in _SIGNS and sign not in ("=", "<>"):
            self.expect("a comparison")
        self._at += 1
        return Term(sign, (left, self._operand()))

    def _call(self, name: str) -> Term:
        arguments = tuple(self._listed())
        if len(arguments) != _FUNCTIONS[name]:
            raise ExpressionError(
                "Incorrect number of operands for operator or function; operator or function: "
                f"{name}, number of operands: {len(arguments)}"
            )
        if name != "begins_with" and arguments[0].is_value:
            raise ExpressionError(
                f"Operator or function requires a document path; operator or function: {name}"
            )
        return Term(name, arguments)

    def _listed(self) -> Iterator[Operand]:
        self.expect("(")
        yield self._operand()
        while self._accept(","):
            yield self._operand()
        self.expect(")")

    def _operand(self) -> Operand:
        token = self._peek()
        if token.startswith("#"):
            self.names.add(token)
        elif token.startswith(":"):
            self.values.add(token)
        elif not token.isidentifier() or token in _KEYWORDS:
            self.expect("an operand")
        elif token.upper() in reserved_words():
            raise ExpressionError(
                f"Attribute name is a reserved keyword; reserved keyword: {token}"
            )
        self._at += 1
        return Operand(token)


@dataclass(frozen=True)
class Scope:
    """What the placeholders of an expression stand for."""

    names: Mapping[str, str]
    values: Mapping[str, Value]

    def name(self, operand: Operand) -> str:
        """Return the attribute that an operand names."""
        return self.names.get(operand.text, operand.text)

    def value(self, operand: Operand, item: Attributes) -> Value | None:
        """Return what an operand stands for, given an item; None where it has no such attribute."""
        if operand.is_value:
            return self.values[operand.text]
        return item.get(self.name(operand))


def holds(term: Term, item: Attributes, scope: Scope) -> bool:
    """Return whether an item (``{}``: none) meets a condition.

    Raises:
        ExpressionError: a function got a value of a kind that it does not take.
    """
    if term.do in ("and", "or", "not"):
        parts = (holds(part, item, scope) for part in term.over if isinstance(part, Term))
        if term.do == "not":
            return not next(parts)
        return all(parts) if term.do == "and" else any(parts)
    operands = [part for part in term.over if isinstance(part, Operand)]
    if term.do.startswith("attribute"):
        return (scope.name(operands[0]) in item) == (term.do == "attribute_exists")
    return _compare(term.do, [scope.value(operand, item) for operand in operands], operands)


def _compare(do: str, values: list[Value | None], operands: list[Operand]) -> bool:
    first, *others = values
    if do in ("=", "in"):
        return first is not None and any(_equal(first, other) for other in others)
    if do == "<>":
        return first is None or others[0] is None or not _equal(first, others[0])
    if do == "between":
        return _ordered(">=", first, others[0]) and _ordered("<=", first, others[1])
    if do == "begins_with":
        return _begins(first, others[0], operands[1])
    return _ordered(do, first, others[0])


def _equal(one: Value, other: Value | None) -> bool:
    if other is None or one[0] != other[0]:
        return False
    return Decimal(one[1]) == Decimal(other[1]) if one[0] == "N" else bool(one[1] == other[1])


def _ordered(sign: str, one: Value | None, other: Value | None) -> bool:
    if one is None or other is None or one[0] != other[0] or one[0] not in _ORDERED:
        return False
    left, right = one[1], other[1]
    if one[0] == "N":
        left, right = Decimal(left), Decimal(right)
    return _SIGNS[sign](left, right)


def _begins(whole: Value | None, start: Value | None, operand: Operand) -> bool:
    if operand.is_value and start is not None and start[0] not in ("S", "B"):
        raise ExpressionError(
            "Incorrect operand type for operator or function; operator or function: begins_with, "
            f"operand type: {start[0]}"
        )
    if whole is None or start is None or whole[0] != start[0] or whole[0] not in ("S", "B"):
        return False
    return bool(whole[1].startswith(start[1]))
