"""Reads records of LeadTable's stream again, for a consumer that gave up on them."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.stream import is_news
from leadsignal.adapters.dynamodb.table import translate
from leadsignal.errors import TransientError
from leadsignal.models.instants import to_instant
from leadsignal.models.messages import StreamChange, Stretch

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

MAX_PAGES = 200  # a page holds up to 1 MB, but may hold nothing; a batch is a few
_GONE = {"ResourceNotFoundException", "TrimmedDataAccessException"}


class DynamoStreamReader:
    """The stream as a whole; what announce would be given of it (changes with news) is returned."""

    def __init__(self, client: "Callable[[], DynamoDBStreamsClient]") -> None:
        self._client = client

    def read(self, stretch: Stretch) -> Sequence[StreamChange] | None:
        """Return the changes of a stretch, or None when the stream has not all of it any more.

        Raises:
            TransientError: the stream could not be read.
        """
        try:
            return [_change(record) for record in self._records(stretch) if is_news(record)]
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise translate(error) from error
        except BotoCoreError as error:
            raise translate(error) from error

    def _records(self, stretch: Stretch) -> Iterator[Mapping[str, Any]]:
        client = self._client()
        iterator = client.get_shard_iterator(
            StreamArn=stretch.stream_arn,
            ShardId=stretch.shard_id,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=stretch.first,
        )["ShardIterator"]
        last = int(stretch.last)
        for _ in range(MAX_PAGES):
            answer: Mapping[str, Any] = client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                number = int(record["dynamodb"]["SequenceNumber"])
                if number <= last:
                    yield record
                if number >= last:
                    return
            if not answer.get("NextShardIterator"):
                return
            iterator = answer["NextShardIterator"]
        raise TransientError("the stream did not come to the end of the stretch")


def _change(record: Mapping[str, Any]) -> StreamChange:
    change = json.loads(json.dumps(record["dynamodb"], default=_as_lambda))
    return StreamChange(
        tenant_id=keys.tenant_of(change["Keys"]["pk"]["S"]),
        at=to_instant(record["dynamodb"]["ApproximateCreationDateTime"]),
        sequence=change["SequenceNumber"],
        change=change,
    )


def _as_lambda(value: object) -> str | float:
    """Return bytes and times as the event of a stream mapping has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"a stream holds no {type(value).__name__}")
