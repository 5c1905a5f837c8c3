"""The Segment wire format, item by item."""

import hashlib
import json
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain import signatures, wire
from leadsignal.domain.identifiers import IN_TRAITS
from leadsignal.errors import InvalidInputError
from leadsignal.models.events import Event
from leadsignal.models.instants import rfc3339, to_instant
from tests.fakes.clock import NOW
from tests.fakes.events import tenant

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
        ({"anonymousId": None, "traits": {"crm_id": "0"}, "context": {"device": {"id": "-"}}}, ""),
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
        ("group", {"userId": "u1", "groupId": "undefined"}, "/groupId"),
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


HASH = hashlib.sha256(b"ada@acme.com").hexdigest()


@pytest.mark.parametrize(
    "item",
    [
        {"email": HASH},
        {"email": f"sha256:{HASH.upper()}"},
        {"traits": {"email": HASH}},
        {"properties": {"email": HASH}},
        {"traits": {"email_sha256": HASH}},
        {"traits": {"emailSha256": HASH}},
        {"traits": {"hashed_email": HASH}},
        {"traits": {"sha256_email": f"sha256:{HASH}"}},
        {"properties": {"hashedEmail": HASH}},
        {"context": {"traits": {"sha256Email": HASH}}},
        {"context": {"externalIds": [{"type": "email", "id": HASH}]}},
        {"context": {"externalIds": [{"type": "email", "id": HASH, "encoding": "sha256"}]}},
        {"email": "no", "traits": {"email_sha256": HASH}},
    ],
    ids=str,
)
def test_a_hashed_email_is_taken_where_an_email_is(item: dict[str, Any]) -> None:
    assert parse({**ITEM, **item}).email == f"sha256:{HASH}"


@pytest.mark.parametrize(
    "item",
    [
        {"email": "bob@acme.com", "traits": {"email_sha256": HASH}},
        {"email": HASH, "traits": {"email": "bob@acme.com"}},
        {"traits": {"hashed_email": HASH}, "properties": {"email": "bob@acme.com"}},
    ],
    ids=str,
)
def test_an_address_tells_more_than_a_hash(item: dict[str, Any]) -> None:
    assert parse({**ITEM, **item}).email == "bob@acme.com"


@pytest.mark.parametrize(
    "item",
    [
        {"traits": {"email_sha256": "ada@acme.com"}},
        {"email": "0" * 64},
        {"email": hashlib.sha256(b"").hexdigest()},
        {"traits": {"hashed_email": hashlib.sha256(b"null").hexdigest()}},
        {"traits": {"other_hash": HASH}},
    ],
    ids=str,
)
def test_what_is_no_hash_of_an_address_is_no_email(item: dict[str, Any]) -> None:
    assert parse({**ITEM, **item}).email is None


def external(kind: str, value: object, **more: Any) -> dict[str, Any]:
    return {"id": value, "type": kind, "collection": "users", "encoding": "none"} | more


@pytest.mark.parametrize(
    ("item", "crm_id"),
    [
        ({"traits": {"crm_id": " C1 "}}, "C1"),
        ({"traits": {"crmId": 17}}, "17"),
        ({"traits": {"crm_id": "null", "crmId": "C1"}}, "C1"),
        ({"context": {"traits": {"crm_id": "C1"}}}, "C1"),
        ({"context": {"externalIds": [external("crm_id", "C1")]}}, "C1"),
        ({"traits": {"crm_id": "undefined"}}, None),
        ({"properties": {"crm_id": "C1"}}, None),
    ],
    ids=str,
)
def test_the_id_in_the_crm_is_read(item: dict[str, Any], crm_id: str | None) -> None:
    assert parse({**ITEM, **item}).crm_id == crm_id


def test_the_id_of_a_group_in_the_crm_is_not_the_persons() -> None:
    item = {"userId": "u1", "groupId": "g1", "traits": {"crm_id": "C1", "email": "info@acme.com"}}
    assert (parse(item, "group").crm_id, parse(item, "group").email) == (None, None)


