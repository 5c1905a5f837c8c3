"""Merges of leads: what is asked, what comes of it, and which ones wait for a decision."""

from typing import Annotated, Any, Literal

from pydantic import Field

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.endpoints import OrAbsent
from leadsignal.models.instants import Instant, Timestamp
from leadsignal.models.leads import IdentifierKind

type Winner = Literal["survivor", "merged", "both", "same"]
type RefusalReason = Literal[
    "untrusted_sender",
    "different_user_ids",
    "different_crm_ids",
    "different_emails",
    "email_limit",
    "browser_limit",
    "undone",
]
"""Why two identifiers that an event said together stay apart.

``untrusted_sender``: it would join two known leads, and a browser said so. ``different_…``: a lead
has one user id and one CRM id, and a browser alone joins no two e-mails. ``…_limit``: five e-mails,
a hundred browsers. ``undone``: somebody decided that they are two.
"""


type LeadId = Annotated[
    str, Field(max_length=64, json_schema_extra=text_forms.shown(text_forms.LEAD_ID))
]


class MergeRequest(Strict):
    """Two leads that are one; the survivor's id goes on."""

    survivor_id: LeadId
    merged_id: LeadId
    reason: Annotated[
        str, Field(max_length=500, json_schema_extra=text_forms.shown(text_forms.PROSE))
    ] = ""


class MergedField(Frozen):
    """One field of two leads, and whose value the merged lead has; ``both``: a union or a sum.

    ``values`` holds the two, survivor first; ``result`` what the merged lead shows.
    """

    field: str
    winner: Winner
    values: tuple[Any, Any]
    result: Any


class MergeView(Frozen):
    """A merge, carried out or (``dry_run``) only shown.

    ``score_before`` is the survivor's, ``score_after`` that of the union: recomputed, never a sum.
    Consent counts among the fields, as ``consent.<purpose>``; the stricter word wins.
    """

    id: OrAbsent[str] = None
    survivor_id: str
    merged_id: str
    status: Literal["dry_run", "merged", "undone"]
    reason: str = ""
    fields: tuple[MergedField, ...]
    score_before: int
    merged_score_before: int
    score_after: int
    tier_before: str
    tier_after: str


class Candidate(Frozen):
    """Two identifiers that an event said together, but that stayed two leads', and why.

    ``one`` and ``other`` are identifiers by kind and value.
    """

    id: str
    one: str
    other: str
    slots: tuple[str, str]
    reason: RefusalReason
    message_id: str
    at: Instant


class IdentifierRef(Frozen):
    """An identifier."""

    kind: IdentifierKind
    value: str


class CandidateView(Frozen):
    """Two leads that may be one: which identifiers an event said together, and why that was not
    enough."""

    id: str
    lead_ids: tuple[str, str]
    reason: RefusalReason
    identifiers: tuple[IdentifierRef, IdentifierRef]
    message_id: str
    at: Timestamp


class LinkView(Frozen):
    """Evidence that two identifiers are one lead's: which event said so, and by which rule.

    ``message_id`` is that of the merge where a person decided.
    """

    identifiers: tuple[IdentifierRef, IdentifierRef]
    rule: str
    message_id: str
    at: Timestamp


class RefusalView(Frozen):
    """Two identifiers that an event said together and that stay apart, and why."""

    identifiers: tuple[IdentifierRef, IdentifierRef]
    reason: RefusalReason
    message_id: str
    at: Timestamp


class MergeRef(Frozen):
    """A lead that was merged in; ``id`` names the merge, to be undone by."""

    id: str
    lead_id: str
    rule: str
    message_id: str
    at: Timestamp


class SharedBrowser(Frozen):
    """A browser of the lead that others use too: since when its anonymous events are nobody's."""

    identifier: IdentifierRef
    since: Timestamp
    lead_id: OrAbsent[str] = None


class IdentityView(Frozen):
    """Why the identifiers of a lead are one lead's, and which others are not."""

    lead_id: str
    links: tuple[LinkView, ...]
    refusals: tuple[RefusalView, ...]
    merges: tuple[MergeRef, ...]
    shared_browsers: tuple[SharedBrowser, ...]
    related_leads: tuple[str, ...]
