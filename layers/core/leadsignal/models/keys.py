"""Keys as a client asks for them, changes them and sees them; what a key was used for."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from leadsignal.models.base import Frozen, Strict
from leadsignal.models.credits import Credits
from leadsignal.models.endpoints import Name, OrAbsent
from leadsignal.models.instants import Instant, Moment, Timestamp
from leadsignal.models.scopes import ROLES, SCOPES
from leadsignal.models.tenants import ApiKey, KeyEnv, KeyKind

MAX_OVERLAP_SECONDS = 7 * 24 * 3600
DEFAULT_OVERLAP_SECONDS = 24 * 3600

type KeyStatus = Literal["active", "expired", "revoked"]


def _known(name: str) -> str:
    if name not in ROLES and name not in SCOPES:
        raise ValueError("must be a role, or a scope <resource>:read or <resource>:write")
    return name


def _one_role_or_scopes(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) > 1 and not ROLES.keys().isdisjoint(names):
        raise ValueError("a role stands alone")
    return tuple(dict.fromkeys(names))


type Grant = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": [*ROLES, *SCOPES]})
]
type Grants = Annotated[
    tuple[Grant, ...],
    Field(
        max_length=len(SCOPES),
        strict=False,
        json_schema_extra={
            "anyOf": [
                {"maxItems": 1, "items": {"enum": [*ROLES]}},
                {"items": {"enum": [*SCOPES]}},
            ]
        },
    ),
    AfterValidator(_one_role_or_scopes),
]
"""One role, or scopes."""


type RateLimit = Annotated[int, Field(ge=1, le=10_000_000)]
"""Requests (on track routes: events) a minute."""


class KeyRequest(Strict):
    """The body of ``POST /v1/keys``. Secret keys need scopes, write keys have none.

    ``daily_credits`` is what the key may spend on look-ups a day (UTC).
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {"kind": {"const": "sk"}, "scopes": {"minItems": 1}},
                    "required": ["scopes"],
                },
                {"properties": {"kind": {"const": "wk"}, "scopes": {"maxItems": 0}}},
            ]
        }
    )

    name: Name
    kind: KeyKind
    env: KeyEnv
    scopes: Grants = ()
    rate_limit: RateLimit | None = None
    daily_credits: Credits | None = None
    expires_at: Moment | None = None


class KeyPatch(Strict):
    """The body of ``PATCH /v1/keys/{id}``, a JSON merge patch: null removes an end, a limit or a
    budget."""

    name: Name = ""
    scopes: Grants = ()
    rate_limit: RateLimit | None = None
    daily_credits: Credits | None = None
    expires_at: Moment | None = None


class RotateRequest(Strict):
    """The body of ``POST /v1/keys/{id}/rotate``: for how long the old secret stays good."""

    overlap_seconds: Annotated[int, Field(ge=0, le=MAX_OVERLAP_SECONDS)] = DEFAULT_OVERLAP_SECONDS


class MintedKey(Frozen):
    """A stored key with its secret in clear, which is shown this once."""

    key: ApiKey
    text: str


class KeyMarks(Frozen):
    """What was noticed of a key: when it was last used (to the minute), when first in a URL."""

    last_used_at: Instant | None = None
    exposed_at: Instant | None = None


class KeyView(Frozen):
    """A key as its tenant reads it: never the secret, nor its hash.

    ``prefix`` is what the key begins with, ``last4`` what it ends with. ``flagged`` says that the
    secret was seen in a URL (at ``exposed_at``), so that it should be rotated.
    """

    id: str
    name: str
    kind: KeyKind
    env: KeyEnv
    prefix: str
    last4: str
    scopes: tuple[str, ...]
    rate_limit: int | None
    daily_credits: int | None
    status: KeyStatus
    created_at: Timestamp
    created_by: str | None
    expires_at: Timestamp | None
    rotated_at: Timestamp | None
    overlap_until: OrAbsent[Timestamp] = None
    revoked_at: Timestamp | None
    last_used_at: Timestamp | None
    flagged: bool
    exposed_at: OrAbsent[Timestamp] = None


class NewKeyView(KeyView):
    """A new key or one with a new secret: ``key`` is shown this once."""

    key: str


class RouteUsage(Frozen):
    """How often a key called one route on one day; ``by_status`` counts by ``2xx``, ``4xx``…"""

    route: str
    requests: int
    by_status: dict[str, int]


class UsageDay(Frozen):
    """What a key was used for on one UTC day."""

    day: str
    requests: int
    routes: tuple[RouteUsage, ...]
