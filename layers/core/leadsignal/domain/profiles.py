"""A lead's members put together: one person, whatever the order in which they were told of."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, get_args

from leadsignal.domain.activity import merge_tallies
from leadsignal.domain.companies import as_said
from leadsignal.domain.email import email_hash
from leadsignal.domain.groups import last_group
from leadsignal.domain.mail_checks import is_role_account
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.person_names import PersonName, person_name, split_name
from leadsignal.domain.normalise.phones import e164_of
from leadsignal.domain.normalise.text import tidy
from leadsignal.domain.sessions import sessions_of
from leadsignal.domain.statements import CREATED, OUTCOME, merge_said, values_under
from leadsignal.models.activity import DaySummary, MarkedTouch, Session
from leadsignal.models.instants import Instant
from leadsignal.models.leads import (
    Consent,
    IdentifierKind,
    KnownIdentifier,
    Lead,
    Member,
    TraitValue,
)
from leadsignal.models.outcomes import Outcome
from leadsignal.models.profiles import Profile
from leadsignal.models.touches import TouchMark

_ALIASES = {
    "first_name": ("first_name", "firstName", "firstname"),
    "last_name": ("last_name", "lastName", "lastname"),
    "phone": ("phone", "phone_number", "phoneNumber"),
    "title": ("title", "job_title", "jobTitle"),
}
STRONG_KINDS = ("user_id", "crm_id", "email")


def merge_traits(members: Iterable[Member]) -> dict[str, TraitValue]:
    """Return each trait's first and last value over all members, by (instant, messageId)."""
    merged: dict[str, TraitValue] = {}
    for member in members:
        for name, value in member.traits.items():
            merged[name] = merge_trait(merged[name], value) if name in merged else value
    return merged


def merge_trait(one: TraitValue, other: TraitValue) -> TraitValue:
    """Return the earlier first and the later last of two."""
    first = min(one, other, key=lambda t: t.first_by.order)
    last = max(one, other, key=lambda t: t.last_by.order)
    return TraitValue(
        first=first.first, first_by=first.first_by, last=last.last, last_by=last.last_by
    )


def merge_consent(members: Iterable[Member]) -> dict[str, bool]:
    """Return consent per purpose: each member's last word, and of these the stricter."""
    allowed: dict[str, bool] = {}
    for member in members:
        for purpose, consent in member.consent.items():
            allowed[purpose] = allowed.get(purpose, True) and consent.allowed
    return allowed


def later_consent(one: Consent | None, other: Consent) -> Consent:
    """Return the later of two statements on one purpose; of the same event, the stricter."""
    if one is None:
        return other
    return max(one, other, key=lambda c: (*c.by.order, not c.allowed))


def merge_identifiers(
    members: Iterable[Member], refused: Collection[str] = ()
) -> tuple[KnownIdentifier, ...]:
    """Return the identifiers of all members but the ``refused`` ones, strongest kind first, then by
    first sight. A hashed e-mail is not shown beside its plain address, a record id not at all."""
    merged: dict[tuple[str, str], KnownIdentifier] = {}
    for member in members:
        for name, found in member.sightings.items():
            if name in refused or found.severed or found.kind == "record_id":
                continue
            comparable = email_hash(found.value) if found.kind == "email" else found.value
            new = KnownIdentifier(
                kind=found.kind,
                value=found.value,
                first_seen_at=found.first.at,
                verified=found.vouched is not None,
            )
            there = merged.get((found.kind, comparable), new)
            merged[found.kind, comparable] = new.model_copy(
                update={
                    "value": max(new.value, there.value, key=lambda v: not v.startswith("sha256:")),
                    "first_seen_at": min(new.first_seen_at, there.first_seen_at),
                    "verified": new.verified or there.verified,
                }
            )
    rank = list(get_args(IdentifierKind.__value__))
    return tuple(
        sorted(merged.values(), key=lambda i: (rank.index(i.kind), i.first_seen_at, i.value))
    )


def touches_of(
    marks: Sequence[MarkedTouch], sessions: Sequence[Session]
) -> tuple[MarkedTouch, ...]:
    """Return the touches of a lead, oldest first.

    A session in which nothing marks a touch, but a page was viewed, is a direct visit.
    """
    touches = list(marks)
    for session in sessions:
        if session.entry and not any(session.start <= m.at <= session.end for m in marks):
            mark = TouchMark(channel="direct", landing_url=session.entry)
            touches.append(MarkedTouch(at=session.start, mark=mark))
    return tuple(sorted(touches, key=lambda t: (t.at, t.mark.model_dump_json())))


def people(lead: Lead) -> list[Member]:
    """Return the members that are no scanners', in the order of their slots."""
    return [lead.members[slot] for slot in sorted(lead.members) if not lead.members[slot].scanner]


def last_seen(lead: Lead) -> Instant | None:
    """Return the instant of the last event of a person, or None."""
    return max((run.end for day in _days(people(lead)) for run in day.runs), default=None)


def _days(members: Iterable[Member]) -> list[DaySummary]:
    return [day for member in members for day in member.days.values()]


