"""Providers of company data, as a tenant sets them up."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from leadsignal.errors import ProviderFailure
from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.company_lists import UploadedList
from leadsignal.models.endpoints import Name, OrAbsent
from leadsignal.models.enrichment import COMPANY_FIELDS, Confidence, LookupKind
from leadsignal.models.instants import Instant, Timestamp

type ProviderKind = Literal[
    "generic_json", "people_data_labs", "apollo", "hunter", "embedded", "upload"
]
type BreakerState = Literal["closed", "open", "half_open"]

PAID: frozenset[ProviderKind] = frozenset({"people_data_labs", "apollo", "hunter"})
"""Kinds that answer to nobody without a secret."""

OURS: frozenset[ProviderKind] = frozenset({"embedded", "upload"})
"""Kinds that ask nobody else: a tenant has one of each at most, and at no price."""

MAPPED = (*COMPANY_FIELDS, "domain", "confidence")
"""What a ``generic_json`` provider can have a pointer for."""

EMBEDDED_ID = "prv_embedded"
UPLOAD_ID = "prv_upload"
MAX_SECRET = 1_024
MAX_TEMPLATE = 2_048
MIN_TIMEOUT_MS, MAX_TIMEOUT_MS = 100, 3_000
MAX_PRIORITY = 1_000
MAX_CREDITS = 1_000


class Provider(Frozen):
    """One provider in a tenant's waterfall: asked by ``priority``, lowest first, then by price.

    ``uploaded`` is the list of a provider of kind ``upload``, None while there is none.

    ``credits`` is the price of a hit, ``fields`` what it may fill (empty: all it knows). What it
    says with less than ``min_confidence`` is not believed. ``endpoints`` and ``mapping`` are those
    of a ``generic_json`` provider: URL templates by kind of look-up, and a JSON pointer for each
    field. Its secret is kept elsewhere, under ``secret_ref``; ``retired_refs`` are secrets that it
    had and that may still be there.
    """

    id: str
    version: int = 0
    name: str
    kind: ProviderKind
    enabled: bool = True
    priority: int = 100
    credits: int = 0
    timeout_ms: int = 2_000
    min_confidence: Confidence = 0.0
    fields: tuple[str, ...] = ()
    endpoints: dict[LookupKind, str] = Field(default_factory=dict)
    mapping: dict[str, str] = Field(default_factory=dict)
    secret_ref: str | None = None
    retired_refs: tuple[str, ...] = ()
    created_at: Instant = 0
    updated_at: Instant | None = None
    uploaded: UploadedList | None = None

    @property
    def has_secret(self) -> bool:
        """Whether there is a secret to ask with."""
        return self.secret_ref is not None


class Breaker(Frozen):
    """What is known of how a provider fares, in all workers.

    ``failures`` in a row, the last of them at ``failed_at``; after some of them it is left alone
    until ``retry_at``, each time longer (``opened`` times in a row). Then one call at a time tries
    it, the present one until ``probe_until`` at most.
    """

    failures: int = 0
    failed_at: Instant = 0
    last_error: ProviderFailure | None = None
    opened: int = 0
    retry_at: Instant | None = None
    probe_until: Instant | None = None
    version: int = 0


def _company_field(name: str) -> str:
    if name not in COMPANY_FIELDS:
        raise PydanticCustomError("unknown_field", "is no field of a company")
    return name


type CompanyField = Annotated[
    str, AfterValidator(_company_field), Field(json_schema_extra={"enum": list(COMPANY_FIELDS)})
]
type Priority = Annotated[int, Field(ge=0, le=MAX_PRIORITY)]
type Credits = Annotated[int, Field(ge=0, le=MAX_CREDITS)]
type TimeoutMs = Annotated[int, Field(ge=MIN_TIMEOUT_MS, le=MAX_TIMEOUT_MS)]
type Fields = Annotated[
    tuple[CompanyField, ...], Field(max_length=len(COMPANY_FIELDS), strict=False)
]


def _templates(more: Any) -> Any:
    """Return what a schema is to say of URL templates by kind of look-up."""
    kinds = get_args(LookupKind.__value__)
    forms = {kind: {"pattern": text_forms.url_template(kind)} for kind in kinds}
    return {
        "properties": {
            kind: {"type": "string", "maxLength": MAX_TEMPLATE} | form | more
            for kind, form in forms.items()
        },
        "additionalProperties": False,
    }


type Template = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEMPLATE)]
type Endpoints = Annotated[
    dict[str, Template], Field(max_length=3, json_schema_extra=_templates({}))
]
type Pointer = Annotated[
    str,
    StringConstraints(max_length=256),
    Field(json_schema_extra=text_forms.shown(text_forms.JSON_POINTER)),
]
_OF_FIELDS: Any = {"propertyNames": {"enum": list(MAPPED)}}
type Mapping = Annotated[
    dict[str, Pointer], Field(max_length=len(MAPPED), json_schema_extra=_OF_FIELDS)
]
type Secret = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_SECRET, pattern=r"^[\x21-\x7e]+$"),
    Field(json_schema_extra={"writeOnly": True}),
]
"""A secret of somebody else's, as a header can carry it; it never comes back."""


