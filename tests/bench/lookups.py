"""What a month of sessions pays for, through the services that really look companies up.

Each session asks who is behind its address, as ``GET /v1/identify`` does. Companies are known to a
paid provider that counts what it is asked; one in ten it does not know. Everything lives in memory.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from leadsignal.adapters.providers.embedded import Embedded
from leadsignal.models.enrichment import Answer, CompanyFacts, Lookup, LookupKind
from leadsignal.models.instants import to_instant
from leadsignal.models.providers import Provider
from leadsignal.runtime.flights import RecentSights
from leadsignal.services.flights import Asking
from leadsignal.services.lookups import look_up
from tests.bench.month import MonthNetworks, Shape, Visit, month, per_address, per_session
from tests.bench.report import table
from tests.fakes.clock import NOW, Clock
from tests.fakes.events import World, tenant
from tests.fakes.lookups import directory, lookup_desk
from tests.fakes.stores import ScriptedMail

TARGET = 0.25
UNKNOWN = 10  # of so many companies the provider does not know one
SHAPES = (
    Shape(6_000, 600, 0.7),
    Shape(6_000, 600, 0.9),
    Shape(6_000, 600, 1.1),
    Shape(6_000, 3_000, 0.9),
)
DEADLINE_MS = 2_500


class CountingProvider:
    """Knows nine in ten companies by domain, and counts what it is asked."""

    kinds: frozenset[LookupKind] = frozenset({"domain", "ip"})

    def __init__(self) -> None:
        self.calls = 0

    def ask(self, lookup: Lookup, *, timeout_ms: int) -> Answer:
        """Return the company of a domain, unless its number ends in a nine."""
        del timeout_ms
        self.calls += 1
        number = lookup.value.removeprefix("company-").removesuffix(".com")
        if not number.isdigit() or int(number) % UNKNOWN == UNKNOWN - 1:
            return Answer()
        facts = CompanyFacts(
            domain=lookup.value,
            name=f"Company {number}",
            industry="Machinery",
            employee_count=120,
            country="US",
            confidence=0.9,
            provider="paid",
        )
        return Answer(company=facts)


class NoCompanies:
    """Knows nothing of any company: all there is to know has to be paid for."""

    def by_domain(self, domain: str) -> CompanyFacts | None:
        """Return None."""
        del domain
        return None  # noqa: RET501 - what the port returns


class Paid(NamedTuple):
    """What one month paid for: calls by who asks each time, by who keeps answers by address for a
    day, and by us; and the credits that we were charged."""

    shape: Shape
    each: int
    daily: int
    ours: int
    credits: int

    @property
    def share(self) -> float:
        """Our paid look-ups per session."""
        return self.ours / self.each

    @property
    def kept(self) -> bool:
        """Return whether that is no more than the target."""
        return self.share <= TARGET


def run(shape: Shape) -> Paid:
    """Return what a month of that shape pays for."""
    visits = month(shape, start=to_instant(NOW))
    calls, credits = ours(visits)
    return Paid(shape, per_session(visits), per_address(visits), calls, credits)


def ours(visits: Sequence[Visit]) -> tuple[int, int]:
    """Return how often the provider was asked for these sessions, and the credits it cost."""
    clock, source, memory = Clock(), CountingProvider(), RecentSights()
    account = tenant().model_copy(update={"monthly_credits": 10 * len(visits)})
    leads = World(account).leads[account.tenant_id]
    home = Embedded(networks=MonthNetworks(), companies=NoCompanies(), mail=ScriptedMail())
    waterfall = (
        (Provider(id="embedded", name="Embedded", kind="embedded"), home),
        (Provider(id="paid", name="Paid", kind="generic_json", credits=1), source),
    )
    desk = lookup_desk(leads, *waterfall, tenant=account, clock=clock)
    counter = directory(desk, memory=memory)
    charged = 0
    for visit in visits:
        clock.now = max(clock.now, NOW + timedelta(milliseconds=visit.at - to_instant(NOW)))
        asking = Asking(until=desk.instant + DEADLINE_MS)
        [sight] = look_up(
            [Lookup(kind="ip", value=visit.address)], asking=asking, directory=counter
        )
        charged += sight.charged
    return source.calls, charged


def lines(found: Sequence[Paid]) -> list[str]:
    """Return the table of months."""
    head = [
        "paid look-ups per session, 30 days",
        "each session asks",
        "kept a day by address",
        "LeadSignal",
        "credits a session",
        "allowed",
        "",
    ]
    rows = [
        [
            f"{paid.shape.sessions:,} sessions, {paid.shape.companies:,} companies, "
            f"Zipf {paid.shape.zipf:g}",
            "1.00",
            f"{paid.daily / paid.each:.2f}",
            f"{paid.share:.3f}",
            f"{paid.credits / paid.each:.3f}",
            f"{TARGET:g}",
            "pass" if paid.kept else "FAIL",
        ]
        for paid in found
    ]
    return table(head, rows)
