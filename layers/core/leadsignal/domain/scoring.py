"""A score from a profile and a rule set: points by rule, capped by group, clamped to 0–100."""

from decimal import ROUND_HALF_UP, Decimal

from leadsignal.models.base import Frozen
from leadsignal.models.facts import Tier
from leadsignal.models.leads import Contribution, GroupPoints, Score
from leadsignal.models.profiles import Profile
from leadsignal.models.rules import (
    BoostRule,
    ExistRule,
    Group,
    MatchRule,
    RangeRule,
    Rule,
    RuleSet,
)

MAX_SCORE = 100
TIERS: tuple[tuple[int, Tier], ...] = ((80, "hot"), (60, "warm"), (40, "qualified"), (0, "cold"))
HYSTERESIS = 2

_PLAIN_FIELDS = frozenset(
    ("email", "first_name", "last_name", "phone", "title", "is_known", "email_kind")
    + ("email_role", "email_deliverable")
    + ("event_count", "session_count", "visit_count", "first_seen_at", "last_seen_at", "created_at")
)


class Hit(Frozen):
    """What one rule found: how often it counts, and in words why."""

    times: int
    reason: str


def field_value(profile: Profile, field: str) -> object:
    """Return the value of a dotted field (contract: Conditions), None when there is none."""
    head, _, name = field.partition(".")
    if head == "company":
        return getattr(profile.company, name, None)
    if head == "traits":
        return profile.traits.get(name)
    if head == "consent":
        return profile.consent.get(name)
    if head in ("first_touch", "last_touch"):
        touch = getattr(profile, head)
        return getattr(touch.mark, name, None) if touch else None
    if field == "source":
        return profile.first_touch.mark.channel if profile.first_touch else None
    return getattr(profile, field) if field in _PLAIN_FIELDS else None


def _equal(value: object, wanted: object) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.strip().casefold() == wanted.strip().casefold()
    return type(value) is type(wanted) and value == wanted


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def url_matches(pattern: str, page: str) -> bool:
    """Return whether a page (host and path) is meant by a rule's ``url``.

    A pattern that starts with ``/`` is compared with the path on any host.
    """
    text = pattern.partition("://")[2] or pattern
    text = text.partition("?")[0].partition("#")[0]
    subject = page
    if text.startswith("/"):
        subject = "/" + page.partition("/")[2]
    elif host := text.partition("/")[0]:
        text = host.lower().removeprefix("www.") + text[len(host) :]
    if text.endswith("*"):
        return subject.startswith(text[:-1]) or subject == text[:-1].rstrip("/")
    return subject.rstrip("/") == text.rstrip("/")


def _boost(rule: BoostRule, profile: Profile) -> Hit | None:
    if rule.url is not None:
        url = rule.url
        tallies = [t for page, t in profile.pages.items() if url_matches(url, page)]
    else:
        tallies = [t for name, t in profile.names.items() if name == rule.event]
    count = sum(tally.count for tally in tallies)
    if count == 0:
        return None
    times = min(count, rule.max_times or count)
    often = "" if count == 1 else f", {count} times"
    capped = f" ({times} counted)" if times < count else ""
    return Hit(times=times, reason=rule.name + often + capped)


def _hit(rule: Rule, profile: Profile) -> Hit | None:
    if isinstance(rule, BoostRule):
        return _boost(rule, profile)
    value = field_value(profile, rule.field)
    if isinstance(rule, ExistRule):
        matched = value not in (None, "", (), [], {})
    elif isinstance(rule, MatchRule):
        matched = _equal(value, rule.value)
    elif isinstance(rule, RangeRule):
        number = _number(value)
        matched = (
            number is not None
            and (rule.from_ is None or number >= rule.from_)
            and (rule.to is None or number < rule.to)
        )
    return Hit(times=1, reason=rule.name) if matched else None


def _bounded(points: float, group: Group) -> float:
    if group.cap is not None:
        points = min(points, group.cap)
    return points if group.floor is None else max(points, group.floor)


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


def score_profile(profile: Profile, rules: RuleSet) -> Score:
    """Return the score of a profile with every contribution behind it.

    ``raw`` is the sum of the groups' bounded points; the score is ``raw`` clamped to 0–100 and
    rounded half up. A lead that only crawlers made scores 0 and has no contributions.
    """
    contributions: list[Contribution] = []
    sums: dict[str, float] = {}
    for rule in () if profile.is_bot else rules.rules:
        hit = _hit(rule, profile)
        if hit is None:
            continue
        points = rule.points * hit.times
        sums[rule.group] = sums.get(rule.group, 0) + points
        contributions.append(
            Contribution(
                rule_id=rule.id,
                rule=rule.name,
                group=rule.group,
                points=points,
                decayed_points=points,
                reason=hit.reason,
            )
        )
    groups = {
        name: GroupPoints(points=_bounded(points, bounds), cap=bounds.cap, floor=bounds.floor)
        for name, points in sums.items()
        for bounds in (rules.groups.get(name, Group()),)
    }
    raw = sum(group.points for group in groups.values())
    score = round_half_up(min(max(raw, 0), MAX_SCORE))
    return Score(
        score=score,
        tier=tier_of(score),
        raw=raw,
        ruleset_id=rules.id,
        ruleset_version=rules.version,
        contributions=tuple(contributions),
        groups=groups,
    )
