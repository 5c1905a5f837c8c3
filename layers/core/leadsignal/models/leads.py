"""A lead as it is stored: its members, what follows from each, and the score that was committed."""

from typing import Any, Literal

from pydantic import Field

from leadsignal.models.activity import DaySummary, ScannerReason
from leadsignal.models.base import Frozen
from leadsignal.models.enrichment import NetworkMatch, OrganisationType
from leadsignal.models.events import Teller
from leadsignal.models.facts import Tier
from leadsignal.models.instants import Instant
from leadsignal.models.mail import MailCheck, MailKind
from leadsignal.models.predictions import Prediction

type IdentifierKind = Literal[
    "user_id", "crm_id", "email", "record_id", "anonymous_id", "device_id"
]
"""What names a lead, strongest first. A ``record_id`` is ours, for a lead that was created without
any other identifier; nobody is shown it."""


class Stamp(Frozen):
    """When something was said, and by which event: the order in which later statements win."""

    at: Instant
    message_id: str

    @property
    def order(self) -> tuple[Instant, str]:
        """The total order of statements."""
        return (self.at, self.message_id)


class TraitValue(Frozen):
    """The first and the last value that events gave one trait."""

    first: Any
    first_by: Stamp
    last: Any
    last_by: Stamp


class Consent(Frozen):
    """Whether one purpose is allowed, as last said."""

    allowed: bool
    by: Stamp


class Said(Frozen):
    """What somebody said last of one field; None when it was withdrawn."""

    value: Any = None
    by: Stamp
    source: Teller = "api"
    key_id: str | None = None


class Network(Frozen):
    """The most telling network that a member was seen in: a company's own before all others."""

    match: NetworkMatch
    by: Stamp


class Group(Frozen):
    """The account that a member was last said to belong to, and what was said of it."""

    group_id: str
    traits: dict[str, Any] = Field(default_factory=dict)
    by: Stamp


class Sighting(Frozen):
    """An identifier that events of a member carried: the first event that did.

    ``trusted`` is the first one whose sender may say whose identifier it is, None when there is
    none; it is left out when that is the very first one, and ``verified`` says so. A ``severed``
    sighting is no evidence: it would have made the cluster of leads too large.
    """

    kind: IdentifierKind
    value: str
    first: Stamp
    verified: bool = False
    trusted: Stamp | None = None
    severed: bool = False

    @property
    def vouched(self) -> Stamp | None:
        """The first event with a trusted word, or None."""
        return self.first if self.verified else self.trusted


class Member(Frozen):
    """One identifier under which events are recorded, and all that follows from those of its events
    that are the lead's own.

    Everything here is idempotent and independent of order: summaries are replaced by newer ones
    only, the other fields keep extremes over (instant, messageId). ``sightings`` are by kind and
    value, the member's own among them. ``days`` are by day from ``detail_from`` on (empty: all of
    them are), and older ones by month, year or decade. ``replaced`` says of days how many of their
    events had given way to others when the member last learned from all of them. ``scanner`` is why
    a browser or device is no person's. ``said`` is what people and their systems said, by field.
    """

    kind: IdentifierKind
    value: str
    first_received_at: Instant
    sightings: dict[str, Sighting] = Field(default_factory=dict)
    days: dict[str, DaySummary] = Field(default_factory=dict)
    replaced: dict[str, int] = Field(default_factory=dict)
    detail_from: str = ""
    scanner: ScannerReason | None = None
    traits: dict[str, TraitValue] = Field(default_factory=dict)
    consent: dict[str, Consent] = Field(default_factory=dict)
    network: Network | None = None
    group: Group | None = None
    said: dict[str, Said] = Field(default_factory=dict)


class KnownIdentifier(Frozen):
    """An identifier of a lead. ``verified`` when a trusted sender has said it."""

    kind: IdentifierKind
    value: str
    first_seen_at: Instant
    verified: bool = False


class Decision(Frozen):
    """What a person decided about two leads: that they are one, or (``undone``) that they are not.

    The two are named by identifiers, as ``<kind>:<value>``, or ``nobody:<slot>`` for what
    nobody did on a shared device; so a decision holds whatever leads later events make of them.
    """

    merge_id: str
    kept: str
    taken: str
    reason: str = ""
    at: Instant
    undone: bool = False


class LeadCompany(Frozen):
    """The company of a lead, as far as it is known, and of that what conditions often ask for.

    ``domain`` is the registrable one, None when only the organisation of a network is known.
    ``type`` tells schools and authorities, which are organisations, from companies; ``legal_name``
    is the whole name where ``name`` is less, ``employee_range`` a size class (``51-200``), which
    may be known without ``employee_count``. ``owned`` names the fields that people said of the
    company itself. ``enriched_at`` is None until the company's record was asked for,
    ``deep_until`` until when those who cost something need not be asked.
    """

    id: str
    type: OrganisationType = "company"
    domain: str | None = None
    name: str | None = None
    legal_name: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    employee_range: str | None = None
    annual_revenue_usd: int | None = None
    founded_year: int | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    technologies: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    enriched_at: Instant | None = None
    deep_until: Instant | None = None


class Contribution(Frozen):
    """What one rule gave to a score; the sum of all explains the number."""

    rule_id: str
    rule: str
    group: str
    points: float
    decayed_points: float
    reason: str


class GroupPoints(Frozen):
    """The points of one group after its cap and floor."""

    points: float
    cap: float | None = None
    floor: float | None = None


