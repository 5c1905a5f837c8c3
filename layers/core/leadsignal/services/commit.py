"""The one way to change a lead: apply, see who it is now, score, write on condition."""

from collections.abc import Callable, Iterable
from datetime import datetime

from leadsignal.domain.attributes import NO_ATTRIBUTES, AttributeBook
from leadsignal.domain.companies import as_said, company_behind
from leadsignal.domain.company_records import filled
from leadsignal.domain.conditions.lead_fields import LeadFields, timelines_of
from leadsignal.domain.conditions.selectors import is_marked
from leadsignal.domain.due import due_of
from leadsignal.domain.email import email_host
from leadsignal.domain.facts import facts_between
from leadsignal.domain.groups import group_domain
from leadsignal.domain.likeness import likeness_of
from leadsignal.domain.mail_checks import counts, domain_to_check
from leadsignal.domain.model.columns import row_of
from leadsignal.domain.model.predictor import Predictor
from leadsignal.domain.outcomes import outcome_of
from leadsignal.domain.playbook import Playbook
from leadsignal.domain.profiles import people, profile_of
from leadsignal.domain.rulebook import Rulebook
from leadsignal.domain.scoring import score_lead, settled_tier
from leadsignal.domain.secrets import derive
from leadsignal.domain.statements import values_under
from leadsignal.errors import ConflictError, NotFoundError
from leadsignal.models.companies import Company
from leadsignal.models.instants import DAY_MS, Instant, to_instant
from leadsignal.models.leads import (
    Entries,
    Lead,
    LeadCompany,
    Pointer,
    Score,
    ScoreCause,
    ScoreMark,
)
from leadsignal.models.messages import EnrichRequest, MailRequest
from leadsignal.models.predictions import Prediction
from leadsignal.models.profiles import Change, Profile, Settled
from leadsignal.models.tenants import Tenant
from leadsignal.ports import CompanyStore, LeadStore, MailDomains, Queue

ATTEMPTS = 5
DIGITS = 6  # of a probability, after the point
KEPT_SCORES = 20  # changes of the score that a lead remembers


def settle(
    before: Lead | None,
    lead: Lead,
    *,
    tenant: Tenant,
    mail: MailDomains,
    book: Playbook,
    now: datetime,
    cause: str | None = None,
    why: ScoreCause | None = None,
) -> Settled:
    """Return the next version of a lead: company, score, tier and fact count follow its members.

    Pure but for the look-up of the mail domain. ``before`` is the stored state, None for a new
    lead; ``cause`` the ``messageId`` behind the change, ``why`` what that was. Every change of a
    lead goes through here, so no score is ever older than its lead; but for one whose summaries do
    not know yet what the rules count, which keeps its score until its days were read again
    (``Cluster`` does).
    """
    gap_ms, country = tenant.session_gap_ms, tenant.default_country
    profile = profile_of(lead, gap_ms=gap_ms, country=country)
    members = people(lead)
    host = email_host(profile.email) if profile.email else None
    kind = mail.kind(host) if host else None
    stated = values_under("company", profile.provenance)
    company = company_behind(
        members,
        stated=stated,
        lead_id=lead.lead_id,
        business_domain=mail.registrable(host) if host and kind == "business" else None,
        group_domain=group_domain(members, mail),
        key=derive(tenant, "companies"),
        current=lead.company,
    )
    known = {"email_kind": kind, "company": as_said(company, members, stated=stated)}
    profile = profile.model_copy(update=known)
    at = to_instant(now)
    score, entries, fields = measured(lead, profile, tenant=tenant, book=book, now=at)
    tier, due = settled_tier(lead.fact_tier, score.score), lead.due
    if fields is not None:
        due = due_of(fields, score, book, told=tier, stored=due, now=at)
    settled = lead.model_copy(
        update={
            "version": (before.version if before else 0) + 1,
            "email_kind": kind,
            "email_check": profile.email_check,
            "company": company,
            "score": score,
            "history": _history(before, lead, score, company, why, now),
            "entries": entries.model_copy(update={"outcome": _decided(profile)}),
            "prediction": predicted(profile, tenant=tenant, model=book.model, now=at),
            "due": due,
            "fact_tier": tier,
            "committed_at": at,
            "anew": False,
        }
    )
    was = profile_of(before, gap_ms=gap_ms, country=country) if before and before.members else None
    facts = facts_between(before, was, settled, profile, tenant_id=tenant.tenant_id)
    told: dict[str, int | str | None] = {
        "sequence": (before.sequence if before else 0) + len(facts)
    }
    if facts:
        told["cause"] = cause
    likeness = likeness_of(profile, key=derive(tenant, "likeness"))
    return Settled(
        lead=settled.model_copy(update=told),
        profile=profile,
        likeness=likeness,
        news=bool(facts),
        had=before.entries if before else Entries(),
    )


