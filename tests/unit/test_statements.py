"""What somebody says of a lead: the last word stands, in whatever order it is heard."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.members import learn
from leadsignal.domain.profiles import profile_of
from leadsignal.domain.statements import CREATED, MAX_SAID, merge_said, values_under
from leadsignal.models.events import Event
from leadsignal.models.leads import Lead, Member
from tests.fakes.events import AT, GAP, World, event
from tests.unit.test_fold_properties import actions, arrivals

MEMBER = Member(kind="user_id", value="u1", first_received_at=AT)
PATHS = ("first_name", "title", "status", "tags.vip", "traits.plan", "company.name")
VALUES = ("a", "b", None)


def statement(message_id: str = "s1", *, minutes: float = 0, **changes: Any) -> Event:
    """Return what somebody says of the user ``u1``."""
    fields: dict[str, Any] = {
        "type": "record",
        "event": "lead_recorded",
        "user_id": "u1",
        "anonymous_id": None,
        "trusted": True,
        "key_id": "key",
    }
    return event(message_id, minutes=minutes, **(fields | changes))


def taught(events: Sequence[Event]) -> Member:
    member = MEMBER
    for each in events:
        member = learn(member, each, None)
    return member


def shown(*members: Member) -> dict[str, Any]:
    lead = Lead(lead_id="lead_1", members={f"lead_{n}": member for n, member in enumerate(members)})
    return profile_of(lead, gap_ms=GAP, country=None).model_dump()


@st.composite
def statements(draw: st.DrawFn, number: int) -> Event:
    """Return what somebody says of somebody, by one or by several identifiers."""
    return statement(
        f"s{number}",
        minutes=draw(st.integers(0, 3 * 24 * 60)),
        user_id=draw(st.sampled_from((None, "u1", "u2"))),
        record_id=draw(st.sampled_from(("rec_1", "rec_2"))),
        also=draw(st.sampled_from(((), ("email:carl@acme.com",), ("email:ada@acme.com",)))),
        said=draw(st.dictionaries(st.sampled_from(PATHS), st.sampled_from(VALUES))),
    )


@given(data=st.data())
def test_statements_and_events_in_any_order_give_the_same_leads(data: st.DataObject) -> None:
    sent = [
        data.draw(st.one_of(actions(number), statements(number)))
        for number in range(data.draw(st.integers(2, 10)))
    ]
    one, other = World(), World()
    one.apply(sent)
    for batch in data.draw(arrivals(sent)):
        other.apply(batch)
    assert other.state() == one.state()


@given(data=st.data())
def test_a_value_said_stands_whatever_events_say_later(data: st.DataObject) -> None:
    later = [
        event(
            f"m{number}",
            minutes=data.draw(st.integers(1, 100)),
            trusted=True,
            traits={"title": data.draw(st.sampled_from("xyz")), "plan": number},
        )
        for number in range(data.draw(st.integers(1, 5)))
    ]
    first = statement(said={"title": "CTO", "traits.plan": "pro"})
    member = taught(data.draw(st.permutations([first, *later])))
    profile = shown(member)
    assert (profile["title"], profile["traits"]["plan"]) == ("CTO", "pro")
    withdrawn = statement("s2", minutes=200, said={"title": None, "traits.plan": None})
    last = max(later, key=lambda sent: (sent.at, sent.message_id))
    profile = shown(learn(member, withdrawn, None))
    assert (profile["title"], profile["traits"]["plan"]) == (
        last.traits["title"],
        last.traits["plan"],
    )
    assert profile["provenance"] == {}


def test_the_last_word_of_several_members_stands() -> None:
    one = taught([statement("s1", said={"title": "a", "owner": "x"})])
    other = taught([statement("s2", minutes=1, said={"title": "b", "owner": None})])
    for members in ((one, other), (other, one)):
        profile = shown(*members)
        assert (profile["title"], profile["owner"]) == ("b", None)


def test_of_several_creations_the_first_stands() -> None:
    one = taught([statement("s1", said={CREATED: True})])
    other = taught([statement("s2", minutes=1, said={CREATED: True})])
    assert merge_said([other, one])[CREATED].by.message_id == "s1"


def test_a_tie_is_broken_by_the_message_id() -> None:
    sent = [statement(name, said={"title": name}) for name in ("s2", "s3", "s1")]
    assert shown(taught(sent))["title"] == "s3"


@given(st.permutations(range(6)))
def test_what_is_too_much_to_keep_does_not_depend_on_the_order(order: Sequence[int]) -> None:
    sent = [
        statement(
            f"s{n}", minutes=n, said={f"traits.n{i:03}": n for i in range(n, MAX_SAID, n + 1)}
        )
        for n in range(6)
    ] + [statement("s9", said={f"attributes.{i}": i for i in range(100)})]
    member = taught([sent[6], *(sent[n] for n in order)])
    assert member.said == taught(sent).said
    assert len(member.said) == MAX_SAID


def test_values_are_found_by_what_comes_before_the_first_dot() -> None:
    said = taught([statement(said={"traits.a.b": 1, "traits.c": None, "attributes.a": 2})]).said
    assert values_under("traits", said) == {"a.b": 1}


def test_a_lead_that_somebody_knows_is_no_crawlers() -> None:
    world = World()
    world.apply([event("m1", user_id="u1", bot="Testbot")])
    [lead] = world.found()
    assert profile_of(lead, gap_ms=GAP, country=None).is_bot
    world.apply([statement(said={"title": "CTO"})])
    [lead] = world.found()
    assert not profile_of(lead, gap_ms=GAP, country=None).is_bot


def test_a_day_of_statements_alone_has_no_summary() -> None:
    world = World()
    world.apply([statement(said={"title": "CTO"})])
    [lead] = world.found()
    assert [member.days for member in lead.members.values()] == [{}]
    world.apply(
        [event("m1", user_id="u1", minutes=24 * 60), statement("s2", said={"title": "CEO"})]
    )
    [lead] = world.found()
    assert profile_of(lead, gap_ms=GAP, country=None).event_count == 1


@pytest.mark.parametrize("kind", ["user_id", "anonymous_id", "email"])
def test_a_record_id_belongs_to_the_person_that_it_is_said_of(kind: str) -> None:
    world = World()
    named: dict[str, Any] = {"user_id": None, "record_id": "rec_1"} | {kind: "x@acme.com"}
    world.apply([statement("s1", record_id="rec_1", said={"title": "CTO"}, user_id=None)])
    world.apply([statement("s2", minutes=1, **named)])
    [lead] = world.found()
    profile = profile_of(lead, gap_ms=GAP, country=None)
    assert [found.kind for found in profile.identifiers] == [kind]
    assert profile.is_known is (kind != "anonymous_id")
    assert profile.title == "CTO"
