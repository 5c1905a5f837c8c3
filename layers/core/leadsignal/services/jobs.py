"""Jobs: asked for when something changes for all leads, and as their owner asks about them."""

import re
from contextlib import suppress

from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.jobs import Job, JobStep
from leadsignal.ports import JobStore, Queue

SETTLING_SECONDS = 45  # writing a tenant's record takes 15 at most, whoever read the old one 30

_ID = re.compile(r"job_[A-Za-z0-9]{1,64}", re.ASCII)


def ask_for_job(job: Job, *, tenant_id: str, jobs: JobStore, queue: Queue) -> None:
    """Ask for a job that brings all leads in line with what the tenant's record is about to name.

    It is asked for right before that is written, and begins ``SETTLING_SECONDS`` later: one whose
    change did not come to be ends by itself, while a change whose job was never asked for would
    reach only the leads that something happens to.
    """
    with suppress(ConflictError):  # it is there already
        jobs.save(job)
    step = JobStep(tenant_id=tenant_id, job_id=job.id)
    queue.send([step.model_dump_json()], group=tenant_id, delay_seconds=SETTLING_SECONDS)


def find_job(job_id: str, *, jobs: JobStore) -> Job:
    """Return the tenant's job of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = jobs.get(job_id) if _ID.fullmatch(job_id) else None
    if found is None:
        raise NotFoundError("job")
    return found
