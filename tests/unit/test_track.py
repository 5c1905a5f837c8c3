"""The track routes over HTTP: keys in every place, bodies of every kind."""

import base64
import gzip
import hashlib
import hmac
import json
import tracemalloc
from itertools import count
from typing import Any

import pytest

from leadsignal.adapters.dynamodb.buckets import DynamoBuckets
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.domain.credentials import format_key, parse_key
from leadsignal.errors import PermanentError, TransientError
from leadsignal.models.events import Event, EventsMessage
from leadsignal.models.instants import to_instant
from leadsignal.runtime import track, wiring
from leadsignal.runtime.metering import Meter
from leadsignal.services.limits import Purses
from leadsignal.services.tenants import CreatedTenant, create_tenant
from tests.fakes.clock import NOW, Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.failures import InMemoryOriginals
from tests.fakes.flow import BROWSER, headers_of, problem
from tests.fakes.lambda_side import Json, http_event
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import InMemoryTenants, InMemoryUsage, ScriptedCrawlers

ITEM = {"messageId": "m1", "anonymousId": "a1", "event": "clicked"}
POSTS = sorted((*track.CALLS, *track.BATCHES))


class Site:
    """The track routes of one tenant."""

    def __init__(self, keys: CreatedTenant, queue: InMemoryQueue, usage: InMemoryUsage) -> None:
        self.usage = usage
        self.write, self.secret = keys.write_key, keys.secret_key
        self.identify = keys.identify_secret
        self.queue = queue

    def ask(self, method: str, route: str, **request: Any) -> Json:
        event = http_event(method, f"/v1/{route}", **request)
        answer, _ = track.answer(track.read_request(event, "request-1"))
        return track.with_request_id(answer, "request-1")

    def post(self, body: object = ITEM, route: str = "track", **request: Any) -> Json:
        request.setdefault("key", self.write)
        return self.ask("POST", route, body=body, **request)

    def events(self) -> list[Event]:
        sent = [EventsMessage.model_validate_json(m.body) for m in self.queue.take()]
        return [event for message in sent for event in message.events]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Site:
    tenants, queue, numbers = InMemoryTenants(), InMemoryQueue(), count(1)

    def token(length: int) -> str:
        return f"{next(numbers):0{length}d}"

    monkeypatch.setattr(wiring, "now", lambda: clock.now)
    monkeypatch.setattr(wiring, "token", token)
    monkeypatch.setattr(wiring, "tenant_store", lambda: tenants)
    monkeypatch.setattr(wiring, "events_queue", lambda: queue)
    usage = InMemoryUsage()
    meter = Meter(lambda tenant_id: usage, now=clock.read)
    monkeypatch.setattr(wiring, "meter", lambda: meter)
    monkeypatch.setattr(wiring, "originals", InMemoryOriginals)
    monkeypatch.setattr(wiring, "crawlers", ScriptedCrawlers)
    cache = Table(FakeDynamoDB.from_template().client, "CacheTable")
    buckets = DynamoBuckets(cache, "tenant")
    purses = Purses()
    monkeypatch.setattr(wiring, "buckets", lambda tenant_id: buckets)
    monkeypatch.setattr(wiring, "purses", lambda: purses)
    keys = create_tenant(
        "site", env="live", config=tenants, token=token, secret=bytes(32), now=clock.now
    )
    return Site(keys, queue, usage)


def basic(user: str, password: str = "") -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def accepted(answer: Json) -> bool:
    assert answer["statusCode"] == 200, answer
    body = json.loads(answer["body"])
    assert body["success"] is True
    return [verdict["status"] for verdict in body["results"]] == ["accepted"]


