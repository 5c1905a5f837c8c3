"""Evidence about identifiers as clients see it."""

from leadsignal.domain.resolution import Join, Refusal, Resolution
from leadsignal.domain.slots import Identifier
from leadsignal.models.merges import IdentifierRef, LinkView, RefusalView


def identifier_ref(identifier: Identifier) -> IdentifierRef:
    """Return an identifier."""
    return IdentifierRef(kind=identifier.kind, value=identifier.value)


def link_view(join: Join, resolution: Resolution) -> LinkView:
    """Return two joined identifiers with the event and the rule that joined them."""
    return LinkView(
        identifiers=_pair(join.one, join.other, resolution),
        rule=join.rule,
        message_id=join.by[1],
        at=join.by[0],
    )


def refusal_view(refusal: Refusal, resolution: Resolution) -> RefusalView:
    """Return two identifiers that stay apart, with the event that said them together."""
    return RefusalView(
        identifiers=_pair(refusal.one, refusal.other, resolution),
        reason=refusal.reason,
        message_id=refusal.by[1],
        at=refusal.by[0],
    )


def _pair(one: str, other: str, resolution: Resolution) -> tuple[IdentifierRef, IdentifierRef]:
    names = resolution.evidence.names
    return identifier_ref(names[one]), identifier_ref(names[other])
