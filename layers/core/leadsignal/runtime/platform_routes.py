"""The routes that need no key: health, the OpenAPI document and the page that shows it."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.attribution import ATTRIBUTION
from leadsignal.models.base import Frozen
from leadsignal.runtime import wiring
from leadsignal.runtime.api import API_VERSION

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


class Health(Frozen):
    """That the API answers, which version of it, and with what address data.

    ``data_version`` is the day of the data and a hash of it; ``attribution`` names its sources.
    """

    status: str = "ok"
    version: str = API_VERSION
    data_version: str
    attribution: str = ATTRIBUTION


@router.get("/v1/health")
def get_health() -> Health:
    """Return whether the API answers."""
    return Health(data_version=wiring.data_version())


@router.get("/v1/openapi.json")
def get_openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route."""
    from leadsignal.runtime.openapi.document import document  # only this route pays for its import

    return document(router)


@router.get("/docs", include_in_schema=False)
def get_docs() -> Response[str]:
    """Return the page that shows the document."""
    return _docs("")


@router.get("/docs/<name>", include_in_schema=False)
def get_docs_file(name: str) -> Response[str]:
    """Return a file of that page."""
    return _docs(name)


def _docs(name: str) -> Response[str]:
    from leadsignal.runtime.docs_page import show  # as above

    return show(name, router)
