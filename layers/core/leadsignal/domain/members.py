"""What a member learns from its events: traits, consent, network. Order never matters."""

from typing import Any

from leadsignal.domain.profiles import later_consent, merge_trait
from leadsignal.models.enrichment import NetworkMatch
from leadsignal.models.events import Event
from leadsignal.models.leads import Consent, Member, Network, Stamp, TraitValue

MAX_TRAITS = 100
MAX_TRAIT_TEXT = 1024
FORM_TRAITS = ("first_name", "last_name", "name", "phone", "title", "company", "job_title")
SERVER_ONLY = {
    "owner", "status", "score", "tier", "verified", "email_verified", "phone_verified", "plan",
}  # fmt: skip


def traits_of(event: Event) -> dict[str, Any]:
    """Return the traits an event says of its person.

    The fields of a submitted form that describe a person count as traits. A browser's key cannot
    set what only a server may say (``SERVER_ONLY``). The e-mail is an identifier, not a trait.
    """
    said = dict(event.traits)
    if event.event == "form_submitted":
        said |= {name: event.properties[name] for name in FORM_TRAITS if name in event.properties}
    return {
        name: value[:MAX_TRAIT_TEXT] if isinstance(value, str) else value
        for name, value in said.items()
        if name != "email" and (event.trusted or name not in SERVER_ONLY)
    }


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
        traits = dict(member.traits)
        for name, value in said.items():
            new = TraitValue(first=value, first_by=stamp, last=value, last_by=stamp)
            if name in traits:
                traits[name] = merge_trait(traits[name], new)
            elif len(traits) < MAX_TRAITS:
                traits[name] = new
        update["traits"] = traits
    if event.context.consent:
        consent = dict(member.consent)
        for purpose, allowed in event.context.consent.items():
            said_now = Consent(allowed=allowed, by=stamp)
            consent[purpose] = later_consent(consent.get(purpose), said_now)
        update["consent"] = consent
    if network is not None and (member.network is None or member.network.by.order < stamp.order):
        update["network"] = Network(match=network, by=stamp)
    return member.model_copy(update=update) if update else member
