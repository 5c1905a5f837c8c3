"""What changed between two states of a lead, as facts: alike at commit and from the stream."""

import base64
import hashlib

from leadsignal.models.facts import Fact, FactData, FactType
from leadsignal.models.leads import Lead
from leadsignal.models.profiles import Profile

_VISIBLE = (
    "identifiers", "first_name", "last_name", "phone", "title", "company", "traits", "consent",
)  # fmt: skip


def _types(
    before: Lead | None, was: Profile | None, after: Lead, now: Profile
) -> list[tuple[FactType, FactData]]:
    old = before or Lead(lead_id=after.lead_id)
    new_score, old_score = after.score.score, old.score.score
    base = FactData(lead_id=after.lead_id, version=after.version)
    scored = {"score": new_score, "previous_score": old_score}
    facts: list[tuple[FactType, FactData]] = []
    if was is None or was.is_bot:
        facts.append(("lead.created", base))
    elif any(getattr(was, name) != getattr(now, name) for name in _VISIBLE):
        facts.append(("lead.updated", base))
    if now.is_known and not (was and was.is_known):
        facts.append(("lead.identified", base))
    facts.extend(
        ("lead.merged", base.model_copy(update={"merged_id": merged}))
        for merged in after.merged_from
        if merged not in old.merged_from
    )
    company, company_before = after.company, old.company
    if company and company.enriched_at and company != company_before:
        facts.append(("lead.enriched", base))
    if new_score != old_score:
        facts.append(("lead.score_changed", base.model_copy(update=scored)))
    if after.fact_tier != old.fact_tier:
        tiers = {"tier": after.fact_tier, "previous_tier": old.fact_tier}
        facts.append(("lead.tier_changed", base.model_copy(update=scored | tiers)))
    return facts


def facts_between(
    before: Lead | None, was: Profile | None, after: Lead, now: Profile, *, tenant_id: str
) -> tuple[Fact, ...]:
    """Return what happened to a lead between two of its states, in the order of its sequence.

    ``was`` and ``now`` are the profiles of the two. The id of a fact follows from tenant, lead,
    version and type, so computing it again gives the same one. A lead that only crawlers made has
    no facts.
    """
    if now.is_bot:
        return ()
    start = before.sequence if before else 0
    return tuple(
        Fact(
            id=_fact_id(tenant_id, data, kind),
            tenant_id=tenant_id,
            type=kind,
            at=after.committed_at,
            sequence=start + offset,
            data=data,
        )
        for offset, (kind, data) in enumerate(_types(before, was, after, now), start=1)
    )


def _fact_id(tenant_id: str, data: FactData, kind: str) -> str:
    text = "\n".join((tenant_id, data.lead_id, str(data.version), kind, data.merged_id or ""))
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return "msg_" + base64.b32encode(digest).decode().rstrip("=").lower()
