"""The routes of look-ups: who is behind an address, a domain, an e-mail; what is known of it."""

import json
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BeforeValidator

from leadsignal.domain.company_views import enriched_company
from leadsignal.domain.lead_views import lead_view
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import InsufficientScopeError, LeadSignalError
from leadsignal.models import text_forms
from leadsignal.models.instants import to_instant
from leadsignal.models.lookups import (
    EnrichedCompany,
    Estimate,
    Identification,
    LookupBatch,
    LookupBatchAnswer,
    LookupResult,
)
from leadsignal.models.views import LeadView
from leadsignal.runtime import lookup_wiring, problems, wiring
from leadsignal.runtime.answers import digits, found, seen
from leadsignal.runtime.api import caller
from leadsignal.services import lookups, refreshing
from leadsignal.services.flights import Asking
from leadsignal.services.lookups import Directory, Sight

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

DEFAULT_TIMEOUT_MS = 2_500
ANSWERING_MS = 25  # what it takes to hand an answer over
LEAST_MS = 50  # to look into the short tier at least, however late the request comes
PLAUSIBLE_MS = 30_000  # no gateway waits longer; its clock may be another one than ours

_LINE = text_forms.shown(text_forms.LINE)
Address = Annotated[
    str | None,
    Query(max_length=64, description="An IPv4 or IPv6 address", json_schema_extra=_LINE),
]
Domain = Annotated[
    str | None,
    Query(max_length=253, description="A domain, or a host of it", json_schema_extra=_LINE),
]
Email = Annotated[
    str | None,
    Query(max_length=254, description="An e-mail address", json_schema_extra=_LINE),
]
Timeout = Annotated[
    int,
    BeforeValidator(digits),
    Query(ge=100, le=3_000, description="After how many milliseconds to answer with what there is"),
]
Refresh = Annotated[bool, Query(description="Ask all providers again, which may cost credits")]
DryRun = Annotated[bool, Query(description="Say what that would cost at most, and ask nobody")]


def _directory() -> Directory:
    return lookup_wiring.directory(caller(router))


def _asking(timeout_ms: int, *, refresh: bool = False) -> Asking:
    """Return until when to ask: the time that a request has counts from its arrival."""
    now = to_instant(wiring.now())
    waited = now - int(router.current_event["requestContext"].get("timeEpoch") or now)
    if not 0 <= waited <= PLAUSIBLE_MS:
        waited = 0
    left = max(LEAST_MS, timeout_ms - waited - ANSWERING_MS)
    return Asking(until=now + left, since=now if refresh else 0)


@router.get("/v1/identify")
def identify(
    ip: Address = None,
    domain: Domain = None,
    email: Email = None,
    timeout_ms: Timeout = DEFAULT_TIMEOUT_MS,
) -> Identification:
    """Tell which organisation is behind an address, a domain or an e-mail; give just one of them.

    Access, hosting and VPN networks are no company, and neither is free mail. What is not known in
    time follows as ``company.updated``.
    """
    lookup = lookups.read_lookup(ip=ip, domain=domain, email=email)
    return lookups.identify(lookup, asking=_asking(timeout_ms), directory=_directory())


@router.post("/v1/lookups/batch", status_code=HTTPStatus.OK)
def look_up_many(
    request: LookupBatch, timeout_ms: Timeout = DEFAULT_TIMEOUT_MS
) -> LookupBatchAnswer:
    """Identify up to 100 addresses, domains and e-mails in the time of one; equal ones are asked
    for once."""
    asking = _asking(timeout_ms)
    sights = lookups.identify_many(request, asking=asking, directory=_directory())
    identifier = str(router.context["request_id"])
    results = tuple(_result(number, sight, identifier) for number, sight in enumerate(sights))
    return LookupBatchAnswer(
        results=results, credits_charged=sum(result.credits_charged for result in results)
    )


def _result(number: int, sight: Sight | LeadSignalError, identifier: str) -> LookupResult:
    if isinstance(sight, LeadSignalError):
        answer = problems.from_error(sight, request_id=identifier)
        body: dict[str, Any] = json.loads(answer["body"])
        return LookupResult(index=number, status=body["status"], problem=body)
    shown = dict(sight.shown())
    return LookupResult(index=number, status=HTTPStatus.OK.value, **shown)


@router.get("/v1/enrich/<company_id>")
def enrich_company(
    company_id: str,
    refresh: Refresh = False,
    dry_run: DryRun = False,
    timeout_ms: Timeout = DEFAULT_TIMEOUT_MS,
) -> Response[EnrichedCompany | Estimate]:
    """Return all that is known of one company, and where each field is from.

    With ``refresh`` providers are asked again first, for credits; ``dry_run`` tells the price.
    """
    directory = _directory()
    if dry_run:
        price = refreshing.price_of(company_id, directory=directory)
        return seen(Estimate(credits_estimated=price), version=0)
    if not refresh:
        company = refreshing.find(company_id, directory=directory)
        return found(EnrichedCompany, enriched_company(company), version=company.version)
    if not caller(router).may("lookups:write"):
        raise InsufficientScopeError("lookups:write")
    asking = _asking(timeout_ms, refresh=True)
    done = refreshing.refresh(company_id, asking=asking, directory=directory)
    view = enriched_company(done.company, credits_charged=done.charged)
    return found(EnrichedCompany, view, version=done.company.version)


@router.post("/v1/leads/<lead_id>/enrich", status_code=HTTPStatus.OK)
def enrich_lead(lead_id: str, timeout_ms: Timeout = DEFAULT_TIMEOUT_MS) -> Response[LeadView]:
    """Ask now for what is not known of a lead's company and mailbox, and return the lead.

    202: not all who were asked answered in time; the rest follows as ``lead.enriched``.
    """
    tenant = caller(router).tenant
    lead, whole = refreshing.enrich_lead(
        lead_id,
        asking=_asking(timeout_ms),
        directory=_directory(),
        bench=lookup_wiring.bench(caller(router)),
    )
    view = lead_view(
        lead,
        profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country),
        now=to_instant(wiring.now()),
        statuses=tenant.statuses,
        country=tenant.default_country,
        attributes=wiring.attribute_book(tenant),
    )
    answer = found(LeadView, view, version=view.version)
    answer.status_code = (HTTPStatus.OK if whole else HTTPStatus.ACCEPTED).value
    return answer
