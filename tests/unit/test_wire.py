"""The Segment wire format, item by item."""

import json
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain import wire
from leadsignal.errors import InvalidInputError
from leadsignal.models.events import Event
from leadsignal.models.instants import rfc3339, to_instant
from tests.fakes.clock import NOW

RECEIVED = to_instant(NOW)
ITEM = {"messageId": "m1", "anonymousId": "a1", "event": "clicked"}


def parse(item: object, call: str | None = "track", pointer: str = "", **arrival: Any) -> Event:
    numbers = count(1)
    return wire.parse_item(
        item,
        pointer=pointer,
        call=call,
        arrival=wire.Arrival(received_at=RECEIVED, **arrival),
        new_id=lambda prefix: f"{prefix}_{next(numbers)}",
    )


def refusal(item: object, call: str | None = "track", **arrival: Any) -> str:
    """Return the pointer of the one problem that an item is refused with."""
    with pytest.raises(InvalidInputError) as refused:
        parse(item, call, "/batch/0", **arrival)
    [problem] = refused.value.problems
    assert problem.code == "invalid_event"
    return problem.where.removeprefix("/batch/0")


@pytest.mark.parametrize(
    ("call", "extra", "name"),
    [
        ("track", {"event": " Signed Up "}, "Signed Up"),
        ("page", {"name": "Home"}, "page_view"),
        ("screen", {"name": "Main"}, "screen_view"),
        ("identify", {"traits": {"plan": "pro"}}, "identify"),
        ("group", {"groupId": "g1"}, "group"),
        ("alias", {"previousId": "p1"}, "alias"),
    ],
)
def test_each_call_type_is_read_by_route_and_in_a_batch(
    call: str, extra: dict[str, Any], name: str
) -> None:
    item = {"messageId": "m1", "userId": "u1", **extra}
    by_route, in_batch = parse(item, call), parse({**item, "type": call}, None)
    assert (by_route.type, by_route.event) == (call, name)
    assert by_route == in_batch  # so a re-send by the other way is the same event


@pytest.mark.parametrize("kind", [None, "", "click", 1, [], {}, True, "PAGE"], ids=str)
def test_an_item_of_no_known_type_is_refused(kind: object) -> None:
    assert refusal({**ITEM, "type": kind}, None) == "/type"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"anonymousId": None}, ""),
        ({"anonymousId": "null", "userId": "0", "email": "x"}, ""),
        ({"event": None}, "/event"),
        ({"event": "  "}, "/event"),
        ({"event": ["a"]}, "/event"),
        ({"event": True}, "/event"),
        ({"event": "x" * 201}, "/event"),
        ({"messageId": "x" * 101}, "/messageId"),
        ({"messageId": {}}, "/messageId"),
        ({"properties": []}, "/properties"),
        ({"traits": "x"}, "/traits"),
        ({"context": 1}, "/context"),
        ({"context": {"page": "x"}}, "/context/page"),
        ({"context": {"campaign": []}}, "/context/campaign"),
        (
            {"context": {"consent": {"categoryPreferences": 1}}},
            "/context/consent/categoryPreferences",
        ),
        ({"properties": {"a": {"b": ["ok", "\x00"]}}}, "/properties/a/b/1"),
        ({"properties": {"a/b~c": "\x1b"}}, "/properties/a~1b~0c"),
        ({"properties": {"\x07": 1}}, "/properties"),
        ({"properties": {"n": 10**38}}, "/properties/n"),
        ({"properties": {"n": -(10**40)}}, "/properties/n"),
        ({"properties": {"n": 1e126}}, "/properties/n"),
        ({"properties": {"n": float("inf")}}, "/properties/n"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_an_event_is_refused_with_the_place(
    change: dict[str, Any], pointer: str
) -> None:
    assert refusal({**ITEM, **change}) == pointer


@pytest.mark.parametrize("item", [None, 1, "x", [], True], ids=str)
def test_an_item_that_is_no_object_is_refused(item: object) -> None:
    assert refusal(item) == ""


@pytest.mark.parametrize(
    ("call", "item", "pointer"),
    [
        ("group", {"userId": "u1"}, "/groupId"),
        ("alias", {"userId": "u1"}, "/previousId"),
        ("alias", {"userId": "u1", "previousId": "null"}, "/previousId"),
    ],
)
def test_group_and_alias_need_their_own_id(call: str, item: dict[str, Any], pointer: str) -> None:
    assert refusal(item, call) == pointer


@pytest.mark.parametrize(
    ("change", "user", "anonymous"),
    [
        ({"anonymousId": None, "userId": "u1"}, "u1", None),
        ({"anonymousId": "a1", "userId": None}, None, "a1"),
        ({"anonymousId": 17, "userId": 42}, "42", "17"),
        ({"anonymousId": "undefined", "userId": " u1 "}, "u1", None),
    ],
)
def test_ids_may_be_null_or_numbers(
    change: dict[str, Any], user: str | None, anonymous: str | None
) -> None:
    event = parse({**ITEM, **change})
    assert (event.user_id, event.anonymous_id) == (user, anonymous)


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-01-15T11:59:00Z", -60_000),
        ("2026-01-15T11:59:00.123456Z", -59_877),
        ("2026-01-15T11:59:00.123999+00:00", -59_877),
        ("2026-01-15T16:29:00+04:30", -60_000),
        ("2026-01-14T23:59:00-12:00", -60_000),
        ("2026-01-16T12:00:00Z", 24 * 3_600_000),
        ("2000-01-01T00:00:00Z", wire.EARLIEST - RECEIVED),
    ],
)
def test_times_may_carry_microseconds_and_offsets(given: str, instant: int) -> None:
    assert parse({**ITEM, "timestamp": given}).at - RECEIVED == instant


