"""Reads a tenant's list of companies from CSV, row by row; what is wrong is named by its line."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any, NamedTuple

from leadsignal.domain.groups import Domains
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.currencies import revenue_usd
from leadsignal.domain.normalise.headcount import read_headcount
from leadsignal.domain.normalise.text import tidy
from leadsignal.errors import FieldProblem, InvalidInputError, MalformedInputError, TooLargeError
from leadsignal.models.company_lists import ListedCompany, Range, RowProblem

MAX_ROWS = 50_000
MAX_RANGES = 100_000
MAX_TEXT = 256
MAX_URL = 2_048
MAX_CELL = 100_000
MAX_PROBLEMS = 100  # that are named
WIDEST = {4: 8, 6: 16}  # prefix lengths: whatever is shorter is no company's

_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "domain": ("domain", "company_domain", "website", "web_site", "url", "homepage", "web"),
        "name": ("name", "company", "company_name", "organisation", "organization", "account",
                 "account_name"),
        "industry": ("industry", "sector"),
        "employees": ("employees", "employee_count", "number_of_employees", "headcount", "staff",
                      "size", "company_size"),
        "revenue": ("revenue", "annual_revenue", "annual_revenue_usd", "revenue_usd", "turnover"),
        "country": ("country", "country_code"),
        "ranges": ("ip_ranges", "ip_range", "ranges", "range", "ip", "ips", "ip_addresses", "cidr",
                   "cidrs", "networks", "network"),
    }
)  # fmt: skip
_FIELD_OF = {alias: field for field, aliases in _COLUMNS.items() for alias in aliases}
_DELIMITERS = ",;\t"
_NOTHING = ("", "-", "–", "n/a", "N/A", "null", "NULL")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORMULA = ("=", "+", "-", "@")
MAX_REVENUE_USD = 10**13

type _Span = tuple[int, int]


def _span(text: str) -> _Span:
    network = ip_network(text)
    return int(network[0]), int(network[-1])


_NO_HOSTS = tuple(map(_span, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
_HOSTS_V6 = tuple(map(_span, ("2000::/3", "fc00::/7")))
_SIX_TO_FOUR = _span("2002::/16")


class Reading(NamedTuple):
    """What a file says: the rows that are good, and what is wrong with the others.

    ``skipped`` counts these; of their problems at most ``MAX_PROBLEMS`` are kept.
    """

    companies: tuple[ListedCompany, ...]
    problems: tuple[RowProblem, ...]
    skipped: int
    ignored_columns: int


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Why a cell cannot be taken."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_companies(text: str, *, mail: Domains) -> Reading:
    """Return the companies of a CSV text.

    The first row names the columns, in any order and case; ``,``, ``;`` or a tab is between them.

    Raises:
        MalformedInputError: ``malformed-csv``: it is no CSV, a quote has no end for one.
        InvalidInputError: there is no column ``domain``, or one of a kind twice.
        TooLargeError: there are more than ``MAX_ROWS`` rows or ``MAX_RANGES`` ranges.
    """
    head, _, _ = text.partition("\n")
    rows = _rows(text, max(_DELIMITERS, key=head.count))
    _, header = next(rows, (1, []))
    columns = _columns(header)
    seen = _Seen(mail)
    for line, cells in rows:
        if any(cell.strip() for cell in cells):
            seen.take(line, cells, columns, width=len(header))
    named = sum(1 for name in header if name.strip())
    problems = tuple(seen.problems)
    return Reading(tuple(seen.companies), problems, seen.skipped, named - len(columns))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the line that it begins in."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        detail = f"not CSV in the row that begins in line {line}"
        raise MalformedInputError("malformed-csv", detail) from error


def _columns(header: list[str]) -> dict[int, str]:
    """Return what each column holds that is known, by its place."""
    named = [_FIELD_OF.get(re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")) for name in header]
    problems = [
        FieldProblem("/1", "duplicate_column", f"line 1: two columns hold the {field}")
        for field in _COLUMNS
        if named.count(field) > 1
    ]
    if "domain" not in named:
        problems.append(FieldProblem("/1", "missing_column", "line 1: no column domain"))
    if problems:
        raise InvalidInputError(tuple(problems))
    return {place: field for place, field in enumerate(named) if field}


class _Seen:
    """What was read so far."""

    def __init__(self, mail: Domains) -> None:
        self.companies: list[ListedCompany] = []
        self.problems: list[RowProblem] = []
        self.skipped = 0
        self._mail = mail
        self._domains: dict[str, int] = {}
        self._ranges: dict[Range, int] = {}

    def take(self, line: int, cells: list[str], columns: dict[int, str], *, width: int) -> None:
        """Read one row: a company more, or its problems."""
        if len(self.companies) + self.skipped >= MAX_ROWS:
            raise TooLargeError("too-many-items", f"at most {MAX_ROWS} rows")
        said: dict[str, Any] = {}
        problems: list[RowProblem] = []
        if any(cell.strip() for cell in cells[width:]):
            detail = "more cells than the header has: quote what holds the delimiter"
            problems.append(_problem(line, None, "too_many_cells", detail))
        for place, field in columns.items():
            try:
                said |= self._read(field, cells[place] if place < len(cells) else "")
            except _Refused as refused:
                problems.append(_problem(line, field, refused.code, str(refused)))
        problems += self._twice(line, said)
        if problems:
            self.skipped += 1
            self.problems += problems[: MAX_PROBLEMS - len(self.problems)]
            return
        company = ListedCompany.model_validate(said)
        self._domains[company.domain] = line
        self._ranges |= dict.fromkeys(company.ranges, line)
        if len(self._ranges) > MAX_RANGES:
            raise TooLargeError("too-many-items", f"at most {MAX_RANGES} ranges")
        self.companies.append(company)

    def _read(self, field: str, cell: str) -> dict[str, Any]:
        text = cell.strip()
        if field == "domain":
            return {"domain": _domain(text, self._mail)}
        if text in _NOTHING:
            return {}
        return _READ[field](text)

    def _twice(self, line: int, said: Mapping[str, Any]) -> Iterator[RowProblem]:
        """Yield what an earlier row has already."""
        if (first := self._domains.get(said.get("domain", ""))) is not None:
            detail = f"the domain stands in line {first} already"
            yield _problem(line, "domain", "duplicate_domain", detail)
        for found in said.get("ranges", ()):
            if (first := self._ranges.get(found)) is not None:
                detail = f"the same range stands in line {first} already"
                yield _problem(line, "ranges", "duplicate_range", detail)
                return


def _problem(line: int, column: str | None, code: str, detail: str) -> RowProblem:
    return RowProblem(line=line, column=column, code=code, detail=f"line {line}: {detail}")


def _domain(text: str, mail: Domains) -> str:
    if not text:
        raise _Refused("missing_domain", "a company is known by its domain")
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text[:MAX_URL].lower()).partition("/")[0]
    domain = mail.registrable(host.partition(":")[0])
    if domain is None:
        raise _Refused("invalid_domain", "no domain that anybody could have registered")
    if mail.kind(domain) != "business":
        raise _Refused("mail_domain", "a domain of free or disposable mailboxes")
    return domain


def _text(field: str) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        if _CONTROL.search(text):
            raise _Refused("control_character", "a line break or another control character")
        if text.startswith(_FORMULA):
            raise _Refused("formula", "begins like a formula of a spreadsheet")
        if len(text) > MAX_TEXT:
            raise _Refused("too_long", f"at most {MAX_TEXT} characters")
        return {field: tidy(text)}

    return read


def _employees(text: str) -> dict[str, Any]:
    found = read_headcount(text)
    if found.size is None and found.number is None:
        raise _Refused("invalid_employees", "a number, or a size class as 51-200")
    return {"employee_count": found.number, "employee_range": found.size}


def _revenue(text: str) -> dict[str, Any]:
    amount = revenue_usd(text)
    if amount is None or amount > MAX_REVENUE_USD:
        raise _Refused("invalid_revenue", "US dollars a year: 1250000, 1,250,000 or 1.25M")
    return {"annual_revenue_usd": amount}


def _country(text: str) -> dict[str, Any]:
    code = country_code(text)
    if code is None:
        raise _Refused("invalid_country", "a country's ISO 3166-1 code or its name")
    return {"country": code}


def _ranges(text: str) -> dict[str, Any]:
    if len(text) > MAX_CELL:
        raise _Refused("too_long", f"at most {MAX_CELL} characters of ranges in a row")
    parts = (part for part in re.split(r"[;,\s]+", text) if part)
    return {"ranges": tuple(dict.fromkeys(map(_range, parts)))}


def _range(text: str) -> Range:
    """Return a range as it is searched; a single address is a range of one."""
    try:
        network = ip_network(text)
    except ValueError:
        detail = "IPv4 or IPv6 in CIDR notation, without bits beyond the prefix"
        raise _Refused("invalid_range", detail) from None
    if network.prefixlen < WIDEST[network.version]:
        raise _Refused("range_too_wide", f"shorter than /{WIDEST[4]} (IPv4) or /{WIDEST[6]} (IPv6)")
    first = int(network.network_address)
    found = Range(network.version, first, first | int(network.hostmask))
    if not _has_hosts(found):
        raise _Refused("range_without_hosts", "loopback, link-local, multicast or reserved")
    return found


def _has_hosts(found: Range) -> bool:
    """Return whether visitors can come from there; of IPv6 no IPv4 in disguise, for that is found
    as IPv4."""
    if found.version == 4:
        return not any(found.first <= last and first <= found.last for first, last in _NO_HOSTS)
    return any(first <= found.first <= last for first, last in _HOSTS_V6) and not (
        _SIX_TO_FOUR[0] <= found.first <= _SIX_TO_FOUR[1]
    )


_READ: Mapping[str, Callable[[str], dict[str, Any]]] = MappingProxyType(
    {
        "name": _text("name"),
        "industry": _text("industry"),
        "employees": _employees,
        "revenue": _revenue,
        "country": _country,
        "ranges": _ranges,
    }
)
