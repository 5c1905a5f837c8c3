"""The laptop stack from outside: plain HTTP, other people's SDKs, a receiver on this machine."""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.runtime import wiring
from leadsignal.services.tenants import create_tenant
from local import stack as described
from local.aws import client
from local.stack import Stack, TenantKeys
from tests.system.capture import Capture

PATIENCE_SECONDS = 30


@pytest.fixture(scope="session")
def stack() -> Stack:
    found = described.load()
    assert found, "the laptop stack is not up; run `make up`"
    return found


@pytest.fixture(scope="session")
def tenant(stack: Stack) -> TenantKeys:
    return stack.tenants[0]


@pytest.fixture(scope="session")
def other_tenant(stack: Stack) -> TenantKeys:
    return stack.tenants[1]


@pytest.fixture(scope="session")
def http(stack: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.api_url, timeout=30) as client:
        yield client


@pytest.fixture
def unique() -> str:
    """A word that no other run has used: state survives between runs."""
    return uuid.uuid4().hex[:12]


def new_tenant(stack: Stack, name: str) -> TenantKeys:
    """Make a tenant that no other test has anything of, and return its keys."""
    made = create_tenant(
        name,
        env="test",
        config=DynamoTenants(Table(client("dynamodb"), stack.tables["config"])),
        token=wiring.token,
        secret=wiring.random_key(),
        now=datetime.now(UTC),
    )
    return TenantKeys(name=name, write_key=made.write_key, secret_key=made.secret_key)


class Api:
    """The API as one tenant's server calls it; waiting where the product promises "soon"."""

    def __init__(self, http: httpx.Client, keys: TenantKeys) -> None:
        self._http = http
        self._keys = keys

    def get(self, path: str, **parameters: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._keys.secret_key}"}
        return self._http.get(path, params=parameters, headers=headers)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._keys.secret_key}"}
        return self._http.post(path, json=body, headers=headers)

    def delete(self, path: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {self._keys.secret_key}"}
        return self._http.delete(path, headers=headers)

    def track(self, *events: dict[str, Any], key: str | None = None) -> list[dict[str, Any]]:
        """Send events as a browser's batch and return the verdict on each."""
        answer = self._http.post(
            "/v1/batch",
            json={"batch": list(events)},
            headers={"authorization": f"Bearer {key or self._keys.write_key}"},
        )
        assert answer.status_code == 200, answer.text
        verdicts: list[dict[str, Any]] = answer.json()["results"]
        return verdicts

    def lead_of(self, message_id: str) -> dict[str, Any]:
        """Return the lead that an event went to, once it is there."""
        event = eventually(lambda: self._applied(f"/v1/events/{message_id}"))
        lead: dict[str, Any] = self.get(f"/v1/leads/{event['lead_id']}").json()
        return lead

    def timeline_ids(self, lead_id: str) -> list[str]:
        """Return the ids of all events on a lead's timeline, over all pages."""
        ids: list[str] = []
        parameters: dict[str, str] = {}
        while True:
            page = self.get(f"/v1/leads/{lead_id}/timeline", **parameters).json()
            ids += [event["message_id"] for s in page["data"] for event in s["events"]]
            if not page["has_more"]:
                return ids
            parameters = {"cursor": page["next_cursor"]}

    def _applied(self, path: str) -> dict[str, Any] | None:
        answer = self.get(path)
        assert answer.status_code in (200, 404), answer.text
        event: dict[str, Any] = answer.json()
        return event if event.get("lead_id") else None


def eventually[T](look: Callable[[], T | None]) -> T:
    """Return what ``look`` finds as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture(scope="session")
def api(http: httpx.Client, tenant: TenantKeys) -> Api:
    return Api(http, tenant)


@pytest.fixture(scope="session")
def other_api(http: httpx.Client, other_tenant: TenantKeys) -> Api:
    return Api(http, other_tenant)


@pytest.fixture
def receiver() -> Iterator[Capture]:
    with Capture() as running:
        yield running
