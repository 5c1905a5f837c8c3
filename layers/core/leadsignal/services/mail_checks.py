"""Checks the e-mail of leads: whether its domain takes mail, and what a provider says of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from leadsignal.domain.email import email_host
from leadsignal.domain.mail_checks import domain_to_check, found_by_dns, tried_by
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import profile_of
from leadsignal.errors import NotFoundError
from leadsignal.models.enrichment import MailVerdict
from leadsignal.models.instants import Instant, to_instant
from leadsignal.models.leads import Lead
from leadsignal.models.mail import KnownMailHost, MailHost
from leadsignal.models.messages import MailRequest
from leadsignal.models.tenants import Tenant
from leadsignal.ports import LeadStore, MailDomains, MailExchange
from leadsignal.services.commit import change_lead

TIMEOUT_MS = 1_500
KEPT = {"yes": timedelta(days=7), "no": timedelta(days=1), "unknown": timedelta(minutes=10)}


class MailHosts(Protocol):
    """What is known of mail domains, for all tenants."""

    def get(self, domain: str, *, now: Instant) -> KnownMailHost | None: ...
    def put(self, domain: str, known: KnownMailHost) -> None: ...


class MailDesk(NamedTuple):
    """Everything that checking the e-mail of one tenant's leads needs."""

    tenant: Tenant
    leads: LeadStore
    mail: MailDomains
    book: Playbook
    exchange: MailExchange
    hosts: MailHosts


def check_mail(request: MailRequest, *, desk: MailDesk, now: Callable[[], datetime]) -> Lead | None:
    """Find out whether the domain of a lead's e-mail takes mail, and return the lead, rescored.

    Returns None when the lead is gone. Doing it again changes nothing while the answer counts.

    Raises:
        ConflictError, TransientError: try again.
    """
    found = mail_host(request.domain, desk=desk, now=now())
    moment = now()
    try:
        return change_lead(
            request.lead_id,
            lambda lead: with_mail_host(lead, request.domain, found, desk.tenant, now=moment),
            tenant=desk.tenant,
            leads=desk.leads,
            mail=desk.mail,
            book=desk.book,
            now=moment,
            cause=request.cause,
        )
    except NotFoundError:
        return None


def mail_host(domain: str, *, desk: MailDesk, now: datetime) -> MailHost:
    """Return whether a domain takes mail: as it is known for ``KEPT``, else asked for now."""
    known = desk.hosts.get(domain, now=to_instant(now))
    if known is not None:
        return known.found
    found = desk.exchange.takes_mail(domain, timeout_ms=TIMEOUT_MS)
    expires_at = to_instant(now + KEPT[found])
    desk.hosts.put(domain, KnownMailHost(found=found, expires_at=expires_at))
    return found


def with_mail_host(
    lead: Lead, domain: str, found: MailHost, tenant: Tenant, *, now: datetime
) -> Lead:
    """Return a lead with what the DNS said of the domain of its e-mail; as it was, where that is on
    another domain by now or was checked meanwhile."""
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    at, check = to_instant(now), profile.email_check
    wanted = domain_to_check(profile.email, lead.email_kind, check, now=at)
    if profile.email is None or wanted != domain:
        return lead
    return lead.model_copy(update={"email_check": found_by_dns(profile.email, found, check, at=at)})


def with_verdict(
    lead: Lead, email: str, verdict: MailVerdict, *, tenant: Tenant, now: datetime
) -> Lead:
    """Return a lead with what a provider said of its mailbox; as it was, where it shows another
    address by now. What the DNS said of the domain stays."""
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    if profile.email != email or email_host(email) is None:
        return lead
    check = tried_by(email, verdict, profile.email_check, at=to_instant(now))
    return lead.model_copy(update={"email_check": check})