class Override(Frozen):
    """A score that somebody set by hand, why, and until when; None is until it is taken back."""

    score: int
    reason: str
    until: Instant | None = None
    at: Instant
    source: Teller = "api"
    key_id: str | None = None


class Score(Frozen):
    """A committed score. ``raw`` is the unclamped sum, ``score`` its clamp to 0–100, rounded.

    One that an ``override`` sets is not made of contributions.
    """

    score: int = 0
    tier: Tier = "cold"
    raw: float = 0
    ruleset_id: str = ""
    ruleset_version: int = 0
    contributions: tuple[Contribution, ...] = ()
    groups: dict[str, GroupPoints] = Field(default_factory=dict)
    override: Override | None = None


type ScoreCause = Literal["event", "edit", "rules", "time", "enrichment", "merge", "override"]
"""Why a score changed."""


class ScoreMark(Frozen):
    """That a lead had a score from an instant on, and why."""

    at: Instant
    score: int
    cause: ScoreCause = "event"


class Entries(Frozen):
    """The lists in which a lead has an entry of its own, written together with it.

    ``segments`` are those that it is in, by id, with the instant at which it came in; ``dropped``
    those that it was in before and that were deleted; ``attributes`` the keys of its values of
    attributes that leads are found by, by the id of the attribute's index; ``outcome`` the instant
    of what somebody said became of it, None while that is open.
    """

    segments: dict[str, Instant] = Field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    attributes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    outcome: Instant | None = None


class Lead(Frozen):
    """A person, known or anonymous: a set of members by slot id, and what follows from them.

    ``merged_from`` maps each lead that was taken in to the identifier that it is known by.
    ``nobody`` leads hold what nobody did who is known, on a browser that several persons share.
    ``refused`` are identifiers that events of the lead carried, but that are not its own; ``peers``
    the other leads that evidence touches. ``fact_tier`` is the tier that the world was last told of
    (it lags the plain tier by the hysteresis); ``sequence`` counts the facts told so far; ``cause``
    is the newest event behind the last write that made facts. ``anew`` is true of what a lead
    begins from where another one was deleted, and never stored. ``history`` are the newest changes
    of the score, ``entries`` the lists that the lead is in, ``prediction`` what the model that ran
    at the last write said. ``due`` is when it has to be brought up to date though nothing happens
    to it, or earlier; None while it need not be.
    """

    lead_id: str
    version: int = 0
    members: dict[str, Member] = Field(default_factory=dict)
    merged_from: dict[str, str] = Field(default_factory=dict)
    nobody: bool = False
    refused: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = ()
    email_kind: MailKind | None = None
    email_check: MailCheck | None = None
    company: LeadCompany | None = None
    score: Score = Score()
    history: tuple[ScoreMark, ...] = ()
    entries: Entries = Entries()
    prediction: Prediction | None = None
    due: Instant | None = None
    fact_tier: Tier = "cold"
    sequence: int = 0
    cause: str | None = None
    committed_at: Instant = 0
    anew: bool = False

    def is_due(self, now: Instant) -> bool:
        """Return whether it has to be brought up to date."""
        return self.due is not None and self.due <= now

    @property
    def beside(self) -> tuple[str, ...]:
        """The slots that belong to the same cluster, as far as this one knows."""
        return self.peers


class Pointer(Frozen):
    """An identity slot that leads to another lead: an identifier linked, or a lead merged away.

    ``was`` is the identifier that a lead merged away is known by, None where there was no lead, and
    ``kept`` the one that the lead which took it in was known by until then; the other fields are
    what the lead merged away goes on from when the merge is undone.
    """

    lead_id: str
    version: int = 0
    into: str
    by: Stamp
    rule: str
    was: str | None = None
    kept: str | None = None
    sequence: int = 0
    fact_tier: Tier = "cold"
    score: int = 0

    @property
    def beside(self) -> tuple[str, ...]:
        """The slots that belong to the same cluster, as far as this one knows."""
        return (self.into,)

    def lead(self) -> Lead:
        """Return the lead that takes the pointer's place, before it has any member."""
        return Lead(
            lead_id=self.lead_id,
            version=self.version,
            sequence=self.sequence,
            fact_tier=self.fact_tier,
            score=Score(score=self.score),
            anew=self.was is None,
        )


class Tombstone(Frozen):
    """An identity slot whose lead was deleted at ``at``: nobody finds it any more.

    First it holds the ``lead`` whose events are still to be removed, then the slots that are
    ``left`` to be cleared of pointers and notes. When it holds neither it is at rest: the slot is
    as good as empty, and only says where a new lead's versions and facts go on. ``heir`` is the
    pointer that takes its place in the end, where others have the slot's identifier too.
    """

    lead_id: str
    version: int
    at: Instant
    sequence: int = 0
    lead: Lead | None = None
    left: tuple[str, ...] = ()
    heir: Pointer | None = None

    @property
    def at_rest(self) -> bool:
        """True when nothing is left to be removed."""
        return self.lead is None and not self.left

    @property
    def beside(self) -> tuple[str, ...]:
        """The slots that belong to the same cluster, until its events are gone."""
        return self.lead.peers if self.lead else ()

    def begun(self) -> Lead:
        """Return a new lead that takes the place of one at rest, before it has any member."""
        return Lead(lead_id=self.lead_id, version=self.version, sequence=self.sequence, anew=True)


type Slot = Lead | Pointer | Tombstone
