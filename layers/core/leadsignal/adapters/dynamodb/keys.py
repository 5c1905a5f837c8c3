"""Every primary and index key of the four tables; nothing else builds one.

Personal identifiers come here only as keyed hashes: lead ids are HMACs, and a member is named by
the id of its identity slot.
"""

import base64
import hashlib
from typing import NamedTuple

from leadsignal.models.instants import DAY_MS, Instant

HOUR_MS = DAY_MS // 24
EXACT_FROM = 40  # the edge between cold and qualified
COARSE_STEP = 20


class Key(NamedTuple):
    """Primary key of one item."""

    pk: str
    sk: str


def tenant_of(pk: str) -> str:
    """Return the tenant that the item of this partition key belongs to."""
    return pk.split("#")[1]


def tenant(tenant_id: str) -> Key:
    """ConfigTable: a tenant and its settings."""
    return Key(f"T#{tenant_id}", "TENANT")


def api_key(key_id: str) -> Key:
    """ConfigTable: a key; not under its tenant, for the credential is what names the tenant."""
    return Key(f"KEY#{key_id}", "KEY")


def tenant_key(tenant_id: str, key_id: str) -> Key:
    """ConfigTable: a key among those of its tenant: what is listed and changed.

    Each has a copy at ``api_key``, which is what a credential is checked against.
    """
    return Key(f"T#{tenant_id}#KEYS", key_id)


def endpoint(tenant_id: str, endpoint_id: str) -> Key:
    """ConfigTable: a webhook (``whe_…``) or an alert (``alr_…``).

    All endpoints of a tenant share the partition, so that one read finds whoever listens.
    """
    return Key(f"T#{tenant_id}#ENDPOINT", endpoint_id)


def provider(tenant_id: str, provider_id: str) -> Key:
    """ConfigTable: a provider of company data; those of a tenant are read together."""
    return Key(f"T#{tenant_id}#PROVIDER", provider_id)


def ruleset(tenant_id: str, ruleset_id: str) -> Key:
    """ConfigTable: a rule set as it is now."""
    return Key(f"T#{tenant_id}#RULESET", ruleset_id)


def ruleset_version(tenant_id: str, ruleset_id: str, version: int) -> Key:
    """ConfigTable: a rule set as it was published once."""
    return Key(f"T#{tenant_id}#RULES#{ruleset_id}", f"{version:08d}")


def publication(tenant_id: str, at: Instant) -> Key:
    """ConfigTable: that a rule set was published at an instant."""
    return Key(f"T#{tenant_id}#PUBLISHED", f"{at:014d}")


def segment_set(tenant_id: str, mark: str) -> Key:
    """ConfigTable: a set of segments, by the mark that follows from what is in it."""
    return Key(f"T#{tenant_id}#SEGMENTS", mark)


def model(tenant_id: str, model_id: str) -> Key:
    """ConfigTable: what came of one training."""
    return Key(f"T#{tenant_id}#MODEL", model_id)


def trainee(tenant_id: str) -> Key:
    """ConfigTable: a tenant among all those whose models are trained daily."""
    return Key("TENANTS", tenant_id)


def job(tenant_id: str, job_id: str) -> Key:
    """ConfigTable: a job."""
    return Key(f"T#{tenant_id}#JOB", job_id)


LEAD_SK = "LEAD"


def lead(tenant_id: str, lead_id: str) -> Key:
    """LeadTable: a lead, or the pointer to the lead that took it in."""
    return Key(f"T#{tenant_id}#L#{lead_id}", LEAD_SK)


def lead_of(pk: str) -> str:
    """Return the lead id in the partition key of a slot."""
    return pk.rpartition("#")[2]


NOTE_SK = "NOTE#"


def note(tenant_id: str, lead_id: str, note_id: str) -> Key:
    """LeadTable: a note, under the slot of the lead that it was written to."""
    return Key(f"T#{tenant_id}#L#{lead_id}", f"{NOTE_SK}{note_id}")


