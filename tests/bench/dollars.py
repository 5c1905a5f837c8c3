"""What counts cost: dollars per million events, line by line."""

from tests.bench import prices
from tests.bench.meter import Counts
from tests.bench.prices import Price


def per_million(counts: Counts, *, cpu_ms: float, fair: bool) -> dict[str, float]:
    """Return dollars per million events, by what they are paid for.

    ``cpu_ms`` is the processor time of all functions per event, on this machine. ``fair`` when the
    messages carry a group.
    """
    waited_ms = counts.waits.total() / counts.events * prices.WAIT_MS_PER_CALL
    share = min(1.0, prices.MEMORY_MB / prices.FULL_CPU_MB)
    gb_seconds = prices.MEMORY_MB / 1024 * (cpu_ms / share + waited_ms) / 1000

    def each(price: Price, units: float) -> float:
        return price.dollars_per_million * units / counts.events

    return {
        "HTTP API requests": each(prices.HTTP_REQUEST, counts.http_requests),
        "Lambda invocations": each(prices.LAMBDA_REQUEST, counts.invocations.total()),
        "Lambda time (modelled)": prices.LAMBDA_GB_SECOND.dollars_per_million * gb_seconds,
        "DynamoDB writes": each(prices.WRITE_UNIT, counts.write_units),
        "DynamoDB reads": each(prices.READ_UNIT, counts.read_units),
        "DynamoDB storage, a month": each(prices.STORAGE_GB_MONTH, counts.stored_bytes / prices.GB),
        "SQS requests": each(
            prices.SQS_FAIR_REQUEST if fair else prices.SQS_REQUEST, counts.all_sqs
        ),
        "EventBridge entries": each(prices.BUS_ENTRY, counts.bus_entries),
        "CloudWatch logs": each(prices.LOG_GB, counts.log_bytes / prices.GB),
        "Data sent out": each(prices.OUT_GB, counts.answer_bytes / prices.GB),
    }
