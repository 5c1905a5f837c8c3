"""Look-ups on the running system against a provider that is slow, wrong or down."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from local.stack import TenantKeys
from tests.fakes.provider_server import Behaviour, FakeProviders, serving_providers
from tests.system.conftest import Api

CALLERS = 50
LATENCY_MS = 800
TIMEOUT_MS = 2_500
TOLERANCE_MS = 100
CLOSED_AGAIN_SECONDS = 75  # who fails is left alone for 30 s first, then for 60
FORGOTTEN_SECONDS = 3  # a change of providers holds for look-ups by then


@pytest.fixture
def providers() -> Iterator[FakeProviders]:
    with serving_providers() as running:
        yield running


@pytest.fixture
def provider(api: Api, providers: FakeProviders) -> Iterator[dict[str, Any]]:
    """A provider of the tenant that costs one credit, known to every worker; gone in the end."""
    made = api.post(
        "/v1/providers",
        {
            "name": "System test",
            "kind": "generic_json",
            "credits": 1,
            "priority": 1,
            "timeout_ms": 2_000,
            "endpoints": {"domain": f"{providers.url}/company/{{domain}}"},
            "mapping": {
                "name": "/company/name",
                "industry": "/company/industry",
                "employee_count": "/company/people",
                "country": "/company/hq/country",
                "confidence": "/match/score",
            },
        },
    )
    assert made.status_code == 201, made.text
    time.sleep(FORGOTTEN_SECONDS)
    yield made.json()
    api.delete(f"/v1/providers/{made.json()['id']}")


def identify(http: httpx.Client, keys: TenantKeys, domain: str) -> tuple[httpx.Response, float]:
    """Return the answer to a look-up and the milliseconds that it took."""
    began = time.monotonic()
    answer = http.get(
        "/v1/identify",
        params={"domain": domain, "timeout_ms": TIMEOUT_MS},
        headers={"authorization": f"Bearer {keys.secret_key}"},
    )
    return answer, (time.monotonic() - began) * 1_000


def charged(api: Api) -> int:
    return int(api.get("/v1/credits").json()["charged"])


def test_fifty_who_ask_the_same_at_once_make_one_call_for_one_credit(
    http: httpx.Client,
    api: Api,
    tenant: TenantKeys,
    unique: str,
    providers: FakeProviders,
    provider: dict[str, Any],
) -> None:
    identify(http, tenant, f"warm{unique}.example")
    providers.forget()
    providers.latency_ms = LATENCY_MS
    before = charged(api)
    with ThreadPoolExecutor(CALLERS) as threads:
        asked = [f"fifty{unique}.example"] * CALLERS
        done = list(threads.map(lambda domain: identify(http, tenant, domain), asked))
    assert {answer.status_code for answer, _ in done} == {200}
    assert max(took for _, took in done) <= TIMEOUT_MS + TOLERANCE_MS
    found = [answer.json() for answer, _ in done]
    assert {each["company"]["id"] for each in found if each["company"]} != set()
    assert [each["company"] is None for each in found].count(True) == 0
    assert len(providers.calls) == 1
    assert sum(each["credits_charged"] for each in found) == 1
    assert charged(api) - before == 1


@pytest.mark.parametrize("behaviour", ["down", "error", "garbage", "huge", "redirect", "array"])
def test_leads_flow_and_nothing_is_charged_when_a_provider_misbehaves(
    http: httpx.Client,
    api: Api,
    tenant: TenantKeys,
    unique: str,
    providers: FakeProviders,
    provider: dict[str, Any],
    behaviour: Behaviour,
) -> None:
    providers.behaviour = behaviour
    before = charged(api)
    for number in range(8):
        answer, took = identify(http, tenant, f"{behaviour}{number}{unique}.example")
        assert answer.status_code == 200
        assert took <= TIMEOUT_MS + TOLERANCE_MS
    message_id = f"{behaviour}-{unique}"
    traits = {"email": f"ann@{behaviour}{unique}.example", "phone": "+31 20 123 4567"}
    event = {"type": "identify", "messageId": message_id, "userId": message_id, "traits": traits}
    assert api.track(event)[0]["status"] == "accepted"
    assert api.lead_of(message_id)["email"] == traits["email"]
    shown = api.get(f"/v1/providers/{provider['id']}").json()
    assert shown["health"]["state"] == "open"
    assert charged(api) == before
    providers.behaviour = "ok"
    began = time.monotonic()
    while identify(http, tenant, f"again{unique}.example")[0].json()["company"] is None:
        assert time.monotonic() - began < CLOSED_AGAIN_SECONDS
        time.sleep(1)
