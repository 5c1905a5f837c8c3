"""The same small account in memory, in moto and in MiniStack, for tests of what AWS does."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.eventbridge import FakeEventBridge
from tests.fakes.sqs import FakeSqs
from tests.tables import definition

type Json = dict[str, Any]

TABLE = "LeadTable"


class Account:
    """A table made like LeadTable, a bus, and queues as they are asked for; gone when closed."""

    def __init__(self, client: Callable[[str], Any], account_id: str, *, name: str = "") -> None:
        self.dynamodb = client("dynamodb")
        self.sqs = client("sqs")
        self.events = client("events")
        self.name = name
        self.table = f"{name}{TABLE}"
        self.bus = f"{name}FactsBus"
        self._client = client
        self._account_id = account_id
        self._numbers = count(1)
        self._closing = ExitStack()
        self.dynamodb.create_table(TableName=self.table, **definition(TABLE))
        self._closing.callback(self.dynamodb.delete_table, TableName=self.table)

    def close(self) -> None:
        """Remove what was made."""
        self._closing.close()

    def queue(self, **attributes: str) -> str:
        """Make a queue and return its URL."""
        name = f"{self.name}Queue{next(self._numbers)}"
        url: str = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self._closing.callback(self.sqs.delete_queue, QueueUrl=url)
        return url

    def queue_with_dlq(self, receives: int) -> tuple[str, str]:
        """Make a queue with a dead-letter queue and return both URLs."""
        dlq = self.queue()
        arn = f"arn:aws:sqs:us-east-1:{self._account_id}:{dlq.rpartition('/')[2]}"
        policy = {"deadLetterTargetArn": arn, "maxReceiveCount": str(receives)}
        return self.queue(RedrivePolicy=json.dumps(policy)), dlq

    def changes(self) -> list[Json]:
        """Return every record of the table's stream."""
        streams = self._client("dynamodbstreams")
        described = self.dynamodb.describe_table(TableName=self.table)["Table"]
        arn = described["LatestStreamArn"]
        records: list[Json] = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records += streams.get_records(ShardIterator=iterator)["Records"]
        return records


class _FakeAccount(Account):
    """The account in memory."""

    def changes(self) -> list[Json]:
        fake: FakeDynamoDB = self.dynamodb
        return fake.stream(self.table).take()


def in_memory() -> Iterator[Account]:
    """Yield the account of the fakes."""
    fakes: Mapping[str, Any] = {
        "dynamodb": FakeDynamoDB(),
        "sqs": FakeSqs(),
        "events": FakeEventBridge(),
    }
    yield _FakeAccount(fakes.__getitem__, "123456789012")


@cache
def session() -> Any:
    """Return the one session of all tests: a new one reads the services' descriptions anew."""
    return boto3.Session()


class Clients:
    """Clients that tests use one after another: to make one takes longer than most tests.

    A client whose calls a test listens to, or breaks, is that test's alone from then on.
    """

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def lend(self, service: str, *, config: Config | None = None) -> Any:
        """Return the client of a service that is configured like this."""
        key = f"{service} {sorted(vars(config).items()) if config else ''}"
        if key not in self._made:
            made = self._made[key] = session().client(service, config=config)
            events, register = made.meta.events, made.meta.events.register

            def registered(*arguments: Any, **named: Any) -> None:
                if self._made.get(key) is made:
                    del self._made[key]
                register(*arguments, **named)

            events.register = registered
        return self._made[key]


@cache
def clients() -> Clients:
    """Return the clients of all tests."""
    return Clients()


@contextmanager
def moto() -> Iterator[None]:
    """Emulate an empty account for boto3, and for boto3 alone.

    To answer other HTTP clients as well, moto would set up thousands of patterns each time.
    """
    from moto import mock_aws
    from moto.core import models

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "RESPONSES_METHODS", ())
        with mock_aws():
            yield


def in_moto() -> Iterator[Account]:
    """Yield an account in moto."""
    with moto():
        account = Account(clients().lend, "123456789012")
        account.events.create_event_bus(Name=account.bus)
        yield account


def in_ministack() -> Iterator[Account]:
    """Yield an account in the emulator of the laptop stack, under names of its own."""
    from local.aws import ACCOUNT, client

    account = Account(client, ACCOUNT, name=f"contract-{uuid4().hex[:8]}-")
    account.events.create_event_bus(Name=account.bus)
    try:
        yield account
    finally:
        account.events.delete_event_bus(Name=account.bus)
        account.close()