@pytest.mark.parametrize("place", ["bearer", "basic", "basic with password", "body", "query"])
@pytest.mark.parametrize("kind", ["write", "secret"])
def test_a_key_may_come_in_every_place_that_is_no_url(site: Site, place: str, kind: str) -> None:
    key = getattr(site, kind)
    request: Json = {"key": None}
    body: Json = dict(ITEM)
    if place == "bearer":
        request["key"] = key
    elif place.startswith("basic"):
        request["headers"] = basic(key, "x" if "password" in place else "")
    elif place == "body":
        body["writeKey"] = key
    else:
        request["query"] = {"writeKey": key}
    answer = site.post(body, **request)
    if (place, kind) == ("query", "secret"):
        assert problem(answer) == (401, "credential-in-url")
        assert site.events() == []
    else:
        assert accepted(answer)
        assert len(site.events()) == 1


@pytest.mark.parametrize("kind", ["write", "secret"])
@pytest.mark.parametrize("route", ["pixel.gif", "e"])
def test_the_get_routes_take_a_write_key_in_the_query(site: Site, route: str, kind: str) -> None:
    query = {"writeKey": getattr(site, kind), "event": "opened", "email": "ada@acme.com"}
    answer = site.ask("GET", route, query=query)
    assert len(site.events()) == (kind == "write")
    if route == "e":
        assert answer["statusCode"] == (204 if kind == "write" else 401)


@pytest.mark.parametrize(
    ("headers", "status", "slug"),
    [
        ({}, 401, "missing-credential"),
        ({"authorization": "Bearer"}, 403, "invalid-credential"),
        ({"authorization": "Bearer nonsense"}, 403, "invalid-credential"),
        ({"authorization": "Digest x"}, 403, "invalid-credential"),
        ({"authorization": "Basic ***"}, 403, "invalid-credential"),
        ({"authorization": "Basic /////w=="}, 403, "invalid-credential"),
        (basic("nonsense"), 403, "invalid-credential"),
    ],
    ids=str,
)
def test_without_a_good_key_nothing_is_taken(
    site: Site, headers: dict[str, str], status: int, slug: str
) -> None:
    answer = site.post(key=None, headers=headers)
    assert problem(answer) == (status, slug)
    assert headers_of(answer)["access-control-allow-origin"] == "*"
    assert ("www-authenticate" in headers_of(answer)) is (status == 401)
    assert site.queue.sent == []


def test_an_empty_basic_user_leaves_the_key_to_the_body(site: Site) -> None:
    assert accepted(site.post({**ITEM, "writeKey": site.write}, key=None, headers=basic("")))


@pytest.mark.parametrize("route", POSTS)
def test_every_route_takes_its_call(site: Site, route: str) -> None:
    item = {**ITEM, "groupId": "g1", "previousId": "p1"}
    if route in track.BATCHES:
        body: Json = {"batch": [{**item, "type": "track"}]}
    else:
        body = item
    assert accepted(site.post(body, route))
    [event] = site.events()
    assert event.type == track.CALLS.get(route, "track")


@pytest.mark.parametrize(
    "media", ["application/json", "text/plain", "Application/JSON; charset=utf-8", "TEXT/PLAIN", ""]
)
def test_json_and_beacons_are_read(site: Site, media: str) -> None:
    assert accepted(site.post(headers={"content-type": media}))


@pytest.mark.parametrize("media", ["text/xml", "application/x-www-form-urlencoded", "json"])
def test_another_media_type_is_refused(site: Site, media: str) -> None:
    answer = site.post(headers={"content-type": media})
    assert problem(answer) == (415, "unsupported-media-type")


def test_gzip_is_read(site: Site) -> None:
    packed = gzip.compress(json.dumps(ITEM).encode())
    assert accepted(site.post(raw=packed, headers={"content-encoding": "GZIP"}))


def test_a_body_in_base_64_is_read(site: Site) -> None:
    assert accepted(site.post(raw=json.dumps(ITEM).encode()))


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "zstd", "x"])
def test_another_encoding_is_refused(site: Site, encoding: str) -> None:
    answer = site.post(headers={"content-encoding": encoding})
    assert problem(answer) == (415, "unsupported-media-type")


PACKED = gzip.compress(json.dumps(ITEM).encode(), mtime=0)


