"""Custom attributes: what a tenant says its leads may have, as sent, as stored and as shown."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, WithJsonSchema

from leadsignal.models import text_forms
from leadsignal.models.base import Frozen, Strict
from leadsignal.models.instants import Instant, Timestamp

type AttributeType = Literal["text", "number", "bool", "date", "list"]

MAX_ATTRIBUTES = 100  # of a tenant: as many as a map holds
MAX_QUERYABLE = 20  # of a tenant: their entries are written together with the lead, 100 at once
MAX_ENUM = 100
MAX_TEXT = 8_192
MAX_ITEMS = 100
MAX_PATTERN = 256

NAME = r"^[a-z][a-z0-9_]{0,63}$"
_LINE = text_forms.shown(text_forms.LINE)

type Scalar = bool | int | float | str
type AttributeValue = Scalar | tuple[Scalar, ...]

_SCALAR = {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}
_ITEMS = {"type": "array", "items": _SCALAR, "maxItems": MAX_ITEMS}

type Given = Annotated[JsonValue, WithJsonSchema(_SCALAR)]
type GivenValue = Annotated[JsonValue, WithJsonSchema({"anyOf": [*_SCALAR["anyOf"], _ITEMS]})]
type Choices = Annotated[tuple[Given, ...], Field(min_length=1, max_length=MAX_ENUM, strict=False)]
type Bound = Annotated[
    JsonValue, WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 40}]})
]
type Pattern = Annotated[str, Field(min_length=1, max_length=MAX_PATTERN, json_schema_extra=_LINE)]


class Attribute(Frozen):
    """A definition as stored: what values of that name must be.

    ``index`` names the entries by which leads are found, None where they are not found by it;
    it is another one each time an attribute becomes queryable. ``indexed`` says that every lead
    is in it. ``job_id`` is the job that last brought leads in line with the definition.
    """

    id: str
    name: str
    type: AttributeType
    required: bool = False
    default: AttributeValue | None = None
    enum: tuple[Scalar, ...] | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None
    pattern: str | None = None
    index: str | None = None
    indexed: bool = False
    job_id: str | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1


class AttributeMark(Frozen):
    """Names the definitions that hold by what is in them, and says since when they do."""

    id: str
    at: Instant


class AttributeSet(Frozen):
    """All definitions of a tenant at one time, in the order in which they were made."""

    attributes: tuple[Attribute, ...] = ()


class AttributeRequest(Strict):
    """The body of ``POST /v1/attributes``.

    ``min`` and ``max`` bound a number, a date, the characters of a text, the items of a list;
    ``enum`` lists the values, or the items, that are allowed. ``pattern`` is found somewhere in a
    text: a regular expression without look-around and back-references.
    """

    name: Annotated[str, Field(pattern=NAME)]
    type: AttributeType
    required: bool = False
    default: GivenValue | None = None
    enum: Choices | None = None
    min: Bound | None = None
    max: Bound | None = None
    pattern: Pattern | None = None
    queryable: bool = False


class AttributePatch(Strict):
    """The body of ``PATCH /v1/attributes/{id}``, a JSON merge patch: null takes a part away.

    Name and type stay as they are, and what is allowed only ever grows.
    """

    name: Annotated[str, Field(pattern=NAME)] = ""
    type: AttributeType = "text"
    required: bool | None = None
    default: GivenValue | None = None
    enum: Choices | None = None
    min: Bound | None = None
    max: Bound | None = None
    pattern: Pattern | None = None
    queryable: bool | None = None


class AttributeView(Frozen):
    """A definition as its owner reads it.

    ``indexed``: lists that filter by it find leads at once. ``job_id`` is the job that brings the
    leads there are in line with it, None where nothing had to be.
    """

    id: str
    name: str
    type: AttributeType
    required: bool
    default: AttributeValue | None
    enum: tuple[Scalar, ...] | None
    min: int | float | str | None
    max: int | float | str | None
    pattern: str | None
    queryable: bool
    indexed: bool
    job_id: str | None
    created_at: Timestamp
    updated_at: Timestamp