def profile_of(lead: Lead, *, gap_ms: int, country: str | None) -> Profile:
    """Return the person behind a lead.

    What people and their systems said goes before what events say, until they withdraw it. Else the
    e-mail is the one seen first by this lead's events, and names fall back to the two halves of a
    ``name`` trait. All fields are in the form in which they are kept (``domain.normalise``), phones
    without a country code by the country that was said of the lead, else ``country``; traits stay
    as they came. What scanners did counts as crawlers' events do, earlier events included.
    """
    every = [lead.members[slot] for slot in sorted(lead.members)]
    members = people(lead)
    days = _days(members)
    counted = sum(day.events for day in days)
    sessions = sessions_of((run for day in days for run in day.runs), gap_ms=gap_ms)
    said = merge_said(every)
    told = {path: found.value for path, found in said.items() if found.value is not None}
    learned = {name: value.last for name, value in merge_traits(members).items()}
    traits = dict(sorted((learned | values_under("traits", said)).items()))
    identifiers = merge_identifiers(every, lead.refused)
    created_at = min(member.first_received_at for member in every)
    updated_at = max(lead.committed_at, created_at)
    marks = sorted((t for day in days for t in day.touches), key=lambda t: t.at)
    name = _name(told, traits)
    email = _email(identifiers, told.get("email"))
    check = lead.email_check
    return Profile(
        is_known=any(i.kind in STRONG_KINDS for i in identifiers),
        identifiers=identifiers,
        email=email,
        email_kind=lead.email_kind,
        email_role=email is not None and is_role_account(email),
        email_check=check if check is not None and check.email == email else None,
        first_name=name.first,
        last_name=name.last,
        phone=told.get("phone") or _phone(traits, members, told.get("company.country"), country),
        title=told.get("title", _text(traits, "title")),
        company=as_said(lead.company, members, stated=values_under("company", said)),
        status=told.get("status"),
        owner=told.get("owner"),
        source=told.get("source"),
        tags=tuple(sorted(values_under("tags", said))),
        traits=traits,
        attributes=values_under("attributes", said),
        outcome=Outcome.model_validate(told[OUTCOME]) if OUTCOME in told else None,
        provenance={p: found for p, found in said.items() if p in told and p != CREATED},
        created_by=said.get(CREATED),
        updated_by=max(said.values(), key=lambda found: found.by.order, default=None),
        consent=merge_consent(members),
        names=merge_tallies(day.names for day in days),
        pages=merge_tallies(day.pages for day in days),
        sessions=tuple(sessions),
        touches=touches_of(marks, sessions),
        past_sessions=sum(day.more_sessions for day in days),
        past_visits=sum(day.more_visits for day in days),
        event_count=counted,
        bot_count=sum(day.events + day.bots for day in _days(every)) - counted,
        first_seen_at=min((s.start for s in sessions), default=created_at),
        last_seen_at=max((s.end for s in sessions), default=updated_at),
        created_at=created_at,
        updated_at=updated_at,
    )


def _email(identifiers: Iterable[KnownIdentifier], said: str | None) -> str | None:
    """Return the address to show: the one that was said, as long as it is the lead's."""
    addresses = [identifier.value for identifier in identifiers if _is_address(identifier)]
    return said if said in addresses else next(iter(addresses), None)


def _is_address(identifier: KnownIdentifier) -> bool:
    return identifier.kind == "email" and not identifier.value.startswith("sha256:")


def _texts(traits: dict[str, Any], field: str) -> list[str]:
    values = [traits[name] for name in _ALIASES[field] if name in traits]
    return [text for value in values if isinstance(value, str) and (text := tidy(value))]


def phones_in(traits: dict[str, Any]) -> list[str]:
    """Return the phone numbers among traits as they were said, readable or not."""
    return _texts(traits, "phone")


def _text(traits: dict[str, Any], field: str) -> str | None:
    return next(iter(_texts(traits, field)), None)


def _name(told: dict[str, Any], traits: dict[str, Any]) -> PersonName:
    learned = PersonName(_text(traits, "first_name"), _text(traits, "last_name"))
    whole = traits.get("name")
    if learned == (None, None) and isinstance(whole, str):
        learned = split_name(whole)
    return person_name(told.get("first_name", learned.first), told.get("last_name", learned.last))


def _phone(
    traits: dict[str, Any], members: Iterable[Member], said: str | None, country: str | None
) -> str | None:
    """Return the first phone number among the traits that can be read, as E.164."""
    numbers = phones_in(traits)
    if not numbers:
        return None
    countries = (*_countries(traits, members), said, country)
    return next((e for text in numbers if (e := e164_of(text, countries=countries))), None)


def _countries(traits: dict[str, Any], members: Iterable[Member]) -> Iterator[str | None]:
    """Yield the countries that events say a lead or its account is in."""
    group, address = last_group(members), traits.get("address")
    sources = (traits, address, group.traits if group else None)
    for source in sources:
        named = source.get("country") if isinstance(source, dict) else None
        yield country_code(named) if isinstance(named, str) else None