@pytest.mark.parametrize(
    "raw", [b"", b"not gzip", PACKED[:-9], PACKED[:12], PACKED[:-8] + bytes(8)], ids=str
)
def test_what_is_not_whole_gzip_is_malformed(site: Site, raw: bytes) -> None:
    answer = site.post(raw=raw, headers={"content-encoding": "gzip"})
    assert problem(answer) == (400, "malformed-encoding")


def test_a_gzip_bomb_is_refused_before_it_unfolds(site: Site) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        answer = site.post(raw=bomb, headers={"content-encoding": "gzip"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert problem(answer) == (413, "payload-too-large")
    assert peak < 4 * 1024 * 1024


def test_a_body_of_500_kb_is_the_largest(site: Site) -> None:
    text = json.dumps({"batch": []})
    fits = text + " " * (track.MAX_BODY_BYTES - len(text))
    assert site.post(fits, "batch")["statusCode"] == 200
    assert problem(site.post(fits + " ", "batch")) == (413, "payload-too-large")


def test_more_than_2500_events_are_too_many(site: Site) -> None:
    assert problem(site.post({"batch": [{}] * 2_501}, "batch")) == (413, "too-many-items")


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ("", 400, "malformed-json"),
        ("{", 400, "malformed-json"),
        ('{"a": NaN}', 400, "malformed-json"),
        ("null", 422, "invalid-request"),
        ("[]", 422, "invalid-request"),
        ('"x"', 422, "invalid-request"),
    ],
)
def test_a_body_that_is_no_object_is_refused(site: Site, body: str, status: int, slug: str) -> None:
    assert problem(site.post(body)) == (status, slug)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/batch"),
        ({"batch": None}, "/batch"),
        ({"batch": {}}, "/batch"),
        ({"batch": [], "sentAt": "yesterday"}, "/sentAt"),
        ({"batch": [], "context": {"a": "\x00"}}, "/context/a"),
    ],
    ids=str,
)
def test_a_batch_must_be_a_list_in_a_sound_envelope(site: Site, body: Json, pointer: str) -> None:
    answer = site.post(body, "batch")
    assert problem(answer) == (422, "invalid-request")
    assert json.loads(answer["body"])["errors"][0]["pointer"] == pointer


def test_single_refusals_stay_within_an_exact_200(site: Site) -> None:
    answer = site.post({"batch": [{**ITEM, "type": "track"}, {"type": []}, 5]}, "batch")
    assert answer["statusCode"] == 200
    results = json.loads(answer["body"])["results"]
    assert [verdict["status"] for verdict in results] == ["accepted", "rejected", "rejected"]
    assert results[0] == {"messageId": "m1", "status": "accepted"}
    assert (results[1]["code"], results[1]["pointer"]) == ("invalid_event", "/batch/1/type")


def test_the_metrics_of_the_browser_library_are_taken_and_dropped(site: Site) -> None:
    answer = site.post({"series": [{"type": "Counter"}]}, "m")
    assert answer["statusCode"] == 200
    assert site.queue.sent == []


def test_the_metrics_of_the_browser_library_need_no_key(site: Site) -> None:
    assert site.post({"series": []}, "m", key=None)["statusCode"] == 200


def test_asking_for_the_headers_of_the_pixel_records_nothing(site: Site) -> None:
    query = {"writeKey": site.write, "event": "email_opened", "anonymousId": "a"}
    answer = site.ask("HEAD", "pixel.gif", query=query)
    assert answer["statusCode"] == 200
    assert site.queue.sent == []


@pytest.mark.parametrize(
    ("agent", "ip"),
    [
        pytest.param(BROWSER, "198.51.100.7", id="a browser"),
        pytest.param("Twitterbot/1.0", "198.51.100.7", id="a crawler"),
        pytest.param("python-httpx/0.28.1", None, id="a library of Python"),
        pytest.param("curl/8.5.0", None, id="curl"),
    ],
)
def test_whoever_loads_a_pixel_is_the_visitor_unless_it_is_a_server(
    site: Site, agent: str, ip: str | None
) -> None:
    query = {"writeKey": site.write, "event": "email_opened", "anonymousId": "a"}
    site.ask("GET", "pixel.gif", query=query, headers={"user-agent": agent})
    [event] = site.events()
    assert (event.context.ip, event.context.user_agent) == (ip, agent if ip else None)


