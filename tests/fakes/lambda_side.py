"""An emulated account as the functions see it: tables, queues, a bus, and the events they make."""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import boto3

from leadsignal.runtime import lookup_wiring, settings, wiring
from tests.fakes.clock import Clock
from tests.tables import create_tables
from tests.template import ROOT, functions

QUEUES = {
    "EVENTS_QUEUE_URL": "EventsQueue",
    "ENRICH_QUEUE_URL": "EnrichQueue",
    "DELIVER_QUEUE_URL": "DeliverQueue",
    "ALERT_QUEUE_URL": "AlertQueue",
    "RESCORE_QUEUE_URL": "RescoreQueue",
    "TRAIN_QUEUE_URL": "TrainQueue",
}
DEAD_LETTERS = (
    "EventsDlq",
    "EnrichDlq",
    "DeliverDlq",
    "AlertDlq",
    "RescoreDlq",
    "TrainDlq",
    "BusDlq",
    "StreamDlq",
)
ARN = "arn:aws:sqs:us-east-1:123456789012"
BUCKET = "originals-of-failed-events"
LISTS = "lists-of-companies"
BUS = "FactsBus"
ALL_FACTS = "AllFactsQueue"

_DATA = {"networks", "referrers", "crawlers", "mail_domains", "company_provider", "_threads"}

type Json = dict[str, Any]


@dataclass
class FakeContext:
    """What the handlers read of a Lambda context."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


CONTEXT: Any = FakeContext()


def forget_wiring() -> None:
    """Drop what functions remember, but for threads and the data files, which do not change."""
    for name, made in (
        *vars(wiring).items(),
        *vars(lookup_wiring).items(),
        ("load", settings.load),
    ):
        if name not in _DATA and hasattr(made, "cache_clear"):
            made.cache_clear()


def load_event(name: str) -> Json:
    """Return the sample event of that name, e.g. ``ingest/first_visit``."""
    loaded: Json = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded


def http_event(
    method: str,
    path: str,
    *,
    key: str | None = None,
    query: Mapping[str, str] | None = None,
    body: object = None,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
) -> Json:
    """Return a request as API Gateway hands it over (payload format 2.0).

    A body is JSON unless the headers say something else; ``raw`` is one that is no text.
    """
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if key is not None:
        sent.setdefault("authorization", f"Bearer {key}")
    event: Json = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": urlencode(query or {}),
        "headers": sent,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": sent.get("user-agent", ""),
            },
            "requestId": "gateway",
            "stage": "$default",
            "timeEpoch": 1,
        },
        "isBase64Encoded": raw is not None,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if body is not None:
        sent.setdefault("content-type", "application/json")
    if raw is not None:
        event["body"] = base64.b64encode(raw).decode()
    elif body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def sqs_event(*bodies: str, received: int = 1, queue: str = "Queue") -> Json:
    """Return messages of a queue as Lambda gets them, named m0, m1 …"""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": f"handle-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(received), "SentTimestamp": "1"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"{ARN}:{queue}",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }


def stream_event(records: Iterable[Mapping[str, Any]]) -> Json:
    """Return those of the stream's records that the mapping lets through, as Lambda gets them."""
    mapping = functions()["AnnounceFunction"]["Events"]["Stream"]["Properties"]
    patterns = [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
    return {
        "Records": [
            {
                "eventID": record["eventID"],
                "eventName": record["eventName"],
                "eventSource": "aws:dynamodb",
                "dynamodb": json.loads(json.dumps(record["dynamodb"], default=_as_lambda)),
            }
            for record in records
            if any(_passes(pattern, record) for pattern in patterns)
        ]
    }


def _passes(pattern: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Return whether a record passes a mapping's filter (exact values are all that is known)."""
    for name, wanted in pattern.items():
        value = record.get(name)
        if isinstance(wanted, list):
            if value not in wanted:
                return False
        elif not isinstance(value, Mapping) or not _passes(wanted, value):
            return False
    return True


def _as_lambda(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


class Stack:
    """The emulated account, and what flows between its functions."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.dynamodb = boto3.client("dynamodb")
        self._sqs = boto3.client("sqs")
        self._streams = boto3.client("dynamodbstreams")
        self.environment = create_tables(self.dynamodb)
        self.queues = {name: self._queue(name) for name in (*QUEUES.values(), ALL_FACTS)}
        self.environment |= {variable: self.queues[name] for variable, name in QUEUES.items()} | {
            "BUS_NAME": BUS,
            "ALLOWED_RECEIVERS": "127.0.0.1",
            "NAME_SERVERS": "none",
            "ORIGINALS_BUCKET": BUCKET,
            "SECRETS_PATH": "/leadsignal/providers",
            "LISTS_BUCKET": LISTS,
        }
        self.environment |= {
            f"{name.removesuffix('Dlq').upper()}_DLQ": f"{ARN}:{name}" for name in DEAD_LETTERS
        }
        self.s3 = boto3.client("s3")
        for bucket in (BUCKET, LISTS):
            self.s3.create_bucket(Bucket=bucket)
        events = boto3.client("events")
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": ["leadsignal"]})
        events.put_rule(Name="All", EventBusName=BUS, EventPattern=pattern)
        target = f"{ARN}:{ALL_FACTS}"
        events.put_targets(Rule="All", EventBusName=BUS, Targets=[{"Id": "all", "Arn": target}])
        self._iterator = ""

    def _queue(self, name: str) -> str:
        url: str = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        return url

    def _stream_start(self) -> str:
        arn = self.dynamodb.describe_table(TableName="LeadTable")["Table"]["LatestStreamArn"]
        [shard] = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        answer = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    def take(self, queue: str) -> list[str]:
        """Return and remove every message of a queue."""
        url, bodies = self.queues[queue], []
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                bodies.append(message["Body"])
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def changes(self) -> Json:
        """Return the new changes of LeadTable as the stream mapping hands them over."""
        answer = self._streams.get_records(ShardIterator=self._iterator or self._stream_start())
        self._iterator = answer["NextShardIterator"]
        return stream_event(answer["Records"])

    def stretch(self) -> Json:
        """Return all there is of LeadTable's stream, as Lambda tells of what was not consumed."""
        arn = self.dynamodb.describe_table(TableName="LeadTable")["Table"]["LatestStreamArn"]
        [shard] = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        records = self._streams.get_records(ShardIterator=self._stream_start())["Records"]
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        info = {
            "shardId": shard["ShardId"],
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(records),
            "streamArn": arn,
        }
        return {"version": "1.0", "requestContext": {}, "DDBStreamBatchInfo": info}

    def originals(self) -> dict[str, bytes]:
        """Return what is in the bucket of originals, by key."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        keys = [entry["Key"] for entry in listed]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def items(self, table: str) -> list[Json]:
        """Return every item of a table."""
        found: list[Json] = self.dynamodb.scan(TableName=table)["Items"]
        return found
