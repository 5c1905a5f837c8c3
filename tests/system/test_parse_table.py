"""The hostile requests of ``tests/hostile.py``, sent to a running stack by plain HTTP."""

import gzip
import json
from typing import Any

import httpx
import pytest

from local.stack import TenantKeys
from tests import hostile

WEBHOOK = {"url": "https://example.com/hook", "types": ["lead.merged"]}
MERGE = {"survivor_id": "lead_" + "a" * 26, "merged_id": "lead_" + "b" * 26, "reason": "same"}
ROUTES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/v1/webhooks", WEBHOOK),
    ("PATCH", "/v1/webhooks/whe_none", {"status": "disabled"}),
    ("POST", "/v1/merges", MERGE),
)


def bearer(tenant: TenantKeys) -> dict[str, str]:
    return {"authorization": f"Bearer {tenant.secret_key}"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and slug of a problem that has all that a problem must have."""
    assert answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert hostile.MARKER not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["type"].rpartition("/")[2]


@pytest.mark.parametrize(("method", "path", "valid"), ROUTES, ids=[p for _, p, _ in ROUTES])
def test_every_hostile_body_is_refused_as_it_deserves(
    http: httpx.Client, tenant: TenantKeys, method: str, path: str, valid: dict[str, Any]
) -> None:
    def listed() -> Any:
        return http.get("/v1/webhooks", headers=bearer(tenant)).json()["data"]

    before, wrong = listed(), []
    for body in hostile.bodies(valid):
        headers = bearer(tenant) | body.headers
        answer = http.request(method, path, content=body.content, headers=headers)
        if refusal(answer) != body.expected:
            wrong.append((body.name, refusal(answer)))
    assert not wrong
    assert listed() == before


@pytest.mark.parametrize("headers", hostile.WELCOME, ids=str)
def test_a_valid_body_is_read_in_every_spelling_of_its_type(
    http: httpx.Client, tenant: TenantKeys, headers: dict[str, str]
) -> None:
    content = json.dumps(MERGE).encode()
    zipped = "gzip" in headers.get("content-encoding", "").lower()
    sent = gzip.compress(content) if zipped else content
    answer = http.post("/v1/merges", content=sent, headers=bearer(tenant) | headers)
    assert refusal(answer) == (404, "not-found")


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/leads", "/v1/failed-events"])
def test_every_hostile_query_is_refused(http: httpx.Client, tenant: TenantKeys, path: str) -> None:
    wrong = []
    for query in hostile.QUERIES:
        answer = http.get(f"{path}?{query.text}", headers=bearer(tenant))
        if refusal(answer) != query.expected:
            wrong.append((query.text[:60], refusal(answer)))
    assert not wrong


@pytest.mark.parametrize("identifier", hostile.PATH_IDS)
def test_an_id_that_nobody_has_is_not_there(
    http: httpx.Client, tenant: TenantKeys, identifier: str
) -> None:
    for resource in ("leads", "webhooks", "events"):
        url = http.base_url.copy_with(raw_path=f"/v1/{resource}/{identifier}".encode())
        answer = http.get(url, headers=bearer(tenant))
        assert refusal(answer) == (404, "not-found"), resource


def test_a_secret_key_in_a_url_is_refused(http: httpx.Client, tenant: TenantKeys) -> None:
    for path in (
        f"/v1/leads?key={tenant.secret_key}",
        f"/v1/leads/{tenant.secret_key}",
        f"/v1/e?writeKey={tenant.secret_key}&event=x",
        f"/v1/nothing/{tenant.secret_key}",
    ):
        assert refusal(http.get(path, headers=bearer(tenant))) == (401, "credential-in-url")


def test_a_version_that_is_held_is_not_sent_again(http: httpx.Client, tenant: TenantKeys) -> None:
    made = http.post("/v1/webhooks", json=WEBHOOK, headers=bearer(tenant))
    place, etag = made.headers["location"], made.headers["etag"]
    try:
        again = http.get(place, headers=bearer(tenant) | {"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        headers = bearer(tenant) | {
            "if-match": etag,
            "content-type": "application/merge-patch+json",
        }
        patch = b'{"status": "disabled"}'
        changed = http.patch(place, content=patch, headers=headers)
        assert (changed.status_code, changed.json()["status"]) == (200, "disabled")
        assert http.patch(place, content=patch, headers=headers).status_code == 412
        assert http.head(place, headers=bearer(tenant)).headers["etag"] != etag
        asked = http.options(place)
        assert (asked.status_code, asked.headers["allow"]) == (
            204, "DELETE, GET, HEAD, OPTIONS, PATCH",
        )  # fmt: skip
    finally:
        http.delete(place, headers=bearer(tenant))
