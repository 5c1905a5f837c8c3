"""Uploaded lists in a bucket: by what names their content, and gone when nobody names them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from leadsignal.adapters.s3 import S3Lists
from leadsignal.errors import PermanentError, TransientError
from tests.fakes.lambda_side import LISTS, Stack
from tests.integration.test_failures_contract import broken

LATER = datetime.now(UTC) + timedelta(days=1)  # the bucket's own clock is the real one
EARLIER = LATER - timedelta(days=2)


def lists_of(stack: Stack, tenant_id: str = "ten_1") -> S3Lists:
    return S3Lists(lambda: stack.s3, LISTS, tenant_id)


def test_a_list_is_kept_by_provider_and_version(stack: Stack) -> None:
    lists = lists_of(stack)
    lists.put("prv_upload", "v1", b"one")
    lists.put("prv_upload", "v1", b"one")
    lists.put("prv_upload", "v2", b"two")
    assert lists.get("prv_upload", "v1") == b"one"
    assert lists.get("prv_upload", "v3") is None
    assert lists.get("prv_other", "v1") is None
    assert lists_of(stack, "ten_2").get("prv_upload", "v1") is None
    keys = [entry["Key"] for entry in stack.s3.list_objects_v2(Bucket=LISTS)["Contents"]]
    assert keys == ["lists/ten_1/prv_upload/v1", "lists/ten_1/prv_upload/v2"]


def test_all_lists_of_a_provider_go_but_one_and_those_of_a_moment_ago(stack: Stack) -> None:
    lists = lists_of(stack)
    for version in ("v1", "v2", "v3"):
        lists.put("prv_upload", version, b"x")
    lists.put("prv_upload2", "v1", b"x")
    lists_of(stack, "ten_2").put("prv_upload", "v1", b"x")
    lists.sweep("prv_upload", keep="v2", before=EARLIER)
    assert lists.get("prv_upload", "v1") == b"x"
    lists.sweep("prv_upload", keep="v2", before=LATER)
    assert [lists.get("prv_upload", version) for version in ("v1", "v2", "v3")] == [
        None,
        b"x",
        None,
    ]
    assert lists.get("prv_upload2", "v1") == b"x"
    assert lists_of(stack, "ten_2").get("prv_upload", "v1") == b"x"
    lists.sweep("prv_upload", keep=None, before=LATER)
    lists.sweep("prv_upload", keep=None, before=LATER)
    assert lists.get("prv_upload", "v2") is None


@pytest.mark.parametrize(
    ("code", "error"), [("SlowDown", TransientError), ("AccessDenied", PermanentError)]
)
def test_trouble_of_the_bucket_is_named(stack: Stack, code: str, error: type[Exception]) -> None:
    lists = lists_of(stack)
    stack.s3.meta.events.register("before-call.s3", broken(code))
    with pytest.raises(error):
        lists.put("prv_upload", "v1", b"1")
    with pytest.raises(error):
        lists.get("prv_upload", "v1")
    with pytest.raises(error):
        lists.sweep("prv_upload", keep=None, before=LATER)


def test_a_bucket_that_cannot_be_reached_is_trouble_that_may_pass(stack: Stack) -> None:
    def vanish(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="bucket")

    lists = lists_of(stack)
    stack.s3.meta.events.register("before-call.s3", vanish)
    with pytest.raises(TransientError):
        lists.put("prv_upload", "v1", b"1")
    with pytest.raises(TransientError):
        lists.get("prv_upload", "v1")
    with pytest.raises(TransientError):
        lists.sweep("prv_upload", keep=None, before=LATER)
