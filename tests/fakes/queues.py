"""A queue in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from leadsignal.errors import LeadSignalError


@dataclass
class Sent:
    body: str
    group: str
    delay_seconds: int


@dataclass
class InMemoryQueue:
    """Keeps what was sent; ``failing`` is raised by the next send instead."""

    sent: list[Sent] = field(default_factory=list)
    failing: LeadSignalError | None = None

    def send(self, bodies: Sequence[str], *, group: str, delay_seconds: int = 0) -> None:
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
        self.sent += [Sent(body, group, delay_seconds) for body in bodies]

    def take(self) -> list[Sent]:
        taken, self.sent = self.sent, []
        return taken
