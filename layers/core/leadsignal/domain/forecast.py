"""When a score's tier changes with nothing happening: points fade, windows slide."""

from collections.abc import Sequence
from math import ceil, log2
from typing import NamedTuple

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.rulebook import Occurred, ReadyRule, Rulebook
from leadsignal.domain.scoring import bounded, clamped, override_of, score_lead, tier_of
from leadsignal.models.facts import Tier
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.rules import Group, RuleSet

GONE = 1e-9  # points that are as good as none
SPARE = 20_000  # looks at stretches of time before whole seconds are exact enough
SECOND = 1000


class Crossing(NamedTuple):
    """The first instant at which the tier is another, and which."""

    at: Instant
    tier: Tier


class _Term(NamedTuple):
    """What one rule gives: so many points for each of its occurrences, whatever is left of them."""

    ready: ReadyRule
    found: Occurred

    def points(self, at: Instant) -> float:
        """Return the points at an instant."""
        rule, weight = self.ready.rule, self.ready.weight
        if weight is None:
            return rule.points * self.found.times
        return rule.points * sum(weight(at - each) for each in self.found.at)

    @property
    def gone_at(self) -> Instant:
        """The instant from which on nothing more fades."""
        decay = self.ready.rule.decay
        if decay is None or not self.found.at:
            return 0
        span = decay.days * DAY_MS
        if decay.kind == "half_life":
            most = abs(self.ready.rule.points) * len(self.found.at)
            span *= max(log2(most / GONE), 1) if most > GONE else 1
        return ceil(self.found.at[-1] + span)


def next_crossing(lead: LeadFields, rules: Rulebook, *, now: Instant) -> Crossing | None:
    """Return the next change of the tier without an event, exact to the millisecond (to the second
    where points that grow and shrink nearly cancel out for long); None when it stays for ever.

    Between two instants at which a rule begins or ceases to count, each rule's points only fade. So
    what a stretch of time can bring at most and at least follows from its two ends; a stretch
    that can bring another tier is cut in two, the earlier half first.
    """
    override = override_of(lead.profile, now=now)
    if override is not None:
        if override.until is None:
            return None
        after = score_lead(lead, rules, now=override.until).tier
        if after != tier_of(override.score):
            return Crossing(override.until, after)
        return next_crossing(lead, rules, now=override.until)
    if not rules.moves or lead.profile.is_bot:
        return None
    terms = _terms(lead, rules, now)
    tier, at = _tier(terms, rules.ruleset, now), now
    for edge in sorted(_edges(lead, rules, now)):
        found = _first_other(terms, rules.ruleset, tier, at, edge - 1)
        if found is not None:
            return found
        terms, at = _terms(lead, rules, edge), edge
        there = _tier(terms, rules.ruleset, edge)
        if there != tier:
            return Crossing(edge, there)
    end = max((term.gone_at for term in terms), default=at)
    return _first_other(terms, rules.ruleset, tier, at, end)


def _edges(lead: LeadFields, rules: Rulebook, now: Instant) -> set[Instant]:
    return {at for ready in rules.rules if ready.moments for at in ready.moments(lead, now)}


def _terms(lead: LeadFields, rules: Rulebook, now: Instant) -> list[_Term]:
    return [_Term(ready, occurred) for ready, occurred in rules.counting(lead, now=now)]


def _tier(terms: Sequence[_Term], ruleset: RuleSet, at: Instant) -> Tier:
    return _tier_of_sums(terms, [term.points(at) for term in terms], ruleset)


def _tier_of_sums(terms: Sequence[_Term], points: Sequence[float], ruleset: RuleSet) -> Tier:
    """Return the tier that these points of rules make."""
    sums: dict[str, float] = {}
    for term, found in zip(terms, points, strict=True):
        group = term.ready.rule.group
        sums[group] = sums.get(group, 0) + found
    for name, bounds in ruleset.groups.items():
        if bounds.floor is not None:
            sums.setdefault(name, 0)
    return tier_of(
        clamped(sum(bounded(s, ruleset.groups.get(n, Group())) for n, s in sums.items()))
    )


def _first_other(
    terms: Sequence[_Term], ruleset: RuleSet, tier: Tier, after: Instant, until: Instant
) -> Crossing | None:
    """Return the first instant after one, up to another, at which the tier is another."""
    if until <= after or not any(term.ready.weight for term in terms):
        return None
    looks = 0
    stretches = [(after, until)]
    while stretches:
        low, high = stretches.pop()
        looks += 1
        if _range(terms, ruleset, low, high) == {tier}:
            continue
        if high - low <= (1 if looks < SPARE else SECOND):
            there = _tier(terms, ruleset, high)
            if there != tier:
                return Crossing(high, there)
            continue
        middle = (low + high) // 2
        stretches += [(middle, high), (low, middle)]
    return None


def _range(terms: Sequence[_Term], ruleset: RuleSet, low: Instant, high: Instant) -> set[Tier]:
    """Return the lowest and the highest tier that can be between two instants."""
    ends = [(term.points(low), term.points(high)) for term in terms]
    least = _tier_of_sums(terms, [min(pair) for pair in ends], ruleset)
    most = _tier_of_sums(terms, [max(pair) for pair in ends], ruleset)
    return {least, most}
