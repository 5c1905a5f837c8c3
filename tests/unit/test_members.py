"""What a member learns from its events, whatever their order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.members import MAX_TRAIT_TEXT, MAX_TRAITS, SERVER_ONLY, learn, traits_of
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.events import Context
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


@pytest.mark.parametrize("trusted", [False, True])
def test_rule_5_a_browser_cannot_set_what_only_a_server_may_say(trusted: bool) -> None:
    told = dict.fromkeys(SERVER_ONLY, "x")
    assert traits_of(event(traits=told, trusted=trusted)) == (told if trusted else {})


def test_the_number_of_traits_is_bounded() -> None:
    told = event(traits={f"t{number}": number for number in range(MAX_TRAITS + 50)})
    assert len(learn(MEMBER, told, None).traits) == MAX_TRAITS
