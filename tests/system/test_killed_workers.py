"""Processes that die in the middle of their work lose nothing."""

import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from local.aws import client
from local.stack import Stack
from tests.system import conftest
from tests.system.conftest import Api
from tests.system.processes import workers

HIDDEN = "VisibilityTimeout"
REQUESTS, EVENTS, KILLS = 40, 5, 6
HIDDEN_SECONDS = 40  # for which a message is hidden whose worker died; three minutes otherwise
PATIENCE_SECONDS = 300


def kill_one(choice: random.Random) -> bool:
    """Kill a worker of ingest, enrich or announce, if one is there; say whether."""
    found = sorted(pid for name in ("IngestF", "EnrichF", "AnnounceF") for pid in workers(name))
    if not found:
        return False
    try:
        os.kill(choice.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def batch(number: int, unique: str, choice: random.Random) -> list[dict[str, Any]]:
    """Return page views and forms of some visitors, among them an item that is refused."""
    events: list[dict[str, Any]] = [
        {
            "type": "page",
            "messageId": f"{unique}-{number}-{each}",
            "anonymousId": f"{unique}-{choice.randint(0, 12)}",
            "timestamp": f"2026-01-{choice.randint(10, 20)}T12:00:{each:02d}.000Z",
        }
        for each in range(EVENTS)
    ]
    events[0] |= {"traits": {"email": f"{unique}-{choice.randint(0, 5)}@acme.test"}}
    events[0]["type"] = "identify"
    if number % 10 == 0:
        events[1]["type"] = "nonsense"
    return events


@pytest.fixture
def soon_seen_again(stack: Stack) -> Iterator[None]:
    """Let messages whose worker died be seen again soon, though not while one can last."""
    queues = client("sqs")
    urls = [stack.queues[name] for name in ("events", "enrich")]
    before = [
        queues.get_queue_attributes(QueueUrl=url, AttributeNames=[HIDDEN])["Attributes"]
        for url in urls
    ]
    for url in urls:
        queues.set_queue_attributes(QueueUrl=url, Attributes={HIDDEN: str(HIDDEN_SECONDS)})
    yield
    for url, attributes in zip(urls, before, strict=True):
        queues.set_queue_attributes(QueueUrl=url, Attributes=attributes)


@pytest.mark.usefixtures("soon_seen_again")
def test_killing_workers_loses_nothing(api: Api, unique: str, monkeypatch: Any) -> None:
    choice = random.Random(7)
    said: dict[str, str] = {}
    killed = 0
    for number in range(REQUESTS):
        for verdict in api.track(*batch(number, unique, choice)):
            said[verdict["messageId"]] = verdict["status"]
        if number % (REQUESTS // KILLS) == 3:
            killed += kill_one(choice)
    assert killed >= KILLS // 2
    monkeypatch.setattr(conftest, "PATIENCE_SECONDS", PATIENCE_SECONDS)

    def outcome() -> Counter[tuple[str, str]] | None:
        found: Counter[tuple[str, str]] = Counter()
        for message_id, status in said.items():
            answer = api.get(f"/v1/events/{message_id}")
            if answer.status_code != 200:
                return None
            found[status, answer.json()["status"]] += 1
        return found

    refused = sum(status == "rejected" for status in said.values())
    assert conftest.eventually(outcome) == {
        ("accepted", "applied"): REQUESTS * EVENTS - refused,
        ("rejected", "quarantined"): refused,
    }
