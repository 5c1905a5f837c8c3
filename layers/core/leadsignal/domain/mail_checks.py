"""What an e-mail address is good for: its role, its verdict, and when it is to be asked for."""

from datetime import timedelta

from leadsignal.domain.email import email_host
from leadsignal.models.enrichment import MailVerdict
from leadsignal.models.instants import Instant
from leadsignal.models.mail import MailCheck

CHECKED_FOR = timedelta(days=90)
UNKNOWN_FOR = timedelta(hours=1)

_ROLES = {
    "abuse", "accounting", "accounts", "admin", "administration", "administrator",
    "administracion", "administracao", "billing", "bookings", "buchhaltung", "careers",
    "compliance", "comercial", "commercial", "compras", "comptabilite", "contact", "contacto",
    "contato", "contatti", "customercare", "customerservice", "datenschutz", "desk",
    "direction", "dpo", "einkauf", "enquiries", "feedback", "finance", "finanzen", "founders",
    "fragen", "hello", "help", "helpdesk", "hi", "hola", "hostmaster", "hr", "info",
    "informacion", "informatie", "information", "inkoop", "inquiries", "investors", "invoice",
    "invoices", "it", "jobs", "karriere", "klantenservice", "kontakt", "kundenservice", "legal",
    "mail", "mailerdaemon", "marketing", "media", "news", "newsletter", "noreply", "donotreply",
    "office", "orders", "partners", "payroll", "personal", "postmaster", "press", "presse",
    "privacy", "procurement", "purchasing", "rechnung", "recruiting", "reception", "rh", "root",
    "sales", "secretariat", "security", "sekretariat", "service", "shop", "soporte", "spam",
    "staff", "subscribe", "suporte", "support", "team", "tech", "ufficio", "unsubscribe",
    "ventas", "verkauf", "verkoop", "vendas", "vertrieb", "vente", "ventes", "webmaster",
    "welcome",
}  # fmt: skip
_SEPARATORS = str.maketrans("", "", ".-_")


def is_role_account(email: str) -> bool:
    """Return whether an address names a function (``info@``, ``no-reply@``), not a person.

    What stands behind a plus sign, separators and digits at the end make no difference.
    """
    local = email.rpartition("@")[0].partition("+")[0]
    return local.translate(_SEPARATORS).rstrip("0123456789") in _ROLES


def domain_to_check(
    email: str | None, kind: str | None, check: MailCheck | None, *, now: Instant
) -> str | None:
    """Return the domain that the DNS is to be asked about, None when there is nothing to ask.

    Large free mailers and disposable domains are known without. What was found counts for
    ``CHECKED_FOR``, that nobody could say for ``UNKNOWN_FOR``.
    """
    if email is None or kind != "business":
        return None
    if check is not None and check.email == email and counts(check, now=now):
        return None
    return email_host(email)


def counts(check: MailCheck, *, now: Instant) -> bool:
    """Return whether what was found out still counts."""
    kept = UNKNOWN_FOR if check.mx == "unknown" else CHECKED_FOR
    return now < check.checked_at + kept // timedelta(milliseconds=1)


def found_by_dns(email: str, mx: str, before: MailCheck | None, *, at: Instant) -> MailCheck:
    """Return the check of an address with what the DNS said now; what a provider found of the same
    mailbox stays, as long as that counts."""
    fresh = MailCheck.model_validate({"email": email, "mx": mx, "checked_at": at})
    if before is None or before.email != email:
        return fresh
    if mx == "unknown":
        return before
    kept_ms = CHECKED_FOR // timedelta(milliseconds=1)
    if before.mailbox is not None and at < before.checked_at + kept_ms:
        return before.model_copy(update={"mx": mx})
    return fresh


def tried_by(
    email: str, verdict: MailVerdict, before: MailCheck | None, *, at: Instant
) -> MailCheck:
    """Return the check of an address with what a provider found of its mailbox."""
    same = before is not None and before.email == email
    return MailCheck(
        email=email,
        mx=before.mx if before is not None and same else "unknown",
        mailbox=verdict.deliverable,
        source=verdict.provider,
        checked_at=at,
    )