def _history(
    before: Lead | None,
    lead: Lead,
    score: Score,
    company: LeadCompany | None,
    why: ScoreCause | None,
    now: datetime,
) -> tuple[ScoreMark, ...]:
    """Return the newest changes of the score, with this one if it is one."""
    old = before.score if before else Score()
    if before is not None and lead.history and score.score == old.score:
        return lead.history
    mark = ScoreMark(at=to_instant(now), score=score.score, cause=_cause(before, lead, score, why))
    if why is None and mark.cause == "time" and before and before.company != company:
        mark = mark.model_copy(update={"cause": "enrichment"})
    return (*lead.history, mark)[-KEPT_SCORES:]


def _cause(before: Lead | None, lead: Lead, score: Score, why: ScoreCause | None) -> ScoreCause:
    """Return why a score changed: what is rarer goes before what happens all the time."""
    if before is None:
        return why or "event"
    if before.score.override != score.override:
        return "override"
    if before.merged_from.keys() != lead.merged_from.keys():
        return "merge"
    if why is not None:
        return why
    by = (before.score.ruleset_id, before.score.ruleset_version)
    return "time" if by == (score.ruleset_id, score.ruleset_version) else "rules"


def fields_of(
    lead: Lead, profile: Profile, *, tenant: Tenant, attributes: AttributeBook = NO_ATTRIBUTES
) -> LeadFields:
    """Return a lead as rules see it, its attributes by their definitions."""
    days = [day for member in people(lead) for day in member.days.values()]
    return LeadFields(
        profile,
        timelines_of(days),
        statuses=tenant.statuses,
        attributes=attributes.compared(profile.attributes),
    )


def is_ready(lead: Lead, rules: Rulebook) -> bool:
    """Return whether the summaries of a lead know all that the rules count."""
    tracked = rules.tracked
    return not tracked or all(
        is_marked(day, tracked) for member in people(lead) for day in member.days.values()
    )


def measured(
    lead: Lead, profile: Profile, *, tenant: Tenant, book: Playbook, now: Instant
) -> tuple[Score, Entries, LeadFields | None]:
    """Return the score of a lead and the lists that it is in at an instant, and the fields by which
    it is so; what it has, by no fields, while it is not ready for what is counted."""
    if not is_ready(lead, book.rules):
        kept = () if profile.is_bot else lead.entries.segments.keys() & book.segments.ids
        return lead.score, _entries(lead, profile, kept, book, now), None
    fields = fields_of(lead, profile, tenant=tenant, attributes=book.attributes)
    score = score_lead(fields, book.rules, now=now)
    fields.score, fields.tier = score.score, score.tier
    return score, _entries(lead, profile, book.segments.of(fields, now), book, now), fields


def _entries(
    lead: Lead, profile: Profile, inside: Iterable[str], book: Playbook, now: Instant
) -> Entries:
    """Return the lists that a lead is in when it is inside these segments; in those that it was in
    before it has been since then."""
    since = lead.entries.segments
    return lead.entries.model_copy(
        update={
            "segments": {each: since.get(each, now) for each in sorted(inside)},
            "dropped": tuple(sorted(since.keys() - book.segments.ids)),
            "attributes": book.attributes.keys(profile.attributes),
        }
    )


def _decided(profile: Profile) -> Instant | None:
    """Return when it was decided what became of a lead, as far as somebody said it of the lead."""
    outcome = None if profile.is_bot else outcome_of(profile)
    return outcome.at if outcome else None


def predicted(
    profile: Profile, *, tenant: Tenant, model: Predictor | None, now: Instant
) -> Prediction | None:
    """Return how likely a lead is to be won, by the model; None without one."""
    if model is None:
        return None
    row = row_of(LeadFields(profile, {}, statuses=tenant.statuses), now)
    likely = round(model.probability(row), DIGITS)
    least = 10**-DIGITS  # what is told is never nothing, nor certain
    return Prediction(probability=min(max(likely, least), 1 - least), model_id=model.model_id)


def is_sorted(lead: Lead, *, tenant: Tenant, book: Playbook, now: Instant) -> bool:
    """Return whether a lead is in the segments that it would be in if it was committed now, and is
    due in time for when that changes."""
    profile = profile_of(lead, gap_ms=tenant.session_gap_ms, country=tenant.default_country)
    score, entries, fields = measured(lead, profile, tenant=tenant, book=book, now=now)
    if fields is None or entries.segments != lead.entries.segments:
        return False
    told = settled_tier(lead.fact_tier, score.score)
    return lead.due == due_of(fields, score, book, told=told, stored=lead.due, now=now)


def is_current(before: Lead, after: Lead) -> bool:
    """Return whether a lead says what it would say if it was committed again."""
    entries = after.entries.model_copy(update={"dropped": before.entries.dropped})
    same = {"version": before.version, "committed_at": before.committed_at, "anew": before.anew}
    return before == after.model_copy(update=same | {"entries": entries})


