"""The routes of look-ups: who is behind an address, a domain, an e-mail."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models import text_forms
from leadsignal.models.instants import to_instant
from leadsignal.models.lookups import Identification
from leadsignal.runtime import wiring
from leadsignal.runtime.api import caller
from leadsignal.services import lookups

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]

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


@router.get("/v1/identify")
def identify(ip: Address = None, domain: Domain = None, email: Email = None) -> Identification:
    """Tell which organisation is behind an address, a domain or an e-mail; give just one of them.

    Access, hosting and VPN networks are no company, and neither is free mail.
    """
    lookup = lookups.read_lookup(ip=ip, domain=domain, email=email)
    directory = wiring.directory(caller(router).tenant)
    return lookups.identify(lookup, directory=directory, now=to_instant(wiring.now()))
