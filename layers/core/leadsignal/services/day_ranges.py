"""Which UTC days a report is about: two parameters, and what a page of it goes on from."""

from datetime import date, timedelta
from typing import NamedTuple

from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.instants import Instant, to_datetime

SHOWN_DAYS = 30  # when nothing else is asked for


class DayRange(NamedTuple):
    """The first and the last day of a report."""

    first: date
    last: date

    @property
    def empty(self) -> bool:
        """Whether the first day is after the last one."""
        return self.first > self.last

    @property
    def end(self) -> str:
        """What sorts after the last day and before the next one, also after the last of all."""
        return f"{self.last.isoformat()}~"


def read_days(first: str | None, last: str | None, *, now: Instant) -> DayRange:
    """Return the days from ``first`` to ``last`` (``YYYY-MM-DD``), by default the last 30.

    Raises:
        InvalidInputError: they are no days.
    """
    to_day = to_datetime(now).date() if last is None else _day(last, "to")
    from_day = _days_before(to_day) if first is None else _day(first, "from")
    return DayRange(from_day, to_day)


def _day(text: str, parameter: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        detail = "must be a day, YYYY-MM-DD"
        raise InvalidInputError((FieldProblem(parameter, "invalid_day", detail),))
    return day


def _days_before(day: date) -> date:
    """Return the first of the days that are shown by default up to this one."""
    return day - min(timedelta(days=SHOWN_DAYS - 1), day - date.min)
