"""Tables of what was counted, as Markdown: readable in a terminal and in the documentation."""

from collections.abc import Iterable, Mapping, Sequence

from tests.bench import prices
from tests.bench.budgets import Line
from tests.bench.dollars import per_million
from tests.bench.meter import Counts
from tests.bench.timing import Cost

WRITES = ("PutItem", "UpdateItem", "TransactWriteItems")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; the first column is text, the others are numbers."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * width if column == 0 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return [line(cells[0]), line(rule), *(line(row) for row in cells[1:])]


def _number(value: float) -> str:
    return f"{value:.2f}" if value else "0"


def units(titles: Mapping[str, str], found: Mapping[str, Counts | None]) -> list[str]:
    """Return what each scenario used, per event."""
    rows = []
    for key, title in titles.items():
        used = found.get(key)
        if used is None:
            continue
        each = [
            used.all_calls,
            used.write_units,
            used.conditional_writes,
            used.read_units,
            used.all_sqs,
            used.bus_entries,
            used.invocations.total(),
        ]
        rows.append([title.strip(), *(_number(value / used.events) for value in each)])
    head = ["per event", "AWS calls", "write units", "conditional writes", "read units"]
    return table([*head, "SQS requests", "bus entries", "Lambda invocations"], rows)


def calls(found: Mapping[str, Counts]) -> list[str]:
    """Return the calls by operation, per event; one column for each stretch of work."""
    names = sorted({name for used in found.values() for name in used.calls})
    rows = [
        [name, *(_number(used.calls[name] / used.events) for used in found.values())]
        for name in names
    ]
    return table(["calls per event", *found], rows)


def written(found: Mapping[str, Counts]) -> list[str]:
    """Return the write units by table and index, per event."""
    names = sorted({name for used in found.values() for name in used.writes})
    rows = [
        [name, *(_number(used.writes[name] / used.events) for used in found.values())]
        for name in names
    ]
    return table(["write units per event", *found], rows)


def dollars(found: Mapping[str, tuple[Counts, Cost]], *, fair: bool) -> list[str]:
    """Return dollars per million events by what they are paid for."""
    columns = {
        name: per_million(counts, cpu_ms=cost.milliseconds, fair=fair)
        for name, (counts, cost) in found.items()
    }
    items = list(next(iter(columns.values())))
    rows = [[item, *(f"{column[item]:.2f}" for column in columns.values())] for item in items]
    rows.append(["**all**", *(f"**{sum(column.values()):.2f}**" for column in columns.values())])
    return table([f"$ per million events ({prices.COLLECTED_ON})", *columns], rows)


def processor(titles: Mapping[str, str], found: Mapping[tuple[str, str], Cost]) -> list[str]:
    """Return processor time per event, as ratios."""
    rows = []
    for (system, key), cost in found.items():
        name = f"{titles[key].strip()} ({system})"
        ratios = [f"{cost.in_loads:.0f}", f"{cost.in_reads:.2f}", f"{cost.milliseconds:.2f}"]
        rows.append([name, *ratios])
    return table(["processor time per event", "in json.loads", "in get_item", "ms here"], rows)


def budgets(lines: Iterable[Line]) -> list[str]:
    """Return each budget with what was used of it."""
    rows = [
        [line.what, f"{line.used:.2f}", f"{line.allowed:g}", "pass" if line.kept else "FAIL"]
        for line in lines
    ]
    return table(["budget per event", "used", "allowed", ""], rows)


def agreement(stretches: Iterable[Counts]) -> list[str]:
    """Return whether the emulator's write units are those that follow from the items."""
    writes = 0
    differences: list[str] = []
    for counts in stretches:
        writes += sum(counts.calls[f"dynamodb:{name}"] for name in WRITES)
        differences += counts.differences
    return [
        f"Write units: of {writes:,} writes that the emulator billed and that were computed too, "
        f"{len(differences)} differ.",
        *differences[:20],
    ]


def dearest(titles: Mapping[str, str], found: Mapping[str, Counts]) -> list[str]:
    """Return what the dearest single request took of each scenario that has several."""
    return [
        f"Dearest request: {used.dearest:g} write units ({titles[key].strip()})."
        for key, used in found.items()
        if used.http_requests > 1 and used.dearest
    ]
