"""What one event changed of a score: the same as if it had been the last to come."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.activity import day_of
from leadsignal.domain.periods import is_period
from leadsignal.domain.playbook import default_playbook
from leadsignal.domain.slots import member_of, slot_id
from leadsignal.models.activity import ActivityDay, DaySummary, Run
from leadsignal.models.events import Event
from leadsignal.models.leads import Decision, Lead, Member
from leadsignal.models.snapshots import DayKey
from leadsignal.models.traces import Omitted
from leadsignal.services.clusters import lead_of, read_cluster
from leadsignal.services.histories import (
    MAX_DAYS,
    MAX_EVENTS,
    Archive,
    DayReader,
    ScoreChange,
    score_change,
)
from tests.fakes.events import World, event, page, tenant
from tests.fakes.stores import ScriptedMail, ScriptedNetworks, ScriptedReferrers

TENANT = tenant()
PATHS = ("/", "/pricing", "/demo")


class NoDays:
    """Fails when it is read."""

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]:
        raise AssertionError(f"{list(wanted)} were read")

    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]:
        raise AssertionError(f"{period} of {member} was read")


class Forgetful:
    """Has lost the events of all days."""

    def days(self, wanted: Iterable[DayKey]) -> dict[DayKey, ActivityDay]:
        return {(slot, day): ActivityDay(member=slot, day=day, version=9) for slot, day in wanted}

    def each_day(self, member: str, *, period: str = "") -> Iterator[ActivityDay]:
        yield ActivityDay(member=member, day=f"{period}-01-01"[:10], version=9)


def archive(world: World, days: DayReader | None = None) -> Archive:
    return Archive(
        tenant=TENANT,
        days=days or world.activity["ten_one"],
        companies=world.leads["ten_one"],
        networks=ScriptedNetworks(),
        referrers=ScriptedReferrers(),
        mail=ScriptedMail(),
        book=default_playbook(TENANT),
    )


def place(one: Event) -> DayKey:
    key = world_key()
    return (slot_id(key, member_of(one)), day_of(one))


def world_key() -> bytes:
    return World().desk("ten_one").identity_key


def cluster(world: World, one: Event) -> dict[str, Lead]:
    slot = slot_id(world_key(), member_of(one))
    return read_cluster([slot], world.stores["ten_one"].snapshots)[0]


def lead(world: World, one: Event) -> Lead:
    found = lead_of(one, cluster(world, one), key=world_key())
    assert found is not None
    return found


def changed(world: World, one: Event, days: DayReader | None = None) -> ScoreChange | Omitted:
    leads = cluster(world, one)
    return score_change(one, place(one), leads, archive=archive(world, days))


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return some visits, log-ins and forms, trusted or not, on few browsers by few persons."""
    sent = []
    for number in range(draw(st.integers(1, 9))):
        named: dict[str, Any] = {
            "anonymous_id": draw(st.sampled_from((None, "phone", "kiosk"))),
            "user_id": draw(st.sampled_from((None, None, "u1", "u2"))),
            "email": draw(st.sampled_from((None, None, "ada@acme.com", "bob@free.test"))),
            "trusted": draw(st.booleans()),
            "bot": draw(st.sampled_from((None, None, None, "Testbot"))),
            "context": page(draw(st.sampled_from(PATHS))),
        }
        if not any(named[kind] for kind in ("anonymous_id", "user_id", "email")):
            named["anonymous_id"] = "phone"
        if draw(st.booleans()):
            named |= {"type": "track", "event": "form_submitted"}
        minutes = draw(st.integers(0, 4000)) + draw(st.sampled_from((0, 0, 50_000, 900_000)))
        sent.append(event(f"m{number}", minutes=minutes, **named))
    return sent


@given(sent=histories(), data=st.data())
def test_an_event_changed_what_it_would_have_changed_as_the_last_one(
    sent: list[Event], data: st.DataObject
) -> None:
    one = data.draw(st.sampled_from(sent))
    everything, until = World(), World()
    everything.apply(sent)
    until.apply(
        [other for other in sent if (other.at, other.message_id) < (one.at, one.message_id)]
    )
    before = {found.lead_id: found.score.score for found in until.found()}
    until.apply([one])
    after = lead(until, one)

    change = changed(everything, one)

    assert isinstance(change, ScoreChange)
    assert change.after == after.score
    assert (change.before.score if change.before else None) == before.get(after.lead_id)
    kept = {found.lead_id for found in until.found()}
    assert sorted(change.merged) == sorted(before[gone] for gone in before.keys() - kept)


def test_what_was_decided_later_does_not_count_yet() -> None:
    world = World()
    ada = event("ada", user_id="ada", anonymous_id=None)
    bob = event("bob", minutes=5, user_id="bob", anonymous_id=None, context=page("/pricing"))
    world.apply([ada, bob])
    leads = {**cluster(world, ada), **cluster(world, bob)}
    merge = Decision(merge_id="mrg_1", kept="user_id:ada", taken="user_id:bob", at=bob.at + 1)
    told = {
        at: score_change(
            bob,
            place(bob),
            {
                i: found.model_copy(update={"decisions": (merge.model_copy(update={"at": at}),)})
                for i, found in leads.items()
            },
            archive=archive(world),
        )
        for at in (bob.at - 1, bob.at + 1)
    }
    scores = [
        (change.before.score if change.before else None, change.after.score)
        for change in told.values()
        if isinstance(change, ScoreChange)
    ]
    assert scores == [(6, 19), (None, 18)]


def _long(days: int, each: int, start: int) -> Mapping[str, Lead]:
    runs = (Run(start=start, end=start, events=each),)
    summary = DaySummary(version=1, events=each, runs=runs)
    names = [f"2025-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in range(days)]
    member = Member(
        kind="user_id", value="u", first_received_at=1, days=dict.fromkeys(names, summary)
    )
    return {"lead_a": Lead(lead_id="lead_a", members={"lead_a": member})}


def test_a_history_that_is_too_long_is_not_read() -> None:
    one = event()
    shelf = archive(World(), NoDays())
    for leads in (_long(MAX_DAYS + 1, 1, one.at), _long(1, MAX_EVENTS + 1, one.at)):
        found = score_change(one, place(one), leads, archive=shelf)
        assert found == "too_many_events"


def test_old_days_are_read_by_their_periods() -> None:
    world = World()
    months = [event(f"m{n}", minutes=-n * 60_000, context=page("/pricing")) for n in range(12)]
    world.apply(months)
    [found] = world.found()
    names = {name for member in found.members.values() for name in member.days}
    assert any(is_period(name) for name in names)
    change = changed(world, months[0])
    assert isinstance(change, ScoreChange)
    assert change.before is not None
    assert change.after == found.score
    assert changed(world, months[0], Forgetful()) == "events_missing"


def test_days_after_the_event_do_not_count() -> None:
    world, one = World(), event()
    world.apply([one])
    leads = {**_long(MAX_DAYS + 1, 1, one.at + 1), **cluster(world, one)}
    found = score_change(one, place(one), leads, archive=archive(world))
    assert isinstance(found, ScoreChange)


def test_a_history_with_gaps_is_not_told() -> None:
    world, one = World(), event()
    world.apply([one])
    assert changed(world, one, Forgetful()) == "events_missing"
