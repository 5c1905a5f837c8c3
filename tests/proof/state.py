"""What an account has come to: its canonical state, and what must hold of it whatever happened."""

import json
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import islice
from typing import Any, NamedTuple

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.config import DynamoTenants
from leadsignal.adapters.dynamodb.deals import decode_deal
from leadsignal.adapters.dynamodb.endpoints import listened_to
from leadsignal.adapters.dynamodb.leads import decode_slot
from leadsignal.adapters.dynamodb.packing import unpack
from leadsignal.adapters.dynamodb.rulesets import DynamoRuleSets
from leadsignal.adapters.dynamodb.segments import DynamoSegmentSets
from leadsignal.adapters.dynamodb.table import Table, decode
from leadsignal.domain.lead_views import lead_view, score_view, touch_view
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.rulebook import Rulebook, default_rules
from leadsignal.domain.secrets import derive
from leadsignal.domain.segments import SegmentBook
from leadsignal.models.companies import Company
from leadsignal.models.deals import Deal
from leadsignal.models.events import Event
from leadsignal.models.facts import Fact
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Entries, Lead, Pointer, Slot
from leadsignal.models.outbound import Delivery
from leadsignal.models.records import FailedEvent
from leadsignal.models.tenants import Tenant
from leadsignal.services.announce import happened_to
from leadsignal.services.commit import measured
from tests.fakes.stores import Stores, canonical
from tests.proof.cloud import Cloud

GAP = 30 * 60_000
LONG_AFTER = 2_000_000_000_000  # when leads are looked at: what grows old in time has done so
_BY_CLOCK = {"version", "updated_at", "merged_from"}  # what an attempt more may change
_BY_ORDER = _BY_CLOCK | {"id"}

ZLIB = 0x78  # begins what zlib packed by itself
ENTRIES = ("SEGMENT", "ATTRIBUTE", "OUTCOMES")  # what lists of leads are kept under

_OF_ARRIVAL = {"received_at", "NewImage", "OldImage", "SizeBytes"} | {
    "SequenceNumber",
    "ApproximateCreationDateTime",
}

type Item = dict[str, Any]
type EventName = tuple[str, str]
"""What names a content: ``messageId`` and fingerprint."""


def _tenant(tenant_id: str) -> Tenant:
    return Tenant(tenant_id=tenant_id, name="", secret="", created_at=0)


def tenant_of(pk: str) -> str | None:
    """Return the tenant that an item belongs to, None for what belongs to none."""
    return pk.split("#")[1] if pk.startswith("T#") else None


