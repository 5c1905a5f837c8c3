"""From the sweep's handler to the rescored lead and the fact: joined as the template joins them."""

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.quarantine import app as quarantine
from functions.replay import app as replay
from functions.rescore import app as rescore
from functions.sweep import app as sweep
from leadsignal.models.messages import DueRequest
from leadsignal.services.tenants import CreatedTenant
from tests.fakes.clock import Clock
from tests.fakes.flow import drain, send
from tests.fakes.front_door import ask
from tests.fakes.lambda_side import CONTEXT, Json, Stack, http_event, load_event, sqs_event

RULE = {"name": "Page", "points": 60, "kind": "boost", "event": "page_view"}
WITHIN = {"within": {"hours": 1}, "max_times": 1}


class Minute:
    """A tenant whose leads are warm for an hour after a view."""

    def __init__(self, stack: Stack, owner: CreatedTenant, clock: Clock) -> None:
        self.stack, self.owner, self.clock = stack, owner, clock
        self.ask("POST", "/v1/webhooks", {"url": "https://a.test/", "types": ["lead.tier_changed"]})
        made = self.ask("POST", "/v1/scoring/rulesets", {"name": "Mine", "rules": [RULE | WITHIN]})
        self.ask("POST", f"/v1/scoring/rulesets/{made['id']}/publish")
        self.stack.take("RescoreQueue")

    def ask(self, method: str, path: str, body: object = None) -> Any:
        answer = ask(method, path, self.owner.secret_key, body)
        assert answer["statusCode"] < 300, answer
        return json.loads(answer["body"])

    def view(self) -> str:
        """Let somebody view a page now, and return the id of the lead."""
        said = {"anonymousId": "a", "messageId": "m", "timestamp": self.clock.now.isoformat()}
        assert send(self.owner.write_key, "/v1/page", said)["statusCode"] == 200
        drain(self.stack)
        [lead] = self.ask("GET", "/v1/leads")["data"]
        assert lead["tier"] == "warm"
        return str(lead["id"])

    def swept(self) -> list[str]:
        """Sweep, and return what is on the queue then."""
        assert sweep.handler(load_event("sweep/minute"), CONTEXT) is None
        return self.stack.take("RescoreQueue")

    def tier(self) -> str:
        [lead] = self.ask("GET", "/v1/leads")["data"]
        return str(lead["tier"])


@pytest.fixture
def minute(stack: Stack, owner: CreatedTenant, clock: Clock) -> Minute:
    return Minute(stack, owner, clock)


def handled(*bodies: str, received: int = 1) -> Json:
    event = sqs_event(*bodies, received=received, queue="RescoreQueue")
    answer: Json = rescore.handler(event, CONTEXT)
    return answer


def test_a_sweep_has_a_lead_leave_its_tier_and_the_world_is_told(minute: Minute) -> None:
    lead_id = minute.view()
    assert minute.swept() == []
    minute.clock.now += timedelta(minutes=60, seconds=1)
    [body] = minute.swept()
    request = DueRequest.model_validate_json(body)
    assert (request.tenant_id, request.lead_ids) == (minute.owner.tenant_id, (lead_id,))
    assert handled(body) == {"batchItemFailures": []}
    assert minute.tier() == "cold"
    [fact] = drain(minute.stack)
    assert (fact["type"], fact["data"]["tier"]) == ("lead.tier_changed", "cold")
    minute.clock.now += timedelta(minutes=1)
    assert minute.swept() == []


def test_what_cannot_be_brought_up_to_date_is_a_failure_that_can_be_replayed(
    minute: Minute,
) -> None:
    lead_id = minute.view()
    minute.clock.now += timedelta(minutes=61)
    [body] = minute.swept()
    letter = sqs_event(body, queue="RescoreDlq")
    assert quarantine.handler(letter, CONTEXT) == {"batchItemFailures": []}
    [row] = minute.ask("GET", "/v1/failed-events")["data"]
    assert (row["code"], row["source"]) == ("rescore_failed", "rescore")
    assert row["event"]["lead_ids"] == [lead_id]
    path, key = f"/v1/failed-events/{row['id']}/replay", minute.owner.secret_key
    answer = replay.handler(http_event("POST", path, key=key), CONTEXT)
    assert answer["statusCode"] == 202, answer
    [again] = minute.stack.take("RescoreQueue")
    assert handled(again) == {"batchItemFailures": []}
    assert minute.tier() == "cold"


def test_a_request_for_a_tenant_that_is_gone_fails_alone(minute: Minute) -> None:
    body = DueRequest(tenant_id="ten_gone", at=0, lead_ids=("lead_1",)).model_dump_json()
    assert handled(body) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_request_that_failed_before_is_split_up(minute: Minute) -> None:
    lead_id, at = minute.view(), 0
    ids = (lead_id, "lead_none")
    body = DueRequest(tenant_id=minute.owner.tenant_id, at=at, lead_ids=ids).model_dump_json()
    assert handled(body, received=2) == {"batchItemFailures": []}
    found = [DueRequest.model_validate_json(each) for each in minute.stack.take("RescoreQueue")]
    assert sorted(each.lead_ids for each in found) == sorted((each,) for each in ids)
