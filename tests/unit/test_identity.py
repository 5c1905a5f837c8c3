"""Who is who: each rule of identity as a table of events and what they come to."""

import hashlib
from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from leadsignal.domain.evidence import Evidence, both_sightings, sighted, vouched
from leadsignal.domain.identity import MAX_EMAILS, MAX_WEAK, resolve
from leadsignal.domain.resolution import Join, Refusal, Resolution
from leadsignal.domain.slots import (
    NOBODY,
    Identifier,
    identifier_of,
    identifiers_of,
    member_of,
    nobody_of,
    nobody_slot,
    slot_id,
)
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Member, Sighting, Stamp
from tests.fakes.events import AT, event

KEY = bytes(32)

USER: dict[str, Any] = {"user_id": "u1"}
OTHER: dict[str, Any] = {"user_id": "u2"}
CRM: dict[str, Any] = {"crm_id": "c1"}
MAIL: dict[str, Any] = {"email": "e@acme.com"}
MAIL2: dict[str, Any] = {"email": "f@acme.com"}
BROWSER: dict[str, Any] = {"anonymous_id": "a"}
PHONE: dict[str, Any] = {"device_id": "d"}
TRUSTED: dict[str, Any] = {"trusted": True}
SIGNED: dict[str, Any] = {"signed": True, "type": "identify"}


def story(*said: dict[str, Any]) -> list[Event]:
    """Return events m0, m1 … a minute apart, that carry just these identifiers."""
    return [
        event(f"m{number}", minutes=number, **{"anonymous_id": None, **fields})
        for number, fields in enumerate(said)
    ]


def slot(kind: Any, value: str) -> str:
    return slot_id(KEY, Identifier(kind, value))


def members_of(events: Iterable[Event]) -> list[Member]:
    members: dict[str, Member] = {}
    for one in events:
        own = member_of(one)
        new = Member(kind=own.kind, value=own.value, first_received_at=one.received_at)
        member = members.get(own.key, new)
        sightings = sighted(member.sightings, one)
        members[own.key] = member.model_copy(update={"sightings": sightings})
    return list(members.values())


def decide(events: Iterable[Event], *decisions: Decision) -> Resolution:
    return resolve(Evidence(members_of(events), key=KEY), decisions)


def people(found: Resolution) -> list[str]:
    """Return the identifiers of each block, what nobody did as ``nobody``."""
    names = found.evidence.names
    return sorted(
        NOBODY if block.nobody else " ".join(names[slot].value for slot in block.slots)
        for block in found.blocks
    )


def homes(found: Resolution, events: Iterable[Event]) -> str:
    """Return where each event belongs: the first identifier of its block, or ``nobody``."""
    blocks = (found.blocks[found.place(one)] for one in events)
    return " ".join(
        NOBODY if block.nobody else found.evidence.names[block.slots[0]].value for block in blocks
    )


def reasons(found: Resolution) -> list[tuple[str, str, str]]:
    """Return the pairs that were refused, with why."""
    return sorted((*_pair(found, one), one.reason) for one in found.refusals)


def rules(found: Resolution) -> list[tuple[str, str, str, str]]:
    """Return the pairs that were joined, by which rule and which event."""
    return sorted((*_pair(found, one), one.rule, one.by[1]) for one in found.joins)


def _pair(found: Resolution, said: Join | Refusal) -> tuple[str, str]:
    one, other = sorted(found.evidence.names[slot].value for slot in (said.one, said.other))
    return one, other


def decision(kept: str, taken: str, *, undone: bool = False, at: int = AT) -> Decision:
    return Decision(merge_id="mrg_x_1", kept=kept, taken=taken, at=at, undone=undone)


EVERYTHING = USER | CRM | MAIL | BROWSER | PHONE


