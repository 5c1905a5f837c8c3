"""The routes of leads and events over HTTP: shapes, pages, refusals, and who sees what."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from leadsignal.domain import credentials
from leadsignal.models.instants import rfc3339
from leadsignal.models.tenants import ApiKey
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, headers_of, problem, send
from tests.fakes.lambda_side import Stack

type NewTenant = Callable[..., CreatedTenant]

UNKNOWN = "lead_" + "a" * 26
ORDERS = ("score", "created_at", "last_seen_at")


def populate(stack: Stack, key: str, visitors: int = 7) -> None:
    """Let some visitors come: each sees one page more than the one before, at other times."""
    for visitor in range(visitors):
        batch = [
            {
                "type": "page",
                "messageId": f"v{visitor}-{view}",
                "anonymousId": f"visitor-{visitor}",
                "timestamp": rfc3339(stack.clock.instant - visitor * 5_000_000 + view),
                "context": {"page": {"url": f"https://site.test/{view}"}},
            }
            for view in range(visitor + 1)
        ]
        stack.clock.move(seconds=1)
        assert send(key, "/v1/batch", {"batch": batch})["statusCode"] == 200
        drain(stack)


def walk(key: str, path: str, **query: str) -> list[dict[str, Any]]:
    """Return the whole of a list, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(50):
        page = get(path, key, **query, **cursor)
        assert set(page) == {"data", "has_more", "next_cursor"}
        assert page["has_more"] is (page["next_cursor"] is not None)
        assert len(page["data"]) <= int(query.get("limit", "25"))
        found += page["data"]
        if not page["has_more"]:
            return found
        assert len(page["next_cursor"]) <= 512
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the list never ends")


@pytest.mark.parametrize("descending", [True, False], ids=["highest first", "lowest first"])
@pytest.mark.parametrize("field", ORDERS)
def test_leads_are_listed_in_every_order_page_by_page(
    stack: Stack, owner: CreatedTenant, field: str, descending: bool
) -> None:
    populate(stack, owner.write_key)
    sort = f"-{field}" if descending else field
    for limit in ("1", "2", "3", "7", "100"):
        found = walk(owner.secret_key, "/v1/leads", sort=sort, limit=limit)
        values = [lead[field] for lead in found]
        assert values == sorted(values, reverse=descending)
        assert len({lead["id"] for lead in found}) == len(found) == 7


def test_a_page_names_the_next_one_in_a_link(stack: Stack, owner: CreatedTenant) -> None:
    populate(stack, owner.write_key, 3)
    answer = call("GET", "/v1/leads", owner.secret_key, limit="2", sort="created_at")
    cursor = json.loads(answer["body"])["next_cursor"]
    link = headers_of(answer)["link"]
    assert link == f'</v1/leads?limit=2&sort=created_at&cursor={cursor}>; rel="next"'
    last = call("GET", "/v1/leads", owner.secret_key, limit="2", sort="created_at", cursor=cursor)
    assert "link" not in headers_of(last)


def test_a_lead_has_the_shape_of_the_contract(stack: Stack, owner: CreatedTenant) -> None:
    populate(stack, owner.write_key, 1)
    [lead] = get("/v1/leads", owner.secret_key)["data"]
    assert set(lead) >= {
        "id", "status", "source", "is_known", "identifiers", "email", "first_name", "last_name",
        "phone", "title", "company", "owner", "tags", "traits", "attributes", "score", "tier",
        "probability", "segments", "consent", "first_touch", "last_touch", "session_count",
        "event_count", "first_seen_at", "last_seen_at", "created_at", "updated_at", "version",
    }  # fmt: skip
    assert lead["first_seen_at"] == rfc3339(stack.clock.instant - 1_000)
    [identifier] = lead["identifiers"]
    assert set(identifier) == {"kind", "value", "verified", "first_seen_at"}
    answer = call("GET", f"/v1/leads/{lead['id']}", owner.secret_key)
    assert json.loads(answer["body"]) == lead | {"potential_duplicates": []}
    assert headers_of(answer)["etag"] == f'"{lead["version"]}"'


