"""The routes of ``/v1/companies``."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.domain.conditions import fields
from leadsignal.models.accounts import AccountScore, CompanyAccount
from leadsignal.models.edits import CompanyPatch
from leadsignal.models.pages import Page
from leadsignal.models.views import CompanyDetail, CompanySessionView, LeadView
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.runtime.answers import DEFAULT_LIMIT, Cursor, Limit, if_match, listing, paged, seen
from leadsignal.runtime.api import caller
from leadsignal.runtime.filters import Filter, condition_in, search, searched
from leadsignal.services import accounts, companies
from leadsignal.services.companies import CompanyOrder, Register

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _register() -> Register:
    return wiring.register(caller(router).tenant)


@router.get("/v1/companies")
def list_companies(
    sort: CompanyOrder = "-created_at",
    filter: Filter = None,  # noqa: A002 - the name that clients use
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[Page[CompanyDetail]]:
    """List the companies of leads by creation; a leading ``-`` puts the newest first.

    With a ``filter`` a page may be short, or empty, and still have a ``next_cursor``.
    """
    page = listing(router, limit, cursor)
    condition = condition_in(filter, fields.of_company, events=False)
    listed = companies.list_companies(condition, sort, page, register=_register(), search=search())
    return searched(listed, router)


@router.get("/v1/companies/<company_id>")
def get_company(company_id: str) -> Response[CompanyAccount]:
    """Return one company as an account: what is known of it, and what its leads come to.

    Its ``ETag`` changes with the leads, too; ``If-Match`` goes by the version of the company alone.
    """
    return _account(company_id)


@router.patch("/v1/companies/<company_id>")
def update_company(company_id: str, patch: CompanyPatch) -> Response[CompanyAccount]:
    """Say what is known of a company by JSON merge patch; no provider overwrites it, and null
    withdraws it."""
    tenant = caller(router).tenant
    companies.change_company(
        company_id,
        patch,
        precondition=if_match(router),
        tenant=tenant,
        companies=wiring.leads(tenant.tenant_id),
        cache=lookup_wiring.lookup_cache(tenant.tenant_id),
        now=wiring.now(),
    )
    return _account(company_id)


def _account(company_id: str) -> Response[CompanyAccount]:
    account = accounts.get_account(company_id, register=_register())
    return seen(account, version=account.version)


@router.get("/v1/companies/<company_id>/score")
def get_company_score(company_id: str) -> AccountScore:
    """Return the score of a company by those of its people, and what each of them adds."""
    return accounts.get_account_score(company_id, register=_register())


@router.get("/v1/companies/<company_id>/leads")
def list_company_leads(
    company_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[LeadView]]:
    """List the leads of a company, those seen last first."""
    page = listing(router, limit, cursor)
    listed = companies.list_company_leads(company_id, page, register=_register(), search=search())
    return searched(listed, router)


@router.get("/v1/companies/<company_id>/activity")
def list_company_activity(
    company_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[CompanySessionView]]:
    """List the sessions of a company's leads in the last days with their events, newest first."""
    page = listing(router, limit, cursor)
    return paged(companies.list_activity(company_id, page, register=_register()), router)
