"""`make sam-local`: each function in its container with its sample events, then the API of SAM.

Ends with `N passed, N failed`. Exit status: 0 all passed, 1 some failed, 2 nothing could run.
"""

import argparse
import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local import containers
from local.aws import client, tool_environment
from local.build import architecture
from local.bytecode import UncompiledError
from local.layout import API_PORT, AWS_PORT, HOST, ROOT, STATE
from local.routes import physical_ids
from local.sample_events import Sample, write_for
from local.stack import Stack
from local.steps import StepFailedError, step
from local.up import bring_up

SAM = Path(sys.executable).parent / "sam"
VARIABLES = STATE / "sam-local-variables.json"
API_LOG = STATE / "sam-local-api.log"
INVOKE_SECONDS = 180  # the first one builds an image with the layers
START_SECONDS = 120
PORT = API_PORT + 1


class WrongAnswerError(Exception):
    """A function answered, but not as it should."""


def write_variables(host: str) -> None:
    """Write each function's variables as deployed, with the emulator under ``host``."""
    functions = client("lambda")
    variables: dict[str, dict[str, str]] = {}
    for logical_id, name in physical_ids().items():
        if logical_id.endswith("Function"):
            deployed = functions.get_function_configuration(FunctionName=name)
            known = deployed["Environment"]["Variables"]
            variables[logical_id] = {
                key: value.replace(f"//{HOST}:", f"//{host}:") for key, value in known.items()
            } | {"AWS_ENDPOINT_URL": f"http://{host}:{AWS_PORT}"}
    VARIABLES.write_text(json.dumps(variables, indent=2))


def common_arguments() -> list[str]:
    """Return what every `sam local` command is told."""
    return [
        "--env-vars",
        str(VARIABLES),
        "--skip-pull-image",
        "--parameter-overrides",
        f"Architecture={architecture()}",
        "--region",
        "us-east-1",
    ]


def invoke(sample: Sample) -> Any:
    """Return what a function answered to a sample.

    Raises:
        WrongAnswerError: it answered no JSON, or none in time.
    """
    command = [str(SAM), "local", "invoke", sample.logical_id, "--event", str(sample.file)]
    try:
        done = subprocess.run(
            [*command, *common_arguments()],
            cwd=ROOT,
            env=tool_environment(),
            capture_output=True,
            text=True,
            timeout=INVOKE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WrongAnswerError(f"no answer in {INVOKE_SECONDS} s") from error
    lines = done.stdout.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, json.JSONDecodeError) as error:
        raise WrongAnswerError(f"no JSON; it said\n{done.stderr.strip()[-2000:]}") from error


def check_answer(answer: Any, status: int | None) -> str:
    """Return a word on a good answer: no failed record, or ``status``, or else a success. A null is
    one: what fails answers an error.

    Raises:
        WrongAnswerError: it is neither.
    """
    if answer is None:
        return "done"
    if isinstance(answer, dict) and "batchItemFailures" in answer:
        if answer["batchItemFailures"]:
            raise WrongAnswerError(f"failed records: {answer['batchItemFailures']}")
        return "every record done"
    if isinstance(answer, dict) and "statusCode" in answer:
        found = answer["statusCode"]
        if found == status or (status is None and found < 300):
            return f"HTTP {found}"
    raise WrongAnswerError(json.dumps(answer)[:2000])


@contextlib.contextmanager
def local_api() -> Iterator[str]:
    """Run `sam local start-api` while the block runs, and yield its address.

    Raises:
        WrongAnswerError: it did not come up.
    """
    with API_LOG.open("wb") as log:
        process = subprocess.Popen(
            [SAM, "local", "start-api", "--host", HOST, "--port", str(PORT), *common_arguments()],
            cwd=ROOT,
            env=tool_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex((HOST, PORT)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise WrongAnswerError(f"sam local start-api did not come up; see {API_LOG}")
            time.sleep(0.2)
        yield f"http://{HOST}:{PORT}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def fetch(request: urllib.request.Request) -> tuple[int, str, bytes]:
    """Return status, content type and body.

    Raises:
        WrongAnswerError: the status is an error, or nothing answered.
    """
    try:
        with urllib.request.urlopen(request, timeout=INVOKE_SECONDS) as response:
            return response.status, response.headers.get("content-type", ""), response.read()
    except urllib.error.HTTPError as error:
        raise WrongAnswerError(f"HTTP {error.code}: {error.read()[:500]!r}") from error
    except (urllib.error.URLError, OSError) as error:
        raise WrongAnswerError(str(error)) from error


def post_event(api: str, stack: Stack) -> str:
    """Post one page view to the API of SAM."""
    basic = base64.b64encode(f"{stack.tenants[-1].write_key}:".encode()).decode()
    request = urllib.request.Request(
        f"{api}/v1/page",
        data=json.dumps({"anonymousId": "sam-local", "name": "Pricing"}).encode(),
        headers={"content-type": "application/json", "authorization": f"Basic {basic}"},
        method="POST",
    )
    status, _, body = fetch(request)
    results = json.loads(body)["results"]
    if status != 200 or [result["status"] for result in results] != ["accepted"]:
        raise WrongAnswerError(f"HTTP {status}: {body[:500]!r}")
    return "accepted"


def get_pixel(api: str, stack: Stack) -> str:
    """Load the pixel from the API of SAM."""
    key = stack.tenants[-1].write_key
    url = f"{api}/v1/pixel.gif?writeKey={key}&event=email_opened&anonymousId=sam-local"
    status, media_type, body = fetch(urllib.request.Request(url))
    if (status, media_type, len(body), body[:6]) != (200, "image/gif", 43, b"GIF89a"):
        raise WrongAnswerError(f"HTTP {status}, {media_type}, {len(body)} bytes: {body[:60]!r}")
    return "43 bytes"


class Tally:
    """Counts checks that passed and that failed."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def check(self, title: str, run: Callable[[], str]) -> None:
        """Run one check and show how it went."""
        try:
            with step(title) as shown:
                shown.note = run()
        except WrongAnswerError as error:
            print(f"     {error}")
            self.failed += 1
        else:
            self.passed += 1


def run_suite(tally: Tally) -> None:
    """Run every check.

    Raises:
        StepFailedError: the laptop stack did not come up.
        UncompiledError: nor did its build.
    """
    stack = bring_up()
    with containers.temporary_images(), containers.reachable_emulator() as host:
        write_variables(host)
        for sample in write_for(stack):
            tally.check(
                f"sam local invoke {sample.function}/{sample.case}",
                lambda sample=sample: check_answer(invoke(sample), sample.status),  # type: ignore[misc]
            )
        try:
            with local_api() as api:
                tally.check("sam local start-api: POST", lambda: post_event(api, stack))
                tally.check("sam local start-api: pixel", lambda: get_pixel(api, stack))
        except WrongAnswerError as error:
            print(f"     {error}")
            tally.failed += 2


def main() -> int:
    """Run the suite and print its counts."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        containers.prepare()
    except containers.NoContainersError as error:
        print(f"\n{'!' * 78}\n  THE SAM LOCAL SUITE DID NOT RUN: {error}\n{'!' * 78}\n")
        return 0 if os.environ.get("LEADSIGNAL_WITHOUT_DOCKER") == "1" else 2
    tally = Tally()
    try:
        run_suite(tally)
    except (StepFailedError, UncompiledError) as error:
        print(f"\n{error}", file=sys.stderr)
        tally.failed += 1
    print(f"\n{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
