"""Buckets of tokens in CacheTable: taking is one conditional update, without a read."""

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import TransientError
from leadsignal.models.limits import SECOND_NS, WINDOW_SECONDS, Drawn, Nanoseconds, Quota

MAX_REMEMBERED = 10_000
PAUSE_NS = 5 * SECOND_NS  # after a failure storage is left alone for so long
KEPT_SECONDS = 3_600  # after a bucket is full its item says nothing
ATTEMPTS = 3

_IDLE = ("SET full_at = :next", "attribute_not_exists(pk) OR full_at < :at")
_BUSY = ("SET full_at = full_at + :cost", "full_at BETWEEN :at AND :latest")


class DynamoBuckets:
    """The buckets of one tenant.

    An update can either begin anew from now (the bucket was full) or go on from what is stored (it
    was filling); which one it has to be is guessed from the answer before. A wrong guess costs a
    second call. What a bucket's instant was is a bound for good, for it only moves on: who
    has to wait is told so without a call.
    """

    def __init__(self, table: Table, tenant_id: str) -> None:
        self._table = table
        self._tenant_id = tenant_id
        self._full_at: dict[str, Nanoseconds] = {}
        self._paused_until: Nanoseconds = 0

    def take(self, bucket: str, tokens: int, quota: Quota, *, at: Nanoseconds) -> Drawn:
        """Take tokens out of a bucket, if it has so many.

        Raises:
            TransientError: storage failed, now or a few seconds ago.
        """
        latest = quota.latest(tokens, at)
        known = self._full_at.get(bucket, 0)
        if max(known, at) > latest:  # it is not full soon enough, or never holds so many
            return Drawn(granted=False, full_at=max(known, at))
        if at < self._paused_until:
            raise TransientError("the limits could not be reached")
        for _ in range(ATTEMPTS):
            granted, known = self._draw(bucket, tokens * quota.interval, known, at, latest)
            if granted or known > latest:
                self._remember(bucket, known)
                return Drawn(granted, full_at=max(known, at))
        raise TransientError("the bucket kept changing")

    def _draw(
        self, bucket: str, cost: Nanoseconds, known: Nanoseconds, at: Nanoseconds, latest: int
    ) -> tuple[bool, Nanoseconds]:
        """Return whether tokens were taken, and what is now known of the bucket."""
        values = {":at": at, ":forget": latest // SECOND_NS + WINDOW_SECONDS + KEPT_SECONDS}
        if known < at:
            expression, condition = _IDLE
            values[":next"] = at + cost
        else:
            expression, condition = _BUSY
            values |= {":cost": cost, ":latest": latest}
        try:
            done, item = self._table.update_or_see(
                keys.bucket(self._tenant_id, bucket),
                f"{expression}, expires_at = :forget",
                condition=condition,
                values=values,
            )
        except TransientError:
            self._paused_until = at + PAUSE_NS
            raise
        return done, item.get("full_at", 0)

    def _remember(self, bucket: str, full_at: Nanoseconds) -> None:
        if len(self._full_at) >= MAX_REMEMBERED:
            self._full_at.clear()
        self._full_at[bucket] = full_at
