"""Builds what training models, and telling how likely leads are to be won, needs."""

from typing import TYPE_CHECKING

from leadsignal.runtime import scoring_wiring, wiring

if TYPE_CHECKING:
    from leadsignal.adapters.dynamodb.models import DynamoTrainees
    from leadsignal.services.training import Enrolment, School


def trainees() -> "DynamoTrainees":
    """Return the tenants whose models are trained daily."""
    from leadsignal.adapters.dynamodb.models import DynamoTrainees

    return DynamoTrainees(wiring.config_table())


def enrolment(tenant_id: str) -> "Enrolment":
    """Return what having one tenant's model trained needs."""
    from leadsignal.services.training import Enrolment

    return Enrolment(
        tenant_id=tenant_id,
        trainees=trainees(),
        jobs=scoring_wiring.jobs(tenant_id),
        queue=wiring.train_queue(),
    )


def school(tenant_id: str) -> "School":
    """Return what training one tenant's model needs.

    Raises:
        NotFoundError: there is no such tenant.
    """
    from leadsignal.adapters.dynamodb.activity import DynamoActivity
    from leadsignal.adapters.dynamodb.models import DynamoDecided
    from leadsignal.adapters.dynamodb.snapshots import DynamoSnapshots
    from leadsignal.services.training import School

    tenant = wiring.tenant_now(tenant_id)
    activity = DynamoActivity(wiring.activity_table(), tenant_id)
    return School(
        tenant=tenant,
        snapshots=DynamoSnapshots(wiring.leads(tenant_id), activity),
        decided=DynamoDecided(wiring.lead_table(), tenant_id),
        deals=wiring.deals(tenant_id),
        archive=lambda book: wiring.archive(tenant, book),
        book=wiring.playbook(tenant),
        models=wiring.models(tenant_id),
        settings=wiring.tenant_settings(tenant_id),
        jobs=scoring_wiring.jobs(tenant_id),
        rescores=wiring.rescore_queue(),
        new_id=wiring.new_id,
        each=wiring.each,
    )