DEAL_SK = "DEAL"


def deal(tenant_id: str, deal_id: str) -> Key:
    """LeadTable: a deal."""
    return Key(f"T#{tenant_id}#D#{deal_id}", DEAL_SK)


def deals_list(tenant_id: str) -> str:
    """LeadTable: the partition of a tenant's deals in the index ``by_created``."""
    return f"T#{tenant_id}#DEALS"


def company_deals(tenant_id: str, company_id: str) -> str:
    """LeadTable: the partition of a company's deals in the index ``by_company``."""
    return f"T#{tenant_id}#C#{company_id}#DEALS"


LEAD_DEAL_SK = "DEAL#"


def lead_deal(tenant_id: str, lead_id: str, position: str) -> Key:
    """LeadTable: that a deal names a lead, under that slot, in the order of deals."""
    return Key(f"T#{tenant_id}#L#{lead_id}", f"{LEAD_DEAL_SK}{position}")


def segment_member(tenant_id: str, segment_id: str, since: Instant, lead_id: str) -> Key:
    """LeadTable: that a lead is in a segment, in the order in which leads came in."""
    return Key(f"T#{tenant_id}#SEGMENT#{segment_id}", f"{since:014d}#{lead_id}")


def outcome(tenant_id: str, at: Instant, lead_id: str) -> Key:
    """LeadTable: that somebody said what became of a lead, by when that was."""
    return Key(f"T#{tenant_id}#OUTCOMES", f"{at:014d}#{lead_id}")


def segment_members(tenant_id: str, segment_id: str) -> str:
    """LeadTable: the partition of the leads in a segment."""
    return segment_member(tenant_id, segment_id, 0, "").pk


def member_since(sk: str) -> tuple[Instant, str]:
    """Return since when a lead is in a segment, and its id, by the sort key of its entry."""
    since, _, lead_id = sk.partition("#")
    return int(since), lead_id


def attribute_value(tenant_id: str, index: str, value: str, lead_id: str) -> Key:
    """LeadTable: that a lead has a value of an attribute that leads are found by.

    ``index`` is the id of the attribute's index, ``value`` an encoding that sorts as values do; of
    text a keyed hash.
    """
    return Key(f"T#{tenant_id}#ATTRIBUTE#{index}", f"{value}#{lead_id}")


def attribute_set(tenant_id: str, mark: str) -> Key:
    """ConfigTable: the definitions of attributes that a mark names."""
    return Key(f"T#{tenant_id}#ATTRIBUTES", mark)


def attributes_defined(tenant_id: str, at: Instant) -> Key:
    """ConfigTable: the mark of the definitions that held from an instant on."""
    return Key(f"T#{tenant_id}#DEFINED", f"{at:014d}")


COMPANY_SK = "COMPANY"


def company(tenant_id: str, company_id: str) -> Key:
    """LeadTable: a company of a tenant."""
    return Key(f"T#{tenant_id}#C#{company_id}", COMPANY_SK)


COMPANY = "company"
"""Partition attribute of the index ``by_company``: that of a lead's company."""


def companies_list(tenant_id: str) -> str:
    """LeadTable: the partition of a tenant's companies in the index ``by_created``."""
    return f"T#{tenant_id}#COMPANIES"


def company_by_created(created_at: Instant, company_id: str) -> str:
    """Sort key of a company in the index ``by_created``: ascending instant, then company id."""
    return f"{created_at:014d}#{company_id.removeprefix('cmp_')}"


def candidate(tenant_id: str, candidate_id: str) -> Key:
    """LeadTable: two leads that may be one."""
    return Key(f"T#{tenant_id}#CANDIDATE", candidate_id)


DUE = "due"
"""Partition attribute of the index ``by_due``: the minute in which leads of all tenants are due."""


def due_in(minute: int) -> str:
    """LeadTable: the partition of a minute (since 1970) in the index ``by_due``."""
    return f"DUE#{minute:08d}"


