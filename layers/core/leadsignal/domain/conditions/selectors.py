"""What is counted: events of one name, or views of pages, of which a condition may hold."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from leadsignal.domain.pages import VIEWS, page_key, url_matches
from leadsignal.models.activity import DaySummary, Mark, Tally
from leadsignal.models.conditions import Condition
from leadsignal.models.events import Event

OTHERS = "*"  # what is beyond the most frequent names or pages is counted here
MOST = 500  # instants that a summary keeps for one selector
_NAME = 8  # hex digits: of two hundred selectors two share a name once in 200,000 tenants


class Selector(NamedTuple):
    """Which events are meant, and how many of their instants have to be known.

    ``event`` is their name; None are views of a page or screen. ``keep`` is None when no mark is
    needed: the count by name, or by page, says it all.
    """

    name: str
    event: str | None
    url: str | None
    meant: Callable[[Event], bool] | None
    keep: int | None = None

    def matches(self, event: Event) -> bool:
        """Return whether an event is meant."""
        named = event.event in VIEWS if self.event is None else event.event == self.event
        if not named or (self.url is not None and not self._on_page(event, self.url)):
            return False
        return self.meant is None or self.meant(event)

    def may_match(self, names: Mapping[str, Tally]) -> bool:
        """Return whether events of these names can be meant."""
        if OTHERS in names:
            return True
        return any(name in names for name in VIEWS) if self.event is None else self.event in names

    @staticmethod
    def _on_page(event: Event, url: str) -> bool:
        page = page_key(event)
        return page is not None and url_matches(url, page)


type Tracked = Mapping[str, Selector]
"""The selectors that summaries keep marks for, by name."""


def name_of(event: str | None, url: str | None, where: Condition | None) -> str:
    """Return the name of what is counted: the same for the same definition."""
    said = [event, url, where.model_dump(mode="json") if where is not None else None]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_NAME]


def tracked(selectors: Iterable[Selector]) -> Tracked:
    """Return the selectors that need marks; of those of one name the one that keeps the most."""
    found: dict[str, Selector] = {}
    for selector in selectors:
        there = found.get(selector.name)
        if selector.keep is not None and (there is None or (there.keep or 0) < selector.keep):
            found[selector.name] = selector
    return dict(sorted(found.items()))


def is_marked(summary: DaySummary, selectors: Tracked) -> bool:
    """Return whether a summary knows all that is asked of it."""
    return all(
        _suffices(summary.marks.get(name), selector) or not selector.may_match(summary.names)
        for name, selector in selectors.items()
    )


def _suffices(mark: Mark | None, selector: Selector) -> bool:
    return mark is not None and (mark.more == 0 or len(mark.at) >= (selector.keep or 0))


def marks_of(events: Iterable[Event], selectors: Tracked) -> dict[str, Mark]:
    """Return every instant at which something that is counted happened; an empty mark for what did
    not, though events of that name did."""
    marks: dict[str, Mark] = {}
    found = list(events)
    for name, selector in selectors.items():
        named = [e for e in found if e.event == selector.event or _is_view(e, selector)]
        if named:
            marks[name] = Mark(at=tuple(sorted(e.at for e in named if selector.matches(e))))
    return marks


def _is_view(event: Event, selector: Selector) -> bool:
    return selector.event is None and event.event in VIEWS


def merged_marks(parts: Iterable[Mapping[str, Mark]]) -> dict[str, Mark]:
    """Return marks put together over disjoint sets of events."""
    merged: dict[str, list[Mark]] = {}
    for part in parts:
        for name, mark in part.items():
            merged.setdefault(name, []).append(mark)
    return {
        name: Mark(
            at=tuple(sorted(at for mark in marks for at in mark.at)),
            more=sum(mark.more for mark in marks),
        )
        for name, marks in sorted(merged.items())
    }


def bounded_marks(marks: Mapping[str, Mark], selectors: Tracked) -> dict[str, Mark]:
    """Return what of the marks is kept: the newest instants that are needed, and how many more."""
    kept: dict[str, Mark] = {}
    for name, mark in sorted(marks.items()):
        most = selectors[name].keep or 0
        newest = mark.at[-most:] if most else ()
        kept[name] = Mark(at=newest, more=mark.more + len(mark.at) - len(newest))
    return kept
