"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta

from leadsignal.models.instants import to_instant

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


class Clock:
    """The time that a test sees; ``now`` may be set, too."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)

    def read(self) -> datetime:
        """Return the time, where a function is asked for it."""
        return self.now

    @property
    def instant(self) -> int:
        return to_instant(self.now)
