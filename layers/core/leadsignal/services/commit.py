"""The one way to change a lead: apply, see who it is now, score, write on condition."""

from collections.abc import Callable
from datetime import datetime

from leadsignal.domain.companies import company_behind
from leadsignal.domain.default_rules import DEFAULT_RULES
from leadsignal.domain.facts import facts_between
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.scoring import score_profile, settled_tier
from leadsignal.domain.secrets import derive
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Lead, Pointer
from leadsignal.models.profiles import Settled
from leadsignal.models.tenants import Tenant
from leadsignal.ports import LeadStore, MailDomains

ATTEMPTS = 5


def settle(
    before: Lead | None, lead: Lead, *, tenant: Tenant, mail: MailDomains, now: datetime
) -> Settled:
    """Return the next version of a lead: company, score, tier and fact count follow its members.

    Pure but for the look-up of the mail domain. ``before`` is the stored state, None for a new
    lead. Every change of a lead goes through here, so no score is ever older than its lead.
    """
    gap_ms = tenant.session_gap_ms
    profile = profile_of(lead, gap_ms=gap_ms)
    host = profile.email.rpartition("@")[2] if profile.email else None
    kind = mail.kind(host) if host else None
    company = company_behind(
        lead.members.values(),
        business_domain=mail.registrable(host) if host and kind == "business" else None,
        key=derive(tenant, "companies"),
        current=lead.company,
    )
    profile = profile.model_copy(update={"email_kind": kind, "company": company})
    score = score_profile(profile, DEFAULT_RULES)
    settled = lead.model_copy(
        update={
            "version": (before.version if before else 0) + 1,
            "email_kind": kind,
            "company": company,
            "score": score,
            "fact_tier": settled_tier(lead.fact_tier, score.score),
            "committed_at": to_instant(now),
        }
    )
    was = profile_of(before, gap_ms=gap_ms) if before else None
    facts = facts_between(before, was, settled, profile, tenant_id=tenant.tenant_id)
    sequence = (before.sequence if before else 0) + len(facts)
    return Settled(
        lead=settled.model_copy(update={"sequence": sequence}), profile=profile, news=bool(facts)
    )


def change_lead(
    lead_id: str,
    change: Callable[[Lead], Lead],
    *,
    tenant: Tenant,
    leads: LeadStore,
    mail: MailDomains,
    now: datetime,
) -> Lead:
    """Load a lead, apply ``change``, settle and write it; on a conflict begin again.

    A lead that was merged away is changed where it lives now. A change that changes nothing
    writes nothing.

    Raises:
        NotFoundError: there is no such lead.
        ConflictError: others kept winning the write.
    """
    for attempt in range(ATTEMPTS):
        slot = leads.slot(lead_id, consistent=attempt > 0)
        while isinstance(slot, Pointer):
            slot = leads.slot(slot.into, consistent=attempt > 0)
        if slot is None:
            raise NotFoundError("lead")
        changed = change(slot)
        if changed == slot:
            return slot
        settled = settle(slot, changed, tenant=tenant, mail=mail, now=now)
        try:
            leads.save(settled)
        except ConflictError:
            continue
        return settled.lead
    raise ConflictError("others kept changing the lead")
