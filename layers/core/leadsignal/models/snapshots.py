"""What was read together before a batch of events is folded."""

from collections.abc import Mapping
from typing import NamedTuple

from leadsignal.models.activity import ActivityDay
from leadsignal.models.leads import Slot

type DayKey = tuple[str, str]
"""Member and UTC day."""


class Snapshot(NamedTuple):
    """Slots by id and days by (member, day); what does not exist is absent."""

    slots: Mapping[str, Slot]
    days: Mapping[DayKey, ActivityDay]
