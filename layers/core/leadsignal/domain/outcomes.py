"""What became of a lead: what somebody said of it, else its deals, else its status."""

from collections import defaultdict
from collections.abc import Iterable

from leadsignal.models.deals import Deal
from leadsignal.models.leads import Lead
from leadsignal.models.outcomes import Outcome, WonOrLost
from leadsignal.models.profiles import Profile

_STATUSES: dict[str, WonOrLost] = {"won": "won", "lost": "lost"}


def outcome_of(profile: Profile, deals: Iterable[Deal] = ()) -> Outcome | None:
    """Return what became of a lead with these deals, and when; None while that is open.

    What somebody said of the lead itself goes before its deals, and these before its status. One
    deal that was won makes it won, from the first one on; it is lost when all of its deals are,
    from the last one on. A status counts from when it was said.
    """
    return profile.outcome or _of_deals(deals) or _of_status(profile)


def _of_deals(deals: Iterable[Deal]) -> Outcome | None:
    known = list(deals)
    closed = [
        (deal.closed_at, deal.id, deal.outcome, deal)
        for deal in known
        if deal.outcome != "open" and deal.closed_at is not None
    ]
    won = [each for each in closed if each[2] == "won"]
    if won:
        at, _, _, deal = min(won, key=lambda each: each[:2])
        return Outcome(outcome="won", at=at, amount=deal.amount, currency=deal.currency)
    if not closed or len(closed) < len(known):
        return None
    at, _, _, deal = max(closed, key=lambda each: each[:2])
    return Outcome(outcome="lost", at=at, amount=deal.amount, currency=deal.currency)


def _of_status(profile: Profile) -> Outcome | None:
    said = profile.provenance.get("status")
    found = _STATUSES.get(profile.status or "")
    return Outcome(outcome=found, at=said.by.at) if found and said else None


class Outcomes:
    """The outcomes of a tenant's leads, given all of its deals."""

    def __init__(self, deals: Iterable[Deal] = ()) -> None:
        self._deals: defaultdict[str, list[Deal]] = defaultdict(list)
        for deal in deals:
            for lead_id in dict.fromkeys(deal.lead_ids):
                self._deals[lead_id].append(deal)

    def of(self, lead: Lead, profile: Profile) -> Outcome | None:
        """Return what became of a lead, by the deals of all leads that it took in too."""
        ids = (lead.lead_id, *lead.merged_from)
        deals = {deal.id: deal for each in ids for deal in self._deals.get(each, ())}
        return outcome_of(profile, deals.values())
