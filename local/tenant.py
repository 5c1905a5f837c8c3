"""Makes a tenant on any stack and prints its first two keys, which are shown this once.

``CONFIG_TABLE=<name> python -m local.tenant "Acme" --env live``, with the credentials and the
region of the stack in the environment. The identify secret, which signs ``identify`` calls, is
printed too, and again at any time by ``python -m local.tenant --of <tenant id>``.
"""

import argparse
import sys
from collections.abc import Sequence

from leadsignal.domain.signatures import identify_secret
from leadsignal.runtime import wiring
from leadsignal.services.tenants import create_tenant


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the tenant and print it, or print what an existing one signs with."""
    parser = argparse.ArgumentParser(description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("name", nargs="?")
    wanted.add_argument("--of", metavar="TENANT_ID", help="print a tenant's identify secret")
    parser.add_argument("--env", choices=("live", "test"), default="live")
    parsed = parser.parse_args(arguments)
    if parsed.of:
        return _show_again(parsed.of)
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


def _show_again(tenant_id: str) -> int:
    tenant = wiring.tenant_store().tenant(tenant_id)
    if tenant is None:
        print(f"there is no tenant {tenant_id}", file=sys.stderr)
        return 1
    print(f"identify secret  {identify_secret(tenant)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
