"""Writes what somebody said of a lead and what follows from it, in one transaction."""

from leadsignal.adapters.dynamodb.activity import DynamoActivity
from leadsignal.adapters.dynamodb.leads import DynamoLeads
from leadsignal.adapters.dynamodb.table import Action, Table
from leadsignal.models.activity import ActivityDay
from leadsignal.models.profiles import Change


class DynamoEdits:
    """The edits of one tenant's leads, over both tables."""

    def __init__(self, leads: DynamoLeads, activity: DynamoActivity) -> None:
        self._leads = leads
        self._activity = activity

    def prepare(self, before: ActivityDay, after: ActivityDay) -> ActivityDay:
        """Return the day as ``write`` will store it; what is stored by this nobody reads before."""
        return self._activity.prepare(before, after)

    def write(self, before: ActivityDay, stored: ActivityDay, change: Change) -> None:
        """Write a prepared day, if it is another than ``before``, and a change of leads: all of it
        or nothing.

        Raises:
            ConflictError: something is no longer as it was read.
            TooLargeError: a lead does not fit into an item.
        """
        writing = self._leads.writing(change)
        self._leads.found(change.settled)
        beside: list[tuple[Table, Action]] = [(self._leads.table, link) for link in writing.links]
        if stored is not before:
            beside.append((self._activity.table, self._activity.day_put(before, stored)))
        if writing.puts or beside:
            self._leads.write_out(writing, beside)
