"""Brings a cluster of leads from one state to the next: new evidence, new events, decisions.

A cluster is the leads whose evidence touches, nearly always one. Who is who is decided for all of
it at once (``domain.identity``); here the events' shares follow, ids are kept with the persons they
stand for, and what must be written comes out.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, count
from typing import NamedTuple

from leadsignal.domain.activity import day_of
from leadsignal.domain.evidence import Evidence, Order, both_sightings, sighted
from leadsignal.domain.identity import resolve
from leadsignal.domain.members import learn, teaches
from leadsignal.domain.resolution import Block, Resolution
from leadsignal.domain.scanners import Findings, findings, is_honeypot, strongest
from leadsignal.domain.secrets import opaque_id
from leadsignal.domain.slots import (
    RANK,
    STRONG,
    Identifier,
    identifiers_of,
    member_of,
    nobody_of,
    slot_id,
)
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Lead, Member, Pointer, Sighting, Stamp, Tombstone
from leadsignal.models.merges import Candidate
from leadsignal.models.profiles import Change, Settled
from leadsignal.models.snapshots import DayKey
from leadsignal.ports import Snapshots
from leadsignal.services.commit import settle_with_company
from leadsignal.services.desk import Ground
from leadsignal.services.summaries import Summaries

MAX_LEADS = 20

type Shares = dict[int, dict[str, Member]]
"""By block, by slot: the member made of those of its events that are the block's own."""


def decisions_of(leads: Iterable[Lead]) -> tuple[Decision, ...]:
    """Return what was decided about leads; an undone decision stays undone."""
    found: dict[str, Decision] = {}
    for lead in leads:
        for decision in lead.decisions:
            there = found.get(decision.merge_id)
            if there is None or decision.undone:
                found[decision.merge_id] = decision
    return tuple(found[merge_id] for merge_id in sorted(found))


def members_of(leads: Iterable[Lead]) -> list[tuple[str, Member]]:
    """Return all shares of members by slot."""
    return [(slot, member) for lead in leads for slot, member in sorted(lead.members.items())]


def resolution_of(leads: Mapping[str, Lead], *, key: bytes) -> Resolution:
    """Return who is who in a cluster as it is stored."""
    members = [member for _, member in members_of(leads.values())]
    return resolve(Evidence(members, key=key), decisions_of(leads.values()))


def read_cluster(
    slots: Iterable[str], snapshots: Snapshots, *, consistent: bool = False
) -> tuple[dict[str, Lead], dict[str, Pointer]]:
    """Return the leads of the clusters that slots belong to, and the pointers met on the way."""
    held = snapshots.load(list(slots), [], consistent=consistent).slots
    leads = {slot: found for slot, found in held.items() if isinstance(found, Lead)}
    return leads, {slot: found for slot, found in held.items() if isinstance(found, Pointer)}


class Witnesses(NamedTuple):
    """The leads of a cluster by which its events are shared out, those being deleted among
    them."""

    leads: dict[str, Lead]
    deleted: frozenset[str]

    def own(self, lead: Lead | None) -> Lead | None:
        """Return the lead unless it is being deleted."""
        return None if lead is None or lead.lead_id in self.deleted else lead


def read_witnesses(slots: Iterable[str], snapshots: Snapshots) -> Witnesses:
    """Return the leads that say whose the stored events of some slots' clusters are."""
    held = snapshots.load(list(slots), []).slots
    leads = {slot: found for slot, found in held.items() if isinstance(found, Lead)}
    gone = {
        slot: found.lead
        for slot, found in held.items()
        if isinstance(found, Tombstone) and found.lead is not None
    }
    return Witnesses(leads | gone, frozenset(gone))


def lead_of(event: Event, leads: Mapping[str, Lead], *, key: bytes) -> Lead | None:
    """Return the lead of a cluster that an event belongs to."""
    if len(leads) == 1:
        return next(iter(leads.values()))
    resolution = resolution_of(leads, key=key)
    if slot_id(key, member_of(event)) not in resolution.block_of:
        return None
    block = resolution.place(event)
    return next((lead for lead in leads.values() if block_of(lead, resolution) == block), None)