@pytest.mark.parametrize(
    ("context", "device_id"),
    [
        ({"device": {"id": "D1", "advertisingId": "A1"}}, "D1"),
        ({"device": {"advertisingId": "A1"}}, "A1"),
        ({"device": {"advertisingId": "A1", "adTrackingEnabled": True}}, "A1"),
        ({"device": {"advertisingId": "A1", "adTrackingEnabled": False}}, None),
        ({"device": {"id": "D1", "adTrackingEnabled": False}}, "D1"),
        ({"device": {"id": "00000000-0000-0000-0000-000000000000", "advertisingId": "A1"}}, "A1"),
        ({"device": {"id": "null"}}, None),
        ({"device": "iPhone"}, None),
        ({"externalIds": [external("ios.id", "D1")]}, "D1"),
        ({"externalIds": [external("android.idfa", "A1"), external("android.id", "D1")]}, "D1"),
        ({"externalIds": [external("ios.idfa", "A1")]}, "A1"),
        ({"externalIds": [external("device_id", "D1")], "device": {"id": "D2"}}, "D2"),
        ({"externalIds": [external("ios.push_token", "P1")]}, None),
    ],
    ids=str,
)
def test_the_device_is_read(context: dict[str, Any], device_id: str | None) -> None:
    assert parse({**ITEM, "context": context}).device_id == device_id


FIVE = [
    external("user_id", "U"), external("crm_id", "C"), external("email", "Ada@Acme.com"),
    external("anonymous_id", "A"), external("device_id", "D"),
]  # fmt: skip


def named(event: Event) -> tuple[str | None, ...]:
    return (event.user_id, event.crm_id, event.email, event.anonymous_id, event.device_id)


def test_external_ids_fill_in_what_the_item_does_not_say_itself() -> None:
    item = {"event": "clicked", "context": {"externalIds": FIVE}}
    assert named(parse(item)) == ("U", "C", "ada@acme.com", "A", "D")
    own = {
        "event": "clicked",
        "userId": "u1",
        "anonymousId": "null",
        "traits": {"crm_id": "c1", "email": "bob@acme.com"},
        "context": {"device": {"id": "d1"}, "externalIds": FIVE},
    }
    assert named(parse(own)) == ("u1", "c1", "bob@acme.com", "A", "d1")


@pytest.mark.parametrize(
    "given",
    [
        None, "x", {}, {"type": "user_id", "id": "U"}, [None, 5, "user_id", []],
        [{"id": "U"}], [{"type": "user_id"}], [{"type": ["user_id"], "id": "U"}],
        [external("user_id", "undefined")], [external("user_id", True)],
        [external("user_id", "U", collection="accounts")], [external("user_id", "U", encoding="b")],
        [external("user_id", "U", collection=[])], [external("USER_ID", "U")],
        [external("email", "no")], [external("email", HASH, encoding="md5")],
        [external("phone", "+31")],
    ],
    ids=str,
)  # fmt: skip
def test_external_ids_of_another_form_are_left_alone(given: object) -> None:
    event = parse({**ITEM, "context": {"externalIds": given}})
    assert named(event) == (None, None, None, "a1", None)


def test_of_each_external_type_the_first_usable_id_counts() -> None:
    given = [external("user_id", value) for value in ("null", "U1", "U2")]
    assert parse({**ITEM, "context": {"externalIds": given}}).user_id == "U1"


@pytest.mark.parametrize(
    "item",
    [
        {"traits": {"crm_id": "C1"}},
        {"context": {"device": {"id": "D1"}}},
        {"context": {"externalIds": [external("ios.id", "D1")]}},
        {"email": HASH},
    ],
    ids=str,
)
def test_each_kind_of_identifier_is_enough(item: dict[str, Any]) -> None:
    assert parse({"event": "clicked", **item}).anonymous_id is None


def test_the_traits_of_a_group_call_are_not_the_persons() -> None:
    item = {"userId": "u1", "groupId": " g1 ", "traits": {"name": "Acme"}}
    group = parse(item, "group")
    assert (group.traits, group.group_traits, group.group_id) == ({}, {"name": "Acme"}, "g1")
    assert parse(item, "identify").group_traits == {}


SECRET = signatures.identify_secret(tenant())
ADA = {"user_id": "u1", "crm_id": "c1", "email": "ada@acme.com"}
IDENTIFY = {
    "messageId": "m1",
    "anonymousId": "a1",
    "userId": "u1",
    "traits": {"email": "Ada@Acme.com", "crmId": "c1"},
}


def signature(expires: str = "", **who: str | None) -> str:
    return signatures.sign(SECRET, signatures.signed_text(**{**ADA, **who}, expires=expires))


def signed(
    change: dict[str, Any] | None = None,
    context: dict[str, Any] | None = None,
    call: str = "identify",
    secret: str | None = SECRET,
) -> Event:
    given = {"signature": signature()} if context is None else context
    item = {**IDENTIFY, "context": given, **(change or {})}
    return parse(item, call, identify_secret=secret)


