"""Providers of company data, as a tenant sets them up."""

from typing import Literal

from pydantic import Field

from leadsignal.models.base import Frozen
from leadsignal.models.company_lists import UploadedList
from leadsignal.models.enrichment import Confidence, LookupKind
from leadsignal.models.instants import Instant

type ProviderKind = Literal[
    "generic_json", "people_data_labs", "apollo", "hunter", "embedded", "upload"
]


class Provider(Frozen):
    """One provider in a tenant's waterfall: asked by ``priority``, lowest first, then by price.

    ``uploaded`` is the list of a provider of kind ``upload``, None while there is none.

    ``credits`` is the price of a hit, ``fields`` what it may fill (empty: all it knows). What it
    says with less than ``min_confidence`` is not believed. ``endpoints`` and ``mapping`` are those
    of a ``generic_json`` provider: URL templates by kind of look-up, and a JSON pointer for each
    field. Its secret is kept elsewhere; ``has_secret`` says that there is one.
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
    has_secret: bool = False
    created_at: Instant = 0
    updated_at: Instant | None = None
    uploaded: UploadedList | None = None
