"""Guards that nothing else tests by itself: what holds because of one condition, or one key."""

import base64
from random import Random
from typing import Any

import pytest

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.endpoints import DynamoEndpoints
from leadsignal.adapters.dynamodb.table import Table
from leadsignal.adapters.eventbridge import EventBridgeBus
from leadsignal.domain import signing
from leadsignal.domain.evidence import vouched
from leadsignal.domain.facts import facts_between
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.secrets import derive
from leadsignal.domain.slots import Identifier, slot_id
from leadsignal.errors import TransientError
from leadsignal.models.endpoints import Webhook
from leadsignal.models.events import Rejection
from leadsignal.models.facts import Fact, FactData
from leadsignal.models.instants import to_instant
from leadsignal.models.leads import Decision, Lead, Pointer
from leadsignal.models.merges import MergeRequest
from leadsignal.models.messages import EnrichRequest
from leadsignal.models.outbound import DeliveryTask
from leadsignal.services import failures, merges
from leadsignal.services.clusters import MAX_LEADS, decisions_of
from leadsignal.services.deliver import Outbox, deliver
from leadsignal.services.enrich import enrich
from tests.fakes.clock import NOW, Clock
from tests.fakes.eventbridge import FakeEventBridge
from tests.fakes.events import GAP, World, event, message, page, tenant
from tests.fakes.lookups import ScriptedSource, bench, lookup_desk, provider
from tests.fakes.outbound import InMemoryDeliveries, InMemoryEndpoints, ScriptedHttp
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import Calls


def test_after_a_conflict_the_newest_state_is_read() -> None:
    world = World(calls=Calls(lagging=True))
    world.apply([event("m1")])
    world.apply([event("m2", minutes=1)])
    assert world.apply([event("m3", minutes=2)]).applied == 1
    assert {e.message_id for day in world.days() for e in day.events} == {"m1", "m2", "m3"}


def test_a_lead_that_decided_must_not_have_changed_though_it_stays_as_it_is() -> None:
    world = World()
    world.apply([event("m1", user_id="u2", anonymous_id=None, trusted=True)])
    world.apply([event("m2", minutes=1, anonymous_id="b", email="a@acme.com")])
    world.apply([event("m3", minutes=2, anonymous_id=None, user_id="u2", email="a@acme.com")])
    before = {lead.lead_id: lead.version for lead in world.found()}
    assert len(before) == 2
    world.calls.log.clear()

    world.apply([event("m4", minutes=3, user_id="u2", anonymous_id="new")])

    after = {lead.lead_id: lead.version for lead in world.found()}
    assert sorted(after[name] - version for name, version in before.items()) == [0, 1]
    assert "TransactWriteItems" in world.calls.log  # one lead put, the other one checked


def test_of_two_memories_of_a_decision_the_undone_one_counts() -> None:
    made = Decision(merge_id="mrg_a_2", kept="email:a@x.com", taken="email:b@x.com", at=1)
    undone = made.model_copy(update={"undone": True, "at": 2})
    one, other = Lead(lead_id="1", decisions=(made,)), Lead(lead_id="2", decisions=(undone,))
    assert decisions_of([one, other]) == decisions_of([other, one]) == (undone,)


FACT = Fact(
    id="msg_1",
    tenant_id="ten_1",
    type="lead.created",
    at=to_instant(NOW),
    sequence=1,
    data=FactData(lead_id="lead_1", version=1),
)


def crowd(number: int) -> list[Any]:
    """Return people, each known by user id, who all were on one browser."""
    return [
        event(f"m{n}", minutes=n, user_id=f"u{n}", anonymous_id="hall", email=f"p{n}@acme.com")
        for n in range(number)
    ]


def test_no_more_leads_than_the_limit_decide_together() -> None:
    world = World()
    for one in crowd(MAX_LEADS + 5):
        world.apply([one])
    clusters = [len(lead.peers) + 1 for lead in world.found()]
    assert len(world.found()) >= MAX_LEADS + 5
    assert max(clusters) <= MAX_LEADS + 1  # and the lead of the shared browser


def test_what_would_make_a_cluster_too_large_is_no_evidence_later_either() -> None:
    world = World()
    people = crowd(MAX_LEADS + 5)
    for one in people:
        world.apply([one])
    severed = [
        sighting
        for lead in world.found()
        for member in lead.members.values()
        for sighting in member.sightings.values()
        if sighting.severed
    ]
    assert severed
    writes = world.calls.writes
    world.apply(people)
    assert world.calls.writes == writes
    last = world.apply([event("late", minutes=900, user_id="u3", anonymous_id=None)])
    assert last.applied == 1
    counted = sum(profile_of(lead, gap_ms=GAP, country=None).event_count for lead in world.found())
    assert counted == len(people) + 1


