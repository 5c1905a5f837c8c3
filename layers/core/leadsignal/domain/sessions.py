"""Sessions: runs of events joined over days and members by the tenant's gap."""

from collections.abc import Iterable, Sequence

from leadsignal.models.activity import Run, Session
from leadsignal.models.instants import DAY_MS, Instant

MAX_SESSION_MS = DAY_MS


def runs_of(points: Sequence[tuple[Instant, str | None]], *, gap_ms: int) -> tuple[Run, ...]:
    """Return the runs of (instant, page) points: neighbours at most ``gap_ms`` apart.

    Joining the runs of any split of the points gives the same sessions as the points themselves,
    which is why a lead can keep runs by day and member and forget the points.
    """
    runs: list[Run] = []
    for at, page in sorted(points, key=lambda point: point[0]):
        last = runs[-1] if runs else None
        if last is not None and at - last.end <= gap_ms:
            entry = last.entry or page
            runs[-1] = Run(start=last.start, end=at, events=last.events + 1, entry=entry)
        else:
            runs.append(Run(start=at, end=at, events=1, entry=page))
    return tuple(runs)


def sessions_of(runs: Iterable[Run], *, gap_ms: int) -> list[Session]:
    """Return the sessions, oldest first.

    Runs at most ``gap_ms`` apart are one session, as long as it stays within 24 hours.
    """
    sessions: list[Session] = []
    for run in sorted(runs, key=lambda r: (r.start, r.end, r.events, r.entry or "")):
        last = sessions[-1] if sessions else None
        end = max(last.end, run.end) if last else run.end
        if last and run.start - last.end <= gap_ms and end - last.start <= MAX_SESSION_MS:
            sessions[-1] = Session(
                start=last.start,
                end=end,
                events=last.events + run.events,
                entry=last.entry or run.entry,
            )
        else:
            sessions.append(
                Session(start=run.start, end=run.end, events=run.events, entry=run.entry)
            )
    return sessions
