"""Builds what changes by which rules leads are measured, and what measures them anew."""

from typing import TYPE_CHECKING

from leadsignal.models.instants import Instant
from leadsignal.runtime import wiring

if TYPE_CHECKING:
    from leadsignal.adapters.dynamodb.due import DynamoDueIndex
    from leadsignal.adapters.dynamodb.jobs import DynamoJobs
    from leadsignal.domain.playbook import Playbook
    from leadsignal.services.attributes import Registrar
    from leadsignal.services.rescore import Shift
    from leadsignal.services.rulesets import Press
    from leadsignal.services.scores import Scorer
    from leadsignal.services.segments import SegmentDesk


def jobs(tenant_id: str) -> "DynamoJobs":
    """Return the jobs of one tenant."""
    from leadsignal.adapters.dynamodb.jobs import DynamoJobs

    return DynamoJobs(wiring.config_table(), tenant_id)


def due_index() -> "DynamoDueIndex":
    """Return the leads of all tenants by when they are due."""
    from leadsignal.adapters.dynamodb.due import DynamoDueIndex

    return DynamoDueIndex(wiring.lead_table(), wiring.config_table())


def press(tenant_id: str) -> "Press":
    """Return what publishing one tenant's rules needs."""
    from leadsignal.services.rulesets import Press

    return Press(
        rulesets=wiring.rulesets(tenant_id),
        settings=wiring.tenant_settings(tenant_id),
        jobs=jobs(tenant_id),
        queue=wiring.rescore_queue(),
    )


def registrar(tenant_id: str) -> "Registrar":
    """Return what defining one tenant's attributes needs."""
    from leadsignal.services.attributes import Registrar

    return Registrar(wiring.attribute_sets(tenant_id), press(tenant_id), wiring.playbook)


def shift(tenant_id: str) -> "Shift":
    """Return what rescoring all leads of one tenant needs."""
    from leadsignal.adapters.dynamodb.lead_lists import DynamoLeadLists
    from leadsignal.services.rescore import Shift

    return Shift(
        desk=wiring.desk_now(tenant_id),
        lists=DynamoLeadLists(wiring.lead_table(), tenant_id),
        jobs=jobs(tenant_id),
        queue=wiring.rescore_queue(),
        registrar=registrar(tenant_id),
    )


def segment_desk(tenant_id: str) -> "SegmentDesk":
    """Return what setting up and showing one tenant's segments needs."""
    from leadsignal.adapters.dynamodb.lead_lists import DynamoLeadLists
    from leadsignal.services.segments import SegmentDesk

    return SegmentDesk(
        sets=wiring.segment_sets(tenant_id),
        settings=wiring.tenant_settings(tenant_id),
        jobs=jobs(tenant_id),
        queue=wiring.rescore_queue(),
        lists=DynamoLeadLists(wiring.lead_table(), tenant_id),
        each=wiring.each,
    )


def scorer(tenant_id: str) -> "Scorer":
    """Return what telling one tenant's scores needs, by the rules of this moment."""
    from leadsignal.services.scores import Scorer

    tenant = wiring.tenant_now(tenant_id)

    def then(at: Instant) -> "Playbook":
        update: dict[str, object] = {"published": wiring.rulesets(tenant_id).published_at(at)}
        if tenant.attributes is not None and tenant.attributes.at > at:
            update["attributes"] = wiring.attribute_sets(tenant_id).defined_at(at)
        return wiring.playbook(tenant.model_copy(update=update))

    return Scorer(
        library=wiring.library(tenant),
        book=wiring.playbook(tenant),
        archive=lambda book: wiring.archive(tenant, book),
        then=then,
    )
