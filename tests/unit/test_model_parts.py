"""The parts that columns are cut into."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.model.parts import Parts, parts_of
from leadsignal.models.predictions import Value


def test_numbers_are_cut_into_tenths_and_what_is_missing_is_apart() -> None:
    parts = parts_of([float(n) for n in range(100)] + [None] * 10)
    assert parts == Parts("number", edges=tuple(float(n) for n in range(10, 100, 10)))
    assert [parts.part_of(v) for v in (0.0, 9.9, 10.0, 1e9, -5.0, None)] == [0, 0, 1, 9, 0, 10]
    assert parts.part_of("many") == parts.part_of(True) == 10
    assert parts.size == 11


def test_a_count_that_is_mostly_nothing_has_a_part_for_nothing_and_several_for_the_rest() -> None:
    parts = parts_of([0.0] * 80 + [float(n) for n in range(1, 21)])
    assert parts is not None
    assert parts.edges[0] == 1.0
    assert len(parts.edges) == 10
    assert parts.part_of(0.0) == 0


def test_texts_have_a_part_each_where_they_are_frequent() -> None:
    values: list[Value] = ["Paid"] * 20 + ["organic"] * 30 + ["rare"] * 3 + [None] * 5 + [True] * 10
    parts = parts_of(values)
    assert parts == Parts("text", values=("organic", "paid", "true"))
    assert [parts.part_of(v) for v in ("ORGANIC ", "paid", True, "other", "", None)] == [
        0,
        1,
        2,
        3,
        4,
        4,
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param([None, "", None], id="nothing"),
        pytest.param(["a"] * 50, id="one value for all"),
        pytest.param([f"person {n}" for n in range(90)], id="one value for each"),
        pytest.param(["a"] * 15 + [f"person {n}" for n in range(90)], id="mostly one for each"),
        pytest.param([7.0] * 20, id="one number for all"),
    ],
)
def test_a_column_that_tells_nothing_is_not_cut(values: list[Value]) -> None:
    assert parts_of(values) is None


@given(
    values=st.lists(
        st.none() | st.booleans() | st.text(max_size=3) | st.floats(allow_nan=True), max_size=60
    )
)
def test_every_value_is_in_a_part(values: list[Value]) -> None:
    parts = parts_of(values)
    if parts is not None:
        assert all(0 <= parts.part_of(value) < parts.size for value in values)