@pytest.mark.parametrize(
    ("said", "order", "member"),
    [
        pytest.param(EVERYTHING, "u1 c1 e@acme.com a d", "user_id:u1", id="all kinds"),
        pytest.param(MAIL | CRM | BROWSER, "c1 e@acme.com a", "anonymous_id:a", id="no user id"),
        pytest.param(CRM | MAIL, "c1 e@acme.com", "email:e@acme.com", id="no browser"),
        pytest.param(CRM | PHONE, "c1 d", "crm_id:c1", id="a CRM id before a device"),
        pytest.param(PHONE, "d", "device_id:d", id="a device alone"),
    ],
)
def test_an_event_names_its_strongest_identifier_first(
    said: dict[str, Any], order: str, member: str
) -> None:
    [one] = story(said)
    assert " ".join(identifier.value for identifier in identifiers_of(one)) == order
    assert member_of(one).key == member
    assert identifier_of(member) == member_of(one)


@pytest.mark.parametrize(
    ("kind", "strong"),
    [
        ("user_id", True),
        ("crm_id", True),
        ("email", True),
        ("anonymous_id", False),
        ("device_id", False),
    ],
)
def test_some_kinds_name_a_person_and_others_a_device(kind: Any, strong: bool) -> None:
    assert Identifier(kind, "x").strong is strong


def test_an_identifier_has_a_slot_by_tenant_kind_and_value() -> None:
    other_tenant = slot_id(bytes([1]) * 32, Identifier("email", "e@acme.com"))
    slots = {slot("email", "e@acme.com"), other_tenant, slot("email", "u"), slot("user_id", "u")}
    assert len(slots) == 4
    assert slot("anonymous_id", "ab") != slot("anonymous_id", "a")


def hashed(address: str) -> str:
    return "sha256:" + hashlib.sha256(address.encode()).hexdigest()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_hashed_e_mail_is_its_address(order: tuple[int, int]) -> None:
    events = story(USER | MAIL, {"email": hashed("e@acme.com")})
    found = decide(events[number] for number in order)
    assert people(found) == ["u1 e@acme.com"]
    assert homes(found, events) == "u1 u1"


# ─── What belongs together ───────────────────────────────────────────────────────────────────────


def test_identifiers_that_nobody_has_are_linked() -> None:
    found = decide(story(USER | MAIL | BROWSER | PHONE))
    assert people(found) == ["u1 e@acme.com a d"]
    assert rules(found) == [
        ("a", "u1", "logged_in", "m0"),
        ("d", "u1", "logged_in", "m0"),
        ("e@acme.com", "u1", "linked", "m0"),
    ]
    assert not found.refusals


@pytest.mark.parametrize("known", [USER, MAIL, CRM], ids=str)
def test_a_log_in_takes_the_anonymous_past_of_its_browsers_along(known: dict[str, Any]) -> None:
    laptop = {"anonymous_id": "laptop"}
    events = story(BROWSER, laptop, known, known | BROWSER, known | laptop, laptop)
    found = decide(events)
    assert len(found.blocks) == 1
    assert {join.rule for join in found.joins} == {"logged_in"}
    assert {join.by[1] for join in found.joins} == {"m3", "m4"}


@pytest.mark.parametrize("vouching", [TRUSTED, {}], ids=["a server says it", "a browser says it"])
@pytest.mark.parametrize(
    ("first", "second"),
    [(MAIL, USER), (CRM, USER), (CRM, MAIL), (USER, MAIL)],
    ids=["an e-mail", "a CRM id", "a CRM id and an e-mail", "a user id"],
)
def test_two_known_persons_are_joined_on_a_trusted_word_only(
    first: dict[str, Any], second: dict[str, Any], vouching: dict[str, Any]
) -> None:
    found = decide(story(first, second, first | second | vouching))
    if vouching:
        assert len(found.blocks) == 1
        [(_, _, rule, by)] = rules(found)
        assert (rule, by) == ("trusted_sender", "m2")
    else:
        assert len(found.blocks) == 2
        [(_, _, reason)] = reasons(found)
        assert reason == "untrusted_sender"


def test_a_signed_word_joins_persons_too() -> None:
    found = decide(story(MAIL, USER, USER | MAIL | SIGNED))
    assert people(found) == ["u1 e@acme.com"]
    assert [join.rule for join in found.joins] == ["trusted_sender"]


