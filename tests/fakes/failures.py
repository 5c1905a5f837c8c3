"""Failed events on a table in memory, and their originals in memory."""

from collections.abc import Callable
from datetime import datetime

from leadsignal.adapters.dynamodb.failures import DynamoFailures
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import LeadSignalError
from leadsignal.models.records import FailedEvent
from tests.fakes.clock import NOW
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls


class InMemoryFailures(DynamoFailures):
    """The real store of one tenant's failed events on a table in memory, its calls counted."""

    def __init__(
        self, calls: Calls | None = None, *, now: Callable[[], datetime] = lambda: NOW
    ) -> None:
        self.calls = calls or Calls()
        db = FakeDynamoDB.from_template(self.calls)
        super().__init__(Table(db.client, "ActivityTable"), "ten_one", now=now)
        self._seen = DynamoFailures(Table(db.aside().client, "ActivityTable"), "ten_one", now=now)

    def all(self) -> list[FailedEvent]:
        """Return every row there is; the calls for it do not count."""
        return list(self._seen.newest(100_000))


class InMemoryOriginals:
    """Contents by key; ``failing`` is raised by the next call instead."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.failing: LeadSignalError | None = None

    def put(self, key: str, content: bytes) -> None:
        self._fail()
        self.held[key] = content

    def get(self, key: str) -> bytes | None:
        self._fail()
        return self.held.get(key)

    def _fail(self) -> None:
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
