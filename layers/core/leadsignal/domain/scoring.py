"""A score from a lead and its rules: points by rule, faded, capped by group, clamped to 0–100."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import fsum

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.rulebook import Occurred, ReadyRule, Rulebook
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Contribution, GroupPoints, Override, Score
from leadsignal.models.profiles import Profile
from leadsignal.models.rules import Group, Rule, RuleSet

MAX_SCORE = 100
TIERS: tuple[tuple[int, Tier], ...] = ((80, "hot"), (60, "warm"), (40, "qualified"), (0, "cold"))
HYSTERESIS = 2
WHOLE = 0.995  # less than that is left of what is said to have faded
OVERRIDE = "score_override"
"""The path by which somebody says what score a lead is to have."""
FIT, ENGAGEMENT = "fit", "engagement"
_LETTERS = ((2 / 3, "A"), (1 / 3, "B"), (0, "C"))
_NUMBERS = ((2 / 3, "1"), (1 / 3, "2"), (0, "3"))
_UNCAPPED = 50  # what a group without a cap is measured by: half of a full score
EXACT_DIGITS = 9  # of points behind the point; what is further behind is noise
REMEMBERED = 50  # contributions of one rule that are made once for all leads


def round_half_up(value: float) -> int:
    """Return the nearest whole number, halves up: 59.5 → 60."""
    return int(Decimal(str(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tier_of(score: int) -> Tier:
    """Return the tier of a score: hot from 80, warm from 60, qualified from 40, else cold."""
    return next(tier for edge, tier in TIERS if score >= edge)


def settled_tier(told: Tier, score: int) -> Tier:
    """Return the tier the world should hold after a score, given the one it was told last.

    A rise counts at once; a fall only beyond ``HYSTERESIS`` points under the edge, so that a
    score that trembles at an edge is not announced again and again.
    """
    plain = tier_of(score)
    order = [tier for _, tier in TIERS]
    if order.index(plain) <= order.index(told):
        return plain
    edge = next(edge for edge, tier in TIERS if tier == told)
    return told if score >= edge - HYSTERESIS else plain


def bounded(points: float, group: Group) -> float:
    """Return the points of a group within its cap and floor."""
    if group.cap is not None:
        points = min(points, group.cap)
    return points if group.floor is None else max(points, group.floor)


def worth(rule: Rule, times: float) -> float:
    """Return the points of so many occurrences of what a rule is about."""
    return round(rule.points * times, EXACT_DIGITS)


def summed(points: Iterable[float]) -> float:
    """Return a sum of points as people add them up: 13.1 + 13.2 + 13.2 is 39.5, not the hair less
    that binary fractions make of it, which would round to another tier."""
    return round(fsum(points), EXACT_DIGITS)


def clamped(raw: float) -> int:
    """Return the score that a raw sum makes: within 0–100, rounded half up."""
    return round_half_up(min(max(raw, 0), MAX_SCORE))


def override_of(profile: Profile, *, now: Instant) -> Override | None:
    """Return the score that somebody set by hand and that stands at an instant, if there is one."""
    said = profile.provenance.get(OVERRIDE)
    if said is None:
        return None
    until = said.value.get("until")
    if until is not None and until <= now:
        return None
    return Override(
        score=said.value["score"],
        reason=said.value["reason"],
        until=until,
        at=said.by.at,
        source=said.source,
        key_id=said.key_id,
    )


def score_lead(lead: LeadFields, rules: Rulebook, *, now: Instant) -> Score:
    """Return the score of a lead at an instant with every contribution behind it.

    ``raw`` is the sum of the groups' bounded points; the score is ``raw`` clamped to 0–100 and
    rounded half up. A lead that only crawlers made scores 0 and has no contributions. While
    somebody has set the score by hand it is that, and nothing explains it.
    """
    ruleset = rules.ruleset
    override = override_of(lead.profile, now=now)
    if override is not None:
        return Score(
            score=override.score,
            tier=tier_of(override.score),
            raw=override.score,
            ruleset_id=ruleset.id,
            ruleset_version=ruleset.version,
            override=override,
        )
    if lead.profile.is_bot:
        return Score(ruleset_id=ruleset.id, ruleset_version=ruleset.version)
    contributions: list[Contribution] = []
    parts: dict[str, list[float]] = {}
    for ready, found in rules.counting(lead, now=now):
        given = _given(ready, found, now)
        parts.setdefault(given.group, []).append(given.decayed_points)
        contributions.append(given)
    groups = _groups(parts, ruleset)
    raw = summed(group.points for group in groups.values())
    score = clamped(raw)
    return Score(
        score=score,
        tier=tier_of(score),
        raw=raw,
        ruleset_id=ruleset.id,
        ruleset_version=ruleset.version,
        contributions=tuple(contributions),
        groups=groups,
    )


def _given(ready: ReadyRule, found: Occurred, now: Instant) -> Contribution:
    """Return what a rule gives; what does not fade is the same for as many occurrences, and the
    rule remembers it."""
    weight = ready.weight
    if weight is not None:
        return _contribution(ready.rule, found, sum(weight(now - at) for at in found.at))
    count = (found.often, found.times)
    given = ready.given.get(count)
    if given is None:
        given = _contribution(ready.rule, found, found.times)
        if len(ready.given) < REMEMBERED:
            ready.given[count] = given
    return given


def _contribution(rule: Rule, found: Occurred, left: float) -> Contribution:
    """Return the points of a rule that counts so often, and what of all that is left."""
    return Contribution(
        rule_id=rule.id,
        rule=rule.name,
        group=rule.group,
        points=worth(rule, found.times),
        decayed_points=worth(rule, left),
        reason=_reason(rule.name, found, left / found.times),
    )


def _reason(name: str, found: Occurred, left: float) -> str:
    if found.often == 1 and left > WHOLE:
        return name
    often = "" if found.often == 1 else f", {found.often} times"
    capped = f" ({found.times} counted)" if found.times < found.often else ""
    faded = "" if left > WHOLE else f", faded to {left:.0%}"
    return name + often + capped + faded


def _groups(parts: Mapping[str, Sequence[float]], ruleset: RuleSet) -> dict[str, GroupPoints]:
    """Return the bounded points of each group: of those that something counted in, and those that
    have a floor."""
    floors = (name for name, group in ruleset.groups.items() if group.floor is not None)
    groups: dict[str, GroupPoints] = {}
    for name in dict.fromkeys((*parts, *floors)):
        bounds = ruleset.groups.get(name, Group())
        points = bounded(summed(parts.get(name, ())), bounds)
        groups[name] = GroupPoints(points=points, cap=bounds.cap, floor=bounds.floor)
    return groups


def grade_of(groups: Mapping[str, GroupPoints]) -> str | None:
    """Return the grade, A1 to C3: a letter for the fit, a number for the engagement; None where
    there is neither group.

    The best third of what a group can give, up to its cap, is A (or 1).
    """
    if FIT not in groups and ENGAGEMENT not in groups:
        return None
    return _third(groups.get(FIT), _LETTERS) + _third(groups.get(ENGAGEMENT), _NUMBERS)


def _third(group: GroupPoints | None, marks: Sequence[tuple[float, str]]) -> str:
    most = (group.cap if group else None) or _UNCAPPED
    share = max(group.points, 0) / most if group else 0
    return next(mark for least, mark in marks if share >= least)
