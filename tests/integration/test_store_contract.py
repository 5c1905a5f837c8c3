"""The stores of leads and activity, on the fake of DynamoDB and in moto."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

import pytest

from leadsignal.adapters.dynamodb import keys, lead_lists
from leadsignal.adapters.dynamodb import leads as dynamo_leads
from leadsignal.adapters.dynamodb.table import Put
from leadsignal.domain.activity import add_events
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.companies import Company
from leadsignal.models.deals import Deal
from leadsignal.models.enrichment import CompanyFacts
from leadsignal.models.events import Event
from leadsignal.models.instants import MINUTE_MS
from leadsignal.models.leads import Entries, Lead, LeadCompany, Pointer, Score, Stamp
from leadsignal.models.lists import Bounds, LeadOrder, ListEntry, Span
from leadsignal.models.merges import Candidate
from leadsignal.models.profiles import Change, Likeness, Settled
from leadsignal.models.records import EventRecord
from leadsignal.models.snapshots import Snapshot
from leadsignal.ports import (
    ActivityStore,
    AlikeLeads,
    CandidateStore,
    CompanyStore,
    DealStore,
    EditStore,
    FailureStore,
    LeadStore,
    NoteStore,
    Snapshots,
)
from leadsignal.services.leads import ActivityReader, LeadLists
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import AT, GAP, event
from tests.fakes.stores import Stores

ORDERS: tuple[LeadOrder, ...] = (
    "score",
    "-score",
    "created_at",
    "-created_at",
    "last_seen_at",
    "-last_seen_at",
)


class _Typed(NamedTuple):
    """What the stores claim to be; checked by the type checker."""

    leads: LeadStore
    companies: CompanyStore
    activity: ActivityStore
    reader: ActivityReader
    candidates: CandidateStore
    notes: NoteStore
    deals: DealStore
    failures: FailureStore
    snapshots: Snapshots
    lists: LeadLists
    edits: EditStore
    alike: AlikeLeads


@pytest.fixture(params=["fake", "moto"])
def client(request: pytest.FixtureRequest) -> Any:
    """A client of DynamoDB with the tables of the template."""
    if request.param == "fake":
        return FakeDynamoDB.from_template()
    return request.getfixturevalue("stack").dynamodb


@pytest.fixture
def stores(client: Any) -> Stores:
    made = Stores.of(client)
    leads, activity = made.leads, made.activity
    _Typed(
        leads, leads, activity, activity, made.candidates, made.notes, made.deals, *made[5:], leads
    )
    return made


def lead(name: str, version: int = 1, *, score: int = 0, at: int = AT, bot: bool = False) -> Lead:
    days = {"runs": [{"start": at, "end": at, "events": 1}], "events": 1, "version": 1}
    if bot:
        days = {"bot_runs": days["runs"], "bots": 1, "version": 1}
    member = {
        "kind": "anonymous_id",
        "value": name,
        "first_received_at": at,
        "days": {"2026-01-15": days},
    }
    return Lead.model_validate(
        {
            "lead_id": f"lead_{name}",
            "version": version,
            "members": {f"lead_{name}": member},
            "score": Score(score=score),
        }
    )


def save(stores: Stores, saved: Lead) -> Lead:
    stores.leads.write(Change(settled=(settled(saved),)))
    return saved


def settled(lead: Lead, *, news: bool = False, had: Entries | None = None) -> Settled:
    profile = profile_of(lead, gap_ms=GAP, country=None)
    return Settled(lead=lead, profile=profile, news=news, had=had or Entries())


def pointer(name: str, into: str, version: int = 1, **changes: Any) -> Pointer:
    stamp = Stamp(at=AT, message_id="m")
    fields = {"lead_id": f"lead_{name}", "into": f"lead_{into}", "by": stamp, "rule": "linked"}
    return Pointer.model_validate(fields | {"version": version} | changes)


def test_an_empty_slot_holds_nothing(stores: Stores) -> None:
    assert stores.leads.slot("lead_a") is None
    assert stores.snapshots.load(["lead_a"], [("lead_a", "2026-01-15")]) == Snapshot({}, {})


def test_a_lead_reads_back_as_it_was_written(stores: Stores) -> None:
    saved = save(stores, lead("a"))
    assert stores.leads.slot("lead_a", consistent=True) == saved
    again = save(stores, saved.model_copy(update={"version": 2, "email_kind": "free"}))
    assert stores.leads.slot("lead_a", consistent=True) == again


@pytest.mark.parametrize("version", [1, 3], ids=["another new lead", "a gap in the versions"])
def test_a_save_over_another_version_conflicts(stores: Stores, version: int) -> None:
    save(stores, lead("a"))
    with pytest.raises(ConflictError):
        save(stores, lead("a", version))


def test_a_later_version_of_a_lead_that_is_not_there_conflicts(stores: Stores) -> None:
    with pytest.raises(ConflictError):
        save(stores, lead("a", 2))


def test_a_link_takes_an_empty_slot_only(stores: Stores) -> None:
    save(stores, lead("a"))
    stores.leads.write(Change(links=(pointer("b", "a"),)))
    assert stores.leads.slot("lead_b", consistent=True) == pointer("b", "a")
    for taken in ("a", "b"):
        with pytest.raises(ConflictError):
            stores.leads.write(Change(links=(pointer(taken, "c"),)))


def test_a_lead_takes_the_place_of_a_pointer_of_the_version_before(stores: Stores) -> None:
    stores.leads.write(Change(links=(pointer("b", "a"),)))
    with pytest.raises(ConflictError):
        save(stores, lead("b", 1))
    saved = save(stores, lead("b", 2))
    assert stores.leads.slot("lead_b", consistent=True) == saved


def test_a_merge_puts_pointers_in_the_place_of_the_leads_taken_in(stores: Stores) -> None:
    for name in ("b", "c"):
        save(stores, lead(name))
    merged = lead("a")
    taken = (pointer("b", "a", 2, was="anonymous_id:b"), pointer("c", "a", 2))
    stores.leads.write(Change(settled=(settled(merged),), taken=taken))
    held = stores.snapshots.load(["lead_b", "lead_c"], [], consistent=True).slots
    assert held["lead_a"] == merged  # what pointers lead to is read too
    assert (held["lead_b"], held["lead_c"]) == taken
    assert [entry.lead for entry in page(stores, "score", 9)] == [merged]


def test_leads_that_are_beside_one_another_are_read_together(stores: Stores) -> None:
    one = lead("a").model_copy(update={"peers": ("lead_b",)})
    stores.leads.write(Change(settled=(settled(one), settled(lead("b")))))
    stores.leads.write(Change(links=(pointer("c", "a"),)))
    held = stores.snapshots.load(["lead_c"], []).slots
    assert held == {"lead_a": one, "lead_b": lead("b"), "lead_c": pointer("c", "a")}


def members(stores: Stores, segment_id: str) -> list[str]:
    """Return who is in a segment, in the order in which they came in."""
    pk = keys.segment_member("ten_one", segment_id, 0, "").pk
    found = stores.leads.table.query(pk, consistent=True)
    return [item["sk"].partition("#")[2] for item in found]


def entered(name: str, version: int, **segments: int) -> Lead:
    return lead(name, version).model_copy(update={"entries": Entries(segments=segments)})


@pytest.mark.parametrize("together", [100, 2])
def test_entries_of_a_lead_are_written_and_removed_with_it(
    stores: Stores, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamo_leads, "TRANSACTION_LIMIT", together)
    first, second = entered("a", 1, seg_1=AT, seg_2=AT), entered("a", 2, seg_2=AT, seg_3=AT + 1)
    stores.leads.write(Change(settled=(settled(first),)))
    stores.leads.write(Change(settled=(settled(entered("b", 1, seg_2=AT - 1)),)))
    stores.leads.write(Change(settled=(settled(second, had=first.entries),)))
    assert [members(stores, f"seg_{n}") for n in (1, 2, 3)] == [
        [],
        ["lead_b", "lead_a"],
        ["lead_a"],
    ]
    merged = entered("b", 2, seg_2=AT - 1)
    stores.leads.write(
        Change(
            settled=(settled(merged, had=merged.entries),),
            taken=(pointer("a", "b", 3, was="anonymous_id:a"),),
            left=(("lead_a", second.entries),),
        )
    )
    assert [members(stores, f"seg_{n}") for n in (2, 3)] == [["lead_b"], []]


def test_an_entry_that_a_later_version_of_its_lead_wrote_again_stays(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = entered("a", 1, seg_1=AT, seg_2=AT), entered("a", 2)
    stores.leads.write(Change(settled=(settled(first),)))
    again = keys.segment_member("ten_one", "seg_2", AT, "lead_a")
    stores.leads.table.put(Put(again, {"version": 3}))
    monkeypatch.setattr(dynamo_leads, "TRANSACTION_LIMIT", 1)
    stores.leads.write(Change(settled=(settled(second, had=first.entries),)))
    assert [members(stores, f"seg_{n}") for n in (1, 2)] == [[], ["lead_a"]]


def values(
    stores: Stores, index: str, least: str, greatest: str, most: int = 9
) -> list[str] | None:
    """Return the ids of leads with values between two keys; None when there are too many."""
    found = stores.lists.with_values(index, [Span(least, greatest)], most)
    return None if found is None else sorted(each.lead_id for each in found)


def test_leads_are_found_by_the_keys_of_their_values(stores: Stores) -> None:
    for name, keys_of in (("a", ("n1",)), ("b", ("n2", "n3")), ("c", ("n3",))):
        entries = Entries(attributes={"ax": keys_of})
        made = lead(name).model_copy(update={"entries": entries})
        stores.leads.write(Change(settled=(settled(made),)))
    assert values(stores, "ax", "n3", "n3") == ["lead_b", "lead_c"]
    assert values(stores, "ax", "n1", "n2") == ["lead_a", "lead_b"]
    assert values(stores, "ax", "n0", "n9") == ["lead_a", "lead_b", "lead_c"]
    assert values(stores, "ax", "n0", "n9", most=2) is None
    assert values(stores, "ay", "n0", "n9") == []
    assert stores.lists.with_values("ax", [], 9) == []


def test_entries_are_not_written_without_their_lead(stores: Stores) -> None:
    save(stores, lead("a"))
    with pytest.raises(ConflictError):
        stores.leads.write(Change(settled=(settled(entered("a", 3, seg_1=AT)),)))
    assert members(stores, "seg_1") == []


@pytest.mark.parametrize("stale", ["survivor", "loser", "gone", "checked"])
def test_a_change_is_done_whole_or_not_at_all(stores: Stores, stale: str) -> None:
    first = save(stores, lead("a"))
    for name in ("b", "c"):
        save(stores, lead(name))
    change = Change(
        settled=(settled(lead("a", 3 if stale == "survivor" else 2)),),
        taken=(pointer("d" if stale == "gone" else "b", "a", 3 if stale == "loser" else 2),),
        checks=(("lead_c", 2 if stale == "checked" else 1),),
    )
    with pytest.raises(ConflictError):
        stores.leads.write(change)
    assert stores.leads.slot("lead_a", consistent=True) == first
    assert isinstance(stores.leads.slot("lead_b", consistent=True), Lead)
    assert stores.leads.slot("lead_d", consistent=True) is None


def test_a_change_that_changes_nothing_is_none(stores: Stores) -> None:
    save(stores, lead("a"))
    stores.leads.write(Change(checks=(("lead_a", 7),)))
    assert stores.leads.slot("lead_a") == lead("a")


def candidate(number: int, **changes: Any) -> Candidate:
    fields = {
        "id": f"mcd_{number}",
        "one": "user_id:a",
        "other": "user_id:b",
        "slots": ("lead_a", "lead_b"),
        "reason": "different_user_ids",
        "message_id": "m",
        "at": AT,
    }
    return Candidate.model_validate(fields | changes)


def test_candidates_are_listed_in_the_order_of_their_ids_and_replaced(stores: Stores) -> None:
    for number in (3, 1, 2):
        stores.candidates.keep(candidate(number))
    stores.candidates.keep(candidate(2, message_id="again"))
    found = stores.candidates.after(None, 2)
    assert list(found) == [candidate(1), candidate(2, message_id="again")]
    assert list(stores.candidates.after("mcd_2", 2)) == [candidate(3)]


def test_a_company_reads_back_and_is_replaced(stores: Stores) -> None:
    company = Company(id="cmp_1", domain="acme.com", enriched_at=AT)
    facts = CompanyFacts(domain="acme.com", name="Acme", confidence=0.9, provider="p")
    assert stores.leads.company("cmp_1") is None
    first = stores.leads.save_company(company)
    assert first == company.model_copy(update={"version": 1})
    second = stores.leads.save_company(first.model_copy(update={"facts": facts}))
    assert stores.leads.company("cmp_1", consistent=True) == second
    for late in (company, first, second.model_copy(update={"version": 3})):
        with pytest.raises(ConflictError):
            stores.leads.save_company(late)
    assert stores.leads.company("cmp_1", consistent=True) == second


def day(stores: Stores, member: str = "lead_a") -> ActivityDay:
    key = (member, "2026-01-15")
    read: dict[Any, ActivityDay] = stores.activity.days([key])
    assert read == stores.snapshots.load([], [key], consistent=True).days
    return read.get(key) or ActivityDay(member=member, day="2026-01-15")


def add(stores: Stores, *events: Event) -> ActivityDay:
    before = day(stores)
    saved: ActivityDay = stores.activity.save_day(before, add_events(before, events).day)
    assert day(stores) == saved
    return saved


def long_event(number: int, **changes: Any) -> Event:
    noise = "".join(f"{(number * 7919 + i) * 2654435761 % 2**32:08x}" for i in range(8))
    return event(f"m{number}", minutes=number, properties={"noise": noise}, **changes)


def test_a_day_is_a_set_that_survives_the_closing_of_its_parts(stores: Stores) -> None:
    events = [long_event(number) for number in range(40)]
    for one in events:
        saved = add(stores, one)
    assert saved.version == 40
    assert len(saved.parts) > 1
    assert saved.sealed
    assert saved.open
    assert saved.events == tuple(events)


def test_an_event_of_a_closed_part_is_found_again(stores: Stores) -> None:
    for number in range(40):
        add(stores, long_event(number))
    known = day(stores)
    assert "m0" in known.sealed
    fold = add_events(
        known, [long_event(0), long_event(0, fingerprint="other", received_at=AT + 9**9)]
    )
    assert fold.day is known
    assert [conflict.fingerprint for conflict in fold.conflicts] == ["other"]


def test_an_earlier_arrival_replaces_the_copy_in_a_closed_part(stores: Stores) -> None:
    for number in range(40):
        add(stores, long_event(number))
    earlier = long_event(0, received_at=AT - MINUTE_MS)
    saved = add(stores, earlier)
    for number in range(40, 60):
        saved = add(stores, long_event(number))
    assert "m0" not in saved.open
    assert saved.find("m0") == earlier
    assert len(saved.events) == 60
    assert saved.events[0] == earlier


def test_a_day_saved_over_another_version_conflicts(stores: Stores) -> None:
    before = day(stores)
    add(stores, event("m1"))
    with pytest.raises(ConflictError):
        stores.activity.save_day(before, add_events(before, [event("m2")]).day)
    stale = day(stores)
    add(stores, event("m2"))
    with pytest.raises(ConflictError):
        stores.activity.save_day(stale, add_events(stale, [event("m3")]).day)
    assert [one.message_id for one in day(stores).events] == ["m1", "m2"]


def test_a_record_is_pinned_once(stores: Stores) -> None:
    first = EventRecord(
        message_id="m1", member="lead_a", day="2026-01-15", received_at=AT, fingerprint="f"
    )
    assert stores.activity.record("m1") is None
    assert stores.activity.pin(first) == first
    assert stores.activity.pin(first.model_copy(update={"received_at": AT + 1})) == first
    assert stores.activity.record("m1") == first


def test_all_days_of_a_member_are_read_together(stores: Stores) -> None:
    for number in range(40):
        add(stores, long_event(number))
    later = ActivityDay(member="lead_a", day="2026-02-01")
    stores.activity.save_day(later, add_events(later, [event("x")]).day)
    found = stores.activity.member_days("lead_a")
    assert sorted(found) == ["2026-01-15", "2026-02-01"]
    assert found["2026-01-15"] == day(stores)
    assert found["2026-01-15"].sealed
    assert stores.activity.member_days("lead_a", period="2026-02") == {
        "2026-02-01": found["2026-02-01"]
    }
    assert stores.activity.member_days("lead_b") == {}


def page(stores: Stores, order: LeadOrder, limit: int, after: str | None = None) -> list[ListEntry]:
    return list(islice(stores.lists.entries(order, after=after, ahead=limit), limit))


def pages(stores: Stores, order: LeadOrder, limit: int) -> list[list[str]]:
    found: list[list[str]] = []
    after: str | None = None
    while entries := page(stores, order, limit, after):
        found.append([entry.lead.lead_id for entry in entries])
        after = entries[-1].position
    return found


def listed(stores: Stores) -> Sequence[Lead]:
    saved = [
        save(
            stores,
            lead(f"{number}", score=number * 7 % 40, at=AT + number * 13 % 50 * MINUTE_MS * 5),
        )
        for number in range(23)
    ]
    save(stores, lead("crawler", bot=True))
    return saved


@pytest.mark.parametrize("limit", [1, 4, 23, 100])
@pytest.mark.parametrize("order", ORDERS)
def test_every_list_has_every_lead_once_in_its_order(
    stores: Stores, order: LeadOrder, limit: int
) -> None:
    def value(one: Lead) -> tuple[int, str]:
        [member] = one.members.values()
        by_score = order.endswith("score")
        return (one.score.score if by_score else member.first_received_at, one.lead_id)

    expected = [one.lead_id for one in sorted(listed(stores), key=value)]
    if order.startswith("-"):
        expected.reverse()
    found = pages(stores, order, limit)
    assert [name for names in found for name in names] == expected
    assert all(len(names) == limit for names in found[:-1])


VALUES = [None, 0, 3, 19, 20, 21, 40, 45, 60, 101]


@pytest.mark.parametrize("order", ORDERS)
def test_a_list_within_bounds_has_every_lead_that_is_within(order: LeadOrder) -> None:
    stores = Stores.of(FakeDynamoDB.from_template().client)
    by_score = order.endswith("score")
    hour = MINUTE_MS * 60
    saved = [
        save(stores, lead(f"{number}", score=number * 2, at=AT + number * hour))
        for number in range(31)
    ]
    for least in VALUES:
        for greatest in VALUES:
            ends = [
                value if value is None or by_score else AT + value * hour // 2
                for value in (least, greatest)
            ]
            bounds = Bounds(*ends)
            found = stores.lists.entries(order, after=None, ahead=5, bounds=bounds)
            names = [entry.lead.lead_id for entry in found]
            within = {
                one.lead_id
                for number, one in enumerate(saved)
                if (least or 0) <= number * 2 and (greatest is None or number * 2 <= greatest)
            }
            assert within <= set(names)
            assert len(set(names)) == len(names) <= len(within) + 20  # a whole index value


def test_bounds_keep_a_list_from_reading_what_is_outside() -> None:
    db = FakeDynamoDB.from_template()
    stores = Stores.of(db.client)
    for number in range(300):
        save(stores, lead(f"{number}", score=50 + number % 30))
    orders: tuple[LeadOrder, ...] = ("-score", "score")
    for order in orders:
        before = db.calls.made
        found = stores.lists.entries(order, after=None, ahead=100, bounds=Bounds(60, 61))
        assert len(list(found)) == 20
        assert len(db.calls.log[before:]) <= 3


@pytest.mark.parametrize("order", ORDERS)
def test_leads_put_in_order_by_themselves_come_as_in_the_list(
    stores: Stores, order: LeadOrder
) -> None:
    saved = listed(stores)
    expected = [entry.lead.lead_id for entry in page(stores, order, 100)]
    entries = list(stores.lists.placed(order, saved, after=None))
    assert [entry.lead.lead_id for entry in entries] == expected
    for number, entry in enumerate(entries):
        rest = expected[number + 1 :]
        later = stores.lists.placed(order, saved, after=entry.position)
        assert [found.lead.lead_id for found in later] == rest
        in_list = page(stores, order, 100, entry.position)
        assert [found.lead.lead_id for found in in_list] == rest
    for number, entry in enumerate(page(stores, order, 100)):
        later = stores.lists.placed(order, saved, after=entry.position)
        assert [found.lead.lead_id for found in later] == expected[number + 1 :]


def test_the_leads_of_a_company_are_found_without_the_others(stores: Stores, client: Any) -> None:
    acme, other = LeadCompany(id="cmp_acme"), LeadCompany(id="cmp_other")
    theirs = [lead(f"{n}").model_copy(update={"company": acme}) for n in range(3)]
    for one in (*theirs, lead("x").model_copy(update={"company": other}), lead("y")):
        save(stores, one)
    found = stores.lists.of_company("cmp_acme", 3)
    assert found is not None
    assert sorted(one.lead_id for one in found) == ["lead_0", "lead_1", "lead_2"]
    assert stores.lists.of_company("cmp_acme", 2) is None
    assert stores.lists.of_company("cmp_none", 2) == []
    assert Stores.of(client, "ten_two").lists.of_company("cmp_acme", 3) == []
    moved = theirs[0].model_copy(update={"version": 2, "company": other})
    save(stores, moved)
    found = stores.lists.of_company("cmp_other", 3)
    assert found is not None
    assert sorted(one.lead_id for one in found) == ["lead_0", "lead_x"]


def test_a_lead_that_moves_in_a_list_is_in_it_once(stores: Stores) -> None:
    first = save(stores, lead("a", score=10))
    save(stores, lead("b", score=20))
    save(stores, first.model_copy(update={"version": 2, "score": Score(score=30)}))
    assert pages(stores, "-score", 9) == [["lead_a", "lead_b"]]


def test_tenants_do_not_meet_in_one_table(client: Any) -> None:
    ours, theirs = Stores.of(client), Stores.of(client, "ten_two")
    save(ours, lead("a"))
    add(ours, event("m1"))
    assert theirs.leads.slot("lead_a") is None
    assert theirs.snapshots.load(["lead_a"], [("lead_a", "2026-01-15")]) == Snapshot({}, {})
    assert page(theirs, "score", 9) == []
    assert theirs.activity.days([("lead_a", "2026-01-15")]) == {}


def test_more_events_than_one_item_can_hold_go_into_closed_parts_at_once(
    stores: Stores, client: Any
) -> None:
    events = [
        event(
            f"m{number}",
            minutes=number / 60,
            properties={"noise": long_event(number).properties["noise"] * 300},
        )
        for number in range(60)
    ]
    saved = add(stores, *events)
    assert len(saved.parts) >= 3
    assert saved.events == tuple(events)
    items = client.scan(TableName="ActivityTable")["Items"]
    assert max(len(item["data"]["B"]) for item in items) < 400 * 1024


@pytest.mark.parametrize("count", [20, 60], ids=["few parts", "many parts"])
def test_a_closed_part_that_is_not_visible_yet_is_read_consistently(count: int) -> None:
    db = FakeDynamoDB.from_template()
    stores = Stores.of(db.client)
    for number in range(count):
        saved = add(stores, long_event(number))
    assert saved.parts
    db.calls.lagging = True  # the open part is seen as it was before, closed parts are not at all
    found = stores.activity.days([("lead_a", "2026-01-15")])
    assert len(found["lead_a", "2026-01-15"].events) == count - 1


def test_the_stream_tells_only_of_writes_that_made_facts(stores: Stores) -> None:
    marked = []
    for version, news in ((1, True), (2, False), (3, True)):
        stores.leads.write(Change(settled=(settled(lead("a", version), news=news),)))
        item = stores.leads.table.get(keys.lead("ten_one", "lead_a"), consistent=True)
        assert item is not None
        marked.append(keys.NEWS in item)
    assert marked == [True, False, True]


@pytest.mark.parametrize("order", ORDERS)
def test_more_leads_under_one_index_value_than_are_ordered_together_are_all_listed_once(
    stores: Stores, order: LeadOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_lists, "MAX_TOGETHER", 4)
    expected = sorted(one.lead_id for one in listed(stores))
    for limit in (1, 3, 5):
        assert sorted(name for names in pages(stores, order, limit) for name in names) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_a_page_of_leads_is_read_in_one_call_and_not_lead_by_lead(order: LeadOrder) -> None:
    db = FakeDynamoDB.from_template()
    stores = Stores.of(db.client)
    for number in range(30):  # each under index values of its own
        save(stores, lead(f"{number}", score=50 + number, at=AT + number * 60 * MINUTE_MS))
    before = db.calls.made
    assert len(page(stores, order, 26)) == 26
    assert db.calls.log[before:] == ["Query", "BatchGetItem"]


def edit(
    stores: Stores,
    saved: Lead,
    *events: Event,
    before: ActivityDay | None = None,
    had: Entries | None = None,
) -> None:
    """Write what events say into a day, and a lead, together."""
    day = before or ActivityDay(member="lead_a", day="2026-01-15")
    stored = stores.edits.prepare(day, add_events(day, events).day)
    links = () if had else (pointer("p", "a"),)
    stores.edits.write(day, stored, Change(settled=(settled(saved, had=had),), links=links))


@pytest.mark.parametrize("together", [100, 3])
def test_an_edit_brings_a_lead_into_more_lists_than_one_transaction_takes(
    stores: Stores, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynamo_leads, "TRANSACTION_LIMIT", together)
    first, second = entered("a", 1, seg_1=AT, seg_2=AT), entered("a", 2, seg_2=AT, seg_3=AT + 1)
    edit(stores, first, event("m1"))
    edit(stores, second, event("m2"), before=day(stores), had=first.entries)
    assert {found.message_id for found in day(stores).events} == {"m1", "m2"}
    assert [members(stores, f"seg_{n}") for n in (1, 2, 3)] == [[], ["lead_a"], ["lead_a"]]


def test_a_lead_enters_a_hundred_segments_at_once(stores: Stores) -> None:
    every = {f"seg_{n}": AT for n in range(100)}
    edit(stores, entered("a", 1, **every), event("m1"))
    assert all(members(stores, segment_id) == ["lead_a"] for segment_id in every)


def test_an_edit_writes_a_day_and_its_leads_together(stores: Stores) -> None:
    edit(stores, lead("a"), event("m1"))
    assert stores.leads.slot("lead_a", consistent=True) == lead("a")
    assert stores.leads.slot("lead_p", consistent=True) == pointer("p", "a")
    assert day(stores).find("m1") is not None


@pytest.mark.parametrize("stale", ["day", "lead", "link"])
def test_an_edit_of_which_a_part_is_stale_writes_nothing(stores: Stores, stale: str) -> None:
    before = ActivityDay(member="lead_a", day="2026-01-15")
    if stale == "day":
        add(stores, event("m0"))
    elif stale == "lead":
        save(stores, lead("a"))
    else:
        stores.leads.write(Change(links=(pointer("p", "b"),)))
    with pytest.raises(ConflictError):
        edit(stores, lead("a"), event("m1"), before=before)
    assert day(stores).find("m1") is None
    assert (stores.leads.slot("lead_a", consistent=True) is None) is (stale != "lead")


def test_an_edit_of_a_day_that_grows_closes_its_parts_like_any_event(stores: Stores) -> None:
    add(stores, *(long_event(number) for number in range(3)))
    before = day(stores)
    edit(stores, lead("a"), long_event(7), before=before)
    assert {found.message_id for found in day(stores).events} == {
        *(found.message_id for found in before.events),
        long_event(7).message_id,
    }


def test_an_edit_that_says_nothing_writes_nothing(stores: Stores) -> None:
    before = ActivityDay(member="lead_a", day="2026-01-15")
    stores.edits.write(before, before, Change())
    assert stores.snapshots.load([], [("lead_a", "2026-01-15")]).days == {}


def test_leads_are_found_by_what_they_have_in_common(stores: Stores, client: Any) -> None:
    for number, name in enumerate("abc"):
        alike = Likeness(phone="p" if name < "c" else "q", namesake="n" if name > "a" else None)
        change = settled(lead(name, at=AT + number)).model_copy(update={"likeness": alike})
        stores.leads.write(Change(settled=(change,)))
    assert sorted(stores.leads.with_phone("p")) == ["lead_a", "lead_b"]
    assert stores.leads.with_phone("q") == ["lead_c"]
    assert sorted(stores.leads.with_name("n")) == ["lead_b", "lead_c"]
    assert stores.leads.with_name("p") == []
    assert Stores.of(client, "ten_two").leads.with_phone("p") == []
    save(stores, lead("a", 2))
    assert stores.leads.with_phone("p") == ["lead_b"]


def deal(name: str, *leads: str, at: int = AT, **changes: Any) -> Deal:
    fields = {"id": name, "name": name, "lead_ids": leads, "created_at": at, "updated_at": at}
    return Deal.model_validate(fields | changes)


def deals_of(stores: Stores, *slots: str, **where: Any) -> list[str]:
    where = {"after": None, "ascending": True, "ahead": 2} | where
    found = stores.deals.of_leads(slots, **where) if slots else stores.deals.entries(**where)
    return [each.id for each in found]


def test_a_deal_reads_back_and_is_replaced_in_its_version_only(stores: Stores) -> None:
    saved = stores.deals.save(deal("d", amount=10**38 - 1, currency="EUR"))
    assert saved.version == 1
    assert stores.deals.get("d", consistent=True) == saved
    for stale in (deal("d"), saved.model_copy(update={"version": 2})):
        with pytest.raises(ConflictError):
            stores.deals.save(stale)
        with pytest.raises(ConflictError):
            stores.deals.remove(stale)
    changed = stores.deals.save(saved.model_copy(update={"outcome": "won"}))
    assert stores.deals.get("d", consistent=True) == changed
    stores.deals.remove(changed)
    assert stores.deals.get("d", consistent=True) is None


def test_deals_are_found_by_lead_and_by_company_in_the_order_of_creation(stores: Stores) -> None:
    for number, leads in enumerate((["a"], ["a", "b"], ["b"], ["a", "b"], [])):
        one = deal(f"d{number}", *leads, at=AT + number, company_id="cmp_1" if number % 2 else None)
        stores.deals.save(one, names=leads)
    assert deals_of(stores) == ["d0", "d1", "d2", "d3", "d4"]
    assert deals_of(stores, ascending=False, after=f"{AT + 3:014d}#d3") == ["d2", "d1", "d0"]
    assert deals_of(stores, company_id="cmp_1") == ["d1", "d3"]
    assert deals_of(stores, "a") == ["d0", "d1", "d3"]
    assert deals_of(stores, "a", "b", after=f"{AT + 1:014d}#d1") == ["d2", "d3"]
    assert deals_of(stores, "a", ascending=False, after=f"{AT + 1:014d}#d1") == ["d0"]
    assert deals_of(stores, "c") == []


def test_a_deal_is_not_written_when_its_lead_changed(stores: Stores) -> None:
    known = save(stores, lead("a"))
    stale = known.model_copy(update={"version": 3})
    with pytest.raises(ConflictError):
        stores.deals.save(deal("d", "lead_a"), names=["lead_a"], beside=[stale])
    assert stores.deals.get("d", consistent=True) is None
    assert deals_of(stores, "lead_a") == []
    stores.deals.save(deal("d", "lead_a"), names=["lead_a"], beside=[known])
    assert deals_of(stores, "lead_a") == ["d"]


def test_a_link_is_removed_as_it_was_read(stores: Stores) -> None:
    one = stores.deals.save(deal("d", "a"), names=["a"])
    [link] = stores.deals.links_of("a")
    assert (link.deal_id, link.at) == ("d", AT)
    assert stores.deals.link("a", link.position) == link
    assert stores.deals.link("b", link.position) is None
    newer = one.model_copy(update={"updated_at": AT + 1})
    stores.deals.save(newer, names=["a"])
    stores.deals.unlink("a", link)
    [link] = stores.deals.links_of("a")
    stores.deals.unlink("a", link)
    assert stores.deals.links_of("a") == []
