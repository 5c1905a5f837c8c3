"""Brings the summaries of a member's days up to date with its stored events, share by share.

The summaries of a share follow from the set of its events: each of the newest days by itself, the
older ones by period (``domain.periods``). A period is never added to: when its content changes,
it is made anew from its days, which are read consistently.

Why no event is lost that way, whoever works at the same time: a worker reads the lead, writes its
day, reads the period, and writes the lead only if that is still what it read. Of two workers
whose writes stand, the later one read the lead after the earlier had written it, and the period
after that; so it saw the days of both.
"""

from collections.abc import Callable, Mapping

from leadsignal.domain.activity import OF_DAY, OF_PERIOD, bounded_summary, combined, whole_summary
from leadsignal.domain.periods import Calendar, end_of, is_period, newest_day
from leadsignal.domain.scanners import findings
from leadsignal.errors import ConflictError
from leadsignal.models.activity import ActivityDay, DaySummary
from leadsignal.models.events import Event
from leadsignal.models.leads import Member
from leadsignal.services.desk import Ground

type Parts = dict[int, DaySummary]
"""By block: the whole summary of those events of a day that are the block's own."""


class Summaries:
    """What the stored days of one member come to, in each share."""

    def __init__(
        self,
        slot: str,
        days: Mapping[str, ActivityDay],
        desk: Ground,
        *,
        place: Callable[[Event], int],
        complete: bool = False,
    ) -> None:
        """``days`` are those that may have changed, or (``complete``) all there are."""
        self._slot = slot
        self._desk = desk
        self._place = place
        self._complete = complete
        self._parts = {day: self._divided(content) for day, content in days.items()}
        self._versions = {day: content.version for day, content in days.items()}
        self._walked: dict[str, dict[str, Parts]] = {}
        self._read: dict[str, int] = {}

    def of(self, block: int, member: Member) -> Member:
        """Return a share with the summaries of its events as they are stored now.

        Raises:
            ConflictError: the share has seen a later state of one of the days.
        """
        known = member.days
        for day, version in self._versions.items():
            if day in known and known[day].version > version:
                raise ConflictError("the day was read before its last write")
        before = self._calendar_of(member)
        newest = newest_day(self._ends(block, known))
        if newest is None:
            return member.model_copy(update={"days": {}, "detail_from": ""}) if known else member
        after = Calendar.of(newest, self._desk.tenant.window_days)
        dirty = self._dirty(known, before, after)
        kept = {name: found for name, found in known.items() if name not in dirty}
        days = kept | self._made(block, kept, after, dirty)
        days = {
            name: known[name] if _same(found, known.get(name)) else found
            for name, found in sorted(days.items())
        }
        detail_from = after.detail_from if any(map(is_period, days)) else ""
        if days == known and detail_from == member.detail_from:
            return member
        return member.model_copy(update={"days": days, "detail_from": detail_from})

    def _divided(self, content: ActivityDay) -> Parts:
        events = content.events
        found = findings(events)
        by_block: dict[int, list[Event]] = {}
        for event in events:
            if not event.is_statement:
                by_block.setdefault(self._place(event), []).append(event)
        return {
            block: whole_summary(
                mine,
                found,
                gap_ms=self._desk.tenant.session_gap_ms,
                referrers=self._desk.referrers.classify,
                tracked=self._desk.book.rules.tracked,
            )
            for block, mine in by_block.items()
        }

    def _walk(self, period: str) -> dict[str, Parts]:
        """Return the days of a period as they are stored, one after the other, for a day's events
        can be many."""
        if self._complete:
            return {day: parts for day, parts in self._parts.items() if day.startswith(period)}
        if period not in self._walked:
            self._walked[period] = {}
            for content in self._desk.activity.each_day(self._slot, period=period):
                if content.version > self._versions.get(content.day, -1):
                    self._walked[period][content.day] = self._divided(content)
                    self._read[content.day] = content.version
                else:
                    self._walked[period][content.day] = self._parts[content.day]
        return self._walked[period]

    def _calendar_of(self, member: Member) -> Calendar | None:
        """Return how the share keeps its days now; None when each is by itself."""
        if not member.detail_from:
            return None
        newest = newest_day(end_of(summary) for summary in member.days.values())
        return Calendar.since(newest, member.detail_from) if newest else None

    def _ends(self, block: int, known: Mapping[str, DaySummary]) -> list[int]:
        """Return the last instants of all that the share holds now."""
        ends = [end_of(summary) for day, summary in known.items() if day not in self._parts]
        return ends + [end_of(parts[block]) for parts in self._parts.values() if block in parts]

    def _dirty(
        self,
        known: Mapping[str, DaySummary],
        before: Calendar | None,
        after: Calendar,
    ) -> set[str]:
        """Return the names of days and periods that have to be made anew."""
        dirty = {*self._parts, *(after.home(day) for day in self._parts)}
        if before == after:
            return dirty
        for name in known:
            if not is_period(name):
                home = after.home(name)
                dirty |= {name, home} if home != name else set()
            elif before is None or before.days_in(name) != after.days_in(name):
                dirty.add(name)
        return dirty

    def _made(
        self, block: int, kept: Mapping[str, DaySummary], after: Calendar, dirty: set[str]
    ) -> dict[str, DaySummary]:
        """Return what is kept under the dirty names, and under others that their days belong to
        now."""
        days = {day: parts[block] for day, parts in self._parts.items() if block in parts}
        for period in filter(is_period, dirty):
            for day, parts in self._walk(period).items():
                if block in parts and after.home(day) not in kept and after.reaches(parts[block]):
                    days[day] = parts[block]
        tracked = self._desk.book.rules.tracked
        homes: dict[str, list[DaySummary]] = {}
        made: dict[str, DaySummary] = {}
        for day, whole in sorted(days.items()):
            home = after.home(day)
            if is_period(home):
                homes.setdefault(home, []).append(whole)
            else:
                version = self._read.get(day, self._versions.get(day, 0))
                made[day] = bounded_summary(whole, OF_DAY, tracked=tracked, version=version)
        gap_ms = self._desk.tenant.session_gap_ms
        for home, wholes in homes.items():
            together = combined(wholes, gap_ms=gap_ms)
            made[home] = bounded_summary(together, OF_PERIOD, tracked=tracked)
        return made


def _same(one: DaySummary, other: DaySummary | None) -> bool:
    """Return whether two summaries say the same; later versions of a day may."""
    return other is not None and one == other.model_copy(update={"version": one.version})
