"""Merges by hand: shown, carried out, undone; which leads wait for one; why a lead is one."""

import re
from datetime import datetime
from typing import Any, NamedTuple

from leadsignal.domain import lead_views
from leadsignal.domain.evidence import Order
from leadsignal.domain.evidence_views import identifier_ref, link_view, refusal_view
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.secrets import is_opaque_id
from leadsignal.domain.slots import identifier_of
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Decision, Lead, Pointer
from leadsignal.models.merges import (
    Candidate,
    CandidateView,
    IdentityView,
    MergedField,
    MergeRef,
    MergeRequest,
    MergeView,
    SharedBrowser,
    Winner,
)
from leadsignal.models.pages import Page
from leadsignal.models.profiles import Change, Profile
from leadsignal.ports import Snapshots
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.clusters import (
    Witnesses,
    block_of,
    decisions_of,
    read_cluster,
    read_witnesses,
    reference_of,
    resolution_of,
)
from leadsignal.services.commit import ask_to_enrich
from leadsignal.services.deletion import read_standing
from leadsignal.services.desk import Desk
from leadsignal.services.listing import Listing

ATTEMPTS = 6
_MERGE_ID = re.compile(r"mrg_([a-z2-7]{26})_([1-9][0-9]{0,9})", re.ASCII)
_COMPARED = (
    "identifiers", "email", "first_name", "last_name", "phone", "title", "company", "status",
    "owner", "tags", "traits", "attributes", "first_touch", "last_touch",
    "session_count", "event_count", "first_seen_at", "last_seen_at", "created_at", "score", "tier",
)  # fmt: skip
_UNIONS = {
    "identifiers", "session_count", "event_count", "score", "tier", "tags", "traits", "attributes",
}  # fmt: skip


def merge_id(lead: Lead) -> str:
    """Return the id of the merge that takes a lead away: the pointer in its place tells of it."""
    return f"mrg_{lead.lead_id.removeprefix('lead_')}_{lead.version + 1}"


class _Pair(NamedTuple):
    """Two leads with their clusters, as they are read together."""

    survivor: Lead
    merged: Lead
    leads: dict[str, Lead]
    pointers: dict[str, Pointer]


def _lead_at(lead_id: str, leads: dict[str, Lead], pointers: dict[str, Pointer]) -> Lead:
    while (pointer := pointers.get(lead_id)) is not None:
        lead_id = pointer.into
    if lead_id not in leads:
        raise NotFoundError("lead")
    return leads[lead_id]


def _lead_named(lead_id: str, leads: dict[str, Lead], pointers: dict[str, Pointer]) -> Lead:
    """Return the lead of an id; a slot that is only an identifier's is the id of none."""
    if lead_id in pointers and pointers[lead_id].was is None:
        raise NotFoundError("lead")
    return _lead_at(lead_id, leads, pointers)


def _read_pair(request: MergeRequest, desk: Desk, now: datetime) -> _Pair:
    ids = (request.survivor_id, request.merged_id)
    if request.survivor_id == request.merged_id:
        detail = "must be another lead than the survivor"
        raise InvalidInputError((FieldProblem("/merged_id", "same_lead", detail),))
    if not all(is_opaque_id("lead", lead_id) for lead_id in ids):
        raise NotFoundError("lead")
    leads, pointers = read_standing(ids, desk=desk, now=now)
    survivor, merged = (_lead_named(lead_id, leads, pointers) for lead_id in ids)
    return _Pair(survivor, merged, leads, pointers)