def test_a_signature_vouches_for_the_person_and_not_for_the_browser() -> None:
    [signed] = story(USER | MAIL | BROWSER | SIGNED)
    assert [vouched(signed, identifier) for identifier in identifiers_of(signed)] == [
        True,
        True,
        False,
    ]
    trusted = signed.model_copy(update={"trusted": True, "signed": False})
    assert all(vouched(trusted, identifier) for identifier in identifiers_of(trusted))
    found = decide(story(MAIL | BROWSER, USER, USER | BROWSER | SIGNED))
    assert people(found) == ["e@acme.com a", NOBODY, "u1"]
    assert reasons(found) == [("e@acme.com", "u1", "untrusted_sender")]


@pytest.mark.parametrize("vouching", [TRUSTED, SIGNED, {}], ids=["server", "signed", "browser"])
@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        pytest.param(USER, OTHER, "different_user_ids", id="user ids"),
        pytest.param(CRM, {"crm_id": "c2"}, "different_crm_ids", id="CRM ids"),
    ],
)
def test_different_user_ids_or_crm_ids_are_never_joined(
    one: dict[str, Any], other: dict[str, Any], reason: str, vouching: dict[str, Any]
) -> None:
    found = decide(story(one | MAIL | vouching, other | MAIL | vouching))
    assert len(found.blocks) == 2
    assert [refusal.reason for refusal in found.refusals] == [reason]
    assert people(found)[0].endswith("e@acme.com")  # the first one's


def test_a_third_identifier_does_not_bring_two_users_together_either() -> None:
    events = story(
        USER | MAIL | TRUSTED, OTHER | MAIL2 | TRUSTED, {**MAIL, **BROWSER}, {**MAIL2, **BROWSER}
    )
    assert people(decide(events)) == [NOBODY, "u1 e@acme.com a", "u2 f@acme.com"]
    through_crm = story(USER | CRM | TRUSTED, OTHER | MAIL | TRUSTED, CRM | MAIL | TRUSTED)
    found = decide(through_crm)
    assert people(found) == ["u1 c1", "u2 e@acme.com"]
    assert reasons(found) == [("c1", "e@acme.com", "different_user_ids")]


# ─── Trust goes before time ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("order", [*permutations(range(2))])
def test_a_back_dated_word_of_a_browser_takes_nothing_from_its_owner(
    order: tuple[int, int],
) -> None:
    """The browser's event claims to be older than what the server said."""
    forged, true = story({"user_id": "mallory"} | MAIL, USER | MAIL | TRUSTED)
    assert forged.at < true.at
    events = [(forged, true)[number] for number in order]
    found = decide(events)
    assert people(found) == ["mallory", "u1 e@acme.com"]
    assert reasons(found) == [("e@acme.com", "mallory", "different_user_ids")]
    assert homes(found, [forged, true, *story(MAIL)]) == "mallory u1 u1"


def test_the_first_trusted_word_of_several_stands() -> None:
    found = decide(story(USER | MAIL | TRUSTED, OTHER | MAIL | TRUSTED))
    assert people(found) == ["u1 e@acme.com", "u2"]


# ─── Limits ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("vouching", [TRUSTED, {}], ids=["a server says it", "a browser says it"])
def test_a_person_has_five_e_mails_and_no_sixth(vouching: dict[str, Any]) -> None:
    said = [USER | {"email": f"e{n}@acme.com"} | vouching for n in range(MAX_EMAILS + 1)]
    events = story(*said, {"email": "e5@acme.com"})
    found = decide(events)
    five = " ".join(f"e{n}@acme.com" for n in range(MAX_EMAILS))
    assert people(found) == ["e5@acme.com", f"u1 {five}"]
    assert reasons(found) == [("e5@acme.com", "u1", "email_limit")]
    assert homes(found, events).endswith("u1 u1 e5@acme.com")  # the event itself is the user's


