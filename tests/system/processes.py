"""The processes that functions of the laptop stack run in."""

from collections.abc import Iterator
from pathlib import Path

from local.layout import STATE


def workers(function: str) -> Iterator[int]:
    """Yield the processes of this stack that a function runs in."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except FileNotFoundError:
                continue  # it ended meanwhile
            if str(STATE) in command and function in command and "_worker.py" in command:
                yield int(entry.name)
