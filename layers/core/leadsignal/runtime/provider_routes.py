"""The routes of ``/v1/providers``."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.pages import Page
from leadsignal.models.providers import (
    UPLOAD_ID,
    Provider,
    ProviderPatch,
    ProviderRequest,
    ProviderView,
)
from leadsignal.runtime import lookup_wiring, wiring
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
from leadsignal.services import providers
from leadsignal.services.company_lists import forget_lists

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _counter() -> providers.Counter:
    return lookup_wiring.provider_counter(caller(router).tenant)


def _view(provider: Provider) -> ProviderView:
    breakers = lookup_wiring.breaker_store(caller(router).tenant.tenant_id)
    return providers.view(provider, breakers.all(), now=wiring.now())


@router.post("/v1/providers", status_code=HTTPStatus.CREATED)
def create_provider(request: ProviderRequest) -> Response[ProviderView]:
    """Create a provider of company data; its secret is never shown again."""
    provider = providers.create_provider(
        request, counter=_counter(), new_id=mint(router).new_id, now=wiring.now()
    )
    location = f"/v1/providers/{provider.id}"
    return created(ProviderView, _view(provider), location=location, version=provider.version)


@router.get("/v1/providers")
def list_providers(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[ProviderView]]:
    """List the providers and how they fare, oldest first; the built-in one is among them."""
    page = providers.list_providers(listing(router, limit, cursor), counter=_counter())
    now, breakers = wiring.now(), lookup_wiring.breaker_store(caller(router).tenant.tenant_id).all()
    return paged(page.shown(lambda each: providers.view(each, breakers, now=now)), router)


@router.get("/v1/providers/<provider_id>")
def get_provider(provider_id: str) -> Response[ProviderView]:
    """Return one provider and how it fares."""
    provider = providers.find(provider_id, counter=_counter())
    return found(ProviderView, _view(provider), version=provider.version)


@router.patch("/v1/providers/<provider_id>")
def change_provider(provider_id: str, patch: ProviderPatch) -> Response[ProviderView]:
    """Change one provider, by a JSON merge patch. A change holds everywhere within 30 seconds, and
    a provider that was left alone after failures is tried anew."""
    provider = providers.change_provider(
        provider_id,
        patch,
        demand=if_match(router),
        counter=_counter(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return found(ProviderView, _view(provider), version=provider.version)


@router.delete("/v1/providers/<provider_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_provider(provider_id: str) -> Response[None]:
    """Delete one provider with its secret, or its list; the built-in one can be disabled only."""
    providers.remove(provider_id, demand=if_match(router), counter=_counter())
    if provider_id == UPLOAD_ID:
        objects = wiring.list_shelf(caller(router).tenant.tenant_id).objects
        forget_lists(provider_id, objects=objects, now=wiring.now())
    return gone()
