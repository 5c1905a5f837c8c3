"""Shares out the events of a cluster of leads: who is who with new ones, and which are whose.

A member's events are one block's own, or are divided among several. A share moves whole as long as
all of its events go to one block; what must be divided is folded again from the stored events.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from leadsignal.domain.activity import day_of
from leadsignal.domain.conditions.selectors import is_marked
from leadsignal.domain.evidence import Evidence, both_sightings, sighted
from leadsignal.domain.identity import resolve
from leadsignal.domain.members import learn, teaches
from leadsignal.domain.resolution import Resolution
from leadsignal.domain.scanners import Findings, findings, is_honeypot, strongest
from leadsignal.domain.slots import STRONG, Identifier, identifiers_of, member_of, slot_id
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Lead, Member, Sighting
from leadsignal.models.snapshots import DayKey
from leadsignal.services.clusters import members_of, reference_of, resolution_of
from leadsignal.services.desk import Ground
from leadsignal.services.summaries import Summaries

type Shares = dict[int, dict[str, Member]]
"""By block, by slot: the member made of those of its events that are the block's own."""


class Division(NamedTuple):
    """Who was who in a cluster and who is now, whose the events are now, and the last of the new
    events of each block."""

    before: Resolution
    after: Resolution
    shares: Shares
    causes: dict[int, Event]


def divide(
    leads: Mapping[str, Lead],
    events: Iterable[Event],
    *,
    desk: Ground,
    decisions: Iterable[Decision],
    days: Mapping[DayKey, ActivityDay],
    severed: Iterable[tuple[str, str]],
    again: Iterable[str],
) -> Division:
    """Return whose the events of a cluster are with some more stored ones.

    ``days`` are the stored days that the events are in. ``severed`` names sightings, by member slot
    and identifier key, that are no evidence; ``again`` the slots of members to fold from scratch.

    Raises:
        ConflictError: the days changed since the leads were read, or the other way round.
    """
    divider = _Divider(leads, desk, decisions=decisions, days=days, severed=severed)
    return divider.run(events, again)


