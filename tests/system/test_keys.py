"""Keys on the running system: made, used, rotated and revoked, on however many warm workers."""

import time
from typing import Any

import httpx
import pytest

from tests.system.conftest import Api, eventually

REVOKED_WITHIN_SECONDS = 30
READER = {"name": "System test", "kind": "sk", "env": "test", "scopes": ["leads:read"]}


@pytest.fixture
def made(api: Api) -> Any:
    """A key that reads leads; revoked in the end."""
    answer = api.post("/v1/keys", READER)
    assert answer.status_code == 201, answer.text
    key = answer.json()
    yield key
    api.delete(f"/v1/keys/{key['id']}")


def status(http: httpx.Client, key: str, path: str = "/v1/leads") -> int:
    return http.get(path, headers={"authorization": f"Bearer {key}"}).status_code


def refused_after(http: httpx.Client, key: str) -> float:
    """Return after how many seconds a key is refused, and is so for good."""
    began = time.monotonic()
    while status(http, key) != 403:
        assert time.monotonic() - began < REVOKED_WITHIN_SECONDS + 5
        time.sleep(0.5)
    took = time.monotonic() - began
    assert {status(http, key) for _ in range(5)} == {403}
    return took


def test_a_revoked_key_is_refused_by_warm_workers_within_30_seconds(
    http: httpx.Client, api: Api, made: dict[str, Any]
) -> None:
    assert {status(http, made["key"]) for _ in range(5)} == {200}
    assert api.delete(f"/v1/keys/{made['id']}").status_code == 204
    assert refused_after(http, made["key"]) <= REVOKED_WITHIN_SECONDS + 1
    assert api.get(f"/v1/keys/{made['id']}").json()["status"] == "revoked"


def test_a_rotated_key_works_with_its_new_secret_and_loses_the_old_one(
    http: httpx.Client, api: Api, made: dict[str, Any]
) -> None:
    assert status(http, made["key"]) == 200
    rotated = api.post(f"/v1/keys/{made['id']}/rotate", {"overlap_seconds": 0}).json()
    eventually(lambda: status(http, rotated["key"]) == 200)
    assert refused_after(http, made["key"]) <= REVOKED_WITHIN_SECONDS + 1
    assert status(http, rotated["key"]) == 200


def test_the_use_of_a_key_is_shown(http: httpx.Client, api: Api, made: dict[str, Any]) -> None:
    assert status(http, made["key"]) == 200
    assert status(http, made["key"], "/v1/webhooks") == 403
    assert api.get(f"/v1/keys/{made['id']}").json()["last_used_at"] is not None
    [day] = api.get(f"/v1/keys/{made['id']}/usage").json()["data"]
    by_route = {route["route"]: route["by_status"] for route in day["routes"]}
    assert by_route["GET /v1/leads"] == {"2xx": 1}


def test_a_key_in_a_url_is_refused_and_flagged(
    http: httpx.Client, api: Api, made: dict[str, Any]
) -> None:
    answer = http.get("/v1/leads", params={"key": made["key"]})
    assert answer.status_code == 401
    assert api.get(f"/v1/keys/{made['id']}").json()["flagged"] is True


def test_settings_are_changed_in_the_version_that_was_read(api: Api, http: httpx.Client) -> None:
    before = api.get("/v1/settings")
    assert before.status_code == 200
    gap = before.json()["session_gap_minutes"]
    headers = dict(before.request.headers) | {"if-match": before.headers["etag"]}
    headers.pop("content-length", None)
    patch = {"session_gap_minutes": 31 if gap == 30 else 30}
    changed = http.patch("/v1/settings", json=patch, headers=headers)
    assert changed.status_code == 200, changed.text
    again = http.patch("/v1/settings", json=patch, headers=headers)
    assert again.status_code == 412
    restored = http.patch(
        "/v1/settings",
        json={"session_gap_minutes": gap},
        headers=headers | {"if-match": changed.headers["etag"]},
    )
    assert restored.json()["session_gap_minutes"] == gap