def test_a_person_has_a_hundred_browsers_and_no_more() -> None:
    events = story(*(USER | {"anonymous_id": f"b{n:03}"} for n in range(MAX_WEAK + 1)))
    found = decide(events)
    person, rest = sorted(found.blocks, key=lambda block: -len(block.slots))
    assert (len(person.weak), len(rest.weak)) == (MAX_WEAK, 1)
    assert reasons(found) == [("b100", "u1", "browser_limit")]
    assert homes(found, [events[-1], *story({"anonymous_id": "b100"})]) == "u1 b100"


def test_a_hundred_browsers_of_one_device_and_no_more() -> None:
    events = story(*(PHONE | {"anonymous_id": f"b{n:03}"} for n in range(MAX_WEAK)))
    found = decide(events)
    assert sorted(len(block.weak) for block in found.blocks) == [1, MAX_WEAK]
    assert reasons(found) == [("b099", "d", "browser_limit")]


# ─── Alias ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("before", "previous"),
    [
        pytest.param({"anonymous_id": "old"}, "old", id="a browser"),
        pytest.param(MAIL, "E@acme.com ", id="an e-mail of nobody yet"),
    ],
)
def test_an_alias_joins_the_old_id_with_the_user(before: dict[str, Any], previous: str) -> None:
    alias = USER | {"type": "alias", "event": "alias", "previous_id": previous}
    events = story(before, alias, before)
    found = decide(events)
    assert homes(found, events) == "u1 u1 u1"


def test_an_alias_of_two_users_is_refused_and_told() -> None:
    events = story(USER, OTHER, OTHER | {"type": "alias", "event": "alias", "previous_id": "u1"})
    found = decide(events)
    assert homes(found, events) == "u1 u2 u2"
    assert reasons(found) == [("u1", "u2", "different_user_ids")]


# ─── Shared browsers ─────────────────────────────────────────────────────────────────────────────

ALICE: dict[str, Any] = {"user_id": "alice"}
BOB: dict[str, Any] = {"user_id": "bob"}
CAROL: dict[str, Any] = {"user_id": "carol"}


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_a_shared_browser_is_the_first_persons_and_then_nobodys(order: tuple[int, ...]) -> None:
    events = story(BROWSER, ALICE | BROWSER, BOB | BROWSER, BROWSER)
    found = decide(events[number] for number in order)
    assert people(found) == ["alice a", "bob", NOBODY]
    assert homes(found, events) == "alice alice bob nobody"
    assert reasons(found) == [("alice", "bob", "different_user_ids")]
    [(cut, _)] = found.shared.values()
    assert cut[1] == "m2"
    [nobody] = [block for block in found.blocks if block.nobody]
    assert nobody.nobody == nobody_slot(KEY, slot("anonymous_id", "a"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            (ALICE | BROWSER, BOB | BROWSER, CAROL | BROWSER, BROWSER),
            "alice bob carol nobody",
            id="a third person",
        ),
        pytest.param(
            (ALICE | BROWSER, BOB | BROWSER, BROWSER, ALICE | BROWSER, BROWSER),
            "alice bob nobody alice nobody",
            id="the first one comes back",
        ),
        pytest.param(
            (MAIL | BROWSER, MAIL2 | BROWSER, BROWSER),
            "e@acme.com f@acme.com nobody",
            id="two e-mails in forms",
        ),
        pytest.param(
            (ALICE | BROWSER, ALICE | MAIL, MAIL2 | BROWSER, BROWSER),
            "alice alice f@acme.com nobody",
            id="another e-mail than the owner's",
        ),
        pytest.param(
            (ALICE | BROWSER, MAIL | BROWSER, BROWSER),
            "alice alice alice",
            id="an e-mail, and the owner had none",
        ),
        pytest.param(
            (ALICE | BROWSER, MAIL, MAIL | BROWSER, BROWSER),
            "alice e@acme.com e@acme.com nobody",
            id="an e-mail that was somebody's",
        ),
        pytest.param(
            (BROWSER | PHONE, ALICE | BROWSER, BOB | PHONE, BROWSER, PHONE),
            "alice alice bob nobody nobody",
            id="a device with two ids",
        ),
        pytest.param(
            (MAIL | BROWSER | TRUSTED, MAIL2 | BROWSER | TRUSTED, BROWSER),
            "e@acme.com e@acme.com e@acme.com",
            id="a server says that both e-mails are one person's",
        ),
    ],
)
def test_what_is_done_while_logged_in_is_that_persons(
    said: tuple[dict[str, Any], ...], expected: str
) -> None:
    events = story(*said)
    assert homes(decide(events), events) == expected


