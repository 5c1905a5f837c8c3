"""The requests of the replay: the same each time, moved to today, and as each sender makes them."""

import base64
import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from local.demo.journeys import Act, acts_of, all_acts, campaign_of
from local.demo.packing import Clock, Keys, Request, count_events, requests_of, timestamps
from local.demo.people import Person, people_of
from local.demo.sending import send
from local.demo.visitors import Visitor, visitors_of
from local.demo.weblog import Hit, read_hits
from local.steps import StepFailedError

KEYS = Keys("ls_wk_test_aaaaaaaaaaaa_b", "ls_sk_test_aaaaaaaaaaaa_b")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp()) * 1000
START = 1431857103
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:26.0) Gecko/20100101 Firefox/26.0"
HIT = Hit(START, "203.0.113.9", "GET", "/blog?page=2", 200, "http://example.org/", AGENT)
PERSON = Person(
    "amara.adeyemi@autodesk.com", "business", "Amara", "Adeyemi", "CTO", None, "asks_for_demo"
)


def visitor(*hits: Hit) -> Visitor:
    return visitors_of(hits)[0]


@cache
def everything(now_ms: int) -> tuple[dict[str, list[Act]], list[Request]]:
    hits = read_hits()
    found = visitors_of(hits)
    end = max(hit.at for hit in hits)
    acts = all_acts(found, people_of(found), until=end)
    return acts, requests_of(acts, keys=KEYS, clock=Clock(end, now_ms))


def events_of(request: Request) -> list[dict[str, Any]]:
    if request.method == "GET":
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        return [query]
    body = request.body
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    parsed = json.loads(body)
    batch: list[dict[str, Any]] = parsed.get("batch", [parsed])
    return batch


def test_the_same_log_gives_the_same_requests() -> None:
    first = everything(NOW_MS)[1]

    everything.cache_clear()

    assert everything(NOW_MS)[1] == first


def test_no_two_events_share_an_id() -> None:
    identifiers = [each for request in everything(NOW_MS)[1] for each in request.message_ids]

    assert len(set(identifiers)) == len(identifiers) == count_events(everything(NOW_MS)[1])


def test_the_log_ends_now_and_its_gaps_stay() -> None:
    clock = Clock(end=START + 90, now_ms=NOW_MS)

    assert clock.moved(START + 90) == "2026-11-21T12:00:00.000Z"
    assert clock.moved(START) == "2026-11-21T11:58:30.000Z"


def test_the_clock_of_an_earlier_replay_is_found_again_from_one_event() -> None:
    clock = Clock(end=START + 90, now_ms=NOW_MS)

    assert Clock.at_known(START + 90, START + 7, clock.moved(START + 7)) == clock


def test_nothing_happens_after_now_or_before_the_log() -> None:
    hits = read_hits()
    length = timedelta(seconds=hits[-1].at - hits[0].at)
    clock = Clock(hits[-1].at, NOW_MS)

    times = [
        datetime.fromisoformat(at)
        for events in timestamps(everything(NOW_MS)[0], clock).values()
        for at in events.values()
    ]

    assert max(times) <= NOW
    assert min(times) >= NOW - length


def test_requests_come_in_the_order_of_their_events() -> None:
    moments = [request.at for request in everything(NOW_MS)[1]]

    assert moments == sorted(moments)


def test_every_page_and_download_of_the_log_is_sent_once_and_unchanged() -> None:
    acts = everything(NOW_MS)[0]
    real = [act for of_visitor in acts.values() for act in of_visitor if act.real]

    assert len(real) == sum(len(each.hits) for each in visitors_of(read_hits()))
    assert {act.sender for act in real} == {"browser", "light"}


def test_a_page_view_has_what_a_browser_s_library_would_say() -> None:
    (act,) = acts_of(visitor(HIT), None, until=START)

    assert act.message["context"] == {
        "ip": "203.0.113.9",
        "userAgent": AGENT,
        "page": {
            "path": "/blog",
            "url": "http://www.semicomplete.com/blog?page=2",
            "search": "?page=2",
            "referrer": "http://example.org/",
        },
    }
    assert act.message["anonymousId"] == visitor(HIT).anonymous_id


