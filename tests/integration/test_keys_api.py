"""``/v1/keys`` and ``/v1/roles`` through the real handlers."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from functions.leads import app as leads_app
from functions.platform import app as platform_app
from functions.settings import app
from leadsignal.domain import credentials
from leadsignal.models.instants import DAY_MS, rfc3339
from leadsignal.models.scopes import RESOURCES, ROLES
from leadsignal.runtime import wiring
from leadsignal.services import keys
from leadsignal.services.tenants import CreatedTenant, authenticate
from tests.fakes.lambda_side import CONTEXT, Stack, http_event

READER = {"name": "Reader", "kind": "sk", "env": "live", "scopes": ["leads:read"]}
ADMIN = {"name": "Admin", "kind": "sk", "env": "live", "scopes": ["admin"]}
WRITE = {"name": "Site", "kind": "wk", "env": "live", "scopes": []}

type Answered = tuple[int, Any, dict[str, str]]
type Call = Callable[..., Answered]


@pytest.fixture
def other(new_tenant: Callable[[], CreatedTenant]) -> CreatedTenant:
    return new_tenant()


@pytest.fixture
def call(owner: CreatedTenant) -> Call:
    def request(
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Answered:
        handler = leads_app.handler if path.startswith("/v1/leads") else app.handler
        event = http_event(
            method, path, key=key or owner.secret_key, body=body, query=query, headers=headers
        )
        if body is not None:
            event["headers"].setdefault("content-type", "application/json")
        answer = handler(event, CONTEXT)
        found = {name.lower(): value for name, value in answer["headers"].items()}
        parsed = json.loads(answer["body"]) if answer.get("body") else None
        return int(answer["statusCode"]), parsed, found

    return request


def slug(answered: Answered) -> tuple[int, str]:
    return answered[0], answered[1]["type"].rpartition("/")[2]


def own_id(owner: CreatedTenant) -> str:
    return credentials.parse_key(owner.secret_key).key_id


def test_a_key_is_created_with_its_secret_shown_once(
    call: Call, stack: Stack, owner: CreatedTenant
) -> None:
    status, made, headers = call("POST", "/v1/keys", READER)
    assert status == 201
    key = made.pop("key")
    assert headers["location"] == f"/v1/keys/{made['id']}"
    assert credentials.parse_key(key) == ("sk", "live", made["id"])
    assert made == {
        "id": made["id"],
        "name": "Reader",
        "kind": "sk",
        "env": "live",
        "prefix": f"ls_sk_live_{made['id']}",
        "last4": key[-4:],
        "scopes": ["leads:read"],
        "rate_limit": None,
        "daily_credits": None,
        "status": "active",
        "created_at": rfc3339(stack.clock.instant),
        "created_by": own_id(owner),
        "expires_at": None,
        "rotated_at": None,
        "revoked_at": None,
        "last_used_at": None,
        "flagged": False,
    }
    status, found, got = call("GET", headers["location"])
    assert (status, found, got["etag"]) == (200, made, headers["etag"])
    assert call("GET", "/v1/leads", key=key)[0] == 200
    for shown in (found, call("GET", "/v1/keys")[1]):
        assert "hash" not in json.dumps(shown)
        assert key[len(found["prefix"]) + 1 :] not in json.dumps(shown)


def test_no_part_of_a_secret_is_stored(
    call: Call, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count(1)
    monkeypatch.setattr(
        wiring, "token", lambda size: credentials.hash_key(str(next(numbers)))[:size]
    )
    made = [call("POST", "/v1/keys", body)[1] for body in (READER, WRITE)]
    made.append(call("POST", f"/v1/keys/{made[0]['id']}/rotate", {"overlap_seconds": 60})[1])
    stored = json.dumps(
        [stack.items(table) for table in ("ConfigTable", "CacheTable")], default=str
    )
    for key in made:
        secret = key["key"].rpartition("_")[2]
        assert not [at for at in range(len(secret) - 11) if secret[at : at + 12] in stored]


def test_a_write_key_sends_events_and_no_more(call: Call) -> None:
    made = call("POST", "/v1/keys", WRITE)[1]
    assert made["key"].startswith("ls_wk_live_")
    assert slug(call("GET", "/v1/keys", key=made["key"])) == (403, "insufficient-scope")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": None}, "/name"),
        ({"kind": "rk"}, "/kind"),
        ({"env": "prod"}, "/env"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": "admin"}, "/scopes"),
        ({"scopes": ["leads"]}, "/scopes/0"),
        ({"scopes": ["leads:read", "moon:read"]}, "/scopes/1"),
        ({"scopes": ["leads:read", "admin"]}, "/scopes"),
        ({"scopes": ["admin", "owner"]}, "/scopes"),
        ({"scopes": [5]}, "/scopes/0"),
        ({"scopes": ["leads:read"] * 31}, "/scopes"),
        ({"kind": "wk"}, "/scopes"),
        ({"expires_at": "2026-01-15T12:00:00Z"}, "/expires_at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2027-01-01"}, "/expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "2027-13-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "/expires_at"),
        ({"expires_at": 1}, "/expires_at"),
        ({"rate_limit": 0}, "/rate_limit"),
        ({"daily_credits": -1}, "/daily_credits"),
        ({"id": "mine"}, "/id"),
        ({"tenant_id": "ten_b"}, "/tenant_id"),
        ({"hash": "x"}, "/hash"),
    ],
)
def test_a_bad_key_is_refused_at_the_field(
    call: Call, change: dict[str, Any], pointer: str
) -> None:
    status, problem, _ = call("POST", "/v1/keys", READER | change)
    assert status == 422
    assert problem["errors"][0]["pointer"] == pointer
    assert len(call("GET", "/v1/keys")[1]["data"]) == 2


def test_keys_are_listed_page_by_page_with_those_that_were_made_with_the_tenant(
    call: Call, stack: Stack
) -> None:
    made = []
    for _ in range(3):
        stack.clock.move(seconds=1)
        made.append(call("POST", "/v1/keys", READER)[1]["id"])
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = call("GET", "/v1/keys", **query)[1]
        seen += [key["id"] for key in page["data"]]
        if not page["has_more"]:
            break
        query["cursor"] = page["next_cursor"]
    assert seen[2:] == made
    assert len(set(seen)) == 5
    assert {key["name"] for key in call("GET", "/v1/keys")[1]["data"][:2]} == {
        "Owner key",
        "Write key",
    }


def test_another_tenants_key_is_not_there(call: Call, other: CreatedTenant) -> None:
    theirs = own_id(other)
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/rotate", {"overlap_seconds": 0}),
        ("GET", "/usage", None),
    ):
        answers = [
            call(method, f"/v1/keys/{key_id}{path}", body, headers={"if-match": '"99"'})
            for key_id in (theirs, "000000000000", "x", "KEYS", "é", "a" * 900)
        ]
        assert {status for status, _, _ in answers} == {404}
        assert [answer[1] for answer in answers] == [answers[0][1]] * len(answers)
    assert call("GET", f"/v1/keys/{theirs}", key=other.secret_key)[0] == 200
    assert theirs not in json.dumps(call("GET", "/v1/keys")[1])


def test_a_key_has_a_daily_budget_of_credits_as_long_as_nobody_removes_it(call: Call) -> None:
    made = call("POST", "/v1/keys", READER | {"daily_credits": 50})[1]
    assert made["daily_credits"] == 50
    path = f"/v1/keys/{made['id']}"
    assert call("PATCH", path, {"daily_credits": 0})[1]["daily_credits"] == 0
    assert call("PATCH", path, {"name": "Renamed"})[1]["daily_credits"] == 0
    assert call("PATCH", path, {"daily_credits": None})[1]["daily_credits"] is None
    assert call("GET", path)[1]["daily_credits"] is None


def test_a_key_is_changed_in_what_the_patch_names(call: Call) -> None:
    made = call("POST", "/v1/keys", READER | {"expires_at": "2026-06-01T00:00:00Z"})[1]
    path = f"/v1/keys/{made['id']}"
    status, named, headers = call("PATCH", path, {"name": "Renamed", "rate_limit": 60})
    assert (status, named["name"], named["rate_limit"]) == (200, "Renamed", 60)
    assert named["expires_at"] == "2026-06-01T00:00:00.000Z"
    assert named["scopes"] == ["leads:read"]
    endless = call("PATCH", path, {"expires_at": None}, headers={"if-match": headers["etag"]})
    assert (endless[0], endless[1]["expires_at"]) == (200, None)
    assert endless[2]["etag"] != headers["etag"]
    stale = call("PATCH", path, {"name": "No"}, headers={"if-match": headers["etag"]})
    assert slug(stale) == (412, "precondition-failed")
    assert stale[2]["etag"] == endless[2]["etag"]
    assert slug(call("DELETE", path, headers={"if-match": headers["etag"]}))[0] == 412
    same = call("PATCH", path, {"name": "Renamed"})
    assert same[2]["etag"] == endless[2]["etag"]


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"scopes": None}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"kind": "wk"}, "/kind"),
        ({"env": "test"}, "/env"),
        ({"revoked_at": None}, "/revoked_at"),
        ({"expires_at": "2026-01-15T11:59:59Z"}, "/expires_at"),
    ],
)
def test_a_bad_patch_is_refused_at_the_field(
    call: Call, patch: dict[str, Any], pointer: str
) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    status, problem, _ = call("PATCH", f"/v1/keys/{made['id']}", patch)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)


def test_a_write_key_is_given_no_scopes_later(call: Call) -> None:
    made = call("POST", "/v1/keys", WRITE)[1]
    status, problem, _ = call("PATCH", f"/v1/keys/{made['id']}", {"scopes": ["leads:read"]})
    assert (status, problem["errors"][0]["code"]) == (422, "not-for-write-keys")


@pytest.mark.parametrize(
    ("held", "asked", "missing"),
    [
        (["admin"], ["owner"], "owner"),
        (["keys:write"], ["admin"], "admin"),
        (["keys:write"], ["leads:read"], "leads:read"),
        (["keys:write", "leads:read"], ["leads:write"], "leads:write"),
        (["keys:write", "leads:read"], ["viewer"], "companies:read"),
    ],
)
def test_nobody_gives_a_key_more_than_they_have(
    call: Call, held: list[str], asked: list[str], missing: str
) -> None:
    mine = call("POST", "/v1/keys", READER | {"scopes": held})[1]["key"]
    status, problem, _ = call("POST", "/v1/keys", READER | {"scopes": asked}, key=mine)
    assert (status, problem["required_scope"]) == (403, missing)
    weaker = call("POST", "/v1/keys", READER | {"scopes": held[:1]}, key=mine)[1]
    patched = call("PATCH", f"/v1/keys/{weaker['id']}", {"scopes": asked}, key=mine)
    assert slug(patched) == (403, "insufficient-scope")


def test_nobody_gets_hold_of_a_key_that_may_do_more(call: Call, owner: CreatedTenant) -> None:
    admin = call("POST", "/v1/keys", ADMIN)[1]["key"]
    keeper = call("POST", "/v1/keys", READER | {"scopes": ["keys:write"]})[1]["key"]
    path = f"/v1/keys/{own_id(owner)}"
    for key in (admin, keeper):
        assert call("GET", path, key=key)[0] == 200
        assert slug(call("POST", f"{path}/rotate", {}, key=key)) == (403, "insufficient-scope")
        assert slug(call("PATCH", path, {"name": "Mine"}, key=key))[0] == 403
        assert slug(call("DELETE", path, key=key))[0] == 403
    assert call("GET", "/v1/keys")[0] == 200


def test_who_may_write_may_grant_reading(call: Call) -> None:
    scopes = ["keys:write", "leads:write"]
    mine = call("POST", "/v1/keys", READER | {"scopes": scopes})[1]["key"]
    assert call("POST", "/v1/keys", READER, key=mine)[0] == 201
    assert call("GET", "/v1/keys", key=mine)[0] == 200


def test_a_key_that_expires_makes_none_that_outlives_it(call: Call) -> None:
    end = "2026-02-01T00:00:00Z"
    mine = call("POST", "/v1/keys", ADMIN | {"expires_at": end})[1]
    for asked in (None, "2026-02-01T00:00:01Z"):
        status, problem, _ = call(
            "POST", "/v1/keys", READER | {"expires_at": asked}, key=mine["key"]
        )
        assert (status, problem["errors"][0]["code"]) == (422, "too-late")
    assert call("POST", "/v1/keys", READER | {"expires_at": end}, key=mine["key"])[0] == 201
    longer = call("PATCH", f"/v1/keys/{mine['id']}", {"expires_at": None}, key=mine["key"])
    assert longer[0] == 422


def test_a_key_is_good_until_it_expires(call: Call, stack: Stack) -> None:
    end = rfc3339(stack.clock.instant + 60_000)
    made = call("POST", "/v1/keys", READER | {"expires_at": end})[1]
    assert call("GET", "/v1/leads", key=made["key"])[0] == 200
    stack.clock.move(seconds=60)
    assert slug(call("GET", "/v1/leads", key=made["key"])) == (403, "invalid-credential")
    assert call("GET", f"/v1/keys/{made['id']}")[1]["status"] == "expired"


def test_a_revoked_key_is_refused_here_at_once_and_elsewhere_after_30_seconds(
    call: Call, stack: Stack
) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    assert call("GET", "/v1/leads", key=made["key"])[0] == 200
    elsewhere = wiring.tenant_store()
    wiring.tenant_store.cache_clear()
    call("GET", "/v1/leads", key=made["key"])

    assert call("DELETE", f"/v1/keys/{made['id']}")[0] == 204
    assert slug(call("GET", "/v1/leads", key=made["key"])) == (403, "invalid-credential")
    again = call("DELETE", f"/v1/keys/{made['id']}")
    assert again[0] == 204
    shown = call("GET", f"/v1/keys/{made['id']}")[1]
    assert (shown["status"], shown["revoked_at"]) == ("revoked", rfc3339(stack.clock.instant))

    held = elsewhere.key(made["id"])
    assert held is not None
    assert held.alive(stack.clock.instant)
    stack.clock.move(seconds=30)
    held = elsewhere.key(made["id"])
    assert held is not None
    assert not held.alive(stack.clock.instant)


def test_a_revoked_key_stays_revoked(call: Call) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    call("DELETE", f"/v1/keys/{made['id']}")
    path = f"/v1/keys/{made['id']}"
    assert slug(call("PATCH", path, {"name": "Back"})) == (409, "conflict")
    assert slug(call("POST", f"{path}/rotate", {"overlap_seconds": 0})) == (409, "conflict")
    assert call("GET", path)[1]["name"] == "Reader"


def test_a_scope_that_is_taken_away_is_gone_at_once(call: Call) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    assert call("GET", "/v1/leads", key=made["key"])[0] == 200
    call("PATCH", f"/v1/keys/{made['id']}", {"scopes": ["events:read"]})
    status, problem, _ = call("GET", "/v1/leads", key=made["key"])
    assert (status, problem["required_scope"]) == (403, "leads:read")


def test_during_the_overlap_both_secrets_work_and_then_only_the_new_one(
    call: Call, stack: Stack
) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    path = f"/v1/keys/{made['id']}"
    status, rotated, headers = call("POST", f"{path}/rotate", {"overlap_seconds": 3600})
    assert status == 200
    assert rotated["id"] == made["id"]
    assert rotated["key"] != made["key"]
    assert rotated["last4"] == rotated["key"][-4:]
    assert rotated["overlap_until"] == rfc3339(stack.clock.instant + 3_600_000)
    for key in (made["key"], rotated["key"]):
        assert call("GET", "/v1/leads", key=key)[0] == 200
    stack.clock.move(seconds=3600)
    assert slug(call("GET", "/v1/leads", key=made["key"])) == (403, "invalid-credential")
    assert call("GET", "/v1/leads", key=rotated["key"])[0] == 200
    shown, got = call("GET", path)[1:]
    assert "overlap_until" not in shown
    assert got["etag"] == headers["etag"]


def test_without_overlap_the_old_secret_is_refused_at_once(call: Call) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    rotated = call("POST", f"/v1/keys/{made['id']}/rotate", {"overlap_seconds": 0})[1]
    assert call("GET", "/v1/leads", key=made["key"])[0] == 403
    assert call("GET", "/v1/leads", key=rotated["key"])[0] == 200


def test_a_rotation_without_a_body_overlaps_for_a_day(call: Call, stack: Stack) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    status, rotated, _ = call("POST", f"/v1/keys/{made['id']}/rotate")
    assert status == 200
    assert rotated["overlap_until"] == rfc3339(stack.clock.instant + DAY_MS)


def test_a_second_rotation_ends_the_overlap_of_the_first(call: Call) -> None:
    first = call("POST", "/v1/keys", READER)[1]
    path = f"/v1/keys/{first['id']}/rotate"
    second, third = (call("POST", path, {"overlap_seconds": 60})[1] for _ in range(2))
    statuses = [call("GET", "/v1/leads", key=k["key"])[0] for k in (first, second, third)]
    assert statuses == [403, 200, 200]


def test_a_rotation_never_lengthens_a_keys_life(call: Call, stack: Stack) -> None:
    end = rfc3339(stack.clock.instant + 60_000)
    made = call("POST", "/v1/keys", READER | {"expires_at": end})[1]
    rotated = call("POST", f"/v1/keys/{made['id']}/rotate", {"overlap_seconds": 3600})[1]
    assert (rotated["expires_at"], rotated["overlap_until"]) == (end, end)
    stack.clock.move(seconds=60)
    for key in (made["key"], rotated["key"]):
        assert call("GET", "/v1/leads", key=key)[0] == 403
    assert slug(call("POST", f"/v1/keys/{made['id']}/rotate")) == (409, "conflict")


def test_a_new_secret_works_at_once_where_the_old_one_is_remembered(
    call: Call, stack: Stack
) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    elsewhere = wiring.tenant_store()
    wiring.tenant_store.cache_clear()
    rotated = call("POST", f"/v1/keys/{made['id']}/rotate", {"overlap_seconds": 0})[1]
    stack.clock.move(seconds=1)
    assert authenticate(rotated["key"], config=elsewhere, now=stack.clock.now).key_id == made["id"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"overlap_seconds": -1}, "/overlap_seconds"),
        ({"overlap_seconds": 604_801}, "/overlap_seconds"),
        ({"overlap_seconds": 1.5}, "/overlap_seconds"),
        ({"overlap_seconds": None}, "/overlap_seconds"),
        ({"overlap": 5}, "/overlap"),
    ],
)
def test_a_bad_rotation_is_refused_at_the_field(
    call: Call, body: dict[str, Any], pointer: str
) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    status, problem, _ = call("POST", f"/v1/keys/{made['id']}/rotate", body)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert call("GET", "/v1/leads", key=made["key"])[0] == 200


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("DELETE", None),
        ("PATCH", {"expires_at": "2027-01-01T00:00:00Z"}),
        ("PATCH", {"scopes": ["editor"]}),
        ("PATCH", {"scopes": ["keys:write", "keys:read"]}),
    ],
)
def test_the_last_key_that_manages_keys_stays_as_it_is(
    call: Call, owner: CreatedTenant, method: str, body: Any
) -> None:
    path = f"/v1/keys/{own_id(owner)}"
    before = call("GET", path)[1]
    assert slug(call(method, path, body)) == (409, "last-admin-key")
    temporary = call("POST", "/v1/keys", ADMIN | {"expires_at": "2027-01-01T00:00:00Z"})[1]
    revoked = call("POST", "/v1/keys", ADMIN)[1]
    assert call("DELETE", f"/v1/keys/{revoked['id']}")[0] == 204
    assert slug(call(method, path, body)) == (409, "last-admin-key")
    assert call("GET", path)[1] == before | {"last_used_at": call("GET", path)[1]["last_used_at"]}

    assert call("DELETE", f"/v1/keys/{temporary['id']}")[0] == 204
    call("POST", "/v1/keys", ADMIN)
    assert call(method, path, body)[0] in (200, 204)


def test_a_tenant_has_at_most_a_hundred_keys_in_use(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MAX_LIVE_KEYS", 3)
    made = call("POST", "/v1/keys", READER)[1]
    status, problem, _ = call("POST", "/v1/keys", READER)
    assert (status, problem["errors"][0]["code"]) == (422, "too-many")
    call("DELETE", f"/v1/keys/{made['id']}")
    assert call("POST", "/v1/keys", READER)[0] == 201
    monkeypatch.setattr(keys, "MAX_KEYS", 4)
    assert call("POST", "/v1/keys", READER)[0] == 422


def test_the_roles_are_listed_with_their_scopes(call: Call) -> None:
    status, listed, _ = call("GET", "/v1/roles")
    assert status == 200
    roles = {role["name"]: role["scopes"] for role in listed["data"]}
    assert list(roles) == ["owner", "admin", "editor", "viewer", "agent"]
    assert len(roles["owner"]) == 2 * len(RESOURCES)
    assert set(roles["viewer"]) < set(roles["editor"]) < set(roles["admin"])
    assert roles["agent"] == ["leads:read", "leads:write", "companies:read", "events:read"]
    first = call("GET", "/v1/roles", limit="4")[1]
    rest = call("GET", "/v1/roles", limit="4", cursor=first["next_cursor"])[1]
    assert [role["name"] for role in first["data"] + rest["data"]] == list(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_key_with_a_role_may_do_what_the_role_lists(call: Call, role: str) -> None:
    key = call("POST", "/v1/keys", READER | {"scopes": [role]})[1]["key"]
    scopes = ROLES[role].scopes
    for method, path, body in (
        ("GET", "/v1/leads", None),
        ("GET", "/v1/webhooks", None),
        ("POST", "/v1/webhooks", {}),
        ("GET", "/v1/keys", None),
        ("GET", "/v1/settings", None),
    ):
        resource = path.split("/")[2]
        scope = f"{resource}:{'read' if method == 'GET' else 'write'}"
        assert (call(method, path, body, key=key)[0] != 403) is (scope in scopes), scope


def test_the_use_of_a_key_is_shown_by_day_and_route(call: Call, stack: Stack) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    path = f"/v1/keys/{made['id']}"
    assert call("GET", f"{path}/usage")[1]["data"] == []
    call("GET", "/v1/leads", key=made["key"])
    first = stack.clock.instant
    assert call("GET", path)[1]["last_used_at"] == rfc3339(first)
    call("GET", "/v1/leads/lead_x", key=made["key"])
    assert call("GET", path)[1]["last_used_at"] == rfc3339(first)
    stack.clock.move(minutes=1)
    call("GET", "/v1/webhooks", key=made["key"])
    call("GET", "/v1/nowhere", key=made["key"])
    stack.clock.move(days=1)
    call("GET", "/v1/leads", key=made["key"])

    last = rfc3339(stack.clock.instant)
    assert call("GET", path)[1]["last_used_at"] == last
    [listed] = [key for key in call("GET", "/v1/keys")[1]["data"] if key["id"] == made["id"]]
    assert listed["last_used_at"] == last
    status, usage, _ = call("GET", f"{path}/usage")
    assert status == 200
    assert usage["data"] == [
        {
            "day": "2026-01-16",
            "requests": 1,
            "routes": [{"route": "GET /v1/leads", "requests": 1, "by_status": {"2xx": 1}}],
        },
        {
            "day": "2026-01-15",
            "requests": 4,
            "routes": [
                {"route": "(none)", "requests": 2, "by_status": {"4xx": 2}},
                {"route": "GET /v1/leads", "requests": 1, "by_status": {"2xx": 1}},
                {"route": "GET /v1/leads/{lead_id}", "requests": 1, "by_status": {"4xx": 1}},
            ],
        },
    ]


def test_usage_is_paged_and_cut_to_the_days_that_are_asked_for(call: Call, stack: Stack) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    path = f"/v1/keys/{made['id']}/usage"
    for _ in range(4):
        call("GET", "/v1/leads", key=made["key"])
        stack.clock.move(days=1)

    def days(**query: str) -> list[str]:
        return [row["day"] for row in call("GET", path, **query)[1]["data"]]

    assert days() == ["2026-01-18", "2026-01-17", "2026-01-16", "2026-01-15"]
    assert days(**{"from": "2026-01-16", "to": "2026-01-17"}) == ["2026-01-17", "2026-01-16"]
    assert days(to="2026-01-15") == ["2026-01-15"]
    assert days(to="2025-01-15") == []
    asked = {"from": "2026-01-15", "limit": "3"}
    page = call("GET", path, **asked)[1]
    assert len(page["data"]) == 3
    assert days(**asked, cursor=page["next_cursor"]) == ["2026-01-15"]
    other = call("GET", path, limit="3", cursor=page["next_cursor"])
    assert slug(other) == (400, "invalid-cursor")


@pytest.mark.parametrize(
    "query",
    [{"from": "2026-01-16", "to": "2026-01-15"}, {"to": "0001-01-01"}, {"from": "9999-12-31"}],
)
def test_days_without_use_are_an_empty_page(
    call: Call, owner: CreatedTenant, query: dict[str, str]
) -> None:
    status, page, _ = call("GET", f"/v1/keys/{own_id(owner)}/usage", **query)
    assert (status, page["data"], page["has_more"]) == (200, [], False)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"from": "yesterday"}, "from"),
        ({"from": "20260115"}, "from"),
        ({"from": "2026-W03-1"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": ""}, "to"),
        ({"from_day": "2026-01-15"}, "from_day"),
        ({"limit": "0"}, "limit"),
    ],
)
def test_days_that_are_none_are_refused(
    call: Call, owner: CreatedTenant, query: dict[str, str], parameter: str
) -> None:
    status, problem, _ = call("GET", f"/v1/keys/{own_id(owner)}/usage", **query)
    assert (status, problem["errors"][0]["parameter"]) == (422, parameter)


def test_a_key_that_was_in_a_url_is_flagged(call: Call, stack: Stack) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    seen = rfc3339(stack.clock.instant)
    assert slug(call("GET", "/v1/leads", api_key=made["key"])) == (401, "credential-in-url")
    stack.clock.move(minutes=5)
    call("GET", "/v1/leads", api_key=made["key"])
    shown = call("GET", f"/v1/keys/{made['id']}")[1]
    assert (shown["flagged"], shown["exposed_at"]) == (True, seen)
    assert call("GET", "/v1/leads", key=made["key"])[0] == 200


def test_a_platform_route_marks_no_key(call: Call) -> None:
    made = call("POST", "/v1/keys", READER)[1]
    event = http_event("GET", "/v1/health", query={"key": made["key"]})
    answer = platform_app.handler(event, CONTEXT)
    assert answer["statusCode"] == 401
    assert call("GET", f"/v1/keys/{made['id']}")[1]["flagged"] is False
