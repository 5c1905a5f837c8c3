"""Look-ups are waited for only so long; who hangs is left behind."""

import threading
from functools import partial

from leadsignal.runtime.flights import LANES, MAX_LEFT_BEHIND, Threads

SOON = 0.1


def test_who_hangs_holds_up_nobody_beyond_the_time_there_is() -> None:
    freed, ended, done = threading.Event(), threading.Event(), threading.Event()

    def hangs() -> None:
        freed.wait()
        ended.set()

    Threads()([hangs, done.set], seconds=SOON)
    assert (done.is_set(), ended.is_set()) == (True, False)
    freed.set()
    assert ended.wait(10)


def test_all_work_is_done_when_there_is_time() -> None:
    done: list[int] = []
    Threads()([partial(done.append, number) for number in range(3 * LANES)], seconds=10)
    assert sorted(done) == list(range(3 * LANES))


def test_when_too_many_hang_nobody_else_is_asked_until_one_comes_back() -> None:
    freed, asked = threading.Event(), threading.Event()
    launch = Threads()

    def hangs() -> None:
        freed.wait()

    for _ in range(MAX_LEFT_BEHIND // LANES):
        launch([hangs] * LANES, seconds=SOON)
    launch([asked.set], seconds=SOON)
    assert not asked.is_set()
    freed.set()
    while not asked.is_set():
        launch([asked.set], seconds=SOON)
