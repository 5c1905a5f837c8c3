"""Which lead an event belongs to: the rules of identity as tables."""

from typing import Any

import pytest

from leadsignal.domain.identity import (
    LIMITS,
    Identifier,
    Resolver,
    identifiers_of,
    member_of,
    slot_id,
)
from leadsignal.models.leads import Lead, Pointer, Stamp
from tests.fakes.events import event

KEY = bytes(32)


class People:
    """A resolver that starts with nobody and is told events one after another."""

    def __init__(self) -> None:
        self.resolver = Resolver({}, key=KEY)
        self.number = 0

    def hear(self, trusted: bool = False, **identifiers: Any) -> str:
        """Place one event with these identifiers and return its lead."""
        self.number += 1
        said: dict[str, Any] = {"anonymous_id": None} | identifiers
        return self.resolver.place(
            event(f"m{self.number:03d}", minutes=self.number, trusted=trusted, **said)
        )

    def who(self) -> list[list[str]]:
        """Return the identifiers of each lead, in order."""
        return sorted(
            sorted({name for m in lead.members.values() for name in m.identifiers})
            for lead in self.resolver.leads.values()
        )


def slot(kind: Any, value: str) -> str:
    return slot_id(KEY, Identifier(kind, value))


ALL = {"user_id": "u", "email": "e@x.test", "anonymous_id": "a"}


@pytest.mark.parametrize(
    ("has", "strongest", "member"),
    [
        (("user_id", "email", "anonymous_id"), "user_id", "user_id"),
        (("email", "anonymous_id"), "email", "anonymous_id"),
        (("user_id", "email"), "user_id", "user_id"),
        (("email",), "email", "email"),
        (("anonymous_id",), "anonymous_id", "anonymous_id"),
    ],
)
def test_rule_1_a_new_lead_is_that_of_the_strongest_identifier(
    has: tuple[str, ...], strongest: Any, member: str
) -> None:
    said: dict[str, Any] = {"anonymous_id": None} | {name: ALL[name] for name in has}
    sent = event(**said)
    assert identifiers_of(sent)[0].kind == strongest
    assert member_of(sent).kind == member
    people = People()
    lead = people.hear(False, **{name: ALL[name] for name in has})
    assert lead == slot(strongest, ALL[strongest])
    assert people.who() == [sorted(f"{name}:{ALL[name]}" for name in has)]


def test_rule_1_identifiers_that_nobody_has_are_linked() -> None:
    people = People()
    lead = people.hear(user_id="u1")
    assert people.hear(user_id="u1", email="e@x.test", anonymous_id="a") == lead
    assert people.hear(anonymous_id="a") == people.hear(email="e@x.test") == lead
    assert {p.rule for p in people.resolver.links.values()} == {"linked"}


@pytest.mark.parametrize("known", [{"user_id": "u1"}, {"email": "e@x.test"}], ids=str)
def test_rule_2_a_log_in_takes_the_anonymous_lead_in(known: dict[str, str]) -> None:
    people = People()
    anonymous = people.hear(anonymous_id="a")
    person = people.hear(False, **known)
    assert people.hear(False, **{"anonymous_id": "a"} | known) == person
    assert people.hear(anonymous_id="a") == person
    [lead] = people.resolver.leads.values()
    assert lead.merged_from == (anonymous,)


def test_rule_2_a_second_device_is_merged_too() -> None:
    people = People()
    people.hear(anonymous_id="phone")
    people.hear(anonymous_id="laptop")
    people.hear(user_id="u1", anonymous_id="phone")
    lead = people.hear(user_id="u1", anonymous_id="laptop")
    assert people.hear(anonymous_id="phone") == people.hear(anonymous_id="laptop") == lead
    assert len(people.resolver.leads) == 1


def test_rule_2_an_anonymous_lead_becomes_known_without_a_merge() -> None:
    people = People()
    lead = people.hear(anonymous_id="a")
    assert people.hear(anonymous_id="a", email="e@x.test") == lead
    assert people.hear(email="e@x.test") == lead


@pytest.mark.parametrize("trusted", [False, True], ids=["a browser says it", "a server says it"])
def test_rule_3_two_known_leads_merge_only_on_a_trusted_word(trusted: bool) -> None:
    people = People()
    first = people.hear(email="e@x.test")
    people.hear(user_id="u1")
    people.hear(trusted, user_id="u1", email="e@x.test")
    assert len(people.resolver.leads) == (1 if trusted else 2)
    if trusted:
        assert list(people.resolver.leads) == [first]  # the one first seen


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("shared", [{"anonymous_id": "a"}, {"email": "e@x.test"}], ids=str)
def test_rule_3_different_user_ids_never_merge(trusted: bool, shared: dict[str, str]) -> None:
    people = People()
    one = people.hear(trusted, user_id="u1", **shared)
    other = people.hear(trusted, user_id="u2", **shared)
    assert one != other
    people.hear(trusted, user_id="u1", **shared)
    people.hear(trusted, user_id="u2", **shared)
    users = [[n for n in names if n.startswith("user_id")] for names in people.who()]
    assert users == [["user_id:u1"], ["user_id:u2"]]


