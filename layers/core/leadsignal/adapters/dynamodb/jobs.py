"""A tenant's jobs, as stored in ConfigTable; kept for 30 days."""

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Item, Put, Table
from leadsignal.models.instants import DAY_MS
from leadsignal.models.jobs import Job

KEPT_MS = 30 * DAY_MS


class DynamoJobs:
    """The jobs of one tenant, each in an item of its own."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self, job_id: str) -> Job | None:
        """Return the job as it is now (a consistent read), or None."""
        item = self._table.get(keys.job(self._tenant_id, job_id), consistent=True)
        return Job.model_validate_json(item["data"]) if item else None

    def save(self, job: Job) -> Job:
        """Write a new or changed job and return it with its new version.

        Raises:
            ConflictError: it changed since it was read; or (new) there is one of that id.
        """
        saved = job.model_copy(update={"version": job.version + 1})
        item: Item = {
            "data": saved.model_dump_json(exclude_none=True),
            "version": saved.version,
            "expires_at": (saved.updated_at + KEPT_MS) // 1000,
        }
        key, new = keys.job(self._tenant_id, job.id), job.version == 0
        self._table.put(Put(key, item, if_absent=new, if_version=job.version or None))
        return saved
