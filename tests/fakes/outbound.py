"""In-memory stand-ins for what deliveries and alerts need; contract tests keep them honest."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadsignal.errors import ConflictError, LeadSignalError
from leadsignal.models.endpoints import Endpoint
from leadsignal.models.outbound import (
    AlertLead,
    AlertMark,
    AlertRecord,
    Delivery,
    HttpResult,
)


class InMemoryEndpoints[E: Endpoint]:
    def __init__(self, *endpoints: E) -> None:
        self._rows: dict[str, E] = {}
        for endpoint in endpoints:
            self.save(endpoint)

    def all(self) -> Sequence[E]:
        return sorted(self._rows.values(), key=lambda e: (e.created_at, e.id))

    def get(self, endpoint_id: str) -> E | None:
        return self._rows.get(endpoint_id)

    def save(self, endpoint: E) -> E:
        held = self._rows.get(endpoint.id)
        if (held.version if held else 0) != endpoint.version:
            raise ConflictError(endpoint.id)
        saved = endpoint.model_copy(update={"version": endpoint.version + 1})
        self._rows[endpoint.id] = saved
        return saved

    def delete(self, endpoint_id: str) -> None:
        self._rows.pop(endpoint_id, None)


class InMemoryDeliveries:
    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Delivery] = {}

    def get(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        return self._rows.get((webhook_id, delivery_id))

    def save(self, delivery: Delivery) -> Delivery:
        key = (delivery.webhook_id, delivery.id)
        held = self._rows.get(key)
        if (held.version if held else 0) != delivery.version:
            raise ConflictError(delivery.id)
        self._rows[key] = delivery.model_copy(update={"version": delivery.version + 1})
        return self._rows[key]

    def newest(
        self, webhook_id: str, limit: int, *, before: str | None = None
    ) -> Sequence[Delivery]:
        found = [
            row
            for (owner, identifier), row in self._rows.items()
            if owner == webhook_id and (before is None or identifier < before)
        ]
        return sorted(found, key=lambda row: row.id, reverse=True)[:limit]

    def rows(self) -> list[Delivery]:
        return list(self._rows.values())


class InMemoryAlertLog:
    def __init__(self) -> None:
        self._records: dict[tuple[str, str], AlertRecord] = {}
        self._marks: dict[tuple[str, str], AlertMark] = {}

    def record(self, alert_id: str, fact_id: str) -> AlertRecord | None:
        return self._records.get((alert_id, fact_id))

    def save_record(self, record: AlertRecord) -> AlertRecord:
        key = (record.alert_id, record.fact_id)
        held = self._records.get(key)
        if (held.version if held else 0) != record.version:
            raise ConflictError(record.fact_id)
        self._records[key] = record.model_copy(update={"version": record.version + 1})
        return self._records[key]

    def mark(self, alert_id: str, lead_id: str) -> AlertMark | None:
        return self._marks.get((alert_id, lead_id))

    def save_mark(self, mark: AlertMark) -> None:
        key = (mark.alert_id, mark.lead_id)
        held = self._marks.get(key)
        if (held.version if held else 0) != mark.version:
            raise ConflictError(mark.lead_id)
        self._marks[key] = mark.model_copy(update={"version": mark.version + 1})


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
