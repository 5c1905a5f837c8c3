"""The settings of a tenant as a client changes and sees them."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.credits import Credits
from leadsignal.models.endpoints import Name
from leadsignal.models.instants import Timestamp
from leadsignal.models.tenants import Tier

MAX_STATUSES = 50
MIN_SESSION_GAP_MINUTES, MAX_SESSION_GAP_MINUTES = 5, 240
MIN_WINDOW_DAYS, MAX_WINDOW_DAYS = 7, 60
MIN_COMPANY_DAYS, MAX_COMPANY_DAYS = 30, 90


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("each status stands once")
    return names


type Status = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x20\x7f]([^\x00-\x1f\x7f]*[^\x00-\x20\x7f])?$",
    ),
]
"""A status of leads: no control characters, no blank at either end."""

type Statuses = Annotated[
    tuple[Status, ...],
    Field(
        min_length=1,
        max_length=MAX_STATUSES,
        strict=False,
        json_schema_extra={"uniqueItems": True},
    ),
    AfterValidator(_each_once),
]
type CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class SettingsPatch(Strict):
    """The body of ``PATCH /v1/settings``, a JSON merge patch: null sets a setting back to what it
    is for a new tenant."""

    name: Name = ""
    statuses: Statuses | None = None
    default_country: CountryCode | None = None
    session_gap_minutes: (
        Annotated[int, Field(ge=MIN_SESSION_GAP_MINUTES, le=MAX_SESSION_GAP_MINUTES)] | None
    ) = None
    window_days: Annotated[int, Field(ge=MIN_WINDOW_DAYS, le=MAX_WINDOW_DAYS)] | None = None
    daily_credits: Credits | None = None
    company_days: Annotated[int, Field(ge=MIN_COMPANY_DAYS, le=MAX_COMPANY_DAYS)] | None = None
    enrichment_min_score: Annotated[int, Field(ge=0, le=100)] | None = None


class SettingsView(Frozen):
    """The settings of a tenant. ``tier`` and ``monthly_credits`` are set by whoever runs the
    deployment; ``daily_credits`` is what all keys together may spend a day (null: no limit).
    ``company_days`` is for how long what providers say of a company is fresh; from the score
    ``enrichment_min_score`` on a lead's company is asked for at a price."""

    name: str
    tier: Tier
    statuses: tuple[str, ...]
    default_country: str | None
    session_gap_minutes: int
    window_days: int
    monthly_credits: int
    daily_credits: int | None
    company_days: int
    enrichment_min_score: int
    created_at: Timestamp
    updated_at: Timestamp | None
