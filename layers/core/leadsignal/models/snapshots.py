"""What was read together before a batch of events is folded."""

from collections.abc import Mapping
from typing import NamedTuple

from leadsignal.models.activity import ActivityDay
from leadsignal.models.leads import Slot
from leadsignal.models.tenants import Tenant

type DayKey = tuple[str, str]
"""Member and UTC day."""


class Snapshot(NamedTuple):
    """Slots by id and days by (member, day); what does not exist is absent.

    ``tenant`` is as it was at the same moment, None where nobody asked for it.
    """

    slots: Mapping[str, Slot]
    days: Mapping[DayKey, ActivityDay]
    tenant: Tenant | None = None
