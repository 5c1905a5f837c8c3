"""What was sent out, as stored in ActivityTable; rows are kept for 30 days.

Beside the record of the event that caused it stands a pointer to each row, written before the row:
without it, a pointer means nothing, and a crash in between leaves what no reader sees.
"""

from collections.abc import Callable, Sequence
from itertools import islice

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.keys import Key
from leadsignal.adapters.dynamodb.table import Put, Table, get_many
from leadsignal.models.base import Frozen
from leadsignal.models.instants import DAY_MS, Instant
from leadsignal.models.outbound import AlertMark, AlertRecord, Delivery

KEPT_MS = 30 * DAY_MS
POINTER_KEPT_MS = KEPT_MS + 5 * DAY_MS  # a row outlives its last attempt, days after the first


def _put(key: Key, row: Frozen, *, version: int, at: Instant) -> Put:
    """Return the write of a row that was at ``version`` when it was read (0: it was not there)."""
    item: dict[str, str | int] = {
        "data": row.model_dump_json(exclude_none=True),
        "version": version + 1,
        "expires_at": (at + KEPT_MS) // 1000,
    }
    return Put(key, item, if_absent=version == 0, if_version=version or None)


class _Told:
    """Pointers from the ``messageId`` of an event to the rows of one kind that it caused."""

    def __init__(self, table: Table, tenant_id: str, kind: str) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._kind = kind

    def point(self, message_id: str, *row: str, at: Instant) -> None:
        """Write the pointer to one row; writing it again changes nothing."""
        expires = {"expires_at": (at + POINTER_KEPT_MS) // 1000}
        self._table.put(Put(self._key(message_id, *row), expires))

    def rows(self, message_id: str, limit: int, row_key: Callable[[str, str], Key]) -> list[str]:
        """Return up to ``limit`` rows as JSON, in the order of their pointers."""
        prefix = self._key(message_id, "")
        found = self._table.query(prefix.pk, prefix=prefix.sk, page_size=limit)
        names = [pointer["sk"].split("#")[1:] for pointer in islice(found, limit)]
        wanted = [(self._table, row_key(first, second)) for first, second in names]
        rows = get_many(wanted)
        return [rows[t.name, key]["data"] for t, key in wanted if (t.name, key) in rows]

    def _key(self, message_id: str, *row: str) -> Key:
        return keys.told(self._tenant_id, keys.message_hash(message_id), self._kind, *row)


class DynamoDeliveries:
    """The deliveries of one tenant. Ids begin with the time of their fact, so keys are in order."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._told = _Told(table, tenant_id, "DELIVERY")

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
        cause = delivery.fact.cause
        if delivery.version == 0 and cause is not None:
            self._told.point(cause, delivery.id, delivery.webhook_id, at=at)
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

    def of_message(self, message_id: str, limit: int) -> Sequence[Delivery]:
        """Return up to ``limit`` deliveries of facts that an event caused, oldest facts first."""

        def row_key(delivery_id: str, webhook_id: str) -> Key:
            return keys.delivery(self._tenant_id, webhook_id, delivery_id)

        rows = self._told.rows(message_id, limit, row_key)
        return [Delivery.model_validate_json(row) for row in rows]


class DynamoAlertLog:
    """Which alerts one tenant was sent, and when each lead was last the subject of one."""

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._told = _Told(table, tenant_id, "ALERT")

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
        if record.version == 0 and record.cause is not None:
            self._told.point(record.cause, record.fact_id, record.alert_id, at=record.at)
        self._table.put(_put(key, saved, version=record.version, at=record.at))
        return saved

    def of_message(self, message_id: str, limit: int) -> Sequence[AlertRecord]:
        """Return up to ``limit`` alerts for crossings that an event caused."""

        def row_key(fact_id: str, alert_id: str) -> Key:
            return keys.alert_sent(self._tenant_id, alert_id, fact_id)

        rows = self._told.rows(message_id, limit, row_key)
        return [AlertRecord.model_validate_json(row) for row in rows]

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
