"""One training: learn from older outcomes, measure on newer ones, and say what came of it."""

import hashlib
import json
from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from leadsignal.domain.model.calibration import calibrated
from leadsignal.domain.model.fit import probability
from leadsignal.domain.model.leaks import Example, after_outcome
from leadsignal.domain.model.learning import learn
from leadsignal.domain.model.measures import (
    ONE_SIDED,
    brier,
    gain_in_brier,
    gain_in_rank,
    measured,
    ranks_of,
)
from leadsignal.domain.model.predictor import Predictor
from leadsignal.models.instants import Instant
from leadsignal.models.predictions import Comparison, Measures, Model, Verdict, Wishes

MIN_OUTCOMES, MIN_EACH = 200, 40  # leads won and lost, and of either
MIN_LEARNED, MIN_TESTED = 20, 10  # of either, among the older and among the newer ones
OLDER = 0.75  # of the leads by their outcome are learned from, the newer ones are the test
RULES = "rules"


class Running(NamedTuple):
    """The model that runs: its id, and what it predicts."""

    model_id: str
    predictor: Predictor


def train(
    examples: Sequence[Example],
    *,
    model_id: str,
    wishes: Wishes,
    running: Running | None = None,
    now: Instant,
) -> Model:
    """Return what comes of a training: a model with its measures and a verdict, or why there is
    none. The order of the examples does not matter.

    The model is the one that was measured: it is not learned anew with the leads of the test.
    """
    ordered = sorted(examples, key=lambda example: (example.at, example.id))
    said = Model(
        id=model_id,
        trained_at=now,
        verdict="too_few",
        detail="",
        wishes=wishes,
        outcomes=len(ordered),
        won=sum(example.won for example in ordered),
        data_hash=data_hash(ordered),
        ran=running.model_id if running else None,
    )
    size = round(len(ordered) * OLDER)
    older, newer = ordered[:size], ordered[size:]
    if lack := _lack(older, newer):
        return said.model_copy(update={"detail": lack})
    gone = after_outcome(ordered)
    hidden = wishes.model_copy(
        update={"exclude": (*wishes.exclude, *(leak.column for leak in gone))}
    )
    learned = learn(older, hidden)
    predictor = Predictor(model_id, learned.intercept, learned.features)
    predicted = [predictor.probability(example.row) for example in newer]
    won = [example.won for example in newer]
    measures = measured(predicted, won)
    comparisons = _comparisons(predicted, older, newer, running)
    verdict, detail = _verdict(measures, comparisons)
    found: dict[str, object] = {
        "verdict": verdict,
        "detail": detail,
        "learned_from": older[0].at,
        "learned_until": older[-1].at,
        "tested_until": newer[-1].at,
        "ridge": learned.ridge,
        "leaks": (*gone, *learned.leaks),
        "measures": measures,
        "comparisons": comparisons,
    }
    if verdict != "no_better_than_chance":
        found |= {"intercept": learned.intercept, "features": learned.features}
    return said.model_copy(update=found)


def data_hash(examples: Sequence[Example]) -> str:
    """Return what names these very leads, outcomes and values, in this order."""
    rows = ([e.id, e.at, e.won, dict(sorted(e.row.items())), sorted(e.later)] for e in examples)
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()


def _lack(older: Sequence[Example], newer: Sequence[Example]) -> str | None:
    """Return what is missing for a training, None where nothing is."""
    every = [example.won for example in (*older, *newer)]
    won, lost = sum(every), len(every) - sum(every)
    if len(every) < MIN_OUTCOMES or min(won, lost) < MIN_EACH:
        return (
            f"a model needs {MIN_OUTCOMES} leads that were won or lost, {MIN_EACH} of either; "
            f"there are {won} won and {lost} lost"
        )
    for part, least, name in ((older, MIN_LEARNED, "older"), (newer, MIN_TESTED, "newest")):
        some = sum(example.won for example in part)
        if min(some, len(part) - some) < least:
            return (
                f"of the {len(part)} {name} outcomes {some} were won; "
                f"a model needs {least} of either among them"
            )
    return None


def _comparisons(
    predicted: Sequence[float],
    older: Sequence[Example],
    newer: Sequence[Example],
    running: Running | None,
) -> tuple[Comparison, ...]:
    found = []
    won = [example.won for example in newer]
    points = [e.points for e in (*older, *newer) if e.points is not None]
    if len(points) == len(older) + len(newer):
        margins = _standardised(points, len(older))
        slope, shift = calibrated(margins[: len(older)], [example.won for example in older])
        by_rules = [probability(slope * margin + shift) for margin in margins[len(older) :]]
        found.append(_compared(RULES, predicted, by_rules, won))
    if running is not None:
        then = [running.predictor.probability(example.row) for example in newer]
        found.append(_compared(running.model_id, predicted, then, won))
    return tuple(found)


def _standardised(points: Sequence[float], size: int) -> list[float]:
    """Return points in standard deviations of the first so many."""
    known = points[:size]
    mean = sum(known) / size
    spread = sqrt(sum((value - mean) ** 2 for value in known) / size)
    return [(value - mean) / spread if spread else 0.0 for value in points]


def _compared(
    beside: str, predicted: Sequence[float], other: Sequence[float], won: Sequence[bool]
) -> Comparison:
    mine, theirs = ranks_of(predicted, won), ranks_of(other, won)
    off, others_off = brier(predicted, won), brier(other, won)
    worse = mine.auc < theirs.auc or off > others_off
    gain = max(gain_in_rank(mine, theirs), gain_in_brier(predicted, other, won))
    return Comparison(
        beside=beside,
        auc=theirs.auc,
        brier=others_off,
        better=not worse and gain >= ONE_SIDED,
        worse=worse,
    )


def _verdict(measures: Measures, comparisons: Sequence[Comparison]) -> tuple[Verdict, str]:
    if measures.auc_low <= 1 / 2:
        detail = (
            f"no better than chance: a won lead is rated above a lost one in {measures.auc:.0%} "
            f"of cases, within {measures.auc_low:.0%} and {measures.auc_high:.0%} at 95 %"
        )
        return "no_better_than_chance", detail
    for each in comparisons:
        if each.worse:
            return "worse", f"worse than {_name(each)}: {_numbers(measures, each)}"
    for each in comparisons:
        if not each.better:
            return "not_better", f"not surely better than {_name(each)}: {_numbers(measures, each)}"
    told = "; ".join(f"than {_name(each)}: {_numbers(measures, each)}" for each in comparisons)
    return "better", f"better {told}" if told else "better than chance, and nothing else runs"


def _name(comparison: Comparison) -> str:
    return "the rules" if comparison.beside == RULES else "the model that ran"


def _numbers(measures: Measures, beside: Comparison) -> str:
    return (
        f"AUC {measures.auc:.3f} against {beside.auc:.3f}, "
        f"Brier {measures.brier:.4f} against {beside.brier:.4f}"
    )
