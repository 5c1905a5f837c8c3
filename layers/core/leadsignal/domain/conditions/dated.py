"""Dates as conditions see them: an instant to compare with, and the text that says it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from leadsignal.models.instants import Instant, to_instant

_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dated:
    """The value of a date attribute; a date without a time is its midnight UTC."""

    at: Instant
    text: str


def is_date(text: str) -> bool:
    """Return whether a text says a day and no time."""
    return _DATE.fullmatch(text) is not None


def moment_of(value: object) -> Instant | None:
    """Return the instant of an RFC 3339 date, or time with an offset; None of anything else."""
    if not isinstance(value, str):
        return None
    try:
        if is_date(value):
            moment = datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        elif _TIME.fullmatch(value):
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return to_instant(moment)
