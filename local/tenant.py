"""Makes a tenant on any stack and prints its first two keys, which are shown this once.

``CONFIG_TABLE=<name> python -m local.tenant "Acme" --env live``, with the credentials and the
region of the stack in the environment. The identify secret, which signs ``identify`` calls, is
printed too, and again at any time by ``python -m local.tenant --of <tenant id>``. With ``--tier
high`` that sets how much the tenant's keys may ask for; it holds everywhere within 30 seconds.

``--of <tenant id> --credits 5000`` sets the monthly allowance of credits, at once and for the
months to come; ``--grant 500`` gives extra credits for this month. Both need ``LEAD_TABLE``, too,
and are entries of the tenant's ledger.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import get_args

from leadsignal.domain.signatures import identify_secret
from leadsignal.models.credits import MAX_CREDITS, Account
from leadsignal.models.tenants import Tenant, Tier
from leadsignal.runtime import lookup_wiring, wiring
from leadsignal.services import credits
from leadsignal.services.tenants import create_tenant


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the tenant and print it, or print what an existing one signs with."""
    parser = argparse.ArgumentParser(description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("name", nargs="?")
    wanted.add_argument("--of", metavar="TENANT_ID", help="print a tenant's identify secret")
    parser.add_argument("--env", choices=("live", "test"), default="live")
    parser.add_argument("--tier", choices=get_args(Tier.__value__), help="only with --of")
    parser.add_argument("--credits", type=_credits, help="a month; only with --of")
    parser.add_argument("--grant", type=_credits, help="extra credits; only with --of")
    parsed = parser.parse_args(arguments)
    if parsed.of:
        return _changed(parsed.of, parsed.tier, parsed.credits, parsed.grant)
    made = create_tenant(
        parsed.name,
        env=parsed.env,
        config=wiring.tenant_store(),
        token=wiring.token,
        secret=wiring.random_key(),
        now=wiring.now(),
    )
    print(f"tenant           {made.tenant_id}  {made.name}")
    print(f"write key        {made.write_key}")
    print(f"secret key       {made.secret_key}")
    print(f"identify secret  {made.identify_secret}")
    return 0


def _credits(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MAX_CREDITS:
        raise argparse.ArgumentTypeError(f"must be between 0 and {MAX_CREDITS}")
    return number


def _changed(tenant_id: str, tier: Tier | None, monthly: int | None, granted: int | None) -> int:
    tenant = wiring.tenant_store().tenant(tenant_id)
    if tenant is None:
        print(f"there is no tenant {tenant_id}", file=sys.stderr)
        return 1
    print(f"identify secret  {identify_secret(tenant)}")
    if tier is not None:
        tenant = _with(tenant, tier=tier)
        print(f"tier             {tenant.tier}")
    if monthly is not None:
        tenant = _with(tenant, monthly_credits=monthly)
        _print(credits.reallow(cashier=lookup_wiring.cashier(tenant), now=wiring.now()))
    if granted:
        _print(credits.grant(granted, cashier=lookup_wiring.cashier(tenant), now=wiring.now()))
    return 0


def _with(tenant: Tenant, **changes: object) -> Tenant:
    settings = wiring.tenant_settings(tenant.tenant_id)
    return settings.save(settings.get().model_copy(update=changes))


def _print(account: Account) -> None:
    print(f"credits          {account.balance} left of {account.allowance} + {account.granted}")


if __name__ == "__main__":
    raise SystemExit(main())
