"""Finds the leads that time alone brings forward, and has them brought up to date on the second.

A sweep begins where the last one ended and looks a little ahead. What it finds is put on a queue
before it notes how far it came, so a crash repeats and loses nothing; a lead that was brought up to
date meanwhile is left alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import batched, takewhile
from typing import NamedTuple

from leadsignal.errors import NotFoundError
from leadsignal.models.due import DueLead, Posting
from leadsignal.models.instants import MINUTE_MS, Instant, to_instant
from leadsignal.models.messages import DueRequest
from leadsignal.ports import DueIndex, TimedQueue
from leadsignal.services.desk import Desk
from leadsignal.services.rescore import brought_up_to_date

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


def _stretches(
    index: DueIndex, first: str, last: str
) -> Iterator[tuple[str, Sequence[DueLead]]]:
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
    together: dict[tuple[str, int], list[str]] = defaultdict(list)
    for lead in found:
        seconds = max(0, -((now - lead.at) // SECOND))
        together[lead.tenant_id, seconds].append(lead.lead_id)
    queue.post(
        [
            Posting(
                DueRequest(tenant_id=tenant_id, lead_ids=lead_ids).model_dump_json(),
                tenant_id,
                seconds,
            )
            for (tenant_id, seconds), all_ids in together.items()
            for lead_ids in batched(all_ids, MOST, strict=False)
        ]
    )


def follow(
    request: DueRequest, *, desk: Desk, queue: TimedQueue, clock: Callable[[], datetime]
) -> int:
    """Bring the leads that a request names up to date, those that are due by now, and return how
    many were written. One that is not due yet, or is again before a sweep would see it, is asked
    for once more, at its instant.

    One that fails keeps no other from being tried.

    Raises:
        ConflictError, TransientError, TooLargeError: one of them failed; the request may be
            repeated.
    """

    def one(lead_id: str) -> tuple[int, list[DueLead]]:
        now = clock()
        try:
            done = brought_up_to_date(lead_id, desk=desk, now=now, if_due=True)
        except NotFoundError:
            return 0, []
        at, tenant_id = to_instant(now), desk.tenant.tenant_id
        soon = [
            DueLead(tenant_id, lead.lead_id, lead.due)
            for lead in done.leads.values()
            if lead.due is not None and at < lead.due <= at + AHEAD_MS
        ]
        return len(done.written), soon

    done = list(desk.each(one, request.lead_ids))
    _hand_on([lead for _, soon in done for lead in soon], queue=queue, now=to_instant(clock()))
    return sum(written for written, _ in done)


def alone(request: DueRequest) -> list[Posting]:
    """Return a message for each lead of a request, so that one which fails holds up no other."""
    return [
        Posting(
            request.model_copy(update={"lead_ids": (lead_id,)}).model_dump_json(), request.tenant_id
        )
        for lead_id in request.lead_ids
    ]