@pytest.mark.parametrize(
    "given",
    ["2026-01-15T11:59:00", "2026-01-15", "yesterday", "", 1768478340, 1.5, True, [],
     "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
     "2026-01-16T12:00:01Z", "1999-12-31T23:59:59Z"],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
def test_a_time_without_offset_or_out_of_range_is_refused(name: str, given: object) -> None:
    if name == "originalTimestamp" and not given:
        return
    assert refusal({**ITEM, name: given}).endswith("imestamp")


@pytest.mark.parametrize("given", ["0001-01-01T00:00:00+14:00", "2026-01-15T12:00:00", 1, "x"])
def test_a_bad_sending_time_is_refused(given: object) -> None:
    item = {**ITEM, "timestamp": rfc3339(RECEIVED), "sentAt": given}
    assert refusal(item) == "/sentAt"


def test_a_clock_that_is_wrong_is_corrected_by_the_sending_time() -> None:
    wrong = timedelta(days=-20 * 365)
    item = {
        **ITEM,
        "timestamp": (NOW + wrong - timedelta(minutes=5)).isoformat(),
        "sentAt": (NOW + wrong).isoformat(),
    }
    event = parse(item)
    assert event.at == RECEIVED - 5 * 60_000
    assert event.client_at == to_instant(NOW + wrong) - 5 * 60_000
    in_batch = parse(
        {k: v for k, v in item.items() if k != "sentAt"}, sent_at=to_instant(NOW + wrong)
    )
    assert in_batch.at == event.at


def test_the_original_time_stands_before_the_time() -> None:
    item = {**ITEM, "timestamp": rfc3339(RECEIVED), "originalTimestamp": rfc3339(RECEIVED - 1)}
    assert parse(item).at == RECEIVED - 1


def test_an_event_without_a_time_happened_when_it_arrived() -> None:
    event = parse({**ITEM, "sentAt": "2020-01-01T00:00:00Z"})
    assert (event.at, event.client_at) == (RECEIVED, None)


def test_two_sendings_are_one_event_when_all_but_the_transport_fields_agree() -> None:
    first = parse({**ITEM, "timestamp": rfc3339(RECEIVED)})
    again = parse(
        {
            **ITEM,
            "timestamp": rfc3339(RECEIVED),
            "sentAt": rfc3339(RECEIVED),
            "receivedAt": "x",
            "_metadata": {"retry": 2},
            "retryCount": 3,
            "writeKey": "k",
            "userId": None,
        }
    )
    assert again.fingerprint == first.fingerprint
    for change in ({"event": "other"}, {"properties": {"a": 1}}, {"userId": "u"}):
        assert parse({**ITEM, **change}).fingerprint != first.fingerprint


def test_a_minted_id_is_the_same_for_a_re_send_that_carries_a_time() -> None:
    item = {"anonymousId": "a", "event": "clicked", "timestamp": rfc3339(RECEIVED)}
    first, again = parse(item), parse({**item, "sentAt": rfc3339(RECEIVED + 5)})
    assert first.minted
    assert first.message_id == again.message_id
    assert parse({**item, "event": "other"}).message_id != first.message_id
    assert parse({**item, "messageId": ""}).minted


def test_without_a_time_every_sending_gets_an_id_of_its_own() -> None:
    event = parse({"anonymousId": "a", "event": "clicked"})
    assert (event.message_id, event.minted) == ("auto_1", True)


@pytest.mark.parametrize(
    ("item", "email"),
    [
        ({"email": " Ada@Acme.COM "}, "ada@acme.com"),
        ({"traits": {"email": "ada@acme.com"}}, "ada@acme.com"),
        ({"properties": {"email": "ada@acme.com"}}, "ada@acme.com"),
        ({"context": {"traits": {"email": "ada@acme.com"}}}, "ada@acme.com"),
        ({"email": "no", "traits": {"email": "ada@acme.com"}}, "ada@acme.com"),
        ({"email": 5, "traits": {"email": ["a@b.c"]}}, None),
        ({"email": "a b@acme.com"}, None),
    ],
    ids=str,
)
def test_the_first_well_formed_email_counts(item: dict[str, Any], email: str | None) -> None:
    assert parse({**ITEM, **item}).email == email


def test_the_traits_of_a_group_call_are_not_the_persons() -> None:
    item = {"userId": "u1", "groupId": "g1", "traits": {"name": "Acme"}}
    assert parse(item, "group").traits == {}
    assert parse(item, "group").group_id == "g1"


def test_context_is_read_and_cut() -> None:
    context = parse(
        {
            **ITEM,
            "context": {
                "ip": "198.51.100.7",
                "userAgent": "x" * 600,
                "locale": "nl-NL",
                "timezone": "Europe/Amsterdam",
                "page": {"url": "https://a.test/" + "x" * 2_000, "title": 5},
                "campaign": {"name": "autumn", "source": "google", "medium": "cpc"},
                "consent": {"categoryPreferences": {"ads": False, "other": "yes"}},
                "ldu": True,
                "unknown": {"a": 1},
            },
        }
    ).context
    assert (context.ip, context.locale, context.timezone) == (
        "198.51.100.7", "nl-NL", "Europe/Amsterdam",
    )  # fmt: skip
    assert context.page is not None
    assert context.campaign is not None
    assert (len(context.user_agent or ""), len(context.page.url or "")) == (512, 1024)
    assert (context.page.title, context.campaign.name) == (None, "autumn")
    assert (context.consent, context.ldu) == ({"ads": False}, True)


def test_a_page_call_may_say_its_page_in_properties() -> None:
    item = {"anonymousId": "a", "properties": {"url": "https://a.test/x", "path": "/x"}}
    page = parse(item, "page").context.page
    assert page is not None
    assert (page.url, page.path) == ("https://a.test/x", "/x")
    assert parse({**item, "event": "e"}, "track").context.page is None


def test_what_a_batch_shares_holds_unless_the_item_says_otherwise() -> None:
    shared = {"ip": "198.51.100.1", "locale": "nl-NL"}
    context = parse({**ITEM, "context": {"locale": "de-DE"}}, context=shared).context
    assert (context.ip, context.locale) == ("198.51.100.1", "de-DE")


def test_the_connection_speaks_where_the_context_is_silent() -> None:
    arrival = {"ip": "198.51.100.9", "user_agent": "agent"}
    silent = parse(ITEM, **arrival).context
    assert (silent.ip, silent.user_agent) == ("198.51.100.9", "agent")
    said = parse({**ITEM, "context": {"ip": "198.51.100.1", "userAgent": "other"}}, **arrival)
    assert (said.context.ip, said.context.user_agent) == ("198.51.100.1", "other")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ("type", "event", "messageId", "anonymousId", "userId", "email", "previousId", "groupId",
     "timestamp", "sentAt", "originalTimestamp", "properties", "traits", "context")
)  # fmt: skip


@given(
    item=st.dictionaries(NAMES, JSON, max_size=8) | JSON,
    call=st.sampled_from((None, *wire.CALL_TYPES)),
)
def test_any_json_is_an_event_or_refused(item: object, call: str | None) -> None:
    with suppress(InvalidInputError):
        event = parse(item, call)
        assert Event.model_validate_json(event.model_dump_json(exclude_defaults=True)) == event
        assert json.loads(event.model_dump_json())["message_id"] == event.message_id
