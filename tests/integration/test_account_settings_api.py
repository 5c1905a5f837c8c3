"""``/v1/settings`` through the real handler."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.settings import app
from leadsignal.models.instants import rfc3339
from leadsignal.models.tenants import STATUSES, Tenant
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.lambda_side import CONTEXT, Stack, http_event

PATH = "/v1/settings"

type Call = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def call(owner: CreatedTenant) -> Call:
    def request(
        method: str, body: Any = None, *, key: str | None = None, if_match: str | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"if-match": if_match} if if_match else {}
        if body is not None:
            headers["content-type"] = "application/json"
        sent = http_event(method, PATH, key=key or owner.secret_key, body=body, headers=headers)
        answer = app.handler(sent, CONTEXT)
        found = {name.lower(): value for name, value in answer["headers"].items()}
        found.pop("ratelimit", None)  # another one each time
        return int(answer["statusCode"]), json.loads(answer["body"]), found

    return request


def test_a_new_account_has_the_settings_of_all_new_ones(call: Call, stack: Stack) -> None:
    status, found, headers = call("GET")
    assert (status, headers["etag"]) == (200, '"1"')
    assert found == {
        "name": "tenant 1",
        "tier": "standard",
        "statuses": list(STATUSES),
        "default_country": None,
        "session_gap_minutes": 30,
        "window_days": 30,
        "monthly_credits": 1_000,
        "daily_credits": None,
        "company_days": 60,
        "enrichment_min_score": 40,
        "created_at": rfc3339(stack.clock.instant),
        "updated_at": None,
    }


def test_a_patch_changes_what_it_names_and_null_sets_back(
    call: Call, stack: Stack, owner: CreatedTenant
) -> None:
    change = {
        "name": "Acme",
        "statuses": ["fresh", "In progress", "erledigt ✓"],
        "default_country": "NL",
        "session_gap_minutes": 240,
        "window_days": 7,
        "daily_credits": 0,
    }
    _, before, headers = call("GET")
    status, changed, got = call("PATCH", change, if_match=headers["etag"])
    assert status == 200
    assert changed == before | change | {"updated_at": rfc3339(stack.clock.instant)}
    assert call("GET")[1:] == (changed, call("GET")[2])
    assert call("GET")[2]["etag"] == got["etag"] == '"2"'
    held = wiring.tenant_store().tenant(owner.tenant_id)
    assert held is not None
    assert (held.name, held.session_gap_ms, held.window_days) == ("Acme", 14_400_000, 7)

    reset = dict.fromkeys(change.keys() - {"name"})
    status, after, _ = call("PATCH", reset)
    assert status == 200
    assert after == before | {"name": "Acme", "updated_at": after["updated_at"]}


def test_a_patch_that_changes_nothing_makes_no_new_version(call: Call) -> None:
    assert call("PATCH", {})[2]["etag"] == '"1"'
    assert call("PATCH", {"window_days": 30})[2]["etag"] == '"1"'


def test_a_patch_of_another_version_is_refused(call: Call) -> None:
    call("PATCH", {"name": "Acme"})
    status, problem, headers = call("PATCH", {"name": "Late"}, if_match='"1"')
    assert (status, problem["type"].rpartition("/")[2]) == (412, "precondition-failed")
    assert headers["etag"] == '"2"'
    assert call("GET")[1]["name"] == "Acme"


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "a\x00"}, "/name"),
        ({"tier": "unlimited"}, "/tier"),
        ({"secret": "x"}, "/secret"),
        ({"tenant_id": "ten_b"}, "/tenant_id"),
        ({"statuses": []}, "/statuses"),
        ({"statuses": "new"}, "/statuses"),
        ({"statuses": ["new", "new"]}, "/statuses"),
        ({"statuses": [f"s{n}" for n in range(51)]}, "/statuses"),
        ({"statuses": ["new", ""]}, "/statuses/1"),
        ({"statuses": ["new", " padded"]}, "/statuses/1"),
        ({"statuses": ["new", "x" * 65]}, "/statuses/1"),
        ({"statuses": ["new", 5]}, "/statuses/1"),
        ({"statuses": ["new", "a\nb"]}, "/statuses/1"),
        ({"default_country": "nl"}, "/default_country"),
        ({"default_country": "NLD"}, "/default_country"),
        ({"default_country": "ZZ"}, "/default_country"),
        ({"default_country": "UK"}, "/default_country"),
        ({"session_gap_minutes": 4}, "/session_gap_minutes"),
        ({"session_gap_minutes": 241}, "/session_gap_minutes"),
        ({"session_gap_minutes": 30.5}, "/session_gap_minutes"),
        ({"session_gap_minutes": True}, "/session_gap_minutes"),
        ({"window_days": 6}, "/window_days"),
        ({"window_days": 61}, "/window_days"),
        ({"daily_credits": -1}, "/daily_credits"),
        ({"monthly_credits": 5}, "/monthly_credits"),
    ],
)
def test_a_bad_setting_is_refused_at_the_field(
    call: Call, patch: dict[str, Any], pointer: str
) -> None:
    before = call("GET")[1]
    status, problem, _ = call("PATCH", patch)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert call("GET")[1] == before


def test_a_change_of_somebody_else_meanwhile_is_not_undone(
    call: Call, owner: CreatedTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = wiring.tenant_settings(owner.tenant_id)

    class Busy:
        """Others win the first writes."""

        lost = 0

        def get(self) -> Tenant:
            return store.get()

        def save(self, tenant: Tenant) -> Tenant:
            if self.lost:
                Busy.lost -= 1
                current = store.get()
                others = {"session_gap_minutes": current.session_gap_minutes + 1}
                store.save(current.model_copy(update=others))
            return store.save(tenant)

    monkeypatch.setattr(wiring, "tenant_settings", lambda tenant_id: Busy())
    Busy.lost = 3
    status, changed, _ = call("PATCH", {"name": "Acme"})
    assert (status, changed["name"], changed["session_gap_minutes"]) == (200, "Acme", 33)
    Busy.lost = 4
    status, problem, _ = call("PATCH", {"name": "No"})
    assert (status, problem["type"].rpartition("/")[2]) == (409, "conflict")
    Busy.lost = 1
    assert call("PATCH", {"name": "No"}, if_match=call("GET")[2]["etag"])[0] == 412


def test_a_key_needs_the_scope(call: Call, owner: CreatedTenant) -> None:
    status, problem, _ = call("GET", key=owner.write_key)
    assert (status, problem["required_scope"]) == (403, "settings:read")


def test_what_is_not_there_is_not_found(call: Call, stack: Stack, owner: CreatedTenant) -> None:
    assert call("GET")[0] == 200
    key = {"pk": {"S": f"T#{owner.tenant_id}"}, "sk": {"S": "TENANT"}}
    stack.dynamodb.delete_item(TableName="ConfigTable", Key=key)
    assert call("GET")[0] == 404
