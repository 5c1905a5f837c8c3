"""The list envelope that every list route answers with."""

from collections.abc import Callable

from leadsignal.models.base import Frozen


class Page[T](Frozen):
    """One page of a list; ``next_cursor`` is null on the last one."""

    data: tuple[T, ...]
    has_more: bool = False
    next_cursor: str | None = None

    def shown[V](self, view: Callable[[T], V]) -> "Page[V]":
        """Return the same page with each of its rows as ``view`` shows it."""
        rows = tuple(view(row) for row in self.data)
        return Page(data=rows, has_more=self.has_more, next_cursor=self.next_cursor)
