"""Conditions as trees: comparisons of fields, what somebody did, and how these are combined."""

from typing import Literal

from leadsignal.models.base import Frozen

type Operator = Literal[
    "eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between", "contains", "not_contains",
    "starts_with", "ends_with", "matches_glob", "exists", "not_exists", "before", "after",
]  # fmt: skip
type CountOperator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "between"]
type Kind = Literal["instant", "value"]
"""Whether a field holds an instant, or whatever else JSON can say."""

type Unit = Literal["days", "hours", "minutes"]
type Scalar = bool | int | float | str


class Comparison(Frozen):
    """A field compared with what was given: one value, several (``in``, ``not_in``, ``between``),
    or none (``exists``, ``not_exists``)."""

    field: str
    kind: Kind = "value"
    op: Operator
    values: tuple[Scalar, ...] = ()


class Count(Frozen):
    """How often something must have happened; ``between`` has two numbers, both ends in."""

    op: CountOperator = "gte"
    values: tuple[int | float, ...] = (1,)


class Window(Frozen):
    """A stretch of time up to now, in one unit.

    ``days`` in a time zone are calendar days: the window begins that many days back at the same
    wall-clock time there, also across a change of the clocks.
    """

    unit: Unit
    length: int
    time_zone: str | None = None


class Performed(Frozen):
    """Events of one name that happened, those only that are ``where``, so often, since then."""

    event: str
    where: "Condition | None" = None
    count: Count = Count()
    within: Window | None = None


class All(Frozen):
    """Holds when each of its conditions does."""

    all: tuple["Condition", ...]


class AnyOf(Frozen):
    """Holds when one of its conditions does."""

    any: tuple["Condition", ...]


class Not(Frozen):
    """Holds when its condition does not."""

    condition: "Condition"


type Condition = Comparison | Performed | All | AnyOf | Not
