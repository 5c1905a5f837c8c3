"""The stores of endpoints, deliveries and alerts, on the fake of DynamoDB and in moto."""

from typing import Any

import pytest

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.deliveries import DynamoAlertLog, DynamoDeliveries
from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import ConflictError
from leadsignal.models.endpoints import Alert, PreviousSecret, Webhook
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.outbound import AlertMark, AlertRecord, Attempt, Delivery
from leadsignal.ports import AlertLog, DeliveryStore, EndpointStore
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.faults import Calls

AT = 1_768_478_400_000
WEBHOOK = Webhook(
    id="whe_1",
    url="https://example.com/",
    types=("lead.created",),
    headers={"x-a": "é"},
    secret="whsec_x",
    previous_secrets=(PreviousSecret(secret="whsec_y", until=AT),),
    created_at=AT,
)
FACT = Fact(
    id="msg_1",
    tenant_id="ten_1",
    type="lead.created",
    at=AT,
    sequence=1,
    data=FactData(lead_id="lead_1", version=1),
)
DELIVERY = Delivery(
    id="dlv_1", webhook_id="whe_1", fact=FACT, attempts=(Attempt(number=1, at=AT, status_code=500),)
)
RECORD = AlertRecord(
    alert_id="alr_1", fact_id="msg_1", lead_id="lead_1", status="sending", at=AT, attempts=1
)
MARK = AlertMark(alert_id="alr_1", lead_id="lead_1", fact_id="msg_1", at=AT)


@pytest.fixture(params=["fake", "moto"])
def client(request: pytest.FixtureRequest) -> Any:
    """A client of DynamoDB with the tables of the template."""
    if request.param == "fake":
        return FakeDynamoDB.from_template()
    return request.getfixturevalue("stack").dynamodb


@pytest.fixture
def config(client: Any) -> Table:
    return Table(client, "ConfigTable")


@pytest.fixture
def activity(client: Any) -> Table:
    return Table(client, "ActivityTable")


@pytest.fixture
def webhooks(config: Table) -> EndpointStore[Webhook]:
    return DynamoEndpoints(config, "ten_1", Webhook)


@pytest.fixture
def deliveries(activity: Table) -> DeliveryStore:
    return DynamoDeliveries(activity, "ten_1")


@pytest.fixture
def log(activity: Table) -> AlertLog:
    return DynamoAlertLog(activity, "ten_1")


def test_an_endpoint_comes_back_as_it_was_saved(webhooks: EndpointStore[Webhook]) -> None:
    saved = webhooks.save(WEBHOOK)
    assert saved == WEBHOOK.model_copy(update={"version": 1})
    assert webhooks.get("whe_1") == saved
    assert webhooks.get("whe_2") is None


def test_endpoints_are_listed_in_the_order_of_creation(webhooks: EndpointStore[Webhook]) -> None:
    for identifier, at in (("whe_c", 1), ("whe_a", 2), ("whe_b", 1)):
        webhooks.save(WEBHOOK.model_copy(update={"id": identifier, "created_at": at}))
    assert [webhook.id for webhook in webhooks.all()] == ["whe_b", "whe_c", "whe_a"]


def test_a_new_endpoint_replaces_none(webhooks: EndpointStore[Webhook]) -> None:
    webhooks.save(WEBHOOK)
    with pytest.raises(ConflictError):
        webhooks.save(WEBHOOK)


def test_a_stale_endpoint_is_not_saved(webhooks: EndpointStore[Webhook]) -> None:
    first = webhooks.save(WEBHOOK)
    webhooks.save(first)
    with pytest.raises(ConflictError):
        webhooks.save(first)


def test_a_deleted_endpoint_does_not_come_back(webhooks: EndpointStore[Webhook]) -> None:
    saved = webhooks.save(WEBHOOK)
    webhooks.delete("whe_1")
    webhooks.delete("whe_1")
    assert webhooks.get("whe_1") is None
    with pytest.raises(ConflictError):
        webhooks.save(saved)


def test_a_delivery_comes_back_as_it_was_saved(deliveries: DeliveryStore) -> None:
    saved = deliveries.save(DELIVERY)
    assert saved == DELIVERY.model_copy(update={"version": 1})
    assert deliveries.get("whe_1", "dlv_1") == saved
    assert deliveries.get("whe_2", "dlv_1") is None


def test_a_stale_delivery_is_not_saved(deliveries: DeliveryStore) -> None:
    first = deliveries.save(DELIVERY)
    with pytest.raises(ConflictError):
        deliveries.save(DELIVERY)
    deliveries.save(first)
    with pytest.raises(ConflictError):
        deliveries.save(first)


def test_the_newest_deliveries_of_one_webhook_come_first(deliveries: DeliveryStore) -> None:
    for number in range(5):
        deliveries.save(DELIVERY.model_copy(update={"id": f"dlv_{number}"}))
    deliveries.save(DELIVERY.model_copy(update={"webhook_id": "whe_2", "id": "dlv_9"}))
    assert [row.id for row in deliveries.newest("whe_1", 3)] == ["dlv_4", "dlv_3", "dlv_2"]
    after = deliveries.newest("whe_1", 3, before="dlv_2")
    assert [row.id for row in after] == ["dlv_1", "dlv_0"]
    assert deliveries.newest("whe_3", 3) == []


