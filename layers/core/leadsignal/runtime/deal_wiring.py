"""Builds what deals, and what became of leads, need."""

from typing import TYPE_CHECKING

from leadsignal.models.tenants import Tenant
from leadsignal.runtime import wiring

if TYPE_CHECKING:
    from leadsignal.services.deals import DealDesk


def deal_desk(tenant: Tenant) -> "DealDesk":
    """Return what deals of one tenant need."""
    from leadsignal.services.deals import DealDesk

    library = wiring.library(tenant)
    return DealDesk(
        tenant=tenant,
        deals=wiring.deals(tenant.tenant_id),
        snapshots=library.snapshots,
        companies=wiring.leads(tenant.tenant_id),
    )
