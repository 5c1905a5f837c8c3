"""Old days collapse: each day by itself up to a window, then by month, year and decade.

A period is named by what its days' names begin with: ``2026-10``, ``2026``, ``202``. Which period
a day is in follows from the newest day alone, so the order in which events arrive leaves no
trace.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from leadsignal.models.activity import DaySummary
from leadsignal.models.instants import Instant, utc_day

DAY = len("2026-10-01")
MONTH = len("2026-10")
YEAR = len("2026")
DECADE = len("202")
MONTHS = 12  # that are kept by themselves before the newest one's
YEARS = 10


def is_period(name: str) -> bool:
    """Return whether a summary of this name stands for several days."""
    return len(name) < DAY


class Calendar(NamedTuple):
    """How days are kept: those from ``detail_from`` to ``detail_to`` by themselves, the others
    together.

    A client's clock may run ahead: days after the one that follows the newest are kept by month,
    year and decade like old ones, so nobody can fill a lead with days to come.
    """

    newest: str
    detail_from: str
    detail_to: str

    @classmethod
    def of(cls, newest: str, window_days: int) -> "Calendar":
        """Return the calendar of a newest day with a window of so many days, that one included."""
        last = date.fromisoformat(newest)
        first = last - timedelta(days=max(window_days, 1) - 1)
        return cls.since(newest, first.isoformat())

    @classmethod
    def since(cls, newest: str, detail_from: str) -> "Calendar":
        """Return the calendar of a newest day with a window that begins on a given one."""
        last = date.fromisoformat(newest) + timedelta(days=1)
        return cls(newest, detail_from, last.isoformat())

    def home(self, day: str) -> str:
        """Return the name that a day is kept under: its own, or that of its period."""
        if self.detail_from <= day <= self.detail_to:
            return day
        years = int(self.newest[:YEAR]) - int(day[:YEAR])
        months = 12 * years + int(self.newest[5:7]) - int(day[5:7])
        if abs(months) <= MONTHS:
            return day[:MONTH]
        return day[:YEAR] if abs(years) <= YEARS else day[:DECADE]

    def reaches(self, summary: DaySummary) -> bool:
        """Return whether nothing in a summary is newer than the newest day: what is was stored by
        a worker that has not written its lead yet."""
        return utc_day(end_of(summary)) <= self.newest

    def days_in(self, name: str) -> list[str]:
        """Return the days that are kept under a period's name."""
        return [day for day in _days_of(name) if self.home(day) == name]


def _days_of(name: str) -> Iterator[str]:
    """Yield all days whose names begin with a period's."""
    opening = f"{name}0-01-01" if len(name) == DECADE else f"{name}-01-01"[:DAY]
    for number in range(date.fromisoformat(opening).toordinal(), date.max.toordinal() + 1):
        day = date.fromordinal(number).isoformat()
        if not day.startswith(name):
            return
        yield day


def newest_day(ends: Iterable[Instant]) -> str | None:
    """Return the newest active day: by our clock, which a client cannot set."""
    last = max(ends, default=None)
    return None if last is None else utc_day(last)


def end_of(summary: DaySummary) -> Instant:
    """Return the instant of the last event that a summary tells of."""
    return max(run.end for run in (*summary.runs, *summary.bot_runs))
