"""A model made ready: what a lead's columns add up to, and why."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from leadsignal.domain.model.fit import probability
from leadsignal.domain.model.learning import value_in
from leadsignal.domain.model.parts import Parts
from leadsignal.models.predictions import Feature, Value


class Influence(NamedTuple):
    """What one column of a lead adds to the log-odds of the average lead, and the part it is in."""

    feature: Feature
    part: int
    value: Value
    log_odds: float


class Predictor:
    """The features of a model; asked about every lead."""

    def __init__(self, model_id: str, intercept: float, features: Sequence[Feature]) -> None:
        self.model_id = model_id
        self.intercept = intercept
        self._features = [
            (each, Parts(each.kind, each.edges, each.values), each.weights) for each in features
        ]

    def log_odds(self, row: Mapping[str, Value]) -> float:
        """Return the log-odds of being won."""
        return self.intercept + sum(
            weights[parts.part_of(value_in(row, feature.name))]
            for feature, parts, weights in self._features
        )

    def probability(self, row: Mapping[str, Value]) -> float:
        """Return the probability of being won, within ]0, 1[."""
        return probability(self.log_odds(row))

    def influences(self, row: Mapping[str, Value]) -> list[Influence]:
        """Return what each column adds, the weightiest first; with the intercept they add up to the
        log-odds."""
        found = []
        for feature, parts, weights in self._features:
            value = value_in(row, feature.name)
            part = parts.part_of(value)
            found.append(Influence(feature, part, value, weights[part]))
        return sorted(found, key=lambda each: (-abs(each.log_odds), each.feature.name))
