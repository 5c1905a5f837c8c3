"""Models through the API: trained from what was said of leads, promoted, shown, and predicting."""

import json
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from functions.rescore import app as rescore
from functions.train import app as train
from leadsignal.models.jobs import JobStep
from leadsignal.models.predictions import Feature, Model
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.flow import drain, headers_of, problem, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import CONTEXT, Json, Stack, load_event

MODELS = "/v1/scoring/models"
LEADS = 204


class Class:
    """One tenant, its leads and its models."""

    def __init__(self, stack: Stack, owner: CreatedTenant, clock: Clock) -> None:
        self.stack = stack
        self.owner = owner
        self.clock = clock

    def call(self, method: str, path: str, body: object = None, **more: Any) -> tuple[int, Any]:
        answer = ask(method, path, self.owner.secret_key, body, **more)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def read(self, path: str, **more: Any) -> Any:
        status, body = self.call("GET", path, **more)
        assert status == 200, body
        return body

    def batch(self, operations: list[Json]) -> list[str]:
        status, body = self.call("POST", "/v1/leads/batch", {"operations": operations})
        assert status in (200, 207), body
        assert {row["status"] for row in body["results"]} <= {200, 201}, body
        return [row["id"] for row in body["results"]]

    def leads(self) -> list[str]:
        """Create leads that are mostly won where they want many seats, then say what became of
        them, and afterwards that a contract was signed."""
        draw, sizes = Random(2), [1, 2, 5, 20, 40]
        seats = [draw.choice(sizes) for _ in range(LEADS)]
        lead_ids = self.batch(
            [
                {
                    "op": "create",
                    "lead": {
                        "email": f"p{number}@mail{number}.example",
                        "title": draw.choice(["Head of Sales", "Intern"]),
                        "attributes": {"seats": size},
                    },
                }
                for number, size in enumerate(seats)
            ]
        )
        won = [draw.random() < (0.85 if size >= 20 else 0.1) for size in seats]
        for start in range(0, LEADS, LEADS // 4):  # some time between these outcomes
            self.clock.now += timedelta(days=2)
            some = range(start, start + LEADS // 4)
            self.batch([self.outcome(lead_ids[n], won=won[n]) for n in some])
        self.clock.now += timedelta(days=1)
        return lead_ids

    def outcome(self, lead_id: str, *, won: bool) -> Json:
        said: Json = {"status": "won" if won else "lost"}
        if won:
            said["attributes"] = {"contract": "signed"}
        return {"op": "update", "id": lead_id, "lead": said}

    def ask_for(self, body: object) -> str:
        answer = ask("POST", MODELS, self.owner.secret_key, body)
        assert answer["statusCode"] == 202, answer
        job_id = str(json.loads(answer["body"])["job_id"])
        assert headers_of(answer)["location"] == f"/v1/jobs/{job_id}"
        return job_id

    def step(self, name: str, job_id: str) -> Json:
        event = load_event(name)
        step = JobStep(tenant_id=self.owner.tenant_id, job_id=job_id)
        event["Records"][0]["body"] = step.model_dump_json()
        return event

    def trained(self, body: object) -> Any:
        """Let a model be trained; return what its job says."""
        job_id = self.ask_for(body)
        assert self.read(f"/v1/jobs/{job_id}")["status"] == "queued"
        done = train.handler(self.step("train/job", job_id), CONTEXT)
        assert done == {"batchItemFailures": []}
        job = self.read(f"/v1/jobs/{job_id}")
        assert (job["kind"], job["status"]) == ("train", "succeeded"), job
        return job["result"]

    def predict(self, job_id: str) -> None:
        """Let the job that a promotion started run; on its queue it is hidden for a while."""
        self.clock.now += timedelta(minutes=1)
        done = rescore.handler(self.step("rescore/step", job_id), CONTEXT)
        assert done == {"batchItemFailures": []}
        job = self.read(f"/v1/jobs/{job_id}")
        assert (job["kind"], job["status"], job["processed"]) == ("predict", "succeeded", LEADS)

    def candidate(self, **changes: Any) -> str:
        """Keep a model as a training would; return its id."""
        fields: Json = {
            "id": "mdl_" + "a" * 24,
            "trained_at": 1,
            "verdict": "not_better",
            "detail": "not surely better",
            "intercept": -1.0,
            "features": (
                Feature(name="is_known", kind="text", values=("true",), weights=(1.0, 0.0, -1.0)),
            ),
        }
        model = Model.model_validate(fields | changes)
        wiring.models(self.owner.tenant_id).keep(model)
        return model.id


@pytest.fixture
def school(
    stack: Stack,
    clock: Clock,
    new_tenant: Callable[..., CreatedTenant],
    monkeypatch: pytest.MonkeyPatch,
) -> Class:
    """One tenant on tables in memory: a model needs more leads than moto writes in a minute."""
    db = FakeDynamoDB.from_template()
    monkeypatch.setattr(wiring, "dynamodb", lambda: db.client)
    monkeypatch.setattr(wiring, "each", map)
    return Class(stack, new_tenant(), clock)


def test_a_model_is_trained_measured_promoted_and_predicts_every_lead(school: Class) -> None:
    lead_ids = school.leads()
    assert school.read(f"/v1/leads/{lead_ids[0]}")["probability"] is None
    nothing = school.read(f"/v1/leads/{lead_ids[0]}/probability")
    assert (nothing["probability"], nothing["model_id"], nothing["contributions"]) == (
        None,
        None,
        [],
    )

    result = school.trained({"monotone": {"attributes.seats": "increasing"}})
    assert result["verdict"] == "better", result
    school.predict(result["job_id"])

    model = school.read(f"{MODELS}/{result['model_id']}")
    assert (model["status"], model["outcomes"]) == ("running", LEADS)
    assert model["measures"]["auc"] > 0.75
    assert model["measures"]["auc_low"] > 0.5
    assert model["measures"]["leads"] == LEADS // 4
    assert sum(part["leads"] for part in model["measures"]["calibration"]) == LEADS // 4
    assert model["compared_with"][0]["beside"] == "rules"
    leaks = [(leak["column"], leak["reason"], leak["dropped"]) for leak in model["leaks"]]
    assert ("attributes.contract", "after_outcome", True) in leaks
    [seats] = [each for each in model["features"] if each["name"] == "attributes.seats"]
    weights = [part["log_odds"] for part in seats["parts"][:-1]]
    assert weights == sorted(weights)
    assert seats["direction"] == "increasing"
    [listed] = school.read(MODELS)["data"]
    assert listed == {name: model[name] for name in listed}

    for lead_id in (lead_ids[0], lead_ids[-1]):
        told = school.read(f"/v1/leads/{lead_id}/probability")
        lead = school.read(f"/v1/leads/{lead_id}")
        assert 0 < lead["probability"] < 1
        assert lead["probability"] == pytest.approx(told["probability"], abs=1e-6)
        assert told["model_id"] == model["id"]
        total = sum(each["log_odds"] for each in told["contributions"])
        assert told["average_log_odds"] + total == pytest.approx(told["log_odds"])
        reasons = {each["feature"]: each["reason"] for each in told["contributions"]}
        assert "the odds of the average lead" in reasons["attributes.seats"]

    keen, cool = ({"email": f"new{n}@x{n}.example", "attributes": {"seats": n}} for n in (40, 1))
    found = [school.call("POST", "/v1/leads", body)[1] for body in (keen, cool)]
    assert found[0]["probability"] > 0.5 > found[1]["probability"]
    assert found[0]["score"] == found[1]["score"]


def test_too_few_outcomes_say_so(school: Class) -> None:
    result = school.trained({"exclude": ["attributes.seats"]})
    assert result["verdict"] == "too_few"
    model = school.read(f"{MODELS}/{result['model_id']}")
    assert (model["status"], model["measures"], model["features"]) == ("rejected", None, [])
    assert "a model needs 200 leads" in model["reason"]
    assert model["exclude"] == ["attributes.seats"]
    refused = ask("POST", f"{MODELS}/{model['id']}/promote", school.owner.secret_key, {})
    assert problem(refused) == (409, "conflict")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"verdict": "worse"}, id="worse than what ran"),
        pytest.param({"verdict": "no_better_than_chance"}, id="no better than chance"),
        pytest.param({"ran": "mdl_" + "b" * 24}, id="measured beside another model"),
        pytest.param({"promoted_at": 5}, id="ran before"),
    ],
)
def test_a_model_that_may_not_run_is_not_promoted(school: Class, changes: Json) -> None:
    model_id = school.candidate(**changes)
    status, _ = school.call("POST", f"{MODELS}/{model_id}/promote", {})
    assert status == 409
    assert wiring.tenant_now(school.owner.tenant_id).model is None


