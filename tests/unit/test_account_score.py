"""The score of a company: the best people, by role, never a blind sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.account_score import BEST, Person, role_of, score_account


@pytest.mark.parametrize(
    ("title", "role"),
    [
        (None, "unknown"), ("", "unknown"), ("CTO", "executive"), ("Co-Founder & CEO", "executive"),
        ("Vice President Sales", "director"), ("Head of Growth", "director"),
        ("Product Manager", "manager"), ("Engineer", "staff"), ("Marketing Intern", "junior"),
        ("Executive Assistant", "junior"), ("Leading Engineer", "staff"),
    ],
)  # fmt: skip
def test_a_role_follows_from_the_words_of_the_title(title: str | None, role: str) -> None:
    assert role_of(title) == role


def test_the_best_person_counts_whole_and_each_further_one_less() -> None:
    told = score_account([Person("b", 50, "CEO"), Person("a", 80, "CTO"), Person("c", 50, "CFO")])
    assert [(share.lead_id, share.adds) for share in told.people] == [
        ("a", 80),
        ("b", 20 * 0.5 * 0.5),
        ("c", 15 * 0.5 * 0.25),
    ]
    assert told.raw == 86.875
    assert (told.score, told.tier) == (87, "hot")


def test_a_company_of_nobody_has_no_score() -> None:
    assert score_account([]).score == 0


people = st.builds(
    Person,
    st.uuids().map(str),
    st.integers(0, 100),
    st.sampled_from([None, "CEO", "Engineer", "Intern", "Sales Manager"]),
)


@given(known=st.lists(people, max_size=8), further=people)
def test_a_further_person_never_lowers_it_and_no_crowd_passes_a_hundred(
    known: list[Person], further: Person
) -> None:
    before, after = score_account(known), score_account([*known, further])
    assert after.raw >= before.raw - 1e-9
    assert 0 <= after.score <= 100
    assert len(after.people) <= BEST
    assert sum(share.adds for share in after.people) == pytest.approx(after.raw)
    assert score_account([further, *reversed(known)]) == after
