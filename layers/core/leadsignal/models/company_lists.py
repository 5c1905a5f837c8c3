"""A tenant's own list of companies: what a row says, and what is kept and told of the whole."""

from typing import NamedTuple

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant, Timestamp


class Range(NamedTuple):
    """Addresses ``first`` to ``last``, both included, as numbers; ``version`` is 4 or 6."""

    version: int
    first: int
    last: int


class ListedCompany(Frozen):
    """One row of a list. ``annual_revenue_usd`` is whole US dollars, ``country`` ISO 3166-1
    alpha-2."""

    domain: str
    name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    employee_range: str | None = None
    annual_revenue_usd: int | None = None
    country: str | None = None
    ranges: tuple[Range, ...] = ()


class UploadedList(Frozen):
    """The list that a provider has: ``version`` names its content, which never changes.

    ``nested`` is how many ranges lie within another company's: there the longer prefix decides.
    """

    version: str
    rows: int
    ranges: int
    nested: int = 0
    uploaded_at: Instant


class RowProblem(Frozen):
    """Why a row was not taken; ``line`` is where it begins in the file, the header being 1."""

    line: int
    column: str | None
    code: str
    detail: str


class UploadedListView(Frozen):
    """A provider's list as its owner sees it."""

    version: str
    rows: int
    ranges: int
    nested: int
    uploaded_at: Timestamp


class UploadReport(UploadedListView):
    """What became of an upload: the list as it is now, and what of the file is not in it.

    ``problems`` names at most 100 of the rows that were left out.
    """

    skipped: int
    ignored_columns: int
    problems: tuple[RowProblem, ...] = Field(max_length=100)