def test_sessions_touches_score_and_events_have_the_shapes_of_the_contract(
    stack: Stack, owner: CreatedTenant
) -> None:
    populate(stack, owner.write_key, 1)
    [lead] = get("/v1/leads", owner.secret_key)["data"]
    path, key = f"/v1/leads/{lead['id']}", owner.secret_key
    [session] = get(f"{path}/timeline", key)["data"]
    assert set(session) == {
        "session_id", "started_at", "ended_at", "duration_seconds", "event_count", "entry_url",
        "exit_url", "channel", "events",
    }  # fmt: skip
    [seen] = session["events"]
    assert {"message_id", "event", "timestamp", "properties", "page"} <= set(seen)
    [touch] = get(f"{path}/touchpoints", key)["data"]
    assert set(touch) == {
        "at", "channel", "source", "medium", "campaign", "term", "content", "click_id",
        "referrer", "landing_url",
    }  # fmt: skip
    score = get(f"{path}/score", key)
    assert set(score) == {
        "score", "tier", "raw", "ruleset", "contributions", "groups", "next_change_at",
        "next_tier", "grade", "override", "as_of",
    }  # fmt: skip
    [part] = score["contributions"]
    assert set(part) == {"rule_id", "rule", "group", "points", "decayed_points", "reason"}
    assert set(score["groups"]["engagement"]) == {"points", "cap", "floor"}
    event = get("/v1/events/v0-0", key)
    assert set(event) >= {
        "message_id", "event", "type", "timestamp", "received_at", "lead_id", "session_id",
        "status", "bot", "properties", "context",
    }  # fmt: skip
    assert (event["lead_id"], event["session_id"]) == (lead["id"], session["session_id"])


def test_a_timeline_comes_newest_first_and_page_by_page(stack: Stack, owner: CreatedTenant) -> None:
    batch = [
        {
            "type": "track",
            "event": "seen",
            "userId": "u1",
            "messageId": f"e{number}",
            "timestamp": rfc3339(stack.clock.instant - number * 20 * 60_000),
        }
        for number in range(40)
        if number % 4 != 3
    ]
    send(owner.write_key, "/v1/batch", {"batch": batch})
    drain(stack)
    [lead] = get("/v1/leads", owner.secret_key)["data"]
    path = f"/v1/leads/{lead['id']}/timeline"
    found = walk(owner.secret_key, path, limit="3")
    assert [session["event_count"] for session in found] == [3] * 10
    starts = [session["started_at"] for session in found]
    assert starts == sorted(starts, reverse=True)
    assert found == walk(owner.secret_key, path)
    assert sum(len(session["events"]) for session in found) == len(batch)


def test_the_id_of_a_merged_lead_answers_the_one_that_took_it_in(
    stack: Stack, owner: CreatedTenant
) -> None:
    send(owner.write_key, "/v1/page", {"anonymousId": "browser", "messageId": "before"})
    send(owner.write_key, "/v1/identify", {"userId": "u1", "messageId": "elsewhere"})
    drain(stack)
    both = {lead["id"] for lead in get("/v1/leads", owner.secret_key)["data"]}
    assert len(both) == 2
    joining = {"userId": "u1", "anonymousId": "browser", "messageId": "log-in"}
    send(owner.write_key, "/v1/identify", joining)
    drain(stack)

    [survivor] = get("/v1/leads", owner.secret_key)["data"]
    [gone] = both - {survivor["id"]}
    assert survivor["merged_from"] == [gone]
    assert survivor["event_count"] == 3
    for tail in ("", "/timeline", "/score", "/touchpoints"):
        ours = get(f"/v1/leads/{gone}{tail}", owner.secret_key)
        assert ours == get(f"/v1/leads/{survivor['id']}{tail}", owner.secret_key)
    assert get("/v1/events/before", owner.secret_key)["lead_id"] == survivor["id"]


def test_a_foreign_lead_is_no_different_from_none(stack: Stack, new_tenant: NewTenant) -> None:
    ours, theirs = new_tenant(), new_tenant()
    populate(stack, ours.write_key, 1)
    [lead] = get("/v1/leads", ours.secret_key)["data"]
    for path in ("/v1/leads/{}", "/v1/leads/{}/timeline", "/v1/leads/{}/score", "/v1/events/{}"):
        existing = "v0-0" if "events" in path else lead["id"]
        foreign = call("GET", path.format(existing), theirs.secret_key)
        assert problem(foreign) == (404, "not-found")
        nobodys = call("GET", path.format(UNKNOWN), theirs.secret_key)
        for answer in (foreign, nobodys):
            answer["headers"].pop("ratelimit")
        assert foreign == nobodys
    assert get("/v1/leads", theirs.secret_key)["data"] == []


