"""Tenants and the keys that act for them."""

from typing import Literal

from leadsignal.models import scopes
from leadsignal.models.attributes import AttributeMark
from leadsignal.models.base import Frozen
from leadsignal.models.instants import MINUTE_MS, Instant
from leadsignal.models.rules import Publication

type KeyKind = Literal["wk", "sk"]
type KeyEnv = Literal["live", "test"]
type Tier = Literal["standard", "high", "unlimited"]
"""How much the keys of a tenant may ask of us; an operator sets it."""


STATUSES = ("new", "open", "working", "qualified", "nurturing", "won", "lost", "disqualified")
"""The statuses of leads where a tenant has set no others."""


class Tenant(Frozen):
    """A customer of a deployment, and its settings.

    ``secret`` (32 random bytes, base64) is the root of the tenant's keyed hashes and signed
    cursors; it never leaves the configuration table. ``window_days`` is for how many days up to the
    newest one a lead keeps each day by itself; what is older is kept by month and year.
    ``statuses`` are those that a lead can have, a new one the first; ``default_country`` is whose
    numbers phones without a country code are (ISO 3166-1 alpha-2). ``monthly_credits`` is the
    allowance of a month (UTC), set by an operator, ``daily_credits`` what may be spent of it a day.
    What providers said of a company is fresh for ``company_days``; leads from the score
    ``enrichment_min_score`` on have those providers asked that cost something.
    ``published`` names the rules that leads are scored by, None where these are the default ones;
    ``segments`` the set of segments that they are sorted into, None where there are none;
    ``attributes`` the definitions of their attributes, None where there are none; ``model`` the one
    that says how likely they are to be won, None where none runs.
    """

    tenant_id: str
    name: str
    secret: str
    session_gap_minutes: int = 30
    window_days: int = 30
    statuses: tuple[str, ...] = STATUSES
    default_country: str | None = None
    published: Publication | None = None
    segments: str | None = None
    attributes: AttributeMark | None = None
    model: str | None = None
    tier: Tier = "standard"
    monthly_credits: int = 1_000
    daily_credits: int | None = None
    company_days: int = 60
    enrichment_min_score: int = 40
    created_at: Instant
    updated_at: Instant | None = None
    version: int = 0

    @property
    def session_gap_ms(self) -> int:
        """The longest pause within a session, in milliseconds."""
        return self.session_gap_minutes * MINUTE_MS


class ApiKey(Frozen):
    """A key as stored: the hash of the whole key, never the key.

    ``scopes`` holds ``<resource>:<read|write>`` or a single role; write keys carry none, for they
    reach track routes only. ``rate_limit`` is how many requests (events, on track routes) a minute
    it may send where that is less than the tenant's tier allows, ``daily_credits`` how many credits
    it may spend a day (UTC). After a rotation the replaced
    secret (``previous_hash``) is good until ``previous_until``.
    """

    key_id: str
    tenant_id: str
    name: str = ""
    kind: KeyKind
    env: KeyEnv
    hash: str
    last4: str = ""
    previous_hash: str | None = None
    previous_until: Instant | None = None
    scopes: tuple[str, ...] = ()
    rate_limit: int | None = None
    daily_credits: int | None = None
    expires_at: Instant | None = None
    revoked_at: Instant | None = None
    created_at: Instant
    created_by: str | None = None
    rotated_at: Instant | None = None
    version: int = 0

    def alive(self, now: Instant) -> bool:
        """Return whether the key is neither revoked nor expired."""
        return (self.revoked_at is None or self.revoked_at > now) and (
            self.expires_at is None or self.expires_at > now
        )

    def administers(self, now: Instant) -> bool:
        """Return whether this key may manage the tenant's keys, now and without an end."""
        administrator = bool(scopes.ADMINISTRATORS & set(self.scopes))
        return administrator and self.expires_at is None and self.alive(now)


class Principal(Frozen):
    """Who is calling: the tenant and key behind a checked credential."""

    tenant: Tenant
    key_id: str
    kind: KeyKind
    env: KeyEnv
    scopes: tuple[str, ...] = ()
    rate_limit: int | None = None
    daily_credits: int | None = None
    expires_at: Instant | None = None

    @property
    def trusted(self) -> bool:
        """True for a secret key: only a server can hold one."""
        return self.kind == "sk"

    def may(self, scope: str) -> bool:
        """Return whether this caller carries ``scope``; who may write may read."""
        return scopes.allows(self.scopes, scope)
