"""Rule sets as clients send and see them, and what a simulation tells."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.endpoints import Name, OrAbsent
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Timestamp
from leadsignal.models.rules import Decay, Group, RuleSetStatus

MAX_RULES = 500
MAX_GROUPS = 20
MAX_POINTS = 1_000
MAX_DAYS = 3_650
MAX_STRINGS = 65_536

type Key = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
]
"""The id of a rule, or the name of a group."""
type Points = Annotated[float, Field(ge=-MAX_POINTS, le=MAX_POINTS)]
type FieldName = Annotated[str, Field(min_length=1, max_length=160)]
_LINE = text_forms.shown(text_forms.LINE)
type Line = Annotated[str, Field(min_length=1, max_length=2_048, json_schema_extra=_LINE)]


class DecayInput(Strict):
    """How points fade: by half every so many days, or evenly until nothing is left after them."""

    kind: Literal["half_life", "linear"]
    days: Annotated[float, Field(gt=0, le=MAX_DAYS)]


class GroupInput(Strict):
    """The bounds on what the rules of one group give together."""

    cap: Annotated[float, Field(ge=-100_000, le=100_000)] | None = None
    floor: Annotated[float, Field(ge=-100_000, le=100_000)] | None = None


class RuleInput(Strict):
    """A rule: of a ``kind``, or with a ``condition`` instead.

    Without an ``id`` it is named by its place, without a ``group`` it is in ``engagement`` where
    it counts behaviour, else in ``fit``.
    """

    id: Key | None = None
    name: Name
    group: Key | None = None
    points: Points
    kind: Literal["range", "match", "exist", "boost"] | None = None
    field: FieldName | None = None
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    value: (
        bool | float | Annotated[str, Field(max_length=1_024, json_schema_extra=_LINE)] | None
    ) = None
    event: Annotated[str, Field(min_length=1, max_length=200, json_schema_extra=_LINE)] | None = (
        None
    )
    url: Line | None = None
    where: dict[str, JsonValue] | None = None
    max_times: Annotated[int, Field(ge=1, le=10_000)] | None = None
    within: dict[str, JsonValue] | None = None
    decay: DecayInput | None = None
    condition: dict[str, JsonValue] | None = None


class LeadBoxerStrings(Strict):
    """Rules in the strings of LeadBoxer: ``field|start|end|score``, ``field|value|score``,
    ``field|score`` and ``root_url|<url>|score``, separated by commas."""

    format: Literal["leadboxer"]
    range: Annotated[str, Field(max_length=MAX_STRINGS, json_schema_extra=_LINE)] = ""
    match: Annotated[str, Field(max_length=MAX_STRINGS, json_schema_extra=_LINE)] = ""
    exist: Annotated[str, Field(max_length=MAX_STRINGS, json_schema_extra=_LINE)] = ""
    boost: Annotated[str, Field(max_length=MAX_STRINGS, json_schema_extra=_LINE)] = ""


type Rules = Annotated[tuple[RuleInput, ...], Field(max_length=MAX_RULES, strict=False)]
type Groups = Annotated[dict[Key, GroupInput], Field(max_length=MAX_GROUPS)]


class RuleSetForm(Strict):
    """A rule set as its owner can change it."""

    name: Name
    rules: Rules = ()
    groups: Groups = Field(default_factory=dict)


class RuleSetRequest(RuleSetForm):
    """The body of ``POST /v1/scoring/rulesets``: a draft, from rules or from an import."""

    import_: LeadBoxerStrings | None = Field(default=None, alias="import")


class RuleSetPatch(Strict):
    """The body of ``PATCH /v1/scoring/rulesets/{id}``, a JSON merge patch: null takes rules and
    groups away, or a group out."""

    name: Name = ""
    rules: Rules | None = None
    groups: Annotated[dict[Key, GroupInput | None], Field(max_length=2 * MAX_GROUPS)] | None = None


class RuleView(Frozen):
    """A rule as its owner reads it."""

    id: str
    name: str
    group: str
    points: float
    kind: OrAbsent[Literal["range", "match", "exist", "boost"]] = None
    field: OrAbsent[str] = None
    from_: OrAbsent[float] = Field(default=None, alias="from")
    to: OrAbsent[float] = None
    value: OrAbsent[bool | float | str] = None
    event: OrAbsent[str] = None
    url: OrAbsent[str] = None
    where: OrAbsent[dict[str, Any]] = None
    max_times: OrAbsent[int] = None
    within: OrAbsent[dict[str, Any]] = None
    decay: OrAbsent[Decay] = None
    condition: OrAbsent[dict[str, Any]] = None


class RuleSetView(Frozen):
    """A rule set as its owner reads it.

    ``published_version`` is the one that leads are scored by, None where they are not scored by
    this set.
    """

    id: str
    name: str
    version: int
    status: RuleSetStatus
    rules: tuple[RuleView, ...]
    groups: dict[str, Group]
    published_version: int | None = None
    published_at: Timestamp | None = None
    created_at: Timestamp
    updated_at: Timestamp


class JobRef(Frozen):
    """Names the job that goes on with what was asked for."""

    job_id: str


class Simulation(Frozen):
    """What publishing a rule set would change, of the leads that were looked at.

    ``complete`` says whether these are all leads there are; ``distribution`` is by score in steps
    of ten, ``tiers`` by the tier that leads have now and the one that they would have. ``lift`` and
    ``auc`` are there where there are won and lost leads.
    """

    leads: int
    complete: bool
    distribution: dict[str, int]
    tiers: dict[Tier, dict[Tier, int]]
    becomes_hot: tuple[str, ...]
    lift: OrAbsent[float] = None
    auc: OrAbsent[float] = None
