"""When a provider that fails is left alone, and for how long."""

from leadsignal.errors import ProviderFailure
from leadsignal.models.instants import MINUTE_MS, Instant
from leadsignal.models.providers import Breaker, BreakerState

THRESHOLD = 5  # failures in a row
RUN_MS = 5 * MINUTE_MS  # failures further apart than this are not in a row
OPEN_MS, MAX_OPEN_MS = 30_000, 10 * MINUTE_MS
REFUSED_MS, MAX_REFUSED_MS = 10 * MINUTE_MS, 60 * MINUTE_MS  # only its owner can mend that
MAX_RETRY_AFTER_MS = 60 * MINUTE_MS
JITTER = 0.2


def state(breaker: Breaker, at: Instant) -> BreakerState:
    """Return whether a provider may be called: ``half_open`` means by one who claims the probe."""
    if breaker.retry_at is None:
        return "closed"
    return "open" if at < breaker.retry_at else "half_open"


def after_failure(
    breaker: Breaker,
    reason: ProviderFailure,
    *,
    retry_after_seconds: int | None,
    at: Instant,
    share: float,
) -> Breaker:
    """Return what a failed call makes of a breaker.

    It opens after ``THRESHOLD`` failures in a row and after a failed probe, and at once when the
    provider refuses our key or asks to be left alone. It stays open from ``OPEN_MS``, doubling, to
    ``MAX_OPEN_MS``, spread upward by ``share`` (0 to 1) of a fifth, and no shorter than the
    provider asks for, within ``MAX_RETRY_AFTER_MS``. A call that was under way when it opened
    changes nothing.
    """
    now = state(breaker, at)
    if now == "open":
        return breaker
    in_a_row = now == "half_open" or at - breaker.failed_at <= RUN_MS
    failures = breaker.failures + 1 if in_a_row else 1
    failed = breaker.model_copy(
        update={"failures": failures, "failed_at": at, "last_error": reason, "probe_until": None}
    )
    asked_ms = min((retry_after_seconds or 0) * 1_000, MAX_RETRY_AFTER_MS)
    at_once = reason == "refused" or asked_ms > 0
    if now == "closed" and failures < THRESHOLD and not at_once:
        return failed
    first, most = (REFUSED_MS, MAX_REFUSED_MS) if reason == "refused" else (OPEN_MS, MAX_OPEN_MS)
    wait = min(first << min(breaker.opened, 10), most)
    wait = max(round(wait * (1 + JITTER * share)), asked_ms)
    return failed.model_copy(update={"opened": breaker.opened + 1, "retry_at": at + wait})


def after_success(breaker: Breaker, *, at: Instant) -> Breaker:
    """Return what an answer makes of a breaker: it closes, unless the call was begun before it
    opened."""
    return breaker if state(breaker, at) == "open" else Breaker(version=breaker.version)


def is_being_probed(breaker: Breaker, at: Instant) -> bool:
    """Return whether somebody tries a provider right now."""
    return breaker.probe_until is not None and at < breaker.probe_until
