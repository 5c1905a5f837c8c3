"""A queue by its URL: batches within the service's limits, partial failures noticed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.domain.queue_text import escaped
from leadsignal.errors import PermanentError, TransientError
from leadsignal.models.due import Posting

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH_LIMIT = 10  # SendMessageBatch accepts at most 10 entries
BYTES_LIMIT = 256 * 1024  # of all bodies together; what every region and emulator accepts
MAX_DELAY_SECONDS = 900  # a message cannot be hidden longer at its sending

_REFUSALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "AWS.SimpleQueueService.NonExistentQueue",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "QueueDoesNotExist",
}


def batches(
    bodies: Sequence[str], *, most: int = BATCH_LIMIT, most_bytes: int = BYTES_LIMIT
) -> Iterator[list[str]]:
    """Yield the bodies in order, in as few lists as the two limits allow.

    Raises:
        PermanentError: one body alone is over ``most_bytes``.
    """
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if length > most_bytes:
            raise PermanentError(f"a message of {length} bytes is over the queue's {most_bytes}")
        if batch and (len(batch) == most or size + length > most_bytes):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


class SqsQueue:
    """One standard queue. ``group`` is the tenant, so that a busy one does not delay the others."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, bodies: Sequence[str], *, group: str, delay_seconds: int = 0) -> None:
        """Send every body (JSON texts), visible after ``delay_seconds`` (at most 900).

        Raises:
            TransientError: the queue could not be reached or did not take every body; those
                before it may be queued already, so the caller's messages must be repeatable.
            PermanentError: the queue refuses such a message.
        """
        self.post([Posting(body, group, delay_seconds) for body in bodies])

    def post(self, postings: Sequence[Posting]) -> None:
        """Send every message (JSON texts), visible after its delay (at most 900 seconds).

        Raises:
            TransientError, PermanentError: as ``send``.
        """
        meta = iter(postings)
        for batch in batches([escaped(posting.body) for posting in postings]):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {
                    "Id": str(number),
                    "MessageBody": body,
                    "MessageGroupId": posting.group,
                    "DelaySeconds": min(posting.delay_seconds, MAX_DELAY_SECONDS),
                }
                for number, (body, posting) in enumerate(zip(batch, meta, strict=False))
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            except BotoCoreError as error:
                detail = f"the queue could not be reached: {type(error).__name__}"
                raise TransientError(detail) from error
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _REFUSALS:
                    raise PermanentError(f"the queue answered {code}") from error
                raise TransientError(f"the queue answered {code}") from error
            if failed := answer.get("Failed"):
                detail = f"the queue refused {len(failed)} of {len(batch)} messages"
                if all(entry.get("SenderFault") for entry in failed):
                    raise PermanentError(detail)
                raise TransientError(detail)
