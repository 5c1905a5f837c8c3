"""Attributes through the API: definitions, values on every way in, lists by them, and the job."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.rescore import app as rescore
from leadsignal.models.attributes import MAX_ATTRIBUTES, MAX_QUERYABLE, AttributeRequest
from leadsignal.models.jobs import JobStep
from leadsignal.runtime import scoring_wiring, wiring
from leadsignal.services.attributes import create_attribute
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.flow import drain, headers_of, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import CONTEXT, Json, Stack, load_event

ATTRIBUTES = "/v1/attributes"


class Office:
    """One tenant, its attributes and its leads."""

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

    def define(self, name: str, kind: str, **more: Any) -> Json:
        answer = self.ask("POST", ATTRIBUTES, {"name": name, "type": kind} | more)
        assert answer["statusCode"] == 201, answer
        made: Json = json.loads(answer["body"])
        assert headers_of(answer)["location"] == f"{ATTRIBUTES}/{made['id']}"
        assert headers_of(answer)["etag"] == '"1"'
        return made

    def change(self, made: Json, patch: object, **more: Any) -> Json:
        return self.ask("PATCH", f"{ATTRIBUTES}/{made['id']}", patch, **more)

    def changed(self, made: Json, **patch: Any) -> Json:
        answer = self.change(made, patch)
        assert answer["statusCode"] == 200, answer
        after: Json = json.loads(answer["body"])
        return after

    def work(self, made: Json) -> Json:
        """Let the job of a definition run to its end; return the definition as it is then."""
        self.clock.now += timedelta(seconds=SETTLING_SECONDS)
        self.step(str(made["job_id"]))
        job = self.read(f"/v1/jobs/{made['job_id']}")
        assert (job["kind"], job["status"], job["failed"]) == ("attribute_fill", "succeeded", 0)
        after: Json = self.read(f"{ATTRIBUTES}/{made['id']}")
        return after

    def step(self, job_id: str) -> None:
        event = load_event("rescore/step")
        step = JobStep(tenant_id=self.owner.tenant_id, job_id=job_id)
        event["Records"][0]["body"] = step.model_dump_json()
        assert rescore.handler(event, CONTEXT) == {"batchItemFailures": []}

    def lead(self, attributes: object = None, **more: Any) -> Json:
        self.clock.now += timedelta(seconds=1)
        body = more | ({} if attributes is None else {"attributes": attributes})
        answer = self.ask("POST", "/v1/leads", body)
        assert answer["statusCode"] == 201, answer
        made: Json = json.loads(answer["body"])
        return made

    def visit(self, visitor: str) -> None:
        body = {"anonymousId": visitor, "timestamp": self.clock.now.isoformat()}
        assert send(self.owner.write_key, "/v1/page", body)["statusCode"] == 200
        drain(self.stack)

    def found(self, condition: object, **more: Any) -> tuple[list[str], int]:
        """Return the ids of leads that a filter finds, and how many were looked at."""
        query = {"filter": json.dumps(condition), "sort": "created_at"} | more
        answer = self.ask("GET", "/v1/leads", query=query)
        assert answer["statusCode"] == 200, answer
        ids = [lead["id"] for lead in json.loads(answer["body"])["data"]]
        return ids, int(headers_of(answer)["leadsignal-examined"])


def about(name: str, op: str, value: object) -> Json:
    return {"field": f"attributes.{name}", "op": op, "value": value}


def refused(answer: Json) -> list[tuple[str, str]]:
    """Return what is wrong with a request that is not valid."""
    assert answer["statusCode"] == 422, answer
    return [(each["pointer"], each["code"]) for each in json.loads(answer["body"])["errors"]]


@pytest.fixture
def office(stack: Stack, owner: CreatedTenant, clock: Clock) -> Office:
    return Office(stack, owner, clock)


def test_a_definition_is_made_read_listed_changed_and_deleted(office: Office) -> None:
    made = office.define("plan", "text", enum=["free", "pro"], default="free")
    assert made == made | {
        "required": False, "min": None, "max": None, "pattern": None, "queryable": False,
        "indexed": False, "job_id": None,
    }  # fmt: skip
    other = office.define("seats", "number", min=1, max=10.5)
    assert office.read(f"{ATTRIBUTES}/{made['id']}") == made
    assert office.read(ATTRIBUTES)["data"] == [made, other]
    page = office.read(ATTRIBUTES, query={"limit": "1"})
    assert (page["data"], page["has_more"]) == ([made], True)
    rest = office.read(ATTRIBUTES, query={"limit": "1", "cursor": page["next_cursor"]})
    assert (rest["data"], rest["has_more"]) == ([other], False)

    office.clock.now += timedelta(seconds=1)
    after = office.changed(made, enum=["free", "pro", "max"], required=True)
    assert (after["enum"], after["required"]) == (["free", "pro", "max"], True)
    assert after["updated_at"] > made["updated_at"]
    assert headers_of(office.change(after, {"required": True}))["etag"] == '"2"'
    assert office.ask("DELETE", f"{ATTRIBUTES}/{made['id']}")["statusCode"] == 204
    assert office.ask("GET", f"{ATTRIBUTES}/{made['id']}")["statusCode"] == 404
    assert office.read(ATTRIBUTES)["data"] == [other]


def test_a_name_is_defined_once(office: Office) -> None:
    office.define("plan", "text")
    again = office.ask("POST", ATTRIBUTES, {"name": "plan", "type": "bool"})
    assert again["statusCode"] == 409
    assert json.loads(again["body"])["type"].endswith("/conflict")


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"type": "text"}, [("/name", "missing")]),
        ({"name": "plan"}, [("/type", "missing")]),
        ({"name": "Plan", "type": "text"}, [("/name", "string_pattern_mismatch")]),
        ({"name": "a" * 65, "type": "text"}, [("/name", "string_pattern_mismatch")]),
        ({"name": "plan", "type": "json"}, [("/type", "literal_error")]),
        ({"name": "plan", "type": "text", "label": "x"}, [("/label", "extra_forbidden")]),
        ({"name": "plan", "type": "text", "pattern": "(?<=a)b"}, [("/pattern", "invalid_pattern")]),
        ({"name": "plan", "type": "text", "pattern": "a" * 257}, [("/pattern", "string_too_long")]),
        ({"name": "plan", "type": "text", "enum": []}, [("/enum", "too_short")]),
        ({"name": "plan", "type": "text", "enum": [1]}, [("/enum/0", "text_type")]),
        ({"name": "plan", "type": "number", "default": "1"}, [("/default", "number_type")]),
    ],
)
def test_a_definition_that_is_not_valid_is_refused(
    office: Office, body: Json, found: list[tuple[str, str]]
) -> None:
    answer = office.ask("POST", ATTRIBUTES, body)
    assert refused(answer) == found
    assert office.read(ATTRIBUTES)["data"] == []


def test_what_would_make_values_of_leads_wrong_cannot_be_changed(office: Office) -> None:
    made = office.define("seats", "number", max=5)
    assert refused(office.change(made, {"name": "chairs"})) == [("/name", "immutable")]
    assert refused(office.change(made, {"type": "text"})) == [("/type", "immutable")]
    assert refused(office.change(made, {"max": 4})) == [("/max", "narrower")]
    assert office.changed(made, max=None)["max"] is None


def test_a_change_may_be_on_condition_of_a_version(office: Office) -> None:
    made = office.define("seats", "number")
    stale = {"if-match": '"9"'}
    path = f"{ATTRIBUTES}/{made['id']}"
    assert office.change(made, {"default": 1}, headers=stale)["statusCode"] == 412
    assert office.ask("DELETE", path, headers=stale)["statusCode"] == 412
    assert office.change(made, {"default": 1}, headers={"if-match": '"1"'})["statusCode"] == 200
    assert office.ask("DELETE", path, headers={"if-match": '"2"'})["statusCode"] == 204
    for method, body in (("GET", None), ("PATCH", {"default": 2}), ("DELETE", None)):
        assert office.ask(method, path, body)["statusCode"] == 404
    assert office.ask("GET", f"{ATTRIBUTES}/attr_no-id")["statusCode"] == 404


def test_a_request_that_is_sent_again_defines_nothing_twice(office: Office) -> None:
    body = {"name": "plan", "type": "text", "queryable": True}
    first = office.ask("POST", ATTRIBUTES, body, headers={"idempotency-key": "one"})
    again = office.ask("POST", ATTRIBUTES, body, headers={"idempotency-key": "one"})
    assert first["statusCode"] == again["statusCode"] == 201
    assert first["body"] == again["body"]
    assert len(office.read(ATTRIBUTES)["data"]) == 1


def test_there_are_so_many_definitions_and_so_many_by_which_leads_are_found(
    office: Office,
) -> None:
    for number in range(MAX_QUERYABLE):
        office.define(f"a{number}", "bool", queryable=True)
    full = {"name": "one_more", "type": "bool", "queryable": True}
    assert refused(office.ask("POST", ATTRIBUTES, full)) == [("/queryable", "too_many")]
    plain = office.define("plain", "bool")
    assert refused(office.change(plain, {"queryable": True})) == [("/queryable", "too_many")]
    for number in range(MAX_QUERYABLE + 1, MAX_ATTRIBUTES):
        office.define(f"a{number}", "bool")
    assert refused(office.ask("POST", ATTRIBUTES, full | {"queryable": False})) == [
        ("", "too_many")
    ]


def test_a_lead_is_checked_by_the_definitions_on_every_way_in(office: Office) -> None:
    office.define("seats", "number", min=1)
    office.define("renewal", "date")
    wrong = {"seats": 0, "renewal": "soon", "free": "form"}
    found = [("/attributes/seats", "too_small"), ("/attributes/renewal", "date_type")]
    assert refused(office.ask("POST", "/v1/leads", {"attributes": wrong})) == found
    lead = office.lead({"seats": 2, "free": "form", "renewal": "2026-03-01T01:00:00+01:00"})
    assert lead["attributes"]["renewal"] == "2026-03-01T00:00:00.000Z"
    path = f"/v1/leads/{lead['id']}"
    assert refused(office.ask("PATCH", path, {"attributes": wrong})) == found
    operations = [
        {"op": "create", "lead": {"attributes": {"seats": True}}},
        {"op": "update", "id": lead["id"], "lead": {"attributes": {"seats": 3}}},
        {"op": "upsert", "lead": {"email": "a@acme.com", "attributes": {"renewal": 5}}},
    ]
    answer = office.ask("POST", "/v1/leads/batch", {"operations": operations})
    results = json.loads(answer["body"])["results"]
    assert [each["status"] for each in results] == [422, 200, 422]
    assert [each["problem"]["errors"][0]["pointer"] for each in (results[0], results[2])] == [
        "/operations/0/lead/attributes/seats",
        "/operations/2/lead/attributes/renewal",
    ]
    assert office.read(path)["attributes"]["seats"] == 3


def test_what_is_required_is_given_to_a_new_lead_and_never_taken_away(office: Office) -> None:
    before = office.lead(email="old@acme.com")
    office.define("region", "text", required=True)
    office.define("level", "number", required=True, default=1)
    assert refused(office.ask("POST", "/v1/leads", {"email": "new@acme.com"})) == [
        ("/attributes/region", "missing")
    ]
    assert refused(office.ask("POST", "/v1/leads", {"attributes": {"region": None}})) == [
        ("/attributes/region", "missing")
    ]
    batch = {"operations": [{"op": "create", "lead": {}}]}
    [failed] = json.loads(office.ask("POST", "/v1/leads/batch", batch)["body"])["results"]
    assert failed["problem"]["errors"][0]["pointer"] == "/operations/0/lead/attributes/region"
    assert office.read("/v1/leads")["data"][0]["id"] == before["id"]

    path = f"/v1/leads/{before['id']}"
    known = {"email": "old@acme.com", "title": "CTO"}
    assert office.ask("POST", "/v1/leads", known)["statusCode"] == 200
    made = office.lead({"region": "emea", "level": 2}, email="new@acme.com")
    there = f"/v1/leads/{made['id']}"
    for patch in ({"attributes": {"region": None}}, {"attributes": None}):
        assert refused(office.ask("PATCH", there, patch)) == [("/attributes/region", "missing")]
    assert refused(office.ask("PATCH", there, {"attributes": {"region": " "}})) == [
        ("/attributes/region", "blank")
    ]
    assert office.ask("PATCH", there, {"attributes": {"level": None}})["statusCode"] == 200
    assert office.read(there)["attributes"] == {"region": "emea", "level": 1}
    assert office.ask("PATCH", path, {"title": "CEO"})["statusCode"] == 200


def test_a_default_is_every_leads_whichever_way_it_came(office: Office) -> None:
    office.visit("a")
    office.lead({"plan": "pro"}, email="pro@acme.com")
    made = office.define("plan", "text", default="free")
    assert [lead["attributes"] for lead in office.read("/v1/leads")["data"]].count(
        {"plan": "free"}
    ) == 1
    ids, _ = office.found(about("plan", "eq", "free"))
    assert len(ids) == 1
    assert office.read(f"/v1/leads/{ids[0]}")["attributes"] == {"plan": "free"}
    created = office.lead(email="new@acme.com")
    assert created["attributes"] == {"plan": "free"}
    assert office.found(about("plan", "eq", "free"))[0] == [*ids, created["id"]]
    office.changed(made, default=None)
    assert office.read(f"/v1/leads/{ids[0]}")["attributes"] == {}
    assert office.found(about("plan", "exists", True))[0] != ids


def test_values_from_before_a_definition_stay_and_match_nothing_that_is_typed(
    office: Office,
) -> None:
    old = office.lead({"seats": "many", "free": 1}, email="old@acme.com")
    office.define("seats", "number", default=1)
    assert office.read(f"/v1/leads/{old['id']}")["attributes"] == {"seats": "many", "free": 1}
    for condition in (about("seats", "eq", "many"), about("seats", "lte", 10**6)):
        assert office.found(condition)[0] == []
    assert office.found(about("seats", "ne", 5))[0] == [old["id"]]
    path = f"/v1/leads/{old['id']}"
    assert office.ask("PATCH", path, {"title": "CTO"})["statusCode"] == 200
    assert office.read(path)["attributes"]["seats"] == "many"


def test_a_job_fills_the_index_and_takes_entries_away_again(office: Office) -> None:
    leads = [
        office.lead({"seats": number, "plan": "pro" if number == 7 else "free"})["id"]
        for number in range(10)
    ]
    seats = office.define("seats", "number", queryable=True)
    plan = office.define("plan", "text", queryable=True)
    one = about("seats", "eq", 7)
    assert office.found(one) == ([leads[7]], 10)
    assert office.work(seats)["indexed"]
    assert office.work(plan)["indexed"]
    assert office.found(one) == ([leads[7]], 1)
    assert office.found(about("plan", "in", ["PRO", "max"])) == ([leads[7]], 1)
    assert office.found(about("seats", "between", [2.5, 5])) == (leads[3:6], 3)
    assert office.found({"all": [about("seats", "gt", 7), about("plan", "ne", "x")]}) == (
        leads[8:],
        3,
    )
    path = f"/v1/leads/{leads[7]}"
    assert office.ask("PATCH", path, {"attributes": {"seats": 70}})["statusCode"] == 200
    assert office.found(one) == ([], 0)
    assert office.found(about("seats", "gte", 70)) == ([leads[7]], 1)
    assert office.ask("DELETE", path)["statusCode"] == 204
    assert office.found(about("seats", "gte", 70)) == ([], 0)

    off = office.changed(seats, queryable=False)
    assert (off["queryable"], off["indexed"]) == (False, False)
    assert office.found(about("seats", "eq", 3)) == ([leads[3]], 9)
    office.work(off)
    assert office.ask("DELETE", f"{ATTRIBUTES}/{plan['id']}")["statusCode"] == 204
    assert len(_entries(office)) == 9
    [job_id] = _jobs(office) - {str(each["job_id"]) for each in (seats, plan, off)}
    office.step(job_id)
    assert _entries(office) == []


def _entries(office: Office) -> list[str]:
    """Return the sort keys of all entries of attributes that there are."""
    start = f"T#{office.owner.tenant_id}#ATTRIBUTE#"
    items = office.stack.items("LeadTable")
    return [item["sk"]["S"] for item in items if item["pk"]["S"].startswith(start)]


def _jobs(office: Office) -> set[str]:
    pk = f"T#{office.owner.tenant_id}#JOB"
    return {item["sk"]["S"] for item in office.stack.items("ConfigTable") if item["pk"]["S"] == pk}


def test_a_job_whose_attribute_was_changed_again_leaves_it_to_the_next(office: Office) -> None:
    first = office.define("seats", "number", queryable=True)
    office.changed(first, queryable=False)
    second = office.changed(first, queryable=True)
    office.step(str(first["job_id"]))
    assert office.read(f"/v1/jobs/{first['job_id']}")["status"] == "cancelled"
    assert not office.read(f"{ATTRIBUTES}/{first['id']}")["indexed"]
    assert office.work(second)["indexed"]


def test_scores_follow_a_default_that_rules_count(office: Office) -> None:
    office.visit("a")
    rule = {"name": "Free", "points": 50, "kind": "match", "field": "attributes.plan",
            "value": "free"}  # fmt: skip
    body = {"name": "Mine", "rules": [rule]}
    ruleset = json.loads(office.ask("POST", "/v1/scoring/rulesets", body)["body"])
    at = f"/v1/scoring/rulesets/{ruleset['id']}"
    publishing = json.loads(office.ask("POST", f"{at}/publish")["body"])
    office.step(publishing["job_id"])
    made = office.define("plan", "text", default="free")
    office.work(made)
    assert [lead["score"] for lead in office.read("/v1/leads")["data"]] == [50]
    after = office.changed(made, default="other")
    assert after["job_id"] != made["job_id"]
    office.work(after)
    assert [lead["score"] for lead in office.read("/v1/leads")["data"]] == [0]
    lead_id = office.read("/v1/leads")["data"][0]["id"]
    then = {"as_of": (office.clock.now - timedelta(seconds=SETTLING_SECONDS + 1)).isoformat()}
    office.clock.now += timedelta(seconds=5)
    assert office.read(f"/v1/leads/{lead_id}/score", query=then)["score"] == 50


def test_what_something_names_is_not_deleted(office: Office) -> None:
    made = office.define("plan", "text")
    leaf = {"field": "attributes.plan", "op": "eq", "value": "pro"}
    rule = {"name": "Pro", "points": 5, "condition": {"all": [leaf]}}
    body = {"name": "Mine", "rules": [rule]}
    ruleset = json.loads(office.ask("POST", "/v1/scoring/rulesets", body)["body"])
    at = f"/v1/scoring/rulesets/{ruleset['id']}"
    office.ask("POST", f"{at}/publish")
    office.ask("PATCH", at, {"rules": [rule | {"condition": leaf | {"field": "email"}}]})
    answer = office.ask("DELETE", f"{ATTRIBUTES}/{made['id']}")
    assert answer["statusCode"] == 409
    problem = json.loads(answer["body"])
    assert problem["type"].endswith("/conflict")
    assert problem["used_by"] == [{"kind": "ruleset", "id": ruleset["id"], "name": "Mine"}]
    office.ask("POST", f"{at}/publish")
    segment = {"name": "Pro", "condition": {"not": leaf}}
    there = json.loads(office.ask("POST", "/v1/segments", segment)["body"])
    answer = office.ask("DELETE", f"{ATTRIBUTES}/{made['id']}")
    assert json.loads(answer["body"])["used_by"] == [
        {"kind": "segment", "id": there["id"], "name": "Pro"}
    ]
    office.ask("DELETE", f"/v1/segments/{there['id']}")
    assert office.ask("DELETE", f"{ATTRIBUTES}/{made['id']}")["statusCode"] == 204


def test_two_tenants_have_attributes_of_their_own(
    office: Office, new_tenant: Callable[..., CreatedTenant]
) -> None:
    other_owner = new_tenant()
    made = office.define("plan", "text", default="free", queryable=True)
    other = ask("POST", ATTRIBUTES, other_owner.secret_key, {"name": "plan", "type": "bool"})
    assert other["statusCode"] == 201
    assert ask("GET", f"{ATTRIBUTES}/{made['id']}", other_owner.secret_key)["statusCode"] == 404
    lead = ask("POST", "/v1/leads", other_owner.secret_key, {"attributes": {"plan": True}})
    assert json.loads(lead["body"])["attributes"] == {"plan": True}


def test_two_changes_at_once_lose_nothing(office: Office) -> None:
    tenant_id = office.owner.tenant_id
    stale = wiring.tenant_settings(tenant_id).get()
    office.define("plan", "text")
    registrar = scoring_wiring.registrar(tenant_id)
    settings = registrar.press.settings
    reads = iter([stale])

    class Late:
        """Settings that were read a moment ago, the first time."""

        def get(self) -> Any:
            return next(reads, None) or settings.get()

        def save(self, tenant: Any) -> Any:
            return settings.save(tenant)

    late = registrar._replace(press=registrar.press._replace(settings=Late()))
    request = AttributeRequest(name="seats", type="number")
    create_attribute(request, registrar=late, new_id=wiring.new_id, now=office.clock.now)
    assert [each["name"] for each in office.read(ATTRIBUTES)["data"]] == ["plan", "seats"]
