"""When a score comes to another step with nothing happening: points fade, windows slide."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from math import ceil, log2
from typing import NamedTuple

from leadsignal.domain.conditions.lead_fields import LeadFields
from leadsignal.domain.rulebook import MAX_TIMES, Occurred, ReadyRule, Rulebook
from leadsignal.domain.scoring import (
    TIERS,
    bounded,
    clamped,
    score_lead,
    summed,
    tier_of,
    worth,
)
from leadsignal.models.facts import Tier
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.leads import Score
from leadsignal.models.rules import BoostRule, Group

GONE = 1e-9  # points that are as good as none
SPARE = 20_000  # looks at stretches of time before whole seconds are exact enough
SECOND = 1000
TIER_EDGES = tuple(sorted(edge for edge, _ in TIERS))
_UNBOUNDED = Group()


class Crossing(NamedTuple):
    """The first instant at which the tier is another, and which."""

    at: Instant
    tier: Tier


class Step(NamedTuple):
    """The first instant at which a score is on another step, and the score there."""

    at: Instant
    score: int


def next_crossing(
    lead: LeadFields, rules: Rulebook, score: Score, *, now: Instant
) -> Crossing | None:
    """Return the next change of the tier without an event, exact as ``next_step`` is; None when it
    stays for ever. ``score`` is that of ``now``."""
    override = score.override
    if override is not None:
        if override.until is None:
            return None
        after = score_lead(lead, rules, now=override.until)
        if after.tier != score.tier:
            return Crossing(override.until, after.tier)
        return next_crossing(lead, rules, after, now=override.until)
    step = next_step(lead, rules, score, edges=TIER_EDGES, now=now)
    return Crossing(step.at, tier_of(step.score)) if step else None


def next_step(
    lead: LeadFields,
    rules: Rulebook,
    score: Score,
    *,
    edges: Sequence[int],
    now: Instant,
    before: Instant | None = None,
    turns: int | None = None,
) -> Step | None:
    """Return the first instant after ``now`` at which what the rules give has crossed one of the
    ``edges`` (ascending; a score that equals one is above it). None when it stays for ever, or up
    to an instant: what happens from ``before`` on is not looked for. After so many ``turns`` of
    rules that begin or cease to count it gives up, and returns how far it came. ``score`` is what
    the rules give ``now``.

    It is exact to the millisecond, and to the second where points that grow and shrink nearly
    cancel out for long. Between two instants at which a rule begins or ceases to count, each rule's
    points only fade. So what a stretch of time can bring at most and at least follows from its two
    ends; a stretch that can bring another step is cut in two, the earlier half first.
    """
    if not rules.moving or lead.profile.is_bot:
        return None
    course = _Course(lead, rules, score, edges, now)
    if not course.can_leave():
        return None
    here, since = bisect_right(edges, score.score), now
    for number, turn in enumerate(course.turns()):
        if before is not None and turn >= before:
            break
        found = course.first_other(here, since, turn - 1)
        if found is not None:
            return found
        course.turn(turn)
        since = turn
        if course.step(turn) != here or number + 1 == turns:
            return Step(turn, course.score(turn))
    end = course.gone_at if before is None else min(course.gone_at, before - 1)
    return course.first_other(here, since, end)


class _Term(NamedTuple):
    """What one rule gives: so many points for each of its occurrences, whatever is left of them."""

    ready: ReadyRule
    found: Occurred

    def points(self, at: Instant) -> float:
        """Return the points at an instant."""
        rule, weight = self.ready.rule, self.ready.weight
        if weight is None:
            return worth(rule, self.found.times)
        return worth(rule, sum([weight(at - each) for each in self.found.at]))

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


type _Points = list[float]


class _Course:
    """What the rules give to a lead from an instant on, if nothing happens."""

    def __init__(
        self,
        lead: LeadFields,
        rules: Rulebook,
        score: Score,
        edges: Sequence[int],
        now: Instant,
    ) -> None:
        self._lead, self._rules, self._edges = lead, rules.rules, edges
        self._bounds = rules.ruleset.groups
        self._floors = [name for name, each in self._bounds.items() if each.floor is not None]
        counted = {rules.places[part.rule_id]: part for part in score.contributions}
        self._still = {n: (part.group, part.decayed_points) for n, part in counted.items()}
        self._terms: dict[int, _Term] = {}
        self._moving, self._now = rules.moving, now
        self._moments: dict[Instant, list[int]] = {}
        self._groups: list[str] = []
        for place in rules.moving:
            self._find(place, now)
        self._sort()

    def can_leave(self) -> bool:
        """Return whether the most and the least that can become of the points are another step."""
        ends: dict[int, tuple[str, float]] = dict(self._still)
        for place in self._moving:
            ready = self._rules[place]
            ends[place] = (ready.rule.group, self._most(place, ready))
        here, moving = self._groups, set(self._moving)
        self._groups = [group for group, _ in ends.values()]
        points = [(0.0 if place in moving else end, end) for place, (_, end) in ends.items()]
        least, most = self._step_of(map(min, points)), self._step_of(map(max, points))
        self._groups = here
        return least != most

    def _most(self, place: int, ready: ReadyRule) -> float:
        """Return the points of a rule that are furthest from none, now or later: of what only
        fades, or leaves a window for good, there will not be more than now."""
        rule = ready.rule
        if ready.moments is not None and not isinstance(rule, BoostRule):
            return worth(rule, 1)
        if isinstance(rule, BoostRule) and rule.within and "time_zone" in rule.within:
            return worth(rule, min(rule.max_times or MAX_TIMES, MAX_TIMES))
        if place in self._terms:
            return self._terms[place].points(self._now)
        return self._still[place][1] if place in self._still else 0.0

    def turns(self) -> list[Instant]:
        """Return when rules begin or cease to count."""
        for place in self._moving:
            when = self._rules[place].moments
            for at in when(self._lead, self._now) if when else ():
                self._moments.setdefault(at, []).append(place)
        return sorted(self._moments)

    def turn(self, at: Instant) -> None:
        """Go on to one of the turns."""
        for place in self._moments[at]:
            self._find(place, at)
        self._sort()

    def _find(self, place: int, at: Instant) -> None:
        ready = self._rules[place]
        found = ready.find(self._lead, at)
        self._still.pop(place, None)
        self._terms.pop(place, None)
        if found is not None and ready.weight is None:
            self._still[place] = (ready.rule.group, worth(ready.rule, found.times))
        elif found is not None:
            self._terms[place] = _Term(ready, found)

    def _sort(self) -> None:
        """Keep what counts in the order of the rules: sums are to be those of a score."""
        still, terms = self._still, self._terms
        places = sorted([*still, *terms])
        self._groups = [
            still[place][0] if place in still else terms[place].ready.rule.group for place in places
        ]
        self._base = [still[place][1] if place in still else 0.0 for place in places]
        self._fading = [(n, terms[place]) for n, place in enumerate(places) if place in terms]

    @property
    def gone_at(self) -> Instant:
        """The instant from which on nothing more fades."""
        return max((term.gone_at for _, term in self._fading), default=0)

    def step(self, at: Instant) -> int:
        """Return how many edges are below the score of an instant, or equal to it."""
        return self._step_of(self._points(at))

    def score(self, at: Instant) -> int:
        """Return the score of an instant."""
        return self._score_of(self._points(at))

    def first_other(self, here: int, after: Instant, until: Instant) -> Step | None:
        """Return the first instant after one, up to another, at which the score is on another step
        than ``here``."""
        if until <= after or not self._fading:
            return None
        looks = 0
        stretches = [(after, until, self._points(after), self._points(until))]
        while stretches:
            low, high, one, other = stretches.pop()
            looks += 1
            if self._step_of(map(min, one, other)) == here == self._step_of(map(max, one, other)):
                continue
            if high - low <= (1 if looks < SPARE else SECOND):
                if self._step_of(other) != here:
                    return Step(high, self._score_of(other))
                continue
            middle = (low + high) // 2
            between = self._points(middle)
            stretches += [(middle, high, between, other), (low, middle, one, between)]
        return None

    def _points(self, at: Instant) -> _Points:
        """Return the points of each rule that counts."""
        points = self._base.copy()
        for place, term in self._fading:
            points[place] = term.points(at)
        return points

    def _step_of(self, points: Iterable[float]) -> int:
        return bisect_right(self._edges, self._score_of(points))

    def _score_of(self, points: Iterable[float]) -> int:
        """Return the score that these points of rules make."""
        parts: dict[str, list[float]] = {name: [] for name in self._floors}
        for group, found in zip(self._groups, points, strict=True):
            parts.setdefault(group, []).append(found)
        bounds = self._bounds
        sums = (bounded(summed(each), bounds.get(n, _UNBOUNDED)) for n, each in parts.items())
        return clamped(summed(sums))
