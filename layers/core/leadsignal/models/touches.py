"""How a visitor came: the marks that a page view carries of it."""

from typing import Literal

from leadsignal.models.base import Frozen

type Channel = Literal[
    "direct",
    "cross_network",
    "paid_shopping",
    "paid_search",
    "paid_social",
    "paid_video",
    "display",
    "paid_other",
    "organic_shopping",
    "organic_social",
    "organic_video",
    "organic_search",
    "ai_assistant",
    "email",
    "affiliates",
    "referral",
    "audio",
    "sms",
    "mobile_push_notifications",
    "unassigned",
]


class ReferrerKind(Frozen):
    """What stands behind a referring host or a ``utm_source``; ``name`` is None for ``other``."""

    kind: Literal["search", "social", "ai", "video", "shopping", "other"] = "other"
    name: str | None = None


class ClickId(Frozen):
    """The id that an advertising network put on a link."""

    network: str
    value: str


class TouchMark(Frozen):
    """One way in: what the page's URL, its referrer and the campaign say together.

    ``referrer`` has neither query nor fragment; ``landing_url`` keeps of its query only what marks
    a touch (``utm_*`` and click ids). No text is longer than 512 characters.
    """

    channel: Channel
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
    click_id: ClickId | None = None
    referrer: str | None = None
    landing_url: str | None = None
