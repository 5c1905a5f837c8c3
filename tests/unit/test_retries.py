"""When a failed delivery is tried again."""

import pytest

from leadsignal.domain import retries

HOUR = 3_600_000
NOW = 1_768_478_400_000  # 2026-01-15T12:00:00Z


def test_ten_attempts_keep_the_schedule_within_a_fifth_and_span_75_hours() -> None:
    for number in range(1_000):
        seed = f"whe_{number}:dlv_{number}"
        waits = [retries.wait_ms(attempt, seed=seed) for attempt in range(1, 10)]
        for wait, planned in zip(waits, retries.WAITS_MS, strict=True):
            assert wait is not None
            assert 0.8 * planned <= wait <= 1.2 * planned
        assert sum(wait or 0 for wait in waits) >= 75 * HOUR
    assert retries.wait_ms(10, seed="x") is None


def test_the_spread_repeats_for_one_delivery_and_differs_between_deliveries() -> None:
    assert retries.wait_ms(3, seed="a") == retries.wait_ms(3, seed="a")
    assert len({retries.wait_ms(3, seed=str(n)) for n in range(100)}) > 90


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("3600", HOUR, id="seconds"),
        pytest.param(" 120 ", 120_000, id="seconds with blanks"),
        pytest.param("Thu, 15 Jan 2026 13:00:00 GMT", HOUR, id="a date"),
        pytest.param("Thu, 15 Jan 2026 11:00:00 GMT", 0, id="a date in the past"),
        pytest.param("315360000", 6 * HOUR, id="ten years: at most six hours"),
        pytest.param("Thu, 15 Jan 2036 13:00:00 GMT", 6 * HOUR, id="a date in ten years"),
        pytest.param("9" * 400, 0, id="no number anybody means"),
        pytest.param("-5", 0, id="negative"),
        pytest.param("1.5", 0, id="a fraction"),
        pytest.param("٣", 0, id="digits of another script"),
        pytest.param("soon", 0, id="garbage"),
        pytest.param("Thu, 99 Jan 2026 13:00:00 GMT", 0, id="no such day"),
        pytest.param("Thu, 15 Jan 2026 13:00:00", 0, id="a date without a zone"),
        pytest.param("", 0, id="empty"),
        pytest.param(None, 0, id="absent"),
    ],
)
def test_retry_after(value: str | None, expected: int) -> None:
    assert retries.retry_after_ms(value, now=NOW) == expected