def test_a_signature_says_nothing_of_browsers() -> None:
    signed = event(user_id="u1", email="a@acme.com", signed=True)
    assert vouched(signed, Identifier("user_id", "u1"))
    assert not vouched(signed, Identifier("anonymous_id", "a"))


def test_one_message_id_is_two_events_of_two_tenants() -> None:
    world = World(tenant("one"), tenant("two"))
    ours = event("m1", client_at=None)
    theirs = ours.model_copy(update={"fingerprint": "other", "at": ours.at + 5_000})
    world.ingest(message(ours, env="test"))
    done = world.ingest(message(theirs, env="test", tenant_id="ten_two"))
    assert (done.applied, done.conflicts) == (1, 0)


def test_each_tenant_has_failures_of_its_own() -> None:
    world = World(tenant("one"), tenant("two"))
    first, other = (
        event("m1"),
        event("m1", fingerprint="other", received_at=event().received_at + 1),
    )
    world.apply([first])
    world.apply([other])
    [row] = world.stores["ten_one"].failures.newest(10)
    assert row.message_id == "m1"
    assert list(world.stores["ten_two"].failures.newest(10)) == []
    assert list(world.stores["ten_two"].failures.of_message("m1")) == []


def test_each_tenant_has_endpoints_of_its_own() -> None:
    table = Table(World().db.client, "ConfigTable")
    hook = Webhook(id="whe_1", url="https://a.test/", created_at=1, types=(), secret="whsec_")
    DynamoEndpoints(table, "ten_one", Webhook).save(hook)
    theirs = DynamoEndpoints(table, "ten_two", Webhook)
    assert list(theirs.all()) == []
    assert theirs.get("whe_1") is None


def test_each_tenant_has_a_list_of_its_own() -> None:
    assert keys.leads_list("ten_one") != keys.leads_list("ten_two")


def test_the_slots_of_equal_ids_differ_from_tenant_to_tenant() -> None:
    same = Identifier("email", "a@acme.com")
    slots = {slot_id(derive(tenant(name), "identity"), same) for name in ("one", "two")}
    assert len(slots) == 2


def test_a_fact_that_the_bus_did_not_take_is_told_again() -> None:
    fake = FakeEventBridge()
    fake.refuse_next(1)
    bus = EventBridgeBus(fake.client, "FactsBus")
    with pytest.raises(TransientError):
        bus.tell([FACT])
    bus.tell([FACT])
    assert len(fake.told) == 1


def test_a_delivery_that_came_to_an_end_is_not_made_again() -> None:
    hook = Webhook(
        id="whe_1",
        url="https://a.test/",
        created_at=1,
        types=("lead.created",),
        secret=signing.format_secret(bytes(32)),
        status="disabled",
    )
    webhooks, http = InMemoryEndpoints(hook), ScriptedHttp()
    outbox = Outbox(webhooks, InMemoryDeliveries(), InMemoryQueue(), http)
    task = DeliveryTask(fact=FACT, webhook_id="whe_1")
    first = deliver(task, outbox=outbox, now=NOW)
    stored = webhooks.get("whe_1")
    assert stored is not None
    webhooks.save(stored.model_copy(update={"status": "enabled"}))

    again = deliver(task, outbox=outbox, now=NOW)

    assert first is not None
    assert again is not None
    assert (first.status, again.status, http.calls) == ("cancelled", "cancelled", [])


def test_what_was_refused_at_the_door_is_kept() -> None:
    world = World()
    refused = Rejection(
        code="invalid_event",
        detail="needs an id",
        pointer="/batch/0",
        message_id="m1",
        received_at=1,
        digest="d",
        original={"event": "x"},
    )
    world.ingest(message().model_copy(update={"rejected": (refused,)}))
    assert [(row.code, row.event) for row in world.failed()] == [("invalid_event", {"event": "x"})]


def test_events_that_their_lead_cannot_hold_are_kept_and_hold_up_nobody() -> None:
    world, chance = World(), Random(1)

    def noise() -> str:
        return base64.b64encode(chance.randbytes(768)).decode()

    large = [
        event(
            f"m{number}",
            minutes=number,
            type="identify",
            event="identify",
            anonymous_id=f"b{number}",
            email="a@acme.com",
            traits={f"t{each}": noise() for each in range(100)},
        )
        for number in range(6)
    ]
    failed = sum(world.apply([one]).failed for one in large)

    assert failed >= 1
    assert {row.code for row in world.failed()} == {"profile_too_large"}
    assert len(world.failed()) == failed
    assert world.apply([event("other", anonymous_id="z")]).applied == 1


