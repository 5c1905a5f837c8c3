"""Instants: whole milliseconds since 1970 UTC inside, RFC 3339 with ``Z`` at the border."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

MINUTE_MS = 60_000
DAY_MS = 86_400_000

type Instant = int
"""Milliseconds since 1970-01-01T00:00:00Z: exact, comparable, and small when stored."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_instant(moment: datetime) -> Instant:
    """Return the instant of an aware datetime, rounded down to the millisecond."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(instant: Instant) -> datetime:
    """Return the aware UTC datetime of an instant."""
    return _EPOCH + timedelta(milliseconds=instant)


def rfc3339(instant: Instant) -> str:
    """Return e.g. ``2026-01-15T12:00:00.000Z``: UTC with ``Z`` and milliseconds (RFC 3339)."""
    return to_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_day(instant: Instant) -> str:
    """Return the UTC calendar day of an instant, ``YYYY-MM-DD``."""
    return to_datetime(instant).date().isoformat()


Timestamp = Annotated[
    int,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An instant that a client sees as an RFC 3339 string."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def _read(value: object) -> Instant:
    if not isinstance(value, str) or not _RFC3339.fullmatch(value):
        raise ValueError("must be an RFC 3339 time with an offset")
    try:
        return to_instant(datetime.fromisoformat(value).astimezone(UTC))
    except (OverflowError, ValueError) as error:
        raise ValueError("there is no such time") from error


Moment = Annotated[
    int, BeforeValidator(_read), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""An instant that a client sends as an RFC 3339 string."""
