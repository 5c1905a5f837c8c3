"""What functions say to each other over queues. Ids only: the content is read where it is used."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant


class EnrichRequest(Frozen):
    """Asks to fill the company of a lead; ``cause`` is the event that led to it."""

    v: Literal[1] = 1
    tenant_id: str
    lead_id: str
    company_id: str
    domain: str
    cause: str | None = None


class Stretch(Frozen):
    """Records of a stream, first and last included, that its consumer gave up on.

    Named by their sequence numbers: the records themselves are read from the stream.
    """

    stream_arn: str = Field(alias="streamArn")
    shard_id: str = Field(alias="shardId")
    first: str = Field(alias="startSequenceNumber")
    last: str = Field(alias="endSequenceNumber")


class StreamFailure(Frozen):
    """What Lambda tells of a stretch of a stream that was not consumed."""

    stretch: Stretch = Field(alias="DDBStreamBatchInfo")


class StreamChange(Frozen):
    """One record of LeadTable's stream; ``change`` is its part ``dynamodb`` as Lambda gives it."""

    tenant_id: str
    at: Instant
    sequence: str
    change: dict[str, Any]
