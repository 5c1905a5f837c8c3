"""What became of a lead: what somebody said of it, else its deals, else its status."""

from collections import defaultdict
from collections.abc import Iterable

from leadsignal.models.deals import Deal
from leadsignal.models.instants import Instant
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
    won = [told for deal in known if (told := _told(deal, "won"))]
    lost = [told for deal in known if (told := _told(deal, "lost"))]
    if won:
        return min(won, key=_order)
    return max(lost, key=_order) if lost and len(lost) == len(known) else None


def _told(deal: Deal, outcome: WonOrLost) -> Outcome | None:
    if deal.outcome != outcome or deal.closed_at is None:
        return None
    return Outcome(
        outcome=outcome,
        at=deal.closed_at,
        amount=deal.amount,
        currency=deal.currency,
        source="deal",
        deal_id=deal.id,
    )


def _order(told: Outcome) -> tuple[Instant, str]:
    return told.at, told.deal_id or ""


def _of_status(profile: Profile) -> Outcome | None:
    said = profile.provenance.get("status")
    found = _STATUSES.get(profile.status or "")
    return Outcome(outcome=found, at=said.by.at, source="status") if found and said else None


class Outcomes:
    """The outcomes of a tenant's leads, given all of its deals."""

    def __init__(self, deals: Iterable[Deal] = ()) -> None:
        self._deals: defaultdict[str, list[Deal]] = defaultdict(list)
        for deal in deals:
            for lead_id in deal.lead_ids:
                self._deals[lead_id].append(deal)

    def of(self, lead: Lead, profile: Profile) -> Outcome | None:
        """Return what became of a lead, by the deals of all leads that it took in too."""
        ids = (lead.lead_id, *lead.merged_from)
        deals = {deal.id: deal for each in ids for deal in self._deals.get(each, ())}
        return outcome_of(profile, deals.values())
