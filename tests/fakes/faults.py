"""What can go wrong with a call of AWS: counted and injected, at fakes and at real clients alike.

A fault stands where a call finally failed: boto3's own retries (three attempts, see
`leadsignal.runtime.wiring`) lie beneath it at a real client, and the fakes make none. What those
retries may do to a write, namely do it twice, is a fault of its own here: ``repeat``.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from itertools import count
from typing import Any, Concatenate, Literal, Protocol

from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

type Run = Callable[[], None]
type Kind = Literal["unreached", "unanswered", "throttled", "killed"]

KINDS: tuple[Kind, ...] = ("unreached", "unanswered", "throttled", "killed")
PASSING: tuple[Kind, ...] = ("unreached", "unanswered", "throttled")
WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
_THROTTLES = {
    "dynamodb": "ProvisionedThroughputExceededException",
    "sqs": "RequestThrottled",
    "events": "ThrottlingException",
    "ssm": "ThrottlingException",
}
_CONFLICT = "Transaction cancelled, please refer cancellation reasons for specific reasons"


class KilledError(BaseException):
    """The process ends here. No handler of errors catches it, so nothing of its work goes on."""


def refusal(operation: str, code: str, message: str, **more: Any) -> ClientError:
    """Return the error that a client raises when the service refuses a call."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        **more,
    }
    return ClientError(response, operation)


def _raise(error: BaseException) -> None:
    raise error


def _unreached(service: str) -> None:
    raise EndpointConnectionError(endpoint_url=f"https://{service}.us-east-1.amazonaws.com")


def _unanswered(service: str) -> None:
    raise ReadTimeoutError(endpoint_url=f"https://{service}.us-east-1.amazonaws.com")


@dataclass
class _Plan:
    """Something to happen at the calls number ``first`` to ``last`` from now on."""

    run: Callable[["Call"], None]
    operation: str | None
    after: bool
    first: int
    last: int
    seen: int = 0


@dataclass
class Call:
    """One call that is under way."""

    service: str
    operation: str
    number: int
    later: list[Callable[["Call"], None]] = field(default_factory=list)
    repeated: bool = False

    def end(self) -> None:
        """Do what was to happen once the call took effect."""
        for run in self.later:
            run(self)


