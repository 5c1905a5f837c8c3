"""What deliveries and alerts need: the real stores in memory, and receivers by script."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadsignal.adapters.dynamodb.deliveries import DynamoAlertLog, DynamoDeliveries
from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints
from leadsignal.adapters.dynamodb.table import Table, decode
from leadsignal.errors import LeadSignalError
from leadsignal.models.endpoints import Endpoint, Webhook
from leadsignal.models.outbound import AlertLead, Delivery, HttpResult
from tests.fakes.dynamodb import FakeDynamoDB


def _table(name: str) -> Table:
    return Table(FakeDynamoDB.from_template().client, name)


class InMemoryEndpoints[E: Endpoint](DynamoEndpoints[E]):
    """The real store of endpoints of one kind, on a table in memory."""

    def __init__(self, *endpoints: E) -> None:
        kind: Any = type(endpoints[0]) if endpoints else Webhook
        super().__init__(_table("ConfigTable"), "ten_1", kind)
        for endpoint in endpoints:
            self.save(endpoint)


class InMemoryDeliveries(DynamoDeliveries):
    """The real store of deliveries, on a table in memory."""

    def __init__(self) -> None:
        self._activity = _table("ActivityTable")
        super().__init__(self._activity, "ten_1")

    def rows(self) -> list[Delivery]:
        """Return every delivery there is."""
        items = self._activity.client.scan(TableName=self._activity.name)["Items"]
        return [Delivery.model_validate_json(decode(item)["data"]) for item in items]


class InMemoryAlertLog(DynamoAlertLog):
    """The real log of alerts, on a table in memory."""

    def __init__(self) -> None:
        super().__init__(_table("ActivityTable"), "ten_1")


@dataclass
class Call:
    url: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedHttp:
    """Answers with the given results in turn, then with the last one for ever."""

    def __init__(self, *results: HttpResult) -> None:
        self._results = list(results) or [HttpResult(status=200, duration_ms=20)]
        self.calls: list[Call] = []

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpResult:
        self.calls.append(Call(url, dict(headers), body))
        return self._results.pop(0) if len(self._results) > 1 else self._results[0]


class ScriptedChannel:
    """Raises the given errors in turn (None: takes the message), then takes everything."""

    def __init__(self, *outcomes: LeadSignalError | None) -> None:
        self._outcomes = list(outcomes)
        self.messages: list[tuple[str, str]] = []

    def send(self, url: str, message: Mapping[str, object]) -> None:
        error = self._outcomes.pop(0) if self._outcomes else None
        if error is not None:
            raise error
        self.messages.append((url, json.dumps(message)))


class ScriptedLeads:
    """Knows the leads it was given."""

    def __init__(self, *leads: AlertLead) -> None:
        self._leads = {lead.lead_id: lead for lead in leads}

    def summary(self, tenant_id: str, lead_id: str) -> AlertLead | None:
        return self._leads.get(lead_id)
