"""Our handlers in process, driven as Lambda drives them, with every call metered.

A message is handed on as soon as the emulator took it: the meter sees the bodies that a queue
accepted and the entries that the bus accepted. What the Lambda service itself asks of a queue (one
receive and one delete for each batch) is added by formula. The stream of LeadTable is read through
the emulator's own streams API, outside of the metered session.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, Protocol

import boto3

from leadsignal.models.instants import to_instant
from leadsignal.runtime import wiring
from leadsignal.services.tenants import CreatedTenant, create_tenant
from tests.bench.meter import Meter
from tests.bench.sizes import sqs_requests
from tests.stack import context, forget_wiring, sqs_event
from tests.tables import create_tables

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday morning; scenarios begin here
BATCH = 10  # messages that a queue hands over at once
STREAM_BATCH = 100
STATUS_AND_HEADERS = 350  # bytes of an answer beside its body
ACCESS_LOG_LINE = 210  # bytes: the template's format with typical values
PLATFORM_LOG_LINES = 640  # bytes: Lambda's own JSON lines for the start and end of an invocation
QUEUES = ("EVENTS_QUEUE_URL", "ENRICH_QUEUE_URL", "DELIVER_QUEUE_URL", "ALERT_QUEUE_URL")
AGENT = "analytics-python/2.4.0"


@dataclass(frozen=True)
class Request:
    """One HTTP request of a client: its events, when it arrives and from where."""

    at: datetime
    items: tuple[dict[str, Any], ...]
    address: str = "98.208.0.1"
    agent: str = AGENT

    def body(self) -> str:
        """Return the body of a batch call."""
        return json.dumps({"batch": self.items}, separators=(",", ":"))


class System(Protocol):
    """What takes requests and works off what follows from them."""

    name: str

    def tenant(self, name: str) -> str:
        """Make a customer and return its write key."""
        ...

    def post(self, request: Request, key: str) -> None: ...
    def work(self) -> None: ...


class Clock:
    """The time that handlers see."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Handlers:
    """The functions' handlers, imported and run with what they print counted instead of shown."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._printed = StringIO()
        with redirect_stdout(self._printed):
            from functions.announce import app as announce
            from functions.collect import app as collect
            from functions.deliver import app as deliver
            from functions.enrich import app as enrich
            from functions.ingest import app as ingest
        self._run = {
            "collect": collect.handler,
            "ingest": ingest.handler,
            "enrich": enrich.handler,
            "announce": announce.handler,
            "deliver": deliver.handler,
        }

    def call(self, function: str, event: dict[str, Any]) -> Any:
        """Run a handler once and count the invocation and its log lines."""
        with metered(self._meter, function, self._printed):
            return self._run[function](event, context())


@contextmanager
def metered(meter: Meter, function: str, printed: StringIO) -> Iterator[None]:
    """Count one invocation of a function, and what it prints as what it logs."""
    meter.function = function
    meter.counts.invocations[function] += 1
    printed.seek(0)
    printed.truncate()
    with redirect_stdout(printed):
        yield
    meter.counts.log_bytes += len(printed.getvalue().encode()) + PLATFORM_LOG_LINES


def http_event(request: Request, key: str) -> dict[str, Any]:
    """Return the request as the HTTP API hands it over (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": "ANY /v1/batch",
        "rawPath": "/v1/batch",
        "rawQueryString": "",
        "headers": {
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "user-agent": request.agent,
        },
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/batch", "sourceIp": request.address}
        },
        "body": request.body(),
        "isBase64Encoded": False,
    }


def count_request(meter: Meter, answer: Mapping[str, Any], events: int) -> None:
    """Count one request at the door and its answer, which has to accept every event.

    Raises:
        AssertionError: an event was refused; a bench over refused events says nothing.
    """
    accepted = str(answer.get("body", "")).count('"accepted"')
    if answer["statusCode"] != 200 or accepted != events:
        raise AssertionError(f"{events} events sent, answer: {answer}")
    meter.counts.http_requests += 1
    meter.counts.events += events
    meter.counts.answer_bytes += len(answer["body"].encode()) + STATUS_AND_HEADERS
    meter.counts.log_bytes += ACCESS_LOG_LINE


def count_polling(meter: Meter, bodies: Sequence[str]) -> None:
    """Count what the Lambda service asks of a queue for one batch."""
    meter.counts.sqs_requests["receive"] += sqs_requests(bodies)
    meter.counts.sqs_requests["delete"] += 1


