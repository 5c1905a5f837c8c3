"""Segments through the API: defined, filled, listed, tried, changed and deleted."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.rescore import app as rescore
from leadsignal.adapters.dynamodb import segments as stored_segments
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.jobs import JobStep
from leadsignal.models.segments import SegmentRequest
from leadsignal.models.tenants import Tenant
from leadsignal.ports import SettingsStore
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.services import segments as service
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.flow import drain, headers_of, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import CONTEXT, Json, Stack, load_event
from tests.fakes.rules import pricing, within

SEGMENTS = "/v1/segments"
TWICE = pricing("gte", 2, days=1)
SAID = {"field": "owner", "op": "eq", "value": "ann"}


class Shop:
    """One tenant, its leads and its segments."""

    def __init__(self, stack: Stack, owner: CreatedTenant, clock: Clock) -> None:
        self.stack = stack
        self.owner = owner
        self.clock = clock

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Json:
        return ask(method, path, self.owner.secret_key, body, **more)

    def read(self, path: str, **more: Any) -> Any:
        answer = self.ask("GET", path, **more)
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    def view(self, visitor: str, *numbers: int) -> None:
        """Let a visitor view the prices, so many times."""
        for number in numbers:
            page = {"url": "https://acme.test/pricing", "path": "/pricing"}
            body = {"anonymousId": visitor, "messageId": f"{visitor}-{number}", "properties": page}
            body["timestamp"] = self.clock.now.isoformat()
            assert send(self.owner.write_key, "/v1/page", body)["statusCode"] == 200
        drain(self.stack)

    def lead(self, **said: Any) -> str:
        answer = self.ask("POST", "/v1/leads", said)
        assert answer["statusCode"] == 201, answer
        return str(json.loads(answer["body"])["id"])

    def create(self, condition: object = TWICE, name: str = "Mine", **more: Any) -> Json:
        answer = self.ask("POST", SEGMENTS, {"name": name, "condition": condition}, **more)
        assert answer["statusCode"] == 201, answer
        made: Json = json.loads(answer["body"])
        assert headers_of(answer)["location"] == f"{SEGMENTS}/{made['id']}"
        return made

    def change(self, segment_id: str, **patch: Any) -> Json:
        answer = self.ask("PATCH", f"{SEGMENTS}/{segment_id}", patch)
        assert answer["statusCode"] == 200, answer
        changed: Json = json.loads(answer["body"])
        return changed

    def work(self, *job_ids: str) -> None:
        self.clock.now += timedelta(seconds=SETTLING_SECONDS)
        for job_id in job_ids:
            event = load_event("rescore/step")
            step = JobStep(tenant_id=self.owner.tenant_id, job_id=job_id)
            event["Records"][0]["body"] = step.model_dump_json()
            assert rescore.handler(event, CONTEXT) == {"batchItemFailures": []}

    def filled(self, condition: object = TWICE, **more: Any) -> str:
        made = self.create(condition, **more)
        self.work(made["job_id"])
        return str(made["id"])

    def members(self, segment_id: str, **query: str) -> list[Json]:
        found: list[Json] = self.read(f"{SEGMENTS}/{segment_id}/members", query=query)["data"]
        return found

    def ids(self, segment_id: str) -> list[str]:
        return [member["lead_id"] for member in self.members(segment_id)]

    def items(self, table: str, part: str) -> list[Json]:
        """Return the items of a table in whose partition key there is this part."""
        found = self.stack.dynamodb.scan(TableName=table)["Items"]
        return [item for item in found if part in item["pk"]["S"]]


def problem(answer: Json, status: int) -> Json:
    assert answer["statusCode"] == status, answer
    found: Json = json.loads(answer["body"])
    return found


@pytest.fixture
def shop(stack: Stack, owner: CreatedTenant, clock: Clock) -> Shop:
    return Shop(stack, owner, clock)


def test_a_segment_is_filled_by_its_job_and_new_events_are_sorted_at_once(shop: Shop) -> None:
    shop.view("a", 1, 2)
    shop.view("b", 1)
    made = shop.create()
    shown = (made["status"], made["member_count"], made["count_complete"])
    assert shown == ("filling", 0, True)
    shop.view("c", 1, 2)
    assert len(shop.ids(made["id"])) == 1
    job = shop.read(f"/v1/jobs/{made['job_id']}")
    assert (job["kind"], job["status"], job["total"]) == ("segment_fill", "queued", None)

    shop.work(made["job_id"])
    job = shop.read(f"/v1/jobs/{made['job_id']}")
    told = (job["status"], job["processed"], job["total"], job["failed"])
    assert told == ("succeeded", 3, 3, 0)
    segment = shop.read(f"{SEGMENTS}/{made['id']}")
    assert (segment["status"], segment["member_count"]) == ("ready", 2)
    members = shop.members(made["id"])
    assert [m["entered_at"] for m in members] == sorted(
        (m["entered_at"] for m in members), reverse=True
    )
    leads = shop.read("/v1/leads")["data"]
    assert {lead["id"] for lead in leads if lead["segments"] == [made["id"]]} == {
        member["lead_id"] for member in members
    }
    shop.view("b", 2)
    assert len(shop.ids(made["id"])) == 3


def test_members_come_in_pages_the_newest_first(shop: Shop) -> None:
    segment_id = shop.filled(SAID)
    made = []
    for number in range(3):
        shop.clock.now += timedelta(seconds=1)
        made.append(shop.lead(email=f"n{number}@acme.test", owner="ann"))
    path, found, cursor = f"{SEGMENTS}/{segment_id}/members", [], None
    for size in (2, 1):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = shop.read(path, query=query)
        assert len(page["data"]) == size
        found += [member["lead_id"] for member in page["data"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert found == made[::-1]
    other = shop.filled(SAID)
    first = shop.read(path, query={"limit": "1"})
    problem(
        shop.ask("GET", f"{SEGMENTS}/{other}/members", query={"cursor": first["next_cursor"]}), 400
    )


def test_a_changed_condition_sorts_leads_anew_and_ends_the_job_before(shop: Shop) -> None:
    ann, bob = (shop.lead(email=f"{o}@acme.test", owner=o) for o in ("ann", "bob"))
    made = shop.create(SAID)
    changed = shop.change(made["id"], condition=SAID | {"value": "bob"})
    assert changed["job_id"] != made["job_id"]
    assert changed["status"] == "filling"
    shop.work(made["job_id"], changed["job_id"])
    assert shop.read(f"/v1/jobs/{made['job_id']}")["status"] == "cancelled"
    assert shop.read(f"/v1/jobs/{changed['job_id']}")["status"] == "succeeded"
    assert shop.ids(made["id"]) == [bob]

    again = shop.change(made["id"], condition=SAID)
    shop.work(again["job_id"])
    assert shop.ids(made["id"]) == [ann]
    named = shop.change(made["id"], name="Ann's")
    assert (named["name"], named["job_id"]) == ("Ann's", again["job_id"])
    assert shop.change(made["id"], name="Ann's") == named


def test_a_segment_that_others_name_stays(shop: Shop) -> None:
    lead_id = shop.lead(email="a@acme.test", owner="ann")
    first = shop.create(SAID)
    second = shop.create({"all": [within(first["id"]), {"not": TWICE}]})
    shop.work(first["job_id"], second["job_id"])
    assert shop.ids(second["id"]) == [lead_id]
    refused = problem(shop.ask("DELETE", f"{SEGMENTS}/{first['id']}"), 409)
    assert refused["used_by"] == [{"kind": "segment", "id": second["id"], "name": "Mine"}]
    cycle = shop.ask("PATCH", f"{SEGMENTS}/{first['id']}", {"condition": within(second["id"])})
    [error] = problem(cycle, 422)["errors"]
    assert (error["pointer"], error["code"]) == ("/condition/value", "cycle")
    assert shop.ask("DELETE", f"{SEGMENTS}/{second['id']}")["statusCode"] == 204
    assert shop.ask("DELETE", f"{SEGMENTS}/{first['id']}")["statusCode"] == 204


def test_a_deleted_segment_is_taken_off_its_leads(shop: Shop) -> None:
    lead_id = shop.lead(email="a@acme.test", owner="ann")
    other = shop.lead(email="b@acme.test", owner="ann")
    segment_id = shop.filled(SAID)
    assert shop.ask("DELETE", f"{SEGMENTS}/{segment_id}")["statusCode"] == 204
    problem(shop.ask("GET", f"{SEGMENTS}/{segment_id}"), 404)
    problem(shop.ask("GET", f"{SEGMENTS}/{segment_id}/members"), 404)
    assert shop.ask("PATCH", f"/v1/leads/{other}", {"title": "CTO"})["statusCode"] == 200
    assert shop.read(f"/v1/leads/{other}")["segments"] == []
    jobs = [json.loads(item["data"]["S"]) for item in shop.items("ConfigTable", "#JOB")]
    [job_id] = [job["id"] for job in jobs if job["kind"] == "segment_removal"]
    shop.work(job_id)
    job = shop.read(f"/v1/jobs/{job_id}")
    assert (job["kind"], job["status"], job["processed"]) == ("segment_removal", "succeeded", 1)
    assert shop.read(f"/v1/leads/{lead_id}")["segments"] == []
    assert shop.items("LeadTable", segment_id) == []


def test_a_preview_says_how_many_it_would_be_and_stores_nothing(shop: Shop) -> None:
    shop.view("a", 1, 2)
    shop.view("b", 1)
    body = {"condition": TWICE}
    answer = shop.ask("POST", f"{SEGMENTS}/preview", body)
    assert answer["statusCode"] == 200, answer
    found = json.loads(answer["body"])
    [sample] = found.pop("sample")
    assert sample["lead_id"] in {lead["id"] for lead in shop.read("/v1/leads")["data"]}
    assert found == {
        "estimated": 1,
        "examined": 2,
        "matched": 1,
        "leads": 2,
        "leads_complete": True,
        "complete": True,
    }
    assert shop.read(SEGMENTS)["data"] == []


def test_a_preview_of_many_leads_looks_at_some(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TRIED", 4)
    monkeypatch.setattr(service, "DRAWN_FROM", 6)
    for number in range(8):
        shop.lead(email=f"n{number}@acme.test", owner="ann")
    answer = shop.ask("POST", f"{SEGMENTS}/preview", {"condition": SAID})
    found = json.loads(answer["body"])
    assert (found["examined"], found["matched"], found["estimated"]) == (4, 4, 6)
    assert (found["leads"], found["leads_complete"], found["complete"]) == (6, False, False)
    monkeypatch.setattr(service, "PATIENCE_MS", -1)
    answer = shop.ask("POST", f"{SEGMENTS}/preview", {"condition": SAID})
    assert json.loads(answer["body"])["examined"] == 1


def test_the_list_has_all_segments_with_their_members_counted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        shop.lead(email=f"{name}@acme.test", owner="ann")
    first = shop.filled(SAID)
    second = shop.filled(TWICE)
    shown = shop.read(SEGMENTS)["data"]
    assert [(s["id"], s["member_count"], s["status"]) for s in shown] == [
        (first, 2, "ready"),
        (second, 0, "ready"),
    ]
    page = shop.read(SEGMENTS, query={"limit": "1"})
    assert page["has_more"]
    rest = shop.read(SEGMENTS, query={"cursor": page["next_cursor"]})
    assert [s["id"] for s in rest["data"]] == [second]
    monkeypatch.setattr(service, "COUNTED_LISTED", 1)
    [counted] = shop.read(SEGMENTS, query={"limit": "1"})["data"]
    assert (counted["member_count"], counted["count_complete"]) == (1, False)


def test_leads_are_filtered_by_their_segments(shop: Shop) -> None:
    ann = shop.lead(email="a@acme.test", owner="ann")
    bob = shop.lead(email="b@acme.test", owner="bob")
    segment_id = shop.filled(SAID)

    def found(condition: Any) -> tuple[list[str], str]:
        query = {"filter": json.dumps(condition), "sort": "created_at"}
        answer = shop.ask("GET", "/v1/leads", query=query)
        assert answer["statusCode"] == 200, answer
        ids = [lead["id"] for lead in json.loads(answer["body"])["data"]]
        return ids, headers_of(answer)["leadsignal-examined"]

    assert found(within(segment_id)) == ([ann], "1")
    assert found({"all": [within(segment_id), SAID | {"op": "ne"}]}) == ([], "1")
    assert found({"not": within(segment_id)}) == ([bob], "2")
    assert found({"field": "segments", "op": "not_exists"}) == ([bob], "2")
    assert found(within("seg_none")) == ([], "0")
    assert found(within("none")) == ([], "2")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"name": "a"}, "/condition", "missing"),
        ({"name": "a", "condition": {"all": []}}, "/condition/all", "list_type"),
        ({"name": "a", "condition": within("seg_x")}, "/condition/value", "unknown_segment"),
        (
            {"name": "a", "condition": {"field": "quality", "op": "gt", "value": 1}},
            "/condition/field",
            "not_in_segments",
        ),
        ({"name": "", "condition": SAID}, "/name", "string_too_short"),
        ({"name": "a", "condition": SAID, "size": 1}, "/size", "extra_forbidden"),
    ],
)
def test_what_is_no_segment_is_refused(shop: Shop, body: Json, pointer: str, code: str) -> None:
    [error] = problem(shop.ask("POST", SEGMENTS, body), 422)["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert shop.read(SEGMENTS)["data"] == []


def test_there_are_so_many_segments_and_no_more(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_SEGMENTS", 1)
    shop.create()
    [error] = problem(shop.ask("POST", SEGMENTS, {"name": "b", "condition": SAID}), 422)["errors"]
    assert error["code"] == "too_many"


def test_a_repeated_creation_makes_one_segment(shop: Shop) -> None:
    more: dict[str, Any] = {"headers": {"idempotency-key": "once"}}
    made = shop.create(SAID, **more)
    assert shop.create(SAID, **more) == made
    assert len(shop.read(SEGMENTS)["data"]) == 1


def test_a_creation_that_broke_off_is_completed_by_its_repetition(shop: Shop) -> None:
    desk = scoring_wiring.segment_desk(shop.owner.tenant_id)
    request = SegmentRequest(name="a", condition=dict(SAID))
    first = service.create_segment(request, desk=desk, new_id=_fixed, now=shop.clock.now)
    again = service.create_segment(request, desk=desk, new_id=_fixed, now=shop.clock.now)
    assert first == again


def _fixed(prefix: str) -> str:
    return f"{prefix}_fixed"


def test_preconditions_are_kept(shop: Shop) -> None:
    made = shop.create(SAID)
    path = f"{SEGMENTS}/{made['id']}"
    tag = headers_of(shop.ask("GET", path))["etag"]
    shop.change(made["id"], name="Other")
    stale = {"headers": {"if-match": tag}}
    problem(shop.ask("PATCH", path, {"name": "Mine"}, **stale), 412)
    problem(shop.ask("DELETE", path, **stale), 412)
    now = {"headers": {"if-match": headers_of(shop.ask("GET", path))["etag"]}}
    assert shop.ask("DELETE", path, **now)["statusCode"] == 204


@pytest.mark.parametrize("segment_id", ["seg_none", "seg_!", "none"])
def test_what_is_not_there_is_not_found(shop: Shop, segment_id: str) -> None:
    path = f"{SEGMENTS}/{segment_id}"
    problem(shop.ask("GET", path), 404)
    problem(shop.ask("PATCH", path, {"name": "a"}), 404)
    problem(shop.ask("DELETE", path), 404)
    problem(shop.ask("GET", f"{path}/members"), 404)


def test_segments_need_their_scope(shop: Shop) -> None:
    def key(*scopes: str) -> str:
        body = {"name": "k", "kind": "sk", "env": "live", "scopes": scopes}
        return str(json.loads(shop.ask("POST", "/v1/keys", body)["body"])["key"])

    reader = key("segments:read")
    assert ask("GET", SEGMENTS, reader)["statusCode"] == 200
    assert ask("POST", f"{SEGMENTS}/preview", reader, {"condition": SAID})["statusCode"] == 200
    body = {"name": "a", "condition": SAID}
    assert ask("POST", SEGMENTS, reader, body)["statusCode"] == 403
    assert ask("GET", SEGMENTS, key("scoring:write"))["statusCode"] == 403


def test_a_set_that_was_replaced_goes_by_itself_and_the_one_that_holds_stays(shop: Shop) -> None:
    shop.create(SAID)
    shop.create(TWICE)
    sets = shop.items("ConfigTable", "#SEGMENTS")
    mark = wiring.tenant_now(shop.owner.tenant_id).segments
    assert {item["sk"]["S"] for item in sets if "expires_at" not in item} == {mark}
    assert len(sets) == 2


def test_the_trace_of_an_event_tells_which_segments_it_led_into(shop: Shop) -> None:
    segment_id = shop.filled()
    left = shop.filled({"not": TWICE})
    shop.view("a", 1, 2)
    lead_id = shop.ids(segment_id)[0]
    kept = wiring.tenant_settings(shop.owner.tenant_id).get()
    assert kept.segments is not None

    def changes(number: int) -> set[tuple[str, str]]:
        path = f"/v1/events/a-{number}/trace"
        steps = shop.read(path, query={"identifier": "a", "at": shop.clock.now.isoformat()})
        return {
            (step["segment_id"], step["change"])
            for step in steps["steps"]
            if step["step"] == "segment"
        }

    assert changes(1) == {(left, "entered")}
    assert changes(2) == {(segment_id, "entered"), (left, "left")}
    assert shop.read(f"/v1/leads/{lead_id}")["segments"] == [segment_id]


def test_a_lead_that_is_deleted_leaves_no_entry_behind(shop: Shop) -> None:
    lead_id = shop.lead(email="a@acme.test", owner="ann")
    segment_id = shop.filled(SAID)
    assert shop.ids(segment_id) == [lead_id]
    assert shop.ask("DELETE", f"/v1/leads/{lead_id}")["statusCode"] == 204
    assert shop.items("LeadTable", f"SEGMENT#{segment_id}") == []
    assert shop.read(f"{SEGMENTS}/{segment_id}")["member_count"] == 0


class Contested:
    """Settings that somebody else changes so often just before they are written."""

    def __init__(self, settings: SettingsStore, times: int) -> None:
        self._settings = settings
        self._times = times

    def get(self) -> Tenant:
        return self._settings.get()

    def save(self, tenant: Tenant) -> Tenant:
        if self._times:
            self._times -= 1
            self._settings.save(self._settings.get())
        return self._settings.save(tenant)


@pytest.mark.parametrize("times", [1, service.ATTEMPTS])
def test_two_changes_at_once_do_not_lose_one_another(shop: Shop, times: int) -> None:
    desk = scoring_wiring.segment_desk(shop.owner.tenant_id)
    contested = desk._replace(settings=Contested(desk.settings, times))
    request = SegmentRequest(name="a", condition=dict(SAID))

    def create() -> None:
        service.create_segment(request, desk=contested, new_id=_fixed, now=shop.clock.now)

    if times == service.ATTEMPTS:
        with pytest.raises(ConflictError):
            create()
    else:
        create()
    assert len(shop.read(SEGMENTS)["data"]) == (times == 1)


def test_a_job_whose_segment_did_not_come_to_be_ends(shop: Shop) -> None:
    desk = scoring_wiring.segment_desk(shop.owner.tenant_id)
    contested = desk._replace(settings=Contested(desk.settings, service.ATTEMPTS))
    request = SegmentRequest(name="a", condition=dict(SAID))
    with pytest.raises(ConflictError):
        service.create_segment(request, desk=contested, new_id=_fixed, now=shop.clock.now)
    shop.work("job_fixed")
    assert shop.read("/v1/jobs/job_fixed")["status"] == "cancelled"


def test_more_than_fits_into_one_item_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_segments, "MAX_BYTES", 10)
    problem(shop.ask("POST", SEGMENTS, {"name": "a", "condition": SAID}), 413)
    assert shop.read(SEGMENTS)["data"] == []


def test_a_set_that_is_gone_stops_whoever_needs_it(shop: Shop) -> None:
    tenant = wiring.tenant_now(shop.owner.tenant_id)
    with pytest.raises(NotFoundError):
        wiring.playbook(tenant.model_copy(update={"segments": "0" * 32}))
