"""What people and their systems said of a lead, field by field: the last word stands."""

from collections.abc import Iterable, Mapping
from typing import Any

from leadsignal.models.events import Event
from leadsignal.models.leads import Member, Said, Stamp

CREATED = "created"
"""The path by which a lead is said to have been created; of several the first word stands."""
OUTCOME = "outcome"
"""The path by which somebody says what became of a lead."""
MAX_SAID = 500  # fields of one member, withdrawn ones included


def with_said(known: Mapping[str, Said], event: Event) -> dict[str, Said]:
    """Return what was said of a member with what one statement says.

    The last word by (instant, messageId) stands, so order does not matter. Beyond ``MAX_SAID`` the
    first paths by alphabet stay, which are the same ones in whatever order they were said.
    """
    stamp = Stamp(at=event.at, message_id=event.message_id)
    said = dict(known)
    for path, value in event.said.items():
        new = Said(value=value, by=stamp, source=event.teller, key_id=event.key_id)
        said[path] = _standing(path, said[path], new) if path in said else new
    return {path: said[path] for path in sorted(said)[:MAX_SAID]}


def merge_said(members: Iterable[Member]) -> dict[str, Said]:
    """Return what stands of all that was said of several members, withdrawn fields included."""
    merged: dict[str, Said] = {}
    for member in members:
        for path, said in member.said.items():
            merged[path] = _standing(path, merged[path], said) if path in merged else said
    return dict(sorted(merged.items()))


def _standing(path: str, one: Said, other: Said) -> Said:
    choose = min if path == CREATED else max
    return choose(one, other, key=lambda said: said.by.order)


def values_under(prefix: str, said: Mapping[str, Said]) -> dict[str, Any]:
    """Return the values that were said of ``<prefix>.<name>``, by name; not the withdrawn ones."""
    start = f"{prefix}."
    return {
        path.removeprefix(start): found.value
        for path, found in said.items()
        if path.startswith(start) and found.value is not None
    }
