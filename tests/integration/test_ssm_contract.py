"""What our adapter relies on in Parameter Store, true of the fake and of emulators.

`tests/system` runs the same tests against MiniStack.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError

from leadsignal.adapters.ssm import SsmSecrets
from leadsignal.errors import TransientError
from tests.fakes.ssm import FakeSsm

LONGEST = 4 * 1024


class Place(NamedTuple):
    """A client, and a path below which nobody else keeps anything."""

    client: Any
    path: str


@pytest.fixture(params=["fake", "moto"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Parameter Store in memory and in moto."""
    from moto import mock_aws

    if request.param == "fake":
        yield Place(FakeSsm(), "/stack/providers")
        return
    with mock_aws():
        yield Place(boto3.client("ssm"), "/stack/providers")


def secrets(place: Place, tenant: str = "ten_1") -> SsmSecrets:
    return SsmSecrets(lambda: place.client, place.path, tenant)


def code_of(caught: pytest.ExceptionInfo[ClientError]) -> str:
    return caught.value.response["Error"]["Code"]


def test_a_secret_reads_back_as_it_was_kept_and_is_gone_when_deleted(place: Place) -> None:
    mine = secrets(place)
    assert mine.get("prv_1/sec_1") is None
    for secret in ("a", "b" * LONGEST):
        mine.put("prv_1/sec_1", secret)
        assert mine.get("prv_1/sec_1") == secret
    for _ in range(2):
        mine.delete("prv_1/sec_1")
        assert mine.get("prv_1/sec_1") is None


def test_names_differ_by_case_tenant_and_level(place: Place) -> None:
    kept = [
        (secrets(place), "prv_a/sec_1", "1"),
        (secrets(place), "prv_A/sec_1", "2"),
        (secrets(place), "prv_a/sec_2", "3"),
        (secrets(place, "ten_2"), "prv_a/sec_1", "4"),
    ]
    for store, name, secret in kept:
        store.put(name, secret)
    assert [store.get(name) for store, name, _ in kept] == ["1", "2", "3", "4"]
    for store, name, _ in kept:
        store.delete(name)


def test_a_secret_is_encrypted_where_it_is_kept(place: Place) -> None:
    secrets(place).put("prv_1/sec_1", "clear text")
    name = f"{place.path}/ten_1/prv_1/sec_1"
    sealed = place.client.get_parameter(Name=name, WithDecryption=False)["Parameter"]
    assert sealed["Type"] == "SecureString"
    assert sealed["Value"] != "clear text"
    secrets(place).delete("prv_1/sec_1")


def test_a_parameter_that_is_there_is_replaced_only_on_demand(place: Place) -> None:
    name = f"{place.path}/ten_1/prv_1/sec_1"
    request = {"Name": name, "Value": "a", "Type": "SecureString"}
    place.client.put_parameter(**request)
    with pytest.raises(ClientError) as caught:
        place.client.put_parameter(**request)
    assert code_of(caught) == "ParameterAlreadyExists"
    place.client.put_parameter(**request | {"Value": "b"}, Overwrite=True)
    assert secrets(place).get("prv_1/sec_1") == "b"
    secrets(place).delete("prv_1/sec_1")


@pytest.mark.parametrize("operation", ["get_parameter", "delete_parameter"])
def test_what_is_not_there_is_told_by_its_code(place: Place, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(place.client, operation)(Name=f"{place.path}/nothing")
    assert code_of(caught) == "ParameterNotFound"


@pytest.mark.parametrize("name", ["put", "get", "delete"])
@pytest.mark.parametrize("fault", ["fail", "throttle", "refuse"])
def test_a_failure_of_the_store_may_pass_and_tells_no_secret(name: str, fault: str) -> None:
    store = FakeSsm()
    mine = secrets(Place(store, "/stack/providers"))
    mine.put("prv_1/sec_1", "clear text")
    if fault == "refuse":
        store.calls.refuse("AccessDeniedException", at=1)
    else:
        getattr(store.calls, fault)(at=1)
    with pytest.raises(TransientError) as caught:
        getattr(mine, name)("prv_1/sec_1", *(["clear text"] if name == "put" else []))
    assert "clear text" not in str(caught.value)
