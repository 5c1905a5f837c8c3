"""What tests share: an environment without an account, a stopped clock, counted ids, no network."""

import os
import socket
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import HealthCheck, settings

from tests.fakes.accounts import clients, moto, session
from tests.fakes.clock import Clock
from tests.fakes.lambda_side import Stack, forget_wiring
from tests.fakes.leaks import leaks
from tests.fakes.leaks import lines as log_lines

if TYPE_CHECKING:
    from leadsignal.services.tenants import CreatedTenant

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Without it botocore asks an endpoint for DynamoDB's streams that moto does not know.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}

settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("repeatable")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a test fail whose functions logged a secret or a personal datum (design P8)."""
    report = yield
    if report.when == "teardown" and report.passed:
        found = [
            f"{', '.join(kinds)}: {line}"
            for _, output in report.sections
            for line in log_lines(output)
            if (kinds := leaks(line))
        ]
        if found:
            report.outcome = "failed"
            report.longrepr = "\n".join([f"{item.nodeid} logged what no log may hold:", *found])
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write what tests have recorded "to be read", whichever process they ran in."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "to be read":
                terminalreporter.write_line(str(value))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach further than this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            raise AssertionError(f"a test reached out to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> Clock:
    """The clock that handlers read, where a stack is."""
    return Clock()


def _in_turn[T, R](call: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
    """Call a function with all values, and yield the results: the emulator copies its tables for a
    transaction, which no other thread may write to meanwhile."""
    return iter([call(value) for value in values])


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Iterator[Stack]:
    """Tables, queues and bus in an emulated account, wired to the handlers."""
    from leadsignal.runtime import wiring

    numbers = count(1)

    def token(length: int) -> str:
        return f"{next(numbers):0{length}d}"

    with moto():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session())
        monkeypatch.setattr(boto3, "client", clients().lend)
        forget_wiring()
        made = Stack(clock)
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(wiring, "now", lambda: clock.now)
        monkeypatch.setattr(wiring, "token", token)
        monkeypatch.setattr(wiring, "each", _in_turn)
        yield made
    forget_wiring()


@pytest.fixture
def new_tenant(stack: Stack) -> "Callable[..., CreatedTenant]":
    """Return a function that creates a tenant in the emulated account."""
    from leadsignal.runtime import wiring
    from leadsignal.services.tenants import create_tenant

    names = count(1)

    def create(env: Any = "test") -> "CreatedTenant":
        number = next(names)
        return create_tenant(
            f"tenant {number}",
            env=env,
            config=wiring.tenant_store(),
            token=wiring.token,
            secret=bytes([number]) * 32,
            now=stack.clock.now,
        )

    return create


@pytest.fixture
def owner(new_tenant: "Callable[..., CreatedTenant]") -> "CreatedTenant":
    """A tenant whose every event is indexed (its keys are test keys)."""
    return new_tenant()
