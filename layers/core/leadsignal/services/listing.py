"""Pages of lists: where a sealed cursor points, and the cursor of the next page."""

import hmac
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from leadsignal.domain import cursors
from leadsignal.domain.cursors import Place
from leadsignal.domain.secrets import derive
from leadsignal.models.instants import Instant
from leadsignal.models.pages import Page
from leadsignal.models.tenants import Tenant


class Listing(NamedTuple):
    """Which page of a list a tenant asks for; ``route`` is the path of the list."""

    tenant: Tenant
    limit: int
    cursor: str | None
    now: Instant
    route: str = ""

    def place(self) -> Place | None:
        """Return what the cursor says, None without one. Nothing is read for it.

        Raises:
            MalformedInputError: the cursor is not one of this tenant and route.
        """
        if self.cursor is None:
            return None
        key_of = partial(derive, self.tenant)
        return cursors.unseal(self.cursor, route=self.route, key_of=key_of, now=self.now)

    def position(self, scope: str) -> str | None:
        """Return the place that the cursor points at, None for the first page.

        ``scope`` names the list with its filter and sort.

        Raises:
            MalformedInputError: the cursor is not one of this tenant and list.
        """
        place = self.place()
        if place is None:
            return None
        if not hmac.compare_digest(place.scope, cursors.scope_hash(scope)):
            raise cursors.invalid()
        return place.position

    def page[T](self, scope: str, rest: Sequence[T], place: Callable[[T], str]) -> Page[T]:
        """Return the first rows of ``rest``, with a cursor if there are more."""
        data = tuple(rest[: self.limit])
        return self.page_until(scope, data, place(data[-1]) if len(rest) > self.limit else None)

    def page_until[T](self, scope: str, data: Sequence[T], reached: str | None) -> Page[T]:
        """Return rows with a cursor to the place they were looked for up to; None: to the end."""
        if reached is None:
            return Page(data=tuple(data))
        key_of = partial(derive, self.tenant)
        cursor = cursors.seal(reached, route=self.route, scope=scope, key_of=key_of, now=self.now)
        return Page(data=tuple(data), has_more=True, next_cursor=cursor)
