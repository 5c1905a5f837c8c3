"""Why a lead is likelier or less likely to be won than the average one, in words."""

from math import exp

from leadsignal.domain.model.parts import number_of
from leadsignal.domain.model.predictor import Influence
from leadsignal.models.predictions import Feature, Value

_COUNTED = {"events": "did {name} {often}", "pages": "viewed {name} {often}"}


def reason_of(influence: Influence) -> str:
    """Return what a column says of a lead, and by how much that moves its odds."""
    said = _said(influence.feature, influence.part, influence.value)
    odds = exp(influence.log_odds)
    if 0.95 <= odds <= 1.05:
        return f"{said}: about as likely as the average lead"
    way = f"{odds:.1f} times" if odds > 1 else f"{odds:.2f} of"
    return f"{said}: {way} the odds of the average lead"


def _said(feature: Feature, part: int, value: Value) -> str:
    head, _, name = feature.name.partition(".")
    if head in _COUNTED:
        times = int(number_of(value) or 0)
        often = "never" if times == 0 else "once" if times == 1 else f"{times} times"
        return _COUNTED[head].format(name=name, often=often)
    if head == "tags":
        return f"has the tag {name}" if value else f"does not have the tag {name}"
    if feature.kind == "text":
        return _text(feature, part, value)
    if part > len(feature.edges):
        return f"{feature.name} is not known"
    return f"{feature.name} is {number_of(value):g}{_stretch(feature, part)}"


def _text(feature: Feature, part: int, value: Value) -> str:
    if part > len(feature.values):
        return f"{feature.name} is not known"
    if part == len(feature.values):
        return f"{feature.name} is none of the frequent ones"
    told = str(value).lower() if isinstance(value, bool) else value
    return f"{feature.name} is {told}"


def _stretch(feature: Feature, part: int) -> str:
    if not feature.edges:
        return ""
    if part == 0:
        return f" (below {feature.edges[0]:g})"
    if part == len(feature.edges):
        return f" ({feature.edges[-1]:g} or more)"
    return f" ({feature.edges[part - 1]:g} to {feature.edges[part]:g})"