def test_rule_3_leads_that_each_have_a_user_stay_apart_when_a_third_id_joins_them() -> None:
    people = People()
    people.hear(True, user_id="u1", email="e@x.test")
    people.hear(True, user_id="u2", anonymous_id="a")
    people.hear(True, email="e@x.test", anonymous_id="a")
    assert len(people.resolver.leads) == 2


def test_rule_6_what_breaks_a_limit_is_not_linked() -> None:
    people = People()
    for number in range(LIMITS["email"] + 1):
        lead = people.hear(user_id="u1", email=f"e{number}@x.test")
    assert lead == slot("user_id", "u1")
    emails = [name for name in people.who()[0] if name.startswith("email")]
    assert len(emails) == LIMITS["email"]
    assert people.hear(email=f"e{LIMITS['email']}@x.test") != lead


def test_rule_6_an_identifier_on_several_devices_counts_once() -> None:
    people = People()
    for number in range(LIMITS["email"] + 2):
        people.hear(email="e0@x.test", anonymous_id=f"device-{number}")
    people.hear(email="e1@x.test", anonymous_id="device-0")
    assert len(people.resolver.leads) == 1


def test_an_alias_joins_the_old_id_with_the_user() -> None:
    people = People()
    people.hear(anonymous_id="old")
    person = people.hear(type="alias", user_id="u1", previous_id="old")
    assert people.hear(anonymous_id="old") == person


def test_a_lead_is_verified_by_a_trusted_word_and_stays_so() -> None:
    people = People()
    lead = people.hear(user_id="u1")
    verified = []
    for trusted in (False, True, False):
        people.hear(trusted, user_id="u1")
        [member] = people.resolver.leads[lead].members.values()
        verified.append(member.identifiers["user_id:u1"].verified)
    assert verified == [False, True, True]


def test_equal_ids_of_two_tenants_have_nothing_in_common() -> None:
    one = slot_id(bytes(32), Identifier("email", "e@x.test"))
    other = slot_id(bytes([1]) * 32, Identifier("email", "e@x.test"))
    assert one != other
    assert slot("email", "u1") != slot("user_id", "u1")
    assert slot("anonymous_id", "ab") != slot("anonymous_id", "a")


def pointer(source: str, into: str) -> Pointer:
    return Pointer(lead_id=source, into=into, by=Stamp(at=1, message_id="m"), rule="linked")


def test_pointers_are_followed_to_their_end_and_a_circle_is_noticed() -> None:
    lead = Lead(lead_id="c")
    resolver = Resolver({"a": pointer("a", "b"), "b": pointer("b", "c"), "c": lead}, key=KEY)
    assert [resolver.root(name) for name in "abcd"] == ["c", "c", "c", "d"]
    circle = Resolver({"a": pointer("a", "b"), "b": pointer("b", "a")}, key=KEY)
    with pytest.raises(ValueError, match="circle"):
        circle.root("a")


USER, MAIL, BROWSER = slot("user_id", "u1"), slot("email", "e@x.test"), slot("anonymous_id", "a")


@pytest.mark.parametrize(
    ("said", "home"),
    [
        pytest.param({"anonymous_id": "a"}, USER, id="goes to the lead that was promised"),
        pytest.param({"anonymous_id": "a", "email": "e@x.test"}, USER, id="and takes others along"),
        pytest.param({"anonymous_id": "a", "user_id": "u1"}, USER, id="the owner is at home"),
        pytest.param(
            {"anonymous_id": "a", "user_id": "u2"}, slot("user_id", "u2"), id="nobody else is"
        ),
    ],
)
def test_a_link_to_a_lead_that_is_not_written_yet_holds(said: dict[str, str], home: str) -> None:
    resolver = Resolver({BROWSER: pointer(BROWSER, USER)}, key=KEY)
    nobody: dict[str, Any] = {"anonymous_id": None}
    sent = event(**nobody | said)
    assert resolver.place(sent) == home
    assert set(resolver.links) == ({MAIL} if "email" in said else set())
    assert all(lead.members for lead in resolver.leads.values())


def test_two_links_to_leads_that_are_not_written_yet_leave_no_empty_lead() -> None:
    held = {BROWSER: pointer(BROWSER, USER), MAIL: pointer(MAIL, "lead_other")}
    resolver = Resolver(held, key=KEY)
    assert resolver.place(event(anonymous_id="a", email="e@x.test")) == USER
    assert list(resolver.leads) == [USER]
