"""The bench's own arithmetic, against the examples of DynamoDB's and SQS' documentation."""

from typing import Any

import pytest

from tests.bench.sizes import (
    Index,
    bus_entries,
    item_size,
    read_units,
    sqs_requests,
    write_units,
)

BY_SCORE = Index("by_score", ("list", "by_score"))


def item(size: int = 0, **more: str) -> dict[str, Any]:
    return {
        "pk": {"S": "p"},
        "sk": {"S": "s"},
        "data": {"B": b"x" * size},
        **{name: {"S": value} for name, value in more.items()},
    }


@pytest.mark.parametrize(
    ("given", "size"),
    [
        pytest.param({"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}, 23, id="text"),
        pytest.param({"n": {"N": "27"}}, 1 + 2, id="two digits"),
        pytest.param({"n": {"N": "-27"}}, 1 + 3, id="a sign"),
        pytest.param({"n": {"N": "1000"}}, 1 + 2, id="zeros at the end do not count"),
        pytest.param({"b": {"BOOL": True}}, 1 + 1, id="a flag"),
        pytest.param({"é": {"S": "é"}}, 2 + 2, id="bytes, not characters"),
        pytest.param({"m": {"M": {"a": {"S": "b"}}}}, 1 + 3 + 1 + 1 + 1, id="a map"),
        pytest.param(None, 0, id="nothing"),
    ],
)
def test_size_of_an_item(given: dict[str, Any] | None, size: int) -> None:
    assert item_size(given) == size


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        pytest.param(None, item(100), 1, id="a small put"),
        pytest.param(None, item(3500), 4, id="each begun KB"),
        pytest.param(item(3500), item(10), 4, id="the larger of before and after"),
        pytest.param(None, item(list="t", by_score="1"), 2, id="a new index entry"),
        pytest.param(
            item(list="t", by_score="1"), item(50, list="t", by_score="1"), 1, id="index unchanged"
        ),
        pytest.param(
            item(list="t", by_score="1"), item(list="t", by_score="2"), 3, id="index entry moves"
        ),
        pytest.param(item(list="t", by_score="1"), item(), 2, id="index entry goes"),
    ],
)
def test_units_of_a_write(before: dict[str, Any] | None, after: dict[str, Any], units: int) -> None:
    assert write_units(before, after, [BY_SCORE]) == units


def test_a_transaction_doubles_the_tables_part_of_a_write() -> None:
    new = item(3500, list="t", by_score="1")
    assert write_units(None, new, [BY_SCORE], transaction=True) == 8 + 1


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [
        pytest.param([0], False, 0.5, id="what is not there"),
        pytest.param([4096], True, 1, id="4 KB"),
        pytest.param([4097], True, 2, id="more than 4 KB"),
        pytest.param([100, 100, 0], False, 1.5, id="each item of a batch by itself"),
    ],
)
def test_units_of_a_read(sizes: list[int], consistent: bool, units: float) -> None:
    assert read_units(sizes, consistent=consistent) == units


def test_64_kb_are_a_request_and_an_entry() -> None:
    bodies = ["x" * 40_000, "x" * 40_000]
    assert sqs_requests(bodies) == 2
    assert sqs_requests([]) == 1
    assert bus_entries(bodies) == 2
    assert bus_entries(["x" * 70_000]) == 2
