"""Finds the leads that time alone brings forward, and has them brought up to date on the second.

A sweep begins where the last one ended and looks a little ahead. What it finds is put on a queue
before it notes how far it came, so a crash repeats and loses nothing; a lead that was brought up to
date meanwhile is left alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched, takewhile
from typing import NamedTuple

from leadsignal.errors import NotFoundError
from leadsignal.models.due import DueLead, Posting
from leadsignal.models.instants import MINUTE_MS, Instant, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.messages import DueRequest
from leadsignal.ports import DueIndex, TimedQueue
from leadsignal.services.desk import Desk
from leadsignal.services.rescore import rescored

AHEAD_MS = 80_000  # how far a sweep looks ahead: the next one comes in a minute, or a little later
AGAIN_MS = 5 * MINUTE_MS  # what is looked at again: indexes lag, and a write may take its time
AT_FIRST_MS = 60 * MINUTE_MS  # how far the very first sweep looks back
PATIENCE_MS = 30_000  # for which one sweep goes on
CHUNK = 500  # leads that are put on the queue between two notes of how far the sweep is
MOST = 25  # leads of one message
SECOND = 1000


class Swept(NamedTuple):
    """What a sweep found: how many leads, how late the latest of them was, in milliseconds, and
    whether it came to its end, or has left the rest to the next one."""

    leads: int = 0
    late_ms: int = 0
    complete: bool = True


def sweep(*, index: DueIndex, queue: TimedQueue, clock: Callable[[], datetime]) -> Swept:
    """Ask for all leads that are due up to a moment ahead to be brought up to date when they are.

    What sweeps passed in the last minutes and is still there is asked for again, after what is new.

    Raises:
        TransientError: storage or the queue failed; the next sweep goes on where this one was.
    """
    began = to_instant(clock())
    reached = index.reached() or index.start_of(began - AT_FIRST_MS)
    ahead = index.start_of(began + AHEAD_MS)
    again = index.start_of(began - AGAIN_MS)
    swept = Swept()
    for is_new, first, last in ((True, reached, ahead), (False, again, min(reached, ahead))):
        for position, found in _stretches(index, first, last):
            now = to_instant(clock())
            _hand_on(found, queue=queue, now=now)
            late = max([swept.late_ms, *(now - lead.at for lead in found)])
            swept = Swept(swept.leads + len(found), late)
            if is_new:
                index.reach(position)
            if now - began > PATIENCE_MS:
                return swept._replace(complete=False)
    return swept


def _stretches(index: DueIndex, first: str, last: str) -> Iterator[tuple[str, Sequence[DueLead]]]:
    """Yield what is due after a position and up to another, stretch by stretch: the position that
    each ends at, and what is in it, if anything is."""
    start, end = index.instant_of(first) // MINUTE_MS, index.instant_of(last) // MINUTE_MS
    for minute in range(start, end + 1):
        after = first if minute == start else None
        due = takewhile(lambda lead: lead.position <= last, index.of_minute(minute, after=after))
        for found in batched(due, CHUNK, strict=False):
            yield found[-1].position, found
        yield min(index.start_of((minute + 1) * MINUTE_MS), last), ()


def _hand_on(found: Sequence[DueLead], *, queue: TimedQueue, now: Instant) -> None:
    """Put what is due on the queue, to be seen there at its instant."""
    together: dict[tuple[str, int], list[DueLead]] = defaultdict(list)
    for lead in found:
        together[lead.tenant_id, _seconds_until(lead.at, now)].append(lead)
    queue.post(
        [
            _posting(tenant_id, [lead.lead_id for lead in some], max(lead.at for lead in some), now)
            for (tenant_id, _), leads in together.items()
            for some in batched(leads, MOST, strict=False)
        ]
    )


def _posting(tenant_id: str, lead_ids: Iterable[str], at: Instant, now: Instant) -> Posting:
    request = DueRequest(tenant_id=tenant_id, at=at, lead_ids=tuple(lead_ids))
    return Posting(request.model_dump_json(), tenant_id, _seconds_until(at, now))


def _seconds_until(at: Instant, now: Instant) -> int:
    """Return after how many whole seconds an instant is over; 0 when it is."""
    return max(0, -((now - at) // SECOND))


def bring_up_to_date(
    request: DueRequest,
    *,
    again: bool,
    desk: Desk,
    queue: TimedQueue,
    clock: Callable[[], datetime],
) -> int:
    """Bring the leads that a request names up to date, those that are due by now, and return how
    many were written. What comes too early is asked for once more at its instant, and so is a lead
    that will be due again before a sweep sees it.

    One that fails keeps no other from being tried. When they are asked for ``again``, each gets a
    request of its own, so that only what fails is given up in the end.

    Raises:
        ConflictError, TransientError, TooLargeError: one of them failed; the request may be
            repeated.
    """
    tenant_id, at, now = request.tenant_id, request.at, to_instant(clock())
    if now < at:
        queue.post([_posting(tenant_id, request.lead_ids, at, now)])
        return 0
    if again and len(request.lead_ids) > 1:
        queue.post([_posting(tenant_id, (each,), at, now) for each in request.lead_ids])
        return 0
    done = list(desk.each(lambda each: _written(each, desk, clock()), request.lead_ids))
    written = {lead.lead_id: lead.due for leads in done for lead in leads if lead.due is not None}
    now = to_instant(clock())
    soon = [DueLead(tenant_id, each, due) for each, due in written.items() if due <= now + AHEAD_MS]
    _hand_on(soon, queue=queue, now=now)
    return sum(map(len, done))


def _written(lead_id: str, desk: Desk, now: datetime) -> Sequence[Lead]:
    """Bring a lead up to date if it is due, and return what was written; nothing of one that is
    gone."""
    try:
        return rescored(lead_id, desk=desk, now=now, if_due=True)
    except NotFoundError:
        return ()