class Holdings:
    """All that the tables hold, by tenant; reading them counts as no call."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._items: dict[str, dict[str, list[Item]]] = {}
        for table in ("LeadTable", "ActivityTable"):
            by_tenant: dict[str, list[Item]] = defaultdict(list)
            for item in cloud.db.items(table):
                decoded = decode(item)
                by_tenant[tenant_of(decoded["pk"]) or ""].append(decoded)
            self._items[table] = by_tenant

    def items(self, table: str, tenant_id: str) -> list[Item]:
        """Return the items of a tenant in a table."""
        return self._items[table][tenant_id]

    def stores(self, tenant_id: str) -> Stores:
        """Return the real stores of a tenant."""
        now = self.cloud.clock.now
        return Stores.of(self.cloud.db.aside().client, tenant_id, now=lambda: now)

    def identity_key(self, tenant_id: str) -> bytes:
        """Return the key that slot ids of a tenant are made with."""
        return derive(self.tenant(tenant_id), "identity")

    def tenant(self, tenant_id: str) -> Tenant:
        """Return the record of a tenant."""
        found = DynamoTenants(self._config()).tenant(tenant_id)
        assert found is not None
        return found

    def book(self, tenant_id: str) -> Playbook:
        """Return what the leads of a tenant are measured by."""
        tenant, config = self.tenant(tenant_id), self._config()
        rules, segments = default_rules(tenant).ruleset, SegmentBook()
        if (published := tenant.published) is not None:
            found = DynamoRuleSets(config, tenant_id).version(published.id, published.version)
            assert found is not None
            rules = found
        if tenant.segments is not None:
            held = DynamoSegmentSets(config, tenant_id).get(tenant.segments)
            assert held is not None
            segments = SegmentBook(held.segments)
        return Playbook(Rulebook(rules, also=segments.selectors), segments)

    def _config(self) -> Table:
        return Table(self.cloud.db.aside().client, "ConfigTable")

    def slots(self, tenant_id: str) -> dict[str, Slot]:
        """Return every identity slot with what it holds."""
        start = keys.lead(tenant_id, "").pk
        return {
            item["pk"].removeprefix(start): decode_slot(item)
            for item in self.items("LeadTable", tenant_id)
            if item["sk"] == keys.LEAD_SK
        }

    def entries(self, tenant_id: str) -> list[keys.Key]:
        """Return where leads are listed by what they say that they are listed in."""
        return [
            keys.Key(item["pk"], item["sk"])
            for item in self.items("LeadTable", tenant_id)
            if _is_entry(item)
        ]

    def leads(self, tenant_id: str) -> list[Lead]:
        """Return every lead."""
        return [slot for slot in self.slots(tenant_id).values() if isinstance(slot, Lead)]

    def days(self, tenant_id: str) -> Iterator[tuple[str, str, Event]]:
        """Yield every stored event with its member and day."""
        start = keys.day(tenant_id, "", "").pk
        heads: dict[tuple[str, str], Item] = {}
        parts: dict[tuple[str, keys.Key], Item] = {}
        for item in self.items("ActivityTable", tenant_id):
            if not item["pk"].startswith(start):
                continue
            _, day, *part = item["sk"].split("#")
            member = item["pk"].removeprefix(start)
            if part:
                parts["ActivityTable", keys.Key(item["pk"], item["sk"])] = item
            else:
                heads[member, day] = item
        activity = self.stores(tenant_id).activity
        found = activity.decode_days(heads, consistent=True, known=parts)
        for (member, day), content in found.items():
            for event in content.events:
                yield member, day, event

    def failed(self, tenant_id: str) -> list[FailedEvent]:
        """Return everything that failed."""
        return list(self.stores(tenant_id).failures.newest(1_000_000))

    def deliveries(self, tenant_id: str) -> list[Delivery]:
        """Return every delivery."""
        return [
            Delivery.model_validate_json(item["data"])
            for item in self.items("ActivityTable", tenant_id)
            if item["pk"].startswith(f"T#{tenant_id}#DELIVERY#")
        ]

    def measured(self, tenant_id: str, at: Instant, book: Playbook) -> list[Lead]:
        """Return every lead with the score and the segments that it has at an instant: when a lead
        was written last says what has faded of those that it keeps."""
        tenant, found = self.tenant(tenant_id), []
        for lead in self.leads(tenant_id):
            profile = profile_of(lead, gap_ms=GAP, country=None)
            nowhere = lead.model_copy(update={"entries": Entries()})
            score, entries, _ = measured(nowhere, profile, tenant=tenant, book=book, now=at)
            found.append(lead.model_copy(update={"score": score, "entries": entries}))
        return found

    def state(
        self, tenant_id: str, *, in_any_order: bool = False, leads: Iterable[Lead] | None = None
    ) -> dict[str, list[str]]:
        """Return all that a client can see, but for what one more attempt may change.

        ``in_any_order``: nor what the order of arrival may change, which are the ids of leads;
        ``leads``: what to say of them, if not what they say themselves.
        """
        hidden = _BY_ORDER if in_any_order else _BY_CLOCK
        shown = self.leads(tenant_id) if leads is None else leads
        rest = {"leads": [canonical(visible(lead, hidden)) for lead in shown]}
        rest["events"] = [
            canonical([member, day, event.model_dump(mode="json", exclude=_own_name(event))])
            for member, day, event in self.days(tenant_id)
        ]
        rest["failed"] = [
            canonical(
                [_name(row), row.message_id, row.code, row.source, row.waiting, _shown(row.event)]
            )
            for row in self.failed(tenant_id)
        ]
        rest["companies"] = [
            canonical(_known(Company.model_validate_json(item["data"])))
            for item in self.items("LeadTable", tenant_id)
            if item["sk"] == "COMPANY"
        ]
        rest["deals"] = [
            canonical(_said(Deal.model_validate_json(item["data"])))
            for item in self.items("LeadTable", tenant_id)
            if item["sk"] == keys.DEAL_SK
        ]
        return {name: sorted(texts) for name, texts in rest.items()}


def _own_name(event: Event) -> set[str]:
    """Return what one more attempt changes of an event: a statement's id is ours."""
    return {"message_id"} if event.type == "record" else set()


def _said(deal: Deal) -> dict[str, Any]:
    """Return what is said of a deal, without when that was written down and under which id."""
    return deal.model_dump(exclude={"id", "created_at", "updated_at"})


def _known(company: Company) -> dict[str, Any]:
    """Return what is known of a company and from whom, without when that was asked; what was known
    of it with its first lead depends on which lead that was."""
    return {
        "id": company.id,
        "domain": company.domain,
        "has_leads": company.has_leads,
        "asked": {name: asked.hit for name, asked in company.asked.items()},
    } | {
        part: {name: [known.value, known.provider] for name, known in fields.items()}
        for part, fields in (("fields", company.fields), ("said", company.said))
    }


def _name(row: FailedEvent) -> str:
    """Return the id of a failure, unless that follows from its place in the stream."""
    return row.id if row.code != "announce_failed" else ""


