"""Sessions: what a lead keeps by day and member joins to what the events themselves would give."""

from itertools import pairwise

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


runs_made = st.lists(
    st.builds(
        lambda start, length, count, entry: Run(
            start=start * MINUTE, end=(start + length) * MINUTE, events=count, entry=entry
        ),
        st.integers(0, 4 * 24 * 60),
        st.sampled_from([0, 5, 60, 600, 1400, 24 * 60]),
        st.integers(1, 9),
        st.none() | st.just("/"),
    ),
    max_size=20,
)


@given(runs=runs_made)
def test_sessions_of_devices_side_by_side_never_overlap(runs: list[Run]) -> None:
    sessions = sessions_of(runs, gap_ms=GAP)

    assert sum(session.events for session in sessions) == sum(run.events for run in runs)
    assert all(session.end - session.start <= MAX_SESSION_MS for session in sessions)
    for one, other in pairwise(sessions):
        assert one.end < other.start
    for run in runs:
        covered = sum(
            min(run.end, s.end) - max(run.start, s.start)
            for s in sessions
            if s.start <= run.end and run.start <= s.end
        )
        assert covered >= run.end - run.start - len(
            sessions
        )  # but for the cuts, a millisecond each


@given(runs=runs_made)
def test_no_pause_within_a_session_is_longer_than_the_gap(runs: list[Run]) -> None:
    for session in sessions_of(runs, gap_ms=GAP):
        inside = sorted(
            (run for run in runs if run.start <= session.end and session.start <= run.end),
            key=lambda run: run.start,
        )
        reached = session.start
        for run in inside:
            assert run.start - reached <= GAP
            reached = max(reached, run.end)
        assert reached >= session.end


@given(runs=runs_made, data=st.data())
def test_sessions_follow_from_the_set_of_runs(runs: list[Run], data: st.DataObject) -> None:
    sessions = sessions_of(runs, gap_ms=GAP)
    assert sessions_of(data.draw(st.permutations(runs)), gap_ms=GAP) == sessions
    again = [Run.model_validate(session.model_dump()) for session in sessions]
    assert sessions_of(again, gap_ms=GAP) == sessions


def test_two_devices_at_once_are_one_block_before_blocks_join() -> None:
    earlier = Run(start=0, end=10 * HOUR, events=10)
    laptop = Run(start=10 * HOUR + 10 * MINUTE, end=20 * HOUR, events=5)
    phone = Run(start=12 * HOUR, end=30 * HOUR, events=7)
    sessions = sessions_of([earlier, laptop, phone], gap_ms=GAP)
    assert [(s.start, s.end, s.events) for s in sessions] == [
        (0, 10 * HOUR, 10),
        (10 * HOUR + 10 * MINUTE, 30 * HOUR, 12),
    ]


def test_devices_that_never_rest_are_cut_where_a_run_ends() -> None:
    laptop = [Run(start=d * 24 * HOUR, end=(d + 1) * 24 * HOUR - 1, events=9) for d in range(3)]
    phone = [
        Run(start=d * 24 * HOUR + 5 * MINUTE, end=(d + 1) * 24 * HOUR + 4 * MINUTE, events=1)
        for d in range(3)
    ]
    sessions = sessions_of(laptop + phone, gap_ms=GAP)
    assert sum(session.events for session in sessions) == 30
    assert all(session.end - session.start <= MAX_SESSION_MS for session in sessions)
    assert all(one.end < other.start for one, other in pairwise(sessions))


def test_a_run_that_never_rests_is_parted_after_24_hours() -> None:
    runs = runs_of([(n * 10 * MINUTE, None) for n in range(6 * 24 * 3)], gap_ms=GAP)
    assert [run.events for run in runs] == [145, 145, 142]
    assert all(run.end - run.start <= MAX_SESSION_MS for run in runs)
    assert [s.events for s in sessions_of(runs, gap_ms=GAP)] == [145, 145, 142]


def test_a_session_lasts_24_hours_at_most() -> None:
    by_day = [
        Run(start=10 * HOUR, end=24 * HOUR - MINUTE, events=40),
        Run(start=24 * HOUR, end=30 * HOUR, events=20),
        Run(start=30 * HOUR + MINUTE, end=40 * HOUR, events=20),
    ]
    sessions = sessions_of(by_day, gap_ms=GAP)
    assert [session.events for session in sessions] == [60, 20]
    assert all(session.end - session.start <= MAX_SESSION_MS for session in sessions)
