"""Progress on the terminal: one line per step, with its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class StepFailedError(Exception):
    """A step could not be done; the message says what to do about it."""


class Step:
    """One step under way."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.note = ""


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show ``title`` while the block runs, then how long it took and the note the block left."""
    shown = Step(title)
    live = sys.stdout.isatty()
    if live:
        sys.stdout.write(f"  …  {title}")
        sys.stdout.flush()
    start = time.perf_counter()
    sign = "✗"
    try:
        yield shown
        sign = "✓"
    finally:
        seconds = time.perf_counter() - start
        note = f"  {shown.note}" if shown.note else ""
        sys.stdout.write(
            f"{'\r\033[K' if live else ''}  {sign}  {title:<44} {seconds:6.1f} s{note}\n"
        )
        sys.stdout.flush()