def _shown(original: Any) -> Any:
    """Return an original without the times that clocks of ours put on it."""
    if isinstance(original, dict):
        return {name: _shown(value) for name, value in original.items() if name not in _OF_ARRIVAL}
    return original


def visible(lead: Lead, hidden: Iterable[str] = _BY_ORDER) -> dict[str, Any]:
    """Return what clients can see of a lead."""
    profile = profile_of(lead, gap_ms=GAP, country=None)
    view = lead_view(lead, profile, now=LONG_AFTER).model_dump(mode="json", exclude=set(hidden))
    if profile.is_bot:
        view["last_seen_at"] = None  # of a crawler's lead it is when it was written last
    if isinstance(view.get("company"), dict):
        view["company"].pop("enriched_at", None)
    if isinstance(view.get("email_check"), dict):
        view["email_check"] = {
            name: value
            for name, value in view["email_check"].items()
            if name not in ("checked_at", "source")  # when it was looked up, and whether it was yet
        }
    return view | {
        "sessions": [session.model_dump() for session in profile.sessions],
        "touches": [touch_view(touch).model_dump(mode="json") for touch in profile.touches],
        "score": score_view(lead.score, at=0).model_dump(mode="json"),
        "pages": profile.model_dump(mode="json", include={"pages", "names", "bot_count"}),
    }


def differences(found: Iterable[str], wanted: Iterable[str], *, most: int = 5) -> list[str]:
    """Return in which fields texts of JSON differ, each compared with its most similar one."""
    here, there = sorted(set(found) - set(wanted)), sorted(set(wanted) - set(found))
    told: list[str] = []
    for text in here[:most]:
        closest = max(there, key=lambda other: _common(text, other), default=None)
        if closest is None:
            told.append(f"too much: {text[:300]}")
            continue
        told += islice(_fields(json.loads(text), json.loads(closest), ""), most)
    return told + [f"missing: {text[:300]}" for text in there[: most - len(here)]]


def _common(one: str, other: str) -> int:
    return len(set(re.findall(r"[\w@.-]+", one)) & set(re.findall(r"[\w@.-]+", other)))


