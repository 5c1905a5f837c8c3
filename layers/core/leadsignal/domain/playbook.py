"""What the leads of a tenant are measured by whenever one is committed."""

from typing import NamedTuple

from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.model.predictor import Predictor
from leadsignal.domain.rulebook import Rulebook, default_rules
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.tenants import Tenant


class Playbook(NamedTuple):
    """The rules that leads are scored by, the segments that they are sorted into, the definitions
    of their attributes, and the model that says how likely they are to be won, None where there is
    none."""

    rules: Rulebook
    segments: SegmentBook = SegmentBook()
    attributes: AttributeBook = NO_ATTRIBUTES
    model: Predictor | None = None


def default_playbook(tenant: Tenant) -> Playbook:
    """Return what measures the leads of a tenant that has set up nothing."""
    return Playbook(default_rules(tenant))
