"""``python -m tests.bench``: count what events cost, beside a naive implementation.

Needs nothing but the development environment; takes some minutes. Ends with status 1 when a budget
is broken.
"""

import argparse
import os
import sys
import warnings

import boto3

from leadsignal.runtime import wiring
from tests.bench import budgets, lookups, report, timing, weblog
from tests.bench.emulator import emulator
from tests.bench.meter import Counts, Meter
from tests.bench.naive import TABLE, Naive
from tests.bench.scenarios import replay, run, scenarios
from tests.bench.world import Ours, Request, System, account, furnish, stopped_clock
from tests.fakes.servers import answering, serving

REPLAY = "replay"
TIMED = ("first", "new-score", "identify", "five", "ten")
PRICED = ("new-score", "visit", "five", "ten", REPLAY)
TIMED_STRETCH = slice(2000, 2100)  # requests of the web log
SHORT = {"new-score": "1 alone", "visit": "visit of 30, alone", "five": "5", "ten": "10"}
OURS, NAIVE = "LeadSignal", "naive"


def main() -> int:
    """Run the bench and return the status to end with."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, help="replay only so many events of the web log")
    parser.add_argument("--lookups", action="store_true", help="only what look-ups pay for")
    wanted = parser.parse_args()
    if wanted.lookups:
        return _lookups()
    warnings.filterwarnings("ignore", message="No application metrics to publish")
    receiver = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    with emulator() as url, serving(receiver) as server:
        return _bench(url, f"http://127.0.0.1:{server.port}/", wanted.events) | _lookups()


def _lookups() -> int:
    """Print what a month of sessions pays for, and return 1 when that is too much."""
    found = [lookups.run(shape) for shape in lookups.SHAPES]
    _say("\n## Look-ups that are paid for\n", *lookups.lines(found))
    return 0 if all(paid.kept for paid in found) else 1


def _bench(url: str, receiver: str, most: int | None) -> int:
    os.environ.update(account(url))
    raw = boto3.Session()
    names = furnish(raw)
    os.environ.update(names)
    meter = Meter(answers_bill=True)
    meter.know_tables({TABLE: "LeadTable"})
    boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION
    assert session is not None
    meter.attach(session)
    chosen = scenarios()
    whole = weblog.requests()
    requests = _first(whole, most)
    size = sum(len(request.items) for request in requests)
    titles = {scenario.key: scenario.title for scenario in chosen}
    titles[REPLAY] = f"replay of the web log, {size:,} events in {len(requests):,} requests"
    with stopped_clock() as clock:
        systems: dict[str, System] = {
            OURS: Ours(meter, raw, names),
            NAIVE: Naive(meter, session, raw, clock),
        }
        found: dict[str, dict[str, Counts]] = {}
        for name, system in systems.items():
            _say(f"counting: {name}")
            ran = {each.key: run(each, system, meter, clock, receiver) for each in chosen}
            found[name] = {key: counts for key, counts in ran.items() if counts is not None}
            key = system.tenant(REPLAY)
            found[name][REPLAY] = replay(requests, system, meter, clock, key)
        _say("timing")
        timed = timing.measure(
            systems,
            [each for each in chosen if each.key in (*TIMED, "visit")],
            whole[TIMED_STRETCH],
            meter,
            clock,
            lambda: wiring.dynamodb().get_item(
                TableName="ConfigTable", Key={"pk": {"S": "none"}, "sk": {"S": "none"}}
            ),
            receiver,
        )
    return _report(titles, found, timed)


def _first(requests: list[Request], most: int | None) -> list[Request]:
    if most is None:
        return requests
    kept: list[Request] = []
    for request in requests:
        if sum(len(each.items) for each in kept) >= most:
            break
        kept.append(request)
    return kept


def _report(
    titles: dict[str, str],
    found: dict[str, dict[str, Counts]],
    timed: dict[tuple[str, str], timing.Cost],
) -> int:
    for name, counts in found.items():
        _say(f"\n## {name}\n", *report.units(titles, counts))
    of_replay = {name: counts[REPLAY] for name, counts in found.items()}
    _say("\n## Calls of the replay\n", *report.calls(of_replay))
    _say("\n## Write units of the replay\n", *report.written(of_replay))
    for name, counts in found.items():
        columns = {SHORT.get(k, k): (counts[k], timed[name, k]) for k in PRICED}
        _say(f"\n## Dollars: {name}\n", *report.dollars(columns, fair=name == OURS))
    _say("\n## Processor time\n", *report.processor(titles, timed))
    _say("", *report.agreement(counts for all_ in found.values() for counts in all_.values()))
    _say("", *report.dearest(titles, found[OURS]))
    lines = budgets.lines(found[OURS])
    _say("\n## Budgets\n", *report.budgets(lines))
    return 0 if all(line.kept for line in lines) else 1


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
