"""What a caller says of a lead: the body of its creation and its changes."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from leadsignal.models import text_forms
from leadsignal.models.base import Strict
from leadsignal.models.free_form import FreeForm
from leadsignal.models.instants import Moment
from leadsignal.models.views import LeadView

MAX_TAGS = 100
MAX_TAG = 64
MAX_IDENTIFIERS = 20
MAX_EMPLOYEES = 10**8

_FILLED = text_forms.shown(text_forms.FILLED_LINE)

_EMAIL = {"format": "email", "minLength": 3}
_PHONE = text_forms.shown(r"^\s*\+?[0-9 ()./-]*[0-9]{3}[^\x00-\x1f\x7f]*$")

type Text = Annotated[str, Field(max_length=1024, json_schema_extra=_FILLED)]
"""Text of a field: trimmed, in Unicode NFC, and not blank when it is stored."""

type Tag = Annotated[str, Field(json_schema_extra=_FILLED | {"maxLength": MAX_TAG})]
"""A tag: its length counts when it is trimmed."""

type Purpose = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class CompanyInput(Strict):
    """What is said of the company behind a lead; the domain decides which one it is.

    ``industry`` is one of our list or another name or code of one, ``employee_range`` a size class
    such as ``51-200``, ``country`` a code or a name.
    """

    domain: Annotated[str, Field(max_length=253, json_schema_extra=_FILLED)] | None = None
    name: Text | None = None
    industry: Annotated[str, Field(max_length=200, json_schema_extra=_FILLED)] | None = None
    employee_count: Annotated[int, Field(ge=0, le=MAX_EMPLOYEES)] | None = None
    employee_range: Annotated[str, Field(max_length=64, json_schema_extra=_FILLED)] | None = None
    country: Annotated[str, Field(max_length=100, json_schema_extra=_FILLED)] | None = None
    region: Text | None = None
    city: Text | None = None


class CompanyPatch(Strict):
    """What is said of a company, as a JSON merge patch: it goes before what providers say, until
    null withdraws it."""

    name: Text | None = None
    legal_name: Text | None = None
    industry: Text | None = None
    employee_count: Annotated[int, Field(ge=0, le=MAX_EMPLOYEES)] | None = None
    employee_range: Text | None = None
    annual_revenue_usd: Annotated[int, Field(ge=0, le=10**13)] | None = None
    founded_year: Annotated[int, Field(ge=1_000, le=2_100)] | None = None
    country: Text | None = None
    region: Text | None = None
    city: Text | None = None
    address: Text | None = None
    technologies: Annotated[tuple[Text, ...], Field(max_length=200, strict=False)] | None = None
    funding: Text | None = None
    linkedin_url: Text | None = None
    phone: Text | None = None
    logo_url: Text | None = None


class IdentifierInput(Strict):
    """An identifier of a lead; of an e-mail the SHA-256 in hex will do."""

    kind: Literal["user_id", "crm_id", "email", "anonymous_id", "device_id"]
    value: Annotated[str, Field(min_length=1, max_length=256, json_schema_extra=_FILLED)]


class LeadInput(Strict):
    """What is said of a lead. In a change, null withdraws what was said; then what events say shows
    again.

    ``traits`` and ``attributes`` are merged by name; ``tags`` replace those that are there.
    ``identifiers`` are added, and never taken away.
    """

    email: Annotated[str, Field(max_length=320, json_schema_extra=_EMAIL)] | None = None
    first_name: Text | None = None
    last_name: Text | None = None
    phone: Annotated[str, Field(max_length=64, json_schema_extra=_PHONE)] | None = None
    title: Text | None = None
    status: Annotated[str, Field(max_length=64, json_schema_extra=_FILLED)] | None = None
    source: Text | None = None
    owner: Text | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=MAX_TAGS, strict=False)] | None = None
    traits: FreeForm | None = None
    attributes: FreeForm | None = None
    company: CompanyInput | None = None
    identifiers: (
        Annotated[tuple[IdentifierInput, ...], Field(max_length=MAX_IDENTIFIERS, strict=False)]
        | None
    ) = None
    consent: Annotated[dict[Purpose, bool], Field(max_length=50)] | None = None


class OverrideInput(Strict):
    """A score to set by hand, and why; without ``until`` it stays until it is taken back."""

    score: Annotated[int, Field(ge=0, le=100)]
    reason: Annotated[str, Field(min_length=1, max_length=500, json_schema_extra=_FILLED)]
    until: Moment | None = None


class TagsInput(Strict):
    """Tags to put on a lead, or to take away."""

    tags: Annotated[tuple[Tag, ...], Field(min_length=1, max_length=MAX_TAGS, strict=False)]


class EditedLead(LeadView):
    """A lead as it is after it was created or changed.

    ``duplicate``: it was there before; ``potential_duplicate_id`` is a lead that may be the same
    person, though neither an identifier nor the phone number with the name says so.
    """

    duplicate: bool = False
    potential_duplicate_id: str | None = None
