"""Activity days as sets, and what a lead keeps of one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.activity import (
    OF_DAY,
    add_events,
    bounded_summary,
    day_of,
    whole_summary,
)
from leadsignal.domain.conditions.selectors import OTHERS
from leadsignal.domain.pages import page_key
from leadsignal.domain.scanners import findings
from leadsignal.models.activity import ActivityDay, DaySummary
from leadsignal.models.events import Context, Event, Page
from tests.fakes.events import AT, GAP, MINUTE, event, page
from tests.fakes.stores import ScriptedReferrers

EMPTY = ActivityDay(member="lead_a", day="2026-01-15")


def summary(*events: Event) -> DaySummary:
    day = add_events(EMPTY, events).day.events
    referrers = ScriptedReferrers().classify
    whole = whole_summary(day, findings(day), gap_ms=GAP, referrers=referrers, tracked={})
    return bounded_summary(whole, OF_DAY, tracked={})


def test_an_event_is_stored_under_the_day_of_its_clients_clock() -> None:
    late = event(minutes=13 * 60, client_at=AT)
    assert day_of(late) == "2026-01-15"
    assert day_of(event(client_at=None, received_at=AT + 13 * 60 * MINUTE)) == "2026-01-16"


def test_an_event_that_is_there_changes_nothing() -> None:
    day = add_events(EMPTY, [event("m1")]).day
    fold = add_events(day, [event("m1"), event("m1", received_at=AT + 9_999)])
    assert fold.day is day
    assert (fold.applied, fold.conflicts) == ((), ())


FIRST = event("m1", fingerprint="first", received_at=AT)
SECOND = event("m1", fingerprint="second", received_at=AT + 1)
THIRD = event("m1", fingerprint="third", received_at=AT + 2)


@pytest.mark.parametrize("sealed", [False, True], ids=["in the open part", "in a closed part"])
@pytest.mark.parametrize(
    "order", [(FIRST, SECOND, THIRD), (THIRD, FIRST, SECOND), (SECOND, THIRD, FIRST)]
)
def test_of_contradicting_events_the_one_received_first_stays(
    order: tuple[Event, ...], sealed: bool
) -> None:
    day, conflicts = EMPTY, set()
    for one in order:
        fold = add_events(day, [one])
        conflicts |= {conflict.fingerprint for conflict in fold.conflicts}
        day = fold.day
        if sealed:
            day = day.model_copy(update={"open": {}, "sealed": day.sealed | day.open})
    assert day.events == (FIRST,)
    assert day.find("m1") == FIRST
    assert conflicts == {"second", "third"}


events = st.builds(
    event,
    st.sampled_from([f"m{n}" for n in range(5)]),
    minutes=st.integers(0, 300),
    fingerprint=st.sampled_from("ab"),
    received_at=st.integers(AT, AT + 3),
    event=st.sampled_from(["page_view", "clicked"]),
    bot=st.sampled_from([None, "Testbot"]),
    context=st.sampled_from([Context(), page("/a"), page("/b?utm_source=google")]),
)


def canonical(day: ActivityDay) -> list[tuple[Any, ...]]:
    return [(one.message_id, one.fingerprint, one.received_at) for one in day.events]


@given(data=st.data(), sent=st.lists(events, max_size=8))
def test_the_set_does_not_depend_on_order_or_repetition(
    data: st.DataObject, sent: list[Event]
) -> None:
    # Copies of one message with one fingerprint have one content.
    unique = {(one.message_id, one.fingerprint): one for one in sent}
    sent = [
        unique[one.message_id, one.fingerprint].model_copy(update={"received_at": one.received_at})
        for one in sent
    ]
    shuffled = data.draw(st.permutations([*sent, *sent]))
    day, one = EMPTY, add_events(EMPTY, sent).day
    for single in shuffled:
        day = add_events(day, [single]).day
    assert canonical(day) == canonical(one)
    assert summary(*shuffled) == summary(*sent)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"url": "https://WWW.Acme.test/Pricing/?a=1#b"}, "acme.test/Pricing"),
        ({"url": "https://acme.test"}, "acme.test/"),
        ({"url": "https://acme.test:8080/a"}, "acme.test/a"),
        ({"path": "/a/"}, "/a"),
        ({"path": "a"}, "/a"),
        ({"url": "http://[bad", "path": "/a"}, None),
        ({"title": "only"}, "/"),
        ({"url": "https://acme.test/" + "x" * 500}, "acme.test/" + "x" * 190),
    ],
    ids=str,
)
def test_a_page_is_named_by_host_and_path(given: dict[str, str], key: str | None) -> None:
    assert page_key(event(context=Context(page=Page(**given)))) == key
    assert page_key(event()) is None


def test_a_summary_counts_people_and_keeps_crawlers_apart() -> None:
    made = summary(
        event("m1", minutes=0, context=page("/?utm_source=google&utm_medium=cpc")),
        event("m2", minutes=10, context=page("/pricing")),
        event("m3", minutes=50, context=page("/pricing")),
        event("m4", minutes=51, event="clicked", type="track"),
        event("m5", minutes=20, bot="Testbot", context=page("/pricing")),
    )
    assert (made.events, made.bots) == (4, 1)
    assert [(run.start - AT, run.end - AT, run.events) for run in made.runs] == [
        (0, 10 * MINUTE, 2),
        (50 * MINUTE, 51 * MINUTE, 2),
    ]
    assert made.runs[0].entry == "acme.test/"
    assert [run.events for run in made.bot_runs] == [1]
    assert {name: tally.count for name, tally in made.names.items()} == {
        "clicked": 1, "page_view": 3,
    }  # fmt: skip
    assert made.pages["acme.test/pricing"].count == 2
    assert made.pages["acme.test/pricing"].last == AT + 50 * MINUTE
    [touch] = made.touches
    assert (touch.at, touch.mark.channel) == (AT, "paid_search")


def test_what_is_beyond_the_most_frequent_names_is_counted_together() -> None:
    sent = [
        event(f"m{n}-{k}", minutes=n, event=f"event-{n:03d}", type="track")
        for n in range(OF_DAY.names + 10)
        for k in range(1 if n < 10 else 2)
    ]
    names = summary(*sent).names
    assert len(names) == OF_DAY.names + 1
    assert names[OTHERS].count == 10
    assert sum(tally.count for tally in names.values()) == len(sent)


def test_the_first_and_last_touches_of_a_long_day_are_kept() -> None:
    sent = [
        event(f"m{n:02d}", minutes=n, context=page(f"/?utm_source=s{n}&utm_medium=email"))
        for n in range(OF_DAY.touches + 6)
    ]
    touches = summary(*sent).touches
    assert len(touches) == OF_DAY.touches
    assert (touches[0].mark.source, touches[-1].mark.source) == ("s0", "s25")
