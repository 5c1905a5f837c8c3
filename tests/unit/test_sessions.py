"""Sessions: what a lead keeps by day and member joins to what the events themselves would give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.sessions import MAX_SESSION_MS, runs_of, sessions_of
from leadsignal.models.activity import Run, Session
from tests.fakes.events import GAP, MINUTE

HOUR = 60 * MINUTE

points = st.lists(
    st.tuples(st.integers(0, 24 * 60 - 1).map(lambda m: m * MINUTE), st.none() | st.just("/")),
    min_size=1,
    max_size=25,
)


def shape(sessions: list[Session]) -> list[tuple[int, int, int, bool]]:
    return [(s.start, s.end, s.events, s.entry is not None) for s in sessions]


@given(data=st.data(), whole=points)
def test_the_sessions_of_any_split_are_those_of_the_whole(
    data: st.DataObject, whole: list[tuple[int, str | None]]
) -> None:
    parts: list[list[tuple[int, str | None]]] = [[], [], []]
    for point in whole:
        parts[data.draw(st.integers(0, 2))].append(point)
    split: list[Run] = [run for part in parts for run in runs_of(part, gap_ms=GAP)]

    joined = sessions_of(data.draw(st.permutations(split)), gap_ms=GAP)

    assert shape(joined) == shape(sessions_of(runs_of(whole, gap_ms=GAP), gap_ms=GAP))


@given(whole=points)
def test_sessions_are_disjoint_in_order_and_hold_every_event(
    whole: list[tuple[int, str | None]],
) -> None:
    sessions = sessions_of(runs_of(whole, gap_ms=GAP), gap_ms=GAP)
    assert sum(session.events for session in sessions) == len(whole)
    for one, other in zip(sessions, sessions[1:], strict=False):
        assert other.start - one.end > GAP


@pytest.mark.parametrize(
    ("minutes", "sessions"),
    [([0], 1), ([0, 30], 1), ([0, 31], 2), ([0, 40], 2), ([0, 40, 20], 1), ([5, 5, 5], 1), ([], 0)],
)
def test_a_gap_over_30_minutes_parts_two_sessions(minutes: list[int], sessions: int) -> None:
    runs = runs_of([(minute * MINUTE, None) for minute in minutes], gap_ms=GAP)
    assert len(sessions_of(runs, gap_ms=GAP)) == sessions


def test_a_session_lasts_24_hours_at_most() -> None:
    by_day = [
        Run(start=10 * HOUR, end=24 * HOUR - MINUTE, events=40),
        Run(start=24 * HOUR, end=30 * HOUR, events=20),
        Run(start=30 * HOUR + MINUTE, end=40 * HOUR, events=20),
    ]
    sessions = sessions_of(by_day, gap_ms=GAP)
    assert [session.events for session in sessions] == [60, 20]
    assert all(session.end - session.start <= MAX_SESSION_MS for session in sessions)