def test_the_instant_of_the_second_log_in_counts_and_not_the_order_of_arrival() -> None:
    early, alice, bob, between, late = story(
        BROWSER, ALICE | BROWSER, BOB | BROWSER, {**BROWSER}, BROWSER
    )
    between = between.model_copy(update={"at": alice.at + 1})
    same_instant = late.model_copy(update={"at": bob.at, "message_id": "m1z"})
    found = decide([alice, bob])
    assert homes(found, [early, between, same_instant, late]) == "alice alice alice nobody"


def test_a_browser_is_shared_no_more_when_its_persons_are_found_to_be_one() -> None:
    events = story(MAIL, ALICE | BROWSER, MAIL | BROWSER, BROWSER)
    assert homes(decide(events), events) == "e@acme.com alice e@acme.com nobody"
    trusted = event("m9", minutes=9, anonymous_id=None, **(ALICE | MAIL | TRUSTED))
    found = decide([*events, trusted])
    assert people(found) == ["alice e@acme.com a"]
    assert homes(found, events) == "alice alice alice alice"


# ─── What people decide ──────────────────────────────────────────────────────────────────────────


def test_a_decision_joins_what_the_rules_keep_apart() -> None:
    events = story(ALICE | BROWSER, BOB | BROWSER, BROWSER)
    found = decide(events, decision("user_id:alice", "user_id:bob"))
    assert people(found) == ["alice bob a"]
    assert homes(found, events) == "alice alice alice"
    assert not found.shared
    assert ("alice", "bob", "merged_by_hand", "mrg_x_1") in rules(found)


def test_a_decision_gives_a_browser_to_a_person() -> None:
    events = story(BROWSER, ALICE, BOB | BROWSER, BROWSER)
    found = decide(events, decision("user_id:alice", "anonymous_id:a"))
    assert homes(found, events) == "alice alice bob nobody"


