"""What the query of a request may hold."""

import pytest

from leadsignal.errors import InvalidInputError
from leadsignal.runtime.targets import check_query

KNOWN = {"limit", "identifier"}


@pytest.mark.parametrize(
    ("query", "name", "code"),
    [
        ("identifier=a&identifier=b", "identifier", "repeated_parameter"),
        ("identifier=a&identifier=a", "identifier", "repeated_parameter"),
        ("limit=1&nope=", "nope", "unknown_parameter"),
        ("identifier=a%00b", "identifier", "control_character"),
    ],
)
def test_each_wrong_parameter_is_named(query: str, name: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_query({"rawQueryString": query}, KNOWN)
    assert [(problem.where, problem.code) for problem in caught.value.problems] == [(name, code)]


def test_known_parameters_that_come_once_pass() -> None:
    check_query({"rawQueryString": "limit=1&identifier="}, KNOWN)
    check_query({}, KNOWN)