@pytest.mark.parametrize("error", [TransientError("down"), PermanentError("no")], ids=str)
def test_when_nothing_durable_was_written_the_client_tries_again(
    site: Site, error: TransientError | PermanentError
) -> None:
    site.queue.failing = error
    answer = site.post()
    assert problem(answer) == (503, "temporarily-unavailable")
    assert int(headers_of(answer)["retry-after"]) > 0
    assert accepted(site.post())


@pytest.mark.parametrize("route", [*POSTS, "pixel.gif", "e"])
def test_a_preflight_allows_any_origin_and_never_credentials(site: Site, route: str) -> None:
    answer = site.ask("OPTIONS", route)
    headers = headers_of(answer)
    assert answer["statusCode"] == 204
    assert headers["access-control-allow-origin"] == "*"
    allowed = {name.strip().lower() for name in headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type"} <= allowed
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    ("method", "route"), [("GET", "track"), ("PUT", "b"), ("DELETE", "e"), ("POST", "pixel.gif")]
)
def test_another_method_is_refused_with_those_allowed(site: Site, method: str, route: str) -> None:
    answer = site.ask(method, route, key=site.write)
    assert problem(answer) == (405, "method-not-allowed")
    assert "OPTIONS" in headers_of(answer)["allow"]
    assert method not in headers_of(answer)["allow"].split(", ")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"writeKey": "nonsense"},
        {"event": "opened"},
        {"anonymousId": "null"},
        {"email": "ada@acme.com", "event": "opened"},
        {"email": "ada@acme.com", "event": "opened", "timestamp": "yesterday"},
    ],
    ids=str,
)
def test_the_pixel_is_always_the_same_gif(site: Site, query: dict[str, str]) -> None:
    query = {"writeKey": site.write} | query
    answer = site.ask("GET", "pixel.gif", query=query)
    image = base64.b64decode(answer["body"])
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert (len(image), image[:6]) == (43, b"GIF89a")
    assert headers_of(answer)["content-type"] == "image/gif"
    assert headers_of(answer)["cache-control"] == "no-store"


def test_the_pixel_is_a_gif_even_when_the_queue_is_down(site: Site) -> None:
    site.queue.failing = TransientError("down")
    query = {"writeKey": site.write, "event": "opened", "email": "ada@acme.com"}
    assert site.ask("GET", "pixel.gif", query=query)["statusCode"] == 200


def test_the_parameters_of_a_get_become_an_event(site: Site) -> None:
    query = {
        "writeKey": site.write,
        "event": "email_opened",
        "email": "Ada@Acme.com",
        "messageId": "open-1",
        "timestamp": "2026-01-15T11:00:00+01:00",
        "url": "https://a.test/x",
        "newsletter": "42",
    }
    answer = site.ask("GET", "e", query=query, headers={"user-agent": BROWSER})
    assert (answer["statusCode"], answer.get("body", "")) == (204, "")
    [event] = site.events()
    assert (event.message_id, event.event, event.email) == (
        "open-1",
        "email_opened",
        "ada@acme.com",
    )
    assert event.properties == {"newsletter": "42"}
    assert event.context.page is not None
    assert event.context.page.url == "https://a.test/x"
    assert (event.context.user_agent, event.context.ip) == (BROWSER, "198.51.100.7")


@pytest.mark.parametrize("route", ["pixel.gif", "e"])
def test_the_get_routes_take_the_hash_of_an_email(site: Site, route: str) -> None:
    digest = hashlib.sha256(b"ada@acme.com").hexdigest()
    site.ask("GET", route, query={"writeKey": site.write, "event": "opened", "email": digest})
    [event] = site.events()
    assert event.email == f"sha256:{digest}"


