"""What an event may cost: calls counted, units computed from items, on the real handlers.

The bench (``python -m tests.bench``) measures the same and more against an emulator that bills.
"""

from collections.abc import Iterator

import boto3
import pytest

from tests.bench import budgets
from tests.bench.meter import Counts, Meter
from tests.bench.scenarios import run, scenarios
from tests.bench.world import Ours, account, furnish, stopped_clock
from tests.fakes.accounts import moto

MEASURED = (
    "first", "same-score", "new-score", "next-hour", "visit", "duplicate", "webhook-quiet",
    "form", "ten", "ten-first",
)  # fmt: skip


@pytest.fixture(scope="module")
def counts() -> Iterator[dict[str, Counts]]:
    with pytest.MonkeyPatch.context() as patch, moto():
        for name, value in account(None).items():
            patch.setenv(name, value)
        unmetered = boto3.Session()
        names = furnish(unmetered)
        for name, value in names.items():
            patch.setenv(name, value)
        meter = Meter(answers_bill=False)
        meter.know_tables({})
        session = boto3.Session()
        patch.setattr(boto3, "DEFAULT_SESSION", session)
        meter.attach(session)
        with stopped_clock() as clock:
            ours = Ours(meter, unmetered, names)
            chosen = [scenario for scenario in scenarios() if scenario.key in MEASURED]
            ran = {each.key: run(each, ours, meter, clock, "") for each in chosen}
        yield {key: used for key, used in ran.items() if used is not None}


def test_no_budget_is_broken(counts: dict[str, Counts]) -> None:
    assert [line for line in budgets.lines(counts) if not line.kept] == []


def test_ten_events_of_one_visitor_in_one_request_make_at_most_six_calls_until_stored(
    counts: dict[str, Counts],
) -> None:
    ten = counts["ten"]
    assert ten.waits["collect"] + ten.waits["ingest"] <= 6 * ten.http_requests


def test_a_new_visitors_ten_events_are_stored_with_four_calls(counts: dict[str, Counts]) -> None:
    used = counts["ten-first"]
    assert used.waits["collect"] + used.waits["ingest"] == 4


def test_a_lone_event_that_is_no_news_makes_four_calls(counts: dict[str, Counts]) -> None:
    assert dict(counts["same-score"].calls) == {
        "sqs:SendMessageBatch": 1,
        "dynamodb:BatchGetItem": 1,
        "dynamodb:PutItem": 2,
    }


def test_nothing_is_written_in_a_transaction_unless_leads_merge(
    counts: dict[str, Counts],
) -> None:
    assert [k for k, used in counts.items() if used.calls["dynamodb:TransactWriteItems"]] == []


def test_of_a_key_is_written_down_twice_a_minute_at_most(counts: dict[str, Counts]) -> None:
    minutes = 29 * 0.7  # that the further events of the visit take
    assert 0 < counts["visit"].books["collect"] <= 2 * (minutes + 1)
    assert sum(used.books["ingest"] for used in counts.values()) == 0
