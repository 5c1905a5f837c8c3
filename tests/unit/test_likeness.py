"""Names that may be one person's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.likeness import likeness_of, similar_names, words_of
from leadsignal.models.profiles import Likeness, Profile

KEY = b"k" * 32


def profile(**fields: object) -> Profile:
    instants = dict.fromkeys(("first_seen_at", "last_seen_at", "created_at", "updated_at"), 0)
    return Profile.model_validate(instants | fields)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Jane Doe", "jane doe", True),
        ("Doe, Jane", "Jane Doe", True),
        ("José García", "Jose GARCIA", True),
        ("Søren Møller", "Soren Moller", True),
        ("J. Doe", "Jane Doe", True),
        ("Jane M. Doe", "Jane Doe", True),
        ("Jane Mary Doe", "J. M. Doe", True),
        ("O'Neill Sean", "Sean ONeill", True),
        ("Jane", "Jane", True),
        ("Jane", "Jane Doe", False),
        ("Jane Doe", "John Doe", False),
        ("J. D.", "Jane Doe", False),
        ("Jane Doe", "Bob Ray", False),
        ("Jane Doe", "", False),
        ("", "", False),
    ],
)
def test_names_are_compared_without_case_accents_and_order(
    one: str, other: str, alike: bool
) -> None:
    assert similar_names(words_of(one), words_of(other)) is alike
    assert similar_names(words_of(other), words_of(one)) is alike


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_of_names_is_mutual_and_never_fails(one: str, other: str) -> None:
    mine, theirs = words_of(one), words_of(other)
    assert similar_names(mine, theirs) == similar_names(theirs, mine)
    assert words_of(" ".join(mine)) == mine


def test_the_hashes_of_a_likeness_follow_from_the_tenants_key_and_tell_nothing() -> None:
    jane = profile(phone="+14155550132", first_name="Jane", last_name="Doe",
                   company={"id": "cmp_1"})  # fmt: skip
    found = likeness_of(jane, key=KEY)
    assert found == likeness_of(jane.model_copy(update={"first_name": "JANÉ"}), key=KEY)
    other = likeness_of(jane, key=b"other")
    assert {found.phone, found.namesake}.isdisjoint({other.phone, other.namesake})
    assert likeness_of(jane.model_copy(update={"phone": None}), key=KEY).phone is None


def test_without_a_name_and_a_company_nobody_is_a_namesake() -> None:
    assert likeness_of(profile(first_name="Jane", last_name="Doe"), key=KEY) == (Likeness())
    only = profile(first_name="Jane", company={"id": "cmp_1"})
    assert likeness_of(only, key=KEY) == Likeness()


def test_crawlers_are_like_nobody() -> None:
    crawler = profile(phone="+14155550132", bot_count=1)
    assert likeness_of(crawler, key=KEY) == Likeness()
