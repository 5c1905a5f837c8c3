"""Who is who: evidence about identifiers in, persons and shared browsers out.

Every identifier has a *slot*, whose id follows from (tenant, kind, value). What events say together
(a user id and an e-mail, an e-mail on a browser) is evidence. ``resolve`` decides over all evidence
of a cluster at once, in event order, so it does not matter in which order events arrive. What
trusted senders say goes before what browsers say.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from leadsignal.domain.email import email_hash, read_email
from leadsignal.domain.secrets import opaque_id
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, IdentifierKind, Member, Sighting, Stamp
from leadsignal.models.merges import RefusalReason

STRONG: tuple[IdentifierKind, ...] = ("user_id", "crm_id", "email", "record_id")
RANK: dict[IdentifierKind, int] = {
    "user_id": 0, "crm_id": 1, "email": 2, "record_id": 3, "anonymous_id": 4, "device_id": 5,
}  # fmt: skip
MAX_EMAILS = 5
MAX_WEAK = 100
NOBODY = "nobody"

type Order = tuple[int, str]
type Rule = Literal["linked", "same_browser", "trusted_sender", "logged_in", "merged_by_hand"]


class Identifier(NamedTuple):
    """One way in which a person is named."""

    kind: IdentifierKind
    value: str

    @property
    def key(self) -> str:
        """The identifier as one text."""
        return f"{self.kind}:{self.value}"

    @property
    def strong(self) -> bool:
        """True for what names a person and not a device."""
        return self.kind in STRONG


def identifier_of(key: str) -> Identifier:
    """Return the identifier whose ``key`` this is."""
    kind, _, value = key.partition(":")
    return Identifier(kind, value)  # type: ignore[arg-type]


def identifiers_of(event: Event) -> tuple[Identifier, ...]:
    """Return the identifiers an event carries, strongest first.

    The old id of an alias is an e-mail when it looks like one, else a browser; beside a user id it
    is also another user id, which is never joined by itself but shows up as a merge candidate.
    """
    found: list[tuple[IdentifierKind, str | None]] = [
        ("user_id", event.user_id),
        ("crm_id", event.crm_id),
        ("email", event.email),
        ("record_id", event.record_id),
        ("anonymous_id", event.anonymous_id),
        ("device_id", event.device_id),
        *map(identifier_of, event.also),
    ]
    if event.type == "alias" and event.previous_id is not None:
        email = read_email(event.previous_id)
        found.append(("email", email) if email else ("anonymous_id", event.previous_id))
        if event.user_id is not None:
            found.append(("user_id", event.previous_id))
    unique = dict.fromkeys(Identifier(kind, value) for kind, value in found if value is not None)
    return tuple(sorted(unique, key=lambda identifier: RANK[identifier.kind]))


def member_of(event: Event) -> Identifier:
    """Return the identifier that an event is recorded under: user id, else browser, else e-mail.

    What somebody said of a lead is recorded under the strongest identifier that it names.
    """
    if event.is_statement:
        return identifiers_of(event)[0]
    candidates: tuple[tuple[IdentifierKind, str | None], ...] = (
        ("user_id", event.user_id),
        ("anonymous_id", event.anonymous_id),
        ("email", event.email),
        ("crm_id", event.crm_id),
        ("device_id", event.device_id),
    )
    return next(Identifier(kind, value) for kind, value in candidates if value is not None)


def vouched(event: Event, identifier: Identifier) -> bool:
    """Return whether the sender may say that the identifier is this person's: a secret key always,
    a signed browser event for the identifiers that the signature covers."""
    return event.trusted or (event.signed and identifier.strong)


@lru_cache(maxsize=20_000)
def slot_id(key: bytes, identifier: Identifier) -> str:
    """Return the id of an identifier's slot, which is its lead's id when it has one of its own.

    An e-mail address and its SHA-256 have the same slot.
    """
    value = email_hash(identifier.value) if identifier.kind == "email" else identifier.value
    return opaque_id("lead", key, identifier.kind, value)


def sighted(known: Mapping[str, Sighting], event: Event) -> dict[str, Sighting]:
    """Return the sightings of a member with what one of its events carried."""
    stamp = Stamp(at=event.at, message_id=event.message_id)
    found = dict(known)
    for identifier in identifiers_of(event):
        new = Sighting(
            kind=identifier.kind,
            value=identifier.value,
            first=stamp,
            verified=vouched(event, identifier),
        )
        there = found.get(identifier.key)
        found[identifier.key] = both_sightings(there, new) if there else new
    return found


def both_sightings(one: Sighting, other: Sighting) -> Sighting:
    """Return what two sightings of one identifier say together."""
    first = min(one.first, other.first, key=lambda stamp: stamp.order)
    words = [stamp for stamp in (one.vouched, other.vouched) if stamp is not None]
    word = min(words, key=lambda stamp: stamp.order, default=None)
    verified = word == first
    together = one.model_copy(
        update={
            "first": first,
            "verified": verified,
            "trusted": None if verified else word,
            "severed": one.severed and other.severed,
        }
    )
    return one if together == one else together


class Link(NamedTuple):
    """Two identifiers that events said together: when first, when first by a trusted sender."""

    one: str
    other: str
    first: Order
    trusted: Order | None


class Evidence:
    """All that the members of a cluster say about identifiers; slots stand for identifiers.

    ``names`` gives each slot's identifier, ``since`` the first event that carried it.
    """

    def __init__(self, members: Iterable[Member], *, key: bytes) -> None:
        self.key = key
        self.names: dict[str, Identifier] = {}
        self.since: dict[str, Order] = {}
        self.links: dict[tuple[str, str], Link] = {}
        for member in members:
            own = self.slot(Identifier(member.kind, member.value))
            for sighting in member.sightings.values():
                if not sighting.severed:
                    self._add(own, sighting)

    def slot(self, identifier: Identifier) -> str:
        """Return the slot of an identifier."""
        return slot_id(self.key, identifier)

    def slot_of(self, reference: str) -> str:
        """Return the slot of what a decision names: an identifier's key, or a slot already."""
        kind, _, value = reference.partition(":")
        return value if kind == NOBODY else self.slot(identifier_of(reference))

    def _add(self, own: str, sighting: Sighting) -> None:
        identifier = Identifier(sighting.kind, sighting.value)
        slot = self.slot(identifier)
        named = self.names.get(slot)
        if named is None or (named.value.startswith("sha256:") and named != identifier):
            self.names[slot] = identifier
        first = sighting.first.order
        self.since[slot] = min(first, self.since.get(slot, first))
        if slot == own:
            return
        pair = (own, slot) if own < slot else (slot, own)
        word = sighting.vouched.order if sighting.vouched else None
        there = self.links.get(pair)
        if there is not None:
            first = min(first, there.first)
            word = min((w for w in (word, there.trusted) if w is not None), default=None)
        self.links[pair] = Link(*pair, first, word)

    def __eq__(self, other: object) -> bool:
        """Evidence is the same when it leads to the same decisions."""
        return (
            isinstance(other, Evidence)
            and self.since == other.since
            and self.links == other.links
            and self.names == other.names
        )

    __hash__ = None  # type: ignore[assignment]


