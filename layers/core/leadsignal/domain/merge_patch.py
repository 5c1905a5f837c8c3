"""JSON merge patch (RFC 7396)."""

from collections.abc import Mapping
from typing import Any


def merge_patch(target: object, patch: object) -> Any:
    """Return what becomes of ``target`` under ``patch``; neither is changed.

    A member that is null is removed, an object is merged member by member, and anything else
    replaces what was there: a list, too, as a whole.
    """
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
