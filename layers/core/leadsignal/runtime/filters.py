"""The query parameter ``filter`` of lists: a condition as JSON."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from aws_lambda_powertools.event_handler.openapi.params import Query

from leadsignal.domain.conditions.fields import Catalogue
from leadsignal.domain.conditions.parse import parse
from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.conditions import Condition
from leadsignal.models.instants import to_instant
from leadsignal.models.pages import Page
from leadsignal.runtime import json_bodies, wiring
from leadsignal.runtime.answers import paged
from leadsignal.services.search import Search, SearchPage

EXAMINED_HEADER = "leadsignal-examined"

Filter = Annotated[str | None, Query(description="A condition as JSON: docs/lists.md")]
"""The query parameter ``filter`` of a list."""


def condition_in(
    text: str | None, catalogue: Catalogue, *, events: bool = True
) -> Condition | None:
    """Return the condition of a filter, None where there is no filter.

    Raises:
        MalformedInputError: it is not JSON.
        InvalidInputError: it is not a condition; the details say where in it.
    """
    if text is None:
        return None
    value = json_bodies.parse(text)
    try:
        return parse(value, catalogue, events=events)
    except InvalidInputError as error:
        problems = (
            FieldProblem("filter", found.code, f"{found.where or '/'}: {found.detail}")
            for found in error.problems
        )
        raise InvalidInputError(tuple(problems)) from error


def search() -> Search:
    """Return how far one request looks for what its filter wants."""
    return Search(clock=lambda: to_instant(wiring.now()))


def searched[V](found: SearchPage[V], router: BaseRouter) -> Response[Page[V]]:
    """Return a page of what was found; ``LeadSignal-Examined`` says of how many."""
    answer = paged(found.page, router)
    answer.headers[EXAMINED_HEADER] = str(found.examined)
    return answer
