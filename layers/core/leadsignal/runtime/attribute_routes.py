"""The routes of ``/v1/attributes``."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.attributes import AttributePatch, AttributeRequest, AttributeView
from leadsignal.models.pages import Page
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    found,
    gone,
    if_match,
    listing,
    paged,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import attributes
from leadsignal.services.attributes import Registrar, attribute_view

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _registrar() -> Registrar:
    return scoring_wiring.registrar(caller(router).tenant.tenant_id)


@router.post("/v1/attributes", status_code=HTTPStatus.CREATED)
def create_attribute(request: AttributeRequest) -> Response[AttributeView]:
    """Define an attribute of leads: what values of that name must be, from now on."""
    made = attributes.create_attribute(
        request, registrar=_registrar(), new_id=mint(router).new_id, now=wiring.now()
    )
    location = f"/v1/attributes/{made.id}"
    return created(AttributeView, attribute_view(made), location=location, version=made.version)


@router.get("/v1/attributes")
def list_attributes(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[AttributeView]]:
    """List the attributes, oldest first."""
    page = attributes.list_attributes(listing(router, limit, cursor), registrar=_registrar())
    return paged(page.shown(attribute_view), router)


@router.get("/v1/attributes/<attribute_id>")
def get_attribute(attribute_id: str) -> Response[AttributeView]:
    """Return one attribute."""
    there = attributes.find_attribute(attribute_id, registrar=_registrar())
    return found(AttributeView, attribute_view(there), version=there.version)


@router.patch("/v1/attributes/<attribute_id>")
def change_attribute(attribute_id: str, patch: AttributePatch) -> Response[AttributeView]:
    """Change one attribute, by a JSON merge patch: it may allow more than before, never less."""
    changed = attributes.change_attribute(
        attribute_id,
        patch,
        demand=if_match(router),
        registrar=_registrar(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return found(AttributeView, attribute_view(changed), version=changed.version)


@router.delete("/v1/attributes/<attribute_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_attribute(attribute_id: str) -> Response[None]:
    """Delete one attribute that no rule and no segment names; what leads have of it stays."""
    attributes.remove_attribute(
        attribute_id,
        demand=if_match(router),
        registrar=_registrar(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return gone()
