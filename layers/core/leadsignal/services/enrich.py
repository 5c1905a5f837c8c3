"""Fills companies in the background: the record, from providers; then its leads, through commit."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from leadsignal.domain.company_records import due, filled
from leadsignal.domain.playbook import Playbook
from leadsignal.errors import NotFoundError
from leadsignal.models.companies import Company
from leadsignal.models.enrichment import Lookup
from leadsignal.models.instants import Instant
from leadsignal.models.leads import Lead
from leadsignal.models.messages import LAST_ATTEMPT, CompanyRequest, EnrichRequest, SpreadRequest
from leadsignal.ports import CompanyLeads, LeadStore, MailDomains, Queue
from leadsignal.services.commit import change_lead
from leadsignal.services.flights import Asking, LookupDesk, Sources
from leadsignal.services.lookups import place_of
from leadsignal.services.waterfall import after_asking, ask_for_company, question, save

PATIENCE_MS = 10_000  # how long one message waits for providers
FIRST_PAUSE_SECONDS = 15
LONGEST_PAUSE_SECONDS = 900
SPREAD = 100  # leads that one message brings a company to


class Bench(NamedTuple):
    """Everything that filling one tenant's companies needs."""

    desk: LookupDesk
    leads: LeadStore
    of_company: CompanyLeads
    mail: MailDomains
    queue: Queue
    book: Playbook


def enrich(request: EnrichRequest, *, bench: Bench) -> Lead | None:
    """Fill the company that a lead belongs to and return the lead, rescored.

    Who gave no answer is asked again later; the lead gets what is known by now. Returns None when
    the lead is gone. Doing it again changes nothing.

    Raises:
        ConflictError, TransientError: try again.
    """
    record = _enriched(
        CompanyRequest(
            tenant_id=request.tenant_id,
            company_id=request.company_id,
            domain=request.domain,
            deep=request.deep,
        ),
        bench,
    )
    return fill(request.lead_id, record, bench=bench, cause=request.cause)


def complete(request: CompanyRequest, *, bench: Bench) -> Company:
    """Ask for what is not known yet of a company, and return its record; its change reaches leads
    and receivers by the stream.

    Raises:
        ConflictError, TransientError: try again.
    """
    return _enriched(request, bench)


def spread(request: SpreadRequest, *, bench: Bench) -> int:
    """Bring a company to its next leads, ask for the rest in another message, and return how many
    leads these were. Doing it again changes nothing.

    Raises:
        ConflictError, TransientError: try again.
    """
    record = bench.desk.companies.company(request.company_id, consistent=True)
    if record is None:
        return 0
    ids, position = bench.of_company.leads_of(request.company_id, after=request.after, most=SPREAD)
    for lead_id in ids:
        fill(lead_id, record, bench=bench)
    if position is not None:
        rest = request.model_copy(update={"after": position})
        bench.queue.send([rest.model_dump_json(exclude_none=True)], group=request.tenant_id)
    return len(ids)


def fill(lead_id: str, record: Company, *, bench: Bench, cause: str | None = None) -> Lead | None:
    """Bring a company's record to one of its leads; return the lead, None when it is gone.

    Raises:
        ConflictError, TransientError: try again.
    """
    now: Callable[[], datetime] = bench.desk.now

    def known(lead: Lead) -> Lead:
        if lead.company is None or lead.company.id != record.id:
            return lead
        return lead.model_copy(update={"company": filled(lead.company, record)})

    try:
        return change_lead(
            lead_id,
            known,
            tenant=bench.desk.tenant,
            leads=bench.leads,
            mail=bench.mail,
            book=bench.book,
            now=now(),
            cause=cause,
        )
    except NotFoundError:
        return None


def _enriched(request: CompanyRequest, bench: Bench) -> Company:
    """Return the company's record, asking whoever is due; ask again later who gave no answer."""
    desk, sources = bench.desk, bench.desk.sources()
    stored = desk.companies.company(request.company_id)
    now = desk.instant
    record = stored or Company(id=request.company_id, domain=request.domain, created_at=now)
    lookup = Lookup(kind="domain", value=request.domain)
    asking = Asking(until=now + PATIENCE_MS, deep=request.deep)
    if stored is not None and _is_enough(stored, lookup, asking, sources, now):
        return stored
    outcome = ask_for_company(
        record,
        lookup,
        place_of("domain", request.domain, desk.tenant),
        asking=asking,
        sources=sources,
        desk=desk,
        show=lambda _: None,
    )
    found = after_asking(outcome, asking=asking, sources=sources, desk=desk)
    saved = save(found, desk.companies)
    if found.retry_at is not None and request.attempt < LAST_ATTEMPT:
        again = request.model_copy(update={"attempt": request.attempt + 1})
        bench.queue.send(
            [again.model_dump_json(exclude_none=True)],
            group=request.tenant_id,
            delay_seconds=_pause(request.attempt, found.retry_at - desk.instant),
        )
    return saved


def _is_enough(
    record: Company, lookup: Lookup, asking: Asking, sources: Sources, now: Instant
) -> bool:
    """Return whether nobody need be asked, and the record says so."""
    if record.enriched_at is None or record.retry_at is not None:
        return False
    if asking.deep and (record.deep_until is None or record.deep_until <= now):
        return False
    usable = [p for p, source in sources if question(lookup, record.domain, p, source)]
    return not due(record, usable, now=now, deep=asking.deep)


def _pause(attempt: int, wanted_ms: int) -> int:
    """Return after how many seconds to try again: later each time, not before it is allowed."""
    backoff: int = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
    return min(LONGEST_PAUSE_SECONDS, max(backoff, -(-wanted_ms // 1_000)))
