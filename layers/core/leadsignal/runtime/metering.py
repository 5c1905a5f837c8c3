"""What keys are used for: counted in process memory, written down once a minute for each key."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from leadsignal.errors import TransientError
from leadsignal.models.instants import to_instant
from leadsignal.models.tenants import Principal
from leadsignal.ports import KeyUsageStore
from leadsignal.runtime.observability import logger, metrics

PAUSE = timedelta(minutes=1)
MAX_TALLIES = 1_000
NO_ROUTE = "(none)"


@dataclass
class Visit:
    """Who makes a request, for which route, and what their key has left (as headers of the answer):
    all as soon as it is known."""

    principal: Principal | None = None
    route: str = NO_ROUTE
    limit: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Tally:
    """What a key did since it was last written down."""

    tenant_id: str
    key_id: str
    tried_at: datetime | None = None
    used_at: datetime | None = None
    by_day: dict[str, Counter[str]] = field(default_factory=dict)

    def due(self, now: datetime) -> bool:
        return bool(self.by_day) and self._rested(now)

    def idle(self, now: datetime) -> bool:
        return not self.by_day and self._rested(now)

    def _rested(self, now: datetime) -> bool:
        return self.tried_at is None or now - self.tried_at >= PAUSE


class Meter:
    """Counts requests by key, day, route and status.

    The first use of a key in a process is written at once, then each key at most once a minute, and
    one key a request; so a process that dies loses what a key did in its last minute of use. When
    nothing can be written the counts wait, and requests do not.
    """

    def __init__(
        self, usage: Callable[[str], KeyUsageStore], *, now: Callable[[], datetime]
    ) -> None:
        self._usage = usage
        self._now = now
        self._tallies: dict[str, _Tally] = {}  # the one that was tried longest ago comes first
        self._exposed: set[str] = set()

    def count(self, visit: Visit, status: int) -> None:
        """Count the answer to a request; one that nobody stands behind does not count."""
        if visit.principal is None:
            return
        now = self._now()
        own = self._tally_of(visit.principal)
        day = own.by_day.setdefault(now.date().isoformat(), Counter())
        day[f"{visit.route} {status // 100}xx"] += 1
        own.used_at = now
        oldest = next(iter(self._tallies.values()))
        if own.due(now):
            self._write(own, now)
        elif oldest.due(now):
            self._write(oldest, now)
        elif oldest.idle(now) or len(self._tallies) > MAX_TALLIES:
            del self._tallies[oldest.key_id]

    def expose(self, principal: Principal) -> None:
        """Mark a key as seen in a URL, once in the life of a process."""
        if principal.key_id in self._exposed or len(self._exposed) >= MAX_TALLIES:
            return
        usage = self._usage(principal.tenant.tenant_id)
        try:
            usage.mark_exposed(principal.key_id, to_instant(self._now()))
        except TransientError as error:
            _not_kept(error)
        else:
            self._exposed.add(principal.key_id)

    def _tally_of(self, principal: Principal) -> _Tally:
        key_id = principal.key_id
        if key_id not in self._tallies:
            self._tallies[key_id] = _Tally(principal.tenant.tenant_id, key_id)
        return self._tallies[key_id]

    def _write(self, tally: _Tally, now: datetime) -> None:
        tally.tried_at = now
        self._tallies[tally.key_id] = self._tallies.pop(tally.key_id)
        usage = self._usage(tally.tenant_id)
        try:
            for day in sorted(tally.by_day):
                usage.add(tally.key_id, day, tally.by_day[day])
                del tally.by_day[day]
            if tally.used_at is not None:
                usage.mark_used(tally.key_id, to_instant(tally.used_at))
        except TransientError as error:
            _not_kept(error)


def _not_kept(error: TransientError) -> None:
    metrics.add_metric(name="KeyUsageNotKept", unit="Count", value=1)
    logger.warning("the use of a key could not be kept", error=str(error))
