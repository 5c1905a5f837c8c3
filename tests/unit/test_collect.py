"""What one request carried becomes verdicts and queue messages."""

import json
from typing import Any

import pytest

from leadsignal.adapters.sqs import batches
from leadsignal.domain import wire
from leadsignal.errors import InvalidInputError, TooLargeError, TransientError
from leadsignal.models.events import Arrived, EventsMessage
from leadsignal.models.instants import to_instant
from leadsignal.models.tenants import KeyKind, Principal
from leadsignal.services.collect import MAX_ITEMS, MAX_MESSAGE_BYTES, Collected, collect
from tests.fakes.clock import NOW
from tests.fakes.events import tenant
from tests.fakes.failures import InMemoryOriginals
from tests.fakes.queues import InMemoryQueue
from tests.fakes.stores import ScriptedCrawlers


def item(number: int = 1, **changes: Any) -> dict[str, Any]:
    fields = {"type": "track", "messageId": f"m{number}", "userId": "u1", "event": "clicked"}
    return fields | changes


class Door:
    """Collects into a queue of its own."""

    def __init__(self, kind: KeyKind = "wk") -> None:
        self.queue = InMemoryQueue()
        self.originals = InMemoryOriginals()
        self.kind = kind

    def take(self, *items: object, call: str | None = None, **arrival: Any) -> Collected:
        return collect(
            items,
            call=call,
            principal=Principal(tenant=tenant(), key_id="key", kind=self.kind, env="live"),
            arrival=wire.Arrival(received_at=to_instant(NOW), trusted=self.kind == "sk", **arrival),
            queue=self.queue,
            originals=self.originals,
            crawlers=ScriptedCrawlers(),
            new_id=lambda prefix: f"{prefix}_1",
        )

    def messages(self) -> list[EventsMessage]:
        return [EventsMessage.model_validate_json(sent.body) for sent in self.queue.sent]


def test_each_item_has_its_verdict_in_the_order_of_the_request() -> None:
    door = Door()
    collected = door.take(
        item(1), item(2, event=None), "x", item(4, messageId=None), item(5, messageId=77, type="?")
    )
    assert collected.success
    verdicts = [(v.messageId, v.status, v.pointer) for v in collected.results]
    assert verdicts == [
        ("m1", "accepted", None),
        ("m2", "rejected", "/batch/1/event"),
        (None, "rejected", "/batch/2"),
        ("auto_1", "accepted", None),
        ("77", "rejected", "/batch/4/type"),
    ]
    assert {v.code for v in collected.results} == {None, "invalid_event"}
    [message] = door.messages()
    assert [event.message_id for event in message.events] == ["m1", "auto_1"]


def test_the_pointer_into_a_single_call_starts_at_its_root() -> None:
    [verdict] = Door().take(item(event=None), call="track").results
    assert verdict.pointer == "/event"


def test_the_message_says_whose_the_events_are_and_its_group_is_the_tenant() -> None:
    door = Door()
    door.take(item())
    [sent], [message] = door.queue.sent, door.messages()
    assert sent.group == message.tenant_id == "ten_one"
    assert (message.v, message.key_id, message.env) == (1, "key", "live")
    assert json.loads(sent.body)["v"] == 1


def test_nothing_is_queued_of_nothing() -> None:
    door = Door()
    assert door.take().results == ()
    assert door.queue.sent == []


def test_what_is_refused_is_queued_with_the_reason_and_how_it_came() -> None:
    door = Door()
    bad = item(2, event=None, extra={"nothing": None})
    door.take(item(1), bad, "x", sent_at=1, context={"locale": "nl"})
    [message] = door.messages()
    assert [event.message_id for event in message.events] == ["m1"]
    first, second = message.rejected
    assert (first.code, first.pointer, first.message_id) == (
        "invalid_event",
        "/batch/1/event",
        "m2",
    )
    assert (first.original, first.received_at) == (bad, to_instant(NOW))
    assert (second.pointer, second.message_id, second.original) == ("/batch/2", None, "x")
    assert message.arrived == Arrived(
        details={"received_at": to_instant(NOW), "sent_at": 1, "context": {"locale": "nl"}}
    )


def test_a_request_of_refused_items_alone_is_queued_too() -> None:
    door = Door()
    door.take(item(event=None), call="track")
    [message] = door.messages()
    assert (message.events, len(message.rejected)) == ((), 1)
    assert message.arrived is not None
    assert message.arrived.call == "track"


def test_the_secret_of_signatures_is_never_queued() -> None:
    door = Door()
    door.take(item(event=None), identify_secret="hidden")
    assert "hidden" not in door.queue.sent[0].body


def test_the_same_item_sent_again_has_the_same_digest_and_another_has_another() -> None:
    door = Door()
    bad = item(event=None)
    door.take(bad, bad | {"sentAt": "2026-01-15T12:00:00Z"}, bad | {"userId": "u2"}, 7)
    one, again, other, number = [r.digest for r in door.messages()[0].rejected]
    assert one == again
    assert len({one, other, number}) == 3