class _Divider:
    def __init__(
        self,
        leads: Mapping[str, Lead],
        desk: Ground,
        *,
        decisions: Iterable[Decision],
        days: Mapping[DayKey, ActivityDay],
        severed: Iterable[tuple[str, str]],
    ) -> None:
        self._leads = leads
        self._desk = desk
        self._key = desk.identity_key
        self._decisions = decisions
        self._stored = days
        self._found = {key: findings(content.events) for key, content in days.items()}
        self._no_evidence = set(severed) | {
            (slot, name)
            for slot, member in members_of(leads.values())
            for name, sighting in member.sightings.items()
            if sighting.severed
        }
        self._before = resolution_of(leads, key=self._key)
        self._divided = self._as_divided()
        self._after: Resolution
        self._said: dict[str, list[Sighting]] = {}
        self._shares: Shares = {}
        self._causes: dict[int, Event] = {}

    def run(self, events: Iterable[Event], again: Iterable[str]) -> Division:
        ordered = sorted(events, key=lambda event: (event.at, event.message_id))
        stale = {*again, *self._replaced(), *self._taken_back()}
        histories = {slot: self._history(slot) for slot in stale}
        self._after = self._resolved(ordered, histories)
        if not stale <= self._after.block_of.keys():
            raise ConflictError("the days of a member were removed meanwhile")
        torn = stale | self._move(stale)
        for slot in torn:
            self._fold_again(slot, histories.get(slot) or self._history(slot))
        for event in ordered:
            slot = slot_id(self._key, member_of(event))
            block = self._after.place(event)
            self._causes[block] = event
            if slot not in torn:
                found = self._found.get((slot, day_of(event)), Findings())
                self._teach(block, slot, event, found)
        by_slot: dict[str, dict[str, ActivityDay]] = {}
        for (slot, day), content in sorted(self._stored.items()):
            if slot not in torn and slot in self._after.block_of:
                by_slot.setdefault(slot, {})[day] = content
        for slot, contents in by_slot.items():
            self._summarise(slot, contents)
        self._complete_marks()
        return Division(self._before, self._after, self._shares, self._causes)

    def _replaced(self) -> set[str]:
        """Return the slots of members that may have learned from events that gave way to others."""
        return {
            slot
            for (slot, day), content in self._stored.items()
            for lead in self._leads.values()
            if slot in lead.members and lead.members[slot].replaced.get(day, 0) != content.replaced
        }

    def _taken_back(self) -> set[str]:
        """Return the slots of persons who have learned from events that turn out to be a
        scanner's."""
        slots: set[str] = set()
        for (slot, day), content in self._stored.items():
            shares = [lead.members[slot] for lead in self._leads.values() if slot in lead.members]
            caught = self._found[slot, day].caught
            if not caught or not shares or shares[0].kind not in STRONG:
                continue
            known = sum(share.days[day].caught for share in shares if day in share.days)
            burst = [e for e in content.events if e.message_id in caught and not is_honeypot(e)]
            if known != len(caught) and any(map(teaches, burst)):
                slots.add(slot)
        return slots

    def _history(self, slot: str) -> dict[str, ActivityDay]:
        days = self._desk.activity.member_days(slot)
        for (member, day), content in self._stored.items():
            if member == slot and (day not in days or days[day].version <= content.version):
                days[day] = content
        return days

    def _resolved(
        self,
        events: Iterable[Event],
        histories: Mapping[str, Mapping[str, ActivityDay]],
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
            found[0] = self._sighted(slot, found[0], event)
        self._said = {
            slot: [sighting for member in found for sighting in member.sightings.values()]
            for slot, found in members.items()
        }
        evidence = Evidence((m for found in members.values() for m in found), key=self._key)
        return resolve(evidence, self._decisions)

    def _sighted(self, slot: str, member: Member, event: Event) -> Member:
        sightings = sighted(member.sightings, event)
        for identifier in identifiers_of(event):
            name = identifier.key
            if (slot, name) in self._no_evidence and not sightings[name].severed:
                sightings[name] = sightings[name].model_copy(update={"severed": True})
        return (
            member
            if sightings == member.sightings
            else member.model_copy(update={"sightings": sightings})
        )

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

    def _move(self, stale: set[str]) -> set[str]:
        """Give each share to the block that its events belong to now; return which must be torn up
        and folded again from their events."""
        torn: set[str] = set()
        held: dict[str, list[Member]] = {}
        for slot, member in members_of(self._leads.values()):
            held.setdefault(slot, []).append(member)
        for lead in self._leads.values():
            for slot, member in lead.members.items():
                if slot in stale:
                    continue
                block = self._moved_to(lead, slot, held[slot])
                if block is None or slot in self._shares.get(block, {}):
                    torn.add(slot)
                else:
                    self._shares.setdefault(block, {})[slot] = member
        for slot in torn:
            for found in self._shares.values():
                found.pop(slot, None)
        return torn

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
        cut_after, becomes = self._after.plan(slot, self._said[slot])
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

    def _complete_marks(self) -> None:
        """Read again the days of members whose summaries were made before something was counted
        that is counted now: once for each lead after rules were published."""
        tracked = self._desk.book.rules.tracked
        slots = {
            slot
            for members in self._shares.values()
            for slot, member in members.items()
            if tracked and not member.scanner
            if not all(is_marked(summary, tracked) for summary in member.days.values())
        }
        for slot in sorted(slots):
            self._summarise(slot, self._history(slot), complete=True)

    def _fold_again(self, slot: str, history: Mapping[str, ActivityDay]) -> None:
        for content in history.values():
            found = findings(content.events)
            for event in content.events:
                if self._is_evidence(slot, event):
                    self._teach(self._after.place(event), slot, event, found)
        self._summarise(slot, history, complete=True)
        replaced = {day: content.replaced for day, content in history.items() if content.replaced}
        for members in self._shares.values():
            if slot in members and members[slot].replaced != replaced:
                members[slot] = members[slot].model_copy(update={"replaced": replaced})

    def _is_evidence(self, slot: str, event: Event) -> bool:
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
        return self._sighted(slot, member, event) is member

    def _teach(
        self,
        block: int,
        slot: str,
        event: Event,
        found: Findings,
    ) -> None:
        """Let a share learn from one of its events; the same event again teaches nothing, and what
        a scanner did with a person's address says nothing but whose address it is."""
        own = member_of(event)
        members = self._shares.setdefault(block, {})
        member = members.get(slot) or Member(
            kind=own.kind, value=own.value, first_received_at=event.received_at
        )
        if event.received_at < member.first_received_at:
            member = member.model_copy(update={"first_received_at": event.received_at})
        members[slot] = self._sighted(slot, member, event)
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
        summaries = Summaries(slot, days, self._desk, place=self._after.place, complete=complete)
        shares = {block: found for block, found in self._shares.items() if slot in found}
        for block, members in shares.items():
            members[slot] = summaries.of(block, members[slot])
        reason = None
        if not self._after.evidence.names[slot].strong:
            reason = strongest(
                summary.scanner
                for members in shares.values()
                for summary in members[slot].days.values()
            )
        for members in shares.values():
            if members[slot].scanner != reason:
                members[slot] = members[slot].model_copy(update={"scanner": reason})
