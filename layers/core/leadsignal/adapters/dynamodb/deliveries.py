"""What was sent out, as stored in ActivityTable; rows are kept for 30 days."""

from collections.abc import Sequence
from itertools import islice

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.keys import Key
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.models.base import Frozen
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.outbound import AlertMark, AlertRecord, Delivery

KEPT_MS = 30 * DAY_MS


def _put(key: Key, row: Frozen, *, version: int, at: Instant) -> Put:
    """Return the write of a row that was at ``version`` when it was read (0: it was not there)."""
    item: dict[str, str | int] = {
        "data": row.model_dump_json(exclude_none=True),
        "version": version + 1,
        "expires_at": (at + KEPT_MS) // 1000,
    }
    return Put(key, item, if_absent=version == 0, if_version=version or None)


class DynamoDeliveries:
    """The deliveries of one tenant. Ids begin with the time of their fact, so keys are in order."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def get(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return the delivery as it is now (a consistent read), or None."""
        key = keys.delivery(self._tenant_id, webhook_id, delivery_id)
        item = self._table.get(key, consistent=True)
        return Delivery.model_validate_json(item["data"]) if item else None

    def save(self, delivery: Delivery) -> Delivery:
        """Write the delivery and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or (new) is there already.
        """
        key = keys.delivery(self._tenant_id, delivery.webhook_id, delivery.id)
        saved = delivery.model_copy(update={"version": delivery.version + 1})
        at = max([delivery.fact.at, *(attempt.at for attempt in delivery.attempts)])
        self._table.put(_put(key, saved, version=delivery.version, at=at))
        return saved

    def newest(
        self, webhook_id: str, limit: int, *, before: str | None = None
    ) -> Sequence[Delivery]:
        """Return up to ``limit`` deliveries to a webhook, those of the newest facts first.

        ``before`` is the id of a delivery: only those after it in this order are returned.
        """
        key = keys.delivery(self._tenant_id, webhook_id, "")
        rows = self._table.query(key.pk, before=before, ascending=False, page_size=limit)
        return [Delivery.model_validate_json(item["data"]) for item in islice(rows, limit)]


class DynamoAlertLog:
    """Which alerts one tenant was sent, and when each lead was last the subject of one."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id

    def record(self, alert_id: str, fact_id: str) -> AlertRecord | None:
        """Return what is known of one alert for one fact, or None."""
        key = keys.alert_sent(self._tenant_id, alert_id, fact_id)
        item = self._table.get(key, consistent=True)
        return AlertRecord.model_validate_json(item["data"]) if item else None

    def save_record(self, record: AlertRecord) -> AlertRecord:
        """Write the record and return it with its new version.

        Raises:
            ConflictError: it changed since it was read, or (new) is there already.
        """
        key = keys.alert_sent(self._tenant_id, record.alert_id, record.fact_id)
        saved = record.model_copy(update={"version": record.version + 1})
        self._table.put(_put(key, saved, version=record.version, at=record.at))
        return saved

    def mark(self, alert_id: str, lead_id: str) -> AlertMark | None:
        """Return the last alert about a lead, or None."""
        key = keys.alert_mark(self._tenant_id, alert_id, lead_id)
        item = self._table.get(key, consistent=True)
        return AlertMark.model_validate_json(item["data"]) if item else None

    def save_mark(self, mark: AlertMark) -> None:
        """Write the last alert about a lead.

        Raises:
            ConflictError: another alert about it was sent meanwhile.
        """
        key = keys.alert_mark(self._tenant_id, mark.alert_id, mark.lead_id)
        saved = mark.model_copy(update={"version": mark.version + 1})
        self._table.put(_put(key, saved, version=mark.version, at=mark.at))
