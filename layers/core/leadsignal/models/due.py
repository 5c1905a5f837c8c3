"""What is due by time alone."""

from typing import NamedTuple

from leadsignal.models.instants import Instant


class DueLead(NamedTuple):
    """That a lead is due at an instant; ``position`` is its place among all that are, where it was
    found among them."""

    tenant_id: str
    lead_id: str
    at: Instant
    position: str = ""


class Posting(NamedTuple):
    """A message for a queue: whose it is, and after how many seconds it is to be seen."""

    body: str
    group: str
    delay_seconds: int = 0
