"""Countries by their codes and names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.countries import codes, country_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nl", "NL"), ("NLD", "NL"), ("Nederland", "NL"), ("the netherlands", "NL"),
        ("U.S.A.", "US"), ("United States", "US"), ("America", "US"), ("uk", "GB"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Ivory Coast", "CI"), ("Brasil", "BR"),
        ("España", "ES"), ("Deutschland", "DE"), ("South Korea", "KR"), ("日本", "JP"),
        ("Côte d\u2019Ivoire", "CI"), ("GROSSBRITANNIEN", "GB"), ("u.s.", "US"), ("U.K.", "GB"),
        ("Allemagne", "DE"), ("Alemania", "DE"), ("Alemanha", "DE"), ("Germania", "DE"),
        ("Duitsland", "DE"), ("Niemcy", "DE"), ("Tyskland", "DE"), ("Frankreich", "FR"),
        ("Norge", "NO"), ("Schweiz", "CH"), ("Россия", "RU"), ("中国", "CN"), ("EL", "GR"),
        ("Viet Nam", "VN"), ("Korea, Republic of", "KR"), ("North Korea", "KP"),
        ("United States (USA)", "US"), ("Germany (DE)", "DE"), ("Germany (FR)", None),
        ("  the  Netherlands ", "NL"), ("Republic of China", "TW"), ("China", "CN"),
        ("Kosovo", "XK"), ("England", "GB"), ("Dubai", "AE"),
        ("Korea", "KR"), ("Congo", "CG"), ("DR Congo", "CD"), ("Georgia", "GE"), ("GA", "GA"),
        ("Guinea", "GN"), ("Samoa", "WS"), ("Ireland", "IE"), ("Jersey", "JE"),
        ("Virgin Islands", None), ("Europe", None), ("EU", None), ("California", None),
        ("Antarctica" * 50, None), ("the", None), ("republic of", None), ("(", None),
        ("Atlantis", None), ("", None), ("xx", None),
    ],
)  # fmt: skip
def test_a_country_is_known_by_its_codes_and_names(text: str, code: str | None) -> None:
    assert country_code(text) == code


@given(st.text(max_size=120))
def test_a_code_stands_for_itself_and_any_text_is_safe(text: str) -> None:
    found = country_code(text)
    assert found is None or (found in codes() and country_code(found) == found)


def test_every_country_has_one_code_of_two_letters() -> None:
    assert len(codes()) == len(set(codes())) == 250  # those of ISO 3166-1, and XK
    assert all(country_code(code) == code for code in codes())