class Calls:
    """Counts the calls of every fake and client that shares it, and breaks the wanted ones.

    ``at=n`` is the n-th call from now on, of ``operation`` (``PutItem`` …) where one is named, and
    ``times`` says how many from there. ``after``: once the call took effect or was refused, that
    is, what gets lost is the answer.

    ``made`` counts calls, ``writes`` those that wrote to a table, ``log`` has their operations in
    order: a sweep of every call is ``range(1, calls.made + 1)`` of an undisturbed run.
    ``lagging`` makes the fake table serve each item as it was one write ago, to reads that are not
    consistent (a real client knows nothing of it).
    """

    def __init__(self, *, lagging: bool = False) -> None:
        self.made = 0
        self.writes = 0
        self.lagging = lagging
        self.log: list[str] = []
        self._plans: list[_Plan] = []
        self._chance: Callable[[Call], None] = lambda call: None

    def interrupt(
        self, run: Run, *, at: int, after: bool = False, operation: str | None = None
    ) -> None:
        """Run something at a call: another worker, or whatever raises."""
        self._plan(lambda call: run(), at=at, after=after, operation=operation)

    def fail(
        self, *, at: int, after: bool = False, operation: str | None = None, times: int = 1
    ) -> None:
        """Break the connection: before the call took effect, or before its answer came."""
        lose = _unanswered if after else _unreached
        self._plan(
            lambda call: lose(call.service), at=at, after=after, operation=operation, times=times
        )

    def throttle(self, *, at: int, operation: str | None = None, times: int = 1) -> None:
        """Let the service say that it is asked too much."""
        self._plan(_throttle, at=at, operation=operation, times=times)

    def refuse(self, code: str, *, at: int, operation: str | None = None, times: int = 1) -> None:
        """Let the service answer with an error code."""
        self._plan(
            lambda call: _raise(refusal(call.operation, code, "injected")),
            at=at,
            operation=operation,
            times=times,
        )

    def conflict(self, *, at: int, times: int = 1) -> None:
        """Cancel a transaction because another one is under way on the same item."""
        reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing"}]
        error = partial(
            refusal,
            code="TransactionCanceledException",
            message=f"{_CONFLICT} [TransactionConflict]",
            CancellationReasons=reasons,
        )
        operation = "TransactWriteItems"
        self._plan(
            lambda call: _raise(error(call.operation)), at=at, operation=operation, times=times
        )

    def kill(self, *, at: int, after: bool = False, operation: str | None = None) -> None:
        """End the process: raise ``KilledError``."""
        self.interrupt(lambda: _raise(KilledError()), at=at, after=after, operation=operation)

    def repeat(self, *, at: int, operation: str | None = None, times: int = 1) -> None:
        """Let the call take effect twice and answer the second time (of fakes only).

        It is what boto3 does when the first answer gets lost: the second of two equal conditional
        puts is refused although the first one stands. A transaction has a token against that.
        """

        def mark(call: Call) -> None:
            call.repeated = True

        self._plan(mark, at=at, operation=operation, times=times)

    def randomly(self, probability: float, *, seed: int, kinds: Sequence[Kind] = PASSING) -> None:
        """Break each call with a probability, in one of these ways."""
        chance = random.Random(seed)
        throws: dict[Kind, Callable[[Call], None]] = {
            "unreached": lambda call: _unreached(call.service),
            "unanswered": lambda call: call.later.append(lambda late: _unanswered(late.service)),
            "throttled": _throttle,
            "killed": lambda call: _raise(KilledError()),
        }

        def throw(call: Call) -> None:
            if chance.random() < probability:
                throws[chance.choice(kinds)](call)

        self._chance = throw

    def stop(self) -> None:
        """Let nothing else go wrong."""
        self._plans.clear()
        self._chance = lambda call: None

    def begin(self, service: str, operation: str) -> Call:
        """Count a call that is about to be made, and let happen what is to happen before it."""
        self.made += 1
        self.log.append(operation)
        call = Call(service, operation, self.made)
        if self._plans:
            self._due(call)
        self._chance(call)
        return call

    def wrote(self, operation: str) -> None:
        """Count a call that took effect."""
        self.writes += operation in WRITES

    def attach(self, client: Any) -> None:
        """Count and break the calls of a real boto3 client, too."""
        service = client.meta.service_model.service_name
        number = count()

        def before(model: Any, context: dict[str, Any], **_: Any) -> None:
            context["under_way"] = self.begin(service, model.name)

        def after(http_response: Any, context: dict[str, Any], **_: Any) -> None:
            call: Call = context["under_way"]
            if http_response.status_code < 300:
                self.wrote(call.operation)
            call.end()

        name = f"calls-{id(self)}-{next(number)}"
        event_name = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register(f"before-call.{event_name}", before, f"{name}-before")
        client.meta.events.register(f"after-call.{event_name}", after, f"{name}-after")

    def _plan(
        self,
        run: Callable[[Call], None],
        *,
        at: int,
        after: bool = False,
        operation: str | None = None,
        times: int = 1,
    ) -> None:
        self._plans.append(_Plan(run, operation, after, at, at + times - 1))

    def _due(self, call: Call) -> None:
        now: list[_Plan] = []
        for plan in self._plans:
            if plan.operation in (None, call.operation):
                plan.seen += 1
                if plan.seen >= plan.first:
                    now.append(plan)
        self._plans = [plan for plan in self._plans if plan.seen < plan.last]
        call.later += [plan.run for plan in now if plan.after]
        for plan in now:
            if not plan.after:
                plan.run(call)


def _throttle(call: Call) -> None:
    code = _THROTTLES[call.service]
    raise refusal(call.operation, code, "Rate exceeded")


class Counted(Protocol):
    """A fake whose calls are counted."""

    service: str
    calls: Calls


def operation[C: Counted, **P, R](
    method: Callable[Concatenate[C, P], R],
) -> Callable[Concatenate[C, P], R]:
    """Count the calls of a fake's method and let go wrong what is to go wrong with them."""
    name = "".join(map(str.capitalize, method.__name__.split("_")))

    @wraps(method)
    def counted(self: C, /, *args: P.args, **request: P.kwargs) -> R:
        call = self.calls.begin(self.service, name)
        attempt: Callable[..., R] = partial(method, self, *args, **request)
        try:
            if call.repeated:
                if name == "TransactWriteItems":
                    attempt = partial(attempt, ClientRequestToken=f"token-{call.number}")
                _first_attempt(attempt, call, self.calls)
            answer = attempt()
        except ClientError:
            call.end()
            raise
        self.calls.wrote(name)
        call.end()
        return answer

    return counted


def _first_attempt(attempt: Callable[[], object], call: Call, calls: Calls) -> None:
    """Make the attempt whose answer gets lost."""
    try:
        attempt()
    except ClientError:
        return
    calls.wrote(call.operation)
