"""The identifiers that events carry, and their slots.

Every identifier has a *slot*, whose id follows from (tenant, kind, value): a lead is stored there,
or what leads to one.
"""

from functools import lru_cache
from typing import NamedTuple

from leadsignal.domain.email import email_hash, read_email
from leadsignal.domain.secrets import opaque_id
from leadsignal.models.events import Event
from leadsignal.models.leads import IdentifierKind

STRONG: tuple[IdentifierKind, ...] = ("user_id", "crm_id", "email", "record_id")
RANK: dict[IdentifierKind, int] = {
    "user_id": 0, "crm_id": 1, "email": 2, "record_id": 3, "anonymous_id": 4, "device_id": 5,
}  # fmt: skip
NOBODY = "nobody"


class Identifier(NamedTuple):
    """One way in which a person is named."""

    kind: IdentifierKind
    value: str

    @property
    def key(self) -> str:
        """The identifier as one text."""
        return f"{self.kind}:{self.value}"

    @property
    def strong(self) -> bool:
        """True for what names a person and not a device."""
        return self.kind in STRONG


def identifier_of(key: str) -> Identifier:
    """Return the identifier whose ``key`` this is."""
    kind, _, value = key.partition(":")
    return Identifier(kind, value)  # type: ignore[arg-type]


def identifiers_of(event: Event) -> tuple[Identifier, ...]:
    """Return the identifiers an event carries, strongest first.

    The old id of an alias is an e-mail when it looks like one, else a browser; beside a user id it
    is also another user id, which is never joined by itself but shows up as a merge candidate.
    """
    found: list[tuple[IdentifierKind, str | None]] = [
        ("user_id", event.user_id),
        ("crm_id", event.crm_id),
        ("email", event.email),
        ("record_id", event.record_id),
        ("anonymous_id", event.anonymous_id),
        ("device_id", event.device_id),
        *map(identifier_of, event.also),
    ]
    if event.type == "alias" and event.previous_id is not None:
        email = read_email(event.previous_id)
        found.append(("email", email) if email else ("anonymous_id", event.previous_id))
        if event.user_id is not None:
            found.append(("user_id", event.previous_id))
    unique = dict.fromkeys(Identifier(kind, value) for kind, value in found if value is not None)
    return tuple(sorted(unique, key=lambda identifier: RANK[identifier.kind]))


def member_of(event: Event) -> Identifier:
    """Return the identifier that an event is recorded under: user id, else browser, else e-mail.

    What somebody said of a lead is recorded under the strongest identifier that it names.
    """
    if event.is_statement:
        return identifiers_of(event)[0]
    candidates: tuple[tuple[IdentifierKind, str | None], ...] = (
        ("user_id", event.user_id),
        ("anonymous_id", event.anonymous_id),
        ("email", event.email),
        ("crm_id", event.crm_id),
        ("device_id", event.device_id),
    )
    return next(Identifier(kind, value) for kind, value in candidates if value is not None)


@lru_cache(maxsize=20_000)
def slot_id(key: bytes, identifier: Identifier) -> str:
    """Return the id of an identifier's slot, which is its lead's id when it has one of its own.

    An e-mail address and its SHA-256 have the same slot.
    """
    value = email_hash(identifier.value) if identifier.kind == "email" else identifier.value
    return opaque_id("lead", key, identifier.kind, value)


def nobody_of(slot: str) -> str:
    """Return the name by which decisions know what nobody did on a shared device."""
    return f"{NOBODY}:{slot}"


def is_nobody(reference: str) -> bool:
    """Return whether a decision names what nobody did on a shared device."""
    return reference.startswith(f"{NOBODY}:")


def nobody_slot(key: bytes, slot: str) -> str:
    """Return the id of the lead of what nobody did on a shared browser."""
    return opaque_id("lead", key, NOBODY, slot)
