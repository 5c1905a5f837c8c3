"""What a member learns from its events, whatever their order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.identifiers import IN_TRAITS
from leadsignal.domain.members import (
    MAX_TRAIT_NAME,
    MAX_TRAIT_TEXT,
    MAX_TRAITS,
    SERVER_ONLY,
    learn,
    traits_of,
)
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.events import Context, Event
from leadsignal.models.leads import Member
from tests.fakes.events import AT, MINUTE, event

MEMBER = Member(kind="anonymous_id", value="a", first_received_at=AT)
ISP, OWN = NetworkMatch(type="isp"), NetworkMatch(type="company", name="Acme")


def test_the_first_and_the_last_value_of_a_trait_are_kept() -> None:
    member = MEMBER
    for minutes, plan in ((5, "b"), (9, "c"), (1, "a")):
        member = learn(member, event(minutes=minutes, traits={"plan_name": plan}), None)
    trait = member.traits["plan_name"]
    assert (trait.first, trait.last) == ("a", "c")
    assert (trait.first_by.at, trait.last_by.at) == (AT + MINUTE, AT + 9 * MINUTE)


def test_at_one_instant_the_greater_message_id_is_the_later() -> None:
    sent = [event(name, traits={"x": name}) for name in ("m2", "m1", "m3")]
    member = MEMBER
    for one in sent:
        member = learn(member, one, None)
    assert (member.traits["x"].first, member.traits["x"].last) == ("m1", "m3")


@given(data=st.data())
def test_the_order_of_learning_does_not_matter_and_repetition_adds_nothing(
    data: st.DataObject,
) -> None:
    sent = [
        (
            event(
                f"m{number}",
                minutes=data.draw(st.integers(0, 3)),
                traits=data.draw(st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2)),
                context=Context(
                    consent=data.draw(st.dictionaries(st.sampled_from("xy"), st.booleans()))
                ),
            ),
            data.draw(st.sampled_from((None, ISP, OWN))),
        )
        for number in range(data.draw(st.integers(1, 6)))
    ]
    one = other = MEMBER
    for told, network in sent:
        one = learn(one, told, network)
    for told, network in data.draw(st.permutations([*sent, *sent])):
        other = learn(other, told, network)
    assert other == one


def test_a_companys_network_outlasts_a_later_visit_from_home() -> None:
    member = learn(MEMBER, event("m1", minutes=1), OWN)
    member = learn(member, event("m2", minutes=2), ISP)
    member = learn(member, event("m3", minutes=3), NetworkMatch())
    assert member.network is not None
    assert member.network.match == OWN


def test_a_crawler_teaches_nothing() -> None:
    told = event(bot="Testbot", traits={"a": 1}, context=Context(consent={"ads": True}))
    assert learn(MEMBER, told, OWN) is MEMBER


@pytest.mark.parametrize(
    ("changes", "traits"),
    [
        ({"traits": {"a": 1, "email": "x"}}, {"a": 1}),
        ({"traits": {"a": 1, **dict.fromkeys(sorted(IN_TRAITS), "x")}}, {"a": 1}),
        (
            {"event": "form_submitted", "properties": {"first_name": "Ada", "b": 2}},
            {"first_name": "Ada"},
        ),
        ({"event": "other", "properties": {"first_name": "Ada"}}, {}),
        ({"traits": {"long": "x" * 5_000}}, {"long": "x" * MAX_TRAIT_TEXT}),
        ({"traits": {"list": ["x" * 5_000], "small": [1]}}, {"small": [1]}),
        ({"traits": {"none": None, "no": False}}, {"none": None, "no": False}),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_traits_are_what_the_event_says_of_its_person(
    changes: dict[str, Any], traits: dict[str, Any]
) -> None:
    assert traits_of(event(**changes)) == traits


FORGED: list[dict[str, Any]] = [
    *({name: "x"} for name in sorted(SERVER_ONLY)),
    *(
        {name: "x"}
        for name in (
            "Owner", "OWNER", " owner ", "owner_id", "ownerId", "lead_owner", "leadOwner",
            "Lead Owner", "lead.owner", "lead-status", "leadStatus", "lead_score", "leadScore",
            "email_verified", "emailVerified", "Email-Verified", "isEmailVerified", "phoneVerified",
            "is_verified", "Plan", "contactOwner", "contact.status", "traits.owner",
            "lifecycleStage",
            "\uff4f\uff57\uff4e\uff45\uff52", "ow\u200bner",
        )
    ),
    {"lead": {"owner": "x"}},
    {"Lead": {"Status": "x"}},
    {"traits": {"emailVerified": True}},
    {"user": {"profile": {"score": 99}}},
    {"email": {"verified": True}, "phone": {"verified": True}},
    {"user": [{"tier": "hot"}, {"lead_score": 1}]},
]  # fmt: skip


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return (
        [leaf for inner in value for leaf in leaves(inner)] if isinstance(value, list) else [value]
    )


@pytest.mark.parametrize("told", FORGED, ids=str)
@pytest.mark.parametrize("signed", [False, True])
def test_rule_5_a_browser_cannot_set_what_only_a_server_may_say(
    told: dict[str, Any], signed: bool
) -> None:
    assert leaves(traits_of(event(traits=told, signed=signed))) == []
    trusted = traits_of(event(traits=told, trusted=True))
    assert trusted == {name: value for name, value in told.items() if name not in IN_TRAITS}


@pytest.mark.parametrize(
    "told",
    [
        {"owners_club": 1}, {"ownership": "x"}, {"statusbar": 1}, {"planet": "earth"},
        {"plan_name": "pro"}, {"quiz": {"score": 7}}, {"order.status": "paid"}, {"lead": "x"},
        {"user": {"city": "Delft"}}, {"highscore": 3}, {"downtier": 1}, {"": 1}, {"...": 1},
    ],
    ids=str,
)  # fmt: skip
def test_a_browser_may_say_what_only_sounds_like_it(told: dict[str, Any]) -> None:
    assert traits_of(event(traits=told)) == told


def test_a_long_name_is_no_way_around() -> None:
    told = {"owner" + "_" * MAX_TRAIT_NAME + "x": "x"}
    assert traits_of(event(traits=told)) == {}


def group(message_id: str, minutes: float, group_id: str = "g1", **traits: Any) -> Event:
    return event(
        message_id,
        minutes=minutes,
        type="group",
        event="group",
        group_id=group_id,
        group_traits=traits,
    )


def test_the_last_group_call_stands_with_all_that_it_said() -> None:
    told = [group("m2", 2, name="New"), group("m1", 1, "g0", name="Old", city="Delft")]
    for order in (told, told[::-1]):
        member = MEMBER
        for one in order:
            member = learn(member, one, None)
        assert member.group is not None
        assert (member.group.group_id, member.group.traits) == ("g1", {"name": "New"})
        assert member.group.by.order == (AT + 2 * MINUTE, "m2")
        assert member.traits == {}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(group("m1", 1).model_copy(update={"bot": "Testbot"}), id="a crawler's"),
        pytest.param(event(group_id="g1", group_traits={"name": "Acme"}), id="not a group call"),
    ],
)
def test_no_other_event_names_a_group(told: Event) -> None:
    assert learn(MEMBER, told, None).group is None


@given(data=st.data())
def test_groups_are_learned_in_any_order(data: st.DataObject) -> None:
    sent = [
        group(f"m{number}", data.draw(st.integers(0, 2)), data.draw(st.sampled_from("gh")))
        for number in range(data.draw(st.integers(1, 5)))
    ]
    one = other = MEMBER
    for told in sent:
        one = learn(one, told, None)
    for told in data.draw(st.permutations([*sent, *sent])):
        other = learn(other, told, None)
    assert one == other


def test_the_number_of_traits_is_bounded() -> None:
    told = event(traits={f"t{number}": number for number in range(MAX_TRAITS + 50)})
    assert len(learn(MEMBER, told, None).traits) == MAX_TRAITS
