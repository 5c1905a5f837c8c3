"""Requests that are repeated, all at once, or too many, on a running stack."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx

from local.stack import TenantKeys

PATIENCE_SECONDS = 180  # fifty workers start at once on a laptop
WEBHOOK = {"url": "https://example.com/repeated", "types": ["lead.created"]}


def bearer(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} | more


def test_of_fifty_equal_requests_at_once_one_is_done(
    http: httpx.Client, tenant: TenantKeys, unique: str
) -> None:
    headers = bearer(tenant.secret_key) | {"idempotency-key": unique}
    post = partial(
        http.post, "/v1/webhooks", json=WEBHOOK, headers=headers, timeout=PATIENCE_SECONDS
    )
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda _: post(), range(50)))

    said = Counter(
        (answer.status_code, answer.headers.get("idempotent-replayed")) for answer in answers
    )
    assert said[201, None] == 1
    assert set(said) <= {(201, None), (201, "true"), (409, None)}
    refused = [answer for answer in answers if answer.status_code == 409]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    again = post()
    assert again.headers["idempotent-replayed"] == "true"
    done = {answer.text for answer in (*answers, again) if answer.status_code == 201}
    assert len(done) == 1
    assert http.delete(again.headers["location"], headers=headers).status_code == 204


def test_a_key_sends_no_more_than_its_limit_however_many_at_once(
    http: httpx.Client, tenant: TenantKeys, unique: str
) -> None:
    owner = bearer(tenant.secret_key)
    limit = 30
    made = http.post(
        "/v1/keys",
        headers=owner,
        json={
            "name": unique,
            "kind": "sk",
            "env": "test",
            "scopes": ["webhooks:read"],
            "rate_limit": limit,
        },
    ).json()
    get = partial(http.get, "/v1/webhooks", headers=bearer(made["key"]), timeout=PATIENCE_SECONDS)
    began = time.monotonic()
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: get(), range(3 * limit)))
    refilled = int((time.monotonic() - began) * limit / 60) + 1

    granted = [answer for answer in answers if answer.status_code == 200]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(granted) + len(refused) == 3 * limit
    assert limit <= len(granted) <= limit + refilled
    assert all(answer.headers["ratelimit-policy"] == '"default";q=30;w=60' for answer in answers)
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    http.delete(f"/v1/keys/{made['id']}", headers=owner)
