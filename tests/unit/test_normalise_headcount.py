"""Numbers of employees and their size classes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.headcount import (
    RANGES,
    employee_range,
    headcount,
    read_headcount,
    read_range,
)


@pytest.mark.parametrize(
    ("text", "count", "size"),
    [
        ("51-200", None, "51-200"), ("51 - 200 employees", None, "51-200"),
        ("51–200", None, "51-200"), ("51 to 200", None, "51-200"), ("2-10", None, "1-10"),
        ("1-10 employees", None, "1-10"), ("501-1,000", None, "501-1000"),
        ("1,001-5,000 employees", None, "1001-5000"), ("5.001 bis 10.000", None, "5001-10000"),
        ("10,001+", None, "10001+"), ("10001+", None, "10001+"), ("10000+", None, "10001+"),
        ("10K+", None, "10001+"), ("1K-5K", None, "1001-5000"), ("1-5K", None, "1001-5000"),
        ("250-500", None, "201-500"), ("500-1000", None, "501-1000"), ("1-50", None, "11-50"),
        ("more than 10.000", None, "10001+"), (">1000", None, "1001-5000"),
        ("<10", None, "1-10"), ("under 50 people", None, "11-50"), ("0-1", None, "1-10"),
        ("Company size: 11-50", None, "11-50"), ("5000 or more", None, "5001-10000"),
        ("1,234 employees", 1234, "1001-5000"), ("42", 42, "11-50"), ("1.2k", 1200, "1001-5000"),
        ("12 500", 12500, "10001+"), ("~300", 300, "201-500"), ("0", 0, None),
        ("Self-employed", 1, "1-10"), ("self employed", 1, "1-10"), ("Myself only", None, None),
        ("1,2", None, None), ("1.25m", 1_250_000, "10001+"),
        ("200-51", None, None), ("many", None, None), ("", None, None), ("-", None, None),
        ("1-2-3", None, None), ("1" * 70, None, None), ("999999999", None, None),
    ],
)  # fmt: skip
def test_texts_of_all_sources_say_a_number_or_a_class(
    text: str, count: int | None, size: str | None
) -> None:
    assert read_headcount(text) == (count, size)
    assert read_range(text) == size


@pytest.mark.parametrize(
    ("count", "size"),
    [(None, None), (0, None), (-1, None), (1, "1-10"), (10, "1-10"), (11, "11-50"),
     (200, "51-200"), (10_000, "5001-10000"), (10_001, "10001+"), (10**8, "10001+")],
)  # fmt: skip
def test_a_number_has_one_class(count: int | None, size: str | None) -> None:
    assert employee_range(count) == size


def test_number_and_class_agree_and_a_class_makes_no_number() -> None:
    assert headcount(60, "1-10") == (60, "51-200")
    assert headcount(None, "51 - 200 employees") == (None, "51-200")
    assert headcount(None, "60 employees") == (60, "51-200")
    assert headcount(-5, None) == (None, None)
    assert headcount(0, "11-50") == (0, None)


@pytest.mark.parametrize("size", RANGES)
def test_a_class_stands_for_itself(size: str) -> None:
    assert read_headcount(size) == (None, size)


@given(st.text(alphabet="0123456789,.-+kKM employs", max_size=20) | st.text(max_size=70))
def test_any_text_is_safe(text: str) -> None:
    count, size = read_headcount(text)
    assert size is None or size in RANGES
    assert count is None or employee_range(count) == size
