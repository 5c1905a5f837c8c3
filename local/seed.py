"""Makes the two demo tenants and their keys."""

from datetime import UTC, datetime

from leadsignal.adapters.dynamodb.config import DynamoApiKeys, DynamoTenants
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import InvalidCredentialError
from leadsignal.runtime import wiring
from leadsignal.services.tenants import authenticate, create_tenant
from local.aws import client
from local.stack import TenantKeys

NAMES = ("demo", "other")


def seed(config_table: str, kept: tuple[TenantKeys, ...]) -> tuple[TenantKeys, ...]:
    """Return the demo tenants: those of ``kept`` whose keys still work and are listed, new ones for
    the rest."""
    table = Table(client("dynamodb"), config_table)
    tenants = DynamoTenants(table)
    now = datetime.now(UTC)

    def works(keys: TenantKeys) -> bool:
        try:
            used = [
                authenticate(key, config=tenants, now=now)
                for key in (keys.write_key, keys.secret_key)
            ]
        except InvalidCredentialError:
            return False
        return all(DynamoApiKeys(table, by.tenant.tenant_id).get(by.key_id) for by in used)

    working = {keys.name: keys for keys in kept if works(keys)}
    for name in NAMES:
        if name not in working:
            made = create_tenant(
                name,
                env="test",
                config=tenants,
                token=wiring.token,
                secret=wiring.random_key(),
                now=now,
            )
            working[name] = TenantKeys(
                name=name, write_key=made.write_key, secret_key=made.secret_key
            )
    return tuple(working[name] for name in NAMES)
