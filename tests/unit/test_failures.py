"""Failures are made with ids that follow from what failed, and found again with their originals."""

import json
from typing import Any

import pytest

from leadsignal.errors import MalformedInputError, NotFoundError
from leadsignal.models.events import Arrived, EventsMessage, Rejection
from leadsignal.models.instants import to_instant
from leadsignal.models.records import FailedEvent
from leadsignal.services.failures import (
    INLINE_BYTES,
    LISTED_BYTES,
    conflict,
    failure_key,
    get_failure,
    keep_original,
    keep_rejections,
    list_failures,
    profile_too_large,
    shortened,
)
from leadsignal.services.listing import Listing
from tests.fakes.clock import NOW
from tests.fakes.events import AT, event, message, tenant
from tests.fakes.failures import InMemoryFailures, InMemoryOriginals

KEY = failure_key(tenant())


def rejection(number: int = 1, **changes: Any) -> Rejection:
    fields = {
        "code": "invalid_event",
        "detail": "is needed",
        "pointer": "/event",
        "message_id": f"m{number}",
        "received_at": AT,
        "digest": str(number),
        "original": {"type": "track"},
    }
    return Rejection.model_validate(fields | changes)


def carrying(*rejected: Rejection, **changes: Any) -> EventsMessage:
    fields: dict[str, Any] = {"rejected": rejected, "arrived": Arrived(call="track")}
    return message(env="test").model_copy(update=fields | changes)


def test_a_conflict_keeps_the_event_and_the_same_one_has_the_same_id() -> None:
    sent = event(properties={"a": None}, key_id="key_1")
    failed = conflict(sent, key=KEY, env="test", now=NOW)
    assert (failed.code, failed.source, failed.env) == ("id_conflict", "ingest", "test")
    assert (failed.message_id, failed.key_id) == ("m1", "key_1")
    assert (failed.received_at, failed.failed_at) == (sent.received_at, to_instant(NOW))
    assert type(sent).model_validate(failed.event) == sent
    later = sent.model_copy(update={"received_at": sent.received_at + 5})
    assert conflict(later, key=KEY, env="test", now=NOW).id == failed.id
    others = {
        conflict(sent.model_copy(update={"fingerprint": "x"}), key=KEY, env="test", now=NOW).id,
        conflict(event("m2"), key=KEY, env="test", now=NOW).id,
        conflict(sent, key=b"another tenant's", env="test", now=NOW).id,
        profile_too_large(sent, key=KEY, env="test", now=NOW).id,
    }
    assert len(others | {failed.id}) == 5


def test_rejections_are_kept_with_all_that_a_replay_needs() -> None:
    store = InMemoryFailures()
    one, large = rejection(1), rejection(2, code="too_large", original=None, original_key="k")
    carried = carrying(one, large)
    assert keep_rejections([carried], key=KEY, failures=store, now=NOW) == 2
    assert keep_rejections([carried, carried], key=KEY, failures=store, now=NOW) == 0
    [first] = store.of_message("m1")
    assert (first.code, first.pointer, first.source) == ("invalid_event", "/event", "collect")
    assert (first.event, first.arrived, first.env) == (one.original, carried.arrived, "test")
    [second] = store.of_message("m2")
    assert (second.code, second.original_key) == ("too_large", "k")


def test_messages_without_rejections_cost_nothing() -> None:
    store = InMemoryFailures()
    assert keep_rejections([message(event())], key=KEY, failures=store, now=NOW) == 0
    assert store.calls.made == 0


def test_an_original_within_the_limit_stays_inline_and_a_larger_one_is_stored() -> None:
    originals = InMemoryOriginals()

    def keep(value: object) -> Any:
        return keep_original(value, tenant_id="ten_one", key=KEY, originals=originals)

    assert keep("x" * (INLINE_BYTES - 2)) == ("x" * (INLINE_BYTES - 2), None, None)
    large = keep("x" * (INLINE_BYTES - 1))
    assert (large.value, large.size) == (None, INLINE_BYTES + 1)
    assert json.loads(originals.held[large.key]) == "x" * (INLINE_BYTES - 1)


def listing(cursor: str | None = None, limit: int = 2) -> Listing:
    return Listing(tenant(), limit, cursor, AT)


def test_failures_are_listed_page_by_page_and_a_cursor_is_of_one_list() -> None:
    store = InMemoryFailures()
    rejected = [rejection(n, received_at=AT + n) for n in range(5)]
    keep_rejections([carrying(*rejected)], key=KEY, failures=store, now=NOW)
    first = list_failures(listing(), None, failures=store)
    second = list_failures(listing(first.next_cursor), None, failures=store)
    last = list_failures(listing(second.next_cursor), None, failures=store)
    names = [row.message_id for page in (first, second, last) for row in page.data]
    assert names == ["m4", "m3", "m2", "m1", "m0"]
    assert (first.has_more, last.has_more, last.next_cursor) == (True, False, None)
    with pytest.raises(MalformedInputError):
        list_failures(listing(first.next_cursor), "invalid_event", failures=store)


def test_a_list_shows_no_large_originals() -> None:
    small = conflict(event(), key=KEY, env="live", now=NOW)
    assert shortened(small) == small
    large = conflict(event(properties={"x": "é" * 10_000}), key=KEY, env="live", now=NOW)
    assert shortened(large).event is None
    assert shortened(large).original_bytes == len(json.dumps(large.event))
    pages = [shortened(large.model_copy(update={"event": "x" * (LISTED_BYTES - 2)}))] * 100
    assert sum(len(json.dumps(row.event)) for row in pages) == 100 * LISTED_BYTES


@pytest.mark.parametrize("failed_id", ["fail_" + "a" * 26, "fail_1", "lead_" + "a" * 26, "replay"])
def test_what_is_not_there_is_not_found(failed_id: str) -> None:
    with pytest.raises(NotFoundError):
        get_failure(failed_id, failures=InMemoryFailures(), originals=InMemoryOriginals())


def test_one_failure_comes_with_its_original_until_that_is_gone() -> None:
    store, originals = InMemoryFailures(), InMemoryOriginals()
    originals.put("k", b'{"a": 1}')
    carried = carrying(rejection(original=None, original_key="k"))
    keep_rejections([carried], key=KEY, failures=store, now=NOW)
    [row] = store.all()
    assert row.event is None

    def found() -> FailedEvent:
        return get_failure(row.id, failures=store, originals=originals)

    assert found().event == {"a": 1}
    originals.held.clear()
    assert found() == row
