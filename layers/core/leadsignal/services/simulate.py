"""Tries a rule set on leads as they are stored, and writes nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import islice

from leadsignal.domain.conditions.lead_fields import LeadFields, Timeline
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.outcomes import Outcomes
from leadsignal.domain.pages import VIEWS
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import score_lead
from leadsignal.domain.trials import area_under_curve, lift
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.lists import LeadOrder, ListEntry
from leadsignal.models.profiles import Profile
from leadsignal.models.rulesets import Simulation
from leadsignal.ports import DealStore
from leadsignal.services.behaviour import StoredBehaviour
from leadsignal.services.commit import fields_of, is_ready
from leadsignal.services.leads import Library
from leadsignal.services.timelines import OwnEvents

MOST = 5_000  # leads that are looked at
MOST_DEALS = 10_000
PATIENCE_MS = 12_000  # for which they are
AHEAD = 100
HOT_SHOWN = 100
STEP = 10
_STEPS = [*(f"{n}-{n + 9}" for n in range(0, 90, STEP)), "90-100"]
ORDER: LeadOrder = "-created_at"


def simulate(
    rules: Rulebook, *, library: Library, deals: DealStore, clock: Callable[[], Instant]
) -> Simulation:
    """Return what scoring leads by the rules would change, those created last first: all of them,
    or as many as there was time for.

    A score is the one that publishing the rules at this moment would give. What became of leads is
    told by what was said of them, by the last ``MOST_DEALS`` deals, and by their status.
    """
    began = now = clock()
    known = deals.entries(after=None, ascending=False, ahead=AHEAD)
    outcomes = Outcomes(islice(known, MOST_DEALS))
    distribution: Counter[int] = Counter()
    tiers: defaultdict[Tier, Counter[Tier]] = defaultdict(Counter)
    hot: list[str] = []
    won: list[float] = []
    lost: list[float] = []
    entries = library.lists.entries(ORDER, after=None, ahead=AHEAD)
    tenant, count = library.tenant, 0
    for lead in _while_patient(entries, began, clock):
        count += 1
        profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
        score = score_lead(fields_seen(lead, profile, rules, library, now), rules, now=now)
        distribution[min(score.score // STEP, 9)] += 1
        tiers[lead.score.tier][score.tier] += 1
        if score.tier == "hot" and lead.score.tier != "hot" and len(hot) < HOT_SHOWN:
            hot.append(lead.lead_id)
        told = outcomes.of(lead, profile)
        if told is not None:
            (won if told.outcome == "won" else lost).append(score.raw)
    return Simulation(
        leads=count,
        complete=next(entries, None) is None,
        distribution={name: distribution[n] for n, name in enumerate(_STEPS)},
        tiers={before: dict(after) for before, after in tiers.items()},
        becomes_hot=tuple(hot),
        lift=lift(won, lost),
        auc=area_under_curve(won, lost),
    )


def _while_patient(
    entries: Iterator[ListEntry], began: Instant, clock: Callable[[], Instant]
) -> Iterator[Lead]:
    for entry in islice(entries, MOST):
        yield entry.lead
        if clock() - began > PATIENCE_MS:
            return


def fields_seen(
    lead: Lead, profile: Profile, rules: Rulebook, library: Library, now: Instant
) -> LeadFields:
    """Return a lead as the rules see it; what its summaries do not know is read from its days."""
    if is_ready(lead, rules):
        return fields_of(lead, profile, tenant=library.tenant, attributes=library.attributes)
    own = OwnEvents(lead, tenant=library.tenant, snapshots=library.snapshots)
    behaviour = StoredBehaviour(lead, days=library.activity, own=own)
    timelines = {name: _counted(what, behaviour, now) for name, what in rules.tracked.items()}
    return LeadFields(
        profile,
        timelines,
        statuses=library.tenant.statuses,
        attributes=library.attributes.compared(profile.attributes),
    )


def _counted(what: Selector, behaviour: StoredBehaviour, now: Instant) -> Timeline:
    names = VIEWS if what.event is None else (what.event,)
    found = (event for name in names for event in behaviour.events(name, None, now))
    instants = sorted(event.at for event in found if what.matches(event))
    return Timeline(instants)
