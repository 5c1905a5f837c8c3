"""Scoring rules of four kinds, in groups, and the versioned set that holds them."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models.base import Frozen


class _Rule(Frozen):
    """What every rule has: an id, a name for people, a group, points (negative ones too)."""

    id: str
    name: str
    group: str
    points: float


class RangeRule(_Rule):
    """Points when a numeric field is in ``[from, to)``; a missing end is open."""

    kind: Literal["range"] = "range"
    field: str
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None


class MatchRule(_Rule):
    """Points when a field equals the value; text is compared without regard to case."""

    kind: Literal["match"] = "match"
    field: str
    value: str | bool | float


class ExistRule(_Rule):
    """Points when a field has a value."""

    kind: Literal["exist"] = "exist"
    field: str


class BoostRule(_Rule):
    """Points each time an event happened or a page was viewed, at most ``max_times`` times.

    ``url`` is a path or host and path; query and fragment do not count, a final ``*`` matches any
    ending, a trailing slash makes no difference.
    """

    kind: Literal["boost"] = "boost"
    event: str | None = None
    url: str | None = None
    max_times: int | None = None


type Rule = Annotated[RangeRule | MatchRule | ExistRule | BoostRule, Field(discriminator="kind")]


class Group(Frozen):
    """The bounds on what the rules of one group give together."""

    cap: float | None = None
    floor: float | None = None


class RuleSet(Frozen):
    """A published set of rules; a score names the id and version that made it."""

    id: str
    name: str
    version: int
    rules: tuple[Rule, ...]
    groups: dict[str, Group] = Field(default_factory=dict)
