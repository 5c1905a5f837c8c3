"""A CSV of companies: any order of columns, each row judged on its own, nothing guessed."""

import pytest

from leadsignal.adapters.embedded.mail import EmbeddedMailDomains
from leadsignal.domain import company_csv
from leadsignal.domain.company_csv import Reading, read_companies
from leadsignal.errors import InvalidInputError, MalformedInputError, TooLargeError
from leadsignal.models.company_lists import ListedCompany, Range

MAIL = EmbeddedMailDomains()
HEAD = "domain,name,industry,employees,revenue,country,IP ranges\n"
FULL = "acme.com,Acme,Machinery,120,1250000,NL,198.51.100.0/24\n"
A_RANGE = Range(4, 0xC6336400, 0xC63364FF)


def read(text: str) -> Reading:
    return read_companies(text, mail=MAIL)


def only(text: str) -> ListedCompany:
    found = read(text)
    assert found.problems == ()
    [company] = found.companies
    return company


ACME = ListedCompany(
    domain="acme.com",
    name="Acme",
    industry="Machinery",
    employee_count=120,
    employee_range="51-200",
    annual_revenue_usd=1_250_000,
    country="NL",
    ranges=(A_RANGE,),
)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FULL, id="as documented"),
        pytest.param((HEAD + FULL).replace(",", ";"), id="semicolons"),
        pytest.param((HEAD + FULL).replace(",", "\t"), id="tabs"),
        pytest.param((HEAD + FULL).replace("\n", "\r\n"), id="lines of Windows"),
        pytest.param((HEAD + FULL).rstrip("\n"), id="no end of the last line"),
        pytest.param(HEAD + "\n" + FULL + "\n,,,,,,\n\n", id="blank lines"),
        pytest.param(
            "Country;Company Name;IP-Ranges;Website;Headcount;Annual revenue (USD);Sector\n"
            "Netherlands;Acme;198.51.100.0/24;https://www.acme.com/about;120;$1,250,000;Machinery\n",
            id="other names in another order",
        ),
        pytest.param(
            '"domain","name","industry","employees","revenue","country","IP ranges"\n'
            '"acme.com","Acme","Machinery","120","1.25M","nl","198.51.100.0/24"\n',
            id="everything quoted",
        ),
        pytest.param(
            HEAD + " ACME.COM. , Acme , Machinery, 120 , 1 250 000 ,NLD, 198.51.100.0/24 \n",
            id="blanks around cells",
        ),
    ],
)
def test_one_company_in_many_spellings(text: str) -> None:
    assert only(text) == ACME


def test_only_the_domain_is_needed() -> None:
    assert only("domain\nacme.com\n") == ListedCompany(domain="acme.com")
    assert only(HEAD + "acme.com,,-,n/a\n") == ListedCompany(domain="acme.com")


def test_columns_that_mean_nothing_to_us_are_counted() -> None:
    found = read("domain,owner,notes,\nacme.com,ada,=1+1,\n")
    assert (found.ignored_columns, found.problems) == (2, ())


@pytest.mark.parametrize("parts", ["{};{}", '"{}, {}"', "{} {}", '"{}\n{}"', "{};{};{}"])
def test_ranges_are_several_in_a_cell(parts: str) -> None:
    cell = parts.format("198.51.100.0/24", "2001:db8::/32", "198.51.100.0/24")
    six = 0x20010DB8 << 96
    assert only(f"domain,ranges\nacme.com,{cell}\n").ranges == (
        A_RANGE,
        Range(6, six, six | (1 << 96) - 1),
    )


