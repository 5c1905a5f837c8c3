"""Lists of leads: the orders they come in, the bounds of a list, and one entry of a page."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead

type LeadOrder = Literal[
    "score", "-score", "created_at", "-created_at", "last_seen_at", "-last_seen_at"
]


class ListEntry(NamedTuple):
    """A lead on a page, and its position: what the next page starts after."""

    position: str
    lead: Lead


class MemberEntry(NamedTuple):
    """A lead in a segment since an instant, and its position: what the next page starts after."""

    position: str
    lead_id: str
    since: Instant


class Sample(NamedTuple):
    """Some of a tenant's leads, taken without regard to what they are like; of so many that there
    are, or (not ``counted``) that were created last."""

    leads: Sequence[Lead]
    total: int
    counted: bool


class Bounds(NamedTuple):
    """The least and the greatest value of what a list is ordered by, both in; None: no bound.

    Scores are points, and the other orders instants.
    """

    least: int | None = None
    greatest: int | None = None


UNBOUNDED = Bounds()


class Span(NamedTuple):
    """Keys from ``least`` to ``greatest``, both in."""

    least: str
    greatest: str

    @property
    def is_point(self) -> bool:
        """True when it is one key."""
        return self.least == self.greatest