def _fields(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted(one.keys() | other.keys()):
            yield from _fields(one.get(name), other.get(name), f"{path}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _fields(*pair, f"{path}/{number}")
    elif one != other:
        yield f"{path}: {one!r}, not {other!r}"


class Balance(NamedTuple):
    """What became of accepted events: names that are nowhere, and names that are twice."""

    lost: set[EventName]
    twice: set[EventName]


def balance(
    accepted: Iterable[EventName], applied: Iterable[EventName], quarantined: Iterable[EventName]
) -> Balance:
    """Return what is not exactly once in what was applied and what waits in quarantine."""
    places = Counter(applied)
    places.update(quarantined)
    wanted = set(accepted)
    return Balance(
        lost={name for name in wanted if not places[name]},
        twice={name for name, number in places.items() if number > 1},
    )


def waiting_events(rows: Iterable[FailedEvent]) -> list[EventName]:
    """Return the accepted events among what failed and was not replayed since."""
    return [
        (row.event["message_id"], row.event["fingerprint"])
        for row in rows
        if row.source == "ingest" and row.code != "malformed" and row.waiting
    ]


class Due(NamedTuple):
    """A fact that is to be told, in short."""

    type: str
    sequence: int
    about: str
    version: int
    tier: str | None


class Reporter:
    """Follows the changes of the tables: versions only grow, and each fact is made once."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.read = {"LeadTable": 0, "ActivityTable": 0}
        self.facts: dict[str, dict[str, Due]] = defaultdict(dict)
        self.sequences: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.problems: list[str] = []

    def copy(self) -> "Reporter":
        """Return one that goes on from here by itself."""
        other = Reporter(self.cloud)
        other.read, other.problems = dict(self.read), list(self.problems)
        other.facts |= {tenant_id: dict(facts) for tenant_id, facts in self.facts.items()}
        other.sequences |= {lead: list(numbers) for lead, numbers in self.sequences.items()}
        return other

    def follow(self) -> None:
        """Read the changes since the last time."""
        for table, read in self.read.items():
            changes = self.cloud.db._tables[table].changes
            for change in changes[read:]:
                self._change(_plain(change.before), _plain(change.after))
            self.read[table] = len(changes)

    def _change(self, before: Item | None, after: Item | None) -> None:
        if after is None:
            if before is None or not _is_entry(before):
                self.problems.append(f"an item was removed: {before}")
            return
        if _is_entry(after):  # it names the version of its lead
            return
        was = before["version"] if before and "version" in before else 0
        if "version" in after and after["version"] != was + 1:
            self.problems.append(f"{after['pk']} went from {was} to {after['version']}")
        if after["sk"] == keys.LEAD_SK:
            self._lead(after["pk"], before, after)
        if after["sk"] == keys.DEAL_SK:
            self._deal(tenant_of(after["pk"]) or "", before, after)

    def _deal(self, tenant_id: str, before: Item | None, after: Item) -> None:
        new, old = decode_deal(after), decode_deal(before) if before else None
        for fact in happened_to(old, new, tenant=_tenant(tenant_id)):
            due = Due(fact.type, fact.sequence, new.id, new.version, None)
            self._due(tenant_id, fact, due)

    def _lead(self, pk: str, before: Item | None, after: Item) -> None:
        tenant_id = tenant_of(pk) or ""
        new = decode_slot(after)
        if isinstance(new, Pointer):
            return
        old = decode_slot(before) if before else None
        for fact in happened_to(old, new, tenant=_tenant(tenant_id)):
            data = fact.lead
            due = Due(fact.type, fact.sequence, data.lead_id, data.version, data.tier)
            self._due(tenant_id, fact, due)

    def _due(self, tenant_id: str, fact: Fact, due: Due) -> None:
        if fact.id in self.facts[tenant_id]:
            self.problems.append(f"two changes make the fact {fact.id}")
        self.facts[tenant_id][fact.id] = due
        self.sequences[tenant_id, due.about].append(fact.sequence)

    def gaps(self) -> list[str]:
        """Return the leads and deals whose facts are not numbered 1, 2, 3 …"""
        return [
            f"{about}: {numbers}"
            for (_, about), numbers in self.sequences.items()
            if numbers != list(range(1, len(numbers) + 1))
        ]


def _is_entry(item: Item) -> bool:
    """Return whether an item is the entry of a lead in a list, which comes and goes."""
    kind = item["pk"].split("#")[2]
    return kind in ENTRIES


def _plain(image: Any) -> Item | None:
    if image is None:
        return None
    return {name: int(value) if kind == "N" else value for name, (kind, value) in image.items()}


def waiting_changes(rows: Iterable[FailedEvent]) -> set[tuple[str, int]]:
    """Return the changes (of what, and its version) that failed and nobody was told of yet."""
    images = [
        row.event["NewImage"] for row in rows if row.code == "announce_failed" and row.waiting
    ]
    return {(image["pk"]["S"].split("#")[3], int(image["version"]["N"])) for image in images}


def told_problems(
    cloud: Cloud,
    reporter: Reporter,
    hosts: Mapping[str, str],
    *,
    waiting: Set[tuple[str, int]] = frozenset(),
) -> list[str]:
    """Return what is wrong with what receivers got; ``hosts`` maps each host to its tenant.

    Each fact that a webhook listens to comes once, or again with the same id and body; nothing
    else comes. Changes in quarantine (``waiting``) are told of by nobody yet.
    """
    problems = list(reporter.problems) + reporter.gaps()
    bodies: dict[str, dict[str, set[bytes]]] = defaultdict(lambda: defaultdict(set))
    for post in cloud.receiver.got:
        if post.webhook_id is not None:
            bodies[hosts[post.host]][post.webhook_id].add(post.body)
    config = Table(cloud.db.aside().client, "ConfigTable")
    for tenant_id in hosts.values():
        types = listened_to(config, tenant_id)
        wanted = {
            i: fact
            for i, fact in reporter.facts[tenant_id].items()
            if fact.type in types and (fact.about, fact.version) not in waiting
        }
        got = bodies[tenant_id]
        problems += [f"never told: {wanted[i]}" for i in wanted.keys() - got.keys()]
        unknown = got.keys() - reporter.facts[tenant_id].keys()
        problems += [f"told of nothing: {i} {got[i]}" for i in unknown]
        for identifier, texts in got.items():
            if len(texts) > 1:
                problems.append(f"told in two ways: {identifier}")
            said = json.loads(min(texts))
            fact = wanted.get(identifier)
            if fact and (said["sequence"], said["type"]) != (fact.sequence, fact.type):
                problems.append(f"told wrongly: {identifier}")
    return problems


_BLOBS = ("data",)


def texts_of(item: Item) -> Iterator[str]:
    """Yield everything that an item says, blobs unpacked."""
    for name, value in item.items():
        if isinstance(value, bytes):
            yield unpack(value).decode() if name in _BLOBS else value.decode()
        else:
            yield str(value)


def read_blob(blob: bytes) -> str:
    """Return what a packed item says: rule sets are packed without a dictionary."""
    text = zlib.decompress(blob) if blob[0] == ZLIB else unpack(blob)
    return text.decode()


MARKER = re.compile(r"mark(\d\d)x")


def markers(text: str) -> set[int]:
    """Return the numbers of the tenants whose marker a text holds."""
    return {int(number) for number in MARKER.findall(text)}
