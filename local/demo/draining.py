"""Waits until what was sent has gone all the way: queues, stream, bus, receivers."""

import time

from local.aws import client
from local.demo.receiver import Receiver
from local.stack import Stack
from local.steps import StepFailedError

QUIET_SECONDS = 3.0  # no queue shows what the table's stream and the bus still hold
POLL_SECONDS = 0.5
MOST_SECONDS = 180.0
DEPTHS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
DEAD = "_dlq"


def depths(stack: Stack) -> dict[str, int]:
    """Return how many messages each queue holds, in flight and delayed ones too."""
    sqs = client("sqs")
    found: dict[str, int] = {}
    for name, url in stack.queues.items():
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(DEPTHS))
        found[name] = sum(int(answer["Attributes"][depth]) for depth in DEPTHS)
    return found


def dead_letters(found: dict[str, int]) -> int:
    """Return how many messages were given up on."""
    return sum(depth for name, depth in found.items() if name.endswith(DEAD))


def drain(stack: Stack, receiver: Receiver) -> dict[str, int]:
    """Return the depths once every queue is empty and nothing has come for a while.

    Raises:
        StepFailedError: it took too long.
    """
    start = busy_at = time.perf_counter()
    while True:
        found = depths(stack)
        waiting = {name: n for name, n in found.items() if n and not name.endswith(DEAD)}
        now = time.perf_counter()
        if waiting:
            busy_at = now
        if now - max(busy_at, receiver.last_at) >= QUIET_SECONDS:
            return found
        if now - start > MOST_SECONDS:
            raise StepFailedError(f"after {MOST_SECONDS:.0f} s there still is: {waiting}")
        time.sleep(POLL_SECONDS)
