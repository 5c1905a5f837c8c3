"""Slots and days of one tenant in one read, over both tables."""

from collections.abc import Collection

from leadsignal.adapters.dynamodb.activity import DynamoActivity
from leadsignal.adapters.dynamodb.leads import DynamoLeads, decode_slot
from leadsignal.adapters.dynamodb.table import get_many
from leadsignal.models.leads import Slot
from leadsignal.models.snapshots import DayKey, Snapshot


class DynamoSnapshots:
    """Reads what a batch of events needs, in as few calls as the service allows."""

    def __init__(self, leads: DynamoLeads, activity: DynamoActivity) -> None:
        self._leads = leads
        self._activity = activity

    def load(
        self, slots: Collection[str], days: Collection[DayKey], *, consistent: bool = False
    ) -> Snapshot:
        """Return what the slots hold, whatever pointers and peers of leads lead to, and the days.

        Slots and days that are not there are missing from the answer.
        """
        slot_keys = {self._leads.key(slot): slot for slot in slots}
        day_keys = {self._activity.key(member, day): (member, day) for member, day in days}
        found = get_many(
            [
                *((self._leads.table, key) for key in slot_keys),
                *((self._activity.table, key) for key in day_keys),
            ],
            consistent=consistent,
        )
        held: dict[str, Slot] = {}
        heads = {}
        for (table, key), item in found.items():
            if table == self._leads.table.name and key in slot_keys:
                held[slot_keys[key]] = decode_slot(item)
            else:
                heads[day_keys[key]] = item
        self._follow(held, consistent=consistent)
        return Snapshot(slots=held, days=self._activity.decode_days(heads, consistent=consistent))

    def _follow(self, held: dict[str, Slot], *, consistent: bool) -> None:
        asked = set(held)
        while missing := {s for slot in held.values() for s in slot.beside} - asked:
            asked |= missing
            keys = {self._leads.key(slot): slot for slot in missing}
            found = get_many([(self._leads.table, key) for key in keys], consistent=consistent)
            held |= {keys[key]: decode_slot(item) for (_, key), item in found.items()}
