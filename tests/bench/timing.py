"""Processor time per event, as ratios to one ``json.loads`` of an event and to one ``get_item``.

Absolute times differ by machine and by the minute. So each round times everything once, the two
references included, and the ratios of a round are taken within it; the median of the rounds counts.
Only the handlers are timed, with the units not counted meanwhile.
"""

import json
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

from tests.bench import recorded
from tests.bench.meter import Counts, Meter
from tests.bench.scenarios import Scenario, replay, run
from tests.bench.world import Request, System, at, processor_seconds
from tests.fakes.clock import Clock

ROUNDS = 7
LOADS = 2_000
READS = 100


class Cost(NamedTuple):
    """Processor time of all functions per event."""

    milliseconds: float
    in_loads: float
    in_reads: float


def _timed(work: Callable[[], object], times: int) -> float:
    began = processor_seconds()
    for _ in range(times):
        work()
    return (processor_seconds() - began) / times


def measure(
    systems: Mapping[str, System],
    chosen: list[Scenario],
    requests: list[Request],
    meter: Meter,
    clock: Clock,
    read: Callable[[], Any],
    receiver: str,
) -> dict[tuple[str, str], Cost]:
    """Return the cost by system and scenario; ``replay`` is that of the given requests."""
    event = json.dumps(recorded.page("timing", 1, at(0), "/pricing"))
    found: dict[tuple[str, str], list[Cost]] = {}
    meter.light = True
    for number in range(ROUNDS):
        one_load = _timed(lambda: json.loads(event), LOADS)
        one_read = _timed(read, READS)
        for name, system in systems.items():
            for scenario in chosen:
                counts = run(scenario, system, meter, clock, receiver)
                if counts is not None:
                    cost = _cost(counts, one_load, one_read)
                    found.setdefault((name, scenario.key), []).append(cost)
            counts = replay(requests, system, meter, clock, system.tenant(f"timing{number}"))
            found.setdefault((name, "replay"), []).append(_cost(counts, one_load, one_read))
    meter.light = False
    return {
        where: Cost(*(median(values) for values in zip(*costs, strict=True)))
        for where, costs in found.items()
    }


def _cost(counts: Counts, one_load: float, one_read: float) -> Cost:
    each = counts.cpu_seconds / counts.events
    return Cost(each * 1000, each / one_load, each / one_read)
