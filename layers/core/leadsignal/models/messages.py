"""What functions say to each other over queues. Ids only: the content is read where it is used."""

from typing import Literal

from leadsignal.models.base import Frozen


class EnrichRequest(Frozen):
    """Asks to fill the company of a lead."""

    v: Literal[1] = 1
    tenant_id: str
    lead_id: str
    company_id: str
    domain: str
