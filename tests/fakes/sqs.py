"""SQS in memory, as boto3's client sees it: standard queues and their dead-letter queues.

Messages come in the order they were sent, which SQS does not promise. They are hidden, delayed
and received by the clock that is given.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, cast

from leadsignal.models.instants import Instant
from tests.fakes.clock import Clock
from tests.fakes.faults import Calls, operation, refusal
from tests.fakes.queues import Sent
from tests.template import resources

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

type Answer = dict[str, Any]

MESSAGE_BYTES = 1024 * 1024  # of a message, and of a batch
ENTRIES = 10
MAX_DELAY_SECONDS = 900
MAX_HIDDEN_SECONDS = 43_200
VISIBILITY_SECONDS = 30
URL = "https://sqs.us-east-1.amazonaws.com/123456789012/"
ARN = "arn:aws:sqs:us-east-1:123456789012:"

_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIX = "AWS.SimpleQueueService."


@dataclass
class _Message:
    message_id: str
    body: str
    group: str | None
    sent_at: Instant
    visible_at: Instant
    received: int = 0
    first_received_at: Instant | None = None
    receipt: str | None = None
    source: str | None = None


@dataclass
class _Queue:
    name: str
    attributes: dict[str, str]
    messages: list[_Message] = field(default_factory=list)

    @property
    def visibility_seconds(self) -> int:
        return int(self.attributes.get("VisibilityTimeout", VISIBILITY_SECONDS))

    @property
    def redrive(self) -> tuple[str, int] | None:
        """The name of the dead-letter queue, and how often a message is received before."""
        policy = json.loads(self.attributes.get("RedrivePolicy", "null"))
        if policy is None:
            return None
        name = policy["deadLetterTargetArn"].rpartition(":")[2]
        return name, int(policy["maxReceiveCount"])


class _RefusedError(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code


class FakeSqs:
    """Queues in memory. ``calls`` counts and breaks calls."""

    service = "sqs"

    def __init__(self, calls: Calls | None = None, *, clock: Clock | None = None) -> None:
        self.calls = calls or Calls()
        self.clock = clock or Clock()
        self._queues: dict[str, _Queue] = {}
        self._numbers = count(1)

    @classmethod
    def from_template(cls, calls: Calls | None = None, *, clock: Clock | None = None) -> "FakeSqs":
        """Return one that has the queues of the template, by their logical ids."""
        made = cls(calls, clock=clock)
        for name, properties in resources("AWS::SQS::Queue").items():
            attributes = {}
            if "VisibilityTimeout" in properties:
                attributes["VisibilityTimeout"] = str(properties["VisibilityTimeout"])
            if policy := properties.get("RedrivePolicy"):
                target = ARN + policy["deadLetterTargetArn"].removesuffix(".Arn")
                attributes["RedrivePolicy"] = json.dumps(policy | {"deadLetterTargetArn": target})
            made.create_queue(QueueName=name, Attributes=attributes)
        return made

    @property
    def client(self) -> "SQSClient":
        """Itself, in the place of a client of boto3."""
        return cast("SQSClient", self)

    # What only tests do; none of it counts as a call.

    def url(self, name: str) -> str:
        """Return the URL of a queue."""
        return URL + self._queues[name].name

    def bodies(self, name: str) -> list[str]:
        """Return the body of every message in a queue, hidden ones too."""
        return [message.body for message in self._queues[name].messages]

    def take(self, name: str) -> list[Sent]:
        """Return every message in a queue, and empty it."""
        messages, self._queues[name].messages = self._queues[name].messages, []
        return [
            Sent(m.body, m.group or "", (m.visible_at - m.sent_at) // 1000 if not m.received else 0)
            for m in messages
        ]

    # What boto3's client does; making queues does not count either.

    def create_queue(
        self, *, QueueName: str, Attributes: Mapping[str, str] | None = None
    ) -> Answer:
        self._queues.setdefault(QueueName, _Queue(QueueName, dict(Attributes or {})))
        return {"QueueUrl": URL + QueueName}

    def delete_queue(self, *, QueueUrl: str) -> Answer:
        del self._queues[self._queue(QueueUrl, "DeleteQueue").name]
        return {}

    @operation
    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str] = ()) -> Answer:
        queue, now = self._queue(QueueUrl, "GetQueueAttributes"), self.clock.instant
        hidden = [m for m in queue.messages if m.visible_at > now]
        delayed = [m for m in hidden if not m.received]
        attributes = queue.attributes | {
            "QueueArn": ARN + queue.name,
            "VisibilityTimeout": str(queue.visibility_seconds),
            "ApproximateNumberOfMessages": str(len(queue.messages) - len(hidden)),
            "ApproximateNumberOfMessagesNotVisible": str(len(hidden) - len(delayed)),
            "ApproximateNumberOfMessagesDelayed": str(len(delayed)),
        }
        wanted = attributes if "All" in AttributeNames else set(AttributeNames)
        return {"Attributes": {n: value for n, value in attributes.items() if n in wanted}}

    @operation
    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: int = 0,
        MessageGroupId: str | None = None,
    ) -> Answer:
        queue = self._queue(QueueUrl, "SendMessage")
        try:
            sent = self._send(queue, MessageBody, DelaySeconds, MessageGroupId)
        except _RefusedError as error:
            raise refusal("SendMessage", error.code, str(error)) from error
        return sent

    @operation
    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> Answer:
        queue = self._queue(QueueUrl, "SendMessageBatch")
        _check_entries("SendMessageBatch", Entries)
        if sum(len(entry["MessageBody"].encode()) for entry in Entries) > MESSAGE_BYTES:
            message = f"Batch requests cannot be longer than {MESSAGE_BYTES} bytes."
            raise refusal("SendMessageBatch", f"{_PREFIX}BatchRequestTooLong", message)
        answer: Answer = {}
        for entry in Entries:
            try:
                sent = self._send(
                    queue,
                    entry["MessageBody"],
                    entry.get("DelaySeconds", 0),
                    entry.get("MessageGroupId"),
                )
            except _RefusedError as error:
                failed = {"Code": error.code, "Message": str(error), "SenderFault": True}
                answer.setdefault("Failed", []).append({"Id": entry["Id"], **failed})
            else:
                answer.setdefault("Successful", []).append({"Id": entry["Id"], **sent})
        return answer

    @operation
    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        WaitTimeSeconds: int = 0,
        AttributeNames: Sequence[str] = (),
        MessageSystemAttributeNames: Sequence[str] = (),
    ) -> Answer:
        queue, now = self._queue(QueueUrl, "ReceiveMessage"), self.clock.instant
        if not 1 <= MaxNumberOfMessages <= ENTRIES:
            detail = "Value for parameter MaxNumberOfMessages is invalid."
            raise refusal("ReceiveMessage", "InvalidParameterValue", detail)
        hidden = queue.visibility_seconds if VisibilityTimeout is None else VisibilityTimeout
        received: list[Answer] = []
        for message in self._receivable(queue, now):
            if len(received) == MaxNumberOfMessages:
                break
            message.received += 1
            message.first_received_at = message.first_received_at or now
            message.receipt = f"receipt-{next(self._numbers)}"
            message.visible_at = now + hidden * 1000
            received.append(_shown(message, {*AttributeNames, *MessageSystemAttributeNames}))
        return {"Messages": received} if received else {}

    @operation
    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Answer:
        queue = self._queue(QueueUrl, "DeleteMessage")
        _check_receipt("DeleteMessage", ReceiptHandle)
        queue.messages = [m for m in queue.messages if m.receipt != ReceiptHandle]
        return {}

    @operation
    def delete_message_batch(
        self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]
    ) -> Answer:
        queue = self._queue(QueueUrl, "DeleteMessageBatch")
        _check_entries("DeleteMessageBatch", Entries)
        receipts = {entry["ReceiptHandle"] for entry in Entries}
        queue.messages = [m for m in queue.messages if m.receipt not in receipts]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    @operation
    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> Answer:
        queue = self._queue(QueueUrl, "ChangeMessageVisibility")
        _check_receipt("ChangeMessageVisibility", ReceiptHandle)
        if not 0 <= VisibilityTimeout <= MAX_HIDDEN_SECONDS:
            detail = "Value for parameter VisibilityTimeout is invalid."
            raise refusal("ChangeMessageVisibility", "InvalidParameterValue", detail)
        for message in queue.messages:
            if message.receipt == ReceiptHandle:
                message.visible_at = self.clock.instant + VisibilityTimeout * 1000
        return {}

    def _queue(self, url: str, operation_name: str) -> _Queue:
        name = url.removeprefix(URL)
        if name not in self._queues:
            message = "The specified queue does not exist."
            raise refusal(operation_name, f"{_PREFIX}NonExistentQueue", message)
        return self._queues[name]

    def _send(self, queue: _Queue, body: str, delay_seconds: int, group: str | None) -> Answer:
        if not body:
            raise _RefusedError(
                "MissingParameter", "The request must contain the parameter MessageBody."
            )
        if _REFUSED.search(body):
            raise _RefusedError("InvalidMessageContents", "Invalid characters found.")
        if len(body.encode()) > MESSAGE_BYTES:
            raise _RefusedError(
                "InvalidParameterValue",
                "One or more parameters are invalid. Reason: Message must be shorter than "
                f"{MESSAGE_BYTES} bytes.",
            )
        if not 0 <= delay_seconds <= MAX_DELAY_SECONDS:
            raise _RefusedError(
                "InvalidParameterValue",
                f"Value {delay_seconds} for parameter DelaySeconds is invalid.",
            )
        now, number = self.clock.instant, next(self._numbers)
        message = _Message(f"message-{number}", body, group, now, now + delay_seconds * 1000)
        queue.messages.append(message)
        return {"MessageId": message.message_id, "MD5OfMessageBody": _digest(body)}

    def _receivable(self, queue: _Queue, now: Instant) -> Iterator[_Message]:
        """Yield the visible messages; those that were received too often go elsewhere."""
        redrive = queue.redrive
        for message in list(queue.messages):
            if message.visible_at > now:
                continue
            if redrive and message.received >= redrive[1]:
                queue.messages.remove(message)
                message.source = ARN + queue.name
                message.receipt = None
                self._queues[redrive[0]].messages.append(message)
                continue
            yield message


def _check_entries(operation_name: str, entries: Sequence[Mapping[str, Any]]) -> None:
    names = [entry["Id"] for entry in entries]
    code = None
    if not names:
        code = "EmptyBatchRequest"
    elif len(names) > ENTRIES:
        code = "TooManyEntriesInBatchRequest"
    elif not all(map(_ID.fullmatch, names)):
        code = "InvalidBatchEntryId"
    elif len(set(names)) < len(names):
        code = "BatchEntryIdsNotDistinct"
    if code:
        raise refusal(operation_name, _PREFIX + code, code)


def _check_receipt(operation_name: str, receipt: str) -> None:
    if not receipt.startswith("receipt-"):
        message = f'The input receipt handle "{receipt}" is not a valid receipt handle.'
        raise refusal(operation_name, "ReceiptHandleIsInvalid", message)


def _shown(message: _Message, wanted: set[str]) -> Answer:
    attributes = {
        "ApproximateReceiveCount": str(message.received),
        "ApproximateFirstReceiveTimestamp": str(message.first_received_at),
        "SentTimestamp": str(message.sent_at),
        "SenderId": "123456789012",
        "MessageGroupId": message.group,
        "DeadLetterQueueSourceArn": message.source,
    }
    shown = {
        name: value
        for name, value in attributes.items()
        if value is not None and wanted & {name, "All"}
    }
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": _digest(message.body),
    } | ({"Attributes": shown} if shown else {})


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
