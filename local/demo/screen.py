"""The closing screen of the demo: what came of the replay, as the API tells it."""

from typing import Any, NamedTuple

from leadsignal.domain.attribution import ATTRIBUTION
from local.demo.census import Census, Crawled, TopLead
from local.demo.latency import Latency
from local.demo.receiver import Counts
from local.demo.sending import Answers

WIDTH = 108
TIERS = ("hot", "warm", "qualified", "cold")
COLOURS = {"hot": "31;1", "warm": "33", "qualified": "36", "cold": "2"}


class Outcome(NamedTuple):
    """Everything the screen shows."""

    hits: int
    logged_events: int
    added_events: int
    answers: Answers
    listed_before: int
    census: Census
    crawled: Crawled
    dead_letters: int
    told: Counts
    latency: Latency
    top: list[TopLead]
    total_seconds: float
    api_url: str
    secret_key: str

    @property
    def applied(self) -> int:
        """Events that were new in this run."""
        return self.census.events - self.listed_before + self.crawled.new

    @property
    def lost(self) -> int:
        """Accepted events that are neither on a listed lead nor marked as a crawler's."""
        return max(0, self.answers.accepted - self.census.events - self.crawled.marked)

    @property
    def duplicates(self) -> int:
        """Accepted events that were there before and changed nothing."""
        return self.answers.accepted - self.applied - self.lost


def render(outcome: Outcome, *, colour: bool) -> str:
    """Return the screen as lines of at most ``WIDTH`` characters (but for the key to copy)."""
    paint = Painter(colour=colour)
    lines = [
        "",
        _rule("LeadSignal: what came of a web log", paint),
        *(f"  {paint(f'{title:<11}', '1')}{text}" for title, text in _facts(outcome)),
        "",
        _rule("The first leads of GET /v1/leads?sort=-score", paint),
    ]
    for number, top in enumerate(outcome.top, start=1):
        lines += _lead(number, top, paint)
    lines += [
        "",
        _rule("Look further", paint),
        f"  key={outcome.secret_key}",
        f"  curl -H \"Authorization: Bearer $key\" '{outcome.api_url}/v1/leads?limit=10'",
        f"  curl -H \"Authorization: Bearer $key\" '{outcome.api_url}/v1/leads/<id>/timeline'",
        "  also /<id>/score and /<id>/touchpoints.   make replay: again (changes nothing).   "
        "make down: stop",
        f"  {ATTRIBUTION.partition(';')[0]}",
        "",
    ]
    return "\n".join(lines)


def _facts(outcome: Outcome) -> list[tuple[str, str]]:
    census, answers, told = outcome.census, outcome.answers, outcome.told
    tiers = ", ".join(f"{census.tiers.get(tier, 0):,} {tier}" for tier in TIERS)
    refused = sum(answers.refused.values())
    return [
        (
            "Log",
            f"{outcome.hits:,} hits: {outcome.logged_events:,} pages and downloads replayed, "
            f"{outcome.added_events:,} invented events added",
        ),
        (
            "Sent",
            f"{answers.requests:,} requests in {answers.seconds:.0f} s: {answers.accepted:,} "
            f"events accepted, {refused:,} refused",
        ),
        (
            "Applied",
            f"{outcome.applied:,} new, {outcome.duplicates:,} duplicates without effect, "
            f"{outcome.dead_letters:,} dead letters",
        ),
        (
            "Stored",
            f"{census.events:,} events of leads, {outcome.crawled.marked:,} of crawlers "
            "(kept, marked, in no list)" + (f", {outcome.lost:,} LOST" if outcome.lost else ""),
        ),
        ("Leads", f"{census.leads:,}: {tiers}; {census.known:,} are known by name or e-mail"),
        (
            "Companies",
            f"{census.companies:,} identified, behind {census.leads_with_company:,} leads",
        ),
        ("Told", _told(told)),
        (
            "Speed",
            f"from POST to webhook for a lead that becomes hot: p50 "
            f"{outcome.latency.p50_ms:,.0f} ms, p95 {outcome.latency.p95_ms:,.0f} ms "
            f"({outcome.latency.rounds} times)",
        ),
        ("Time", f"{outcome.total_seconds:.0f} s in all"),
    ]


def _told(told: Counts) -> str:
    if told == Counts():
        return "nothing, for no lead changed"
    wrong = {
        "unverified": told.unverified,
        "repeated": told.repeated,
        "malformed": told.malformed,
    }
    return (
        f"{told.verified:,} webhooks, their signatures verified; {told.slack:,} Slack messages "
        "about hot leads"
    ) + "".join(f", {count:,} {name.upper()}" for name, count in wrong.items() if count)


def _lead(number: int, top: TopLead, paint: "Painter") -> list[str]:
    lead = top.lead
    tier = paint(f"{lead['tier']:<9}", COLOURS[lead["tier"]])
    reasons = ", ".join(f"{reason.rule} {reason.points:+.0f}" for reason in top.reasons)
    return [
        f"  {number:>2}  {paint(f'{lead["score"]:>3}', '1')} {tier} {name_of(lead):<22.22} "
        f"{company_of(lead):<64.64}".rstrip(),
        f"      {paint(f'{reasons:.100}', '2')}",
    ]


def name_of(lead: dict[str, Any]) -> str:
    """Return what to call a lead: their name, else their e-mail, else what they are."""
    names = [name for name in (lead["first_name"], lead["last_name"]) if name]
    return " ".join(names) or lead["email"] or "anonymous visitor"


def company_of(lead: dict[str, Any]) -> str:
    """Return a lead's company in a few words."""
    company = lead["company"]
    if company is None:
        return "-"
    place = ", ".join(part for part in (company["city"], company["country"]) if part)
    parts = (company["name"] or company["domain"], company["industry"], place)
    return " · ".join(part for part in parts if part)


class Painter:
    """Puts ANSI colours around text, or does not."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self._colour else text


def _rule(title: str, paint: Painter) -> str:
    return paint(f"── {title} {'─' * (WIDTH - len(title) - 4)}", "1")
