"""Brings a lead's score up to date with the rules and the time, though nothing happened to it."""

from datetime import datetime

from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.deletion import read_standing
from leadsignal.services.desk import Desk

ATTEMPTS = 6


def rescore(lead_id: str, *, desk: Desk, now: datetime) -> bool:
    """Score a lead as of now, with the leads that its evidence touches; say whether that changed
    anything. The id of a merged lead rescores the one that took it in.

    Raises:
        NotFoundError: there is no such lead.
        ConflictError: others kept changing the lead.
        TransientError: storage failed.
    """
    for _ in range(ATTEMPTS):
        leads, pointers = read_standing([lead_id], desk=desk, now=now)
        if not leads:
            raise NotFoundError("lead")
        cluster = Cluster(leads, desk, pointers=pointers, looked_up=[lead_id])
        cluster.apply()
        change = cluster.settled(now, rescored=True)
        if not change.settled:
            return False
        try:
            desk.leads.write(change)
        except ConflictError:
            continue
        return True
    raise ConflictError("others kept changing the lead")
