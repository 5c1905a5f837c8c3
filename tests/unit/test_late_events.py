"""Events that come hours, days or months late: what they touch is opened again."""

import pytest

from leadsignal.domain.profiles import profile_of
from leadsignal.models.events import Event
from leadsignal.models.profiles import Profile
from tests.fakes.events import AT, GAP, MINUTE, World, event, page
from tests.unit.test_facts import Recorder, kinds

HOUR = 60
DAY = 24 * HOUR
LATENESS = pytest.mark.parametrize(
    "late_by",
    [0, 3 * HOUR, 2 * DAY, 45 * DAY, 500 * DAY],
    ids=["no time", "hours", "days", "a month", "years"],
)


def after(first: list[Event], late: Event, late_by: int) -> Profile:
    """Return the person after what happened first, a visit ``late_by`` minutes on, and the late
    event."""
    world = World()
    world.apply(first)
    if late_by:
        world.apply([event("later", minutes=late_by, context=page("/later"))])
    received = max(late.received_at, AT + late_by * MINUTE)
    world.apply([late.model_copy(update={"received_at": received})])
    [lead] = world.found()
    return profile_of(lead, gap_ms=GAP, country=None)


@LATENESS
def test_a_late_event_joins_two_sessions_into_one(late_by: int) -> None:
    first = [
        event("m1", minutes=0, context=page("/a")),
        event("m2", minutes=40, context=page("/b")),
    ]
    later = late_by > 0
    alone = after(first, event("m1", minutes=0, context=page("/a")), late_by)
    assert (alone.session_count, alone.visit_count) == (2 + later, 2 + later)

    joined = after(first, event("m3", minutes=20, context=page("/c")), late_by)

    assert (joined.session_count, joined.visit_count) == (1 + later, 1 + later)
    [session, *_] = joined.sessions
    assert (session.start, session.end, session.events) == (AT, AT + 40 * MINUTE, 3)


@LATENESS
def test_a_late_event_may_be_the_first_touch(late_by: int) -> None:
    first = [event("m1", minutes=0, context=page("/a"))]
    ad = event("ad", minutes=-5, context=page("/?utm_source=google&utm_medium=cpc"))
    found = after(first, ad, late_by)
    assert found.first_touch is not None
    assert (found.first_touch.mark.channel, found.first_touch.at) == (
        "paid_search", AT - 5 * MINUTE,
    )  # fmt: skip
    assert found.first_seen_at == AT - 5 * MINUTE
    assert found.last_touch is not None
    assert found.last_touch.mark.channel == "paid_search"  # what came later was direct
    channels = [touch.mark.channel for touch in found.touches]
    assert channels == ["paid_search", "direct"] if late_by else ["paid_search"]


@LATENESS
def test_a_late_event_is_no_last_touch_when_another_came_after(late_by: int) -> None:
    first = [event("m1", minutes=9, context=page("/?utm_source=x&utm_medium=email"))]
    ad = event("ad", minutes=1, context=page("/?utm_source=google&utm_medium=cpc"))
    found = after(first, ad, late_by)
    assert found.first_touch is not None
    assert found.last_touch is not None
    assert (found.first_touch.mark.channel, found.last_touch.mark.channel) == (
        "paid_search", "email",
    )  # fmt: skip


@LATENESS
def test_a_late_event_moves_the_score_and_is_told(late_by: int) -> None:
    recorder = Recorder()
    recorder.apply(event("m1", context=page("/a")))
    if late_by:
        recorder.apply(event("m2", minutes=late_by, context=page("/a")))
    [before] = recorder.world.found()

    told = recorder.apply(event("late", minutes=-90, context=page("/pricing")))

    [lead] = recorder.world.found()
    assert kinds(told) == ["updated", "score_changed"]  # it was seen earlier, too
    assert told[1].lead.previous_score == before.score.score < lead.score.score
    reasons = {contribution.rule_id for contribution in lead.score.contributions}
    assert {"pricing", "returning"} <= reasons
    fresh = World()
    fresh.apply([day for stored in recorder.world.days() for day in stored.events])
    assert fresh.state() == recorder.world.state()


def test_a_late_event_joins_a_session_over_midnight() -> None:
    edge = 12 * HOUR  # AT is noon
    found = after(
        [event("m1", minutes=edge - 25), event("m2", minutes=edge + 20)],
        event("m3", minutes=edge - 1),
        3 * DAY,
    )
    assert [session.events for session in found.sessions] == [3, 1]