def test_a_candidate_runs_when_somebody_says_so_and_is_not_promoted_again(school: Class) -> None:
    model_id = school.candidate()
    status, body = school.call("POST", f"{MODELS}/{model_id}/promote", {})
    assert status == 202
    assert school.read(f"/v1/jobs/{body['job_id']}")["kind"] == "predict"
    assert school.call("POST", f"{MODELS}/{model_id}/promote", {})[0] == 409
    next_id = school.candidate(id="mdl_" + "c" * 24, ran=model_id)
    assert school.call("POST", f"{MODELS}/{next_id}/promote", {})[0] == 202
    states = {each["id"]: each["status"] for each in school.read(MODELS)["data"]}
    assert states == {next_id: "running", model_id: "archived"}


def test_events_are_predicted_by_the_model_of_this_moment(school: Class) -> None:
    assert school.call("POST", f"{MODELS}/{school.candidate()}/promote", {})[0] == 202
    said = {"userId": "u1", "messageId": "m1", "traits": {"plan": "pro"}}
    assert send(school.owner.write_key, "/v1/identify", said)["statusCode"] == 200
    drain(school.stack)
    [lead] = school.read("/v1/leads")["data"]
    assert lead["probability"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"monotone": {"seats": "upwards"}}, "/monotone/seats"),
        ({"monotone": []}, "/monotone"),
        ({"exclude": "seats"}, "/exclude"),
        ({"exclude": [""]}, "/exclude/0"),
        ({"exclude": ["a\nb"]}, "/exclude/0"),
        ({"exclude": [f"c{n}" for n in range(101)]}, "/exclude"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused(school: Class, body: Json, pointer: str) -> None:
    status, answer = school.call("POST", MODELS, body)
    assert status == 422
    assert [each["pointer"] for each in answer["errors"]] == [pointer]


@pytest.mark.parametrize("model_id", ["mdl_" + "z" * 24, "mdl_", "rs_1", "%00"])
def test_a_model_that_is_not_there_is_not_found(school: Class, model_id: str) -> None:
    assert school.call("GET", f"{MODELS}/{model_id}")[0] == 404
    assert school.call("POST", f"{MODELS}/{model_id}/promote", {})[0] == 404


def test_a_lead_that_is_not_there_has_no_probability(school: Class) -> None:
    assert school.call("GET", "/v1/leads/lead_none/probability")[0] == 404


def test_models_are_listed_in_pages_newest_first(school: Class) -> None:
    ids = [school.candidate(id=f"mdl_{n:024d}", trained_at=n + 1) for n in range(3)]
    first = school.read(MODELS, query={"limit": "2"})
    assert [each["id"] for each in first["data"]] == ids[:0:-1]
    rest = school.read(MODELS, query={"cursor": first["next_cursor"]})
    assert [each["id"] for each in rest["data"]] == ids[:1]


def test_the_daily_turn_asks_each_tenant_and_trains_nobody_for_too_little(school: Class) -> None:
    school.ask_for({})
    school.stack.take("TrainQueue")
    assert train.handler(load_event("train/daily"), CONTEXT) == {"batchItemFailures": []}
    [message] = school.stack.take("TrainQueue")
    assert json.loads(message) == {"v": 1, "kind": "round", "tenant_id": school.owner.tenant_id}
    event = load_event("train/one_tenant")
    event["Records"][0]["body"] = message
    assert train.handler(event, CONTEXT) == {"batchItemFailures": []}
    assert school.stack.take("TrainQueue") == []


def test_a_tenant_that_is_gone_holds_up_nobody(school: Class) -> None:
    event = load_event("train/one_tenant")
    failed = train.handler(event, CONTEXT)
    assert failed["batchItemFailures"] == [{"itemIdentifier": event["Records"][0]["messageId"]}]
