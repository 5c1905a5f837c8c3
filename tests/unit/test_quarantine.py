"""Every dead letter becomes failed events of the tenant it names."""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from leadsignal.errors import TransientError
from leadsignal.models.events import Rejection
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.jobs import JobStep
from leadsignal.models.messages import EnrichRequest, StreamChange, Stretch
from leadsignal.models.outbound import AlertTask, DeliveryTask
from leadsignal.models.records import FailedEvent
from leadsignal.models.tenants import Tenant
from leadsignal.services.quarantine import (
    OPERATOR,
    DeadLetter,
    DeadQueue,
    Quarantined,
    Ward,
    quarantine,
)
from tests.fakes.clock import NOW
from tests.fakes.events import AT, event, message, tenant
from tests.fakes.failures import InMemoryFailures, InMemoryOriginals

FACT = Fact(
    id="msg_1",
    tenant_id="ten_one",
    type="lead.tier_changed",
    at=AT,
    sequence=1,
    data=FactData(lead_id="lead_1", version=1, tier="hot"),
)
ON_THE_BUS = json.dumps({"id": "e", "detail": FACT.model_dump(exclude_none=True)})
STRETCH = {
    "DDBStreamBatchInfo": {
        "shardId": "shard",
        "startSequenceNumber": "10",
        "endSequenceNumber": "12",
        "streamArn": "arn",
        "batchSize": 3,
    }
}


class Stream:
    """Has these changes, or (None) has them no more."""

    def __init__(self) -> None:
        self.changes: Sequence[StreamChange] | None = ()
        self.asked: list[Stretch] = []

    def read(self, stretch: Stretch) -> Sequence[StreamChange] | None:
        self.asked.append(stretch)
        return self.changes


class Hospital:
    """A ward with stores in memory and the tenants ``ten_one`` and ``ten_two``."""

    def __init__(self) -> None:
        self.stores: dict[str, InMemoryFailures] = defaultdict(InMemoryFailures)
        self.originals = InMemoryOriginals()
        self.stream = Stream()
        self.tenants: dict[str, Tenant] = {t.tenant_id: t for t in (tenant(), tenant("two"))}

    def take(self, queue: DeadQueue, body: str, target: str = "") -> Quarantined:
        ward = Ward(
            tenant=self.tenants.get,
            failures=self.stores.__getitem__,
            originals=self.originals,
            stream=self.stream,
        )
        return quarantine(DeadLetter(queue, body, AT - 7, target), ward=ward, now=NOW)

    def rows(self, tenant_id: str = "ten_one") -> list[FailedEvent]:
        return sorted(self.stores[tenant_id].all(), key=lambda row: row.position)


def refused() -> Rejection:
    return Rejection(
        code="invalid_event", detail="d", pointer="/x", received_at=AT, digest="d", original={}
    )


def test_each_event_of_a_message_and_each_refused_item_is_a_row() -> None:
    ward = Hospital()
    events = [event("m1"), event("m2", minutes=1)]
    dead = message(*events, env="test").model_copy(update={"rejected": (refused(),)})
    for expected in (3, 0):
        assert ward.take("events", dead.model_dump_json()) == Quarantined(expected)
    rows = ward.rows()
    assert [row.code for row in rows] == ["invalid_event", "apply_failed", "apply_failed"]
    assert [row.message_id for row in rows] == [None, "m1", "m2"]
    assert {row.env for row in rows} == {"test"}
    assert type(events[0]).model_validate(rows[1].event) == events[0]


def test_events_of_a_tenant_that_is_gone_are_kept_under_it() -> None:
    ward = Hospital()
    ward.take("events", message(event(), tenant_id="ten_gone").model_dump_json())
    [row] = ward.rows("ten_gone")
    assert (row.code, row.source, row.message_id) == ("unknown_key", "ingest", "m1")


REQUEST = EnrichRequest(tenant_id="ten_one", lead_id="l", company_id="c", domain="acme.com")
TASK = DeliveryTask(fact=FACT, webhook_id="whe_1", attempt=3)
ALERT = AlertTask(fact=FACT, alert_id="alr_1")
QUEUES = ["events", "enrich", "deliver", "alert", "rescore", "train", "bus", "stream"]
STEP = JobStep(tenant_id="ten_one", job_id="job_1")
LETTERS: list[tuple[DeadQueue, str, str, str, str | None]] = [
    ("enrich", REQUEST.model_dump_json(), "enrichment_failed", "enrich", None),
    ("deliver", TASK.model_dump_json(), "delivery_failed", "deliver", "msg_1"),
    ("deliver", ON_THE_BUS, "delivery_failed", "deliver", "msg_1"),
    ("alert", ALERT.model_dump_json(), "alert_failed", "alert", "msg_1"),
    ("rescore", STEP.model_dump_json(), "job_failed", "rescore", None),
    ("alert", ON_THE_BUS, "alert_failed", "alert", "msg_1"),
    ("bus", ON_THE_BUS, "delivery_failed", "bus", "msg_1"),
]