def merge(request: MergeRequest, *, desk: Desk, now: datetime, dry_run: bool = False) -> MergeView:
    """Merge two leads, or show what that would do, and return which values win.

    Asking again for what was merged by hand changes nothing and names the same merge. Everything
    that follows from events (score, sessions, touches) is computed over the union, and goes on to
    be.

    Raises:
        InvalidInputError: both ids are the same.
        NotFoundError: one of the two does not exist.
        ConflictError: the two are one lead already, both are nobody's, or others kept changing
        them.
    """
    for _ in range(ATTEMPTS):
        pair = _read_pair(request, desk, now)
        if pair.survivor.lead_id == pair.merged.lead_id:
            return _already(request, pair)
        if pair.survivor.nobody and pair.merged.nobody:
            raise ConflictError("neither lead is anybody's: both are of shared browsers")
        decision = Decision(
            merge_id=merge_id(pair.merged),
            kept=_name(pair.survivor),
            taken=_name(pair.merged),
            reason=request.reason,
            at=to_instant(now),
        )
        others = [
            known
            for known in decisions_of(pair.leads.values())
            if not (known.undone and {known.kept, known.taken} == {decision.kept, decision.taken})
        ]
        cluster = Cluster(pair.leads, desk, pointers=pair.pointers, decisions=(*others, decision))
        cluster.apply()
        change = cluster.settled(now)
        view = _shown(pair, change, desk, request.reason)
        if dry_run:
            return view
        try:
            desk.leads.write(change)
        except ConflictError:
            continue
        for settled in change.settled:
            ask_to_enrich(settled.lead, tenant=desk.tenant, queue=desk.enrich_queue)
        return view.model_copy(update={"id": decision.merge_id, "status": "merged"})
    raise ConflictError("others kept changing the two leads")


def _name(lead: Lead) -> str:
    reference = reference_of(lead)
    if reference is None:
        raise ConflictError("the lead is being changed")
    return reference


def _already(request: MergeRequest, pair: _Pair) -> MergeView:
    """Return a merge by hand that was carried out before.

    Raises:
        ConflictError: the two became one in another way.
    """
    pointer = pair.pointers.get(request.merged_id)
    decided = {d.merge_id: d for d in pair.survivor.decisions if not d.undone}
    if pointer is not None:
        name = f"mrg_{request.merged_id.removeprefix('lead_')}_{pointer.version}"
        if name in decided:
            score = pair.survivor.score
            return MergeView(
                id=name,
                survivor_id=pair.survivor.lead_id,
                merged_id=request.merged_id,
                status="merged",
                reason=decided[name].reason,
                fields=(),
                score_before=score.score,
                merged_score_before=pointer.score,
                score_after=score.score,
                tier_before=score.tier,
                tier_after=score.tier,
            )
    raise ConflictError("the two are one lead already")


def undo(merge: str, *, desk: Desk, now: datetime) -> MergeView:
    """Undo a merge, whoever made it, and return the two leads as they are again.

    Both are as if they had never been merged, events since then included, and the two do not merge
    again by themselves. Undoing again changes nothing.

    Raises:
        NotFoundError: there is no such merge.
        ConflictError: another merge still joins the two, or others kept changing them.
    """
    named = _MERGE_ID.fullmatch(merge)
    if named is None:
        raise NotFoundError("merge")
    merged_id, version = f"lead_{named[1]}", int(named[2])
    for _ in range(ATTEMPTS):
        leads, pointers = read_standing([merged_id], desk=desk, now=now)
        survivor = _lead_at(merged_id, leads, pointers)
        pointer = pointers.get(merged_id)
        known = {decision.merge_id: decision for decision in decisions_of(leads.values())}
        decision = known.get(merge) or _by_rules(merge, version, pointer, survivor)
        if decision.undone:
            return _undo_view(decision, survivor, leads, desk)
        known[merge] = decision.model_copy(update={"undone": True, "at": to_instant(now)})
        taker = pointer.into if pointer is not None and pointer.version == version else None
        cluster = Cluster(
            leads,
            desk,
            pointers=pointers,
            decisions=tuple(known.values()),
            known_as={taker: decision.kept} if taker else None,
        )
        cluster.apply()
        after = cluster.after
        if after.block_named(decision.kept) == after.block_named(decision.taken):
            raise ConflictError("another merge, or their own events, still make the two one lead")
        change = cluster.settled(now)
        try:
            desk.leads.write(change)
        except ConflictError:
            continue
        gone = {pointer.lead_id for pointer in change.taken}
        left = {lead_id: lead for lead_id, lead in leads.items() if lead_id not in gone}
        left |= {settled.lead.lead_id: settled.lead for settled in change.settled}
        return _undo_view(known[merge], survivor, left, desk)
    raise ConflictError("others kept changing the two leads")


