"""Which values identify a person."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadsignal.domain.identifiers import MAX_LENGTH, usable


@pytest.mark.parametrize(
    "value",
    [
        None, "", " ", "\t\n", "null", "NULL", "undefined", "0", 0, "000", "-", "---", "0-0", -1,
        "-1", "NaN", "none", "None", "true", "False", True, False, "anonymous", "Guest",
        "[object Object]", '""', "' '", '"null"', "00000000-0000-0000-0000-000000000000", 1.5, [],
        {}, ["u1"], "x" * (MAX_LENGTH + 1),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_clients_send_for_nobody_identifies_nobody(value: object) -> None:
    assert usable(value) is None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("u1", "u1"),
        (" u1 ", "u1"),
        (42, "42"),
        (-2, "-2"),
        ("007", "007"),
        ('"u1"', "u1"),
        ("User", "User"),
        ("10", "10"),
        ("null-island", "null-island"),
        ("x" * MAX_LENGTH, "x" * MAX_LENGTH),
    ],
    ids=lambda value: str(value)[:20],
)
def test_any_other_value_is_compared_in_one_form(value: object, plain: str) -> None:
    assert usable(value) == plain


@example(value="\"' ' x\"")
@given(value=st.text(max_size=300) | st.integers())
def test_the_form_is_a_fixed_point(value: object) -> None:
    plain = usable(value)
    assert plain is None or usable(plain) == plain