class ProviderForm(Strict):
    """A provider as its owner can change it: what must come of a patch."""

    name: Name
    enabled: bool = True
    priority: Priority = 100
    credits: Credits = 0
    timeout_ms: TimeoutMs = 2_000
    min_confidence: Confidence = 0.0
    fields: Fields = ()
    endpoints: Endpoints = Field(default_factory=dict)
    mapping: Mapping = Field(default_factory=dict)


_BY_KIND: Any = [
    {
        "properties": {
            "kind": {"enum": sorted(PAID)},
            "secret": {"type": "string"},
            "endpoints": {"maxProperties": 0},
            "mapping": {"maxProperties": 0},
        },
        "required": ["secret"],
    },
    {
        "properties": {
            "kind": {"enum": sorted(OURS)},
            "secret": {"type": "null"},
            "credits": {"const": 0},
            "endpoints": {"maxProperties": 0},
            "mapping": {"maxProperties": 0},
        },
    },
    {
        "properties": {
            "kind": {"const": "generic_json"},
            "endpoints": {"minProperties": 1},
            "mapping": {
                "minProperties": 1,
                "not": {"maxProperties": 1, "required": ["confidence"]},
            },
        },
        "required": ["endpoints", "mapping"],
    },
]
"""What each kind needs and what it has not, for the schema of a request."""


class ProviderRequest(ProviderForm):
    """The body of ``POST /v1/providers``: what each kind needs and what it has not."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _BY_KIND})

    kind: ProviderKind
    secret: Secret | None = Field(default=None, repr=False)


class ProviderPatch(Strict):
    """The body of ``PATCH /v1/providers/{id}``, a JSON merge patch: null takes an endpoint, a
    pointer or the secret out, and anything else back to what it is without being set."""

    name: Name = ""
    enabled: bool | None = None
    priority: Priority | None = None
    credits: Credits | None = None
    timeout_ms: TimeoutMs | None = None
    min_confidence: Confidence | None = None
    fields: Fields | None = None
    endpoints: (
        Annotated[
            dict[str, Template | None],
            Field(json_schema_extra=_templates({"type": ["string", "null"]})),
        ]
        | None
    ) = None
    mapping: Annotated[dict[str, Pointer | None], Field(json_schema_extra=_OF_FIELDS)] | None = None
    secret: Secret | None = Field(default=None, repr=False)


class ProviderHealth(Frozen):
    """How a provider fares: ``open`` while it is left alone until ``retry_at``, ``half_open`` while
    one call tries whether it is back. ``failures`` are those in a row."""

    state: BreakerState = "closed"
    failures: int = 0
    retry_at: Timestamp | None = None
    last_error: ProviderFailure | None = None


class ProviderView(Frozen):
    """A provider as its owner reads it: all but the secret. ``built_in`` is the one that is there
    without being created."""

    id: str
    name: str
    kind: ProviderKind
    built_in: bool
    enabled: bool
    priority: int
    credits: int
    timeout_ms: int
    min_confidence: float
    fields: tuple[str, ...]
    endpoints: dict[str, str]
    mapping: dict[str, str]
    has_secret: bool
    health: ProviderHealth
    created_at: Timestamp
    updated_at: OrAbsent[Timestamp] = None
