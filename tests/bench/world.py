"""Our handlers in process, driven as Lambda drives them, with every call metered.

A message is handed on as soon as the emulator took it: the meter sees the bodies that a queue
accepted and the entries that the bus accepted. What the Lambda service itself asks of a queue (one
receive and one delete for each batch) is added by formula. The stream of LeadTable is read through
the emulator's own streams API, outside of the metered session.
"""

import json
import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any, Protocol

import boto3

from leadsignal.domain.signing import format_secret
from leadsignal.models.endpoints import Webhook
from leadsignal.runtime import wiring
from leadsignal.services.tenants import create_tenant
from tests.bench.meter import Meter
from tests.bench.sizes import sqs_requests
from tests.fakes.clock import Clock
from tests.fakes.lambda_side import CONTEXT, forget_wiring, sqs_event, stream_event
from tests.tables import create_tables

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday morning; scenarios begin here
BATCH = 10  # messages that a queue hands over at once
STREAM_BATCH = 100
STATUS_AND_HEADERS = 350  # bytes of an answer beside its body
ACCESS_LOG_LINE = 210  # bytes: the template's format with typical values
QUEUES = ("EVENTS_QUEUE_URL", "ENRICH_QUEUE_URL", "DELIVER_QUEUE_URL", "ALERT_QUEUE_URL") + (
    "RESCORE_QUEUE_URL",
)
BUS = "facts"
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

    def tenant(self, name: str) -> str:
        """Make a customer and return its write key."""
        ...

    def subscribe(self, key: str, url: str) -> bool:
        """Register a webhook for ``lead.tier_changed``; False when there is no such thing."""
        ...

    def remember(self, *, nothing: bool) -> None:
        """Keep settings in memory between invocations, or ``nothing``."""
        ...

    def post(self, request: Request, key: str) -> None: ...
    def work(self) -> None: ...


class Handlers:
    """The functions' handlers, imported and run with what they print counted instead of shown."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._printed = StringIO()
        self.forgetful = False  # nothing in memory survives from one invocation to the next
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
        if self.forgetful:
            forget_wiring()
        with metered(self._meter, function, self._printed):
            return self._run[function](event, CONTEXT)


@contextmanager
def metered(meter: Meter, function: str, printed: StringIO) -> Iterator[None]:
    """Count one invocation of a function, and what it prints as what it logs."""
    meter.function = function
    meter.counts.invocations[function] += 1
    printed.seek(0)
    printed.truncate()
    with redirect_stdout(printed):
        began = processor_seconds()
        yield
        meter.counts.cpu_seconds += processor_seconds() - began
    meter.counts.log_bytes += len(printed.getvalue().encode())


def processor_seconds() -> float:
    """Return the processor time that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


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

    def __init__(self, meter: Meter, unmetered: boto3.Session, names: Mapping[str, str]) -> None:
        self.meter = meter
        self._urls = names
        self._tenants: dict[str, str] = {}
        self.handlers = Handlers(meter)
        self._streams = unmetered.client("dynamodbstreams")
        table = unmetered.client("dynamodb").describe_table(TableName="LeadTable")["Table"]
        arn = table["LatestStreamArn"]
        shards = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterator = self._streams.get_shard_iterator(
            StreamArn=arn, ShardId=shards[0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def tenant(self, name: str) -> str:
        """Make a customer with ``live`` keys and return its write key."""
        made = create_tenant(
            name,
            env="live",
            config=wiring.tenant_store(),
            token=wiring.token,
            secret=wiring.random_key(),
            now=wiring.now(),
        )
        self._tenants[made.write_key] = made.tenant_id
        return made.write_key

    def subscribe(self, key: str, url: str) -> bool:
        """Register a webhook for ``lead.tier_changed``."""
        wiring.webhooks(self._tenants[key]).save(
            Webhook(
                id="whe_bench",
                url=url,
                created_at=0,
                types=("lead.tier_changed",),
                secret=format_secret(bytes(range(32))),
            )
        )
        return True

    def remember(self, *, nothing: bool) -> None:
        """Let each function begin each invocation with an empty memory, or not."""
        self.handlers.forgetful = nothing

    def post(self, request: Request, key: str) -> None:
        """Have collect take one request."""
        answer = self.handlers.call("collect", http_event(request, key))
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
        answer = self.handlers.call(function, sqs_event(*bodies))
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
            event = stream_event(page["Records"])
            if event["Records"]:
                self.handlers.call("announce", event)

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


def account(endpoint: str | None) -> dict[str, str]:
    """Return the environment of functions in an emulated account."""
    return {
        "AWS_ACCESS_KEY_ID": "000000000000",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "ALLOWED_RECEIVERS": "127.0.0.1",
        "NAME_SERVERS": "none",
        "BUS_NAME": BUS,
        "ORIGINALS_BUCKET": "originals",  # nothing here is refused, so nothing is kept there
        "LISTS_BUCKET": "lists",  # nobody here has one
    } | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})


def furnish(session: boto3.Session) -> dict[str, str]:
    """Make tables, queues and bus, and return the variables that name them."""
    names = create_tables(session.client("dynamodb"))
    queues = session.client("sqs")
    for name in QUEUES:
        names[name] = queues.create_queue(QueueName=name.lower())["QueueUrl"]
    session.client("events").create_event_bus(Name=BUS)
    return names


@contextmanager
def stopped_clock() -> Iterator[Clock]:
    """Let every handler see a clock that the bench moves, with nothing remembered from before."""
    clock, real = Clock(START), wiring.now
    forget_wiring()
    setattr(wiring, "now", lambda: clock.now)  # noqa: B010 - mypy knows it as a function
    try:
        yield clock
    finally:
        setattr(wiring, "now", real)  # noqa: B010
        forget_wiring()


def at(minutes: float) -> datetime:
    """Return a moment so many minutes after the start of a scenario."""
    return START + timedelta(minutes=minutes)
