"""Leads with years of days: old ones collapse, nothing gets lost, and order leaves no trace."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.packing import pack_lead
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import ConflictError, TransientError
from leadsignal.models.events import Context, Event
from leadsignal.models.instants import DAY_MS
from leadsignal.models.leads import Lead
from leadsignal.models.pages import Page
from leadsignal.models.profiles import Profile
from leadsignal.models.views import SessionView
from leadsignal.services.cluster_changes import Cluster
from leadsignal.services.leads import Library, list_sessions, sessions_around
from leadsignal.services.listing import Listing
from tests.fakes.clock import NOW
from tests.fakes.events import AT, GAP, World, event, message, page, tenant
from tests.fakes.rules import MOVING_BOOK
from tests.fakes.stores import Calls, canonical

DAY = 24 * 60
PATHS = ("/", "/pricing", "/?utm_source=google&utm_medium=cpc", "/?utm_source=x&utm_medium=email")


def one(world: World) -> tuple[Lead, Profile]:
    [lead] = world.found()
    return lead, profile_of(lead, gap_ms=GAP, country=None)


def days_of(world: World) -> dict[str, Any]:
    [lead] = world.found()
    [member] = lead.members.values()
    return dict(member.days)


def members(world: World) -> list[str]:
    """Return all that leads keep of their members, but for how often days were written."""
    kept = []
    for lead in world.found():
        dumped = lead.model_dump(mode="json", include={"members", "nobody", "refused"})
        for member in dumped["members"].values():
            for summary in member["days"].values():
                del summary["version"]
        kept.append(canonical(dumped))
    return sorted(kept)


def test_recent_days_are_kept_by_themselves_and_old_ones_together() -> None:
    world = World(rules=MOVING_BOOK)
    ago = (0, 1, 29, 30, 31, 45, 200, 380, 500, 900, 4_500)
    for number, days in enumerate(reversed(ago)):
        world.apply([event(f"m{number}", minutes=-days * DAY, context=page("/pricing"))])

    assert {name: found.events for name, found in days_of(world).items()} == {
        "201": 1, "2023": 1, "2024": 2, "2025-06": 1, "2025-12": 3,
        "2025-12-17": 1, "2026-01-14": 1, "2026-01-15": 1,
    }  # fmt: skip
    profile = one(world)[1]
    assert (profile.event_count, profile.session_count, profile.visit_count) == (11, 11, 11)
    assert profile.pages["acme.test/pricing"].count == 11
    assert (profile.first_seen_at, profile.last_seen_at) == (AT - 4_500 * DAY_MS, AT)


@st.composite
def happenings(draw: st.DrawFn, number: int) -> Event:
    """Return an event of some day of some years, on a browser that one or two people use; some by
    scanners, some by a clock that is years ahead or behind."""
    days = draw(st.sampled_from((0, 0, 1, 2, 28, 29, 30, 31, 32, 61, 200, 360, 400, 800, 4_500)))
    minutes: float = draw(st.sampled_from((0, 5, 20, 31, 700, 715, 725)))
    changes: dict[str, Any] = {
        "anonymous_id": draw(st.sampled_from(("a", "a", "b", None))),
        "email": draw(st.sampled_from((None, None, "x@acme.com", "y@acme.com"))),
        "trusted": draw(st.booleans()),
        "context": page(draw(st.sampled_from(PATHS))),
    }
    if changes["anonymous_id"] is None and changes["email"] is None:
        changes["user_id"] = "u1"
    kind = draw(st.sampled_from(("view", "view", "view", "click", "click", "trap", "bot")))
    if kind == "click":
        link = draw(st.sampled_from("abc"))
        changes |= {"type": "track", "event": "email_clicked", "properties": {"url": link}}
        changes["context"] = Context(ip=draw(st.sampled_from((None, "8.0.0.1"))))
        changes["traits"] = draw(st.sampled_from(({}, {"title": link})))
        minutes = draw(st.sampled_from((0, 0.05, 0.1, 0.15)))
    elif kind == "trap":
        changes |= {"type": "track", "event": "honeypot_clicked"}
    elif kind == "bot":
        changes["bot"] = "Testbot"
    made = event(f"m{number}", minutes=minutes - days * DAY, **changes)
    ahead = draw(st.sampled_from((0, 0, 0, 0, 3, 40, 400, 20_000, -3, -50, -500)))
    return made.model_copy(update={"client_at": made.at + ahead * DAY_MS})


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    size = draw(st.integers(2, 14))
    return [draw(happenings(number)) for number in range(size)]


@st.composite
def arrivals(draw: st.DrawFn, sent: Sequence[Event]) -> list[list[Event]]:
    again = draw(st.lists(st.sampled_from(sent), max_size=4))
    shuffled = draw(st.permutations([*sent, *again]))
    edges = [0, *sorted(draw(st.sets(st.integers(1, len(shuffled))))), len(shuffled)]
    return [shuffled[start:end] for start, end in pairwise(edges) if start < end]


@given(data=st.data())
def test_years_in_any_order_end_in_the_same_leads_byte_for_byte(data: st.DataObject) -> None:
    sent = data.draw(histories())
    whole, world = (
        World(rules=MOVING_BOOK),
        World(calls=Calls(lagging=data.draw(st.booleans())), rules=MOVING_BOOK),
    )
    whole.apply(sent)

    for batch in data.draw(arrivals(sent)):
        world.apply(batch)

    world.settle()
    assert world.state() == whole.state()
    assert members(world) == members(whole)
    writes = world.calls.writes
    for batch in data.draw(arrivals(sent)):
        world.apply(batch)
    assert world.calls.writes == writes


@given(data=st.data())
def test_nothing_counts_less_for_being_old(data: st.DataObject) -> None:
    sent = data.draw(histories())
    sent = [one.model_copy(update={"anonymous_id": "a", "email": None}) for one in sent]
    collapsing, detailed = (
        World(rules=MOVING_BOOK),
        World(tenant(window_days=100_000), rules=MOVING_BOOK),
    )
    for batch in data.draw(arrivals(sent)):
        collapsing.apply(batch)
    detailed.apply(sent)

    found = [profile_of(lead, gap_ms=GAP, country=None) for lead in collapsing.found()]
    expected = [profile_of(lead, gap_ms=GAP, country=None) for lead in detailed.found()]
    counts = {"event_count", "bot_count", "names", "pages", "first_seen_at", "last_seen_at"}
    assert sorted(canonical(p.model_dump(include=counts)) for p in found) == sorted(
        canonical(p.model_dump(include=counts)) for p in expected
    )
    assert sorted((p.session_count, p.visit_count) for p in found) == sorted(
        (p.session_count, p.visit_count) for p in expected
    )
    assert sorted(str(p.first_touch) for p in found) == sorted(str(p.first_touch) for p in expected)


@given(
    data=st.data(), windows=st.lists(st.sampled_from((1, 7, 30, 90, 1_000)), min_size=2, max_size=4)
)
def test_another_window_is_taken_up_with_the_next_event(
    data: st.DataObject, windows: list[int]
) -> None:
    sent = data.draw(histories())
    sent = [one.model_copy(update={"anonymous_id": "a", "email": None}) for one in sent]
    world = World(rules=MOVING_BOOK)
    for window in windows:
        world.tenants["ten_one"] = tenant(window_days=window)
        for batch in data.draw(arrivals(sent)):
            world.apply(batch)
    last = event("last", minutes=1, anonymous_id="a")
    world.apply([last])

    fresh = World(world.tenants["ten_one"], rules=MOVING_BOOK)
    fresh.apply([*sent, last])
    assert members(world) == members(fresh)


STORY = tuple(
    event(f"s{number}", minutes=minutes, context=page(PATHS[number % 4]))
    for number, minutes in enumerate(
        (-900 * DAY, -400 * DAY, -60 * DAY, -59 * DAY, -45 * DAY, -20 * DAY, 0, 10)
    )
)
LATE = (
    event("late1", minutes=-60 * DAY + 10, context=page("/late")),
    event("late2", minutes=-59 * DAY + 5, anonymous_id="a", email="x@acme.com"),
    event("late3", minutes=-400 * DAY + 9),
    event("next", minutes=20 * DAY),
)


def persist(world: World, batch: Sequence[Event]) -> None:
    for _ in range(4):
        try:
            world.apply(batch)
        except (ConflictError, TransientError):
            continue
        return
    raise AssertionError("the events were never taken")


def prepared() -> World:
    world = World(rules=MOVING_BOOK)
    for one in STORY:
        world.apply([one])
    return world


def calls_of_late() -> int:
    world = prepared()
    before = world.calls.made
    for one in LATE:
        world.apply([one])
    return world.calls.made - before


EXPECTED = World(rules=MOVING_BOOK)
EXPECTED.apply([*STORY, *LATE])
CALLS = range(1, calls_of_late() + 1)


@pytest.mark.parametrize("number", CALLS)
def test_two_workers_with_late_events_of_one_month_lose_none(number: int) -> None:
    world = prepared()

    def other() -> None:
        for one in reversed(LATE):
            persist(world, [one])

    world.calls.interrupt(other, at=number)
    for one in LATE:
        persist(world, [one])

    assert world.state() == EXPECTED.state()
    assert members(world) == members(EXPECTED)


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it took effect"])
@pytest.mark.parametrize("number", CALLS)
def test_a_late_event_whose_worker_fails_is_made_good_by_the_next_delivery(
    number: int, after: bool
) -> None:
    world = prepared()
    world.calls.fail(at=number, after=after)
    for one in LATE:
        persist(world, [one])

    assert world.state() == EXPECTED.state()
    assert members(world) == members(EXPECTED)


@pytest.mark.parametrize("number", CALLS)
def test_a_worker_that_dies_with_a_late_event_holds_up_nobody(number: int) -> None:
    world = prepared()

    def die() -> None:
        persist(world, [LATE[0]])
        raise TransientError("killed")

    world.calls.interrupt(die, at=number)
    for one in LATE:
        persist(world, [one])

    assert members(world) == members(EXPECTED)


def visits(years: int, per_month: int, pages: int) -> list[list[Event]]:
    """Return the visits of a faithful visitor, a day each."""
    return [
        [
            event(
                f"m{month}-{visit}-{number}",
                minutes=(month * 30 + visit * 3) * DAY + number,
                context=page(f"/p/{number}"),
            )
            for number in range(pages)
        ]
        for month in range(12 * years)
        for visit in range(per_month)
    ]


@pytest.mark.parametrize(("per_month", "limit"), [(1, 2_500), (8, 3_500)])
def test_a_lead_of_many_years_is_hardly_larger_than_one_of_one_year(
    per_month: int, limit: int
) -> None:
    sizes: dict[int, int] = {}
    for years in (1, 2, 6):
        world = World()
        world.apply([one for visit in visits(years, per_month, 6) for one in visit])
        lead, profile = one(world)
        sizes[years] = len(pack_lead(lead.model_dump_json(exclude_defaults=True)))
        assert profile.session_count == years * 12 * per_month
        assert profile.event_count == years * 12 * per_month * 6
    assert sizes[6] < limit
    assert sizes[6] - sizes[2] < 4 * 300  # one summary a year


def test_an_event_of_a_day_that_is_kept_by_itself_reads_no_other_day() -> None:
    world = prepared()
    before = world.calls.made
    world.apply([event("again", minutes=11)])
    assert world.calls.made - before == 3  # one read of lead and day, two writes
    assert world.calls.log[before:].count("Query") == 0


def library(world: World) -> Library:
    stores = world.aside["ten_one"]
    return Library(
        tenant=world.tenants["ten_one"],
        leads=stores.leads,
        lists=stores.lists,
        activity=stores.activity,
        snapshots=stores.snapshots,
        failures=stores.failures,
        alike=stores.leads,
    )


def timeline(world: World, *, limit: int) -> list[SessionView]:
    """Return all sessions of the only lead, page by page."""
    shelf = library(world)
    found: list[SessionView] = []
    cursor: str | None = None
    while True:
        listing = Listing(shelf.tenant, limit, cursor, AT)
        pages: Page[SessionView] = list_sessions(one(world)[0].lead_id, listing, library=shelf)
        found += pages.data
        cursor = pages.next_cursor
        if not pages.has_more:
            return found


@settings(max_examples=30)
@given(data=st.data(), limit=st.integers(1, 9))
def test_the_timeline_shows_every_session_of_long_ago(data: st.DataObject, limit: int) -> None:
    sent = data.draw(histories())
    sent = [
        one.model_copy(update={"anonymous_id": None, "user_id": "u1", "email": None})
        for one in sent
    ]
    collapsing, detailed = World(), World(tenant(window_days=100_000))
    for world in (collapsing, detailed):
        world.apply(sent)

    shown = timeline(collapsing, limit=limit)

    assert shown == timeline(detailed, limit=200)
    assert sum(session.event_count for session in shown) == len(sent)
    for sent_one in sent:
        near = sessions_around(one(collapsing)[0], sent_one.at, library(collapsing))
        assert sum(session.start <= sent_one.at <= session.end for session in near) == 1


def test_the_first_page_of_a_timeline_reads_nothing_old() -> None:
    world = World(rules=MOVING_BOOK)
    world.apply([one for visit in visits(2, 8, 3) for one in visit])
    reads = world.stores["ten_one"]
    shelf = library(world)._replace(
        activity=reads.activity, leads=reads.leads, snapshots=reads.snapshots
    )
    before = world.calls.made
    list_sessions(one(world)[0].lead_id, Listing(shelf.tenant, 5, None, AT), library=shelf)
    assert world.calls.made - before == 2  # the lead, and the days of five sessions


def test_visits_of_long_ago_are_told_from_other_sessions() -> None:
    def hour(number: int) -> dict[str, Any]:
        views = number % 3 == 0
        act = {} if views else {"type": "track", "event": "called", "context": Context()}
        return {"minutes": -90 * DAY + number * 60, "context": page("/")} | act

    world = World(rules=MOVING_BOOK)
    world.apply([event(f"m{number}", **hour(number)) for number in range(9)])
    world.apply([event("now")])

    profile = one(world)[1]
    assert (profile.session_count, profile.visit_count) == (10, 3)
    assert (len(profile.sessions), profile.past_sessions, profile.past_visits) == (3, 7, 2)


def test_a_re_send_that_reads_an_old_day_late_takes_nothing_away() -> None:
    world = World(rules=MOVING_BOOK)
    first, second = (event(f"old{n}", minutes=-90 * DAY + n, context=page("/")) for n in (0, 1))
    world.apply([event("now"), first])
    [before] = [day for day in world.days() if day.find("old0")]
    world.apply([second])
    lead, profile = one(world)
    assert profile.event_count == 3

    cluster = Cluster({lead.lead_id: lead}, world.desk("ten_one"))
    cluster.apply([first], days={(before.member, before.day): before})

    assert cluster.settled(NOW).settled == ()


def test_a_day_that_is_older_than_what_its_lead_knows_is_read_again() -> None:
    world = World(rules=MOVING_BOOK)
    first, second = event("m1"), event("m2", minutes=1)
    world.apply([first])
    [before] = world.days()
    world.apply([second])
    lead, _ = one(world)

    cluster = Cluster({lead.lead_id: lead}, world.desk("ten_one"))
    with pytest.raises(ConflictError):
        cluster.apply([first], days={(before.member, before.day): before})


def test_two_workers_that_share_a_message_id_are_still_one_event() -> None:
    world = prepared()
    late = event("late", minutes=-60 * DAY + 10)
    world.ingest(message(late), message(late))
    assert world.apply([late]).duplicates == 1
    assert one(world)[1].event_count == len(STORY) + 1
