"""Endpoints that a tenant configured: webhooks and alerts, as sent, as stored and as shown."""

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Instant, Timestamp

type WebhookType = Literal[
    "lead.created",
    "lead.updated",
    "lead.identified",
    "lead.enriched",
    "lead.score_changed",
    "lead.tier_changed",
    "lead.merged",
    "lead.unmerged",
    "lead.deleted",
    "lead.erased",
    "segment.entered",
    "segment.left",
    "company.updated",
    "deal.created",
    "deal.updated",
    "deal.won",
    "deal.lost",
    "credits.low",
    "webhook.disabled",
]
type WebhookStatus = Literal["enabled", "disabled"]

MAX_COOLDOWN_MINUTES = 7 * 24 * 60

MAX_URL = 2048
_PUBLIC = text_forms.shown(text_forms.PUBLIC_URL)
_SLACK = text_forms.shown(text_forms.SLACK_URL)

type Url = Annotated[str, Field(min_length=1, max_length=MAX_URL, json_schema_extra=_PUBLIC)]
type SlackUrl = Annotated[str, Field(min_length=1, max_length=MAX_URL, json_schema_extra=_SLACK)]
type HeaderName = Annotated[str, Field(json_schema_extra=text_forms.shown(text_forms.HEADER_NAME))]
type HeaderValue = Annotated[
    str, Field(json_schema_extra=text_forms.shown(text_forms.HEADER_VALUE, maxLength=1024))
]

type Name = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
"""A name that a person reads: no control characters."""


def _absent(value: object) -> bool:
    return value is None


T = TypeVar("T")
OrAbsent = Annotated[T | None, Field(exclude_if=_absent)]
"""A field that is left out of an answer when there is nothing to say."""


class Endpoint(Frozen):
    """What every stored endpoint has. ``url`` is normalised: the very text that is dialled."""

    id: str
    url: str
    created_at: Instant
    version: int = 0


class WebhookRequest(Strict):
    """The body of ``POST /v1/webhooks``."""

    url: Url
    types: Annotated[tuple[WebhookType, ...], Field(min_length=1, max_length=50, strict=False)]
    headers: Annotated[dict[HeaderName, HeaderValue], Field(max_length=20)] = Field(
        default_factory=dict
    )


class WebhookForm(WebhookRequest):
    """A webhook as its owner can change it: what a patch is applied to, and what must come of it.

    Without a ``status`` it is enabled.
    """

    status: WebhookStatus = "enabled"


def _lower_names(headers: dict[str, str | None]) -> dict[str, str | None]:
    lowered = {name.lower(): value for name, value in headers.items()}
    if len(lowered) < len(headers):
        raise ValueError("a header is there twice")
    return lowered


class WebhookPatch(Strict):
    """The body of ``PATCH /v1/webhooks/{id}``, a JSON merge patch: null takes a header out, and
    headers and status back to what they are without being set."""

    url: Url = ""
    types: Annotated[tuple[WebhookType, ...], Field(min_length=1, max_length=50, strict=False)] = ()
    headers: (
        Annotated[
            dict[HeaderName, HeaderValue | None], Field(max_length=40), AfterValidator(_lower_names)
        ]
        | None
    ) = None
    status: WebhookStatus | None = None


class PreviousSecret(Frozen):
    """A secret that was replaced, and the instant until which it still signs beside the new one."""

    secret: str
    until: Instant


class Webhook(Endpoint):
    """A webhook as stored."""

    types: tuple[str, ...]
    headers: dict[str, str] = Field(default_factory=dict)
    status: WebhookStatus = "enabled"
    disabled_reason: str | None = None
    secret: str
    previous_secrets: tuple[PreviousSecret, ...] = ()


class WebhookView(Frozen):
    """A webhook as its owner reads it: all but the secret."""

    id: str
    url: str
    types: tuple[str, ...]
    headers: dict[str, str]
    status: WebhookStatus
    disabled_reason: OrAbsent[str] = None
    created_at: Timestamp


class CreatedWebhook(WebhookView):
    """A new webhook, with the secret that is shown this once."""

    secret: str


class AlertRequest(Strict):
    """The body of ``POST /v1/alerts``: a Slack message at every crossing into hot."""

    name: Name
    kind: Literal["slack"] = "slack"
    url: SlackUrl
    cooldown_minutes: Annotated[int, Field(ge=0, le=MAX_COOLDOWN_MINUTES)] = 0


class AlertPatch(Strict):
    """The body of ``PATCH /v1/alerts/{id}``, a JSON merge patch: null takes kind and
    cool-down back to what they are without being set."""

    name: Name = ""
    kind: Literal["slack"] | None = None
    url: SlackUrl = ""
    cooldown_minutes: Annotated[int, Field(ge=0, le=MAX_COOLDOWN_MINUTES)] | None = None


class Alert(Endpoint):
    """An alert as stored."""

    name: str
    kind: Literal["slack"] = "slack"
    cooldown_minutes: int = 0


class AlertView(Frozen):
    """An alert as its owner reads it."""

    id: str
    name: str
    kind: Literal["slack"]
    url: str
    cooldown_minutes: int
    created_at: Timestamp
