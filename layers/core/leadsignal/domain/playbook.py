"""What the leads of a tenant are measured by whenever one is committed."""

from typing import NamedTuple

from leadsignal.domain.rulebook import Rulebook, default_rules
from leadsignal.models.tenants import Tenant


class Playbook(NamedTuple):
    """The rules that leads are scored by."""

    rules: Rulebook


def default_playbook(tenant: Tenant) -> Playbook:
    """Return what measures the leads of a tenant that has set up nothing."""
    return Playbook(default_rules(tenant))