def settle_with_company(
    before: Lead | None,
    lead: Lead,
    *,
    tenant: Tenant,
    mail: MailDomains,
    companies: CompanyStore,
    book: Playbook,
    now: datetime,
    cause: str | None = None,
    why: ScoreCause | None = None,
) -> Settled:
    """Return as ``settle``, with the company's record filled in when that is on file already, and
    made when it is not."""
    settled = settle(
        before, lead, tenant=tenant, mail=mail, book=book, now=now, cause=cause, why=why
    )
    company = settled.lead.company
    if company is None or company.enriched_at is not None or settled.profile.is_bot:
        return settled
    had = before.company.id if before and before.company else None
    if company.domain is None and had == company.id:
        return settled
    record = companies.company(company.id)
    founds = None
    if record is None or not record.has_leads:
        founds = founded(settled)
        if founds and record:
            founds = founds.model_copy(update={"version": record.version + 1})
    if record is not None and (record.enriched_at is not None or record.said):
        full = filled(company, record)
        known = lead.model_copy(update={"company": full})
        settled = settle(
            before, known, tenant=tenant, mail=mail, book=book, now=now, cause=cause, why=why
        )
    return settled.model_copy(update={"founds": founds})


def founded(settled: Settled) -> Company | None:
    """Return the company of a lead as it is first known, None where the lead has none."""
    known = settled.profile.company
    if known is None:
        return None
    return Company(
        id=known.id,
        version=1,
        domain=known.domain,
        first_known=known,
        created_at=settled.lead.committed_at,
    )


def change_lead(
    lead_id: str,
    change: Callable[[Lead], Lead],
    *,
    tenant: Tenant,
    leads: LeadStore,
    mail: MailDomains,
    book: Playbook,
    now: datetime,
    cause: str | None = None,
) -> Lead:
    """Load a lead, apply ``change``, settle and write it; on a conflict begin again.

    A lead that was merged away is changed where it lives now. A change that changes nothing
    writes nothing. ``cause`` is the ``messageId`` of the event behind the change, if there is one.

    Raises:
        NotFoundError: there is no such lead.
        ConflictError: others kept winning the write.
    """
    for _ in range(ATTEMPTS):
        slot = leads.slot(lead_id, consistent=True)
        while isinstance(slot, Pointer):
            slot = leads.slot(slot.into, consistent=True)
        if not isinstance(slot, Lead):
            raise NotFoundError("lead")
        changed = change(slot)
        if changed == slot:
            return slot
        settled = settle(slot, changed, tenant=tenant, mail=mail, book=book, now=now, cause=cause)
        try:
            leads.write(Change(settled=(settled,)))
        except ConflictError:
            continue
        return settled.lead
    raise ConflictError("others kept changing the lead")


def ask_to_enrich(lead: Lead, *, tenant: Tenant, queue: Queue) -> None:
    """Ask for the record of a company that nobody has looked up yet, and for the check of an e-mail
    that nobody has checked."""
    requests = (_company_request(lead, tenant), _mail_request(lead, tenant))
    bodies = [request.model_dump_json(exclude_none=True) for request in requests if request]
    if bodies:
        queue.send(bodies, group=tenant.tenant_id)


def _company_request(lead: Lead, tenant: Tenant) -> EnrichRequest | None:
    """Return what asks for a company that nobody has looked up yet, or not for too long; or for
    that of a lead which is worth those who cost something, when only others were asked."""
    company = lead.company
    if company is None or company.domain is None:
        return None
    deep = lead.score.score >= tenant.enrichment_min_score
    old = lead.committed_at - tenant.company_days * DAY_MS
    fresh = company.enriched_at is not None and company.enriched_at > old
    asked = company.deep_until is not None and company.deep_until > lead.committed_at
    if fresh and (asked or not deep):
        return None
    return EnrichRequest(
        tenant_id=tenant.tenant_id,
        lead_id=lead.lead_id,
        company_id=company.id,
        domain=company.domain,
        deep=deep,
        cause=lead.cause,
    )


def _mail_request(lead: Lead, tenant: Tenant) -> MailRequest | None:
    at, check = lead.committed_at, lead.email_check
    if lead.email_kind is None or (check is not None and counts(check, now=at)):
        return None
    gap_ms, country = tenant.session_gap_ms, tenant.default_country
    profile = profile_of(lead, gap_ms=gap_ms, country=country)
    domain = domain_to_check(profile.email, lead.email_kind, profile.email_check, now=at)
    if domain is None:
        return None
    return MailRequest(
        tenant_id=tenant.tenant_id, lead_id=lead.lead_id, domain=domain, cause=lead.cause
    )