def _by_rules(merge: str, version: int, pointer: Pointer | None, survivor: Lead) -> Decision:
    """Return the decision that undoes a merge which the rules made.

    Raises:
        NotFoundError: the merge is not the one that the pointer tells of.
    """
    if pointer is None or pointer.version != version or pointer.was is None:
        raise NotFoundError("merge")
    return Decision(merge_id=merge, kept=pointer.kept or _name(survivor), taken=pointer.was, at=0)


def _undo_view(decision: Decision, before: Lead, leads: dict[str, Lead], desk: Desk) -> MergeView:
    """Return what an undo came to: ``before`` is what the two were, ``leads`` what there is now."""
    resolution = resolution_of(leads, key=desk.identity_key)
    kept = resolution.block_named(decision.kept)
    found = (lead for lead in leads.values() if block_of(lead, resolution) == kept)
    survivor = next(found, before)
    merged_id = f"lead_{decision.merge_id.split('_')[1]}"
    merged = leads.get(merged_id)
    return MergeView(
        id=decision.merge_id,
        survivor_id=survivor.lead_id,
        merged_id=merged_id,
        status="undone",
        reason=decision.reason,
        fields=(),
        score_before=before.score.score,
        merged_score_before=merged.score.score if merged else 0,
        score_after=survivor.score.score,
        tier_before=before.score.tier,
        tier_after=survivor.score.tier,
    )


def _shown(pair: _Pair, change: Change, desk: Desk, reason: str) -> MergeView:
    gap_ms, country = desk.tenant.session_gap_ms, desk.tenant.default_country
    settled = {s.lead.lead_id: s for s in change.settled}
    after = settled[pair.survivor.lead_id]
    both = (pair.survivor, pair.merged)
    before = [profile_of(lead, gap_ms=gap_ms, country=country) for lead in both]
    return MergeView(
        survivor_id=pair.survivor.lead_id,
        merged_id=pair.merged.lead_id,
        status="dry_run",
        reason=reason,
        fields=_fields(pair, before, after.lead, after.profile),
        score_before=pair.survivor.score.score,
        merged_score_before=pair.merged.score.score,
        score_after=after.lead.score.score,
        tier_before=pair.survivor.score.tier,
        tier_after=after.lead.score.tier,
    )


def _fields(
    pair: _Pair, before: list[Profile], lead: Lead, profile: Profile
) -> tuple[MergedField, ...]:
    """Return every field in which one of the two has a value: both values, and what comes out."""
    ours, theirs, result = (
        lead_views.lead_view(shown, person, now=lead.committed_at).model_dump(mode="json")
        for shown, person in ((pair.survivor, before[0]), (pair.merged, before[1]), (lead, profile))
    )
    fields = [
        _field(name, ours[name], theirs[name], result[name])
        for name in _COMPARED
        if name != "traits" and not _empty(ours[name], theirs[name])
    ]
    for prefix, mapping in (("traits", "traits"), ("consent", "consent")):
        mine, other, both = ours[mapping], theirs[mapping], result[mapping]
        fields += [
            _field(f"{prefix}.{name}", mine.get(name), other.get(name), both.get(name))
            for name in sorted({*mine, *other})
        ]
    return tuple(fields)


def _empty(*values: Any) -> bool:
    return all(value in (None, [], {}) for value in values)


def _field(name: str, ours: Any, theirs: Any, result: Any) -> MergedField:
    winner: Winner = "both"
    if ours == theirs:
        winner = "same" if result == ours else "both"
    elif name in _UNIONS:
        winner = "both"
    elif result == ours:
        winner = "survivor"
    elif result == theirs:
        winner = "merged"
    return MergedField(field=name, winner=winner, values=(ours, theirs), result=result)


