"""What functions say to each other over queues. Ids only: the content is read where it is used."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant
from leadsignal.models.jobs import JobStep


class EnrichRequest(Frozen):
    """Asks to fill the company of a lead; ``cause`` is the event that led to it.

    ``deep``: with those providers too that cost something.
    """

    v: Literal[1] = 1
    kind: Literal["lead"] = "lead"
    tenant_id: str
    lead_id: str
    company_id: str
    domain: str
    deep: bool = False
    cause: str | None = None


class MailRequest(Frozen):
    """Asks whether the domain of a lead's e-mail takes mail; ``cause`` is the event that led to
    it."""

    v: Literal[1] = 1
    kind: Literal["mail"] = "mail"
    tenant_id: str
    lead_id: str
    domain: str
    cause: str | None = None


LAST_ATTEMPT = 6  # to get an answer from providers that gave none


class CompanyRequest(Frozen):
    """Asks for what is not known yet, or not freshly, of a company that was looked up.

    ``key_id`` is the key that pays for it, ``attempt`` counts from 1 to ``LAST_ATTEMPT`` how often
    it was tried.
    """

    v: Literal[1] = 1
    kind: Literal["company"] = "company"
    tenant_id: str
    company_id: str
    domain: str
    deep: bool = False
    key_id: str | None = None
    daily_credits: int | None = None
    attempt: int = 1


class SpreadRequest(Frozen):
    """Asks to bring a changed company to its leads, those after a position in its list."""

    v: Literal[1] = 1
    kind: Literal["spread"] = "spread"
    tenant_id: str
    company_id: str
    after: str | None = None


def _kind(value: Any) -> str:
    kind = value.get("kind", "lead") if isinstance(value, dict) else getattr(value, "kind", "lead")
    return str(kind)


type AnyEnrichRequest = Annotated[
    Annotated[EnrichRequest, Tag("lead")]
    | Annotated[CompanyRequest, Tag("company")]
    | Annotated[SpreadRequest, Tag("spread")]
    | Annotated[MailRequest, Tag("mail")],
    Discriminator(_kind),
]
ENRICH_MESSAGE: TypeAdapter[EnrichRequest | CompanyRequest | SpreadRequest | MailRequest] = (
    TypeAdapter(AnyEnrichRequest)
)
"""Reads a message of EnrichQueue."""


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


class DueRequest(Frozen):
    """Asks to bring leads of a tenant up to date that are due by time alone, all of them at ``at``
    or before."""

    v: Literal[1] = 1
    kind: Literal["due"] = "due"
    tenant_id: str
    at: Instant
    lead_ids: tuple[str, ...]


def _asked(value: Any) -> str:
    kind = value.get("kind", "job") if isinstance(value, dict) else getattr(value, "kind", "job")
    return str(kind)


type AnyRescoreMessage = Annotated[
    Annotated[JobStep, Tag("job")] | Annotated[DueRequest, Tag("due")], Discriminator(_asked)
]
RESCORE_MESSAGE: TypeAdapter[JobStep | DueRequest] = TypeAdapter(AnyRescoreMessage)
"""Reads a message of RescoreQueue."""


class TrainRound(Frozen):
    """Asks to train the model of a tenant, if there are so many new outcomes that it is worth
    it."""

    v: Literal[1] = 1
    kind: Literal["round"] = "round"
    tenant_id: str


type AnyTrainMessage = Annotated[
    Annotated[JobStep, Tag("job")] | Annotated[TrainRound, Tag("round")], Discriminator(_asked)
]
TRAIN_MESSAGE: TypeAdapter[JobStep | TrainRound] = TypeAdapter(AnyTrainMessage)
"""Reads a message of TrainQueue."""
