"""Entity tags as RFC 9110 spells them; anything else is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.errors import MalformedInputError
from leadsignal.runtime.entity_tags import parse


@pytest.mark.parametrize(
    ("header", "versions"),
    [
        ('"7"', {7}),
        (' "7"\t', {7}),
        ('"7", "8"', {7, 8}),
        ('"7","8" ,\t"9"', {7, 8, 9}),
        ('W/"7"', set()),
        ('W/"7", "8"', {8}),
        ('""', set()),
        ('"abc"', set()),
        ('"07"', set()),
        ('"0"', {0}),
        ('"-1"', set()),
        ('"1,2"', set()),
        ('"\u00e9"', set()),
        (f'"{"9" * 5000}"', set()),
    ],
)
def test_strong_tags_of_ours_name_versions(header: str, versions: set[int]) -> None:
    tags = parse(header)
    assert not tags.anything
    assert tags.versions == versions


@pytest.mark.parametrize(
    "header",
    ["", " ", "7", "'7'", '"7', '7"', '"7" "8"', '"7",', ',"7"', '"7",,"8"', 'w/"7"', '"7", *',
     "*, *", '"a b"', '"\u0000"', '"a"b"', "W/7", "\U0001f98a"],
)  # fmt: skip
def test_what_is_no_tag_is_refused(header: str) -> None:
    with pytest.raises(MalformedInputError) as refused:
        parse(header)
    assert refused.value.slug == "invalid-header"


def test_reading_compares_weakly() -> None:
    assert parse('W/"7"').includes('"7"')
    assert parse('"6", "7"').includes('"7"')
    assert not parse('"6", W/"8"').includes('"7"')
    assert parse(" * ").includes('"7"')
    assert parse("*").anything


@given(header=st.text(max_size=80) | st.text(alphabet='W/"*, 7\t', max_size=60))
def test_any_header_is_read_or_refused(header: str) -> None:
    with suppress(MalformedInputError):
        parse(header)
