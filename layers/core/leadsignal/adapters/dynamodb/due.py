"""The leads of all tenants in the order in which they are due, and how far the sweep of them came.

Not bound to a tenant: what is due is found for all of them at once. Of leads it tells nothing but
whose they are.
"""

from collections.abc import Iterator
from contextlib import suppress

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.errors import ConflictError
from leadsignal.models.due import DueLead
from leadsignal.models.instants import Instant

BY_DUE = ("by_due", keys.DUE, "by_due")
POSITION = "position"


class DynamoDueIndex:
    """The index ``by_due`` of LeadTable; the position of the sweep is in ConfigTable."""

    def __init__(self, leads: Table, config: Table) -> None:
        self._leads = leads
        self._config = config

    def of_minute(self, minute: int, *, after: str | None = None) -> Iterator[DueLead]:
        """Yield the leads that are due in a minute (since 1970), the earliest first, those after a
        position only. The index may be a moment behind the leads."""
        for item in self._leads.query(keys.due_in(minute), index=BY_DUE, after=after):
            position = item["by_due"]
            yield DueLead(
                tenant_id=keys.tenant_of(item["pk"]),
                lead_id=keys.lead_of(item["pk"]),
                at=keys.due_at(position),
                position=position,
            )

    def start_of(self, at: Instant) -> str:
        """Return the position before all leads that are due at an instant or later."""
        return keys.due_from(at)

    def instant_of(self, position: str) -> Instant:
        """Return the instant of a position."""
        return keys.due_at(position)

    def reached(self) -> str | None:
        """Return the position up to which all that was due was handed on; None at first."""
        item = self._config.get(keys.sweep(), consistent=True)
        return item[POSITION] if item else None

    def reach(self, position: str) -> None:
        """Keep a position, unless a later one is kept already."""
        with suppress(ConflictError):
            self._config.raise_value(keys.sweep(), POSITION, position)