def block_of(lead: Lead, resolution: Resolution) -> int | None:
    """Return the block that a lead of a cluster stands for."""
    reference = reference_of(lead)
    return resolution.block_named(reference) if reference else None


def reference_of(lead: Lead) -> str | None:
    """Return the identifier that a lead is known by: its own strongest, earliest one."""
    if lead.nobody:
        return nobody_of(min(lead.members))
    own = [
        sighting
        for member in lead.members.values()
        for name, sighting in member.sightings.items()
        if name not in lead.refused and not sighting.severed
    ]
    if not own:
        return None
    first = min(own, key=lambda s: (RANK[s.kind], s.first.order, s.value))
    return Identifier(first.kind, first.value).key


class Cluster:
    """A cluster as it was read, and as it becomes."""

    def __init__(
        self,
        leads: Mapping[str, Lead],
        desk: Ground,
        *,
        pointers: Mapping[str, Pointer] | None = None,
        looked_up: Iterable[str] = (),
        decisions: Iterable[Decision] | None = None,
        known_as: Mapping[str, str] | None = None,
        tombstones: Mapping[str, Tombstone] | None = None,
    ) -> None:
        """``looked_up`` are slots of which it is known what they hold, if anything. ``decisions``
        and ``known_as`` (the identifier by which a lead goes on) are what a person says now, in
        place of what the leads say themselves. ``tombstones`` stand where leads were deleted; new
        ones begin only where one is at rest."""
        self._leads = dict(leads)
        self._pointers = dict(pointers or {})
        self._tombstones = dict(tombstones or {})
        self._looked_up = set(looked_up)
        self._desk = desk
        self._key = desk.identity_key
        self._decided = decisions_of(leads.values())
        said = self._decided if decisions is None else decisions
        self._decisions = tuple(sorted(said, key=lambda decision: decision.merge_id))
        self._known_as = dict(known_as or {})
        self._before: Resolution
        self.after: Resolution
        self.shares: Shares = {}
        self._causes: dict[int, Event] = {}
        self._ids: dict[int, str] = {}
        self._asked: set[str] = set()

    def apply(
        self,
        events: Iterable[Event] = (),
        *,
        days: Mapping[DayKey, ActivityDay] | None = None,
        severed: Iterable[tuple[str, str]] = (),
        again: Iterable[str] = (),
    ) -> None:
        """Add stored events, and decide anew who is who and what is whose.

        ``days`` are the stored days that the events are in. ``severed`` names sightings, by member
        slot and identifier key, that are no evidence; ``again`` the slots of members to fold from
        scratch.
        """
        ordered = sorted(events, key=lambda event: (event.at, event.message_id))
        self._asked = {slot_id(self._key, i) for event in ordered for i in identifiers_of(event)}
        stored = dict(days or {})
        self._found = {key: findings(content.events) for key, content in stored.items()}
        stale = {*again, *self._replaced(stored), *self._taken_back(stored)}
        no_evidence = set(severed) | {
            (slot, name)
            for slot, member in members_of(self._leads.values())
            for name, sighting in member.sightings.items()
            if sighting.severed
        }
        histories = {slot: self._history(slot, stored) for slot in stale}
        before = resolution_of(self._leads, key=self._key)
        after = self._resolved(ordered, histories, no_evidence)
        self._before, self.after = before, after
        if not stale <= after.block_of.keys():
            raise ConflictError("the days of a member were removed meanwhile")
        self._divided = self._as_divided()
        self._move(stale)
        torn = stale | self._torn
        for slot in torn:
            history = histories.get(slot) or self._history(slot, stored)
            self._fold_again(slot, history, no_evidence)
        for event in ordered:
            slot = slot_id(self._key, member_of(event))
            block = after.place(event)
            self._causes[block] = event
            if slot not in torn:
                found = self._found.get((slot, day_of(event)), Findings())
                self._teach(block, slot, event, no_evidence, found)
        by_slot: dict[str, dict[str, ActivityDay]] = {}
        for (slot, day), content in sorted(stored.items()):
            if slot not in torn and slot in after.block_of:
                by_slot.setdefault(slot, {})[day] = content
        for slot, contents in by_slot.items():
            self._summarise(slot, contents)

    def _replaced(self, stored: Mapping[DayKey, ActivityDay]) -> set[str]:
        """Return the slots of members that may have learned from events that gave way to others."""
        return {
            slot
            for (slot, day), content in stored.items()
            for lead in self._leads.values()
            if slot in lead.members and lead.members[slot].replaced.get(day, 0) != content.replaced
        }

    def _taken_back(self, stored: Mapping[DayKey, ActivityDay]) -> set[str]:
        """Return the slots of persons who have learned from events that turn out to be a
        scanner's."""
        slots: set[str] = set()
        for (slot, day), content in stored.items():
            shares = [lead.members[slot] for lead in self._leads.values() if slot in lead.members]
            caught = self._found[slot, day].caught
            if not caught or not shares or shares[0].kind not in STRONG:
                continue
            known = sum(share.days[day].caught for share in shares if day in share.days)
            burst = [e for e in content.events if e.message_id in caught and not is_honeypot(e)]
            if known != len(caught) and any(map(teaches, burst)):
                slots.add(slot)
        return slots

    def _history(self, slot: str, stored: Mapping[DayKey, ActivityDay]) -> dict[str, ActivityDay]:
        days = self._desk.activity.member_days(slot)
        for (member, day), content in stored.items():
            if member == slot and (day not in days or days[day].version <= content.version):
                days[day] = content
        return days

    def _resolved(
        self,
        events: Iterable[Event],
        histories: Mapping[str, Mapping[str, ActivityDay]],
        no_evidence: set[tuple[str, str]],
    ) -> Resolution:
        """Return who is who with what the events say."""
        members: dict[str, list[Member]] = {}
        for slot, member in members_of(self._leads.values()):
            if slot not in histories:
                members.setdefault(slot, []).append(member)
        said = [
            event for days in histories.values() for day in days.values() for event in day.events
        ]
        for event in (*said, *events):
            own = member_of(event)
            slot = slot_id(self._key, own)
            blank = Member(kind=own.kind, value=own.value, first_received_at=event.received_at)
            found = members.setdefault(slot, [blank])
            found[0] = self._sighted(slot, found[0], event, no_evidence)
        self._said = {
            slot: [sighting for member in found for sighting in member.sightings.values()]
            for slot, found in members.items()
        }
        evidence = Evidence((m for found in members.values() for m in found), key=self._key)
        return resolve(evidence, self._decisions)

    def _sighted(
        self, slot: str, member: Member, event: Event, no_evidence: set[tuple[str, str]]
    ) -> Member:
        sightings = sighted(member.sightings, event)
        for identifier in identifiers_of(event):
            if (slot, identifier.key) in no_evidence and not sightings[identifier.key].severed:
                update = {"severed": True}
                sightings[identifier.key] = sightings[identifier.key].model_copy(update=update)
        return (
            member
            if sightings == member.sightings
            else member.model_copy(update={"sightings": sightings})
        )

    def _move(self, stale: set[str]) -> None:
        """Give each share to the block that its events belong to now; note which must be torn up
        and folded again from their events."""
        self._torn: set[str] = set()
        held: dict[str, list[Member]] = {}
        for slot, member in members_of(self._leads.values()):
            held.setdefault(slot, []).append(member)
        for lead in self._leads.values():
            for slot, member in lead.members.items():
                if slot in stale:
                    continue
                block = self._moved_to(lead, slot, held[slot])
                if block is None or slot in self.shares.get(block, {}):
                    self._torn.add(slot)
                else:
                    self.shares.setdefault(block, {})[slot] = member
        for slot in self._torn:
            for found in self.shares.values():
                found.pop(slot, None)

    def _as_divided(self) -> dict[str, Resolution]:
        """Return by which resolution the shares of each lead were divided: that of the leads which
        knew one another. Two workers may have left leads whose evidence touches apart."""
        divided: dict[str, Resolution] = {}
        for lead_id in self._leads:
            if lead_id in divided:
                continue
            known, more = {lead_id}, {lead_id}
            while more:
                beside = {peer for found in more for peer in self._leads[found].peers}
                more = (beside & self._leads.keys()) - known
                known |= more
            leads = {found: self._leads[found] for found in sorted(known)}
            whole = len(leads) == len(self._leads)
            resolution = self._before if whole else resolution_of(leads, key=self._key)
            divided |= dict.fromkeys(known, resolution)
        return divided

    def _moved_to(self, owner: Lead, slot: str, shares: list[Member]) -> int | None:
        """Return the block that a lead's whole share of a member belongs to now, None when it must
        be divided.

        The first event of a person on a browser may be in the stored day already, counted by a
        worker that did not know of the person on this browser, or knew them as somebody else: then
        the share is folded again too.
        """
        said = [sighting for share in shares for sighting in share.sightings.values()]
        before = self._divided[owner.lead_id]
        cut_before, was = before.plan(slot, said)
        cut_after, becomes = self.after.plan(slot, self._said[slot])
        new = becomes.keys() - was.keys()
        if any(before.block_of.get(name, was[""]) != was[""] for name in new):
            return None
        targets = set(becomes.values())
        if len(targets) != 1:
            if cut_before != cut_after or new:
                return None
            reference = reference_of(owner)
            block = before.block_named(reference) if reference else None
            targets = {becomes[name] for name, old in was.items() if old == block}
        return targets.pop() if len(targets) == 1 else None

    def _fold_again(
        self, slot: str, history: Mapping[str, ActivityDay], no_evidence: set[tuple[str, str]]
    ) -> None:
        for content in history.values():
            found = findings(content.events)
            for event in content.events:
                if self._is_evidence(slot, event, no_evidence):
                    self._teach(self.after.place(event), slot, event, no_evidence, found)
        self._summarise(slot, history, complete=True)
        replaced = {day: content.replaced for day, content in history.items() if content.replaced}
        for members in self.shares.values():
            if slot in members and members[slot].replaced != replaced:
                members[slot] = members[slot].model_copy(update={"replaced": replaced})

    def _is_evidence(self, slot: str, event: Event, no_evidence: set[tuple[str, str]]) -> bool:
        """Return whether who is who was decided with what an event says.

        One that is not was stored by a worker that has not written its lead yet: it comes again,
        and is evidence then. Learning from it now would leave leads whose evidence says something
        else than what their shares were divided by.
        """
        known: dict[str, Sighting] = {}
        for sighting in self._said[slot]:
            name = Identifier(sighting.kind, sighting.value).key
            known[name] = both_sightings(known[name], sighting) if name in known else sighting
        own = member_of(event)
        member = Member(kind=own.kind, value=own.value, first_received_at=0, sightings=known)
        return self._sighted(slot, member, event, no_evidence) is member

    def _teach(
        self,
        block: int,
        slot: str,
        event: Event,
        no_evidence: set[tuple[str, str]],
        found: Findings,
    ) -> None:
        """Let a share learn from one of its events; the same event again teaches nothing, and what
        a scanner did with a person's address says nothing but whose address it is."""
        own = member_of(event)
        members = self.shares.setdefault(block, {})
        member = members.get(slot) or Member(
            kind=own.kind, value=own.value, first_received_at=event.received_at
        )
        if event.received_at < member.first_received_at:
            member = member.model_copy(update={"first_received_at": event.received_at})
        members[slot] = self._sighted(slot, member, event, no_evidence)
        if own.strong and event.message_id in found.caught:
            return
        address = event.context.ip if event.bot is None else None
        network = self._desk.networks.match(address) if address else None
        members[slot] = learn(members[slot], event, network)

    def _summarise(
        self, slot: str, days: Mapping[str, ActivityDay], *, complete: bool = False
    ) -> None:
        """Bring the summaries of stored days up to date in each share, and with them whose the
        member is: a browser that a scanner once used is the scanner's in every share."""
        summaries = Summaries(slot, days, self._desk, place=self.after.place, complete=complete)
        shares = {block: found for block, found in self.shares.items() if slot in found}
        for block, members in shares.items():
            members[slot] = summaries.of(block, members[slot])
        reason = None
        if not self.after.evidence.names[slot].strong:
            reason = strongest(
                summary.scanner
                for members in shares.values()
                for summary in members[slot].days.values()
            )
        for members in shares.values():
            if members[slot].scanner != reason:
                members[slot] = members[slot].model_copy(update={"scanner": reason})

    def settled(self, now: datetime) -> Change:
        """Return what must be written, every lead rescored."""
        named, gone = self._named()
        ids = {block: lead.lead_id for block, lead in named.items()}
        leads = {block: self._composed(block, base, ids, gone) for block, base in named.items()}
        self._ids = ids
        self._homes = sorted(ids[block] for block in self._causes)
        settled: list[Settled] = []
        checks: list[tuple[str, int]] = []
        for block, lead in sorted(leads.items()):
            stored = self._leads.get(lead.lead_id)
            if lead == stored:
                checks.append((lead.lead_id, lead.version))
                continue
            cause = self._causes.get(block)
            settled.append(
                settle_with_company(
                    named[block] if named[block].version else None,
                    lead,
                    tenant=self._desk.tenant,
                    mail=self._desk.mail,
                    companies=self._desk.companies,
                    cause=cause.message_id if cause else None,
                    now=now,
                )
            )
        taken = tuple(self._taken(lead_id, ids, block) for lead_id, block in sorted(gone.items()))
        taken += self._redirected(leads, ids, gone)
        links = self._links(ids, {lead.lead_id for lead in leads.values()} | set(gone))
        decided = self._before.evidence != self.after.evidence or self._decided != self._decisions
        return Change(
            settled=tuple(settled),
            links=links,
            taken=taken,
            checks=tuple(checks) if decided and (settled or taken) else (),
        )

    def candidates(self, *, known: bool = False) -> list[Candidate]:
        """Return pairs of leads that the new evidence names together and the rules keep apart;
        with ``known`` those that evidence named before, too."""
        names = self.after.evidence.names
        before = {frozenset(refusal[:2]) for refusal in self._before.refusals if not known}
        found: dict[frozenset[str], Candidate] = {}
        for refusal in self.after.refusals:
            slots = sorted(refusal[:2])
            homes = {self._ids.get(self.after.block_of[slot]) for slot in slots}
            pair = frozenset(slots)
            if refusal.reason == "undone" or pair in before or pair in found or None in homes:
                continue
            if len(homes) == 2:
                found[pair] = Candidate(
                    id=opaque_id("mcd", self._key, *slots),
                    one=names[slots[0]].key,
                    other=names[slots[1]].key,
                    slots=(slots[0], slots[1]),
                    reason=refusal.reason,
                    message_id=refusal.by[1],
                    at=refusal.by[0],
                )
        return list(found.values())

    def touched(self, change: Change) -> list[Lead]:
        """Return the leads that the events belong to, as they are after the change."""
        written = {settled.lead.lead_id: settled.lead for settled in change.settled}
        leads = [self._leads.get(i) or written.get(i) for i in self._homes]
        return [written.get(lead.lead_id, lead) for lead in leads if lead is not None]

    def _named(self) -> tuple[dict[int, Lead], dict[str, int]]:
        """Return the lead that each block goes on from, and in which block the other ones end."""
        claims: dict[int, list[Lead]] = {}
        gone: dict[str, int] = {}
        for _, lead in sorted(self._leads.items()):
            claims.setdefault(self._block_of(lead), []).append(lead)
        named: dict[int, Lead] = {}
        for block, found in claims.items():
            if block not in self.shares or not self.shares[block]:
                continue
            survivor = self._survivor(block, found)
            named[block] = survivor
            gone |= {lead.lead_id: block for lead in found if lead is not survivor}
        used = {lead.lead_id for lead in named.values()} | set(gone)
        for block in sorted(self.shares):
            if self.shares[block] and block not in named:
                base = (
                    self._restored(block, used)
                    or self._left_over(block, gone)
                    or self._new(block, used)
                )
                gone.pop(base.lead_id, None)
                named[block] = base
                used.add(base.lead_id)
        for lead_id, lead in self._leads.items():
            if lead_id not in used:
                gone[lead_id] = self._heir(lead)
        return named, gone

    def _block_of(self, lead: Lead) -> int:
        reference = self._known_as.get(lead.lead_id) or reference_of(lead)
        block = self.after.block_named(reference) if reference else None
        if block is None or not self.shares.get(block):
            return self._heir(lead)
        return block

    def _heir(self, lead: Lead) -> int:
        """Return the block that the first of a lead's members went to."""
        for slot in sorted(lead.members):
            for block, members in sorted(self.shares.items()):
                if slot in members:
                    return block
        return min(self.shares)

    def _survivor(self, block: int, leads: list[Lead]) -> Lead:
        """Return the lead whose id goes on: the one that a decision keeps, a known one before an
        anonymous one, the one first seen earlier."""
        by_name = {reference_of(lead): lead for lead in leads}
        for decision in sorted(self._decisions, key=lambda d: (d.at, d.merge_id)):
            kept = by_name.get(decision.kept)
            if kept is not None and decision.taken in by_name and not decision.undone:
                return kept

        def place(lead: Lead) -> tuple[bool, Order, str]:
            own = [
                sighting
                for member in lead.members.values()
                for name, sighting in member.sightings.items()
                if name not in lead.refused
            ]
            first = min((sighting.first.order for sighting in own), default=(1 << 62, ""))
            return (all(s.kind not in STRONG for s in own), first, lead.lead_id)

        return min(leads, key=place)

    def _left_over(self, block: int, gone: Mapping[str, int]) -> Lead | None:
        """Return a lead that lost its name to another, but whose identifiers partly are this
        block."""
        for lead_id in sorted(gone):
            lead = self._leads[lead_id]
            for member in lead.members.values():
                for name, sighting in member.sightings.items():
                    slot = self.after.evidence.slot(Identifier(sighting.kind, sighting.value))
                    if name not in lead.refused and self.after.block_of.get(slot) == block:
                        return lead
        return None

    def _restored(self, block: int, used: set[str]) -> Lead | None:
        """Return a lead merged away that the block is again, to go on from where it was: the one
        whose merge was undone before others that it had taken in."""
        undone = {f"lead_{d.merge_id.split('_')[1]}" for d in self._decisions if d.undone}
        was = {
            lead_id: reference
            for lead in self._leads.values()
            for lead_id, reference in self._merged_into(lead)
            if lead_id not in used and self.after.block_named(reference) == block
        }
        name = self.after.reference(block)
        for lead_id in sorted(was, key=lambda i: (i not in undone, was[i] != name, i)):
            slot = self._slot(lead_id)
            if slot is not None:
                return slot.lead()
        return None

    def _merged_into(self, lead: Lead) -> Iterator[tuple[str, str]]:
        """Yield the leads that a lead took in, and the identifiers that they are known by."""
        for lead_id, reference in lead.merged_from.items():
            yield lead_id, self._known_as.get(lead_id, reference)

    def _new(self, block: int, used: set[str]) -> Lead:
        """Return the beginning of a lead: at the slot that somebody's pointer promised, at its own
        strongest identifier's slot, or at one that nothing else can have."""
        found: Block = self.after.blocks[block]
        for slot in found.slots:
            pointer = self._pointers.get(slot)
            promised = pointer.into if pointer and pointer.was is None else None
            if promised and not {promised} & {*self._leads, *used} and not self._slot(promised):
                return self._begun(promised)
        free = (found.nobody,) if found.nobody is not None else found.slots
        others = (opaque_id("lead", self._key, "again", free[0], str(n)) for n in count(1))
        return self._begun(
            next(
                slot
                for slot in chain(free, others)
                if slot not in used and slot not in self._leads and self._is_free(slot)
            )
        )

    def _is_free(self, slot: str) -> bool:
        """Return whether a lead may begin at a slot: not where one is still being deleted."""
        return slot not in self._tombstones or self._tombstones[slot].at_rest

    def _begun(self, lead_id: str) -> Lead:
        pointer = self._slot(lead_id)
        if pointer is not None:
            return pointer.lead()
        rest = self._tombstones.get(lead_id)
        return rest.begun() if rest is not None else Lead(lead_id=lead_id)

    def _slot(self, lead_id: str) -> Pointer | None:
        """Return the pointer at a slot, read if need be; None when there is none.

        Raises:
            ConflictError: there is one now where there was none when the cluster was read.
        """
        if lead_id not in self._pointers:
            if lead_id in self._looked_up:
                return None
            slot = self._desk.leads.slot(lead_id, consistent=True)
            if isinstance(slot, Tombstone):
                self._meet_tombstone(slot)
            if not isinstance(slot, Pointer):
                return None
            if lead_id in self._asked:
                raise ConflictError("the slot was empty when it was read")
            self._pointers[lead_id] = slot
        return self._pointers[lead_id]

    def _meet_tombstone(self, found: Tombstone) -> None:
        """Note a tombstone that was not known of when the cluster was read.

        Raises:
            ConflictError: what it stands for is not all removed yet.
        """
        if found.lead_id not in self._tombstones and not found.at_rest:
            raise ConflictError("a lead is being deleted")
        self._tombstones.setdefault(found.lead_id, found)

    def _composed(
        self, block: int, base: Lead, ids: Mapping[int, str], gone: Mapping[str, int]
    ) -> Lead:
        after = self.after
        members = self.shares[block]
        merged = {
            lead_id: reference
            for lead in self._leads.values()
            for lead_id, reference in self._merged_into(lead)
            if lead_id not in ids.values()
            and (
                after.block_named(reference) == block
                if after.block_named(reference) is not None
                else lead is base
            )
        }
        for lead_id, into in gone.items():
            if into == block:
                merged[lead_id] = self._was(self._leads[lead_id], block)
        carried = {
            name: after.evidence.slot(Identifier(sighting.kind, sighting.value))
            for member in members.values()
            for name, sighting in member.sightings.items()
        }
        concerned = [
            decision
            for decision in self._decisions
            if block in (after.block_named(decision.kept), after.block_named(decision.taken))
            or any(decision.merge_id == mine.merge_id for mine in base.decisions)
        ]
        peers = sorted(set(ids.values()) - {base.lead_id})
        return base.model_copy(
            update={
                "members": members,
                "nobody": after.blocks[block].nobody is not None,
                "merged_from": dict(sorted(merged.items())),
                "refused": tuple(
                    sorted(n for n, slot in carried.items() if not after.own(block, slot))
                ),
                "peers": tuple(peers),
                "decisions": tuple(concerned),
            }
        )

    def _was(self, lead: Lead, block: int) -> str:
        """Return the identifier that a lead is known by in the block that took it in."""
        reference = self._known_as.get(lead.lead_id) or reference_of(lead)
        if reference is None or self.after.block_named(reference) != block:
            return self.after.reference(block)
        return reference

    def _taken(self, lead_id: str, ids: Mapping[int, str], block: int) -> Pointer:
        """Return the pointer that takes the place of a lead that is part of another now."""
        lead = self._leads[lead_id]
        return self._pointer(lead, self._was(lead, block), block, ids)

    def _pointer(
        self, slot: Lead | Pointer, reference: str | None, block: int, ids: Mapping[int, str]
    ) -> Pointer:
        """Return the pointer in place of a lead, or of an older pointer, that is part of a
        block."""
        by, rule = self._reason(reference)
        for decision in self._decisions:
            if decision.taken == reference and not decision.undone:
                by, rule = (decision.at, decision.merge_id), "merged_by_hand"
        into = self._leads.get(ids[block])
        return Pointer(
            lead_id=slot.lead_id,
            version=slot.version + 1,
            into=ids[block],
            by=Stamp(at=by[0], message_id=by[1]),
            rule=rule,
            was=reference,
            kept=self._was(into, block) if into is not None else None,
            sequence=slot.sequence,
            fact_tier=slot.fact_tier,
            score=slot.score.score if isinstance(slot, Lead) else slot.score,
        )

    def _redirected(
        self, leads: Mapping[int, Lead], ids: Mapping[int, str], gone: Mapping[str, int]
    ) -> tuple[Pointer, ...]:
        """Return new pointers for leads merged away earlier that must be found elsewhere now: what
        they are known by went to another lead, or a lead on the way there is one again."""
        was_in = {
            merged: ids[gone[lead_id]] if lead_id in gone else lead_id
            for lead_id, lead in self._leads.items()
            for merged in lead.merged_from
        }
        is_in = {
            merged: block
            for block, lead in leads.items()
            for merged in lead.merged_from
            if merged in was_in
        }
        if all(was_in[merged] == ids[block] for merged, block in is_in.items()) and (
            is_in.keys() == was_in.keys()
        ):
            return ()
        pointers = {merged: self._slot(merged) for merged in sorted(is_in)}
        return tuple(
            self._pointer(pointer, pointer.was, is_in[merged], ids)
            for merged, pointer in pointers.items()
            if pointer is not None and pointer.into != ids[is_in[merged]]
        )

    def _reason(self, reference: str | None) -> tuple[Order, str]:
        """Return the join that brought an identifier to others last, and by which rule."""
        slot = self.after.evidence.slot_of(reference) if reference else None
        found = [join for join in self.after.joins if slot in (join.one, join.other)]
        last = max(found, key=lambda join: join.by, default=None)
        return (last.by, last.rule) if last else ((0, ""), "linked")

    def _links(self, ids: Mapping[int, str], written: set[str]) -> tuple[Pointer, ...]:
        """Return pointers for identifiers that nothing leads to the cluster from yet."""
        known = self._before.evidence.names
        fallback = ids[min(ids)]
        links = []
        for slot in sorted(self.after.evidence.names):
            if slot in known or slot in written or slot in self._pointers:
                continue
            if not self._is_free(slot):
                continue
            into = ids.get(self.after.block_of[slot], fallback)
            rest = self._tombstones.get(slot)
            links.append(self._link(slot, into, rest))
        return tuple(links)

    def _link(self, slot: str, into: str, there: Pointer | Tombstone | None) -> Pointer:
        """Return the pointer of an identifier, in place of what is at its slot."""
        by, rule = self._reason(self.after.evidence.names[slot].key)
        return Pointer(
            lead_id=slot,
            version=there.version + 1 if there else 1,
            into=into,
            by=Stamp(at=by[0], message_id=by[1]),
            rule=rule,
            sequence=there.sequence if there else 0,
        )

    def relinked(self, slots: Iterable[str]) -> tuple[Pointer, ...]:
        """Return new pointers in place of those at the slots, where the identifier is the cluster's
        and what is there says something else; to be asked for once the cluster is settled."""
        there = {slot: self._pointers[slot] for slot in sorted(slots)}
        links = {slot: self.linked(slot, pointer) for slot, pointer in there.items()}
        return tuple(
            link
            for slot, link in links.items()
            if link is not None and (link.into, link.by) != (there[slot].into, there[slot].by)
        )

    def linked(self, slot: str, there: Pointer | Tombstone) -> Pointer | None:
        """Return what leads from a slot, in place of what is there, to the settled lead that its
        identifier belongs to; None when no event of the cluster carries that, or the lead itself
        has that slot."""
        into = self._ids.get(self.after.block_of.get(slot, -1))
        return None if into is None or into == slot else self._link(slot, into, there)
