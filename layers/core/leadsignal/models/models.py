"""Models of who is won as clients ask for them and see them."""

from typing import Annotated, Literal

from pydantic import Field

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Timestamp
from leadsignal.models.predictions import (
    ColumnKind,
    Comparison,
    Direction,
    Leak,
    Measures,
    Verdict,
    Wishes,
)

MAX_WISHES = 100

type ModelStatus = Literal["running", "candidate", "rejected", "archived"]
"""``candidate``: it could run, but is not surely better than what runs; ``rejected``: it may not;
``archived``: it ran once."""
_LINE = text_forms.shown(text_forms.LINE)
type ColumnName = Annotated[
    str, Field(min_length=1, max_length=160, pattern=text_forms.LINE, json_schema_extra=_LINE)
]


class TrainRequest(Strict):
    """The body of ``POST /v1/scoring/models``: what models are to be like, from now on. What is not
    said is as it was for the training before.

    ``monotone`` says of numbers whether the probability may only rise with them, or only fall;
    ``exclude`` names columns that a model must not rest on.
    """

    monotone: Annotated[dict[ColumnName, Direction], Field(max_length=MAX_WISHES)] | None = None
    exclude: (
        Annotated[tuple[ColumnName, ...], Field(max_length=MAX_WISHES, strict=False)] | None
    ) = None

    def wishes(self, before: Wishes) -> Wishes:
        """Return what is wanted, given what was."""
        said = {"monotone": self.monotone, "exclude": self.exclude}
        return before.model_copy(update={k: v for k, v in said.items() if v is not None})


class ModelSummary(Frozen):
    """A model in a few words; ``reason`` says why it has its status."""

    id: str
    status: ModelStatus
    verdict: Verdict
    reason: str
    outcomes: int
    won: int
    auc: float | None
    brier: float | None
    trained_at: Timestamp
    promoted_at: Timestamp | None


class PartView(Frozen):
    """A part of a column, and what it adds to the log-odds of the average lead."""

    part: str
    log_odds: float


class FeatureView(Frozen):
    """A column of a model and its parts: stretches of numbers, or values."""

    name: str
    kind: ColumnKind
    direction: Direction | None
    parts: tuple[PartView, ...]


class ModelDetail(ModelSummary):
    """All that is known of a model.

    It learned from outcomes between ``learned_from`` and ``learned_until`` and was measured on the
    later ones until ``tested_until``. ``average`` is the probability of the average lead.
    """

    monotone: dict[str, Direction]
    exclude: tuple[str, ...]
    data_hash: str
    learned_from: Timestamp | None
    learned_until: Timestamp | None
    tested_until: Timestamp | None
    measures: Measures | None
    compared_with: tuple[Comparison, ...]
    leaks: tuple[Leak, ...]
    average: float | None
    features: tuple[FeatureView, ...]


class InfluenceView(Frozen):
    """What one column of a lead adds to the log-odds of the average lead, and why, in words."""

    feature: str
    part: str
    log_odds: float
    reason: str


class ProbabilityView(Frozen):
    """How likely a lead is to be won as of an instant, and why; null while no model runs.

    ``average_log_odds`` and the ``log_odds`` of all contributions add up to ``log_odds``, which is
    that of ``probability``.
    """

    probability: float | None = None
    model_id: str | None = None
    average: float | None = None
    average_log_odds: float | None = None
    log_odds: float | None = None
    contributions: tuple[InfluenceView, ...] = ()
    as_of: Timestamp