@pytest.mark.parametrize(("queue", "body", "code", "source", "message_id"), LETTERS)
def test_each_queue_has_its_code_and_the_row_holds_the_whole_message(
    queue: DeadQueue, body: str, code: str, source: str, message_id: str | None
) -> None:
    ward = Hospital()
    assert ward.take(queue, body) == Quarantined(1)
    assert ward.take(queue, body) == Quarantined(0)
    [row] = ward.rows()
    assert (row.code, row.source, row.message_id) == (code, source, message_id)
    assert (row.received_at, row.failed_at) == (AT - 7, to_instant(NOW))
    assert row.event == json.loads(body)
    assert row.detail


def test_what_the_bus_could_not_tell_to_alerts_is_a_failed_alert() -> None:
    ward = Hospital()
    ward.take("bus", ON_THE_BUS, "arn:aws:sqs:us-east-1:1:stack-AlertQueue-X")
    ward.take("bus", ON_THE_BUS, "arn:aws:sqs:us-east-1:1:stack-DeliverQueue-X")
    assert sorted(row.code for row in ward.rows()) == ["alert_failed", "delivery_failed"]


@pytest.mark.parametrize(("queue", "body"), [letter[:2] for letter in LETTERS])
def test_a_message_of_a_tenant_that_is_gone_says_so(queue: DeadQueue, body: str) -> None:
    ward = Hospital()
    ward.tenants.clear()
    assert ward.take(queue, body) == Quarantined(1)
    assert [row.code for row in ward.rows()] == ["unknown_key"]


@pytest.mark.parametrize(
    "body",
    [
        '{"v": 2, "tenant_id": "ten_one"}',
        '{"detail": {"tenant_id": "ten_one"}}',
        '{"kind": "delivery", "fact": {"tenant_id": "ten_one"}}',
    ],
)
@pytest.mark.parametrize(
    "queue", ["events", "enrich", "deliver", "alert", "rescore", "train", "bus", "stream"]
)
def test_a_message_that_cannot_be_read_goes_to_the_tenant_it_names(
    queue: DeadQueue, body: str
) -> None:
    ward = Hospital()
    assert ward.take(queue, body) == Quarantined(1)
    [row] = ward.rows()
    assert (row.code, row.message_id, row.event) == ("malformed", None, json.loads(body))


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", '{"tenant_id": 7}', '{"tenant_id": "ten_a#FAILED"}', "[" * 9_000]
)
@pytest.mark.parametrize(
    "queue", ["events", "enrich", "deliver", "alert", "rescore", "train", "bus", "stream"]
)
def test_a_message_that_names_no_tenant_is_the_operators(queue: DeadQueue, body: str) -> None:
    ward = Hospital()
    assert ward.take(queue, body) == Quarantined(1, strays=1)
    assert ward.take(queue, body) == Quarantined()
    assert [row.code for row in ward.rows(OPERATOR)] == ["malformed"]
    assert set(ward.stores) == {OPERATOR}


def test_a_large_message_is_kept_apart() -> None:
    ward = Hospital()
    body = json.dumps({"v": 2, "tenant_id": "ten_one", "x": "y" * 200_000})
    ward.take("events", body)
    [row] = ward.rows()
    assert (row.event, row.original_bytes) == (None, len(body.replace(" ", "")))
    assert row.original_key is not None
    assert json.loads(ward.originals.held[row.original_key]) == json.loads(body)


def change(tenant_id: str, sequence: int, **content: Any) -> StreamChange:
    return StreamChange(tenant_id=tenant_id, at=AT, sequence=str(sequence), change=content)


def test_each_change_that_was_not_announced_is_a_row_of_its_tenant() -> None:
    ward = Hospital()
    large = {"NewImage": {"data": {"B": "x" * 40_000}}}
    ward.stream.changes = [
        change("ten_one", 10, NewImage={}),
        change("ten_two", 11, **large),
        change("ten_gone", 12, NewImage={}),
    ]
    for expected in (3, 0):
        assert ward.take("stream", json.dumps(STRETCH)) == Quarantined(expected)
    asked = ward.stream.asked[0]
    assert (asked.shard_id, asked.first, asked.last) == ("shard", "10", "12")
    [one], [two], [gone] = (ward.rows(name) for name in ("ten_one", "ten_two", "ten_gone"))
    assert (one.code, one.source, one.event) == ("announce_failed", "announce", {"NewImage": {}})
    assert two.original_key is not None
    assert json.loads(ward.originals.held[two.original_key]) == large
    assert gone.code == "announce_failed"


def test_changes_that_the_stream_has_no_more_are_the_operators_loss() -> None:
    ward = Hospital()
    ward.stream.changes = None
    assert ward.take("stream", json.dumps(STRETCH)) == Quarantined(1, strays=1)
    [row] = ward.rows(OPERATOR)
    assert (row.code, row.event) == ("announce_failed", STRETCH)
    assert "any more" in row.detail


def test_a_letter_that_cannot_be_kept_stays() -> None:
    ward = Hospital()
    ward.stores["ten_one"].calls.fail(at=2)
    with pytest.raises(TransientError):
        ward.take("events", message(event()).model_dump_json())
    assert ward.take("events", message(event()).model_dump_json()) == Quarantined(1)