def by_due(at: Instant, tenant_id: str, lead_id: str) -> str:
    """Sort key of the index ``by_due``: ascending instant, then tenant and lead id."""
    return f"{due_from(at)}#{tenant_id}#{lead_id.removeprefix('lead_')}"


def due_from(at: Instant) -> str:
    """Return what sorts before all leads that are due at an instant or later, and after others."""
    return f"{at:014d}"


def due_at(by_due: str) -> Instant:
    """Return the instant in a sort key of the index ``by_due``."""
    return int(by_due.partition("#")[0])


def sweep() -> Key:
    """ConfigTable: how far the sweep of what is due came."""
    return Key("SWEEP", "SWEEP")


LIST = "list"
"""Partition attribute of every list index on leads; its value is the tenant."""


NEWS = "news"
"""On an item whose last write made facts; the stream tells announce of no other writes."""


BALANCE_SK = "BALANCE"


def balance(tenant_id: str) -> Key:
    """LeadTable: what a tenant has left of its credits."""
    return Key(f"T#{tenant_id}#CREDITS", BALANCE_SK)


def reservation(tenant_id: str, reservation_id: str) -> Key:
    """LeadTable: the credits that were set aside for one look-up."""
    return Key(f"T#{tenant_id}#CREDITS", f"RESERVATION#{reservation_id}")


def key_budget(tenant_id: str, day: str, key_id: str) -> Key:
    """LeadTable: what one key spent on one UTC day."""
    return Key(f"T#{tenant_id}#CREDITS", f"SPENT#{day}#{key_id}")


def ledger_entry(tenant_id: str, number: int) -> Key:
    """LeadTable: one entry of the ledger; their numbers have no gap."""
    return Key(f"T#{tenant_id}#LEDGER", f"{number:012d}")


def lookup_usage(tenant_id: str, day: str, key_id: str | None, provider: str) -> Key:
    """LeadTable: what one key (None: nobody's) asked one provider on one UTC day."""
    return Key(f"T#{tenant_id}#LOOKUPS", f"{day}#{key_id or '-'}#{provider}")


def leads_list(tenant_id: str) -> str:
    """LeadTable: the partition of a tenant's leads in every list index."""
    return f"T#{tenant_id}"


def by_score(score: int, lead_id: str) -> str:
    """Sort key of the index ``by_score``: ascending score, then lead id.

    Scores below ``EXACT_FROM`` by twenties only: an index entry is a written unit, and the score of
    a cold lead moves with every page. Readers order within a value themselves.
    """
    value = score if score >= EXACT_FROM else score - score % COARSE_STEP
    return f"{value:03d}#{lead_id.removeprefix('lead_')}"


def by_created(created_at: Instant, lead_id: str) -> str:
    """Sort key of the index ``by_created``: ascending instant, then lead id."""
    return f"{created_at:014d}#{lead_id.removeprefix('lead_')}"


def by_seen(last_seen_at: Instant, lead_id: str) -> str:
    """Sort key of the index ``by_seen``: the hour last seen, then lead id.

    To the hour only: an index entry is a written unit, and a visitor's further events mostly
    fall into the hour that is written already. Readers order within the hour themselves.
    """
    return f"{last_seen_at // HOUR_MS:08d}#{lead_id.removeprefix('lead_')}"


def likeness(tenant_id: str, hashed: str) -> str:
    """Partition key of the indexes ``by_phone`` and ``by_namesake``: a keyed hash of what leads
    have in common."""
    return f"T#{tenant_id}#{hashed}"


def day(tenant_id: str, member: str, utc_day: str) -> Key:
    """ActivityTable: the open part of one member's activity day."""
    return Key(f"T#{tenant_id}#M#{member}", f"D#{utc_day}")


def closed_part(tenant_id: str, member: str, utc_day: str, part: str) -> Key:
    """ActivityTable: a closed part of an activity day, by the name that the open part lists."""
    return Key(f"T#{tenant_id}#M#{member}", f"D#{utc_day}#{part}")


