"""Rule sets through the API: drafts, simulation, publication, its job; scores of then and now."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.rescore import app as rescore
from leadsignal.adapters.dynamodb import rulesets as stored_rulesets
from leadsignal.models.jobs import JobStep
from leadsignal.models.rulesets import MAX_RULES
from leadsignal.runtime import wiring
from leadsignal.services.jobs import SETTLING_SECONDS
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.flow import drain, headers_of, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import CONTEXT, Json, Stack, load_event

SETS = "/v1/scoring/rulesets"
PRICING = {"name": "Pricing", "points": 45, "kind": "boost", "url": "/pricing*", "max_times": 2}
PAGES = [
    {"name": "Page", "points": 3, "kind": "boost", "event": "page_view", "within": {"days": 1}},
    PRICING,
]
FADING = [
    PRICING | {"decay": {"kind": "half_life", "days": 10}},
    {"name": "Known", "points": 10, "kind": "match", "field": "is_known", "value": True},
]


class Shop:
    """One tenant, its leads and its rules."""

    def __init__(self, stack: Stack, owner: CreatedTenant, clock: Clock) -> None:
        self.stack = stack
        self.owner = owner
        self.clock = clock
        self.jobs: list[str] = []

    def ask(self, method: str, path: str, body: object = None, **more: Any) -> Json:
        return ask(method, path, self.owner.secret_key, body, **more)

    def read(self, path: str, **more: Any) -> Any:
        answer = self.ask("GET", path, **more)
        assert answer["statusCode"] == 200, answer
        return json.loads(answer["body"])

    def view(self, visitor: str, number: int, path: str = "/pricing") -> None:
        """Let a visitor view a page now."""
        page = {"url": f"https://acme.test{path}", "path": path}
        body = {"anonymousId": visitor, "messageId": f"{visitor}-{number}", "properties": page}
        body["timestamp"] = self.clock.now.isoformat()
        assert send(self.owner.write_key, "/v1/page", body)["statusCode"] == 200
        drain(self.stack)

    def leads(self) -> list[Json]:
        found: list[Json] = self.read("/v1/leads", query={"sort": "created_at"})["data"]
        return found

    def lead_id(self) -> str:
        return str(self.leads()[0]["id"])

    def create(self, rules: object = PAGES, **more: Any) -> str:
        answer = self.ask("POST", SETS, {"name": "Mine", "rules": rules} | more)
        assert answer["statusCode"] == 201, answer
        return str(json.loads(answer["body"])["id"])

    def publish(self, ruleset_id: str, **more: Any) -> str:
        answer = self.ask("POST", f"{SETS}/{ruleset_id}/publish", **more)
        assert answer["statusCode"] == 202, answer
        job_id = str(json.loads(answer["body"])["job_id"])
        assert headers_of(answer)["location"] == f"/v1/jobs/{job_id}"
        self.jobs.append(job_id)
        return job_id

    def step(self, job_id: str) -> Json:
        """Return the message that a job goes on with; on its queue it is hidden for a while."""
        event = load_event("rescore/step")
        step = JobStep(tenant_id=self.owner.tenant_id, job_id=job_id)
        event["Records"][0]["body"] = step.model_dump_json()
        return event

    def work(self) -> None:
        """Let all jobs run to their end."""
        self.clock.now += timedelta(seconds=SETTLING_SECONDS)
        for job_id in self.jobs:
            assert rescore.handler(self.step(job_id), CONTEXT) == {"batchItemFailures": []}
        self.jobs.clear()

    def published(self, rules: object = PAGES, **more: Any) -> str:
        ruleset_id = self.create(rules, **more)
        self.publish(ruleset_id)
        self.work()
        return ruleset_id


def refused(answer: Json) -> Any:
    """Return the problem of a request that is not valid."""
    assert answer["statusCode"] == 422, answer
    return json.loads(answer["body"])


@pytest.fixture
def shop(stack: Stack, owner: CreatedTenant, clock: Clock) -> Shop:
    return Shop(stack, owner, clock)


def test_a_draft_scores_nobody_until_it_is_published_and_then_everybody(shop: Shop) -> None:
    for visitor in "abc":
        shop.view(visitor, 1)
    before = {lead["id"]: lead["score"] for lead in shop.leads()}
    ruleset_id = shop.create()
    assert {lead["id"]: lead["score"] for lead in shop.leads()} == before

    job_id = shop.publish(ruleset_id)
    shop.view("d", 1)
    assert sorted(lead["score"] for lead in shop.leads()) == sorted([*before.values(), 48])
    assert shop.read(f"/v1/jobs/{job_id}")["status"] == "queued"
    shop.work()

    job = shop.read(f"/v1/jobs/{job_id}")
    told = (job["status"], job["processed"], job["total"], job["failed"])
    assert told == ("succeeded", 4, 4, 0)
    assert [lead["score"] for lead in shop.leads()] == [48] * 4
    ruleset = shop.read(f"{SETS}/{ruleset_id}")
    score = shop.read(f"/v1/leads/{shop.lead_id()}/score")
    assert score["ruleset"] == {"id": ruleset_id, "version": ruleset["published_version"]}
    assert [part["rule"] for part in score["contributions"]] == ["Page", "Pricing"]


def test_events_are_scored_by_new_rules_at_once_whatever_a_worker_remembers(shop: Shop) -> None:
    old = wiring.tenant_of(shop.owner.tenant_id)
    shop.publish(shop.create())
    wiring.tenant_store().remember_tenant(old)
    shop.view("a", 1)
    assert wiring.tenant_of(shop.owner.tenant_id) == old
    assert shop.leads()[0]["score"] == 48


def test_what_a_simulation_tells_is_what_publishing_gives(shop: Shop) -> None:
    for number, visitor in enumerate("aabbb"):
        shop.view(visitor, number)
    ruleset_id = shop.create()
    answer = shop.ask("POST", f"{SETS}/{ruleset_id}/simulate")
    told = json.loads(answer["body"])
    shop.publish(ruleset_id)
    shop.work()

    leads = shop.leads()
    assert (told["leads"], told["complete"]) == (2, True)
    assert told["tiers"] == {"cold": {"hot": 2}}
    assert sorted(told["becomes_hot"]) == sorted(lead["id"] for lead in leads)
    assert told["distribution"]["90-100"] == sum(lead["score"] >= 90 for lead in leads)
    assert "auc" not in told


def test_a_simulation_is_measured_by_leads_that_were_won_and_lost(shop: Shop) -> None:
    for visitor, status in (("a", "won"), ("b", "lost")):
        shop.view(visitor, 1, "/pricing" if status == "won" else "/")
        lead = shop.leads()[-1]
        shop.ask("PATCH", f"/v1/leads/{lead['id']}", {"status": status})
        shop.clock.now += timedelta(seconds=1)
    told = json.loads(shop.ask("POST", f"{SETS}/{shop.create()}/simulate")["body"])
    assert (told["auc"], told["lift"]) == (1, 2)


def test_a_change_makes_a_draft_while_leads_are_scored_as_was_published(shop: Shop) -> None:
    ruleset_id = shop.published()
    version = shop.read(f"{SETS}/{ruleset_id}")["version"]
    tag = {"if-match": f'"{version}"'}
    answer = shop.ask("PATCH", f"{SETS}/{ruleset_id}", {"rules": []}, headers=tag)
    assert answer["statusCode"] == 200
    changed = json.loads(answer["body"])
    assert (changed["status"], changed["published_version"]) == ("draft", version)
    assert (
        shop.ask("PATCH", f"{SETS}/{ruleset_id}", {"name": "x"}, headers=tag)["statusCode"] == 412
    )
    shop.view("a", 1)
    assert shop.leads()[0]["score"] == 48


def test_groups_are_merged_by_name_and_bound_the_score(shop: Shop) -> None:
    ruleset_id = shop.create(PAGES, groups={"engagement": {"cap": 30}, "x": {"floor": 1}})
    answer = shop.ask("PATCH", f"{SETS}/{ruleset_id}", {"groups": {"x": None, "y": {"cap": 2}}})
    assert json.loads(answer["body"])["groups"] == {
        "engagement": {"cap": 30, "floor": None},
        "y": {"cap": 2, "floor": None},
    }
    shop.publish(ruleset_id)
    shop.view("a", 1)
    assert shop.leads()[0]["score"] == 30


def test_publishing_another_set_archives_the_one_before_and_cancels_its_job(shop: Shop) -> None:
    shop.view("a", 1)
    first, second = shop.create(), shop.create(FADING)
    before = shop.publish(first)
    shop.publish(second)
    shop.work()
    assert shop.read(f"{SETS}/{first}")["status"] == "archived"
    assert shop.read(f"{SETS}/{second}")["status"] == "published"
    assert shop.read(f"/v1/jobs/{before}")["status"] == "cancelled"
    assert shop.read(f"/v1/leads/{shop.lead_id()}/score")["ruleset"]["id"] == second
    assert shop.ask("DELETE", f"{SETS}/{first}")["statusCode"] == 204
    assert shop.ask("DELETE", f"{SETS}/{second}")["statusCode"] == 409


def test_a_repeated_step_changes_nothing_and_a_lost_one_goes_on_where_it_was(shop: Shop) -> None:
    shop.view("a", 1)
    job_id = shop.publish(shop.create())
    event = shop.step(job_id)
    rescore.handler(event, CONTEXT)
    done = shop.read(f"/v1/jobs/{job_id}")
    version = shop.leads()[0]["version"]
    rescore.handler(event, CONTEXT)
    assert shop.read(f"/v1/jobs/{job_id}") == done
    assert shop.leads()[0]["version"] == version


def test_a_score_fades_is_told_in_advance_and_was_what_it_was(shop: Shop) -> None:
    shop.published(FADING)
    start = shop.clock.now
    shop.view("a", 1)
    shop.view("a", 2)
    at = f"/v1/leads/{shop.lead_id()}/score"
    first = shop.read(at)
    assert (first["score"], first["tier"], first["next_tier"]) == (90, "hot", "warm")

    shop.clock.now = start + timedelta(days=10)
    faded = shop.read(at)
    assert (faded["score"], faded["tier"]) == (45, "qualified")
    assert faded["contributions"][0]["decayed_points"] == 45
    assert faded["contributions"][0]["points"] == 90
    shown = shop.ask("POST", f"/v1/leads/{shop.lead_id()}/rescore")
    assert json.loads(shown["body"])["score"] == 45
    assert shop.leads()[0]["score"] == 45

    then = shop.read(at, query={"as_of": start.isoformat()})
    assert {k: v for k, v in then.items() if k != "as_of"} == {
        k: v for k, v in first.items() if k != "as_of"
    }
    history = shop.read(f"{at}/history")["data"]
    assert [(row["score"], row["cause"]) for row in history] == [
        (45, "time"),
        (90, "event"),
        (45, "event"),
    ]
    assert shop.read(f"{at}/history", query={"limit": "1"})["has_more"]


def test_the_past_is_told_by_the_rules_of_then(shop: Shop) -> None:
    shop.view("a", 1)
    at = f"/v1/leads/{shop.lead_id()}/score"
    default, then = shop.read(at), shop.clock.now
    shop.clock.now += timedelta(hours=1)
    shop.published()
    assert shop.read(at)["score"] == 48
    told = shop.read(at, query={"as_of": then.isoformat()})
    assert (told["score"], told["ruleset"]) == (default["score"], default["ruleset"])


@pytest.mark.parametrize(
    ("as_of", "status"),
    [("2031-01-01T00:00:00Z", 422), ("yesterday", 422), ("2001-01-01T00:00:00Z", 404)],
)
def test_there_is_no_score_of_the_future_nor_from_before_the_lead(
    shop: Shop, as_of: str, status: int
) -> None:
    shop.view("a", 1)
    answer = shop.ask("GET", f"/v1/leads/{shop.lead_id()}/score", query={"as_of": as_of})
    assert answer["statusCode"] == status


def test_a_score_set_by_hand_says_who_why_and_until_when_and_ends_by_itself(shop: Shop) -> None:
    shop.view("a", 1)
    at = f"/v1/leads/{shop.lead_id()}/score"
    before = shop.read(at)
    until = (shop.clock.now + timedelta(days=2)).isoformat()
    answer = shop.ask("POST", f"{at}/override", {"score": 95, "reason": "Fair", "until": until})
    told = json.loads(answer["body"])
    assert (told["score"], told["tier"], told["contributions"]) == (95, "hot", [])
    assert (told["override"]["reason"], told["override"]["source"]) == ("Fair", "api")
    assert told["override"]["key_id"]
    assert (told["next_tier"], told["next_change_at"]) == ("cold", told["override"]["until"])
    shop.view("a", 2)
    assert shop.leads()[0]["score"] == 95

    answer = shop.ask("DELETE", f"{at}/override")
    assert json.loads(answer["body"])["override"] is None
    assert shop.leads()[0]["score"] > before["score"]
    causes = [row["cause"] for row in shop.read(f"{at}/history")["data"]]
    assert causes == ["override", "override", "event"]

    shop.ask("POST", f"{at}/override", {"score": 95, "reason": "Fair", "until": until})
    shop.clock.now += timedelta(days=2)
    assert shop.read(at)["override"] is None


def test_a_score_cannot_be_set_until_what_is_past(shop: Shop) -> None:
    shop.view("a", 1)
    body = {"score": 5, "reason": "x", "until": "2001-01-01T00:00:00Z"}
    answer = shop.ask("POST", f"/v1/leads/{shop.lead_id()}/score/override", body)
    assert refused(answer)["errors"][0]["pointer"] == "/until"


BAD_RULES: list[tuple[dict[str, Any], str]] = [
    ({"name": "x", "points": 1}, "/rules/0/kind"),
    ({"name": "x", "points": 1, "kind": "exist"}, "/rules/0/field"),
    ({"name": "x", "points": 1, "kind": "exist", "field": "nothing"}, "/rules/0/field"),
    ({"name": "x", "points": 1, "kind": "exist", "field": "score"}, "/rules/0/field"),
    ({"name": "x", "points": 1, "kind": "exist", "field": "email", "url": "/"}, "/rules/0/url"),
    ({"name": "x", "points": 1, "kind": "match", "field": "email"}, "/rules/0/value"),
    ({"name": "x", "points": 1, "kind": "range", "field": "event_count"}, "/rules/0/from"),
    (
        {"name": "x", "points": 1, "kind": "range", "field": "event_count", "from": 5, "to": 5},
        "/rules/0/to",
    ),
    ({"name": "x", "points": 1, "kind": "boost"}, "/rules/0/event"),
    (
        {"name": "x", "points": 1, "kind": "boost", "event": "y", "where": {"field": "z"}},
        "/rules/0/where/field",
    ),
    (
        {"name": "x", "points": 1, "kind": "boost", "event": "y", "within": {"days": 0}},
        "/rules/0/within/days",
    ),
    (
        {"name": "x", "points": 1, "condition": {"all": [{"field": "tier", "op": "exists"}]}},
        "/rules/0/condition/all/0/field",
    ),
    (
        {
            "name": "x",
            "points": 1,
            "condition": {
                "performed": {"event": "y"},
                "count": {"op": "gte", "value": 500},
                "within": {"days": 1},
            },
        },
        "/rules/0/condition",
    ),
    ({"name": "x", "points": 1, "kind": "exist", "field": "email", "nope": 1}, "/rules/0/nope"),
    (
        {
            "name": "x",
            "points": 1,
            "kind": "exist",
            "field": "email",
            "decay": {"kind": "linear", "days": 0},
        },
        "/rules/0/decay/days",
    ),
]


@pytest.mark.parametrize(("rule", "pointer"), BAD_RULES)
def test_a_rule_that_is_not_valid_is_refused_with_its_place(
    shop: Shop, rule: dict[str, Any], pointer: str
) -> None:
    answer = shop.ask("POST", SETS, {"name": "x", "rules": [rule]})
    assert pointer in [each["pointer"] for each in refused(answer)["errors"]]


def test_rules_share_no_id_and_groups_have_no_floor_above_their_cap(shop: Shop) -> None:
    rule = {"id": "same", "name": "x", "points": 1, "kind": "exist", "field": "email"}
    answer = shop.ask("POST", SETS, {"name": "x", "rules": [rule, rule]})
    assert refused(answer)["errors"][0]["pointer"] == "/rules/1/id"
    groups = {"g": {"cap": 1, "floor": 2}}
    answer = shop.ask("POST", SETS, {"name": "x", "groups": groups})
    assert refused(answer)["errors"][0]["pointer"] == "/groups/g/floor"


IMPORT = {
    "format": "leadboxer",
    "range": "employees|50|200|10,sessions|3||5",
    "match": "country|NL|7",
    "exist": "phone|2",
    "boost": "root_url|/pricing|9",
}


def test_the_strings_of_leadboxer_become_rules(shop: Shop) -> None:
    answer = shop.ask("POST", SETS, {"name": "Imported", "import": IMPORT})
    rules = json.loads(answer["body"])["rules"]
    assert [
        (rule["kind"], rule.get("field", rule.get("url")), rule["points"]) for rule in rules
    ] == [
        ("range", "company.employee_count", 10),
        ("range", "session_count", 5),
        ("match", "company.country", 7),
        ("exist", "phone", 2),
        ("boost", "/pricing", 9),
    ]
    assert (rules[0]["from"], rules[0]["to"], "to" in rules[1]) == (50, 200, False)


@pytest.mark.parametrize(
    ("strings", "position"),
    [
        ({"range": "employees|25|1000|"}, 18),
        ({"range": "employees|1|5"}, 13),
        ({"match": "country|NL|7|industry|IT|5"}, 12),
        ({"match": "country|NL|7,city|X|much"}, 20),
        ({"exist": "phone|2,"}, 8),
        ({"exist": "|2"}, 0),
        ({"boost": "home|/pricing|9"}, 0),
        ({"range": "employees||| 5"}, 10),
        ({"range": "employees|9|5|1"}, 12),
        ({"exist": "phone|nan"}, 6),
        ({"exist": "phone|99999"}, 6),
    ],
)
def test_a_malformed_string_is_refused_with_its_position(
    shop: Shop, strings: dict[str, str], position: int
) -> None:
    answer = shop.ask("POST", SETS, {"name": "x", "import": {"format": "leadboxer"} | strings})
    told = refused(answer)
    assert (told["position"], told["errors"][0]["position"]) == (position, position)


def test_there_are_no_more_rules_than_a_score_can_afford(shop: Shop) -> None:
    rule = {"name": "x", "points": 1, "kind": "exist", "field": "email"}
    body = {"name": "x", "rules": [rule] * (MAX_RULES + 1)}
    assert shop.ask("POST", SETS, body)["statusCode"] == 422


def test_a_job_that_is_not_there_is_not_found(shop: Shop) -> None:
    assert shop.ask("GET", "/v1/jobs/job_none")["statusCode"] == 404


def test_a_set_that_does_not_fit_into_one_item_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_rulesets, "MAX_BYTES", 10)
    answer = shop.ask("POST", SETS, {"name": "Mine", "rules": PAGES})
    assert answer["statusCode"] == 413, answer
