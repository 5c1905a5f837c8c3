"""When a failed delivery is tried again."""

import hashlib
import re
from email.utils import parsedate_to_datetime

from leadsignal.models.instants import Instant, to_instant

SECOND_MS, MINUTE_MS, HOUR_MS = 1_000, 60_000, 3_600_000

WAITS_MS = (
    5 * SECOND_MS,
    5 * MINUTE_MS,
    30 * MINUTE_MS,
    2 * HOUR_MS,
    5 * HOUR_MS,
    10 * HOUR_MS,
    14 * HOUR_MS,
    20 * HOUR_MS,
    24 * HOUR_MS,
)
"""What lies between one attempt and the next; 75 h 35 min in all."""

MAX_ATTEMPTS = len(WAITS_MS) + 1
JITTER = 0.2
MAX_RETRY_AFTER_MS = 6 * HOUR_MS

_SECONDS = re.compile(r"[0-9]{1,15}", re.ASCII)


def wait_ms(attempt: int, *, seed: str) -> int | None:
    """Return the wait after failed attempt number ``attempt`` (from 1), None after the last.

    The wait is spread by up to a fifth, upward only, so that ten attempts always span the 75
    hours that are promised. The spread follows from ``seed`` and the number: the same delivery
    computes the same wait however often it is asked.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    digest = hashlib.sha256(f"{seed}:{attempt}".encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return round(WAITS_MS[attempt - 1] * (1 + JITTER * share))


def retry_after_ms(value: str | None, *, now: Instant) -> int:
    """Return for how long a receiver asks to be left alone: 0 to six hours.

    ``value`` is the header ``Retry-After``: seconds or an HTTP date. Anything else counts as
    nothing said.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        wait = int(text) * SECOND_MS
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return 0
        if moment.tzinfo is None:
            return 0
        wait = to_instant(moment) - now
    return max(0, min(wait, MAX_RETRY_AFTER_MS))
