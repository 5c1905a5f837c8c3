"""Sends the running stack what its own OpenAPI document allows, and what it does not.

Schemathesis makes the requests, follows the links between operations, and checks every answer
against the document: never a 5xx, no status, header or body that is not in it. Then the logs are
read: whatever was sent, nothing of it that is secret or tells of a person may be in them.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import httpx

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant, create_tenant
from local import stack as described
from local.aws import client
from local.layout import ROOT, STATE
from local.stack import Stack
from tests.system.function_logs import read_all

REPORT = STATE / "schemathesis.xml"


def main() -> int:
    """Run it against a tenant of its own; print the counts of operations."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=50, help="requests an operation and phase")
    parser.add_argument("rest", nargs="*", help="more for schemathesis, after --")
    given = parser.parse_args()
    stack = described.load()
    if stack is None:
        print("the laptop stack is not up; run `make up`", file=sys.stderr)
        return 1
    tenant = _tenant(stack)
    _prepare(stack, tenant)
    REPORT.unlink(missing_ok=True)
    started = time.monotonic()
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "schemathesis", "run"),
            f"{stack.api_url}/v1/openapi.json",
            *("--max-examples", str(given.examples)),
            *("--report", "junit", "--report-junit-path", REPORT),
            *given.rest,
        ],
        cwd=ROOT,
        env=os.environ | {"LEADSIGNAL_SECRET_KEY": tenant.secret_key},
        check=False,
    )
    passed, failed = _counts()
    if not _still_good(stack, tenant):
        print("the key of the run was lost on the way, so not everything was tried")
        failed += 1
    _, leaks = read_all()
    print(*leaks[:20], sep="\n")
    passed, failed = passed + (not leaks), failed + bool(leaks)
    print(f"schemathesis took {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed")
    return done.returncode or int(failed > 0)


def _tenant(stack: Stack) -> CreatedTenant:
    """Return a new tenant: what is tried of keys and settings meets nobody else."""
    return create_tenant(
        "schemathesis",
        env="test",
        config=DynamoTenants(Table(client("dynamodb"), stack.tables["config"])),
        token=wiring.token,
        secret=wiring.random_key(),
        now=wiring.now(),
    )


def _prepare(stack: Stack, tenant: CreatedTenant) -> None:
    """Warm each function, and let there be a lead and a failed event to be found by links."""
    batch = [
        {
            "type": "identify",
            "userId": "fuzz",
            "messageId": "fuzz-1",
            "traits": {"email": "f@x.io"},
        },
        {"type": "track", "userId": "fuzz", "messageId": "fuzz-2"},
    ]
    with httpx.Client(base_url=stack.api_url, timeout=60) as http:
        key = {"authorization": f"Bearer {tenant.write_key}"}
        http.post("/v1/batch", json={"batch": batch}, headers=key).raise_for_status()
        for path in http.get("/v1/openapi.json").json()["paths"]:
            if "{" not in path:
                http.get(path, headers={"authorization": f"Bearer {tenant.secret_key}"})


def _still_good(stack: Stack, tenant: CreatedTenant) -> bool:
    key = {"authorization": f"Bearer {tenant.secret_key}"}
    return httpx.get(f"{stack.api_url}/v1/leads", headers=key, timeout=60).is_success


def _counts() -> tuple[int, int]:
    """Return how many operations and scenarios held, and how many did not."""
    if not REPORT.is_file():
        return 0, 1
    cases = list(ElementTree.parse(REPORT).iter("testcase"))
    failed = sum(bool(case.findall("failure") or case.findall("error")) for case in cases)
    return len(cases) - failed, failed


if __name__ == "__main__":
    raise SystemExit(main())