@pytest.mark.parametrize("number", range(1, 4))
def test_a_failure_that_has_a_row_is_in_the_list(number: int) -> None:
    """Whichever write of it fails: a row without a place in the list would never get one."""
    world = World()
    row = failures.conflict(event(), key=b"key", env="live", now=NOW)
    world.calls.fail(at=number, operation="BatchWriteItem")
    store = world.stores["ten_one"].failures
    for _ in range(2):
        try:
            store.keep(row)
        except TransientError:
            assert store.get(row.id) is None
    assert [kept.id for kept in store.newest(10)] == [row.id]


def test_a_write_that_makes_no_facts_is_no_news() -> None:
    world = World()
    world.apply([event("m1", user_id="u1", context=page("/a"))])
    world.apply([event("m2", minutes=1, user_id="u1", context=page("/a"))])
    world.apply([event("m3", minutes=2, user_id="u1", context=page("/a"))])
    leads = [
        item for item in world.db.items("LeadTable") if "score_pk" in item or "version" in item
    ]
    before = {lead.lead_id: lead.sequence for lead in world.found()}
    world.apply([event("m4", minutes=3, user_id="u1", bot="Testbot")])
    after = {lead.lead_id: lead.sequence for lead in world.found()}
    assert before == after
    assert leads
    [item] = [i for i in world.db.items("LeadTable") if "kind" not in i and i["sk"]["S"] == "LEAD"]
    assert keys.NEWS not in item


def test_facts_of_two_versions_of_a_lead_have_two_ids() -> None:
    world = World()
    world.apply([event("m1", user_id="u1")])
    [lead] = world.found()
    profile = profile_of(lead, gap_ms=GAP, country=None)
    later = lead.model_copy(update={"version": lead.version + 1})
    ids = {
        fact.id
        for one in (lead, later)
        for fact in facts_between(None, None, one, profile, tenant_id="ten_one")
    }
    assert len(ids) == 2 * len(facts_between(None, None, lead, profile, tenant_id="ten_one"))


def test_a_lead_that_changed_its_company_is_not_filled_with_the_old_one() -> None:
    world = World()
    world.apply([event("m1", email="a@acme.com", type="identify", event="identify")])
    [lead] = world.found()
    assert lead.company is not None
    leads = world.leads["ten_one"]
    desk = lookup_desk(
        leads, (provider(), ScriptedSource()), tenant=world.tenants["ten_one"], clock=Clock()
    )
    asked = EnrichRequest(
        tenant_id="ten_one", lead_id=lead.lead_id, company_id="cmp_old", domain="old.example"
    )
    enrich(asked, bench=bench(desk, leads))
    assert world.found() == [lead]


def test_a_lead_is_filled_the_moment_after_it_was_made() -> None:
    """A read that is late does not see it yet; then its company would stay empty."""
    world = World(calls=Calls(lagging=True))
    world.apply([event("m1", email="a@acme.com", type="identify", event="identify")])
    [sent] = world.queue.take()
    leads = world.leads["ten_one"]
    desk = lookup_desk(
        leads, (provider(), ScriptedSource()), tenant=world.tenants["ten_one"], clock=Clock()
    )
    enrich(EnrichRequest.model_validate_json(sent.body), bench=bench(desk, leads))
    [lead] = world.found()
    assert lead.company is not None
    assert lead.company.enriched_at is not None


PEOPLE = [f"{name}@acme.com" for name in "abcdefgh"]


@pytest.mark.parametrize("email", PEOPLE)
def test_an_undo_gives_the_merged_lead_its_own_id_back(email: str) -> None:
    """Also when it had taken in another lead before that is known by the same name."""
    world = World()
    user = f"u-{email}"
    world.apply([event("m1", anonymous_id="b", email=email)])
    world.apply([event("m2", minutes=1, anonymous_id=None, user_id=user, trusted=True)])
    world.apply(
        [event("m3", minutes=2, anonymous_id=None, user_id=user, email=email, trusted=True)]
    )
    [merged] = world.found()
    world.apply([event("m4", minutes=3, anonymous_id="other")])
    [survivor] = [lead for lead in world.found() if lead.lead_id != merged.lead_id]
    asked = MergeRequest(survivor_id=survivor.lead_id, merged_id=merged.lead_id)
    done = merges.merge(asked, desk=world.desk("ten_one"), now=NOW)
    merges.undo(done.id or "", desk=world.desk("ten_one"), now=NOW)
    assert {lead.lead_id for lead in world.found()} == {survivor.lead_id, merged.lead_id}
    assert isinstance(world.slots()[merged.lead_id], Lead)
    assert not isinstance(world.slots()[survivor.lead_id], Pointer)
