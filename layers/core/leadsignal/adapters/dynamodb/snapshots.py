"""Slots and days of one tenant in one read, over both tables."""

from collections.abc import Collection

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.activity import DynamoActivity
from leadsignal.adapters.dynamodb.leads import DynamoLeads, decode_slot
from leadsignal.adapters.dynamodb.table import Table, get_many
from leadsignal.models.leads import Slot
from leadsignal.models.snapshots import DayKey, Snapshot
from leadsignal.models.tenants import Tenant


class DynamoSnapshots:
    """Reads what a batch of events needs, in as few calls as the service allows."""

    def __init__(
        self, leads: DynamoLeads, activity: DynamoActivity, *, config: Table | None = None
    ) -> None:
        """With ``config`` the tenant is read along: what it has published holds at once."""
        self._leads = leads
        self._activity = activity
        self._config = config

    def load(
        self, slots: Collection[str], days: Collection[DayKey], *, consistent: bool = False
    ) -> Snapshot:
        """Return what the slots hold, whatever pointers and peers of leads lead to, and the days.

        Slots and days that are not there are missing from the answer.
        """
        slot_keys = {self._leads.key(slot): slot for slot in slots}
        day_keys = {self._activity.key(member, day): (member, day) for member, day in days}
        own = keys.tenant(self._leads.tenant_id)
        wanted = self._config is not None and bool(slot_keys or day_keys)
        beside = [(self._config, own)] if wanted and self._config is not None else []
        found = get_many(
            [
                *beside,
                *((self._leads.table, key) for key in slot_keys),
                *((self._activity.table, key) for key in day_keys),
            ],
            consistent=consistent,
        )
        tenant = found.pop((self._config.name, own), None) if self._config is not None else None
        held: dict[str, Slot] = {}
        heads = {}
        for (table, key), item in found.items():
            if table == self._leads.table.name and key in slot_keys:
                held[slot_keys[key]] = decode_slot(item)
            else:
                heads[day_keys[key]] = item
        self._follow(held, consistent=consistent)
        return Snapshot(
            slots=held,
            days=self._activity.decode_days(heads, consistent=consistent),
            tenant=Tenant.model_validate_json(tenant["data"]) if tenant else None,
        )

    def _follow(self, held: dict[str, Slot], *, consistent: bool) -> None:
        asked = set(held)
        while missing := {s for slot in held.values() for s in slot.beside} - asked:
            asked |= missing
            wanted = {self._leads.key(slot): slot for slot in missing}
            found = get_many([(self._leads.table, key) for key in wanted], consistent=consistent)
            held |= {wanted[key]: decode_slot(item) for (_, key), item in found.items()}
