"""The sample events are what the functions really get, and can be made out to any stack."""

import json
from collections.abc import Callable

import pytest

from leadsignal.adapters.dynamodb.stream import stored_change
from leadsignal.domain.credentials import parse_key
from leadsignal.models.events import EventsMessage
from leadsignal.models.leads import Lead
from leadsignal.models.messages import ENRICH_MESSAGE, RESCORE_MESSAGE, TRAIN_MESSAGE
from leadsignal.models.outbound import ALERT_MESSAGE, DELIVER_MESSAGE
from local.sample_events import KEY, Sample, made_out, samples
from local.stack import TenantKeys
from tests import template

SAMPLES = list(samples())
WRITE_KEY = "ls_wk_test_abcdefghijkl_realrealreal"
SECRET_KEY = "ls_sk_test_abcdefghijkl_realrealreal"
TENANT = "ten_realrealrealreal"
QUEUES = {
    f"{name}_dlq": f"http://127.0.0.1:4599/000000000000/{name}-local"
    for name in ("events", "enrich", "deliver", "alert", "rescore", "train", "bus", "stream")
}
READ_BODY: dict[str, Callable[[str], object]] = {
    "ingest": EventsMessage.model_validate_json,
    "enrich": ENRICH_MESSAGE.validate_json,
    "deliver": DELIVER_MESSAGE.validate_json,
    "alert": ALERT_MESSAGE.validate_json,
    "rescore": RESCORE_MESSAGE.validate_json,
    "train": TRAIN_MESSAGE.validate_json,
}


def named(sample: Sample) -> str:
    return f"{sample.function}/{sample.case}"


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_each_sample_is_of_a_function_of_the_template(sample: Sample) -> None:
    assert sample.logical_id in template.functions()


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_the_keys_of_a_sample_are_well_formed(sample: Sample) -> None:
    for found in KEY.finditer(sample.file.read_text()):
        assert parse_key(found[0]).kind == found[1]


@pytest.mark.parametrize("sample", SAMPLES, ids=named)
def test_a_sample_made_out_to_a_stack_holds_its_keys_tenant_and_queues_only(
    sample: Sample,
) -> None:
    keys = TenantKeys(name="demo", write_key=WRITE_KEY, secret_key=SECRET_KEY)
    text = made_out(sample.file.read_text(), keys, TENANT, QUEUES)
    event = json.loads(text)
    if sample.function == "quarantine":
        assert event["Records"][0]["eventSourceARN"].endswith("-local")
    assert "SampleTenant" not in text
    assert {found[0] for found in KEY.finditer(text)} <= {WRITE_KEY, SECRET_KEY}


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.function in READ_BODY], ids=named)
def test_each_message_is_one_that_its_consumer_reads(sample: Sample) -> None:
    for record in json.loads(sample.file.read_text()).get("Records", ()):  # none of a schedule
        assert READ_BODY[sample.function](record["body"])


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.function == "announce"], ids=named)
def test_each_recorded_change_of_a_lead_can_still_be_read(sample: Sample) -> None:
    for record in json.loads(sample.file.read_text())["Records"]:
        change = stored_change(record)
        assert isinstance(change.after, Lead)
        assert change.before is None or change.before.version < change.after.version


def test_a_case_can_name_the_status_of_its_answer() -> None:
    found = {sample.case: sample.status for sample in SAMPLES}
    assert found["unknown_path_404"] == 404
    assert found["health"] is None
