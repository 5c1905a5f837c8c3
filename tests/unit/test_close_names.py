"""Names that may be one person's in another spelling, and names that may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.close_names import close_names
from leadsignal.domain.likeness import similar_names, words_of


@pytest.mark.parametrize(
    ("one", "other", "close"),
    [
        ("Jon Smith", "John Smith", True),
        ("Bob Miller", "Robert Miller", True),
        ("Miller, Bob", "ROBERT MILLER", True),
        ("J. Smith", "John Smith", True),
        ("José García", "Jose Garcia", True),
        ("Liz Taylor", "Elizabeth Taylor", True),
        ("Katherine Hill", "Catherine Hill", True),
        ("Stephanie Moore", "Stephnaie Moore", True),
        ("Michelle Brown", "Michele Brown", True),
        ("Jane Mary Doe", "Jane Doe", True),
        ("Andreas Weber", "Andraes Weber", True),
        ("Sebastian Koch", "Sebastien Koch", True),
        ("Paul Smith", "Paula Smith", False),
        ("Daniel Roth", "Daniela Roth", False),
        ("Mario Rossi", "Maria Rossi", False),
        ("Jan Smith", "Jon Smith", False),
        ("Ron Smith", "Jon Smith", False),
        ("Bob Miller", "Bill Miller", False),
        ("John Smith", "John Smyth-Jones", False),
        ("Joan Smith", "John Taylor", False),
        ("John", "Jon", False),
        ("John", "John", True),
        ("John", "John Smith", False),
        ("Al Li", "Al Le", False),
        ("Anderson Lee", "Andersen Lee", True),
        ("", "", False),
    ],
)
def test_short_forms_and_slips_are_let_through_and_other_names_are_not(
    one: str, other: str, close: bool
) -> None:
    assert close_names(words_of(one), words_of(other)) is close
    assert close_names(words_of(other), words_of(one)) is close


NAMES = st.lists(
    st.sampled_from(["jon", "john", "bob", "robert", "smith", "smyth", "j", "s", "miller"]),
    max_size=4,
)


def test_names_of_many_unlike_words_are_not_close() -> None:
    assert not close_names(
        ("a", "b", "c", "d", "e", "smith"), ("af", "bf", "cf", "df", "ef", "smith")
    )


@given(NAMES, NAMES)
def test_closeness_is_mutual_and_holds_of_all_that_is_similar(
    one: list[str], other: list[str]
) -> None:
    mine, theirs = words_of(*one), words_of(*other)
    assert close_names(mine, theirs) == close_names(theirs, mine)
    if similar_names(mine, theirs):
        assert close_names(mine, theirs)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_compared(one: str, other: str) -> None:
    assert isinstance(close_names(words_of(one), words_of(other)), bool)
