"""What follows from a lead's members: the person as rules and clients see them."""

from typing import Any

from pydantic import Field

from leadsignal.models.activity import MarkedTouch, Session, Tally
from leadsignal.models.base import Frozen
from leadsignal.models.companies import Company
from leadsignal.models.instants import Instant
from leadsignal.models.leads import (
    Entries,
    KnownIdentifier,
    Lead,
    LeadCompany,
    Pointer,
    Said,
    Tombstone,
)
from leadsignal.models.mail import Deliverable, MailCheck, MailKind
from leadsignal.models.outcomes import Outcome


class Profile(Frozen):
    """A lead seen as one person, recomputed from its members whenever it is needed.

    ``past_sessions`` are sessions of long ago that are only counted, ``past_visits`` those of
    them in which a page was viewed. ``provenance`` tells of each field that people or their systems
    said (``first_name``, ``traits.plan``) who did; ``created_by`` and ``updated_by`` who created
    the lead and who last said anything of it, None where nobody did. ``email_check`` is of the very
    address that is shown. ``outcome`` is what somebody said became of the lead; its deals may tell
    one too (``domain.outcomes.outcome_of``).
    """

    is_known: bool = False
    identifiers: tuple[KnownIdentifier, ...] = ()
    email: str | None = None
    email_kind: MailKind | None = None
    email_role: bool = False
    email_check: MailCheck | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    title: str | None = None
    company: LeadCompany | None = None
    status: str | None = None
    owner: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    traits: dict[str, Any] = Field(default_factory=dict)
    attributes: dict[str, Any] = Field(default_factory=dict)
    outcome: Outcome | None = None
    provenance: dict[str, Said] = Field(default_factory=dict)
    created_by: Said | None = None
    updated_by: Said | None = None
    consent: dict[str, bool] = Field(default_factory=dict)
    names: dict[str, Tally] = Field(default_factory=dict)
    pages: dict[str, Tally] = Field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    touches: tuple[MarkedTouch, ...] = ()
    past_sessions: int = 0
    past_visits: int = 0
    event_count: int = 0
    bot_count: int = 0
    first_seen_at: Instant
    last_seen_at: Instant
    created_at: Instant
    updated_at: Instant

    @property
    def is_bot(self) -> bool:
        """True when crawlers and scanners alone made this lead, and nobody said anything of it."""
        return self.bot_count > 0 and self.event_count == 0 and self.updated_by is None

    @property
    def email_deliverable(self) -> Deliverable | None:
        """Whether the address can be delivered to, None without one; a disposable one is risky at
        best."""
        if self.email is None:
            return None
        found = self.email_check.deliverable if self.email_check else "unknown"
        return "risky" if self.email_kind == "disposable" and found in ("yes", "unknown") else found

    @property
    def session_count(self) -> int:
        """How many sessions there were, those of long ago included."""
        return len(self.sessions) + self.past_sessions

    @property
    def visit_count(self) -> int:
        """In how many of them a page was viewed."""
        return sum(session.entry is not None for session in self.sessions) + self.past_visits

    @property
    def first_touch(self) -> MarkedTouch | None:
        """The touch that brought the lead, direct visits included."""
        return self.touches[0] if self.touches else None

    @property
    def last_touch(self) -> MarkedTouch | None:
        """The last touch that was not a direct visit; a direct one when there is no other."""
        marked = [touch for touch in self.touches if touch.mark.channel != "direct"]
        return marked[-1] if marked else (self.touches[-1] if self.touches else None)


class Likeness(Frozen):
    """By what a lead is found when another may be the same person: keyed hashes of its phone
    number, and of the initials of its name with its company; None where it has none."""

    phone: str | None = None
    namesake: str | None = None


class Settled(Frozen):
    """A lead ready to be written, the person it shows, by what it is found when another is alike,
    and whether the write makes facts.

    ``founds`` is its company when that is not on file yet: it is written before the lead. ``had``
    are the entries of the version before.
    """

    lead: Lead
    profile: Profile
    likeness: Likeness = Likeness()
    news: bool
    founds: Company | None = None
    had: Entries = Entries()


class Change(Frozen):
    """What brings a cluster of leads into its next state, and what must not have changed meanwhile.

    Every lead, pointer and tombstone takes the place of the version before its own. ``links`` go
    where nothing was, ``taken`` where a lead was that is part of another now, ``buried`` where one
    was deleted; ``checks`` are the versions of leads that decided too and stay as they are.
    ``left`` are the entries of leads that are no more, by their ids.
    """

    settled: tuple[Settled, ...] = ()
    links: tuple[Pointer, ...] = ()
    taken: tuple[Pointer, ...] = ()
    buried: tuple[Tombstone, ...] = ()
    checks: tuple[tuple[str, int], ...] = ()
    left: tuple[tuple[str, Entries], ...] = ()
