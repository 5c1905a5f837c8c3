"""Sessions: runs of events joined over days and members by the tenant's gap."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from leadsignal.models.activity import Run, Session
from leadsignal.models.instants import DAY_MS, Instant

MAX_SESSION_MS = DAY_MS


def runs_of(points: Sequence[tuple[Instant, str | None]], *, gap_ms: int) -> tuple[Run, ...]:
    """Return the runs of (instant, page) points: neighbours at most ``gap_ms`` apart, up to 24
    hours.

    Joining the runs of any split of the points gives the same sessions as the points themselves (as
    long as no session has to be cut), which is why a lead can keep runs by day and member and
    forget the points.
    """
    runs: list[Run] = []
    for at, page in sorted(points, key=lambda point: point[0]):
        last = runs[-1] if runs else None
        if last is not None and at - last.end <= gap_ms and at - last.start <= MAX_SESSION_MS:
            entry = last.entry or page
            runs[-1] = Run(start=last.start, end=at, events=last.events + 1, entry=entry)
        else:
            runs.append(Run(start=at, end=at, events=1, entry=page))
    return tuple(runs)


def sessions_of(runs: Iterable[Run], *, gap_ms: int) -> list[Session]:
    """Return the sessions, oldest first: disjoint, and none longer than 24 hours (but for a
    single run that is).

    Runs that overlap are one block, whoever made them. Blocks at most ``gap_ms`` apart are one
    session, as long as it stays within 24 hours. A block that is longer by itself is cut where a
    run ends; what overlaps the cut goes on in the next session from there.
    """
    sessions: list[Session] = []
    for block in _blocks(runs):
        for piece in _pieces(block):
            last = sessions[-1] if sessions else None
            if last and _joins(last, piece, gap_ms):
                sessions[-1] = _together(last, piece)
            else:
                sessions.append(piece)
    return sessions


def _blocks(runs: Iterable[Run]) -> list[list[Run]]:
    """Return the runs in order, those that overlap together."""
    blocks: list[list[Run]] = []
    end = 0
    for run in sorted(runs, key=lambda r: (r.start, r.end, r.events, r.entry or "")):
        if blocks and run.start <= end:
            blocks[-1].append(run)
            end = max(end, run.end)
        else:
            blocks.append([run])
            end = run.end
    return blocks


def _pieces(block: Sequence[Run]) -> list[Session]:
    """Return a block as one session, or as several if it is too long."""
    pieces: list[Session] = []
    for run in block:
        whole = Session(start=run.start, end=run.end, events=run.events, entry=run.entry)
        last = pieces[-1] if pieces else None
        if last is None:
            pieces.append(whole)
        elif run.end <= last.end:
            number = bisect_right(pieces, run.end, key=lambda piece: piece.start) - 1
            pieces[number] = _together(pieces[number], whole)
        elif run.end - last.start <= MAX_SESSION_MS:
            pieces[-1] = _together(last, whole)
        else:
            pieces.append(whole.model_copy(update={"start": max(run.start, last.end + 1)}))
    return pieces


def _joins(last: Session, piece: Session, gap_ms: int) -> bool:
    return piece.start - last.end <= gap_ms and piece.end - last.start <= MAX_SESSION_MS


def _together(one: Session, other: Session) -> Session:
    return Session(
        start=one.start,
        end=max(one.end, other.end),
        events=one.events + other.events,
        entry=one.entry or other.entry,
    )
