"""What a day's events say of scanners."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.scanners import BURST_LINKS, BURST_MS, findings, strongest
from leadsignal.models.events import Context, Event
from tests.fakes.events import event, page


def click(second: float, link: str | None, **changes: Any) -> Event:
    properties = {} if link is None else {"url": f"https://acme.test/{link}"}
    fields = {"type": "track", "event": "email_clicked", "properties": properties}
    return event(f"c{second}-{link}", minutes=second / 60, **fields | changes)


def opened(second: float) -> Event:
    return event(f"o{second}", minutes=second / 60, type="track", event="email_opened")


def trap(second: float) -> Event:
    return event(f"t{second}", minutes=second / 60, type="track", event="honeypot_clicked")


@pytest.mark.parametrize(
    ("events", "reason", "caught"),
    [
        pytest.param([], None, [], id="nothing"),
        pytest.param([click(0, "a"), click(1, "b")], None, [], id="two links"),
        pytest.param(
            [click(0, "a"), click(5, "b"), click(10, "c")], "burst", [0, 1, 2], id="three"
        ),
        pytest.param([click(0, "a"), click(5, "b"), click(10.1, "c")], None, [], id="too slow"),
        pytest.param(
            [click(0, "a"), click(1, "a"), click(2, "b"), click(3, "a")], None, [], id="same link"
        ),
        pytest.param(
            [opened(0), click(2, "a"), click(3, "b"), click(4, "c")], "burst", [0, 1, 2, 3],
            id="after an opening",
        ),
        pytest.param(
            [opened(0), click(8, "a"), click(9, "b"), click(12, "c")], "burst", [1, 2, 3],
            id="opened long before",
        ),
        pytest.param(
            [click(0, "a"), click(1, "b"), click(2, "c"), click(50, "a"), click(55, "b")],
            "burst", [0, 1, 2], id="the person comes later",
        ),
        pytest.param(
            [click(n * 4, link) for n, link in enumerate("abcdef")], "burst", list(range(6)),
            id="one after the other",
        ),
        pytest.param([click(0, "a"), click(1, "b"), click(2, None)], None, [], id="no link told"),
        pytest.param(
            [click(n, None, context=page(f"/{n}")) for n in range(3)], "burst", [0, 1, 2],
            id="the page is the link",
        ),
        pytest.param(
            [click(n, None, properties={"url": n}, context=Context()) for n in range(3)], None, [],
            id="no text",
        ),
        pytest.param([event(), trap(3)], "honeypot", [1], id="honeypot"),
        pytest.param([event(properties={"honeypot": True})], "honeypot", [0], id="marked"),
        pytest.param([event(properties={"honeypot": "true"})], None, [], id="marked with a word"),
        pytest.param([event(bot="Testbot"), event("m2")], "crawler", [], id="user agent"),
        pytest.param([trap(0), event(bot="Testbot")], "honeypot", [0], id="the strongest reason"),
    ],
)  # fmt: skip
def test_what_gives_a_scanner_away(
    events: list[Event], reason: str | None, caught: list[int]
) -> None:
    found = findings(events)
    assert found.reason == reason
    assert found.caught == {events[number].message_id for number in caught}


clicks = st.lists(
    st.builds(click, st.integers(0, 40), st.sampled_from("abcd"))
    | st.builds(opened, st.integers(0, 40)),
    max_size=12,
    unique_by=lambda one: one.message_id,
)


def in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda one: (one.at, one.message_id))


@given(events=clicks)
def test_a_burst_is_what_the_definition_says(events: list[Event]) -> None:
    def links(start: int) -> list[Event]:
        return [
            one
            for one in events
            if one.event == "email_clicked" and start <= one.at <= start + BURST_MS
        ]

    caught: set[str] = set()
    for one in events:
        together = links(one.at)
        if len({found.properties["url"] for found in together}) >= BURST_LINKS:
            caught |= {found.message_id for found in (*together, one)}
    expected = {one.message_id for one in events if one.message_id in caught}
    assert findings(in_order(events)).caught == expected


@given(events=clicks, data=st.data())
def test_more_events_take_nothing_back(events: list[Event], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(events), unique_by=id) if events else st.just([]))
    assert findings(in_order(some)).caught <= findings(in_order(events)).caught


def test_five_thousand_clicks_are_judged_at_once() -> None:
    found = findings([click(n / 1000, "abcd"[n % 4]) for n in range(5_000)])
    assert len(found.caught) == 5_000
    assert findings([click(n / 1000, "ab"[n % 2]) for n in range(5_000)]).caught == frozenset()


def test_the_strongest_of_several_reasons_is_told() -> None:
    assert strongest([None, "crawler", "burst"]) == "burst"
    assert strongest(["burst", "honeypot"]) == "honeypot"
    assert strongest([None]) is None
