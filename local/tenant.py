"""Makes a tenant on any stack and prints its two keys, which are shown this once.

``CONFIG_TABLE=<name> python -m local.tenant "Acme" --env live``, with the credentials and the
region of the stack in the environment.
"""

import argparse

from leadsignal.runtime import wiring
from leadsignal.services.tenants import create_tenant


def main() -> int:
    """Make the tenant and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--env", choices=("live", "test"), default="live")
    arguments = parser.parse_args()
    made = create_tenant(
        arguments.name,
        env=arguments.env,
        config=wiring.tenant_store(),
        token=wiring.token,
        secret=wiring.random_key(),
        now=wiring.now(),
    )
    print(f"tenant      {made.tenant_id}  {made.name}")
    print(f"write key   {made.write_key}")
    print(f"secret key  {made.secret_key}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
