"""What a member learns from its events: traits, consent, network, group, statements. Order never
matters."""

import json
import unicodedata
from typing import Any

from leadsignal.domain.groups import said_of_group
from leadsignal.domain.identifiers import IN_TRAITS
from leadsignal.domain.profiles import later_consent, merge_trait
from leadsignal.domain.statements import with_said
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.events import Event
from leadsignal.models.leads import Consent, Group, Member, Network, Stamp, TraitValue

MAX_TRAITS = 100
MAX_TRAIT_NAME = 100
MAX_TRAIT_TEXT = 1024
FORM_TRAITS = ("first_name", "last_name", "name", "phone", "title", "company", "job_title")
SERVER_ONLY = {
    "owner", "ownerid", "owneremail", "accountowner", "status", "leadstage", "lifecyclestage",
    "score", "tier", "plan", "verified", "isverified", "emailverified", "isemailverified",
    "verifiedemail", "phoneverified", "isphoneverified", "verifiedphone",
}  # fmt: skip
THE_PERSON = {"lead", "contact", "person", "profile", "user", "customer", "traits"}


def traits_of(event: Event) -> dict[str, Any]:
    """Return the traits an event says of its person.

    The fields of a submitted form that describe a person count as traits. A browser's key cannot
    set what only a server may say (``server_only``), signed or not, at any depth. Identifiers are
    not traits. Text is cut and a list or object over ``MAX_TRAIT_TEXT`` left out: a lead is one
    item, which has its limit.
    """
    said = dict(event.traits)
    if event.event == "form_submitted":
        said |= {name: event.properties[name] for name in FORM_TRAITS if name in event.properties}
    cut = {
        name[:MAX_TRAIT_NAME]: value[:MAX_TRAIT_TEXT] if isinstance(value, str) else value
        for name, value in said.items()
        if name not in IN_TRAITS and _fits(value)
    }
    return cut if event.trusted else _sayable(cut)


def server_only(*path: str) -> bool:
    """Return whether only a server may set the trait of this name, or at this path of names.

    Case, separators and compatibility forms make no other name: ``leadOwner`` and ``lead.owner``
    are ``owner``. Objects that stand for the person are looked into (``{"user": {"tier": …}}``);
    the score of a quiz is not that of its player.
    """
    words = [_folded(word) for name in path for word in name.split(".")]
    while words[1:] and words[0] in THE_PERSON:
        del words[0]
    name = "".join(words)
    return bool({name, name.removeprefix("lead"), name.removeprefix("contact")} & SERVER_ONLY)


def _folded(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def _sayable(value: Any, *path: str) -> Any:
    """Return a value as a browser may say it: without what is for servers only."""
    if isinstance(value, dict):
        return {
            name: _sayable(inner, *path, name)
            for name, inner in value.items()
            if not server_only(*path, name)
        }
    return [_sayable(inner, *path) for inner in value] if isinstance(value, list) else value


def _fits(value: object) -> bool:
    return isinstance(value, str) or len(json.dumps(value, ensure_ascii=False)) <= MAX_TRAIT_TEXT


def learn(member: Member, event: Event, network: NetworkMatch | None) -> Member:
    """Return the member with what one event adds; the same event again adds nothing.

    Of two values for one trait the later one by (instant, messageId) is the last, the earlier one
    the first; of ``group`` calls the last stands, with all that it said. Crawlers' events teach
    nothing.
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
    if event.type == "group" and event.group_id is not None:
        told = Group(group_id=event.group_id, traits=said_of_group(event.group_traits), by=stamp)
        update["group"] = max(member.group or told, told, key=lambda group: group.by.order)
    if event.said:
        update["said"] = with_said(member.said, event)
    return member.model_copy(update=update) if update else member


def teaches(event: Event) -> bool:
    """Return whether a member could learn anything from an event beside who it names."""
    context = event.context
    return bool(event.traits or context.consent or context.ip or event.type == "group")


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
