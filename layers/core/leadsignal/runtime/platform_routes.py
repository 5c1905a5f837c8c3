"""The routes that need no key: health and the OpenAPI document."""

from typing import Any

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.base import Frozen
from leadsignal.runtime.api import API_VERSION

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


class Health(Frozen):
    """That the API answers, and which version of it."""

    status: str = "ok"
    version: str = API_VERSION


@router.get("/v1/health")
def get_health() -> Health:
    """Return whether the API answers."""
    return Health()


@router.get("/v1/openapi.json")
def get_openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route."""
    from leadsignal.runtime.openapi.document import document  # only this route pays for its import

    return document(router)