@pytest.mark.parametrize(
    "lead_id",
    ["lead_x", "a" * 3_000, "lead_" + "A" * 26, "ü", "😀", "..", "lead_" + "a" * 27, "%00", "0"],
)
def test_an_id_of_no_lead_is_not_found(stack: Stack, owner: CreatedTenant, lead_id: str) -> None:
    assert problem(call("GET", f"/v1/leads/{lead_id}", owner.secret_key)) == (404, "not-found")


def _flip(cursor: str, place: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[place] ^= 1
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cursor: _flip(cursor, 3), id="a bit of the signature"),
        pytest.param(lambda cursor: _flip(cursor, -3), id="a bit of the position"),
        pytest.param(lambda cursor: cursor[:-2], id="cut short"),
        pytest.param(lambda cursor: cursor + "A", id="junk behind it"),
        pytest.param(lambda cursor: cursor + "=", id="another spelling"),
        pytest.param(lambda _: "", id="empty"),
        pytest.param(lambda _: "☃", id="no base 64"),
        pytest.param(lambda _: "A" * 3_000, id="too long"),
    ],
)
def test_a_changed_cursor_is_refused(
    stack: Stack, owner: CreatedTenant, change: Callable[[str], str]
) -> None:
    populate(stack, owner.write_key, 2)
    cursor = get("/v1/leads", owner.secret_key, limit="1")["next_cursor"]
    answer = call("GET", "/v1/leads", owner.secret_key, limit="1", cursor=change(cursor))
    assert problem(answer) == (400, "invalid-cursor")


def test_a_cursor_is_good_for_its_own_list_only(stack: Stack, new_tenant: NewTenant) -> None:
    ours, theirs = new_tenant(), new_tenant()
    populate(stack, ours.write_key, 2)
    populate(stack, theirs.write_key, 2)
    cursor = get("/v1/leads", ours.secret_key, limit="1")["next_cursor"]
    [lead] = get("/v1/leads", ours.secret_key, limit="1")["data"]
    refused = [
        call("GET", "/v1/leads", theirs.secret_key, cursor=cursor),
        call("GET", "/v1/leads", ours.secret_key, cursor=cursor, sort="score"),
        call("GET", f"/v1/leads/{lead['id']}/timeline", ours.secret_key, cursor=cursor),
    ]
    stack.clock.move(hours=25)
    refused.append(call("GET", "/v1/leads", ours.secret_key, cursor=cursor))
    assert [problem(answer) for answer in refused] == [(400, "invalid-cursor")] * 4


