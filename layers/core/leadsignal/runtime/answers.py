"""Answers of routes: one resource with its ``ETag``, created or gone; pages of lists."""

import re
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BeforeValidator

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen
from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.rulesets import JobRef
from leadsignal.runtime import entity_tags, wiring
from leadsignal.runtime.api import JSON, caller
from leadsignal.services.listing import Listing


def digits(value: object) -> object:
    """Let decimal digits through and nothing else that ``int`` would read (``1_0``, `` 5``)."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]+", value):
        raise ValueError("must be a whole number")
    return value


Limit = Annotated[int, BeforeValidator(digits), Query(ge=1, le=100)]
"""The query parameter ``limit`` of every list."""

_CURSOR = text_forms.shown(text_forms.CURSOR, minLength=1, maxLength=text_forms.MAX_CURSOR)
Cursor = Annotated[
    str | None, Query(description="next_cursor of the page before", json_schema_extra=_CURSOR)
]
"""The query parameter ``cursor`` of every list: ``next_cursor`` of the page before."""

DEFAULT_LIMIT = 25

_DATE = {"format": "date"}
FirstDay = Annotated[
    str | None,
    Query(alias="from", description="First UTC day; 30 days by default", json_schema_extra=_DATE),
]
LastDay = Annotated[
    str | None, Query(alias="to", description="Last UTC day", json_schema_extra=_DATE)
]
"""The query parameters ``from`` and ``to`` of reports by day."""


def if_match(router: BaseRouter) -> Precondition:
    """Return which versions the caller demands with ``If-Match``; without it any will do.

    A weak tag, and one that is not of ours, names no version: the demand cannot be met.

    Raises:
        MalformedInputError: ``invalid-header``: neither ``*`` nor a list of quoted tags.
    """
    header = router.current_event.headers.get("if-match")
    tags = entity_tags.parse(header) if header is not None else None
    if tags is None or tags.anything:
        return ANY_VERSION
    return Precondition(versions=tags.versions)


def found[V: Frozen](view: type[V], stored: Frozen, *, version: int) -> Response[V]:
    """Return ``stored`` as a client sees it, with its version as ``ETag``."""
    return Response(HTTPStatus.OK, JSON, _view(view, stored), headers=_etag(version))


def seen[V: Frozen](view: V, *, version: int) -> Response[V]:
    """Return what its version alone does not name, with an ``ETag`` that follows from all of it.

    ``If-None-Match`` goes by all of it, ``If-Match`` by the version.
    """
    digest = sha256(view.model_dump_json().encode()).hexdigest()[:32]
    return Response(HTTPStatus.OK, JSON, view, headers={"etag": f'"{version}.{digest}"'})


def created[V: Frozen](
    view: type[V], stored: Frozen, *, location: str, version: int
) -> Response[V]:
    """Return what was just stored as a client sees it, with where it is and its version."""
    headers = {"location": location} | _etag(version)
    return Response(HTTPStatus.CREATED, JSON, _view(view, stored), headers=headers)


def started(job: JobRef) -> Response[JobRef]:
    """Return the answer to what goes on as a job."""
    headers: dict[str, str | list[str]] = {"location": f"/v1/jobs/{job.job_id}"}
    return Response(HTTPStatus.ACCEPTED, JSON, job, headers=headers)


def gone() -> Response[None]:
    """Return the answer to a deletion."""
    return Response(HTTPStatus.NO_CONTENT)


def listed[V: Frozen, S: Frozen](
    view: type[V], page: Page[S], router: BaseRouter
) -> Response[Page[V]]:
    """Return a page of what is stored as a client sees it."""
    return paged(page.shown(lambda stored: _view(view, stored)), router)


def paged[V](page: Page[V], router: BaseRouter) -> Response[Page[V]]:
    """Return a page with a ``Link`` to the next one, where there is one."""
    headers: dict[str, str | list[str]] = {}
    if page.next_cursor:
        request = router.current_event
        query = {**request.query_string_parameters, "cursor": page.next_cursor}
        headers["link"] = f'<{request.path}?{urlencode(query)}>; rel="next"'
    return Response(HTTPStatus.OK, JSON, page, headers=headers)


def _view[V: Frozen](view: type[V], stored: Frozen) -> V:
    return view.model_validate(stored, from_attributes=True)


def listing(router: BaseRouter, limit: int, cursor: str | None) -> Listing:
    """Return which page of a list the caller asks for.

    Raises:
        MalformedInputError: the cursor is not one of this tenant and route.
    """
    now = to_instant(wiring.now())
    asked = Listing(caller(router).tenant, limit, cursor, now, router.current_event.path)
    asked.place()  # what is no cursor of ours is refused before anything is read
    return asked


def _etag(version: int) -> dict[str, str]:
    return {"etag": f'"{version}"'}
