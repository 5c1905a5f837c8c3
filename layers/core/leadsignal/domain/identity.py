"""Who is who: evidence about identifiers in, persons and shared browsers out.

``resolve`` decides over all evidence of a cluster at once, in event order, so it does not matter in
which order events arrive. What trusted senders say goes before what browsers say.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from leadsignal.domain.evidence import Evidence, Link, Order
from leadsignal.domain.resolution import Block, Join, Refusal, Resolution, Rule
from leadsignal.domain.slots import RANK, is_nobody, nobody_slot
from leadsignal.models.leads import Decision, IdentifierKind
from leadsignal.models.merges import RefusalReason

MAX_EMAILS = 5
MAX_WEAK = 100


def resolve(evidence: Evidence, decisions: Iterable[Decision] = ()) -> Resolution:
    """Return who is who by the evidence of a cluster and what people decided about it.

    The rules (docs/identity.md), each in event order, what trusted senders said before the rest:

    1. Identifiers said together belong together, if one of them was nobody's before; two persons
       known before are joined on a trusted sender's word only; never across different user ids
       or CRM ids, nor beyond ``MAX_EMAILS``. Through a browser alone an identifier is linked
       only to a person who has none of its kind.
    2. Decisions join persons whatever the rules say; undone ones keep them apart.
    3. A browser belongs to the first person who logs in on it, up to ``MAX_WEAK`` for one
       person; from the first log-in of a second one its anonymous events are nobody's.
    """
    return _Resolver(evidence, tuple(decisions)).run()


class _Sets:
    """Disjoint sets of slots."""

    def __init__(self, slots: Iterable[str]) -> None:
        self._parent = {slot: slot for slot in slots}
        self.members = {slot: {slot} for slot in self._parent}

    def __contains__(self, slot: str) -> bool:
        return slot in self._parent

    def root(self, slot: str) -> str:
        while self._parent[slot] != slot:
            slot = self._parent[slot]
        return slot

    def of(self, slot: str) -> set[str]:
        return self.members[self.root(slot)]

    def union(self, one: str, other: str) -> None:
        into, gone = sorted((self.root(one), self.root(other)))
        if into != gone:
            self._parent[gone] = into
            self.members[into] |= self.members.pop(gone)


class _Login(NamedTuple):
    """A person on a device: since when, how strong the identifier is, and by whose word."""

    first: Order
    rank: int
    person: str
    trusted: Order | None


class _Resolver:
    def __init__(self, evidence: Evidence, decisions: Sequence[Decision]) -> None:
        self.evidence = evidence
        names = evidence.names
        self.persons = _Sets(slot for slot in names if names[slot].strong)
        self.devices = _Sets(slot for slot in names if not names[slot].strong)
        self.result = Resolution(evidence)
        self.refused: dict[tuple[str, str], Refusal] = {}
        self.logins: dict[str, list[_Login]] = defaultdict(list)
        pairs = [
            (evidence.slot_of(d.kept), evidence.slot_of(d.taken), d)
            for d in decisions
            if not (is_nobody(d.kept) or is_nobody(d.taken))
        ]
        self.apart = [(one, other) for one, other, d in pairs if d.undone]
        self.merges = [(one, other, d) for one, other, d in pairs if not d.undone]
        self.given = {
            evidence.slot_of(nobody): evidence.slot_of(taker)
            for d in decisions
            for nobody, taker in ((d.kept, d.taken), (d.taken, d.kept))
            if is_nobody(nobody) and not d.undone
        }

    def run(self) -> Resolution:
        links = sorted(self.evidence.links.values(), key=self._strength)
        self._join_devices(links)
        for link in links:
            person, device = self._sides(link)
            if device:
                login = _Login(
                    link.first, RANK[self.evidence.names[person].kind], person, link.trusted
                )
                self.logins[self.devices.root(device)].append(login)
        for found in self.logins.values():
            found.sort(key=lambda login: login[:3])
        words = sorted(
            (link for link in links if link.trusted),
            key=lambda link: (link.trusted, self._strength(link)),
        )
        for link in words:
            self._take(link, link.trusted, trusted=True)
        for link in sorted(links, key=lambda link: (link.first, self._strength(link))):
            self._take(link, link.first, trusted=False)
        self._merge_by_hand()
        self._share_out()
        block_of = self.result.block_of
        self.result.refusals = [
            refusal
            for refusal in self.refused.values()
            if block_of[refusal.one] != block_of[refusal.other]
        ]
        return self.result

    def _strength(self, link: Link) -> tuple[int, int, str, str]:
        kinds = sorted(RANK[self.evidence.names[slot].kind] for slot in link[:2])
        return (kinds[0], kinds[1], link.one, link.other)

    def _sides(self, link: Link) -> tuple[str, str | None]:
        """Return the person and the device of a link, or (person, None), if it has both sides."""
        one, other = link.one, link.other
        if one in self.persons and other in self.devices:
            return one, other
        if other in self.persons and one in self.devices:
            return other, one
        return one, None

    def _join_devices(self, links: Sequence[Link]) -> None:
        """Join the devices that events said together: they are one as far as log-ins go."""
        for link in sorted(links, key=lambda link: (link.first, link.one, link.other)):
            if link.one in self.devices and link.other in self.devices:
                one, other = self.devices.of(link.one), self.devices.of(link.other)
                if self._are_apart(one, other):
                    self._refuse(link.one, link.other, link.first, "undone")
                elif len(one | other) > MAX_WEAK:
                    self._refuse(link.one, link.other, link.first, "browser_limit")
                elif self.devices.root(link.one) != self.devices.root(link.other):
                    self.devices.union(link.one, link.other)
                    self._joined(link.one, link.other, link.first, "linked")

    def _take(self, link: Link, at: Order | None, *, trusted: bool) -> None:
        if at is None:
            return
        person, device = self._sides(link)
        if device is not None:
            self._log_in(person, device, at, trusted=trusted)
        elif link.one in self.persons and link.other in self.persons:
            self._meet(link.one, link.other, at, trusted=trusted, same_browser=False)

    def _log_in(self, person: str, device: str, at: Order, *, trusted: bool) -> None:
        """Join a person with the one who was on the browser first, if the rules allow it."""
        if self._is_apart_from(person, device):
            return
        for login in self.logins[self.devices.root(device)]:
            since = login.trusted if trusted else login.first
            if login.person == person or since is None or since > at:
                continue
            if not self._is_apart_from(login.person, device):
                self._meet(person, login.person, at, trusted=trusted, same_browser=True)
                return

    def _meet(self, one: str, other: str, at: Order, *, trusted: bool, same_browser: bool) -> None:
        if self.persons.root(one) == self.persons.root(other):
            return
        new = not (self._known(one, at) and self._known(other, at))
        reason = self._obstacle(one, other)
        if reason is None and not trusted:
            if not new:
                reason = "untrusted_sender"
            elif same_browser and self._kinds(one) & self._kinds(other):
                reason = "different_emails"
        if reason is not None:
            self._refuse(one, other, at, reason)
            return
        rule: Rule = "same_browser" if same_browser else "linked"
        self._joined(one, other, at, rule if new else "trusted_sender")
        self.persons.union(one, other)

    def _obstacle(self, one: str, other: str) -> RefusalReason | None:
        """Return what keeps two persons apart whoever says that they are one."""
        together = self.persons.of(one) | self.persons.of(other)
        kinds = [self.evidence.names[slot].kind for slot in together]
        if kinds.count("user_id") > 1:
            return "different_user_ids"
        if kinds.count("crm_id") > 1:
            return "different_crm_ids"
        if kinds.count("email") > MAX_EMAILS:
            return "email_limit"
        if self._are_apart(self.persons.of(one), self.persons.of(other)):
            return "undone"
        return None

    def _is_apart_from(self, person: str, device: str) -> bool:
        return self._are_apart(self.persons.of(person), self.devices.of(device))

    def _are_apart(self, ones: Collection[str], others: Collection[str]) -> bool:
        """Return whether somebody decided that one of these is not one of those."""
        return any(
            (a in ones and b in others) or (b in ones and a in others) for a, b in self.apart
        )

    def _known(self, slot: str, at: Order) -> bool:
        return any(self.evidence.since[other] < at for other in self.persons.of(slot))

    def _kinds(self, slot: str) -> set[IdentifierKind]:
        """Return the kinds of identifiers a person has, but for those that we gave out."""
        kinds = {self.evidence.names[other].kind for other in self.persons.of(slot)}
        return kinds - {"record_id"}

    def _joined(self, one: str, other: str, at: Order, rule: Rule) -> None:
        self.result.joins.append(Join(one, other, at, rule))

    def _refuse(self, one: str, other: str, at: Order, reason: RefusalReason) -> None:
        """Note a refusal; of several about one pair the first decided stays."""
        pair = (one, other) if one < other else (other, one)
        self.refused.setdefault(pair, Refusal(*pair, at, reason))

    def _merge_by_hand(self) -> None:
        for one, other, decision in sorted(self.merges, key=lambda m: (m[2].at, m[2].merge_id)):
            for sets in (self.persons, self.devices):
                if one in sets and other in sets:
                    sets.union(one, other)
                    self._joined(one, other, (decision.at, decision.merge_id), "merged_by_hand")

    def _share_out(self) -> None:
        """Give each group of devices to the first person on it, and find when it became shared."""
        owned: dict[str, list[str]] = defaultdict(list)
        free: list[str] = []
        cuts: dict[str, Order] = {}
        for group, logins in self._groups():
            devices = self.devices.of(group)
            owner, rest = self._owner(devices, logins, owned)
            if owner is None:
                free.append(group)
                continue
            owned[owner].extend(devices)
            others = (at for at, person in rest if self.persons.root(person) != owner)
            if (cut := next(others, None)) is not None:
                cuts[group] = cut
        for root in sorted(self.persons.members):
            self._block(self.persons.members[root], owned[root])
        for group in sorted(free):
            self._block((), self.devices.of(group))
        self._nobodies(cuts)

    def _owner(
        self,
        devices: set[str],
        logins: Sequence[tuple[Order, str]],
        owned: Mapping[str, Sequence[str]],
    ) -> tuple[str | None, Sequence[tuple[Order, str]]]:
        """Return the first person who may have a group of devices, and the log-ins after theirs."""
        for number, (at, person) in enumerate(logins, start=1):
            root, device = self.persons.root(person), self._earliest(devices)
            has = owned.get(root, ())
            if self._is_apart_from(person, device) or self._are_apart(has, devices):
                self._refuse(person, device, at, "undone")
            elif len(has) + len(devices) > MAX_WEAK:
                self._refuse(person, device, at, "browser_limit")
            else:
                self._joined(person, device, at, "logged_in")
                return root, logins[number:]
        return None, ()

    def _groups(self) -> list[tuple[str, list[tuple[Order, str]]]]:
        """Return each group of devices with its log-ins, those by decision first; in event
        order."""
        logins: dict[str, list[tuple[Order, str]]] = {root: [] for root in self.devices.members}
        for group, found in self.logins.items():
            logins[self.devices.root(group)] += [(login.first, login.person) for login in found]
        for one, other, decision in self.merges:
            for person, device in ((one, other), (other, one)):
                if person in self.persons and device in self.devices:
                    logins[self.devices.root(device)].append(((0, decision.merge_id), person))
        ranks = self.evidence.names
        for found_here in logins.values():
            found_here.sort(key=lambda login: (login[0], RANK[ranks[login[1]].kind], login[1]))
        last: Order = (1 << 62, "")
        return sorted(
            logins.items(), key=lambda item: (item[1][0][0] if item[1] else last, item[0])
        )

    def _block(self, strong: Iterable[str], weak: Iterable[str], nobody: str | None = None) -> int:
        def place(slot: str) -> tuple[int, Order, str]:
            return (RANK[self.evidence.names[slot].kind], self.evidence.since[slot], slot)

        block = Block(tuple(sorted(strong, key=place)), tuple(sorted(weak, key=place)), nobody)
        self.result.blocks.append(block)
        number = len(self.result.blocks) - 1
        self.result.block_of |= dict.fromkeys(block.slots, number)
        return number

    def _earliest(self, slots: Iterable[str]) -> str:
        return min(slots, key=lambda slot: (self.evidence.since[slot], slot))

    def _nobodies(self, cuts: Mapping[str, Order]) -> None:
        """Make the block of each shared browser, or the one that a decision gave it to."""
        for group, cut in sorted(cuts.items()):
            slots = self.devices.of(group)
            nobody = nobody_slot(self.evidence.key, self._earliest(slots))
            number = self._given_to(slots)
            if number is None:
                number = self._block((), (), nobody)
            for slot in slots:
                self.result.shared[slot] = (cut, number)

    def _given_to(self, slots: Iterable[str]) -> int | None:
        takers = [self.given[slot] for slot in sorted(slots) if slot in self.given]
        return next((self.result.block_of[t] for t in takers if t in self.result.block_of), None)
