"""A visitor who turns out to be a scanner: what it contributed is taken back, and told."""

from typing import Any

import pytest

from leadsignal.domain.profiles import profile_of
from leadsignal.models.events import Context, Event
from leadsignal.models.leads import Lead
from leadsignal.models.lists import LeadOrder
from leadsignal.models.profiles import Profile
from tests.fakes.events import GAP, World, event, page
from tests.unit.test_facts import Recorder, kinds

AD = "/pricing?utm_source=google&utm_medium=cpc"
OWN_NETWORK = Context(ip="8.8.8.8")


def click(number: int, *, minutes: float = 0, **changes: Any) -> Event:
    fields = {
        "type": "track",
        "event": "email_clicked",
        "properties": {"url": f"https://acme.test/{number}"},
    }
    at = minutes + number / 60
    return event(f"c{minutes}-{number}", minutes=at, **fields | changes)


def burst(*, minutes: float = 0, **changes: Any) -> list[Event]:
    return [click(number, minutes=minutes, **changes) for number in range(3)]


def trap(message_id: str = "trap", **changes: Any) -> Event:
    return event(message_id, type="track", event="honeypot_clicked", **changes)


def one(world: World) -> tuple[Lead, Profile]:
    [lead] = world.found()
    return lead, profile_of(lead, gap_ms=GAP, country=None)


VISIT = (
    event("v1", context=page(AD).model_copy(update={"ip": "8.8.8.8", "consent": {"ads": True}})),
    event("v2", minutes=2, type="identify", event="identify", traits={"title": "CTO"}),
    event("v3", minutes=3, type="group", event="group", group_id="g1", group_traits={"name": "G"}),
)


@pytest.mark.parametrize(
    "evidence",
    [
        pytest.param([trap(minutes=9)], id="honeypot"),
        pytest.param(burst(minutes=9), id="burst"),
        pytest.param([event("bot", minutes=9, bot="Testbot")], id="user agent"),
        pytest.param([trap(minutes=-3 * 24 * 60)], id="late evidence of days before"),
        pytest.param([trap(minutes=-900 * 24 * 60)], id="late evidence of years before"),
        pytest.param([trap(minutes=90 * 24 * 60)], id="evidence of months after"),
    ],
)
def test_nothing_of_a_scanners_browser_counts_whenever_it_is_found_out(
    evidence: list[Event],
) -> None:
    recorder = Recorder()
    recorder.apply(*VISIT)
    lead, profile = one(recorder.world)
    assert lead.score.score > 0
    assert lead.company is not None

    told = recorder.apply(*evidence)

    lead, profile = one(recorder.world)
    assert profile.is_bot
    assert (profile.event_count, profile.bot_count) == (0, 3 + len(evidence))
    assert (profile.sessions, profile.touches, profile.names, profile.pages) == ((), (), {}, {})
    assert (profile.traits, profile.consent, profile.company, profile.title) == ({}, {}, None, None)
    assert (lead.score.score, lead.score.contributions) == (0, ())
    assert kinds(told) == ["updated", "score_changed"]
    assert {fact.lead.reason for fact in told} == {"scanner"}
    assert told[1].lead.score == 0
    listed = recorder.world.stores["ten_one"].lists
    orders: tuple[LeadOrder, ...] = ("score", "-last_seen_at")
    assert [list(listed.entries(order, after=None, ahead=9)) for order in orders] == [[], []]
    other = World()
    other.apply([*evidence, *VISIT])
    assert other.state() == recorder.world.state()


def test_a_lead_that_was_hot_is_told_to_be_cold() -> None:
    recorder = Recorder()
    form = event("f", minutes=1, type="track", event="form_submitted", email="e@acme.com")
    recorder.apply(event("m1", context=page("/pricing")), form)
    told = recorder.apply(trap(minutes=5))
    assert kinds(told) == ["updated", "score_changed", "tier_changed"]
    assert (told[2].lead.tier, told[2].lead.reason) == ("cold", "scanner")
    assert recorder.apply(trap(minutes=5), event("m2", minutes=6)) == []
    person = event("m3", anonymous_id="b", email="e@acme.com", trusted=True)
    assert kinds(recorder.apply(person)) == ["updated", "score_changed"]


def test_of_a_person_only_the_clicks_that_no_hand_made_are_taken_back() -> None:
    recorder = Recorder()
    person: dict[str, Any] = {"anonymous_id": None, "email": "e@acme.com"}
    real = click(7, minutes=300, **person)
    recorder.apply(event("m1", context=page("/pricing"), **person), real)
    recorder.apply(*burst(**person)[:2])
    assert one(recorder.world)[1].names["email_clicked"].count == 3

    told = recorder.apply(burst(**person)[2])

    lead, profile = one(recorder.world)
    assert profile.names["email_clicked"].count == 1
    assert (profile.event_count, profile.bot_count, profile.is_bot) == (2, 3, False)
    assert kinds(told)[:2] == ["updated", "score_changed"]
    assert {fact.lead.reason for fact in told} == {"scanner"}
    before = lead.score.score
    assert recorder.apply(trap(minutes=9, **person)) == []  # it never counted
    assert one(recorder.world)[0].score.score == before


def test_what_a_persons_scanner_taught_is_forgotten() -> None:
    world, other = World(), World()
    person: dict[str, Any] = {"anonymous_id": None, "email": "e@free.test", "context": OWN_NETWORK}
    caught = burst(**person | {"traits": {"title": "Scanner"}})
    real = event("m1", anonymous_id=None, email="e@free.test", traits={"phone": "+31201234567"})
    world.apply([caught[0], real])
    assert one(world)[0].company is not None
    for late in (*caught[1:], trap(**person)):
        world.apply([late])

    lead, profile = one(world)
    assert (lead.company, profile.title, profile.phone) == (None, None, "+31201234567")
    other.apply([*caught, real, trap(**person)])
    assert world.state() == other.state()
    assert [lead.members for lead in world.found()][0].keys() == other.found()[0].members.keys()


def test_a_scanners_browser_leaves_the_person_behind_the_address_alone() -> None:
    recorder = Recorder()
    person = event("m1", anonymous_id="phone", email="e@acme.com", context=page("/pricing"))
    recorder.apply(person)
    score = one(recorder.world)[0].score
    recorder.apply(trap(anonymous_id="gateway", email="e@acme.com"))
    recorder.apply(event("m2", minutes=9, anonymous_id="gateway", context=page("/demo")))
    lead, profile = one(recorder.world)
    assert lead.score == score
    assert (profile.event_count, profile.bot_count) == (1, 2)
    assert ("anonymous_id", "gateway") in [(i.kind, i.value) for i in profile.identifiers]


def test_a_browser_that_several_share_is_a_scanners_for_all_of_them() -> None:
    sent = [
        event("m1", minutes=0, email="a@acme.com"),
        event("m2", minutes=1, email="b@acme.com"),
        event("m3", minutes=2, context=page("/pricing")),
    ]
    world = World()
    for part in (*sent, trap(minutes=3)):
        world.apply([part])
    assert len(world.found()) == 3
    assert all(profile_of(lead, gap_ms=GAP, country=None).is_bot for lead in world.found())
    other = World()
    for part in (trap(minutes=3), *reversed(sent)):
        other.apply([part])
    assert other.state() == world.state()
