"""What browsers, mail programs and careless clients meet at the door of a running stack."""

import gzip
import json

import httpx
import pytest

from local.stack import TenantKeys
from tests.system.conftest import Api


def test_a_browsers_preflight_is_allowed_from_any_origin(http: httpx.Client) -> None:
    answer = http.options(
        "/v1/p",
        headers={
            "origin": "https://www.example-shop.com",
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        },
    )

    allowed = answer.headers["access-control-allow-headers"].lower()
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in allowed
    assert "content-type" in allowed
    assert "access-control-allow-credentials" not in answer.headers


def test_a_beacon_in_plain_text_with_the_key_in_its_body_is_accepted(
    http: httpx.Client, tenant: TenantKeys, api: Api, unique: str
) -> None:
    body = {
        "writeKey": tenant.write_key,
        "type": "page",
        "anonymousId": unique,
        "messageId": f"beacon-{unique}",
    }

    answer = http.post(
        "/v1/p", content=json.dumps(body), headers={"content-type": "text/plain;charset=UTF-8"}
    )

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json()["results"] == [{"messageId": f"beacon-{unique}", "status": "accepted"}]
    assert api.lead_of(f"beacon-{unique}")["event_count"] == 1


def test_a_gzipped_batch_with_basic_authorization_is_accepted(
    http: httpx.Client, tenant: TenantKeys, unique: str
) -> None:
    batch = {"batch": [{"type": "track", "event": "x", "userId": unique, "messageId": unique}]}

    answer = http.post(
        "/v1/batch",
        content=gzip.compress(json.dumps(batch).encode()),
        headers={"content-type": "application/json", "content-encoding": "gzip"},
        auth=(tenant.write_key, ""),
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["status"] == "accepted"


def test_the_pixel_is_a_gif_whatever_happens(
    http: httpx.Client, tenant: TenantKeys, api: Api, unique: str
) -> None:
    opened = http.get(
        "/v1/pixel.gif",
        params={
            "writeKey": tenant.write_key,
            "event": "email_opened",
            "email": f"{unique}@siemens.com",
            "messageId": f"open-{unique}",
            "campaign": "autumn",
        },
    )
    broken = http.get("/v1/pixel.gif", params={"writeKey": "nonsense"})

    for answer in (opened, broken):
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/gif"
        assert "no-store" in answer.headers["cache-control"]
        assert len(answer.content) == 43
        assert answer.content.startswith(b"GIF89a")
    assert api.lead_of(f"open-{unique}")["email"] == f"{unique}@siemens.com"


def test_a_light_event_is_taken_by_get(
    http: httpx.Client, tenant: TenantKeys, api: Api, unique: str
) -> None:
    answer = http.get(
        "/v1/e",
        params={
            "writeKey": tenant.write_key,
            "event": "video_played",
            "anonymousId": unique,
            "messageId": f"light-{unique}",
        },
    )

    assert answer.status_code == 204
    assert api.lead_of(f"light-{unique}")["event_count"] == 1


def test_a_bad_item_is_refused_alone_with_its_pointer(api: Api, unique: str) -> None:
    good = {"type": "track", "event": "x", "userId": unique, "messageId": unique}
    nameless = {"type": "track", "userId": unique, "messageId": f"bad-{unique}"}

    first, second = api.track(good, nameless)

    assert first["status"] == "accepted"
    assert (second["status"], second["code"]) == ("rejected", "invalid_event")
    assert second["pointer"] == "/batch/1/event"


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        pytest.param("GET", "/v1/leads", 401, "missing-credential", id="no key"),
        pytest.param("GET", "/v1/nothing", 404, "not-found", id="unknown route"),
        pytest.param("GET", "/elsewhere", 404, "not-found", id="outside the API"),
        pytest.param("GET", "/v1/track", 405, "method-not-allowed", id="wrong method"),
        pytest.param("POST", "/v1/track", 400, "malformed-json", id="no body"),
    ],
)
def test_every_error_is_a_problem(
    http: httpx.Client, method: str, path: str, status: int, slug: str
) -> None:
    answer = http.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["type"].endswith(slug)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_write_key_reads_nothing(http: httpx.Client, tenant: TenantKeys) -> None:
    answer = http.get("/v1/leads", headers={"authorization": f"Bearer {tenant.write_key}"})

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("insufficient-scope")


def test_health_and_the_openapi_document_need_no_key(http: httpx.Client) -> None:
    assert http.get("/v1/health").json()["status"] == "ok"
    document = http.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/leads", "/v1/track", "/v1/webhooks"} <= set(document["paths"])
