"""Models of who is won, as they are stored: what was learned, and how well it tells."""

from typing import Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant

type Value = float | str | bool | None
"""What a lead has in one column; None where it has nothing."""
type ColumnKind = Literal["number", "text"]
type Direction = Literal["increasing", "decreasing"]
"""How the probability may change while a number grows."""
type LeakReason = Literal["after_outcome", "one_outcome", "near_perfect", "dominant"]
"""Why a column is taken for one that knows the outcome: it is there only afterwards; only leads of
one outcome have it; it alone tells won from lost; or (``dominant``, which is told and stays) it
alone tells more than all others together."""
type Verdict = Literal["better", "not_better", "worse", "no_better_than_chance", "too_few"]
"""What came of a training; there is something to run unless it is one of the last two."""


class Wishes(Frozen):
    """What somebody wants of the models that are trained from now on: numbers with which the
    probability only rises or only falls, and columns that it must not rest on."""

    monotone: dict[str, Direction] = Field(default_factory=dict)
    exclude: tuple[str, ...] = ()


class Feature(Frozen):
    """A column, and what each of its parts adds to the log-odds of the average lead.

    The parts of numbers are the stretches between ``edges``, each of which begins one, then that of
    leads that have none. The parts of texts are one for each of ``values``, one for all others, one
    for leads that have none.
    """

    name: str
    kind: ColumnKind
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    weights: tuple[float, ...]
    direction: Direction | None = None


class Leak(Frozen):
    """A column that seems to know the outcome, with how well it alone tells won from lost (0 to 1),
    and whether it was left out for that."""

    column: str
    reason: LeakReason
    auc: float | None = None
    dropped: bool = True


class CalibrationBin(Frozen):
    """A tenth of the test leads by probability: what was predicted on average, what happened."""

    leads: int
    predicted: float
    won: float


class LiftBin(Frozen):
    """The best so many tenths of the test leads: how many there are, what share of all that were
    won is among them, and how many times as often as on average leads were won."""

    top: float
    leads: int
    won: float
    lift: float


class Measures(Frozen):
    """How well something told won from lost, of leads that it had not seen: newer ones.

    ``auc`` is how often a won lead was rated higher than a lost one, within 95 % between the two
    bounds; ``brier`` the mean square of what probabilities were off by.
    """

    leads: int
    won: int
    auc: float
    auc_low: float
    auc_high: float
    brier: float
    calibration: tuple[CalibrationBin, ...] = ()
    lift: tuple[LiftBin, ...] = ()


class Comparison(Frozen):
    """How a model did beside the rules, or the model that ran, on the same leads.

    ``better`` is more than chance would give; ``worse`` is any loss.
    """

    beside: str
    auc: float
    brier: float
    better: bool
    worse: bool


class Model(Frozen):
    """What came of one training. It never changes, but for ``promoted_at``: since when leads are
    predicted by it, or were first.

    ``learned_until`` is the outcome from which on leads were kept for the test. ``data_hash`` names
    the very leads and values that it was trained and tested on. ``ran`` is the id of the model that
    ran then.
    """

    id: str
    trained_at: Instant
    verdict: Verdict
    detail: str
    wishes: Wishes = Wishes()
    outcomes: int = 0
    won: int = 0
    learned_from: Instant | None = None
    learned_until: Instant | None = None
    tested_until: Instant | None = None
    data_hash: str = ""
    intercept: float = 0
    features: tuple[Feature, ...] = ()
    ridge: float | None = None
    leaks: tuple[Leak, ...] = ()
    measures: Measures | None = None
    comparisons: tuple[Comparison, ...] = ()
    ran: str | None = None
    promoted_at: Instant | None = None


class Prediction(Frozen):
    """How likely a lead is to be won, within ]0, 1[, as the model of that id said when the lead was
    written last."""

    probability: float
    model_id: str