def test_a_signed_identify_is_known_as_one() -> None:
    assert signed().signed
    expires = str(RECEIVED // 1_000 + 60)
    assert signed(context={"signature": signature(expires), "signatureExpires": expires}).signed


def test_browsers_and_devices_are_not_under_the_signature() -> None:
    context = {"signature": signature(), "device": {"id": "D1"}}
    assert signed({"anonymousId": "another"}, context).signed
    assert signed({"anonymousId": None}, context).signed


@pytest.mark.parametrize(
    ("change", "context"),
    [
        pytest.param({}, {}, id="no signature"),
        pytest.param({}, {"signature": signature(user_id="u2")}, id="another's"),
        pytest.param({"userId": "u2"}, None, id="another user id"),
        pytest.param({"userId": None}, None, id="user id left out"),
        pytest.param({"traits": {"crmId": "c1"}}, None, id="e-mail left out"),
        pytest.param({"email": "bob@acme.com"}, None, id="an e-mail that goes before"),
        pytest.param({"traits": {"email": HASH, "crmId": "c1"}}, None, id="the hash instead"),
        pytest.param(
            {"traits": {"email": "ada@acme.com"}},
            {"signature": signature(crm_id=None), "externalIds": [external("crm_id", "c2")]},
            id="a CRM id slipped in",
        ),
        pytest.param(
            {},
            {"signature": signature("1768478399"), "signatureExpires": 1768478399},
            id="expired",
        ),
    ],
)
def test_a_signature_that_does_not_hold_leaves_an_ordinary_browsers_event(
    change: dict[str, Any], context: dict[str, Any] | None
) -> None:
    event = signed(change, context)
    assert (event.signed, event.trusted) == (False, False)


@pytest.mark.parametrize("call", sorted(wire.CALL_TYPES - {"identify"}))
def test_only_an_identify_can_be_signed(call: str) -> None:
    more = {"event": "clicked", "groupId": "g1", "previousId": "victim", "email": "ada@acme.com"}
    crm = {"externalIds": [external("crm_id", "c1")], "signature": signature()}
    assert not signed(more, crm, call).signed


def test_where_no_secret_is_known_nothing_is_signed() -> None:
    assert not signed(secret=None).signed


def test_a_signature_says_who_sends_and_is_no_content() -> None:
    plain = signed(context={"locale": "nl-NL"})
    proof = {"signature": "other", "signatureExpires": 5}
    assert signed(context={"locale": "nl-NL", **proof}).fingerprint == plain.fingerprint
    assert signed(context=proof).fingerprint == parse(IDENTIFY, "identify").fingerprint
    assert "other" not in signed(context=proof).model_dump_json()


def test_the_key_is_known_and_makes_no_other_event() -> None:
    one, other = parse(ITEM, key_id="k1"), parse(ITEM, key_id="k2", trusted=True)
    assert (one.key_id, other.key_id) == ("k1", "k2")
    assert one.fingerprint == other.fingerprint


def test_the_identify_secret_is_not_printed_with_the_arrival() -> None:
    arrival = wire.Arrival(received_at=RECEIVED, identify_secret=SECRET)
    assert SECRET not in repr(arrival)


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
TRANSPORT = st.dictionaries(
    st.sampled_from(sorted(wire.TRANSPORT_FIELDS - {"sentAt"})), JSON, max_size=4
)


@given(item=st.dictionaries(st.text(max_size=4), JSON, max_size=4), transport=TRANSPORT, proof=JSON)
def test_transport_fields_never_change_a_fingerprint(
    item: dict[str, Any], transport: dict[str, Any], proof: object
) -> None:
    shown = {**item, **transport, "context": {"locale": "nl", "signature": proof}}
    assert wire.fingerprint(shown) == wire.fingerprint({**item, "context": {"locale": "nl"}})


NAMES = st.sampled_from(
    ("type", "event", "messageId", "anonymousId", "userId", "email", "previousId", "groupId",
     "timestamp", "sentAt", "originalTimestamp", "properties", "traits", "context")
)  # fmt: skip


IDENTIFYING = st.fixed_dictionaries(
    {},
    optional={
        "context": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("device", "externalIds", "signature", "traits"), JSON)
        ),
        "traits": st.dictionaries(st.sampled_from(sorted(IN_TRAITS)), JSON),
        "userId": JSON,
    },
)


@given(
    item=st.dictionaries(NAMES, JSON, max_size=8) | JSON | IDENTIFYING,
    call=st.sampled_from((None, *wire.CALL_TYPES)),
)
def test_any_json_is_an_event_or_refused(item: object, call: str | None) -> None:
    with suppress(InvalidInputError):
        event = parse(item, call, identify_secret=SECRET)
        assert Event.model_validate_json(event.model_dump_json(exclude_defaults=True)) == event
        assert json.loads(event.model_dump_json())["message_id"] == event.message_id
