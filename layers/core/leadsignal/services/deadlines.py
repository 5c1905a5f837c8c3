"""Until when a request has to be answered."""

from collections.abc import Callable
from datetime import datetime, timedelta

from leadsignal.errors import TransientError


class Deadline:
    """An instant by which long work is to stop, against a clock."""

    def __init__(self, at: datetime, *, now: Callable[[], datetime]) -> None:
        self._at = at
        self._now = now

    @property
    def left(self) -> timedelta:
        """How much time there is; nothing or less once it has passed."""
        return self._at - self._now()

    @property
    def passed(self) -> bool:
        """Whether the time is up."""
        return self.left <= timedelta()

    def check(self) -> None:
        """Go on only while there is time.

        Raises:
            TransientError: there is none.
        """
        if self.passed:
            raise TransientError("this took too long; ask for less, or try again")
