"""Tells the world what changed: facts from stored changes, to whom asked for them."""

from collections.abc import Callable, Iterable

from leadsignal.domain.company_records import company_facts
from leadsignal.domain.credits import credit_facts
from leadsignal.domain.deals import deal_facts
from leadsignal.domain.facts import deletion, facts_between
from leadsignal.domain.profiles import profile_of
from leadsignal.models.companies import Company
from leadsignal.models.credits import Account
from leadsignal.models.deals import Deal
from leadsignal.models.facts import Fact
from leadsignal.models.leads import Lead, Pointer, Tombstone
from leadsignal.models.messages import SpreadRequest
from leadsignal.models.profiles import Profile
from leadsignal.models.stored import Stored
from leadsignal.models.tenants import Tenant


def facts_to_tell(
    changes: Iterable[tuple[str, Stored | None, Stored | None]],
    *,
    tenant: Callable[[str], Tenant | None],
    wanted: Callable[[str], frozenset[str]],
) -> list[Fact]:
    """Return the facts behind stored changes (tenant id, before, after) that somebody asked for.

    ``wanted`` gives the fact types that a tenant's webhooks and alerts listen to.
    """
    facts: list[Fact] = []
    listened: dict[str, frozenset[str]] = {}
    for tenant_id, before, after in changes:
        if tenant_id not in listened:
            listened[tenant_id] = wanted(tenant_id)
        types = listened[tenant_id]
        if not types or after is None:
            continue
        owner = tenant(tenant_id)
        if owner is None:
            continue
        happened = happened_to(before, after, tenant=owner)
        facts += [fact for fact in happened if fact.type in types]
    return facts


def happened_to(before: Stored | None, after: Stored, *, tenant: Tenant) -> tuple[Fact, ...]:
    """Return the facts behind one stored change.

    The change of a lead into a pointer tells nothing: the lead that took it in tells of the merge.
    """
    tenant_id = tenant.tenant_id

    def profile(lead: Lead) -> Profile:
        return profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)

    if isinstance(after, Account):
        was_account = before if isinstance(before, Account) else None
        return credit_facts(was_account, after, tenant_id=tenant_id)
    if isinstance(after, Company):
        was_company = before if isinstance(before, Company) else None
        return company_facts(was_company, after, tenant_id=tenant_id)
    if isinstance(after, Deal):
        was_deal = before if isinstance(before, Deal) else None
        return deal_facts(was_deal, after, tenant_id=tenant_id)
    if isinstance(after, Pointer) or isinstance(before, Account | Company | Deal):
        return ()
    if isinstance(after, Tombstone):
        if not isinstance(before, Lead):
            return ()
        return deletion(before, profile(before), after, tenant_id=tenant_id)
    old = before.lead() if isinstance(before, Pointer) else before
    old = old.begun() if isinstance(old, Tombstone) else old
    was = profile(old) if old and old.members else None
    now = profile(after)
    return facts_between(old, was, after, now, tenant_id=tenant_id)


def companies_to_spread(
    changes: Iterable[tuple[str, Stored | None, Stored | None]],
) -> list[SpreadRequest]:
    """Return what brings changed companies to their leads, each company once."""
    changed = {
        (tenant_id, after.id): after
        for tenant_id, before, after in changes
        if isinstance(after, Company) and after.has_leads and after != before
    }
    return [
        SpreadRequest(tenant_id=tenant_id, company_id=company_id)
        for tenant_id, company_id in changed
    ]
