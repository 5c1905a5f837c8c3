"""The whole product in memory: the real handlers over fakes, joined as the template joins them.

What the services do between functions is done here: queues hand over, hide and give up, the stream
is read in batches that are halved on errors, the bus follows its rules. None of that counts as a
call; every call that a handler makes does.
"""

import json
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from io import BytesIO, StringIO
from itertools import count
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from warnings import catch_warnings, filterwarnings

import boto3
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from leadsignal.domain import signing
from leadsignal.models.endpoints import Alert, Webhook
from leadsignal.models.outbound import HttpResult
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger
from leadsignal.services.tenants import CreatedTenant, create_tenant
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.eventbridge import FakeEventBridge
from tests.fakes.faults import Calls, KilledError, operation, refusal
from tests.fakes.lambda_side import (
    ARN,
    BUCKET,
    BUS,
    CONTEXT,
    DEAD_LETTERS,
    QUEUES,
    Json,
    forget_wiring,
    http_event,
    stream_event,
)
from tests.fakes.sqs import FakeSqs
from tests.proof.mishaps import Mishaps
from tests.tables import TABLES
from tests.template import ROOT, resources

CONSUMERS = {"EventsQueue": "ingest", "EnrichQueue": "enrich", "DeliverQueue": "deliver"} | {
    "AlertQueue": "alert",
    "RescoreQueue": "rescore",
}
ONE_AT_A_TIME = {"DeliverQueue", "AlertQueue", "RescoreQueue"}
BATCH = 10
STREAM_BATCH = 100
STREAM_ATTEMPTS = 10
STREAM_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/LeadTable/stream/1"
ALL_TYPES = (
    "lead.created",
    "lead.updated",
    "lead.identified",
    "lead.enriched",
    "lead.score_changed",
    "lead.tier_changed",
    "lead.merged",
    "lead.unmerged",
    "deal.created",
    "deal.updated",
    "deal.won",
)
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Safari/537.36"
)
CLIENT_TRIES = 30  # how often a client sends what was not answered; patience costs nothing here


