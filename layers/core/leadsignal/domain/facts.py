"""What changed between two states of a lead, as facts: alike at commit and from the stream."""

import base64
import hashlib
from collections.abc import Iterator

from leadsignal.domain.profiles import STRONG_KINDS
from leadsignal.models.facts import Fact, FactData, FactType
from leadsignal.models.leads import Entries, Lead, LeadCompany, Member, Tombstone
from leadsignal.models.profiles import Profile

_VISIBLE = (
    "identifiers", "email", "first_name", "last_name", "phone", "title", "company", "status",
    "owner", "source", "tags", "traits", "attributes", "consent", "outcome",
)  # fmt: skip


def _types(
    before: Lead | None, was: Profile | None, after: Lead, now: Profile
) -> list[tuple[FactType, FactData]]:
    old = before or Lead(lead_id=after.lead_id)
    new_score, old_score = after.score.score, old.score.score
    reason = "scanner" if _taken_back(old, after) else None
    base = FactData(lead_id=after.lead_id, version=after.version, cause=after.cause, reason=reason)
    scored = {"score": new_score, "previous_score": old_score}
    facts: list[tuple[FactType, FactData]] = []
    silent = was is not None and was.is_bot and not old.sequence  # nobody was told that it is there
    restored = was is None and old.sequence > 0 and not old.anew
    if restored:
        facts.append(("lead.unmerged", base))
    elif was is None or silent:
        facts.append(("lead.created", base))
    elif reason or any(getattr(was, name) != getattr(now, name) for name in _VISIBLE):
        facts.append(("lead.updated", base))
    if now.is_known and (silent or not (was and was.is_known)) and not restored:
        facts.append(("lead.identified", base))
    facts.extend(
        ("lead.merged", base.model_copy(update={"merged_id": merged}))
        for merged in after.merged_from
        if merged not in old.merged_from
    )
    facts.extend(
        ("lead.unmerged", base.model_copy(update={"merged_id": merged}))
        for merged in old.merged_from
        if merged not in after.merged_from
    )
    company, company_before = after.company, old.company
    if company and company.enriched_at and _known(company) != _known(company_before):
        facts.append(("lead.enriched", base))
    if new_score != old_score:
        facts.append(("lead.score_changed", base.model_copy(update=scored)))
    if after.fact_tier != old.fact_tier:
        tiers = {"tier": after.fact_tier, "previous_tier": old.fact_tier}
        facts.append(("lead.tier_changed", base.model_copy(update=scored | tiers)))
    facts.extend(_memberships(old.entries, after.entries, base))
    return facts


def _memberships(was: Entries, now: Entries, base: FactData) -> Iterator[tuple[FactType, FactData]]:
    """Yield which segments the lead entered and which it left; of a segment that is no more it was
    taken out, which is not told."""
    for segment_id in sorted(now.segments.keys() - was.segments.keys()):
        yield "segment.entered", base.model_copy(update={"segment_id": segment_id})
    for segment_id in sorted(was.segments.keys() - now.segments.keys() - set(now.dropped)):
        yield "segment.left", base.model_copy(update={"segment_id": segment_id})


def _known(company: LeadCompany | None) -> LeadCompany | None:
    """Return a company without when it was asked for, but whether."""
    if company is None:
        return None
    asked = {"enriched_at": 0 if company.enriched_at else None, "deep_until": None}
    return company.model_copy(update=asked)


def _taken_back(before: Lead, after: Lead) -> bool:
    """Return whether something that counted turned out to be a scanner's: all that a browser did,
    or clicks in e-mails that carried a person's address."""
    for slot, now in after.members.items():
        was = before.members.get(slot)
        if was is None:
            continue
        if now.kind in STRONG_KINDS:
            found = _caught(now) > _caught(was) and _in_mails(now) < _in_mails(was)
        else:
            counted = any(day.events for day in was.days.values())
            found = now.scanner is not None and was.scanner is None and counted
        if found:
            return True
    return False


def _caught(member: Member) -> int:
    return sum(day.caught for day in member.days.values())


def _in_mails(member: Member) -> int:
    """Return how many openings and clicks of a member count."""
    return sum(
        tally.count
        for day in member.days.values()
        for name, tally in day.names.items()
        if name in ("email_opened", "email_clicked")
    )


def facts_between(
    before: Lead | None, was: Profile | None, after: Lead, now: Profile, *, tenant_id: str
) -> tuple[Fact, ...]:
    """Return what happened to a lead between two of its states, in the order of its sequence.

    ``was`` and ``now`` are the profiles of the two; a lead that goes on after its merge was
    undone has a ``before`` without members, and no ``was``. The id of a fact follows from tenant,
    lead, version and type, so computing it again gives the same one. A lead that only crawlers
    and scanners made has no facts, but for those that take back what was told of it before it was
    known to be one.
    """
    if now.is_bot and (was is None or was.is_bot):
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


def deletion(before: Lead, was: Profile, after: Tombstone, *, tenant_id: str) -> tuple[Fact, ...]:
    """Return what is told when a lead is deleted: nothing of one that nobody was told of."""
    if was.is_bot and not before.sequence:
        return ()
    data = FactData(lead_id=after.lead_id, version=after.version)
    return (
        Fact(
            id=_fact_id(tenant_id, data, "lead.deleted"),
            tenant_id=tenant_id,
            type="lead.deleted",
            at=after.at,
            sequence=before.sequence + 1,
            data=data,
        ),
    )


def _fact_id(tenant_id: str, data: FactData, kind: str) -> str:
    parts = (tenant_id, data.lead_id, str(data.version), kind, data.merged_id or "")
    text = "\n".join((*parts, data.segment_id) if data.segment_id else parts)
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return "msg_" + base64.b32encode(digest).decode().rstrip("=").lower()
