"""Asks those providers that know whether a mailbox takes mail, and pays for what they say."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain.email import email_host
from leadsignal.domain.mail_checks import counts
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import NoCreditsError, ProviderError, TransientError
from leadsignal.models.credits import LookupOutcome, Purchase, Reservation
from leadsignal.models.enrichment import Lookup, MailVerdict
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.mail import MailCheck
from leadsignal.models.providers import Provider, ProviderKind
from leadsignal.ports import NewId, Source
from leadsignal.services import credits
from leadsignal.services.commit import change_lead
from leadsignal.services.credits import Cashier
from leadsignal.services.enrich import Bench
from leadsignal.services.flights import LookupDesk
from leadsignal.services.mail_checks import with_verdict

TELLING: frozenset[ProviderKind] = frozenset({"hunter"})
"""Kinds of providers that know mailboxes; all others speak of the company behind one."""

LEAST_MS = 100  # nobody is asked who would have less time


class Postmaster(NamedTuple):
    """Everything that asking about mailboxes for one tenant needs; a key pays, or the tenant."""

    sources: Callable[[], Sequence[tuple[Provider, Source]]]
    cashier: Cashier
    key_id: str | None
    daily_credits: int | None
    new_id: NewId
    now: Callable[[], datetime]


def verdict_on(email: str, *, postmaster: Postmaster, until: Instant) -> MailVerdict | None:
    """Return what the first provider says that knows a mailbox, None when nobody does in time.

    A verdict is charged for, anything else is not. What a provider is not sure enough of is no
    verdict.

    Raises:
        NoCreditsError: nobody knew, and somebody could not be asked for want of credits.
    """
    lookup = Lookup(kind="email", value=email)
    lacking: NoCreditsError | None = None
    for provider, source in postmaster.sources():
        left_ms = until - to_instant(postmaster.now())
        if provider.kind not in TELLING or left_ms < LEAST_MS:
            continue
        try:
            verdict = _asked(lookup, provider, source, until, postmaster)
        except NoCreditsError as error:
            lacking = lacking or error
            continue
        if verdict is not None:
            return verdict
    if lacking is not None:
        raise lacking
    return None


def check_mailbox(lead: Lead, *, until: Instant, desk: LookupDesk, bench: Bench) -> Lead:
    """Ask about the mailbox of a lead, unless somebody has told, and return the lead, rescored.

    Without credits, or where nobody knows in time, it stays as it is.

    Raises:
        ConflictError, NotFoundError, TransientError: what was said could not be kept.
    """
    tenant, now = desk.tenant, desk.now()
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    email, check = profile.email, profile.email_check
    if email is None or email_host(email) is None or (check and _is_told(email, check, now)):
        return lead
    payer = desk.payer
    postmaster = Postmaster(
        desk.sources, payer.cashier, payer.key_id, payer.daily_credits, desk.new_id, desk.now
    )
    try:
        verdict = verdict_on(email, postmaster=postmaster, until=until)
    except NoCreditsError:
        return lead
    if verdict is None:
        return lead
    return change_lead(
        lead.lead_id,
        lambda found: with_verdict(found, email, verdict, tenant=tenant, now=now),
        tenant=tenant,
        leads=bench.leads,
        mail=bench.mail,
        book=bench.book,
        now=now,
    )


def _is_told(email: str, check: MailCheck, now: datetime) -> bool:
    return check.email == email and check.mailbox is not None and counts(check, now=to_instant(now))


def _asked(
    lookup: Lookup, provider: Provider, source: Source, until: Instant, postmaster: Postmaster
) -> MailVerdict | None:
    with suppress(TransientError):
        held = _reserved(provider, until, postmaster) if provider.credits else None
        left_ms = max(LEAST_MS, until - to_instant(postmaster.now()))
        outcome: LookupOutcome = "failure"
        verdict: MailVerdict | None = None
        with suppress(ProviderError):
            answer = source.ask(lookup, timeout_ms=min(provider.timeout_ms, left_ms))
            said = answer.mail
            verdict = said if said and said.confidence >= provider.min_confidence else None
            outcome = "hit" if verdict else "miss"
        _settle(outcome, held, provider, postmaster)
        return verdict
    return None


def _reserved(provider: Provider, until: Instant, postmaster: Postmaster) -> Reservation:
    """Return the credits that are set aside, if that can be done in time."""
    now, cashier = postmaster.now(), postmaster.cashier
    patience = min(cashier.patience_seconds, (until - to_instant(now)) / 1_000)
    purchase = Purchase(
        reservation_id=postmaster.new_id("res"),
        credits=provider.credits,
        provider=provider.id,
        kind="email",
        key_id=postmaster.key_id,
        daily_credits=postmaster.daily_credits,
    )
    hasty = cashier._replace(patience_seconds=patience)
    return credits.reserve(purchase, cashier=hasty, now=now)


def _settle(
    outcome: LookupOutcome, held: Reservation | None, provider: Provider, postmaster: Postmaster
) -> None:
    """Charge for a verdict and give back the rest; where storage fails, it goes back by itself."""
    cashier, now = postmaster.cashier, postmaster.now()
    with suppress(TransientError):
        if held is None:
            credits.count_free(
                outcome,
                provider=provider.id,
                key_id=postmaster.key_id,
                cashier=cashier,
                now=now,
            )
        elif outcome == "hit":
            credits.charge(held, held.credits, cashier=cashier, now=now)
        else:
            credits.refund(held, outcome, cashier=cashier, now=now)
