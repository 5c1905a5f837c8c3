"""Tenants come into being, and a credential is traced back to its tenant."""

import base64
from collections.abc import Callable
from datetime import datetime

from leadsignal.domain import credentials
from leadsignal.domain.signatures import identify_secret
from leadsignal.errors import InvalidCredentialError
from leadsignal.models.base import Frozen
from leadsignal.models.instants import to_instant
from leadsignal.models.tenants import ApiKey, KeyEnv, KeyKind, Principal, Tenant
from leadsignal.ports import TenantStore


class CreatedTenant(Frozen):
    """A new tenant, its first two keys, which are shown this once, and what its backend signs
    ``identify`` calls with."""

    tenant_id: str
    name: str
    write_key: str
    secret_key: str
    identify_secret: str


def create_tenant(
    name: str,
    *,
    env: KeyEnv,
    config: TenantStore,
    token: Callable[[int], str],
    secret: bytes,
    now: datetime,
) -> CreatedTenant:
    """Store a tenant with a write key and an owner's secret key, and return both keys.

    ``token(n)`` gives n random base-62 characters, ``secret`` 32 random bytes.
    """
    created_at = to_instant(now)
    tenant = Tenant(
        tenant_id=f"ten_{token(16)}",
        name=name,
        secret=base64.b64encode(secret).decode(),
        created_at=created_at,
    )
    config.add_tenant(tenant)
    made: dict[KeyKind, str] = {}
    kinds: tuple[KeyKind, ...] = ("wk", "sk")
    for kind in kinds:
        key_id = token(credentials.ID_LENGTH)
        made[kind] = credentials.format_key(kind, env, key_id, token(credentials.SECRET_LENGTH))
        config.add_key(
            ApiKey(
                key_id=key_id,
                tenant_id=tenant.tenant_id,
                kind=kind,
                env=env,
                name="Write key" if kind == "wk" else "Owner key",
                hash=credentials.hash_key(made[kind]),
                last4=made[kind][-4:],
                scopes=("owner",) if kind == "sk" else (),
                created_at=created_at,
            )
        )
    return CreatedTenant(
        tenant_id=tenant.tenant_id,
        name=name,
        write_key=made["wk"],
        secret_key=made["sk"],
        identify_secret=identify_secret(tenant),
    )


def authenticate(key: str, *, config: TenantStore, now: datetime) -> Principal:
    """Return who stands behind a key.

    A key with a wrong checksum is refused before anything is read. One that does not match what is
    remembered is looked up again, for its secret may be new.

    Raises:
        InvalidCredentialError: malformed, unknown, revoked or expired; the same for all.
    """
    key_id, instant = credentials.parse_key(key).key_id, to_instant(now)
    stored = config.key(key_id)
    if not credentials.matches(key, stored, now=instant):
        stored = config.key_again(key_id)
        if not credentials.matches(key, stored, now=instant):
            raise InvalidCredentialError("the key is not valid")
    tenant = config.tenant(stored.tenant_id) if stored and stored.alive(instant) else None
    if stored is None or tenant is None:
        raise InvalidCredentialError("the key is not valid")
    return Principal(
        tenant=tenant,
        key_id=stored.key_id,
        kind=stored.kind,
        env=stored.env,
        scopes=stored.scopes,
        rate_limit=stored.rate_limit,
        daily_credits=stored.daily_credits,
        expires_at=stored.expires_at,
    )
