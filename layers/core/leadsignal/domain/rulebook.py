"""Rules made ready: compiled once for each version of a rule set, then asked about every lead."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from leadsignal.domain.conditions import fields
from leadsignal.domain.conditions.changes import edges, moments, newest, timed_leaves
from leadsignal.domain.conditions.dated import Dated, moment_of
from leadsignal.domain.conditions.evaluate import (
    compiled_with,
    is_missing,
    performed_leaves,
    selector,
    selector_of,
)
from leadsignal.domain.conditions.lead_fields import LeadFields, reader
from leadsignal.domain.conditions.parse import parse, parse_window
from leadsignal.domain.conditions.selectors import Selector, Tracked, tracked
from leadsignal.domain.conditions.windows import start_of
from leadsignal.domain.default_rules import DEFAULT_RULES
from leadsignal.domain.pages import url_matches
from leadsignal.models.activity import Tally
from leadsignal.models.conditions import Condition, Kind, Window
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.leads import Contribution
from leadsignal.models.rules import (
    BoostRule,
    ConditionRule,
    Decay,
    ExistRule,
    MatchRule,
    RangeRule,
    Rule,
    RuleSet,
)
from leadsignal.models.tenants import Tenant

MAX_TIMES = 100  # occurrences that are counted each by itself: in a window, or as they fade
MAX_PAGES = 10_000  # of which it is remembered by which rules they are meant

_DERIVED = ("score", "tier", "segments", "quality", "quality.fixes")
_OURS = ("email_kind", "email_role", "email_deliverable", "visit_count")

_BY_NAME: dict[str, "Kept"] = {"traits": "trait", "attributes": "attribute"}


class Occurred(NamedTuple):
    """How often something happened, how often that counts, and (of what fades) when."""

    often: int
    times: int
    at: Sequence[Instant] = ()


ONCE = Occurred(1, 1)

type Find = Callable[[LeadFields, Instant], Occurred | None]
type Holds = Callable[[LeadFields, Instant], bool]
type Moments = Callable[[LeadFields, Instant], Iterable[Instant]]


type Kept = Literal["event", "page", "mark", "trait", "attribute"]


class About(NamedTuple):
    """What a lead must have for a rule to count at all: an event, a trait or an attribute by its
    name, a page by the URL of a rule, a mark by the name of its selector."""

    kind: Kept
    name: str


class Test(NamedTuple):
    """What a rule asks of the value of a field."""

    field: str
    holds: Callable[[object], bool]


@dataclass(frozen=True, slots=True, eq=False)
class ReadyRule:
    """A rule, what finds how often it counts, and at which instants that may change by itself.

    ``about`` says which leads need not be asked, ``test`` that the rule asks for one value;
    ``given`` is what it gave to others who did the same as often.
    """

    rule: Rule
    find: Find
    moments: Moments | None = None
    weight: Callable[[Instant], float] | None = None
    about: About | None = None
    test: Test | None = None
    given: dict[tuple[int, int], Contribution] = field(default_factory=dict)

    @property
    def moves(self) -> bool:
        """Return whether its points can change with no event."""
        return self.moments is not None or self.weight is not None


class Rulebook:
    """A rule set, compiled, and what summaries have to keep for it."""

    def __init__(self, ruleset: RuleSet, *, also: Iterable[Selector] = ()) -> None:
        """``also`` is what others than rules count of the same leads."""
        self.ruleset = ruleset
        maker = _Maker()
        self.rules = tuple(maker.ready(rule) for rule in ruleset.rules)
        self.tracked: Tracked = tracked([*maker.selectors, *also])
        self.places = {ready.rule.id: place for place, ready in enumerate(self.rules)}
        self.moving = tuple(place for place, ready in enumerate(self.rules) if ready.moves)
        self._index = _Index(self.rules, maker.pages)

    def counting(self, lead: LeadFields, *, now: Instant) -> list[tuple[ReadyRule, Occurred]]:
        """Return the rules that count for a lead at an instant, in their order, and how often."""
        found = self._index.found(lead, now)
        rules = self.rules
        return [(rules[place], found[place]) for place in sorted(found)]


class _Index:
    """The places of rules by what they are about: most rules are about what a lead has not, and
    are never looked at."""

    def __init__(self, rules: Sequence[ReadyRule], pages: "_Pages") -> None:
        self._pages = pages
        self._others: list[tuple[int, Find]] = []
        self._about: dict[Kept, dict[str, list[tuple[int, Find]]]] = {}
        tests: dict[str, list[tuple[int, Callable[[object], bool]]]] = {}
        for place, ready in enumerate(rules):
            if ready.test is not None:
                tests.setdefault(ready.test.field, []).append((place, ready.test.holds))
            elif ready.about is not None:
                about = self._about.setdefault(ready.about.kind, {})
                about.setdefault(ready.about.name, []).append((place, ready.find))
            else:
                self._others.append((place, ready.find))
        self._tests = [(reader(name), asked) for name, asked in tests.items()]

    def found(self, lead: LeadFields, now: Instant) -> dict[int, Occurred]:
        """Return how often rules count for a lead, by their place."""
        found: dict[int, Occurred] = {}
        for read, tests in self._tests:
            value = read(lead)
            if value is not None:
                for place, holds in tests:
                    if holds(value):
                        found[place] = ONCE
        for place, find in self._asked(lead):
            occurred = find(lead, now)
            if occurred is not None:
                found[place] = occurred
        return found

    def _asked(self, lead: LeadFields) -> list[tuple[int, Find]]:
        """Return the rules that may count for a lead."""
        asked = list(self._others)
        has: dict[Kept, Mapping[str, object]] = {
            "event": lead.profile.names,
            "page": self._pages.viewed(lead),
            "mark": lead.timelines,
            "trait": lead.profile.traits,
            "attribute": lead.attributes,
        }
        for kind, rules in self._about.items():
            for name in rules.keys() & has[kind].keys():
                asked += rules[name]
        return asked


def rule_field(field: str) -> Kind | None:
    """Return the kind of a field that a rule may name: of a lead, but for what follows from the
    score itself, and for the quality, which ages day by day."""
    if field in _DERIVED:
        return None
    return "value" if field in _OURS else fields.of_lead(field)


@cache
def _default_book() -> Rulebook:
    return Rulebook(DEFAULT_RULES)


def default_rules(tenant: Tenant) -> Rulebook:
    """Return the rules of a tenant that has published none."""
    del tenant
    return _default_book()


class _Maker:
    """Compiles rules, and collects what they count."""

    def __init__(self) -> None:
        self.selectors: list[Selector] = []
        self.pages = _Pages()

    def ready(self, rule: Rule) -> ReadyRule:
        """Return a rule, compiled.

        Raises:
            InvalidInputError: a condition in it is none.
        """
        weight = _weight(rule.decay) if rule.decay else None
        if isinstance(rule, BoostRule):
            return self._boost(rule, weight)
        if isinstance(rule, ConditionRule):
            holds, when = self._condition(rule)
            find = _since_last_seen(holds) if rule.decay else _once(holds)
            return ReadyRule(rule, find, when, weight)
        test = Test(rule.field, _test(rule))
        find = _by_field(test.holds, reader(rule.field))
        if rule.decay:
            return ReadyRule(rule, _since_last_seen(find), weight=weight)
        head, _, name = rule.field.partition(".")
        kept = _BY_NAME.get(head)
        if kept and "." not in name:
            return ReadyRule(rule, find, about=About(kept, name))
        return ReadyRule(rule, find, test=test)

    def _condition(self, rule: ConditionRule) -> tuple[Holds, Moments | None]:
        condition = parse(rule.condition, rule_field)
        leaves = list(performed_leaves(condition))
        self.selectors += [selector_of(leaf) for leaf in leaves]
        holds = compiled_with(condition, reader)
        counted = timed_leaves(condition)
        return holds, (lambda lead, now: moments(counted, lead, now=now)) if counted else None

    def _boost(self, rule: BoostRule, weight: Callable[[Instant], float] | None) -> ReadyRule:
        where, most = _where(rule), rule.max_times
        if where is None and rule.within is None and weight is None:
            if rule.url is None:
                event = rule.event or ""
                return ReadyRule(rule, _by_name(event, most), about=About("event", event))
            if rule.event is None:
                self.pages.urls.append(rule.url)
                find = _by_page(self.pages, rule.url, most)
                return ReadyRule(rule, find, about=About("page", rule.url))
        window = parse_window(rule.within, "/within") if rule.within is not None else None
        timed = window is not None or weight is not None
        keep = min(most or MAX_TIMES, MAX_TIMES) if timed else 0
        what = selector(event=rule.event, where=where, url=rule.url, keep=keep)
        self.selectors.append(what)
        about = About("mark", what.name)
        if not timed:
            return ReadyRule(rule, _by_mark(what, most), about=about)
        when: Moments | None = None
        if window is not None:
            span = window
            when = lambda lead, now: edges(  # noqa: E731
                newest(lead.instants(what), keep, now=now), span, now=now
            )
        return ReadyRule(rule, _by_instants(what, window, keep), when, weight, about)


def _where(rule: BoostRule) -> Condition | None:
    if rule.where is None:
        return None
    return parse(rule.where, fields.of_event, events=False, at="/where")


def _weight(decay: Decay) -> Callable[[Instant], float]:
    """Return what is left of points of an age in milliseconds: from 1 down to 0."""
    span = decay.days * DAY_MS
    if decay.kind == "half_life":
        return lambda age: 0.5 ** (age / span) if age > 0 else 1.0
    return lambda age: max(0.0, 1 - age / span) if age > 0 else 1.0


def _once(holds: Holds) -> Find:
    return lambda lead, now: ONCE if holds(lead, now) else None


def _by_field(test: Callable[[object], bool], read: Callable[[LeadFields], object]) -> Find:
    def find(lead: LeadFields, now: Instant) -> Occurred | None:
        del now
        value = read(lead)
        return ONCE if value is not None and test(value) else None

    return find


def _since_last_seen(holds: Callable[[LeadFields, Instant], object]) -> Find:
    return lambda lead, now: (
        Occurred(1, 1, (lead.profile.last_seen_at,)) if holds(lead, now) else None
    )


def _test(rule: RangeRule | MatchRule | ExistRule) -> Callable[[object], bool]:
    if isinstance(rule, ExistRule):
        return lambda value: not is_missing(value)
    if isinstance(rule, MatchRule):
        return _equal_to(rule.value)
    low, high = rule.from_, rule.to

    def between(value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return (low is None or value >= low) and (high is None or value < high)

    return between


def _equal_to(wanted: str | bool | float) -> Callable[[object], bool]:
    equal = _same_text(wanted) if isinstance(wanted, str) else _same_value(wanted)
    return lambda value: any(map(equal, value)) if isinstance(value, list | tuple) else equal(value)


def _same_text(wanted: str) -> Callable[[object], bool]:
    text, at = wanted.strip().casefold(), moment_of(wanted)

    def same(value: object) -> bool:
        if isinstance(value, str):
            return value.strip().casefold() == text
        return isinstance(value, Dated) and value.at == at

    return same


def _same_value(wanted: bool | float) -> Callable[[object], bool]:
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    return lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and value == wanted
    )


def _by_name(event: str, most: int | None) -> Find:
    def find(lead: LeadFields, now: Instant) -> Occurred | None:
        del now
        tally = lead.profile.names.get(event)
        if tally is None:
            return None
        count = tally.count
        return Occurred(count, count if most is None else min(count, most))

    return find


class _Pages:
    """Which pages the URLs of rules mean; what was asked once is remembered."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self._known: dict[str, tuple[str, ...]] = {}

    def viewed(self, lead: LeadFields) -> Mapping[str, int]:
        """Return how often pages that are meant were viewed by a lead, by URL; counted once."""
        if not self.urls:
            return {}
        views = lead.views.get(self) if lead.views else None
        if views is None:
            views = self.views(lead.profile.pages)
            lead.views = (lead.views or {}) | {self: views}
        return views

    def views(self, pages: Mapping[str, Tally]) -> dict[str, int]:
        """Return how often pages that are meant were viewed, by URL."""
        known = self._known
        if len(known) > MAX_PAGES:
            known.clear()
        counts: dict[str, int] = {}
        for page, tally in pages.items():
            meant = known.get(page)
            if meant is None:
                urls = dict.fromkeys(self.urls)
                meant = known[page] = tuple(url for url in urls if url_matches(url, page))
            for url in meant:
                counts[url] = counts.get(url, 0) + tally.count
        return counts


def _by_page(pages: _Pages, url: str, most: int | None) -> Find:
    def find(lead: LeadFields, now: Instant) -> Occurred | None:
        del now
        count = pages.viewed(lead).get(url, 0)
        if not count:
            return None
        return Occurred(count, count if most is None else min(count, most))

    return find


def _by_mark(what: Selector, most: int | None) -> Find:
    def find(lead: LeadFields, now: Instant) -> Occurred | None:
        count = lead.times(what, None, now)
        return Occurred(count, min(count, most or count)) if count else None

    return find


def _by_instants(what: Selector, window: Window | None, most: int) -> Find:
    """Return what finds the newest occurrences, in the window if there is one."""

    def find(lead: LeadFields, now: Instant) -> Occurred | None:
        found = lead.timelines.get(what.name)
        if found is None or not found.at:
            return None
        if window is None:
            return Occurred(len(found.at) + found.more, min(len(found.at), most), found.at[-most:])
        within = found.at[bisect_left(found.at, start_of(window, now=now)) :]
        return Occurred(len(within), min(len(within), most), within[-most:]) if within else None

    return find
