"""Look-ups beside the invocation: threads that are waited for only so long, and process memory."""

import threading
import time
from collections.abc import Callable, Sequence

from leadsignal.models.instants import Instant
from leadsignal.services.lookups import Sight

LANES = 8  # look-ups of one request that are under way at once
MAX_LEFT_BEHIND = 32  # threads that still wait for somebody; beyond, nobody is asked
MAX_REMEMBERED = 5_000


class Threads:
    """Does work in threads of its own. What is not done in time goes on as long as the process is
    not frozen, and after that with the next invocation: every result that it brings must count, or
    not, by its own means."""

    def __init__(self) -> None:
        self._left_behind = threading.Semaphore(MAX_LEFT_BEHIND)

    def __call__(self, works: Sequence[Callable[[], None]], *, seconds: float) -> None:
        """Do all works, ``LANES`` at once, and return when they are done or the time is up."""
        end = time.monotonic() + seconds
        waiting = list(reversed(works))

        def lane() -> None:
            try:
                while waiting and time.monotonic() < end:
                    waiting.pop()()
            finally:
                self._left_behind.release()

        lanes = []
        for _ in range(min(LANES, len(works))):
            if not self._left_behind.acquire(blocking=False):
                break
            lanes.append(threading.Thread(target=lane, daemon=True))
            lanes[-1].start()
        for thread in lanes:
            thread.join(max(0.0, end - time.monotonic()))


class RecentSights:
    """What this process found lately; of more than ``MAX_REMEMBERED`` the oldest are forgotten."""

    def __init__(self) -> None:
        self._sights: dict[tuple[str, str], tuple[Instant, Sight]] = {}

    def get(self, key: tuple[str, str], *, now: Instant) -> Sight | None:
        """Return what was found, unless that is too long ago."""
        until, sight = self._sights.get(key, (0, None))
        return sight if until > now else None

    def put(self, key: tuple[str, str], sight: Sight, *, until: Instant) -> None:
        """Remember what was found."""
        self._sights.pop(key, None)
        while len(self._sights) >= MAX_REMEMBERED:
            self._sights.pop(next(iter(self._sights)), None)
        self._sights[key] = (until, sight)
