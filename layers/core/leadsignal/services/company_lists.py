"""A tenant's own lists of companies: uploaded, kept, used before all other data, and deleted."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from leadsignal.domain import company_lists
from leadsignal.domain.company_csv import Reading, read_companies
from leadsignal.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    InvalidRowsError,
    NotFoundError,
)
from leadsignal.models.company_lists import UploadedList, UploadReport
from leadsignal.models.instants import to_instant
from leadsignal.models.preconditions import Precondition
from leadsignal.models.providers import Provider
from leadsignal.ports import ListObjects, MailDomains

_ID = re.compile(r"prv_[0-9A-Za-z_]{1,60}", re.ASCII)
ATTEMPTS = 5  # at a change while others change the same provider
KEPT = timedelta(minutes=5)  # that long a list stays that no provider names: one may name it yet


class Providers(Protocol):
    """The providers of one tenant."""

    def all(self) -> Sequence[Provider]: ...
    def get(self, provider_id: str) -> Provider | None: ...
    def save(self, provider: Provider) -> Provider: ...


class Shelf(NamedTuple):
    """Everything that keeping one tenant's lists needs."""

    providers: Providers
    objects: ListObjects
    mail: MailDomains


class Kept(NamedTuple):
    """What an upload came to: the provider as it is now, and what to tell of the file."""

    provider: Provider
    report: UploadReport


def upload_list(
    provider_id: str,
    text: str,
    *,
    skip_invalid: bool,
    demand: Precondition,
    shelf: Shelf,
    now: datetime,
) -> Kept:
    """Put a list in the place of the provider's one, if it is valid as a whole, and tell of it.

    With ``skip_invalid`` the rows that are not valid are left out. The list is stored first, under
    a name that follows from its content, and then named by the provider in one write: nobody ever
    sees a part of it.

    Raises:
        NotFoundError: the tenant has no provider of that id that takes a list.
        PreconditionFailedError: it is in no version that is demanded.
        MalformedInputError, TooLargeError: as ``read_companies``.
        InvalidInputError: there are no rows, or (InvalidRowsError, which names up to 100 problems)
            some are not valid.
        ConflictError, TransientError: nothing changed.
    """
    demand.check(_find(provider_id, shelf.providers).version)
    reading = read_companies(text, mail=shelf.mail)
    _check(reading, skip_invalid=skip_invalid)
    packed = company_lists.packed(reading.companies)
    kept = UploadedList(
        version=packed.version,
        rows=len(reading.companies),
        ranges=sum(len(company.ranges) for company in reading.companies),
        nested=company_lists.nested(reading.companies),
        uploaded_at=to_instant(now),
    )

    def put() -> None:
        shelf.objects.put(provider_id, packed.version, packed.content)

    provider = _name(provider_id, kept, demand=demand, shelf=shelf, before=put)
    shelf.objects.sweep(provider_id, keep=kept.version, before=now - KEPT)
    report = UploadReport(
        **kept.model_dump(),
        skipped=reading.skipped,
        ignored_columns=reading.ignored_columns,
        problems=reading.problems,
    )
    return Kept(provider, report)


class Held(NamedTuple):
    """A provider and its list."""

    provider: Provider
    uploaded: UploadedList


def find_list(provider_id: str, *, providers: Providers) -> Held:
    """Return the provider of that id with its list.

    Raises:
        NotFoundError: there is none, or it is another tenant's, or it has no list.
    """
    provider = _find(provider_id, providers)
    if provider.uploaded is None:
        raise NotFoundError("list")
    return Held(provider, provider.uploaded)


def remove_list(provider_id: str, *, demand: Precondition, shelf: Shelf, now: datetime) -> None:
    """Take the list away from the provider.

    Raises:
        NotFoundError: as ``find_list``.
        PreconditionFailedError: the provider is in no version that is demanded.
        ConflictError, TransientError
    """
    find_list(provider_id, providers=shelf.providers)
    _name(provider_id, None, demand=demand, shelf=shelf)
    shelf.objects.sweep(provider_id, keep=None, before=now - KEPT)


def forget_lists(provider_id: str, *, objects: ListObjects, now: datetime) -> None:
    """Remove whatever lists a provider had that is gone; what is left goes with its next list.

    Raises:
        TransientError: some may be left.
    """
    if _ID.fullmatch(provider_id):
        objects.sweep(provider_id, keep=None, before=now + KEPT)


def _find(provider_id: str, providers: Providers) -> Provider:
    provider = providers.get(provider_id) if _ID.fullmatch(provider_id) else None
    if provider is None or provider.kind != "upload":
        raise NotFoundError("list")
    return provider


def _check(reading: Reading, *, skip_invalid: bool) -> None:
    if not reading.companies and not reading.problems:
        detail = "the file has no rows below its header"
        raise InvalidInputError((FieldProblem("", "no_rows", detail),))
    if reading.problems and (not skip_invalid or not reading.companies):
        problems = (
            FieldProblem(f"/{p.line}/{p.column}" if p.column else f"/{p.line}", p.code, p.detail)
            for p in reading.problems
        )
        raise InvalidRowsError(tuple(problems), rows=reading.skipped)


def _name(
    provider_id: str,
    kept: UploadedList | None,
    *,
    demand: Precondition,
    shelf: Shelf,
    before: Callable[[], None] = lambda: None,
) -> Provider:
    """Let the provider name another list, or none; ``before`` is done before each attempt."""
    for _ in range(ATTEMPTS):
        provider = _find(provider_id, shelf.providers)
        demand.check(provider.version)
        before()
        with suppress(ConflictError):
            return shelf.providers.save(provider.model_copy(update={"uploaded": kept}))
    raise ConflictError("the provider kept changing meanwhile")
