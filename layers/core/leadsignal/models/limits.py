"""How much a key may ask for in a minute, and what is left of it.

A bucket of tokens is one number: the instant at which it is full again (the generic cell rate
algorithm). Taking tokens moves that instant on; it may never lie further ahead than the time that
an empty bucket needs. Nanoseconds, so that no quota is rounded to a coarser one.
"""

from typing import NamedTuple

type Nanoseconds = int

SECOND_NS = 1_000_000_000
WINDOW_SECONDS = 60


class Quota(NamedTuple):
    """So many tokens in a bucket, which an empty one has again after a minute."""

    tokens: int

    @property
    def interval(self) -> Nanoseconds:
        """How long one token takes to come back."""
        return WINDOW_SECONDS * SECOND_NS // self.tokens

    def latest(self, tokens: int, at: Nanoseconds) -> Nanoseconds:
        """Return until when the bucket may be filling if so many tokens are to be in it."""
        return at + (self.tokens - tokens) * self.interval

    def left(self, full_at: Nanoseconds, at: Nanoseconds) -> int:
        """Return how many tokens are in a bucket that is full at some instant."""
        return self.tokens - max(0, -((at - full_at) // self.interval))

    def wait_seconds(self, tokens: int, full_at: Nanoseconds, at: Nanoseconds) -> int:
        """Return after how many whole seconds, at least 1, so many tokens are in the bucket."""
        return max(1, -((self.latest(tokens, at) - full_at) // SECOND_NS))


class Drawn(NamedTuple):
    """Whether tokens were taken, and when the bucket is full again in either case."""

    granted: bool
    full_at: Nanoseconds


class Allowance(NamedTuple):
    """What a request was granted, and what the key has left.

    ``wait_seconds`` is after how long there is more: another token, or those that were missing.
    """

    granted: bool
    quota: Quota
    left: int
    wait_seconds: int