def test_each_event_knows_the_key_it_came_by(site: Site) -> None:
    for key in (site.write, site.secret):
        assert accepted(site.post(key=key))
        [event] = site.events()
        assert event.key_id == parse_key(key).key_id


@pytest.mark.parametrize("place", ["item", "batch"])
@pytest.mark.parametrize(("kind", "signed"), [("write", True), ("secret", False)])
def test_a_browser_may_carry_the_signature_of_the_tenants_backend(
    site: Site, kind: str, signed: bool, place: str
) -> None:
    text = f"v1\nuser_id=u1\ncrm_id=\nemail=ada@acme.com\nexp={to_instant(NOW) // 1_000 + 60}"
    context = {
        "signature": hmac.digest(site.identify.encode(), text.encode(), "sha256").hex(),
        "signatureExpires": to_instant(NOW) // 1_000 + 60,
    }
    item: Json = {"type": "identify", "userId": "u1", "traits": {"email": "Ada@Acme.com"}}
    shared: Json = {"batch": [item], "context": context}
    body: Json = shared if place == "batch" else {"batch": [{**item, "context": context}]}
    assert accepted(site.post(body, "batch", key=getattr(site, kind)))
    [event] = site.events()
    assert (event.signed, event.trusted) == (signed, kind == "secret")


def test_a_light_event_that_cannot_be_taken_names_the_parameter(site: Site) -> None:
    answer = site.ask("GET", "e", query={"writeKey": site.write, "anonymousId": "a"})
    assert problem(answer) == (422, "invalid-request")
    assert json.loads(answer["body"])["errors"][0]["parameter"] == "event"


def test_the_address_of_a_server_is_not_the_visitors(site: Site) -> None:
    for headers, ip in (
        ({"user-agent": "python"}, None),
        ({"user-agent": BROWSER}, "198.51.100.7"),
    ):
        assert accepted(site.post(headers=headers))
        [event] = site.events()
        assert event.context.ip == ip


def test_every_answer_has_an_id_and_any_origin(site: Site) -> None:
    for answer in (site.post(), site.post("{"), site.ask("GET", "pixel.gif"), site.ask("PUT", "t")):
        assert headers_of(answer)["x-request-id"] == "request-1"
        assert headers_of(answer)["access-control-allow-origin"] == "*"


def used(site: Site, key: str) -> Json:
    """Return what a key was used for on the day of the test."""
    days = site.usage.days(parse_key(key).key_id, 1, first="2026-01-01", before="2026-12-31")
    return dict(days[0][1]) if days else {}


def test_the_use_of_a_write_key_is_counted_by_what_it_was_answered(
    site: Site, clock: Clock
) -> None:
    for body in (ITEM, {"batch": 5}):
        site.post(body, "batch" if "batch" in body else "track")
        clock.move(minutes=1)
    site.ask("GET", "pixel.gif", query={"writeKey": site.write})
    clock.move(minutes=1)
    site.ask("GET", "e", query={"writeKey": site.write, "event": "x", "anonymousId": "a"})
    site.ask("HEAD", "e", query={"writeKey": site.write})
    site.post(ITEM, key="ls_wk_live_nobody")
    assert used(site, site.write) == {
        "POST /v1/track 2xx": 1,
        "POST /v1/batch 4xx": 1,
        "GET /v1/pixel.gif 4xx": 1,
        "GET /v1/e 2xx": 1,
    }


def test_a_secret_key_in_a_url_is_marked_if_it_is_one(site: Site, clock: Clock) -> None:
    key_id = parse_key(site.secret).key_id
    forged = format_key("sk", "live", key_id, "x" * 32)
    for key in (forged, site.secret):
        assert site.usage.marks([key_id]) == {}
        site.ask("GET", "e", query={"writeKey": key, "event": "x"})
    assert site.usage.marks([key_id])[key_id].exposed_at == clock.instant
    assert used(site, site.secret) == {}
