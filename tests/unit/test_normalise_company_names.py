"""Names of companies without legal forms, and their keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.normalise.company_names import company_key, company_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Acme Inc", "Acme"), ("Acme, Inc.", "Acme"), ("Acme LLC", "Acme"), ("Acme Ltd.", "Acme"),
        ("Acme GmbH & Co. KG", "Acme"), ("Acme G.m.b.H.", "Acme"), ("Siemens AG", "Siemens"),
        ("SIEMENS AG", "Siemens"), ("DASSAULT SYSTEMES SE", "Dassault Systemes"),
        ("BMW AG", "BMW"), ("SAP SE", "SAP"), ("IBM CORP", "IBM"), ("BMW GROUP", "BMW Group"),
        ("Eni S.p.A.", "Eni"), ("Enel SpA", "Enel"), ("ENI SPA", "ENI"),
        ("Koninklijke Philips N.V.", "Koninklijke Philips"), ("ASML HOLDING NV", "ASML Holding"),
        ("Nokia Oyj", "Nokia"), ("Volvo AB", "Volvo"), ("AB Volvo", "Volvo"),
        ("Novo Nordisk A/S", "Novo Nordisk"), ("Atlassian Pty Ltd", "Atlassian"),
        ("Sony K.K.", "Sony"), ("トヨタ自動車株式会社", "トヨタ自動車"),
        ("株式会社日立製作所", "日立製作所"), ("华为技术有限公司", "华为技术"),
        ("삼성전자 주식회사", "삼성전자"), ("PT Bank Central Asia Tbk", "Bank Central Asia"),
        ("ООО «Яндекс»", "Яндекс"), ("Grupo Bimbo, S.A.B. de C.V.", "Grupo Bimbo"),
        ("Samsung Electronics Co., Ltd.", "Samsung Electronics"), ("AT&T INC.", "AT&T"),
        ("H&M HENNES & MAURITZ AB", "H&M Hennes & Mauritz"), ("Foo (UK) Ltd", "Foo (UK)"),
        ("BANK OF AMERICA CORPORATION", "Bank of America"), ("NVIDIA CORP", "NVIDIA"),
        ("MCDONALD'S CORPORATION", "McDonald's"), ("L'OREAL SA", "L'Oreal"),
        ("HSBC HOLDINGS PLC", "HSBC Holdings"), ("FIFTH THIRD BANK", "Fifth Third Bank"),
        ("A.P. MOLLER - MAERSK A/S", "A.P. Moller - Maersk"), ("Koç Holding A.Ş.", "Koç Holding"),
        ("Allegro sp. z o.o.", "Allegro"), ("Skoda Auto a.s.", "Skoda Auto"), ("Foo e.V.", "Foo"),
        ("THE HOME DEPOT INC", "The Home Depot"), ("3M COMPANY", "3M Company"),
    ],
)  # fmt: skip
def test_a_legal_form_is_no_part_of_a_name(text: str, name: str) -> None:
    assert company_name(text) == (name, text)


@pytest.mark.parametrize(
    "name",
    ["IBM", "BMW", "SAP", "SE", "Inc.", "Limited", "The Limited", "ACME", "NVIDIA", "eBay", "3M",
     "Acme Spa", "AB InBev", "PT Solutions", "SAS Institute", "Johnson & Johnson", "Macy's",
     "Ford Motor Company", "The Walt Disney Company", "JPMorgan Chase & Co.", "AG", "株式会社"],
)  # fmt: skip
def test_what_is_doubtful_stays_as_it_was_given(name: str) -> None:
    assert company_name(name) == (name, None)


def test_a_name_is_in_one_line_and_a_long_one_stays() -> None:
    assert company_name("  Acme\n Widgets\u200b ") == ("Acme Widgets", None)
    assert company_name(" \x00 ") is None
    assert company_name(" " * 1_000) is None
    assert company_name("x" * 1_000 + " Inc") == ("x" * 1_000 + " Inc", None)


@pytest.mark.parametrize(
    "spellings",
    [
        ["Acme", "ACME, INC.", "acme gmbh", "Acmé S.A.", "The Acme Company", "acme ag"],
        ["Johnson & Johnson", "JOHNSON AND JOHNSON", "Johnson+Johnson Inc"],
        ["Salesforce, Inc.", "Sales Force"], ["3M", "3M Company", "3M Co."],
        ["Dassault Systèmes SE", "DASSAULT SYSTEMES"], ["Müller GmbH & Co. KG", "muller"],
    ],
    ids=lambda spellings: spellings[0],
)  # fmt: skip
def test_spellings_of_one_company_share_a_key(spellings: list[str]) -> None:
    assert len({company_key(name) for name in spellings}) == 1


def test_different_names_have_different_keys() -> None:
    names = ("Acme", "Acme Group", "Acme Spa", "Acme 2", "SE", "AG", "Apple", "Applied")
    assert len({company_key(name) for name in names}) == len(names)
    assert company_key("") == company_key("!?") == ""


WORDS = st.sampled_from(
    ["ACME", "Acme", "The", "AND", "GmbH", "&", "Co.", "KG", "S.A.", "INC", "Inc.", "PT", "Tbk",
     "AB", "Volvo", "ООО", "株式会社", "SE", "spa", "SPA", ",", "of", "МТС", "İŞ", "ß", "(株)"]
)  # fmt: skip


@given(st.text(max_size=300) | st.lists(WORDS, max_size=7).map(" ".join))
def test_a_name_is_read_once_and_any_text_is_safe(text: str) -> None:
    found = company_name(text)
    assert found is None or company_name(found.name) == (found.name, None)
    assert isinstance(company_key(text), str)
