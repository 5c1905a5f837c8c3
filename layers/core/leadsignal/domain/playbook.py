"""What the leads of a tenant are measured by whenever one is committed."""

from typing import NamedTuple

from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.rulebook import Rulebook, default_rules
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.tenants import Tenant


class Playbook(NamedTuple):
    """The rules that leads are scored by, the segments that they are sorted into, and the
    definitions of their attributes."""

    rules: Rulebook
    segments: SegmentBook = SegmentBook()
    attributes: AttributeBook = NO_ATTRIBUTES


def default_playbook(tenant: Tenant) -> Playbook:
    """Return what measures the leads of a tenant that has set up nothing."""
    return Playbook(default_rules(tenant))
