"""Lists of leads: the orders they come in, and one entry of a page."""

from typing import Literal, NamedTuple

from leadsignal.models.leads import Lead

type LeadOrder = Literal[
    "score", "-score", "created_at", "-created_at", "last_seen_at", "-last_seen_at"
]


class ListEntry(NamedTuple):
    """A lead on a page, and its position: what the next page starts after."""

    position: str
    lead: Lead
