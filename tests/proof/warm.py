"""Runs tests in a copy of the code, each time in a fork of a process that has loaded the rest.

    python -m tests.proof.warm

Whoever started it in a copy writes lines of JSON, each a list of tests, and reads an `Outcome` for
each. Other people's packages are loaded once, before the first fork; the code of the copy and its
tests are loaded by the fork, as they are then.
"""

import gc
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest

SECONDS = 600  # a test that waits for ever says nothing
LOADED = (
    "aws_lambda_powertools.event_handler.openapi.models",
    "aws_lambda_powertools.metrics",
    "boto3.dynamodb.types",
    "botocore.session",
    "email_validator",
    "hypothesis.internal.conjecture.engine",
    "hypothesis.strategies",
    "httpx",
    "moto.dynamodb.responses",
    "moto.dynamodbstreams.responses",
    "moto.events.responses",
    "moto.s3.responses",
    "moto.sqs.responses",
    "pydantic.main",
    "yaml",
)
IN_MEMORY = "not moto and not ministack"  # of contract tests the quick variant
OPTIONS = ("-x", "-q", "-p", "_hypothesis_pytestplugin", "-p", "no:cacheprovider", "-k", IN_MEMORY)
OF_BROKEN_CODE = (ImportError, NameError, SyntaxError)


class Outcome(NamedTuple):
    """How tests ended: the first that failed, and why they say nothing if they could not run."""

    failed: str | None = None
    broken: str | None = None


class Recorder:
    """What pytest tells while it runs."""

    def __init__(self, tests: list[str]) -> None:
        self._missing = set(tests)
        self._kinds: list[type[BaseException]] = []
        self._outcome = Outcome()

    def outcome(self, code: int) -> Outcome:
        """Return how the tests ended, given what pytest ended with."""
        wrong = [kind for kind in self._kinds if issubclass(kind, OF_BROKEN_CODE)]
        if self._outcome.failed and wrong:
            return Outcome(broken=f"{self._outcome.failed} raised {wrong[0].__name__}")
        if self._outcome != Outcome():
            return self._outcome
        if code:
            return Outcome(broken=f"pytest ended with {code}")
        if self._missing:
            return Outcome(broken=f"nothing ran of {', '.join(sorted(self._missing))}")
        return self._outcome

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            name = item.nodeid.partition("[")[0]
            self._missing -= {name, name.partition("::")[0]}

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        if call.excinfo is not None and not self._kinds:
            self._kinds = list(_kinds(call.excinfo.value))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._outcome = Outcome(broken=f"{report.nodeid} was not collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.failed or self._outcome != Outcome():
            return
        if report.when == "setup":
            self._outcome = Outcome(broken=f"{report.nodeid} was not set up")
        else:
            self._outcome = Outcome(failed=report.nodeid)


def _kinds(error: BaseException) -> list[type[BaseException]]:
    if isinstance(error, BaseExceptionGroup):
        return [kind for each in error.exceptions for kind in _kinds(each)]
    return [type(error)]


def run(tests: list[str], answers: int) -> None:
    """Run tests in this process, which is a fork, and write their outcome."""
    signal.alarm(SECONDS)
    recorder = Recorder(tests)
    code = pytest.main([*OPTIONS, *tests], plugins=[recorder])
    os.write(answers, json.dumps(recorder.outcome(int(code))).encode())


def in_a_fork(tests: list[str]) -> Outcome:
    """Run tests in a fork of this process and return how they ended."""
    answers, written = os.pipe()
    if not (child := os.fork()):
        os.close(answers)
        run(tests, written)
        sys.exit()
    os.close(written)
    with os.fdopen(answers) as file:
        answer = file.read()
    _, status = os.waitpid(child, 0)
    if answer:
        return Outcome(*json.loads(answer))
    return Outcome(broken=f"the run ended with {os.waitstatus_to_exitcode(status)}")


def main() -> None:
    for name in LOADED:
        import_module(name)
    gc.freeze()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # pytest's own words go elsewhere
        for line in sys.stdin:
            print(json.dumps(in_a_fork(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    assert Path.cwd() == Path(__file__).resolve().parents[2], "not in the copy that is to run"
    main()