class Ours:
    """The product: collect, ingest, enrich, announce and deliver."""

    name = "LeadSignal"

    def __init__(self, meter: Meter, unmetered: boto3.Session, urls: Mapping[str, str]) -> None:
        self.meter = meter
        self._urls = urls
        self._handlers = Handlers(meter)
        self._streams = unmetered.client("dynamodbstreams")
        table = unmetered.client("dynamodb").describe_table(TableName="LeadTable")["Table"]
        arn = table["LatestStreamArn"]
        shards = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterator = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def tenant(self, name: str) -> str:
        """Make a customer with ``live`` keys and return its write key."""
        return self.new_tenant(name).write_key

    def new_tenant(self, name: str) -> CreatedTenant:
        """Make a customer with ``live`` keys."""
        return create_tenant(
            name,
            env="live",
            config=wiring.tenant_store(),
            token=wiring.token,
            secret=wiring.random_key(),
            now=wiring.now(),
        )

    def post(self, request: Request, key: str) -> None:
        """Have collect take one request."""
        answer = self._handlers.call("collect", http_event(request, key))
        count_request(self.meter, answer, len(request.items))

    def work(self) -> None:
        """Run the consumers until nothing is left to do."""
        while (
            self._consume("EVENTS_QUEUE_URL", "ingest", BATCH)
            or self._consume("ENRICH_QUEUE_URL", "enrich", BATCH)
            or self._consume("DELIVER_QUEUE_URL", "deliver", 1)
        ):
            self._announce()
            self._pass_on_facts()

    def _consume(self, variable: str, function: str, most: int) -> bool:
        waiting = self.meter.sent.get(self._urls[variable], [])
        bodies, waiting[:] = waiting[:most], waiting[most:]
        if not bodies:
            return False
        count_polling(self.meter, bodies)
        answer = self._handlers.call(function, sqs_event(*bodies))
        if answer["batchItemFailures"]:
            raise AssertionError(f"{function} gave messages back: {answer}")
        return True

    def _announce(self) -> None:
        """Hand over the stream's new records that the mapping's filter lets through."""
        while True:
            page = self._streams.get_records(ShardIterator=self._iterator, Limit=STREAM_BATCH)
            self._iterator = page["NextShardIterator"]
            if not page["Records"]:
                return
            records = [
                _stream_record(record)
                for record in page["Records"]
                if record["dynamodb"]["Keys"]["sk"]["S"] == "LEAD"
            ]
            if records:
                self._handlers.call("announce", {"Records": records})

    def _pass_on_facts(self) -> None:
        """Do what the bus' rule for webhooks does: put each fact on DeliverQueue."""
        facts, self.meter.told = self.meter.told, []
        for fact in facts:
            body = json.dumps(
                {
                    "version": "0",
                    "id": "00000000-0000-0000-0000-000000000000",
                    "detail-type": fact["DetailType"],
                    "source": fact["Source"],
                    "account": "000000000000",
                    "time": "2026-03-02T09:00:00Z",
                    "region": "us-east-1",
                    "resources": [],
                    "detail": json.loads(fact["Detail"]),
                }
            )
            self.meter.sent.setdefault(self._urls["DELIVER_QUEUE_URL"], []).append(body)
            self.meter.counts.sqs_requests["send"] += sqs_requests([body])


def _stream_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record of the streams API as a Lambda event carries it: bytes as base64."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = 0
    for image in ("NewImage", "OldImage"):
        if image in change:
            change[image] = {
                name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
                for name, value in change[image].items()
            }
    return {**record, "dynamodb": change}


def prepare(session: boto3.Session, endpoint: str | None) -> dict[str, str]:
    """Make tables, queues and bus, put their names into the environment and return the URLs."""
    os.environ.update(
        AWS_ACCESS_KEY_ID="000000000000",
        AWS_SECRET_ACCESS_KEY="bench",
        AWS_DEFAULT_REGION="us-east-1",
        POWERTOOLS_SERVICE_NAME="bench",
        POWERTOOLS_METRICS_NAMESPACE="LeadSignal",
        ALLOWED_RECEIVERS="127.0.0.1",
        BUS_NAME="facts",
    )
    if endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
    os.environ.update(create_tables(session.client("dynamodb")))
    queues = session.client("sqs")
    urls = {name: queues.create_queue(QueueName=name.lower())["QueueUrl"] for name in QUEUES}
    os.environ.update(urls)
    session.client("events").create_event_bus(Name="facts")
    return urls


@contextmanager
def stopped_clock() -> Iterator[Clock]:
    """Let every handler see a clock that the bench moves, with nothing remembered from before."""
    clock, real = Clock(), wiring.now
    forget_wiring()
    wiring.now = clock
    try:
        yield clock
    finally:
        wiring.now = real
        forget_wiring()


def milliseconds(moment: datetime) -> int:
    """Return a moment as instants are stored."""
    return to_instant(moment)


def at(minutes: float) -> datetime:
    """Return a moment so many minutes after the start of a scenario."""
    return START + timedelta(minutes=minutes)


def show(text: str = "") -> None:
    """Print a line at once."""
    print(text, file=sys.stdout, flush=True)
