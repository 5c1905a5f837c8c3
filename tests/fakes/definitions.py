"""Definitions of attributes for tests."""

from typing import Any

from leadsignal.domain.attribute_input import defined
from leadsignal.domain.attributes import AttributeBook
from leadsignal.models.attributes import Attribute, AttributeRequest

KEY = bytes(range(32))


def attribute(name: str, kind: str, **more: Any) -> Attribute:
    """Return a definition; one that is queryable is indexed, under ``ax_`` and its name."""
    given = AttributeRequest.model_validate({"name": name, "type": kind} | more)
    index = f"ax_{name}" if given.queryable else None
    made = defined(given, attribute_id=f"attr_{name}", index=index, at=0)
    return made.model_copy(update={"indexed": given.queryable})


def attributes(**kinds: str | dict[str, Any]) -> AttributeBook:
    """Return definitions by name: of a type, or as JSON says them."""
    made = [
        attribute(name, kind)
        if isinstance(kind, str)
        else attribute(name, **{"kind" if part == "type" else part: v for part, v in kind.items()})
        for name, kind in kinds.items()
    ]
    return AttributeBook(made, key=KEY)