def test_a_decision_joins_two_browsers_as_one_device() -> None:
    events = story(BROWSER, PHONE, PHONE | ALICE)
    found = decide(events, decision("anonymous_id:a", "device_id:d"))
    assert people(found) == ["alice a d"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_decision_gives_what_nobody_did_to_a_person(turned: bool) -> None:
    events = story(ALICE | BROWSER, BOB | BROWSER, BROWSER)
    pair = (nobody_of(slot("anonymous_id", "a")), "user_id:bob")
    found = decide(events, decision(*reversed(pair)) if turned else decision(*pair))
    assert people(found) == ["alice a", "bob"]
    assert homes(found, events) == "alice bob bob"
    alice, bob = found.place(events[0]), found.place(events[1])
    browser = slot("anonymous_id", "a")
    assert (found.own(alice, browser), found.own(bob, browser)) == (True, False)


@pytest.mark.parametrize("vouching", [TRUSTED, {}], ids=["a server says it", "a browser says it"])
def test_an_undone_pair_stays_apart_whoever_says_otherwise(vouching: dict[str, Any]) -> None:
    events = story(USER | MAIL | vouching, USER | MAIL | vouching)
    found = decide(events, decision("user_id:u1", "email:e@acme.com", undone=True))
    assert people(found) == ["e@acme.com", "u1"]
    assert reasons(found) == [("e@acme.com", "u1", "undone")]


def test_an_undone_browser_is_not_the_persons_but_may_be_anothers() -> None:
    undone = decision("user_id:alice", "anonymous_id:a", undone=True)
    events = story(BROWSER, ALICE | BROWSER, BROWSER)
    found = decide(events, undone)
    assert homes(found, events) == "a alice a"
    events = story(BROWSER, ALICE | BROWSER, BOB | BROWSER, BROWSER)
    assert homes(decide(events, undone), events) == "bob alice bob bob"


@pytest.mark.parametrize(
    "said",
    [
        pytest.param((BROWSER | PHONE,), id="an event has both"),
        pytest.param((ALICE | BROWSER | PHONE,), id="a person's event has both"),
        pytest.param((ALICE | BROWSER, ALICE | PHONE), id="one person logs in on both"),
    ],
)
def test_two_undone_browsers_are_never_one_persons(said: tuple[dict[str, Any], ...]) -> None:
    undone = decision("anonymous_id:a", "device_id:d", undone=True)
    found = decide(story(BROWSER, PHONE, *said), undone)
    assert found.block_named("anonymous_id:a") != found.block_named("device_id:d")
    assert "undone" in {refusal.reason for refusal in found.refusals}


def test_an_undone_pair_stays_apart_with_all_that_each_has_gained() -> None:
    events = story(USER, MAIL, CRM | MAIL | TRUSTED, USER | CRM | TRUSTED)
    found = decide(events, decision("user_id:u1", "email:e@acme.com", undone=True))
    assert people(found) == ["c1 e@acme.com", "u1"]
    assert reasons(found) == [("c1", "u1", "undone")]


# ─── Evidence and names ──────────────────────────────────────────────────────────────────────────


def test_severed_sightings_are_no_evidence() -> None:
    events = story(USER | MAIL)
    [member] = members_of(events)
    severed = {
        name: one.model_copy(update={"severed": name.startswith("email")})
        for name, one in member.sightings.items()
    }
    found = resolve(Evidence([member.model_copy(update={"sightings": severed})], key=KEY))
    assert people(found) == ["u1"]
    assert homes(found, events) == "u1"


def test_evidence_is_the_same_in_whatever_order_members_come() -> None:
    members = members_of(story(USER | MAIL, MAIL | BROWSER, BROWSER | PHONE))
    one, other = Evidence(members, key=KEY), Evidence(reversed(members), key=KEY)
    assert one == other
    assert one != Evidence(members[:1], key=KEY)
    assert one != "evidence"


@pytest.mark.parametrize("turned", [False, True])
def test_two_sightings_keep_the_first_and_the_first_trusted_word(turned: bool) -> None:
    def seen(at: int, *, verified: bool) -> Sighting:
        stamp = Stamp(at=at, message_id=f"m{at}")
        return Sighting(kind="email", value="e", first=stamp, verified=verified)

    def both(one: Sighting, other: Sighting) -> Sighting:
        return both_sightings(other, one) if turned else both_sightings(one, other)

    assert both(seen(1, verified=True), seen(2, verified=True)) == seen(1, verified=True)
    together = both(seen(1, verified=False), seen(2, verified=True))
    assert together.first.at == 1
    assert together.vouched is not None
    assert (together.vouched.at, together.verified) == (2, False)
    assert both(together, seen(3, verified=True)) == together
    assert both(together, seen(0, verified=False)).first.at == 0


def test_a_block_is_known_by_its_strongest_earliest_identifier() -> None:
    events = story(MAIL, USER | MAIL | TRUSTED, BROWSER, ALICE | PHONE, BOB | PHONE, PHONE)
    found = decide(events)
    named = [found.reference(number) for number in range(len(found.blocks))]
    phone = nobody_of(slot("device_id", "d"))
    assert set(named) == {"user_id:u1", "anonymous_id:a", "user_id:alice", "user_id:bob", phone}
    assert [found.block_named(reference) for reference in named] == [*range(len(named))]
    assert found.block_named("user_id:stranger") is None
    assert found.block_named(nobody_of(slot("anonymous_id", "a"))) == found.place(events[2])
