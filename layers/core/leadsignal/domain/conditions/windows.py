"""Rolling windows: the instant at which one that ends now began."""

from datetime import UTC, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from leadsignal.models.conditions import Window
from leadsignal.models.instants import DAY_MS, MINUTE_MS, Instant, to_datetime, to_instant

MAX_DAYS = 3650
_LENGTHS = {"days": DAY_MS, "hours": 60 * MINUTE_MS, "minutes": MINUTE_MS}
_IN_ZONES = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/")
_MAX_ZONE = 64


def is_time_zone(name: str) -> bool:
    """Return whether a name is one of the IANA time zone database, as ``Europe/Amsterdam``."""
    if not 0 < len(name) <= _MAX_ZONE or not _IN_ZONES.issuperset(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is an OSError
        return False
    return True


def fits(window: Window) -> bool:
    """Return whether a window is no longer than ``MAX_DAYS``."""
    return window.length * _LENGTHS[window.unit] <= MAX_DAYS * DAY_MS


def start_of(window: Window, *, now: Instant) -> Instant:
    """Return the first instant of the window, which is in it; exact to the millisecond.

    Days are 24 hours each, but in a time zone they go back to the same wall-clock time there, so a
    window over a change of the clocks is an hour longer or shorter. A time that the clocks jump
    over is read as if they had not jumped yet, and of one that they show twice it is the first.
    """
    if window.unit != "days" or window.time_zone is None:
        return now - window.length * _LENGTHS[window.unit]
    return _days_before(now, window.length, window.time_zone)


@lru_cache(maxsize=16_384)
def _days_before(now: Instant, days: int, zone: str) -> Instant:
    there = to_datetime(now).astimezone(ZoneInfo(zone))
    return to_instant((there - timedelta(days=days)).replace(fold=0).astimezone(UTC))
