"""The routes of merges over HTTP: shapes, refusals, who may, and what else sees of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.leads import app as leads
from leadsignal.domain import credentials
from leadsignal.models.instants import rfc3339
from leadsignal.models.tenants import ApiKey
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.flow import call, drain, get, headers_of, problem, send
from tests.fakes.lambda_side import CONTEXT, Json, Stack, http_event

type NewTenant = Callable[..., CreatedTenant]

UNKNOWN = "lead_" + "a" * 26
FIELDS = {"survivor_id", "merged_id", "status", "reason", "fields", "score_before", "score_after"}


def ask(
    method: str, path: str, key: str | None, body: object = None, **query: str
) -> tuple[int, Any]:
    """Send a request to the routes of merges; return the status and the body."""
    answer = request(method, path, key, body, **query)
    return answer["statusCode"], json.loads(answer["body"])


def request(method: str, path: str, key: str | None, body: object = None, **query: str) -> Json:
    headers = {"content-type": "application/json"} if body is not None else {}
    event = http_event(method, path, key=key, body=body, query=query, headers=headers)
    answer: Json = leads.handler(event, CONTEXT)
    return answer


def scoped(owner: CreatedTenant, *scopes: str) -> str:
    """Return a secret key of the tenant that carries just these scopes."""
    key_id = "".join(scopes).replace(":", "")[:12].ljust(12, "0")
    text = credentials.format_key("sk", "test", key_id, "s" * 32)
    key = ApiKey(
        key_id=key_id,
        tenant_id=owner.tenant_id,
        kind="sk",
        env="test",
        hash=credentials.hash_key(text),
        scopes=scopes,
        created_at=1,
    )
    wiring.tenant_store().add_key(key)
    return text


def persons(stack: Stack, owner: CreatedTenant, *names: str) -> list[str]:
    """Let persons come, each with a page view of their own; return the ids of their leads."""
    batch = [
        {
            "type": "page",
            "messageId": name,
            "userId": name,
            "timestamp": rfc3339(stack.clock.instant + number * 1_000),
            "context": {"page": {"url": f"https://site.test/{name}"}},
        }
        for number, name in enumerate(names)
    ]
    assert send(owner.write_key, "/v1/batch", {"batch": batch})["statusCode"] == 200
    drain(stack)
    return [get(f"/v1/events/{name}", owner.secret_key)["lead_id"] for name in names]


def test_a_merge_is_shown_made_and_undone(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    body = {"survivor_id": one, "merged_id": other, "reason": "one person"}
    status, shown = ask("POST", "/v1/merges", owner.secret_key, body, dry_run="true")
    assert (status, shown["status"]) == (200, "dry_run")
    assert set(shown) >= FIELDS
    assert "id" not in shown
    assert get("/v1/leads", owner.secret_key)["data"][1:]  # still two

    status, made = ask("POST", "/v1/merges", owner.secret_key, body)
    assert status == 201
    assert set(made) >= FIELDS | {"id"}
    assert (made["status"], made["reason"], made["fields"]) == (
        "merged",
        "one person",
        shown["fields"],
    )
    for field in made["fields"]:
        assert set(field) == {"field", "winner", "values", "result"}
        assert len(field["values"]) == 2
    lead = get(f"/v1/leads/{other}", owner.secret_key)
    assert (lead["id"], lead["event_count"], lead["score"]) == (one, 2, made["score_after"])
    assert lead["merged_from"] == [other]

    status, undone = ask("POST", f"/v1/merges/{made['id']}/undo", owner.secret_key)
    assert (status, undone["id"], undone["status"]) == (200, made["id"], "undone")
    assert get(f"/v1/leads/{other}", owner.secret_key)["event_count"] == 1
    assert get(f"/v1/leads/{one}", owner.secret_key)["event_count"] == 1
    assert ask("POST", f"/v1/merges/{made['id']}/undo", owner.secret_key)[0] == 200


def test_a_merge_asked_for_twice_is_one_merge(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    body = {"survivor_id": one, "merged_id": other}
    first, again = (ask("POST", "/v1/merges", owner.secret_key, body) for _ in range(2))
    assert (first[0], again[0]) == (201, 201)
    assert first[1]["id"] == again[1]["id"]


def test_merges_and_undos_are_told(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    hook = {"url": "https://receiver.test/hook", "types": ["lead.merged", "lead.unmerged"]}
    listen(owner, hook)
    body = {"survivor_id": one, "merged_id": other}
    _, made = ask("POST", "/v1/merges", owner.secret_key, body)
    [merged] = drain(stack)
    assert (merged["type"], merged["data"]["lead_id"], merged["data"]["merged_id"]) == (
        "lead.merged",
        one,
        other,
    )
    ask("POST", f"/v1/merges/{made['id']}/undo", owner.secret_key)
    told = drain(stack)
    assert {(fact["type"], fact["data"]["lead_id"]) for fact in told} == {
        ("lead.unmerged", one),
        ("lead.unmerged", other),
    }
    sequences = [fact["sequence"] for fact in told if fact["data"]["lead_id"] == one]
    assert min(sequences) > merged["sequence"]


def listen(owner: CreatedTenant, hook: object) -> None:
    from functions.settings import app as settings

    event = http_event("POST", "/v1/webhooks", key=owner.secret_key, body=hook)
    event["headers"]["content-type"] = "application/json"
    assert settings.handler(event, CONTEXT)["statusCode"] == 201


def test_the_version_of_a_lead_moves_with_a_merge(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    before = headers_of(call("GET", f"/v1/leads/{one}", owner.secret_key))["etag"]
    body = {"survivor_id": one, "merged_id": other}
    ask("POST", "/v1/merges", owner.secret_key, body, dry_run="true")
    assert headers_of(call("GET", f"/v1/leads/{one}", owner.secret_key))["etag"] == before
    ask("POST", "/v1/merges", owner.secret_key, body)
    after = headers_of(call("GET", f"/v1/leads/{one}", owner.secret_key))["etag"]
    assert int(after.strip('"')) == int(before.strip('"')) + 1


# ─── Refusals ────────────────────────────────────────────────────────────────────────────────────

PAIR = {"survivor_id": UNKNOWN, "merged_id": "lead_" + "b" * 26}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param(PAIR | {"force": True}, "/force", id="an unknown field"),
        pytest.param({"survivor_id": UNKNOWN}, "/merged_id", id="a field is missing"),
        pytest.param(PAIR | {"merged_id": 7}, "/merged_id", id="no text"),
        pytest.param(PAIR | {"merged_id": UNKNOWN}, "/merged_id", id="the same lead twice"),
        pytest.param(PAIR | {"merged_id": "x" * 65}, "/merged_id", id="a long id"),
        pytest.param(PAIR | {"reason": "x" * 501}, "/reason", id="a long reason"),
        pytest.param([PAIR], "", id="a list"),
    ],
)
def test_a_request_that_is_not_valid_is_refused_and_not_echoed(
    owner: CreatedTenant, body: Any, pointer: str
) -> None:
    answer = request("POST", "/v1/merges", owner.secret_key, body)
    assert problem(answer) == (422, "invalid-request")
    errors = json.loads(answer["body"])["errors"]
    assert pointer in [error["pointer"] for error in errors]
    assert "xxx" not in answer["body"]


@pytest.mark.parametrize("value", ["abc", "1", "0", "yes", "True", "", "on"])
def test_dry_run_is_true_or_false_and_nothing_else(owner: CreatedTenant, value: str) -> None:
    answer = request("POST", "/v1/merges", owner.secret_key, PAIR, dry_run=value)
    assert problem(answer) == (422, "invalid-request")
    [error] = json.loads(answer["body"])["errors"]
    assert error["parameter"] == "dry_run"


def test_dry_run_false_merges(stack: Stack, owner: CreatedTenant) -> None:
    one, other = persons(stack, owner, "ada", "bob")
    body = {"survivor_id": one, "merged_id": other}
    assert ask("POST", "/v1/merges", owner.secret_key, body, dry_run="false")[0] == 201


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/v1/merges", {"dryrun": "true"}),
        ("GET", "/v1/merge-candidates", {"reason": "undone"}),
        ("POST", f"/v1/merges/mrg_{'a' * 26}_2/undo", {"dry_run": "true"}),
    ],
)
def test_an_unknown_parameter_is_refused(
    owner: CreatedTenant, method: str, path: str, query: dict[str, str]
) -> None:
    answer = request(
        method, path, owner.secret_key, PAIR if path == "/v1/merges" else None, **query
    )
    assert problem(answer) == (422, "invalid-request")


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_a_lead_of_another_tenant_is_as_one_that_is_not_there(
    stack: Stack, new_tenant: NewTenant, dry_run: str
) -> None:
    mine, theirs = new_tenant(), new_tenant()
    [ours] = persons(stack, mine, "ada")
    [foreign] = persons(stack, theirs, "ada")
    answers = []
    for merged in (foreign, UNKNOWN):
        for pair in ((ours, merged), (merged, ours)):
            body = dict(zip(("survivor_id", "merged_id"), pair, strict=True))
            answer = request("POST", "/v1/merges", mine.secret_key, body, dry_run=dry_run)
            assert problem(answer) == (404, "not-found")
            answers.append(answer["body"])
    assert len(set(answers)) == 1


def test_a_merge_of_another_tenant_cannot_be_undone(stack: Stack, new_tenant: NewTenant) -> None:
    mine, theirs = new_tenant(), new_tenant()
    one, other = persons(stack, theirs, "ada", "bob")
    body = {"survivor_id": one, "merged_id": other}
    _, made = ask("POST", "/v1/merges", theirs.secret_key, body)
    foreign = request("POST", f"/v1/merges/{made['id']}/undo", mine.secret_key)
    unknown = request("POST", f"/v1/merges/mrg_{'a' * 26}_2/undo", mine.secret_key)
    assert problem(foreign) == problem(unknown) == (404, "not-found")
    assert get(f"/v1/leads/{other}", theirs.secret_key)["id"] == one


def test_what_is_one_lead_already_is_a_conflict(stack: Stack, owner: CreatedTenant) -> None:
    views = [
        {"type": "page", "messageId": "m1", "anonymousId": "a"},
        {"type": "page", "messageId": "m2", "userId": "ada"},
    ]
    send(owner.write_key, "/v1/batch", {"batch": views})
    drain(stack)
    ids = [get(f"/v1/events/{name}", owner.secret_key)["lead_id"] for name in ("m1", "m2")]
    send(owner.write_key, "/v1/page", {"messageId": "m3", "anonymousId": "a", "userId": "ada"})
    drain(stack)
    body = {"survivor_id": ids[1], "merged_id": ids[0]}
    answer = request("POST", "/v1/merges", owner.secret_key, body)
    assert problem(answer) == (409, "conflict")


# ─── Who may ─────────────────────────────────────────────────────────────────────────────────────

ROUTES = (
    ("POST", "/v1/merges"),
    ("POST", f"/v1/merges/mrg_{'a' * 26}_2/undo"),
    ("GET", "/v1/merge-candidates"),
)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_credential_is_needed_and_a_write_key_is_none(
    owner: CreatedTenant, method: str, path: str
) -> None:
    body = PAIR if path == "/v1/merges" else None
    assert problem(request(method, path, None, body)) == (401, "missing-credential")
    assert problem(request(method, path, "nonsense", body)) == (403, "invalid-credential")
    assert problem(request(method, path, owner.write_key, body)) == (403, "insufficient-scope")


@pytest.mark.parametrize(
    ("scopes", "reads", "writes"),
    [
        (("leads:read",), True, False),
        (("leads:write",), True, True),
        (("merges:write", "merge-candidates:read", "events:write"), False, False),
    ],
    ids=str,
)
def test_merges_take_the_scopes_of_leads(
    owner: CreatedTenant, scopes: tuple[str, ...], reads: bool, writes: bool
) -> None:
    key = scoped(owner, *scopes)
    for method, path in ROUTES:
        answer = request(method, path, key, PAIR if path == "/v1/merges" else None)
        if reads if method == "GET" else writes:
            assert answer["statusCode"] in (200, 404)
        else:
            assert problem(answer) == (403, "insufficient-scope")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/merges", "OPTIONS, POST"),
        ("DELETE", f"/v1/merges/mrg_{'a' * 26}_2/undo", "OPTIONS, POST"),
        ("POST", "/v1/merge-candidates", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_not_allowed(
    owner: CreatedTenant, method: str, path: str, allowed: str
) -> None:
    answer = request(method, path, owner.secret_key)
    assert problem(answer) == (405, "method-not-allowed")
    assert headers_of(answer)["allow"] == allowed


def test_a_path_below_merges_that_is_no_route_is_not_found(owner: CreatedTenant) -> None:
    for path in ("/v1/merges/x", "/v1/merges/x/redo", "/v1/merges/x/undo/y"):
        assert problem(request("POST", path, owner.secret_key)) == (404, "not-found")


# ─── Candidates ──────────────────────────────────────────────────────────────────────────────────


def quarrel(stack: Stack, owner: CreatedTenant, number: int) -> None:
    """Let a browser say that two known leads are one."""
    email = f"e{number}@siemens.com"
    batch = [
        {"type": "identify", "messageId": f"e{number}", "anonymousId": f"b{number}",
         "traits": {"email": email}},
        {"type": "page", "messageId": f"u{number}", "userId": f"u{number}"},
    ]  # fmt: skip
    send(owner.write_key, "/v1/batch", {"batch": batch})
    drain(stack)
    stack.clock.move(seconds=1)
    said = {"messageId": f"s{number}", "userId": f"u{number}", "traits": {"email": email}}
    send(owner.write_key, "/v1/identify", said)
    drain(stack)


def test_candidates_come_page_by_page_with_their_reason(stack: Stack, owner: CreatedTenant) -> None:
    for number in range(5):
        quarrel(stack, owner, number)
    found: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = ask("GET", "/v1/merge-candidates", owner.secret_key, limit="2", **cursor)
        assert status == 200
        assert set(page) == {"data", "has_more", "next_cursor"}
        found += page["data"]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len({candidate["id"] for candidate in found}) == len(found) == 5
    for candidate in found:
        assert set(candidate) == {"id", "lead_ids", "reason", "identifiers", "message_id", "at"}
        assert candidate["reason"] == "untrusted_sender"
        assert {one["kind"] for one in candidate["identifiers"]} == {"user_id", "email"}
        assert candidate["message_id"].startswith("s")
        for lead_id in candidate["lead_ids"]:
            assert get(f"/v1/leads/{lead_id}", owner.secret_key)["id"] == lead_id


def test_a_page_of_candidates_names_the_next_in_a_link(stack: Stack, owner: CreatedTenant) -> None:
    for number in range(2):
        quarrel(stack, owner, number)
    answer = request("GET", "/v1/merge-candidates", owner.secret_key, limit="1")
    cursor = json.loads(answer["body"])["next_cursor"]
    link = f'</v1/merge-candidates?limit=1&cursor={cursor}>; rel="next"'
    assert headers_of(answer)["link"] == link


def test_a_candidate_is_gone_once_somebody_has_decided(stack: Stack, owner: CreatedTenant) -> None:
    quarrel(stack, owner, 0)
    [candidate] = ask("GET", "/v1/merge-candidates", owner.secret_key)[1]["data"]
    body = dict(zip(("survivor_id", "merged_id"), candidate["lead_ids"], strict=True))
    _, made = ask("POST", "/v1/merges", owner.secret_key, body)
    assert ask("GET", "/v1/merge-candidates", owner.secret_key)[1]["data"] == []
    ask("POST", f"/v1/merges/{made['id']}/undo", owner.secret_key)
    assert ask("GET", "/v1/merge-candidates", owner.secret_key)[1]["data"] == []


def test_a_cursor_is_good_for_its_tenant_and_list_only(stack: Stack, new_tenant: NewTenant) -> None:
    mine, theirs = new_tenant(), new_tenant()
    for tenant in (mine, theirs):
        for number in range(2):
            quarrel(stack, tenant, number)
    page = ask("GET", "/v1/merge-candidates", mine.secret_key, limit="1")[1]
    cursor = page["next_cursor"]
    answer = request("GET", "/v1/merge-candidates", theirs.secret_key, limit="1", cursor=cursor)
    assert problem(answer) == (400, "invalid-cursor")
    other_list = get("/v1/leads", mine.secret_key, limit="1")["next_cursor"]
    answer = request("GET", "/v1/merge-candidates", mine.secret_key, cursor=other_list)
    assert problem(answer) == (400, "invalid-cursor")
    for limit in ("0", "101", "x"):
        answer = request("GET", "/v1/merge-candidates", mine.secret_key, limit=limit)
        assert problem(answer) == (422, "invalid-request")
