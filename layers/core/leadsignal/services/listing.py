"""Pages of lists: where a signed cursor points, and the cursor of the next page."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from leadsignal.domain import cursors
from leadsignal.domain.secrets import derive
from leadsignal.models.instants import Instant
from leadsignal.models.pages import Page
from leadsignal.models.tenants import Tenant


class Listing(NamedTuple):
    """Which page of a list a tenant asks for."""

    tenant: Tenant
    limit: int
    cursor: str | None
    now: Instant

    def position(self, scope: str) -> str | None:
        """Return the place that the cursor points at, None for the first page.

        Raises:
            MalformedInputError: the cursor is not one of this tenant and list.
        """
        if self.cursor is None:
            return None
        key = derive(self.tenant, "cursors")
        return cursors.decode(self.cursor, scope=scope, key=key, now=self.now)

    def page[T](self, scope: str, rest: Sequence[T], place: Callable[[T], str]) -> Page[T]:
        """Return the first rows of ``rest``, with a cursor if there are more."""
        data = tuple(rest[: self.limit])
        if len(rest) <= self.limit:
            return Page(data=data)
        key = derive(self.tenant, "cursors")
        cursor = cursors.encode(place(data[-1]), scope=scope, key=key, now=self.now)
        return Page(data=data, has_more=True, next_cursor=cursor)
