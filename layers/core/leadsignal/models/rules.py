"""Scoring rules, in groups, and the versioned set that holds them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant

type RuleSetStatus = Literal["draft", "published", "archived"]


class Decay(Frozen):
    """How points fade: by half every so many days, or evenly until nothing is left after them."""

    kind: Literal["half_life", "linear"]
    days: float


class _Rule(Frozen):
    """What every rule has: an id, a name for people, a group, points (negative ones too).

    ``decay`` counts from each occurrence that gives points; where there is none, as for a field,
    from when the lead was last seen.
    """

    id: str
    name: str
    group: str
    points: float
    decay: Decay | None = None


class RangeRule(_Rule):
    """Points when a numeric field is in ``[from, to)``; a missing end is open."""

    kind: Literal["range"] = "range"
    field: str
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None


class MatchRule(_Rule):
    """Points when a field equals the value, or a list has it; text is compared without regard to
    case."""

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
    ending, a trailing slash makes no difference. ``where`` is a condition on the event, ``within``
    a window: both as JSON says them.
    """

    kind: Literal["boost"] = "boost"
    event: str | None = None
    url: str | None = None
    where: dict[str, Any] | None = None
    max_times: int | None = None
    within: dict[str, Any] | None = None


class ConditionRule(_Rule):
    """Points when a condition holds, as JSON says it."""

    kind: Literal["condition"] = "condition"
    condition: dict[str, Any]


type Rule = Annotated[
    RangeRule | MatchRule | ExistRule | BoostRule | ConditionRule, Field(discriminator="kind")
]


class Group(Frozen):
    """The bounds on what the rules of one group give together."""

    cap: float | None = None
    floor: float | None = None


class RuleSet(Frozen):
    """A set of rules; a score names the id and version that made it.

    ``version`` counts every change. What was published once is kept in that version;
    ``published_version`` is the one that leads are scored by, if they are scored by this set.
    """

    id: str
    name: str
    version: int
    rules: tuple[Rule, ...]
    groups: dict[str, Group] = Field(default_factory=dict)
    status: RuleSetStatus = "published"
    created_at: Instant = 0
    updated_at: Instant = 0
    published_at: Instant | None = None
    published_version: int | None = None


class Publication(Frozen):
    """Which version of which rule set a tenant's leads are scored by, since when."""

    id: str
    version: int
    at: Instant
