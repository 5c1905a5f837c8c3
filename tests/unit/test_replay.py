"""A replay sends what failed to where it came from, and says what became of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from leadsignal.domain import wire
from leadsignal.domain.signatures import identify_secret, sign, signed_text
from leadsignal.errors import InvalidInputError, TransientError
from leadsignal.models.events import EventsMessage
from leadsignal.models.facts import Fact
from leadsignal.models.instants import to_instant
from leadsignal.models.records import (
    MAX_REPLAYED,
    FailedEvent,
    FailureSource,
    Replayed,
    ReplayRequest,
    ReplayVerdict,
)
from leadsignal.models.tenants import Principal
from leadsignal.services.collect import collect
from leadsignal.services.failures import conflict, failure_key, keep_rejections
from leadsignal.services.listing import Listing
from leadsignal.services.replay import Dock, replay_many, replay_one
from tests.fakes.clock import NOW
from tests.fakes.events import AT, event, tenant
from tests.fakes.failures import InMemoryFailures, InMemoryOriginals
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import ScriptedCrawlers
from tests.unit.test_quarantine import ALERT, FACT, ON_THE_BUS, REQUEST, TASK

KEY = failure_key(tenant())
SOURCES: tuple[FailureSource, ...] = ("ingest", "enrich", "deliver", "alert")


class Harbour:
    """A dock with stores and queues in memory; every change of a lead means ``FACT``."""

    def __init__(self) -> None:
        self.failures = InMemoryFailures()
        self.originals = InMemoryOriginals()
        self.queues = {source: InMemoryQueue() for source in SOURCES}
        self.changes: list[Mapping[str, Any]] = []
        self.told: list[Fact] = []
        self.dock = Dock(
            tenant=tenant(),
            failures=self.failures,
            originals=self.originals,
            queues=self.queues,
            facts_of=self._facts_of,
            tell=self.told.extend,
            crawlers=ScriptedCrawlers(),
        )

    def _facts_of(self, change: Mapping[str, Any]) -> Sequence[Fact]:
        self.changes.append(change)
        return [FACT]

    def keep(self, **changes: Any) -> FailedEvent:
        fields = {
            "id": "fail_1",
            "message_id": None,
            "code": "malformed",
            "detail": "why",
            "received_at": AT,
            "failed_at": AT,
            "source": "ingest",
        }
        row = FailedEvent.model_validate(fields | changes)
        self.failures.keep(row)
        return row

    def refuse(self, item: object, *, call: str | None = None, **arrival: Any) -> FailedEvent:
        """Keep an item that is refused at the door, as collect and ingest do."""
        queue = InMemoryQueue()
        collect(
            [item],
            call=call,
            principal=Principal(tenant=tenant(), key_id="key", kind="wk", env="test"),
            arrival=wire.Arrival.model_validate({"received_at": AT} | arrival),
            queue=queue,
            originals=self.originals,
            crawlers=ScriptedCrawlers(),
            new_id=lambda prefix: f"{prefix}_fresh",
        )
        message = EventsMessage.model_validate_json(queue.sent[0].body)
        keep_rejections([message], key=KEY, failures=self.failures, now=NOW)
        [row] = self.failures.all()
        return row

    def mend(self, row: FailedEvent, **changes: Any) -> FailedEvent:
        """Return the row with another original: one that a later version of us would take."""
        return row.model_copy(update={"event": row.event | changes})

    def replay(self, row: FailedEvent) -> ReplayVerdict:
        return replay_one(row, dock=self.dock, now=NOW)

    def many(self, **request: Any) -> Replayed:
        asked = ReplayRequest.model_validate(request)
        listing = Listing(tenant(), 25, None, AT)
        return replay_many(asked, listing=listing, dock=self.dock, now=NOW)

    def sent(self, source: FailureSource) -> list[str]:
        return [sent.body for sent in self.queues[source].sent]

    def events(self) -> list[EventsMessage]:
        return [EventsMessage.model_validate_json(body) for body in self.sent("ingest")]


def test_an_event_goes_back_to_the_queue_as_it_was() -> None:
    harbour = Harbour()
    sent = event(properties={"nothing": None}, key_id="key_1")
    row = conflict(sent, key=KEY, env="test", now=NOW)
    harbour.failures.keep(row)
    assert harbour.replay(row) == ReplayVerdict(id=row.id, status="queued")
    [message] = harbour.events()
    assert message.events == (sent,)
    assert (message.tenant_id, message.env, message.key_id) == ("ten_one", "test", "key_1")
    assert harbour.queues["ingest"].sent[0].group == "ten_one"
    marked = harbour.failures.get(row.id)
    assert marked == row.model_copy(update={"replayed_at": to_instant(NOW)})


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("enrich", REQUEST.model_dump_json()),
        ("deliver", TASK.model_dump_json()),
        ("alert", ALERT.model_dump_json()),
        ("deliver", ON_THE_BUS),
        ("ingest", '{"v": 2}'),
        ("ingest", "{"),
    ],
)
def test_a_message_goes_back_to_its_queue(source: FailureSource, body: str) -> None:
    harbour = Harbour()
    original = body if body == "{" else json.loads(body)
    row = harbour.keep(source=source, event=original)
    assert harbour.replay(row).status == "queued"
    [sent] = harbour.sent(source)
    assert sent == body or json.loads(sent) == original


def test_a_fact_that_the_bus_kept_goes_onto_the_bus_again() -> None:
    harbour = Harbour()
    row = harbour.keep(source="bus", code="delivery_failed", event=json.loads(ON_THE_BUS))
    assert harbour.replay(row).status == "queued"
    assert harbour.told == [FACT]


def test_what_is_no_fact_is_not_told() -> None:
    harbour = Harbour()
    verdict = harbour.replay(harbour.keep(source="bus", event={"detail": 7}))
    assert (verdict.status, verdict.code) == ("rejected", "malformed")
    assert harbour.told == []
    assert harbour.failures.all()[0].replayed_at is None


def test_the_facts_of_a_change_are_computed_anew_and_told() -> None:
    harbour = Harbour()
    row = harbour.keep(source="announce", code="announce_failed", event={"NewImage": {}})
    assert harbour.replay(row).status == "queued"
    assert harbour.changes == [{"NewImage": {}}]
    assert harbour.told == [FACT]


def test_a_large_original_is_read_where_it_is_kept() -> None:
    harbour = Harbour()
    harbour.originals.held["k"] = REQUEST.model_dump_json().encode()
    row = harbour.keep(source="enrich", original_key="k", original_bytes=9)
    assert harbour.replay(row).status == "queued"
    assert [json.loads(body) for body in harbour.sent("enrich")] == [REQUEST.model_dump()]
    harbour.originals.held.clear()
    verdict = harbour.replay(row)
    assert (verdict.status, verdict.code) == ("rejected", "original_gone")


def test_a_refused_item_that_is_still_wrong_says_so_and_waits() -> None:
    harbour = Harbour()
    row = harbour.refuse({"type": "track", "userId": "u", "messageId": "m"})
    verdict = harbour.replay(row)
    assert (verdict.status, verdict.code) == ("rejected", "invalid_event")
    assert verdict.pointer == "/event"
    assert harbour.sent("ingest") == []
    assert harbour.failures.get(row.id) == row


def test_a_refused_item_is_read_as_it_came() -> None:
    harbour = Harbour()
    item = {"userId": "u", "messageId": "m", "timestamp": "2026-01-15T11:00:00Z"}
    agent = "a bot"
    row = harbour.refuse(
        item,
        call="track",
        sent_at=AT - 60_000,
        ip="8.8.8.8",
        user_agent=agent,
        trusted=True,
        context={"locale": "nl"},
    )
    assert harbour.replay(harbour.mend(row, event="clicked")).status == "queued"
    [message] = harbour.events()
    [read] = message.events
    assert (message.env, message.key_id) == ("test", "key")
    assert (read.type, read.event, read.received_at) == ("track", "clicked", AT)
    assert read.at == AT - 3_600_000 + 60_000
    assert (read.context.ip, read.context.locale, read.bot) == ("8.8.8.8", "nl", "Testbot")
    assert read.trusted


def test_a_large_context_that_a_batch_shared_is_read_where_it_is_kept() -> None:
    harbour = Harbour()
    context = {"traits": {"bio": "x" * 5_000}}
    row = harbour.refuse({"type": "track", "userId": "u", "messageId": "m"}, context=context)
    mended = harbour.mend(row, event="clicked")
    assert harbour.replay(mended).status == "queued"
    assert harbour.events()[0].events[0].traits == context["traits"]
    harbour.originals.held.clear()
    assert harbour.replay(mended).code == "original_gone"


def test_a_signature_counts_on_a_replay_without_its_secret_being_kept() -> None:
    harbour = Harbour()
    secret = identify_secret(tenant())
    signature = sign(secret, signed_text(user_id="u", crm_id=None, email=None))
    item = {
        "type": "identify",
        "userId": "u",
        "messageId": "m",
        "context": {"signature": signature},
    }
    row = harbour.refuse(item | {"timestamp": "yesterday"}, identify_secret=secret)
    assert secret not in row.model_dump_json()
    assert harbour.replay(harbour.mend(row, timestamp=None)).status == "queued"
    assert harbour.events()[0].events[0].signed


def test_an_item_without_an_id_gets_the_same_one_each_time() -> None:
    harbour = Harbour()
    row = harbour.mend(harbour.refuse({"type": "track", "userId": "u"}), event="clicked")
    harbour.replay(row)
    harbour.replay(row)
    first, second = harbour.events()
    assert first == second
    assert first.events[0].message_id.startswith("auto_")


def test_what_was_not_sent_is_not_marked() -> None:
    harbour = Harbour()
    row = harbour.keep(source="enrich", event={})
    harbour.queues["enrich"].failing = TransientError("down")
    with pytest.raises(TransientError):
        harbour.replay(row)
    assert harbour.failures.get(row.id) == row


def conflicts(harbour: Harbour, count: int) -> list[FailedEvent]:
    rows = [
        conflict(event(f"m{n}", received_at=AT + n), key=KEY, env="live", now=NOW)
        for n in range(count)
    ]
    harbour.failures.keep(*rows)
    return rows


def test_many_are_replayed_by_id_each_once_and_each_alone() -> None:
    harbour = Harbour()
    one, two, _ = conflicts(harbour, 3)
    wrong = harbour.keep(id="fail_" + "b" * 26, source="bus", event=7)
    done = harbour.many(ids=[one.id, wrong.id, "fail_none", two.id, one.id])
    assert done.replayed == 2
    assert [(verdict.id, verdict.status) for verdict in done.results] == [
        (one.id, "queued"),
        (wrong.id, "rejected"),
        ("fail_none", "not_found"),
        (two.id, "queued"),
    ]
    assert [len(message.events) for message in harbour.events()] == [1, 1]
    assert (done.has_more, done.next_cursor) == (False, None)


def test_all_of_a_code_that_wait_are_replayed_page_by_page() -> None:
    harbour = Harbour()
    rows = conflicts(harbour, MAX_REPLAYED + 5)
    harbour.keep(event={})
    harbour.replay(rows[-1])
    first = harbour.many(code="id_conflict")
    assert (first.replayed, first.has_more) == (MAX_REPLAYED - 1, True)
    second = harbour.many(code="id_conflict", cursor=first.next_cursor)
    assert (second.replayed, second.has_more) == (5, False)
    assert len(harbour.events()) == MAX_REPLAYED + 5
    assert harbour.many(code="id_conflict").results == ()


def test_a_replay_that_failed_again_waits_again() -> None:
    harbour = Harbour()
    [row] = conflicts(harbour, 1)
    assert harbour.many(code="id_conflict").replayed == 1
    harbour.failures.keep(row)
    assert harbour.many(code="id_conflict").replayed == 1


@pytest.mark.parametrize("request_", [{}, {"ids": ["fail_1"], "code": "malformed"}])
def test_either_ids_or_a_code_must_be_given(request_: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Harbour().many(**request_)


def test_what_has_not_the_form_of_an_id_is_not_looked_for() -> None:
    harbour = Harbour()
    harbour.keep(id="no/id")
    [verdict] = harbour.many(ids=["no/id"]).results
    assert verdict == ReplayVerdict(id="no/id", status="not_found")