def list_candidates(listing: Listing, *, desk: Desk) -> Page[CandidateView]:
    """Return one page of pairs of leads that may be one; pairs that became one, or that somebody
    keeps apart, are left out.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    scope = "/v1/merge-candidates"
    after = listing.position(scope)
    found: list[tuple[Candidate, CandidateView]] = []
    wanted = listing.limit + 1
    while len(found) < wanted:
        some = desk.candidates.after(after, wanted)
        slots = [slot for candidate in some for slot in candidate.slots]
        leads, pointers = read_cluster(slots, desk.snapshots) if slots else ({}, {})
        for candidate in some:
            view = _candidate(candidate, leads, pointers, desk)
            if view is not None:
                found.append((candidate, view))
        if len(some) < wanted:
            break
        after = some[-1].id
    page = listing.page(scope, found[:wanted], lambda pair: pair[0].id)
    return page.shown(lambda pair: pair[1])


def _candidate(
    candidate: Candidate, leads: dict[str, Lead], pointers: dict[str, Pointer], desk: Desk
) -> CandidateView | None:
    try:
        met = {_lead_at(slot, leads, pointers).lead_id for slot in candidate.slots}
    except NotFoundError:
        return None
    peers = {peer for lead_id in met for peer in leads[lead_id].peers}
    cluster = {lead_id: lead for lead_id, lead in leads.items() if lead_id in met | peers}
    resolution = resolution_of(cluster, key=desk.identity_key)
    homes = []
    for slot in candidate.slots:
        block = resolution.block_of.get(slot)
        homes += [lead.lead_id for lead in cluster.values() if block_of(lead, resolution) == block]
    kept_apart = any(
        decision.undone
        and {resolution.block_named(decision.kept), resolution.block_named(decision.taken)}
        == {resolution.block_of.get(slot) for slot in candidate.slots}
        for decision in decisions_of(cluster.values())
    )
    if len(homes) != 2 or homes[0] == homes[1] or kept_apart:
        return None
    return CandidateView(
        id=candidate.id,
        lead_ids=(homes[0], homes[1]),
        reason=candidate.reason,
        identifiers=(
            identifier_ref(identifier_of(candidate.one)),
            identifier_ref(identifier_of(candidate.other)),
        ),
        message_id=candidate.message_id,
        at=candidate.at,
    )


def explain(lead_id: str, *, snapshots: Snapshots, key: bytes) -> IdentityView:
    """Return why the identifiers of a lead are one lead's, what was refused, and its merges.

    ``key`` is the one that slot ids of the tenant are made with.

    Raises:
        NotFoundError: there is no such lead.
    """
    if not is_opaque_id("lead", lead_id):
        raise NotFoundError("lead")
    leads, pointers = read_cluster([lead_id], snapshots)
    lead = _lead_named(lead_id, leads, pointers)
    found = Witnesses(leads, frozenset())
    if not leads.keys() >= set(lead.peers):
        found = read_witnesses([lead_id], snapshots)
    resolution = resolution_of(found.leads, key=key)
    block = block_of(lead, resolution)
    own = {
        slot for slot in resolution.block_of if block is not None and resolution.own(block, slot)
    }
    pointed = snapshots.load(list(lead.merged_from), []).slots
    return IdentityView(
        lead_id=lead.lead_id,
        links=tuple(
            link_view(join, resolution)
            for join in resolution.joins
            if {join.one, join.other} <= own
        ),
        refusals=tuple(
            refusal_view(refusal, resolution)
            for refusal in resolution.refusals
            if {refusal.one, refusal.other} & own
        ),
        merges=tuple(
            MergeRef(
                id=f"mrg_{merged.removeprefix('lead_')}_{pointer.version}",
                lead_id=merged,
                rule=pointer.rule,
                message_id=pointer.by.message_id,
                at=pointer.by.at,
            )
            for merged in lead.merged_from
            if isinstance(pointer := pointed.get(merged), Pointer)
        ),
        shared_browsers=tuple(
            _shared(slot, cut, nobody, leads, resolution)
            for slot, (cut, nobody) in sorted(resolution.shared.items())
            if slot in own
        ),
        related_leads=tuple(peer for peer in lead.peers if peer not in found.deleted),
    )


def _shared(
    slot: str, cut: Order, nobody: int, leads: dict[str, Lead], resolution: Resolution
) -> SharedBrowser:
    found = [lead.lead_id for lead in leads.values() if block_of(lead, resolution) == nobody]
    return SharedBrowser(
        identifier=identifier_ref(resolution.evidence.names[slot]),
        since=cut[0],
        lead_id=found[0] if found else None,
    )
