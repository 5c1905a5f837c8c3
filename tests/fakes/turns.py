"""Threads that take turns: one goes on at a time, and which is for a test to say."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tests.fakes.faults import KilledError


class Turns:
    """Runs works in threads of which each stops at every step until it is chosen.

    ``choose`` returns which of so many goes on. A work that is killed ends there.
    """

    def __init__(self, choose: Callable[[int], int]) -> None:
        self._choose = choose
        self._state = threading.Condition()
        self._ready: list[int] = []
        self._running: int | None = None
        self._names = threading.local()

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Do all works."""
        threads = [
            threading.Thread(target=self._work, args=(name, work), daemon=True)
            for name, work in enumerate(works)
        ]
        for thread in threads:
            thread.start()
        with self._state:
            self._state.wait_for(lambda: len(self._ready) == len(works))
            while self._ready:
                name = sorted(self._ready)[self._choose(len(self._ready)) % len(self._ready)]
                self._ready.remove(name)
                self._running = name
                self._state.notify_all()
                self._state.wait_for(lambda: self._running is None)
        for thread in threads:
            thread.join()

    def step(self) -> None:
        """Stop until it is this thread's turn again."""
        name: int = self._names.own
        with self._state:
            self._ready.append(name)
            self._running = None
            self._state.notify_all()
            self._state.wait_for(lambda: self._running == name)

    def _work(self, name: int, work: Callable[[], None]) -> None:
        self._names.own = name
        with self._state:
            self._ready.append(name)
            self._state.notify_all()
            self._state.wait_for(lambda: self._running == name)
        try:
            work()
        except KilledError:
            pass
        finally:
            with self._state:
                self._running = None
                self._state.notify_all()


class Stepping:
    """Something of which each call is a step, and perhaps the last one of its thread."""

    def __init__(self, whole: Any, turns: Turns, *, kill: Callable[[], bool]) -> None:
        self._whole = whole
        self._turns = turns
        self._kill = kill

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            self._turns.step()
            if self._kill():
                raise KilledError
            return found(*args, **named)

        return call