def test_a_single_address_is_a_range_of_one() -> None:
    assert only("domain,ip\nacme.com,10.1.2.3\n").ranges == (Range(4, 0x0A010203, 0x0A010203),)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",Acme,,,,,", "domain", "missing_domain"),
        ("com,,,,,,", "domain", "invalid_domain"),
        ("198.51.100.1,,,,,,", "domain", "invalid_domain"),
        ("not a domain,,,,,,", "domain", "invalid_domain"),
        ("gmail.com,,,,,,", "domain", "mail_domain"),
        ("acme.com,=cmd|' /C calc'!A0,,,,,", "name", "formula"),
        ("acme.com,@SUM(A1),,,,,", "name", "formula"),
        ("acme.com,,-1+1,,,,", "industry", "formula"),
        ('acme.com,"two\nlines",,,,,', "name", "control_character"),
        (f"acme.com,{'x' * 257},,,,,", "name", "too_long"),
        ("acme.com,,,many,,,", "employees", "invalid_employees"),
        ("acme.com,,,-5,,,", "employees", "invalid_employees"),
        ("acme.com,,,,lots,,", "revenue", "invalid_revenue"),
        ("acme.com,,,,-5,,", "revenue", "invalid_revenue"),
        ("acme.com,,,,99999B,,", "revenue", "invalid_revenue"),
        ("acme.com,,,,,Atlantis,", "country", "invalid_country"),
        ("acme.com,,,,,,198.51.100.1/24", "ranges", "invalid_range"),
        ("acme.com,,,,,,198.51.100.0/33", "ranges", "invalid_range"),
        ("acme.com,,,,,,somewhere", "ranges", "invalid_range"),
        ("acme.com,,,,,,10.0.0.0/7", "ranges", "range_too_wide"),
        ("acme.com,,,,,,2a00::/15", "ranges", "range_too_wide"),
        ("acme.com,,,,,,0.0.0.0/8", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,127.0.0.1", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,169.254.169.254", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,224.0.0.0/8", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,fe80::/64", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,2002:c633:6400::/48", "ranges", "range_without_hosts"),
        ("acme.com,,,,,,::ffff:198.51.100.0/120", "ranges", "range_without_hosts"),
        (f"acme.com,,,,,,{'198.51.100.0/24;' * 7000}", "ranges", "too_long"),
        ("acme.com,Acme, Inc.,,,,,198.51.100.0/24", None, "too_many_cells"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(row: str, column: str, code: str) -> None:
    found = read(HEAD + "first.example,,,,,,\n\n" + row + "\nlast.example,,,,,,\n")
    [problem] = [p for p in found.problems if p.code == code]
    assert (problem.line, problem.column) == (4, column)
    assert problem.detail.startswith("line 4: ")
    assert found.skipped == 1
    assert [company.domain for company in found.companies] == ["first.example", "last.example"]


def test_a_cell_of_nothing_but_extra_delimiters_is_no_problem() -> None:
    assert only("domain,name\nacme.com,Acme,,,\n").name == "Acme"


def test_a_domain_and_a_range_stand_once() -> None:
    found = read(
        "domain,ranges\n"
        "acme.com,198.51.100.0/24\n"
        "www.acme.com,203.0.113.0/24\n"
        "other.example,198.51.100.0/24\n"
        "inner.example,198.51.100.0/25\n"
    )
    assert [(p.line, p.code) for p in found.problems] == [
        (3, "duplicate_domain"),
        (4, "duplicate_range"),
    ]
    assert [company.domain for company in found.companies] == ["acme.com", "inner.example"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing_column"),
        ("name\nAcme\n", "missing_column"),
        ("domain,website\nacme.com,acme.com\n", "duplicate_column"),
    ],
)
def test_a_header_that_names_no_domain_or_one_twice_is_refused(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read(text)
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize("text", ['domain\n"acme.com\n', 'domain\n"acme"x,\n'])
def test_a_quote_without_an_end_is_no_csv(text: str) -> None:
    with pytest.raises(MalformedInputError, match="line 2") as refused:
        read(text)
    assert refused.value.slug == "malformed-csv"


def test_only_so_many_problems_are_kept() -> None:
    found = read("domain\n" + "com\n" * 150)
    assert (found.skipped, len(found.problems)) == (150, 100)


def test_there_is_an_end_to_rows_and_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(company_csv, "MAX_ROWS", 2)
    monkeypatch.setattr(company_csv, "MAX_RANGES", 2)
    two = "domain,ip\na.example,10.0.0.1;10.0.0.2\ncom,\n"
    assert len(read(two).companies) == 1
    with pytest.raises(TooLargeError, match="at most 2 rows"):
        read(two + "b.example,\n")
    with pytest.raises(TooLargeError, match="at most 2 ranges"):
        read("domain,ip\na.example,10.0.0.1;10.0.0.2;10.0.0.3\n")


@pytest.mark.parametrize(
    ("text", "dollars"),
    [
        ("0", 0),
        ("1250000", 1_250_000),
        ("1,250,000", 1_250_000),
        ("1.250.000", 1_250_000),
        ("1'250'000", 1_250_000),
        ("1250000.50", 1_250_000),
        ("$1.5B", 1_500_000_000),
        ("US$ 12 mn", 12_000_000),
        ("3,5 m USD", 3_500_000),
        ("750k", 750_000),
    ],
)
def test_revenue_is_read_as_people_write_it(text: str, dollars: int) -> None:
    assert only(f"domain\trevenue\nacme.com\t{text}\n").annual_revenue_usd == dollars
