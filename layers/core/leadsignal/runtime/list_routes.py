"""The routes of ``/v1/providers/{id}/list``: a tenant's own list of companies."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.company_lists import UploadedListView, UploadReport
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import found, gone, if_match
from leadsignal.runtime.api import caller, text
from leadsignal.services import company_lists

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

SkipInvalid = Annotated[
    bool, Query(description="Take the rows that are valid, and leave the others out")
]


@router.put("/v1/providers/<provider_id>/list")
def upload_list(provider_id: str, skip_invalid: SkipInvalid = False) -> Response[UploadReport]:
    """Put a list of companies in the place of the provider's one; it is taken whole or not at all.

    CSV in UTF-8 with a header: `domain`, and any of `name`, `industry`, `employees`, `revenue`,
    `country` and `ip_ranges` (CIDR, several separated by `;` or a blank). At most 50,000 rows and
    5 MB; gzip is taken.
    """
    kept = company_lists.upload_list(
        provider_id,
        text(router),
        skip_invalid=skip_invalid,
        demand=if_match(router),
        shelf=wiring.list_shelf(caller(router).tenant.tenant_id),
        now=wiring.now(),
    )
    return found(UploadReport, kept.report, version=kept.provider.version)


@router.get("/v1/providers/<provider_id>/list")
def get_list(provider_id: str) -> Response[UploadedListView]:
    """Tell of the provider's list: how much there is of it, which version, and since when."""
    providers = wiring.provider_store(caller(router).tenant.tenant_id)
    held = company_lists.find_list(provider_id, providers=providers)
    return found(UploadedListView, held.uploaded, version=held.provider.version)


@router.delete("/v1/providers/<provider_id>/list", status_code=HTTPStatus.NO_CONTENT)
def delete_list(provider_id: str) -> Response[None]:
    """Take the provider's list away."""
    shelf = wiring.list_shelf(caller(router).tenant.tenant_id)
    company_lists.remove_list(provider_id, demand=if_match(router), shelf=shelf, now=wiring.now())
    return gone()
