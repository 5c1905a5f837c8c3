"""Jobs, as their owner asks about them."""

import re

from leadsignal.errors import NotFoundError
from leadsignal.models.jobs import Job
from leadsignal.ports import JobStore

_ID = re.compile(r"job_[A-Za-z0-9]{1,64}", re.ASCII)


def find_job(job_id: str, *, jobs: JobStore) -> Job:
    """Return the tenant's job of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = jobs.get(job_id) if _ID.fullmatch(job_id) else None
    if found is None:
        raise NotFoundError("job")
    return found
