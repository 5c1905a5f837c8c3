"""What a key may do: scopes by resource, and roles, which are names for sets of scopes."""

from collections.abc import Collection, Mapping
from typing import Literal

from leadsignal.models.base import Frozen

type Role = Literal["owner", "admin", "editor", "viewer", "agent"]

RESOURCES = (
    "leads", "companies", "events", "lookups", "scoring", "segments", "webhooks", "alerts", "crm",
    "deals", "keys", "privacy", "audit", "exports", "settings",
)  # fmt: skip
EDITED = RESOURCES[: RESOURCES.index("keys")]
"""The resources of daily work; the others are those of whoever runs the account."""

SCOPES = tuple(f"{resource}:{way}" for resource in RESOURCES for way in ("read", "write"))

OWNER: Role = "owner"
ADMIN: Role = "admin"
ADMINISTRATORS: frozenset[str] = frozenset({OWNER, ADMIN})
"""The roles that may do everything; an admin alone may not touch the keys of owners."""


class RoleView(Frozen):
    """A role as shown."""

    name: Role
    description: str
    scopes: tuple[str, ...]


ROLES: Mapping[str, RoleView] = {
    role.name: role
    for role in (
        RoleView(name=OWNER, description="Everything", scopes=SCOPES),
        RoleView(name=ADMIN, description="Everything but the keys of owners", scopes=SCOPES),
        RoleView(
            name="editor",
            description="Daily work: reads and writes all but keys, settings and privacy",
            scopes=tuple(f"{name}:{way}" for name in EDITED for way in ("read", "write")),
        ),
        RoleView(
            name="viewer",
            description="Reads what an editor may change",
            scopes=tuple(f"{name}:read" for name in EDITED),
        ),
        RoleView(
            name="agent",
            description="For assistants: reads leads, companies and events, and writes leads",
            scopes=("leads:read", "leads:write", "companies:read", "events:read"),
        ),
    )
}


def _granted(held: Collection[str]) -> set[str]:
    """Return the scopes of roles and scopes; who may write may read."""
    named = {scope for name in held for scope in _scopes_of(name)}
    return named | {f"{scope.removesuffix(':write')}:read" for scope in named if ":write" in scope}


def _scopes_of(name: str) -> tuple[str, ...]:
    return ROLES[name].scopes if name in ROLES else (name,)


def allows(held: Collection[str], scope: str) -> bool:
    """Return whether a holder of ``held`` may do what needs ``scope``; who may write may read."""
    return bool(ADMINISTRATORS & set(held)) or scope in _granted(held)


def beyond(held: Collection[str], asked: Collection[str]) -> str | None:
    """Return the first of ``asked`` that a holder of ``held`` does not have; None if it has all.

    Only owners have the role ``owner``, and only administrators the role ``admin``.
    """
    if OWNER in held:
        return None
    if ADMIN in held:
        return OWNER if OWNER in asked else None
    granted = _granted(held)
    for name in asked:
        if name in ADMINISTRATORS:
            return name
        if not granted.issuperset(_scopes_of(name)):
            return next(scope for scope in _scopes_of(name) if scope not in granted)
    return None
