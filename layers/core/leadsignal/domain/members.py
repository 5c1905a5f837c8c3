"""What a member learns from its events: traits, consent, network. Order never matters."""

import json
from typing import Any

from leadsignal.domain.profiles import later_consent, merge_trait
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.events import Event
from leadsignal.models.leads import Consent, Member, Network, Stamp, TraitValue

MAX_TRAITS = 100
MAX_TRAIT_NAME = 100
MAX_TRAIT_TEXT = 1024
FORM_TRAITS = ("first_name", "last_name", "name", "phone", "title", "company", "job_title")
SERVER_ONLY = {
    "owner", "status", "score", "tier", "verified", "email_verified", "phone_verified", "plan",
}  # fmt: skip


def traits_of(event: Event) -> dict[str, Any]:
    """Return the traits an event says of its person.

    The fields of a submitted form that describe a person count as traits. A browser's key cannot
    set what only a server may say (``SERVER_ONLY``). The e-mail is an identifier, not a trait.
    Text is cut and a list or object over ``MAX_TRAIT_TEXT`` left out: a lead is one item, which
    has its limit.
    """
    said = dict(event.traits)
    if event.event == "form_submitted":
        said |= {name: event.properties[name] for name in FORM_TRAITS if name in event.properties}
    return {
        name[:MAX_TRAIT_NAME]: value[:MAX_TRAIT_TEXT] if isinstance(value, str) else value
        for name, value in said.items()
        if name != "email" and (event.trusted or name not in SERVER_ONLY) and _fits(value)
    }


def _fits(value: object) -> bool:
    return isinstance(value, str) or len(json.dumps(value, ensure_ascii=False)) <= MAX_TRAIT_TEXT


def learn(member: Member, event: Event, network: NetworkMatch | None) -> Member:
    """Return the member with what one event adds; the same event again adds nothing.

    Of two values for one trait the later one by (instant, messageId) is the last, the earlier one
    the first. Crawlers' events teach nothing.
    """
    if event.bot is not None:
        return member
    stamp = Stamp(at=event.at, message_id=event.message_id)
    update: dict[str, Any] = {}
    if said := traits_of(event):
        update["traits"] = _with_traits(member.traits, said, stamp)
    if event.context.consent:
        update["consent"] = member.consent | {
            purpose: later_consent(member.consent.get(purpose), Consent(allowed=allowed, by=stamp))
            for purpose, allowed in event.context.consent.items()
        }
    if network is not None:
        seen = Network(match=network, by=stamp)
        update["network"] = max(member.network or seen, seen, key=_telling)
    return member.model_copy(update=update) if update else member


def _telling(network: Network) -> tuple[bool, bool, tuple[int, str]]:
    """Return how much a network tells: a company's own before all others, then the last seen."""
    kind = network.match.type
    return (kind == "company", kind != "unknown", network.by.order)


def _with_traits(
    known: dict[str, TraitValue], said: dict[str, Any], stamp: Stamp
) -> dict[str, TraitValue]:
    """Return the traits with what was said; beyond ``MAX_TRAITS`` the first names by alphabet stay,
    which are the same ones in whatever order they were said."""
    traits = dict(known)
    for name, value in said.items():
        new = TraitValue(first=value, first_by=stamp, last=value, last_by=stamp)
        traits[name] = merge_trait(traits[name], new) if name in traits else new
    return {name: traits[name] for name in sorted(traits)[:MAX_TRAITS]}
