"""What is measured: for each scenario the requests that come before, and those that count."""

from dataclasses import dataclass, field
from datetime import timedelta

from tests.bench import recorded
from tests.bench.meter import Counts, Meter
from tests.bench.recorded import alone, landing, page, together, visit
from tests.bench.world import Request, System, at
from tests.fakes.clock import Clock


@dataclass(frozen=True)
class Scenario:
    """A visitor's history, and the requests whose cost is counted, each worked off by itself."""

    key: str
    title: str
    measured: tuple[Request, ...]
    before: tuple[Request, ...] = field(default=())
    cold: bool = False  # nothing remembered of keys and tenants
    webhook: bool = False  # somebody listens to lead.tier_changed


def _alone(visitor: str, minutes: list[float], first: int = 0) -> tuple[Request, ...]:
    moments = [at(minute) for minute in minutes]
    items = visit(visitor, moments, first=first)
    return tuple(alone(item, moment) for item, moment in zip(items, moments, strict=True))


def _batches(visitor: str, size: int) -> tuple[Request, ...]:
    """Return three requests of ``size`` further events each, a minute apart."""
    requests = []
    for number in range(3):
        moments = [at(number + 5 + i / 20) for i in range(size)]
        items = visit(visitor, moments, first=4 + number * size)
        requests.append(together(items, moments[-1]))
    return tuple(requests)


def scenarios() -> list[Scenario]:
    """Return the scenarios but for the replay."""
    first = _alone("a", [0])
    known = _alone("b", [i * 0.5 for i in range(4)])
    long_known = _alone("c", [i * 0.5 for i in range(14)])
    b, c = "b", "c"
    return [
        Scenario("first", "a visitor's first event, alone", first),
        Scenario(
            "first-company",
            "  the same from a company's network, company on file",
            (alone(landing("f", 0, at(3)), at(3), address=recorded.OFFICE),),
            (alone(landing("e", 0, at(0)), at(0), address=recorded.OFFICE),),
        ),
        Scenario(
            "first-lookup",
            "  the same, company looked up for the first time",
            (alone(landing("e", 0, at(0)), at(0), address=recorded.OFFICE),),
        ),
        Scenario(
            "same-score",
            "a further event, alone: score unchanged",
            (alone(recorded.video(b, 20, at(5)), at(5)),),
            known,
        ),
        Scenario(
            "new-score",
            "  score changed",
            (alone(page(b, 20, at(5), "/about"), at(5)),),
            known,
        ),
        Scenario(
            "next-hour",
            "  same visit, first event of the next hour, score unchanged",
            (alone(recorded.video(b, 20, at(62)), at(62)),),
            (*known, *_alone(b, [30, 50], first=4)),
        ),
        Scenario(
            "next-hour-score",
            "  same visit, first event of the next hour, score changed",
            (alone(page(b, 20, at(62), "/about"), at(62)),),
            (*known, *_alone(b, [30, 50], first=4)),
        ),
        Scenario(
            "next-visit",
            "  a new visit, two hours later",
            (alone(page(c, 20, at(130), "/about"), at(130)),),
            long_known,
        ),
        Scenario(
            "next-day",
            "  a new visit, the next day",
            (alone(page(c, 20, at(1500), "/about"), at(1500)),),
            long_known,
        ),
        Scenario(
            "visit",
            "  average over the 29 further events of a visit of 30",
            _alone("d", [1 + i * 0.7 for i in range(29)], first=1),
            _alone("d", [0]),
        ),
        Scenario(
            "regular",
            "  average over the 45 further events of ten visits on five days",
            tuple(
                request
                for number in range(9)
                for request in _alone(
                    "r",
                    [(number + 1) * 720 + i for i in range(5)],
                    first=5 + number * 5,
                )
            ),
            _alone("r", list(range(5))),
        ),
        Scenario(
            "long-day",
            "  the 100th event of one visitor on one day",
            _alone("l", [99 * 0.5], first=99),
            _alone("l", [i * 0.5 for i in range(99)]),
        ),
        Scenario(
            "cold",
            "  score unchanged, nothing remembered (30 s since the last event of all)",
            (alone(recorded.video(b, 20, at(5)), at(5)),),
            known,
            cold=True,
        ),
        Scenario(
            "identify",
            "identify with userId and e-mail of an anonymous visitor",
            (alone(recorded.identify(b, 20, at(5)), at(5)),),
            known,
        ),
        Scenario(
            "form",
            "form post with a business e-mail of an anonymous visitor",
            (alone(recorded.form(b, 20, at(5)), at(5)),),
            known,
        ),
        Scenario(
            "duplicate",
            "a duplicate",
            (known[-1],),
            known,
        ),
        Scenario(
            "webhook-quiet",
            "a webhook on lead.tier_changed: a page view that changes no tier",
            (alone(page(b, 20, at(5), "/about"), at(5)),),
            known,
            webhook=True,
        ),
        Scenario(
            "webhook-told",
            "  a form post that does, fan-out and delivery included",
            (alone(recorded.form(b, 20, at(5)), at(5)),),
            known,
            webhook=True,
        ),
        Scenario("five", "5 further events of one visitor per request", _batches("g", 5),
                 _alone("g", [0, 1, 2, 3])),
        Scenario("ten", "10 further events of one visitor per request", _batches("h", 10),
                 _alone("h", [0, 1, 2, 3])),
        Scenario(
            "ten-first",
            "10 events of a new visitor in one request",
            (together(visit("i", [at(i / 20) for i in range(10)]), at(1)),),
        ),
    ]  # fmt: skip


def run(
    scenario: Scenario,
    system: System,
    meter: Meter,
    clock: Clock,
    receiver: str,
) -> Counts | None:
    """Run a scenario for a customer of its own and return what its measured requests used.

    Before each measured request somebody else's event comes in, uncounted: so keys, tenants and
    subscriptions are remembered, as on a busy site. In a ``cold`` scenario no function remembers.
    ``receiver`` is the URL that a webhook calls. Returns None when the system has no webhooks.
    """
    clock.now = at(-1)
    key = system.tenant(scenario.key)
    if scenario.webhook and not system.subscribe(key, receiver):
        return None
    for request in scenario.before:
        _settle(request, key, system, clock)
    total = Counts()
    for number, request in enumerate(scenario.measured):
        _settle(alone(landing(f"warm/{number}", 0, request.at), request.at), key, system, clock)
        system.remember(nothing=scenario.cold)
        with meter.counting() as counts:
            _settle(request, key, system, clock)
        system.remember(nothing=False)
        total.add(counts)
    return total


def _settle(request: Request, key: str, system: System, clock: Clock) -> None:
    """Send one request and work off all that follows from it."""
    clock.now = request.at
    system.post(request, key)
    system.work()


def replay(
    requests: list[Request],
    system: System,
    meter: Meter,
    clock: Clock,
    key: str,
    *,
    per_batch: int = 10,
    pace: timedelta = timedelta(milliseconds=20),
) -> Counts:
    """Send many requests as a busy site gets them, worked off ``per_batch`` at a time."""
    clock.now = max(request.at for request in requests)
    with meter.counting() as counts:
        for number, request in enumerate(requests, start=1):
            clock.now += pace
            system.post(request, key)
            if number % per_batch == 0:
                system.work()
        system.work()
    return counts