@pytest.mark.parametrize(
    "query",
    [
        *({"limit": value} for value in ("0", "101", "-1", "abc", "1e2", "1_0", " 5", "5.0", "")),
        {"sort": "name"},
        {"sort": "-"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_bad_parameter_is_named(
    stack: Stack, owner: CreatedTenant, query: dict[str, str]
) -> None:
    answer = call("GET", "/v1/leads", owner.secret_key, **query)
    assert problem(answer) == (422, "invalid-request")
    [error] = json.loads(answer["body"])["errors"]
    assert error["parameter"] == next(iter(query))


def test_head_answers_as_get_without_a_body(stack: Stack, owner: CreatedTenant) -> None:
    populate(stack, owner.write_key, 1)
    got, head = (call(method, "/v1/leads", owner.secret_key) for method in ("GET", "HEAD"))
    assert (head["statusCode"], head["body"]) == (200, "")
    counted = {"ratelimit": None}
    assert headers_of(head) | counted == headers_of(got) | counted


@pytest.mark.parametrize("path", ["/v1/leads", f"/v1/leads/{UNKNOWN}", "/v1/events/m1"])
def test_options_names_the_methods_and_no_origin(
    stack: Stack, owner: CreatedTenant, path: str
) -> None:
    answer = call("OPTIONS", path, owner.secret_key)
    assert answer["statusCode"] == 204
    assert {"GET", "HEAD", "OPTIONS"} <= set(headers_of(answer)["allow"].split(", "))
    assert not [name for name in headers_of(answer) if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_is_refused_with_those_allowed(
    stack: Stack, owner: CreatedTenant, method: str
) -> None:
    answer = call(method, f"/v1/leads/{UNKNOWN}/score", owner.secret_key)
    assert problem(answer) == (405, "method-not-allowed")
    assert headers_of(answer)["allow"] == "GET, HEAD, OPTIONS"


def test_an_unknown_route_below_leads_is_not_found(stack: Stack, owner: CreatedTenant) -> None:
    assert problem(call("GET", "/v1/leads/a/b/c", owner.secret_key)) == (404, "not-found")


def _revoked(key: ApiKey) -> ApiKey:
    return key.model_copy(update={"revoked_at": 1})


def test_a_request_needs_a_good_key_of_the_right_kind(stack: Stack, owner: CreatedTenant) -> None:
    none = call("GET", "/v1/leads")
    assert problem(none) == (401, "missing-credential")
    assert headers_of(none)["www-authenticate"].startswith("Bearer")
    write = call("GET", "/v1/leads", owner.write_key)
    assert problem(write) == (403, "insufficient-scope")
    assert json.loads(write["body"])["required_scope"] == "leads:read"
    body, sample = owner.secret_key[:-6], owner.secret_key
    unknown = credentials.format_key("sk", "test", "0" * 12, "0" * 32)
    wrong_secret = body[:-1] + ("1" if body[-1] == "0" else "0")
    keys = [
        sample[:-1] + ("0" if sample[-1] != "0" else "1"),
        unknown,
        wrong_secret + credentials.checksum(wrong_secret),
        "x",
        "ü",
        "a" * 10_000,
    ]
    refused = [call("GET", "/v1/leads", key) for key in keys]
    assert {problem(answer) for answer in refused} == {(403, "invalid-credential")}
    assert len({answer["body"] for answer in refused}) == 1


def test_a_key_that_ran_out_is_as_bad_as_an_unknown_one(stack: Stack, owner: CreatedTenant) -> None:
    for number, changes in enumerate(({"revoked_at": 1}, {"expires_at": stack.clock.instant})):
        text = credentials.format_key("sk", "live", f"{number}" * 12, "s" * 32)
        key = ApiKey(
            key_id=f"{number}" * 12,
            tenant_id=owner.tenant_id,
            kind="sk",
            env="live",
            hash=credentials.hash_key(text),
            scopes=("owner",),
            created_at=1,
        )
        wiring.tenant_store().add_key(key.model_copy(update=changes))
        assert problem(call("GET", "/v1/leads", text)) == (403, "invalid-credential")


@pytest.mark.parametrize(
    ("scopes", "status"),
    [(("leads:read",), 200), (("leads:write",), 200), (("events:read",), 403), ((), 403)],
    ids=str,
)
def test_a_scope_opens_its_own_resource(
    stack: Stack, owner: CreatedTenant, scopes: tuple[str, ...], status: int
) -> None:
    text = credentials.format_key("sk", "live", "scoped000000", "s" * 32)
    key = ApiKey(
        key_id="scoped000000",
        tenant_id=owner.tenant_id,
        kind="sk",
        env="live",
        hash=credentials.hash_key(text),
        scopes=scopes,
        created_at=1,
    )
    wiring.tenant_store().add_key(key)
    assert call("GET", "/v1/leads", text)["statusCode"] == status


def test_every_answer_carries_an_id_and_the_callers_own_when_it_is_usable(
    stack: Stack, owner: CreatedTenant
) -> None:
    from functions.leads import app
    from tests.fakes.lambda_side import CONTEXT, http_event

    for sent, answered in (("trace-1234", "trace-1234"), ("x\ny", CONTEXT.aws_request_id)):
        event = http_event("GET", "/v1/leads", key=owner.secret_key, headers={"x-request-id": sent})
        headers = headers_of(app.handler(event, CONTEXT))
        assert headers["x-request-id"] == answered
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_storage_that_cannot_be_reached_is_a_503_to_try_again(
    stack: Stack, owner: CreatedTenant
) -> None:
    get("/v1/leads", owner.secret_key)

    def fail(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://dynamodb")

    wiring.dynamodb().meta.events.register("before-call.dynamodb", fail)
    answer = call("GET", "/v1/leads", owner.secret_key)
    assert problem(answer) == (503, "temporarily-unavailable")
    assert int(headers_of(answer)["retry-after"]) > 0