def test_a_beacon_carries_the_key_in_its_text_and_a_batch_in_its_header() -> None:
    kinds = Counter(
        (request.path.partition("?")[0], request.headers.get("content-type"))
        for request in everything(NOW_MS)[1]
        if request.headers["user-agent"].startswith("Mozilla/")
    )
    basic = "Basic " + base64.b64encode(f"{KEYS.write}:".encode()).decode()
    batch = next(r for r in everything(NOW_MS)[1] if r.headers.get("authorization") == basic)
    beacon = next(r for r in everything(NOW_MS)[1] if r.path == "/v1/p")

    assert {path for path, _ in kinds} == {
        "/v1/p", "/v1/t", "/v1/i", "/v1/batch", "/v1/e", "/v1/pixel.gif",
    }  # fmt: skip
    assert events_of(beacon)[0]["writeKey"] == KEYS.write
    assert 2 <= len(events_of(batch)) <= 20


def test_one_request_carries_one_visitor() -> None:
    for request in everything(NOW_MS)[1]:
        names = {event.get("anonymousId", event.get("email")) for event in events_of(request)}
        assert len(names) == 1


def test_a_mail_program_knows_an_e_mail_and_no_visitor() -> None:
    opens = [r for r in everything(NOW_MS)[1] if r.path.startswith("/v1/pixel.gif")]

    assert opens
    for request in opens:
        (event,) = events_of(request)
        assert event["event"] == "email_opened"
        assert "@" in event["email"]
        assert "anonymousId" not in event
        assert request.headers["user-agent"].endswith("Thunderbird/128.4.0")


def test_only_the_server_uses_the_secret_key_and_never_in_a_url() -> None:
    basic = "Basic " + base64.b64encode(f"{KEYS.secret}:".encode()).decode()
    trusted = [r for r in everything(NOW_MS)[1] if r.headers.get("authorization") == basic]

    assert {event["event"] for r in trusted for event in events_of(r)} == {
        "signed_up",
        "demo_requested",
    }
    assert not any(KEYS.secret in request.path for request in everything(NOW_MS)[1])


def test_who_asks_for_a_demo_sees_prices_and_the_demo_then_fills_in_the_form() -> None:
    acts = acts_of(visitor(HIT), PERSON, until=START + 3600)

    told = [act.message.get("event") or act.message["context"]["page"]["path"] for act in acts]
    form = acts[3].message

    assert told == ["/blog", "/pricing", "/demo", "form_submitted", "demo_requested"]
    assert form["properties"] == {
        "form": "request-demo",
        "email": "amara.adeyemi@autodesk.com",
        "first_name": "Amara",
        "last_name": "Adeyemi",
        "title": "CTO",
    }
    assert [act.real for act in acts] == [True, False, False, False, False]


def test_a_campaign_is_on_the_first_page_only_and_in_url_and_context_alike() -> None:
    pages = [HIT._replace(at=START + second, referrer=None) for second in (0, 9)]
    found = next(
        each
        for number in range(250)
        if campaign_of(each := visitor(*[p._replace(address=f"203.0.113.{number}") for p in pages]))
    )

    first, second = acts_of(found, None, until=START + 9)

    campaign = first.message["context"]["campaign"]
    assert f"utm_campaign={campaign['name']}" in first.message["context"]["page"]["url"]
    assert "campaign" not in second.message["context"]


def answering(*answers: httpx.Response | Exception) -> httpx.Client:
    waiting = list(answers)

    def answer(_: httpx.Request) -> httpx.Response:
        said = waiting.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    return httpx.Client(base_url="http://api.test", transport=httpx.MockTransport(answer))


POST = Request(START, "POST", "/v1/batch", {"user-agent": AGENT}, b"{}", ("a", "b"))
VERDICTS = {"results": [{"status": "accepted"}, {"status": "rejected", "code": "too_large"}]}


def test_each_verdict_of_an_answer_counts() -> None:
    assert send(POST, answering(httpx.Response(200, json=VERDICTS))) == Counter(
        accepted=1, too_large=1
    )


def test_what_fails_for_a_moment_is_sent_again() -> None:
    client = answering(
        httpx.ConnectError("no"), httpx.Response(503), httpx.Response(200, json=VERDICTS)
    )
    pauses: list[float] = []

    assert send(POST, client, pause=pauses.append)["accepted"] == 1
    assert pauses == [0.5, 1.0]


def test_what_is_refused_as_a_whole_stops_the_replay() -> None:
    with pytest.raises(StepFailedError, match="/v1/batch: 403"):
        send(POST, answering(httpx.Response(403, text="no")))