def test_a_large_original_is_kept_apart_before_anything_is_queued() -> None:
    door = Door()
    large = sized(200_000)
    door.take(large, item(2))
    [refused] = door.messages()[0].rejected
    assert (refused.original, refused.code) == (None, "too_large")
    assert refused.original_key is not None
    assert refused.original_key.startswith("originals/ten_one/")
    content = door.originals.held[refused.original_key]
    assert (json.loads(content), len(content)) == (large, refused.original_bytes)
    door.take(large)
    assert len(door.originals.held) == 1

    door.queue.sent.clear()
    door.originals.failing = TransientError("down")
    with pytest.raises(TransientError):
        door.take(large, item(2))
    assert door.queue.sent == []


def test_a_large_shared_context_is_kept_apart_once() -> None:
    door = Door()
    context = {"traits": {"bio": "x" * 5_000}}
    door.take(item(event=None), item(2, event=None), context=context)
    [message] = door.messages()
    assert message.arrived is not None
    assert message.arrived.details == {}
    [(key, content)] = door.originals.held.items()
    assert key == message.arrived.details_key
    assert json.loads(content)["context"] == context


def test_nothing_is_accepted_when_the_queue_fails() -> None:
    door = Door()
    door.queue.failing = TransientError("down")
    with pytest.raises(TransientError):
        door.take(item())


def test_a_large_request_is_split_into_messages_within_the_limit() -> None:
    door = Door()
    items = [item(n, properties={"text": "ü" * 1_000}) for n in range(600)]
    collected = door.take(*items)
    assert {v.status for v in collected.results} == {"accepted"}
    sizes = [len(sent.body.encode()) for sent in door.queue.sent]
    assert max(sizes) <= 256 * 1024
    assert len(sizes) == -(-sum(sizes) // MAX_MESSAGE_BYTES)
    events = [event for message in door.messages() for event in message.events]
    assert [event.message_id for event in events] == [f"m{n}" for n in range(600)]


@pytest.mark.parametrize("event", ["clicked", None], ids=["good", "refused"])
def test_characters_that_grow_on_the_queue_are_counted_as_they_are_there(event: str | None) -> None:
    door = Door()
    items = [item(n, event=event, properties={"x": "\uffff" * 10_000}) for n in range(16)]
    door.take(*items)
    list(batches([sent.body for sent in door.queue.sent]))
    assert all("\uffff" not in sent.body for sent in door.queue.sent)
    assert len(door.queue.sent) == 4
    messages = door.messages()
    assert sum(len(message.events) + len(message.rejected) for message in messages) == 16
    kept = [r.original for message in messages for r in message.rejected]
    assert kept == ([] if event else items)


def test_a_request_within_the_limit_is_one_message() -> None:
    door = Door()
    door.take(*(item(n) for n in range(1_000)))
    assert len(door.queue.sent) == 1


def test_the_number_of_items_is_limited() -> None:
    assert len(Door().take(*[item()] * MAX_ITEMS).results) == MAX_ITEMS
    with pytest.raises(TooLargeError) as refused:
        Door().take(*[item()] * (MAX_ITEMS + 1))
    assert refused.value.slug == "too-many-items"


def sized(size: int) -> dict[str, Any]:
    bare = len(json.dumps(item(properties={"x": ""}), separators=(",", ":")))
    return item(properties={"x": "x" * (size - bare)})


def test_an_event_over_32_kb_is_refused_alone() -> None:
    most = wire.MAX_EVENT_BYTES
    results = Door().take(sized(most), sized(most + 1), item(3)).results
    assert [v.status for v in results] == ["accepted", "rejected", "accepted"]
    assert (results[1].code, results[1].pointer) == ("too_large", "/batch/1")


def test_what_a_batch_shares_counts_for_each_event_and_is_checked_once() -> None:
    shared = {"traits": {"bio": "x" * 20_000}}
    results = Door().take(sized(20_000), item(2), context=shared).results
    assert [v.code for v in results] == ["too_large", None]
    for context, pointer in (
        ({"traits": {"bio": "x" * 40_000}}, "/context"),
        ({"page": {"url": "\x00"}}, "/context/page/url"),
    ):
        with pytest.raises(InvalidInputError) as refused:
            Door().take(item(), context=context)
        assert refused.value.problems[0].where == pointer


def test_crawlers_are_marked_and_kept() -> None:
    door = Door()
    door.take(item(1, context={"userAgent": "a bot"}), item(2), user_agent="browser")
    assert [event.bot for event in door.messages()[0].events] == ["Testbot", None]


def test_consent_and_limited_data_use_are_carried() -> None:
    door = Door()
    context = {"consent": {"categoryPreferences": {"ads": False}}, "ldu": True}
    door.take(item(context=context))
    [event] = door.messages()[0].events
    assert (event.context.consent, event.context.ldu) == ({"ads": False}, True)


@pytest.mark.parametrize(("kind", "trusted"), [("wk", False), ("sk", True)])
def test_a_secret_key_makes_events_trusted(kind: KeyKind, trusted: bool) -> None:
    door = Door(kind)
    door.take(item())
    assert door.messages()[0].events[0].trusted is trusted
