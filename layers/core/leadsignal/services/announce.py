"""Tells the world what changed: facts from changes of leads, to whom asked for them."""

from collections.abc import Callable, Iterable

from leadsignal.domain.facts import deletion, facts_between
from leadsignal.domain.profiles import profile_of
from leadsignal.models.facts import Fact
from leadsignal.models.leads import Lead, Pointer, Slot, Tombstone
from leadsignal.models.tenants import Tenant


def facts_to_tell(
    changes: Iterable[tuple[str, Slot | None, Slot | None]],
    *,
    tenant: Callable[[str], Tenant | None],
    wanted: Callable[[str], frozenset[str]],
) -> list[Fact]:
    """Return the facts behind stored changes (tenant id, before, after) that somebody asked for.

    ``wanted`` gives the fact types that a tenant's webhooks and alerts listen to. The change of a
    lead into a pointer tells nothing: the lead that took it in tells of the merge.
    """
    facts: list[Fact] = []
    listened: dict[str, frozenset[str]] = {}
    for tenant_id, before, after in changes:
        if tenant_id not in listened:
            listened[tenant_id] = wanted(tenant_id)
        types = listened[tenant_id]
        if not types or after is None or isinstance(after, Pointer):
            continue
        owner = tenant(tenant_id)
        if owner is None:
            continue
        happened = happened_to(before, after, gap_ms=owner.session_gap_ms, tenant_id=tenant_id)
        facts += [fact for fact in happened if fact.type in types]
    return facts


def happened_to(
    before: Slot | None, after: Lead | Tombstone, *, gap_ms: int, tenant_id: str
) -> tuple[Fact, ...]:
    """Return the facts behind one stored change of a slot that holds a lead, or held one."""
    if isinstance(after, Tombstone):
        if not isinstance(before, Lead):
            return ()
        return deletion(before, profile_of(before, gap_ms=gap_ms), after, tenant_id=tenant_id)
    old = before.lead() if isinstance(before, Pointer) else before
    old = old.begun() if isinstance(old, Tombstone) else old
    was = profile_of(old, gap_ms=gap_ms) if old and old.members else None
    now = profile_of(after, gap_ms=gap_ms)
    return facts_between(old, was, after, now, tenant_id=tenant_id)