def test_a_record_of_an_alert_is_kept_and_guarded(log: AlertLog) -> None:
    assert log.record("alr_1", "msg_1") is None
    saved = log.save_record(RECORD)
    assert log.record("alr_1", "msg_1") == saved == RECORD.model_copy(update={"version": 1})
    with pytest.raises(ConflictError):
        log.save_record(RECORD)


def test_the_mark_of_a_cooldown_is_kept_and_guarded(log: AlertLog) -> None:
    assert log.mark("alr_1", "lead_1") is None
    log.save_mark(MARK)
    assert log.mark("alr_1", "lead_1") == MARK.model_copy(update={"version": 1})
    with pytest.raises(ConflictError):
        log.save_mark(MARK)


def caused(number: int, cause: str | None = "m1") -> Delivery:
    data = FACT.data.model_copy(update={"cause": cause})
    fact = FACT.model_copy(update={"id": f"msg_{number}", "data": data})
    return DELIVERY.model_copy(update={"id": f"dlv_{number}", "fact": fact})


def test_deliveries_are_found_by_the_event_that_caused_them(activity: Table) -> None:
    deliveries = DynamoDeliveries(activity, "ten_1")
    saved = [deliveries.save(caused(number)) for number in (2, 1, 3)]
    deliveries.save(caused(4, "m2"))
    deliveries.save(caused(5, None))
    second = deliveries.save(saved[0].model_copy(update={"status": "delivered"}))
    found = [saved[1], second, saved[2]]
    assert list(deliveries.of_message("m1", 10)) == found
    assert list(deliveries.of_message("m1", 2)) == found[:2]
    assert deliveries.of_message("m", 10) == []
    assert DynamoDeliveries(activity, "ten_2").of_message("m1", 10) == []
    assert DynamoAlertLog(activity, "ten_1").of_message("m1", 10) == []


def test_alerts_are_found_by_the_event_that_caused_them(activity: Table) -> None:
    log = DynamoAlertLog(activity, "ten_1")
    saved = log.save_record(RECORD.model_copy(update={"cause": "m1"}))
    log.save_record(RECORD.model_copy(update={"fact_id": "msg_2"}))
    sent = log.save_record(saved.model_copy(update={"status": "sent"}))
    assert list(log.of_message("m1", 10)) == [sent]
    assert DynamoAlertLog(activity, "ten_2").of_message("m1", 10) == []
    assert DynamoDeliveries(activity, "ten_1").of_message("m1", 10) == []


def test_a_pointer_without_its_row_is_no_delivery(activity: Table) -> None:
    deliveries = DynamoDeliveries(activity, "ten_1")
    saved = deliveries.save(caused(1))
    activity.delete(keys.delivery("ten_1", "whe_1", saved.id))
    assert deliveries.of_message("m1", 10) == []


def test_only_the_first_write_of_a_delivery_with_a_cause_writes_a_pointer() -> None:
    calls = Calls()
    table = Table(FakeDynamoDB.from_template(calls).client, "ActivityTable")
    deliveries = DynamoDeliveries(table, "ten_1")
    writes = []
    for delivery in (caused(1), caused(2, None)):
        for _ in range(2):
            delivery = deliveries.save(delivery)
            writes.append(calls.writes)
    assert writes == [2, 3, 4, 5]


def test_tenants_and_kinds_do_not_meet(config: Table, activity: Table) -> None:
    DynamoEndpoints(config, "ten_1", Webhook).save(WEBHOOK)
    DynamoDeliveries(activity, "ten_1").save(DELIVERY)
    DynamoAlertLog(activity, "ten_1").save_record(RECORD)
    assert DynamoEndpoints(config, "ten_2", Webhook).get("whe_1") is None
    assert DynamoEndpoints(config, "ten_2", Webhook).all() == []
    assert DynamoEndpoints(config, "ten_1", Alert).all() == []
    assert DynamoDeliveries(activity, "ten_2").get("whe_1", "dlv_1") is None
    assert DynamoDeliveries(activity, "ten_2").newest("whe_1", 10) == []
    assert DynamoAlertLog(activity, "ten_2").record("alr_1", "msg_1") is None


def test_rows_of_what_was_sent_expire_after_30_days(activity: Table) -> None:
    DynamoDeliveries(activity, "ten_1").save(DELIVERY)
    DynamoAlertLog(activity, "ten_1").save_record(RECORD)
    DynamoAlertLog(activity, "ten_1").save_mark(MARK)
    items = activity.client.scan(TableName=activity.name)["Items"]
    expiries = {item["expires_at"]["N"] for item in items}
    assert len(items) == 3
    assert expiries == {str(AT // 1000 + 30 * 86_400)}
