"""Merge candidates, as stored in LeadTable; bound to one tenant."""

from collections.abc import Collection, Sequence
from itertools import islice

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.merges import Candidate


class DynamoCandidates:
    """The merge candidates of one tenant."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def keep(self, candidate: Candidate) -> None:
        """Keep a candidate, in place of what was known of the same pair."""
        key = keys.candidate(self._tenant_id, candidate.id)
        self._table.put(Put(key, {"data": candidate.model_dump_json()}))

    def remove(self, slots: Collection[str]) -> None:
        """Remove all candidates that name one of these slots."""
        pk = keys.candidate(self._tenant_id, "").pk
        found = map(
            Candidate.model_validate_json,
            (item["data"] for item in self._table.query(pk, consistent=True)),
        )
        names = [candidate.id for candidate in found if not set(candidate.slots).isdisjoint(slots)]
        self._table.delete_many([keys.candidate(self._tenant_id, name) for name in names])

    def after(self, candidate_id: str | None, limit: int) -> Sequence[Candidate]:
        """Return up to ``limit`` candidates in the order of their ids, those after one only."""
        pk = keys.candidate(self._tenant_id, "").pk
        items = self._table.query(pk, after=candidate_id, page_size=limit)
        return [Candidate.model_validate_json(item["data"]) for item in islice(items, limit)]
