"""What goes wrong with calls in a proof: with a wanted one, whole operations, or any."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Literal, get_args

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from leadsignal.models.instants import Instant
from tests.fakes.clock import Clock
from tests.fakes.faults import Call, Calls, KilledError, refusal

type Kind = Literal["unreached", "unanswered", "throttled", "killed before", "killed after"]
"""``unanswered`` and ``killed after``: the call took effect, but its caller never learns of it."""

KINDS: tuple[Kind, ...] = get_args(Kind.__value__)
_THROTTLES = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "RequestThrottled",
    "s3": "SlowDown",
}


def strike(kind: Kind, call: Call) -> None:
    """Let one thing go wrong with a call that is about to be made."""
    url = f"https://{call.service}.us-east-1.amazonaws.com"
    if kind == "unreached":
        raise EndpointConnectionError(endpoint_url=url)
    if kind == "throttled":
        code = _THROTTLES.get(call.service, "ThrottlingException")
        raise refusal(call.operation, code, "Rate exceeded")
    if kind == "killed before":
        raise KilledError
    late = ReadTimeoutError(endpoint_url=url) if kind == "unanswered" else KilledError()
    call.later.append(partial(_raise, late))


def _raise(error: BaseException, call: Call) -> None:
    raise error


class Mishaps(Calls):
    """Counts the calls of all fakes, and breaks those that are to be broken.

    ``outages`` has operations that are throttled until an instant of ``clock``. ``pause`` is
    called before each call that is not broken: other workers may run in it.
    """

    def __init__(self, *, lagging: bool = False) -> None:
        super().__init__(lagging=lagging)
        self.clock = Clock()
        self.outages: dict[str, Instant] = {}
        self.struck = 0
        self.pause: Callable[[], None] | None = None
        self._wanted: tuple[int, Kind] | None = None
        self._probability = 0.0
        self._random = Random(0)
        self._kinds: Sequence[Kind] = KINDS

    def strike_at(self, number: int, kind: Kind) -> None:
        """Break the call of that number, counted from now on."""
        self._wanted = (self.made + number, kind)

    def strike_any(self, probability: float, *, random: Random) -> None:
        """Break each call with a probability, in any way."""
        self._probability, self._random = probability, random

    def begin(self, service: str, operation: str) -> Call:
        call = super().begin(service, operation)
        self.log.clear()
        if self._wanted is not None and call.number == self._wanted[0]:
            kind, self._wanted = self._wanted[1], None
            self.struck += 1
            strike(kind, call)
        elif self.outages.get(operation, 0) > self.clock.instant:
            strike("throttled", call)
        elif self._probability and self._random.random() < self._probability:
            self.struck += 1
            strike(self._random.choice(self._kinds), call)
        elif self.pause is not None:
            self.pause()
        return call
