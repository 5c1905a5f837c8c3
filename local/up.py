"""`make up`: the whole system on this machine. Again: what changed since, and no more."""

import argparse
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from local import emulator, stack
from local.build import build
from local.bytecode import UncompiledError
from local.deploy import deploy, outputs
from local.http_api import AT_ONCE
from local.layout import API_URL
from local.mappings import bound_concurrency
from local.roles import complete_roles
from local.routes import create_routes
from local.seed import seed
from local.steps import StepFailedError, step

ANSWER_SECONDS = 30


def bring_up(*, enforce_roles: bool = False) -> stack.Stack:
    """Start, build, deploy and seed the stack, and return its description.

    Raises:
        StepFailedError: a step failed.
        UncompiledError: a module of the build did not compile.
    """
    with step("emulator of AWS") as shown:
        shown.note = "started" if emulator.start(enforce_roles=enforce_roles) else "runs already"
    with step("sam build, bytecode") as shown:
        shown.note = "built" if build() else "unchanged"
    with step("sam deploy") as shown:
        deployed = deploy()
        shown.note = "deployed" if deployed else "unchanged"
    with step("routes, queue mappings, roles") as shown:
        shown.note = f"{create_routes()} routes changed"
        bound_concurrency()
        complete_roles()
    with step("demo tenants") as shown:
        kept = stack.load()
        found = outputs()
        tenants = seed(found["ConfigTableName"], kept.tenants if kept else ())
        described = stack.describe(found, tenants)
        stack.save(described)
        shown.note = ", ".join(tenant.name for tenant in tenants)
    with step("first answer of the API"):
        wait_for_api()
    with step("first look-ups") as shown:
        shown.note = f"{warm_up(described.tenants[0].secret_key)} workers"
    return described


def wait_for_api() -> None:
    """Return when the health route answers.

    Raises:
        StepFailedError: it did not in time.
    """
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{API_URL}/v1/health", timeout=ANSWER_SECONDS):
                return
        except urllib.error.HTTPError as error:
            said = f"answered {error.code}"
        except (urllib.error.URLError, OSError) as error:
            said = str(error)
        if time.monotonic() > deadline:
            raise StepFailedError(f"GET /v1/health {said}; see {emulator.LOG_FILE}")
        time.sleep(0.5)


def warm_up(key: str) -> int:
    """Let as many workers of look-ups start as there can be, and return how many answered.

    A look-up has a deadline; on two cores a process that starts needs most of it.
    """
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{API_URL}/v1/identify?ip=127.0.0.1", headers={"authorization": f"Bearer {key}"}
    )

    def ask(_: int) -> bool:
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
                return True
        except OSError:
            return False  # the next request starts one

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sum(threads.map(ask, range(AT_ONCE)))


def main() -> int:
    """Bring the stack up and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--enforce-roles", action="store_true", help="let functions do what their roles allow"
    )
    enforce_roles = parser.parse_args().enforce_roles
    start = time.perf_counter()
    try:
        described = bring_up(enforce_roles=enforce_roles)
    except (StepFailedError, UncompiledError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    print(f"\n  up in {time.perf_counter() - start:.0f} s at {described.api_url}")
    print(f"  names and keys: {stack.FILE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
