"""What a score would have told of leads that were won and lost."""

from collections.abc import Sequence
from math import ceil

from leadsignal.domain.model.measures import ranks_of

TOP = 0.2  # of the leads, by score: those that somebody calls first


def area_under_curve(won: Sequence[float], lost: Sequence[float]) -> float | None:
    """Return how often a won lead has the higher score of a won and a lost one, 0 to 1; ties count
    half. None where there are not both."""
    if not won or not lost:
        return None
    return ranks_of([*won, *lost], [True] * len(won) + [False] * len(lost)).auc


def lift(won: Sequence[float], lost: Sequence[float]) -> float | None:
    """Return how many times as often leads were won among the best fifth by score as among all;
    None where there are not both. Of leads with one score an equal share each is in the fifth."""
    if not won or not lost:
        return None
    everyone = sorted([*won, *lost], reverse=True)
    size = ceil(len(everyone) * TOP)
    edge = everyone[size - 1]
    above, at = sum(s > edge for s in everyone), everyone.count(edge)
    share = (size - above) / at
    found = sum(s > edge for s in won) + share * sum(s == edge for s in won)
    return (found / size) / (len(won) / len(everyone))
