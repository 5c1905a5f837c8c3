"""Days of thousands of events: what one more costs, and how they are stored and read."""

from collections.abc import Iterator
from typing import Any

import pytest

from leadsignal.adapters.dynamodb import keys
from leadsignal.adapters.dynamodb.activity import INDEX, LISTED_PARTS, DynamoActivity
from leadsignal.adapters.dynamodb.table import Put, Table
from leadsignal.domain.activity import add_events
from leadsignal.errors import TransientError
from leadsignal.models.activity import ActivityDay
from leadsignal.models.events import Event
from tests.bench.sizes import Index, item_size, write_units
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import World, event, page
from tests.fakes.faults import Calls
from tests.template import resources

DAY = ("lead_a", "2026-01-15")
TABLES = ("LeadTable", "ActivityTable")
INDEXES = {
    name: [
        Index(index["IndexName"], tuple(key["AttributeName"] for key in index["KeySchema"]))
        for index in table.get("GlobalSecondaryIndexes", [])
    ]
    for name, table in resources("AWS::DynamoDB::Table").items()
}


def view(number: int, of: int) -> Event:
    noise = f"{number * 2654435761 % 2**64:016x}"
    return event(
        f"ajs-next-{noise}",
        minutes=-700 + number * 1400 / of,
        fingerprint=noise,
        context=page(f"/p/{number % 40}", title=f"Page {number % 40}"),
    )


def stored(world: World) -> dict[tuple[str, str, str], Any]:
    return {
        (table, item["pk"]["S"], item["sk"]["S"]): item
        for table in TABLES
        for item in world.db.items(table)
    }


def spent(world: World, event: Event) -> int:
    """Return the write units of applying one event."""
    before = stored(world)
    world.apply([event])
    return sum(
        write_units(before.get(place), item, INDEXES[place[0]])
        for place, item in stored(world).items()
        if before.get(place) != item
    )


@pytest.mark.parametrize("count", [100, 500, 1_500])
def test_a_further_event_costs_the_same_however_many_there_were(count: int) -> None:
    world = World()
    for start in range(0, count, 10):
        world.apply([view(number, count + 60) for number in range(start, start + 10)])

    units = [spent(world, view(number, count + 60)) for number in range(count, count + 60)]

    assert sum(units) / len(units) < 2.6
    assert max(units) <= 5  # where an hour begins and a part is closed at once
    heads = {sk: item for (_, _, sk), item in stored(world).items() if sk == f"D#{DAY[1]}"}
    assert item_size(heads[f"D#{DAY[1]}"]) <= 1_024
    assert all(item_size(item) <= 2_048 for item in stored(world).values())
    [lead] = world.found()
    [summary] = [day for member in lead.members.values() for day in member.days.values()]
    assert summary.events == count + 60


@pytest.fixture
def db() -> FakeDynamoDB:
    return FakeDynamoDB.from_template(Calls())


def activity_of(db: FakeDynamoDB) -> DynamoActivity:
    return DynamoActivity(Table(db.client, "ActivityTable"), "ten_one")


def filled(activity: DynamoActivity, count: int) -> ActivityDay:
    """Return a day after so many events, one write each."""
    day = ActivityDay(member=DAY[0], day=DAY[1])
    for number in range(count):
        day = activity.save_day(day, add_events(day, [view(number, count)]).day)
    return day


def rows(db: FakeDynamoDB) -> Iterator[str]:
    return (item["sk"]["S"] for item in db.items("ActivityTable"))


def test_long_lists_of_parts_are_items_of_their_own(db: FakeDynamoDB) -> None:
    activity = activity_of(db)
    day = filled(activity, 400)

    indexes = [sk for sk in rows(db) if f"#{INDEX}" in sk]
    assert len(indexes) >= 2  # the second begins with the name of the first
    assert len(day.parts) <= LISTED_PARTS
    assert day.parts[0].startswith(INDEX)
    assert len(day.events) == 400
    assert activity.days([DAY]) == {DAY: day}
    assert activity.member_days("lead_a") == {DAY[1]: day}
    assert activity.member_days("lead_a", period="2026-01") == {DAY[1]: day}
    assert activity.member_days("lead_a", period="2025") == {}


def test_a_late_reader_finds_parts_and_lists_that_are_just_written(db: FakeDynamoDB) -> None:
    writer = activity_of(db)
    db.calls.lagging = True
    day = ActivityDay(member=DAY[0], day=DAY[1])
    for number in range(200):
        day = writer.save_day(day, add_events(day, [view(number, 200)]).day)
        seen = activity_of(db).days([DAY]).get(DAY)
        assert seen is None or len(seen.events) in (number, number + 1)


def test_a_day_that_was_stored_with_one_long_list_is_read_and_goes_on(db: FakeDynamoDB) -> None:
    activity = activity_of(db)
    day = filled(activity, 300)
    names = [sk.split("#")[2] for sk in rows(db) if sk.count("#") == 2 and f"#{INDEX}" not in sk]
    head = keys.day("ten_one", *DAY)
    item = activity.table.get(head)
    assert item is not None
    del item["pk"], item["sk"]
    activity.table.put(Put(head, item | {"parts": ",".join(names), "version": day.version + 1}))

    old = activity.days([DAY])[DAY]
    assert set(old.parts) == set(names)
    assert old.events == day.events
    more = old
    for number in range(300, 340):
        more = activity.save_day(more, add_events(more, [view(number, 300)]).day)
    assert len(more.parts) <= LISTED_PARTS
    assert activity.days([DAY])[DAY] == more
    assert len(more.events) == 340


def test_of_an_event_in_several_parts_the_last_counts_through_lists_too(db: FakeDynamoDB) -> None:
    activity = activity_of(db)
    first = view(0, 300).model_copy(update={"received_at": 9_999_999_999_999})
    day = ActivityDay(member=DAY[0], day=DAY[1])
    day = activity.save_day(day, add_events(day, [first]).day)
    for number in range(1, 150):
        day = activity.save_day(day, add_events(day, [view(number, 300)]).day)
    earlier = view(0, 300)
    day = activity.save_day(day, add_events(day, [earlier]).day)
    for number in range(150, 300):
        day = activity.save_day(day, add_events(day, [view(number, 300)]).day)

    found = activity.days([DAY])[DAY]
    assert found == day
    assert found.find(earlier.message_id) == earlier
    assert len(found.events) == 300


@pytest.mark.parametrize("at", range(1, 5))
def test_a_write_that_breaks_off_leaves_the_day_as_it_was(db: FakeDynamoDB, at: int) -> None:
    activity = activity_of(db)
    day = filled(activity, 100)
    for number in range(100, 160):
        db.calls.fail(at=at)
        after = add_events(day, [view(number, 160)]).day
        try:
            activity.save_day(day, after)
        except TransientError:
            db.calls.stop()
            assert activity.days([DAY]) == {DAY: day}
            activity.save_day(day, after)
        db.calls.stop()
        day = activity.days([DAY])[DAY]
    assert len(day.events) == 160


def test_parts_whose_day_is_not_written_yet_are_no_day(db: FakeDynamoDB) -> None:
    activity = activity_of(db)
    activity.table.put(
        Put(keys.closed_part("ten_one", "lead_a", "2026-01-14", "part"), {"data": b"x"})
    )
    day = filled(activity, 3)
    assert activity.member_days("lead_a") == {DAY[1]: day}
