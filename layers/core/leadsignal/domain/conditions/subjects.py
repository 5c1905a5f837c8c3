"""Leads and companies as conditions see them: a value for each field of the catalogue."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from leadsignal.domain.conditions.fields import within
from leadsignal.domain.conditions.selectors import Selector
from leadsignal.domain.normalise.headcount import employee_range
from leadsignal.models.base import Frozen
from leadsignal.models.events import Event
from leadsignal.models.instants import Instant
from leadsignal.models.leads import LeadCompany
from leadsignal.models.views import LeadView

_OF_EMAIL = {"email_kind": "kind", "email_role": "role", "email_deliverable": "verdict"}
_FREE = ("traits", "consent")


class Behaviour(Protocol):
    """What a lead did."""

    def events(self, name: str, since: Instant | None, until: Instant) -> Iterable[Event]: ...


class LeadSubject:
    """A lead as clients see it, and what it did; ``attributes`` are those that conditions see,
    None where these are the ones that clients do."""

    def __init__(
        self,
        view: LeadView,
        company: LeadCompany | None,
        behaviour: Behaviour,
        *,
        attributes: Mapping[str, object] | None = None,
    ) -> None:
        self._view = view
        self._attributes = view.attributes if attributes is None else attributes
        self._company = company
        self._behaviour = behaviour

    def value(self, field: str) -> object:
        """Return the value of a field, None when it has none."""
        head, dot, name = field.partition(".")
        if head == "quality":
            quality = self._view.quality
            return tuple(fix.code for fix in quality.fixes) if name else quality.score
        if field in _OF_EMAIL:
            return getattr(self._view.email_check, _OF_EMAIL[field], None)
        if not dot:
            return getattr(self._view, field, None)
        if head == "attributes":
            return within(self._attributes, name)
        if head in _FREE:
            return within(getattr(self._view, head), name)
        if head == "company":
            return company_value(self._company, name)
        return _part(getattr(self._view, head), name)

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        """Return how many events of that time are meant."""
        found = self._behaviour.events(what.event or "", since, until)
        return sum(map(what.matches, found))


class CompanySubject:
    """A company by its own fields."""

    def __init__(self, company: Frozen) -> None:
        self._company = company

    def value(self, field: str) -> object:
        """Return the value of a field, None when it has none."""
        return company_value(self._company, field.removeprefix("company."))

    def times(self, what: Selector, since: Instant | None, until: Instant) -> int:
        """Return 0: people do things, not companies."""
        del what, since, until
        return 0


def company_value(company: Frozen | None, name: str) -> object:
    """Return the value of a company's field, None when it has none."""
    if name == "employee_range":
        stated = getattr(company, "employee_range", None)
        return stated or employee_range(getattr(company, "employee_count", None))
    return getattr(company, name, None)


def _part(whole: Frozen | None, path: str) -> object:
    head, dot, rest = path.partition(".")
    value = getattr(whole, head, None)
    return _part(value, rest) if dot else value