class Join(NamedTuple):
    """Two identifiers found to be one person's, by which event and rule."""

    one: str
    other: str
    by: Order
    rule: Rule


class Refusal(NamedTuple):
    """Two identifiers that an event said together and that stay apart, and why."""

    one: str
    other: str
    by: Order
    reason: RefusalReason


class Block(NamedTuple):
    """What makes one lead: a person's identifiers, or those of an anonymous device, or (``nobody``)
    what happened on a shared browser while nobody was logged in."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]
    nobody: str | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """The identifiers that are the lead's own, strongest and earliest first."""
        return self.strong + self.weak


class Resolution:
    """What the evidence of a cluster comes to.

    ``blocks`` are numbered; ``block_of`` gives the block of each identifier, ``shared`` of each
    shared browser the instant from which it is, and the block of what nobody did there.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.blocks: list[Block] = []
        self.block_of: dict[str, int] = {}
        self.shared: dict[str, tuple[Order, int]] = {}
        self.joins: list[Join] = []
        self.refusals: list[Refusal] = []

    def place(self, event: Event) -> int:
        """Return the block that an event belongs to: that of its strongest identifier that is
        evidence."""
        strongest, slot = next(
            (identifier, slot)
            for identifier in identifiers_of(event)
            if (slot := self.evidence.slot(identifier)) in self.block_of
        )
        if not strongest.strong and slot in self.shared:
            cut, nobody = self.shared[slot]
            if (event.at, event.message_id) >= cut:
                return nobody
        return self.block_of[slot]

    def plan(self, slot: str, said: Iterable[Sighting]) -> tuple[Order | None, dict[str, int]]:
        """Return how a member's events are shared out: from which instant the browser is nobody's,
        and the block of each class of events (by who is logged in, of those whom the member
        said)."""
        if slot not in self.block_of:
            return None, {}
        classes = {"": self.block_of[slot]}
        cut = None
        if slot in self.shared:
            cut, classes[NOBODY] = self.shared[slot]
        rank = RANK[self.evidence.names[slot].kind]
        for sighting in said:
            other = self.evidence.slot(Identifier(sighting.kind, sighting.value))
            if sighting.kind in STRONG and RANK[sighting.kind] < rank and other in self.block_of:
                classes[other] = self.block_of[other]
        return cut, classes

    def own(self, block: int, slot: str) -> bool:
        """Return whether an identifier is one of the block's own; a shared device is nobody's
        too."""
        nobody = self.shared[slot][1] if slot in self.shared else None
        found = self.blocks[block].nobody is not None and nobody == block
        return found or self.block_of.get(slot) == block

    def reference(self, block: int) -> str:
        """Return the name by which decisions know a block: its strongest, earliest identifier."""
        found = self.blocks[block]
        if found.nobody is not None:
            return nobody_of(min(s for s, (_, number) in self.shared.items() if number == block))
        return self.evidence.names[found.slots[0]].key

    def block_named(self, reference: str) -> int | None:
        """Return the block that a reference is in now, or None."""
        slot = self.evidence.slot_of(reference)
        if _is_nobody(reference) and slot in self.shared:
            return self.shared[slot][1]
        return self.block_of.get(slot)


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


def nobody_of(slot: str) -> str:
    """Return the name by which decisions know what nobody did on a shared device."""
    return f"{NOBODY}:{slot}"


def _is_nobody(reference: str) -> bool:
    return reference.startswith(f"{NOBODY}:")


def nobody_slot(key: bytes, slot: str) -> str:
    """Return the id of the lead of what nobody did on a shared browser."""
    return opaque_id("lead", key, NOBODY, slot)


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
            if not (_is_nobody(d.kept) or _is_nobody(d.taken))
        ]
        self.apart = [(one, other) for one, other, d in pairs if d.undone]
        self.merges = [(one, other, d) for one, other, d in pairs if not d.undone]
        self.given = {
            evidence.slot_of(nobody): evidence.slot_of(taker)
            for d in decisions
            for nobody, taker in ((d.kept, d.taken), (d.taken, d.kept))
            if _is_nobody(nobody) and not d.undone
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