def message_hash(message_id: str) -> str:
    """Return what names a ``messageId`` in keys: 22 characters of its SHA-256."""
    digest = hashlib.sha256(message_id.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode()[:22]


def event_record(tenant_id: str, message_hash: str) -> Key:
    """ActivityTable: where the event of one ``messageId`` is."""
    return Key(f"T#{tenant_id}#E#{message_hash}", "EVENT")


def failed_event(tenant_id: str, failed_id: str) -> Key:
    """ActivityTable: one thing that failed."""
    return Key(f"T#{tenant_id}#FAILED", failed_id)


def failed_at(tenant_id: str, position: str) -> Key:
    """ActivityTable: a failure in the order of its instant; names the row of the same id."""
    return Key(f"T#{tenant_id}#FAILED_AT", position)


FAILURE_SK = "FAILED#"


def failed_message(tenant_id: str, message_hash: str, failed_id: str) -> Key:
    """ActivityTable: a failure beside the record of its ``messageId``; names the row."""
    return Key(f"T#{tenant_id}#E#{message_hash}", f"{FAILURE_SK}{failed_id}")


def told(tenant_id: str, message_hash: str, *row: str) -> Key:
    """ActivityTable: that somebody was told of an event, beside the event's record.

    ``row`` is ``DELIVERY`` with the ids of a delivery and its webhook, or ``ALERT`` with those of a
    fact and an alert; of the row itself the key says no more.
    """
    return Key(f"T#{tenant_id}#E#{message_hash}", "#".join(row))


def delivery(tenant_id: str, webhook_id: str, delivery_id: str) -> Key:
    """ActivityTable: one fact on its way to one webhook."""
    return Key(f"T#{tenant_id}#DELIVERY#{webhook_id}", delivery_id)


def alert_sent(tenant_id: str, alert_id: str, fact_id: str) -> Key:
    """ActivityTable: one alert for one crossing."""
    return Key(f"T#{tenant_id}#ALERTED#{alert_id}", fact_id)


def alert_mark(tenant_id: str, alert_id: str, lead_id: str) -> Key:
    """ActivityTable: the last alert about one lead, what a cooldown counts from."""
    return Key(f"T#{tenant_id}#ALERTED#{alert_id}", f"LEAD#{lead_id}")


def looked_up(tenant_id: str, place: str) -> Key:
    """CacheTable: what a look-up found, and who is about to ask; ``place`` is a keyed hash."""
    return Key(f"T#{tenant_id}#LOOKUP#{place}", "LOOKUP")


def mail_host(domain: str) -> Key:
    """CacheTable: whether a domain takes mail."""
    return Key(f"MAIL#{hashlib.sha256(domain.encode()).hexdigest()[:32]}", "CACHE")


def key_marks(tenant_id: str, key_id: str) -> Key:
    """CacheTable: when a key was last used, and that it was seen in a URL."""
    return Key(f"T#{tenant_id}#USED", key_id)


def key_usage(tenant_id: str, key_id: str, day: str) -> Key:
    """CacheTable: how often a key called each route on one UTC day."""
    return Key(f"T#{tenant_id}#USED#{key_id}", day)


def bucket(tenant_id: str, name: str) -> Key:
    """CacheTable: a bucket of tokens; its name begins with the id of a key."""
    return Key(f"T#{tenant_id}#BUCKET#{name}", "BUCKET")


def breaker(tenant_id: str, name: str) -> Key:
    """CacheTable: how a provider of a tenant fares; named by its id and version."""
    return Key(f"T#{tenant_id}#BREAKER", name)


def idempotent_run(tenant_id: str, place: str) -> Key:
    """CacheTable: the run of a request with an ``Idempotency-Key``; ``place`` is a keyed hash."""
    return Key(f"T#{tenant_id}#RUN#{place}", "RUN")
