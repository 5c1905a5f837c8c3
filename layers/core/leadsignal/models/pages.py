"""The list envelope that every list route answers with."""

from leadsignal.models.base import Frozen


class Page[T](Frozen):
    """One page of a list; ``next_cursor`` is null on the last one."""

    data: tuple[T, ...]
    has_more: bool = False
    next_cursor: str | None = None
