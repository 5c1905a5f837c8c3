"""Rate limits: a bucket of tokens for each key, one for its requests and one for its events."""

from collections.abc import Mapping
from typing import NamedTuple

from leadsignal.errors import RateLimitedError
from leadsignal.models.limits import SECOND_NS, WINDOW_SECONDS, Allowance, Nanoseconds, Quota
from leadsignal.models.tenants import Principal, Tier
from leadsignal.ports import BucketStore

REQUESTS: Mapping[Tier, int | None] = {"standard": 12_000, "high": 36_000, "unlimited": None}
EVENTS: Mapping[Tier, int | None] = {"standard": 600_000, "high": 1_800_000, "unlimited": None}
"""Per key and minute."""

BLOCK_SHARE = 500  # a worker takes a 500th of a quota at once
MAX_PURSES = 10_000


def quota_of(principal: Principal, tiers: Mapping[Tier, int | None]) -> Quota | None:
    """Return the quota of a key: that of the tenant's tier or the key's own lower one; or None."""
    known = [each for each in (tiers[principal.tenant.tier], principal.rate_limit) if each]
    return Quota(min(known)) if known else None


def take_request(
    principal: Principal, *, buckets: BucketStore, at: Nanoseconds
) -> Allowance | None:
    """Count one request of a key; return what it has left, or None where there is no limit.

    Raises:
        TransientError: the buckets cannot be reached.
    """
    quota = quota_of(principal, REQUESTS)
    if quota is None:
        return None
    drawn = buckets.take(f"{principal.key_id}#REQUESTS", 1, quota, at=at)
    left = quota.left(drawn.full_at, at)
    return Allowance(drawn.granted, quota, left, quota.wait_seconds(left + 1, drawn.full_at, at))


class _Purse(NamedTuple):
    tokens: int
    good_until: Nanoseconds


class Purses:
    """What one worker has taken out of buckets for the events to come.

    A worker takes more than it needs, so that most events cost no call, and gives nothing back:
    what it holds is void after a minute. When a bucket is nearly empty it takes just what it needs.
    """

    def __init__(self) -> None:
        self._purses: dict[str, _Purse] = {}

    def spend(
        self, principal: Principal, events: int, *, buckets: BucketStore, at: Nanoseconds
    ) -> None:
        """Count the events of one request of a key.

        Raises:
            RateLimitedError: there are not so many tokens; nothing was taken.
            TransientError: the buckets cannot be reached.
        """
        quota = quota_of(principal, EVENTS)
        if quota is None:
            return
        events = min(events, quota.tokens)
        purse = self._purses.get(principal.key_id)
        held = purse.tokens if purse is not None and at < purse.good_until else 0
        if held >= events and purse is not None:
            self._purses[principal.key_id] = purse._replace(tokens=held - events)
            return
        needed = events - held
        for taken in (needed + quota.tokens // BLOCK_SHARE, needed):
            drawn = buckets.take(f"{principal.key_id}#EVENTS", taken, quota, at=at)
            if drawn.granted:
                break
        else:
            wait = quota.wait_seconds(needed, drawn.full_at, at)
            raise RateLimitedError(retry_after_seconds=wait)
        if len(self._purses) >= MAX_PURSES:
            self._purses.clear()
        good_until = at + WINDOW_SECONDS * SECOND_NS
        self._purses[principal.key_id] = _Purse(held + taken - events, good_until)