@cache
def app(function: str, environment: int) -> ModuleType:
    """Return a function as one execution environment has it: no batch is shared with others.

    The first one is the function as all tests know it, for a router belongs to one of them only.
    """
    if environment == 1:
        return import_module(f"functions.{function}.app")
    path = ROOT / "functions" / function / "app.py"
    spec = spec_from_file_location(f"proof.{function}.{environment}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FakeS3:
    """One bucket in memory."""

    service = "s3"

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.held: dict[str, bytes] = {}

    @operation
    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> Json:
        self.held[Key] = Body
        return {}

    @operation
    def get_object(self, *, Bucket: str, Key: str) -> Json:
        if Key not in self.held:
            raise refusal("GetObject", "NoSuchKey", "The specified key does not exist.")
        return {"Body": BytesIO(self.held[Key])}


class FakeStreams:
    """The stream of LeadTable, as one shard."""

    service = "dynamodbstreams"

    def __init__(self, db: FakeDynamoDB, calls: Calls) -> None:
        self._db = db
        self.calls = calls

    @operation
    def get_shard_iterator(
        self, *, StreamArn: str, ShardId: str, ShardIteratorType: str, SequenceNumber: str
    ) -> Json:
        return {"ShardIterator": SequenceNumber}

    @operation
    def get_records(self, *, ShardIterator: str) -> Json:
        stream = self._db.stream("LeadTable")
        stream.position = int(ShardIterator) - 1
        records = stream.take(STREAM_BATCH)
        return {"Records": records, "NextShardIterator": str(stream.position + 1)}


class Post(NamedTuple):
    """One request that a receiver took."""

    url: str
    webhook_id: str | None
    body: bytes

    @property
    def host(self) -> str:
        """The host that it was sent to."""
        return urlsplit(self.url).hostname or ""


class Receiver:
    """Every receiver there is: answers 200; a fault is a broken connection or a 503."""

    service = "http"

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.got: list[Post] = []

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpResult:
        try:
            call = self.calls.begin(self.service, "Post")
        except EndpointConnectionError:
            return HttpResult(error="connect", duration_ms=1_000)
        except ClientError:
            return HttpResult(status=503, duration_ms=20)
        self.got.append(Post(url, headers.get("webhook-id"), body))
        try:
            call.end()
        except ReadTimeoutError:
            return HttpResult(error="timeout", duration_ms=10_000)
        return HttpResult(status=200, duration_ms=20)


@dataclass
class _Stretch:
    """Records of the stream that are to be consumed together, by number; how often it was tried."""

    first: int
    last: int
    attempts: int = 0


class Route(NamedTuple):
    """A rule of the bus."""

    pattern: Mapping[str, Any]
    queue: str


@cache
def routes() -> tuple[Route, ...]:
    """Return the rules of the template."""
    return tuple(
        Route(rule["EventPattern"], target["Arn"].removesuffix(".Arn"))
        for rule in resources("AWS::Events::Rule").values()
        for target in rule["Targets"]
    )


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Return whether an event passes a rule (exact values are all that is known)."""
    for name, wanted in pattern.items():
        value = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(value, Mapping) or not matches(wanted, value):
                return False
        elif value not in wanted:
            return False
    return True


@dataclass
class Snapshot:
    """An account at one moment."""

    content: bytes
    told: tuple[Json, ...]
    got: tuple[Post, ...]


@dataclass
class Cloud:
    """An account with every function in it. Use within ``installed``."""

    calls: Mishaps = field(default_factory=Mishaps)
    clock: Clock = field(default_factory=Clock)
    cold: bool = False
    """Every invocation is the first one of its environment: no tenant and no key is remembered."""

    def __post_init__(self) -> None:
        self.calls.clock = self.clock
        self.db = FakeDynamoDB.from_template(self.calls)
        self.sqs = FakeSqs.from_template(self.calls, clock=self.clock)
        self.bus = FakeEventBridge(self.calls, buses=(BUS,))
        self.s3 = FakeS3(self.calls)
        self.receiver = Receiver(self.calls)
        self.streams = FakeStreams(self.db, self.calls)
        self.poller = FakeSqs(clock=self.clock)  # what the services themselves ask of queues
        self.poller._queues, self.poller._numbers = self.sqs._queues, self.sqs._numbers
        self.printed = StringIO()
        self.running = 0
        self.invocations = 0
        self.consumed = 0
        self.stretches: list[_Stretch] = []
        self.routed = 0
        self._tokens = count(1)
        self.on_printed: Callable[[str, str], None] | None = None

    # ──── installation ────

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of all functions together."""
        urls = {variable: self.sqs.url(name) for variable, name in QUEUES.items()}
        letters = {f"{n.removesuffix('Dlq').upper()}_DLQ": f"{ARN}:{n}" for n in DEAD_LETTERS}
        more = {
            "BUS_NAME": BUS,
            "ALLOWED_RECEIVERS": "",
            "LISTS_BUCKET": "lists",
            "NAME_SERVERS": "none",
            "ORIGINALS_BUCKET": BUCKET,
        }
        return {**TABLES, **urls, **letters, **more}

    @contextmanager
    def installed(self) -> Iterator["Cloud"]:
        """Let the wiring build everything on this account."""
        clients = {
            "dynamodb": self.db,
            "sqs": self.sqs,
            "events": self.bus,
            "s3": self.s3,
            "dynamodbstreams": self.streams,
        }
        places: list[tuple[Any, str, Any]] = [
            (boto3, "client", lambda name, **_: clients[name]),
            (wiring, "now", lambda: self.clock.now),
            (wiring, "token", lambda length: f"{next(self._tokens):0{length}d}"),
            (wiring, "each", one_after_another),
            (wiring, "http", lambda: self.receiver),
        ]
        before = [(place, name, getattr(place, name)) for place, name, _ in places]
        kept = {name: os.environ.get(name) for name in self.environment}
        handlers: list[Any] = list(logger._logger.handlers)
        streams = [(handler, handler.stream) for handler in handlers]
        forget_wiring()
        try:
            for place, name, value in places:
                setattr(place, name, value)
            for handler, _ in streams:
                handler.setStream(self.printed)
            os.environ.update(self.environment)
            with catch_warnings():
                filterwarnings("ignore", "No application metrics to publish")
                yield self
        finally:
            for place, name, value in before:
                setattr(place, name, value)
            for handler, stream in streams:
                handler.setStream(stream)
            for name, value in kept.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            forget_wiring()

    def snapshot(self) -> Snapshot:
        """Return all that is kept outside of functions."""
        content = pickle.dumps(
            (
                self.db._tables,
                self.sqs._queues,
                self.s3.held,
                self.clock.now,
                self.consumed,
                self.stretches,
                self.routed,
                self.calls.outages,
            )
        )
        return Snapshot(content, tuple(self.bus.told), tuple(self.receiver.got))

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back as it was then."""
        tables, queues, held, now, self.consumed, self.stretches, self.routed, outages = (
            pickle.loads(snapshot.content)
        )
        self.calls.outages = outages
        for there, then in (
            (self.db._tables, tables),
            (self.sqs._queues, queues),
            (self.s3.held, held),
        ):
            there.clear()
            there.update(then)
        self.clock.now = now
        self.bus.told[:], self.receiver.got[:] = snapshot.told, snapshot.got
        forget_wiring()

    # ──── tenants ────

    def tenant(self, name: str, number: int, *, env: Any = "live") -> CreatedTenant:
        """Make a tenant; no call counts."""
        from leadsignal.adapters.dynamodb.config import DynamoTenants
        from leadsignal.adapters.dynamodb.table import Table

        return create_tenant(
            name,
            env=env,
            config=DynamoTenants(Table(self.db.aside().client, "ConfigTable")),
            token=wiring.token,
            secret=bytes([number + 1]) * 32,
            now=self.clock.now,
        )

    def listen(
        self, tenant_id: str, host: str, *, types: Sequence[str] = ALL_TYPES, alert: bool = False
    ) -> None:
        """Give a tenant a webhook, and perhaps a Slack alert; no call counts."""
        from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints
        from leadsignal.adapters.dynamodb.table import Table

        table = Table(self.db.aside().client, "ConfigTable")
        made = self.clock.instant
        DynamoEndpoints(table, tenant_id, Webhook).save(
            Webhook(
                id="whe_" + "1" * 24,
                url=f"https://{host}/facts",
                created_at=made,
                types=tuple(types),
                secret=signing.format_secret(bytes(range(32))),
            )
        )
        if alert:
            DynamoEndpoints(table, tenant_id, Alert).save(
                Alert(
                    id="alr_" + "1" * 24,
                    url=f"https://hooks.slack.com/services/T/B/{host.partition('.')[0]}",
                    created_at=made,
                    name="hot leads",
                )
            )

    # ──── functions ────

    def invoke(self, function: str, event: Json) -> Json:
        """Run a handler; what it prints is kept until the next one begins.

        Invocations within another one (an interruption at one of its calls) are of environments
        of their own.
        """
        self.running += 1
        self.invocations += 1
        if self.cold and self.running == 1:
            wiring.tenant_store.cache_clear()
            wiring.ward.cache_clear()
        if self.running == 1:
            self.printed.seek(0)
            self.printed.truncate()
        try:
            with redirect_stdout(self.printed):
                answer: Json = app(function, self.running).handler(event, CONTEXT)
            return answer
        finally:
            self.running -= 1
            if self.running == 0 and self.on_printed is not None:
                self.on_printed(function, self.printed.getvalue())

    def request(
        self, method: str, path: str, key: str, body: object = None, **more: Any
    ) -> tuple[int, Any]:
        """Send a request until it is answered; return status and body of the answer."""
        headers = {"user-agent": BROWSER, "content-type": "application/json"}
        event = http_event(
            method, path, key=key, body=body, headers=headers | more.pop("headers", {}), **more
        )
        for _ in range(CLIENT_TRIES):
            try:
                answer = self.invoke(function_of(path), event)
            except KilledError:
                continue
            if answer["statusCode"] < 500:
                body = answer.get("body") or "null"
                return answer["statusCode"], json.loads(body)
        raise AssertionError(f"{method} {path} was never answered: {answer}")

    # ──── what the services do ────

    def work(self, queue: str, *, forgets: bool = False) -> bool:
        """Hand the next messages of a queue to its function; False when none is visible.

        ``forgets``: what was done is handed over again, as a standard queue may do.
        """
        url = self.sqs.url(queue)
        got = self.poller.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=1 if queue in ONE_AT_A_TIME else BATCH,
            AttributeNames=["All"],
        ).get("Messages", [])
        if not got:
            return False
        function = CONSUMERS.get(queue, "quarantine")
        try:
            answer = self.invoke(function, sqs_records(queue, got))
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        except (Exception, KilledError):  # noqa: BLE001 - whatever ends a function, ends a batch
            failed = {message["MessageId"] for message in got}
        for message in got:
            if message["MessageId"] not in failed and not forgets:
                self.poller.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        self.route()
        return True

    def announce(self, *, limit: int = STREAM_BATCH) -> bool:
        """Hand the next records of LeadTable's stream to announce; False when there are none."""
        stream = self.db.stream("LeadTable")
        if not self.stretches:
            stream.position = self.consumed
            records = stream.take(limit)
            if not records:
                return False
            self.stretches.append(_Stretch(self.consumed + 1, self.consumed + len(records)))
            self.consumed += len(records)
        stretch = self.stretches.pop(0)
        stream.position = stretch.first - 1
        event = stream_event(stream.take(stretch.last - stretch.first + 1))
        if not event["Records"]:
            return True
        try:
            answer = self.invoke("announce", event)
            done = not answer["batchItemFailures"]
        except (Exception, KilledError):  # noqa: BLE001 - as above
            done = False
        if not done:
            self._again(stretch)
        self.route()
        return True

    def _again(self, stretch: _Stretch) -> None:
        """Halve a stretch that failed; give up on one of a single record after its attempts."""
        stretch.attempts += 1
        if stretch.attempts > STREAM_ATTEMPTS:
            info = {
                "shardId": "shard-1",
                "startSequenceNumber": f"{stretch.first:021d}",
                "endSequenceNumber": f"{stretch.last:021d}",
                "batchSize": stretch.last - stretch.first + 1,
                "streamArn": STREAM_ARN,
            }
            self.poller.send_message(
                QueueUrl=self.sqs.url("StreamDlq"),
                MessageBody=json.dumps({"requestContext": {}, "DDBStreamBatchInfo": info}),
            )
        elif stretch.first == stretch.last:
            self.stretches.insert(0, stretch)
        else:
            middle = (stretch.first + stretch.last) // 2
            self.stretches[:0] = [
                _Stretch(stretch.first, middle, stretch.attempts),
                _Stretch(middle + 1, stretch.last, stretch.attempts),
            ]

    def route(self) -> None:
        """Let the bus put what it was told on the queues of its rules."""
        while self.routed < len(self.bus.told):
            entry = self.bus.told[self.routed]
            self.routed += 1
            event = {
                "version": "0",
                "id": f"event-{self.routed}",
                "detail-type": entry["DetailType"],
                "source": entry["Source"],
                "detail": json.loads(entry["Detail"]),
            }
            for route in routes():
                if matches(route.pattern, event):
                    self.poller.send_message(
                        QueueUrl=self.sqs.url(route.queue), MessageBody=json.dumps(event)
                    )

    def step(self) -> bool:
        """Do the next thing there is to do; False when all is quiet."""
        queues = (*CONSUMERS, *DEAD_LETTERS)
        if any(self.work(queue) for queue in queues[:2]) or self.announce():
            return True
        if any(self.work(queue) for queue in queues[2:]):
            return True
        return self.wait()

    def wait(self) -> bool:
        """Let time pass until a message is visible; False when there is no message at all."""
        due = [m.visible_at for queue in self.sqs._queues.values() for m in queue.messages]
        if not due:
            return False
        self.clock.move(milliseconds=max(0, min(due) - self.clock.instant))
        return True

    def drain(self, *, most: int = 100_000) -> int:
        """Work until all is quiet, and return in how many steps."""
        for number in range(most):
            if not self.step():
                return number
        raise AssertionError(f"not quiet after {most} steps")

    def left(self) -> dict[str, int]:
        """Return how many messages there are on each queue that has any."""
        return {n: len(q.messages) for n, q in self.sqs._queues.items() if q.messages}


def one_after_another[T, R](call: Callable[[T], R], values: Iterable[T]) -> Iterator[R]:
    """Call a function with all values and yield the results: as threads do, but in a known order.

    A failure does not keep the others from being called; a kill does.
    """
    results: list[R] = []
    failure: Exception | None = None
    for value in values:
        try:
            results.append(call(value))
        except Exception as error:  # noqa: BLE001 - raised again below, as a thread's result is
            failure = failure or error
    if failure is not None:
        raise failure
    return iter(results)


def sqs_records(queue: str, messages: Iterable[Mapping[str, Any]]) -> Json:
    """Return received messages as Lambda hands them over."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": f"{ARN}:{queue}",
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
    }


def function_of(path: str) -> str:
    """Return the function behind a path."""
    start = path.split("/")[2]
    known = {
        "leads": "leads",
        "events": "leads",
        "merges": "leads",
        "merge-candidates": "leads",
        "failed-events": "replay",
        "scoring": "scoring",
        "jobs": "scoring",
        "deals": "scoring",
        "segments": "scoring",
    }
    return known.get(start, "collect")
