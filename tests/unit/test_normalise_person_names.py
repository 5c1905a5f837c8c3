"""First and last names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.person_names import person_name, split_name


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Ada King", "Ada", "King"), ("Ada", "Ada", None), ("Ada King Noel", "Ada", "King Noel"),
        ("Jan van der Berg", "Jan", "van der Berg"), ("van der Berg, Jan", "Jan", "van der Berg"),
        ("Juan Carlos de la Vega", "Juan Carlos", "de la Vega"),
        ("JUAN DE LA VEGA", "Juan", "de la Vega"), ("van der berg", None, "van der berg"),
        ("Maria da Silva Santos", "Maria", "da Silva Santos"), ("Van Morrison", "Van", "Morrison"),
        ("Doe, Jane", "Jane", "Doe"), ("Doe, Jane M.", "Jane M.", "Doe"),
        ("Jane M. Doe", "Jane M.", "Doe"), ("J. R. R. Tolkien", "J. R. R.", "Tolkien"),
        ("Doe, Jane, PhD", "Jane", "Doe"), ("Smith, John, Jr., Esq", "John", "Smith"),
        ("Jane Doe, PhD", "Jane", "Doe"), ("Jane Doe Jr.", "Jane", "Doe"),
        ("Sammy Davis, Jr.", "Sammy", "Davis"), ("Lee, MBA", "Lee", None),
        ("Dr. Jane Doe", "Jane", "Doe"), ("Mme Marie Curie", "Marie", "Curie"),
        ("Herr Dr. Hans Müller", "Hans", "Müller"), ("Prof. Dr. med. Anna Roth", "Anna", "Roth"),
        ("Herr Müller", None, "Müller"), ("Dr. House", None, "House"), ("Miss", "Miss", None),
        ("JANE DOE", "Jane", "Doe"), ("jane doe", "Jane", "Doe"), ("JENNIFER NG", "Jennifer", "Ng"),
        ("Jean DUPONT", "Jean", "Dupont"), ("Ronald MCDONALD", "Ronald", "McDonald"),
        ("SEAN O'NEIL", "Sean", "O'Neil"), ("anne-marie d'angelo", "Anne-Marie", "D'Angelo"),
        ("JD SMITH", "JD", "Smith"), ("AJ SMITH", "AJ", "Smith"), ("M. Night", "M.", "Night"),
        ("Md Rahman", "Md", "Rahman"), ("Rahman MD", "Rahman", None), ("Jane Ma", "Jane", "Ma"),
        ("Nguyễn Văn An", "Nguyễn", "Văn An"), ("山田 太郎", "山田", "太郎"),
        ("İBRAHİM ŞAHİN", "İBRAHİM", "ŞAHİN"), ("user123", "user123", None),
        ("jane@acme.com", "jane@acme.com", None), ("  Ada \n King ", "Ada", "King"),
        ("Acme GmbH", None, None), ("Acme Sales Team", None, None), ("Smith & Sons", None, None),
        ("", None, None), ("\x00", None, None), ("x" * 200 + " y", "x" * 200, "y"),
    ],
)  # fmt: skip
def test_a_whole_name_has_two_halves(whole: str, first: str | None, last: str | None) -> None:
    assert split_name(whole) == (first, last)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("Dr. Jane", "Doe"), ("Jane", "Doe")), (("Dr.", "House"), (None, "House")),
        (("Jane", "Doe, PhD"), ("Jane", "Doe")), (("Jane", "DOE PHD"), ("Jane", "Doe")),
        (("Mr. John", "Smith Jr."), ("John", "Smith")), (("JANE", None), ("JANE", None)),
        (("new", None), ("new", None)),
        (("  Jane  m. ", "DOE"), ("Jane m.", "Doe")),
        ((None, "DOE"), (None, "DOE")),
        (("jan", "van der berg"), ("Jan", "van der Berg")), (("jan", "Berg"), ("jan", "Berg")),
        (("Li", "NG"), ("Li", "NG")), (("ED", "LI"), ("Ed", "Li")), (("AJ", None), ("AJ", None)),
        (("Acme", "GmbH"), ("Acme", "GmbH")), (("Doe, Jane", None), ("Doe, Jane", None)),
        (("Frau", None), ("Frau", None)), (("Bill", "IV"), ("Bill", "IV")),
        (("jane2", "DOE"), ("jane2", "DOE")), ((None, None), (None, None)),
        (("x" * 200, "y"), ("x" * 200, "y")), ((" ", "\t"), (None, None)),
    ],
)  # fmt: skip
def test_halves_are_without_titles_and_in_the_spelling_of_names(
    given: tuple[str | None, str | None], kept: tuple[str | None, str | None]
) -> None:
    assert person_name(*given) == kept


WORDS = st.sampled_from(
    ["JANE", "doe", "Dr.", "PhD", "MD", "van", "DE", "la", "O'NEIL", "mcdonald", "J.", ",", "Jr",
     "Herr", "II", "AJ", "NG", "Şahin", "ßa", "med.", "Team", "Inc", "y", "İ", "MÜLLER", "-"]
)  # fmt: skip
NAMES = st.text(max_size=130) | st.lists(WORDS, max_size=6).map(" ".join)


@given(NAMES)
def test_a_whole_name_is_read_once_and_any_text_is_safe(whole: str) -> None:
    found = split_name(whole)
    assert person_name(*found) == found


@given(NAMES | st.none(), NAMES | st.none())
def test_halves_are_read_once_and_any_text_is_safe(first: str | None, last: str | None) -> None:
    found = person_name(first, last)
    assert person_name(*found) == found
