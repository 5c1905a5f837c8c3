"""Schemas of what a client sends that no model of ours tells in full: free maps, conditions."""

from collections.abc import Sequence
from functools import cache
from typing import Any, get_args

from leadsignal.domain.conditions import fields, parse, windows
from leadsignal.domain.conditions.globs import MAX_PATTERN
from leadsignal.domain.normalise.countries import codes
from leadsignal.domain.storable import LARGEST
from leadsignal.models import free_form
from leadsignal.models.conditions import CountOperator, Operator
from leadsignal.models.text_forms import FILLED_LINE, LINE, PROSE
from leadsignal.runtime.openapi.conventions import Schema
from leadsignal.runtime.openapi.schemas import REFERENCE

_NUMBER: Schema = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
_PLAIN: list[Schema] = [{"type": "null"}, {"type": "boolean"}, _NUMBER]
_NAME = r"^[\w$]([\w$ .:/-]{0,62}[\w$.:/-])?$"
_NOT_IN_SEGMENTS = ("segments", "quality", "quality.fixes")
_PATHS = ("traits", "attributes", "consent")


def refined(models: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas of the document's models with these in their places."""
    found = models | components()
    found |= {name: _without_defaults(models[name]) for name in models if name.endswith("Patch")}
    found["CountryCode"] = models["CountryCode"] | {"enum": list(codes())}
    lead = models["LeadInput"]
    maps = {name: _or_null("FreeForm") for name in ("traits", "attributes")}
    for name in ("SegmentRequest", "SegmentPatch", "PreviewRequest"):
        held = found[name]
        condition = {"condition": _of("SegmentCondition")}
        found[name] = held | {"properties": held["properties"] | condition}
    found["LeadInput"] = lead | {"properties": lead["properties"] | maps}
    return found


@cache
def components() -> dict[str, Schema]:
    """Return the schemas by their names."""
    name = {"type": "string", "pattern": _NAME}
    return {
        "FreeForm": {
            "type": "object",
            "description": (
                f"Names as clients choose them; nested at most {free_form.MAX_DEPTH} deep, "
                f"{free_form.MAX_BYTES // 1024} KB of JSON in all"
            ),
            "maxProperties": free_form.MAX_ENTRIES,
            "propertyNames": name,
            "additionalProperties": _of("FreeValue"),
        },
        "FreeValue": {
            "anyOf": [
                *_PLAIN,
                {"type": "string", "maxLength": free_form.MAX_STRING, "pattern": PROSE},
                {"type": "array", "maxItems": free_form.MAX_ENTRIES},
                {"type": "object", "maxProperties": free_form.MAX_ENTRIES, "propertyNames": name},
            ]
        },
        "LeadCondition": _condition("LeadCondition", _lead_field(), performed=True),
        "SegmentCondition": _segment_condition(),
        "CompanyCondition": _condition("CompanyCondition", _company_field()),
        "EventCondition": _condition("EventCondition", _event_field()),
    }


def _without_defaults(patch: Schema) -> Schema:
    """Return the schema of a change: what is not in one stays as it is."""
    shown = {
        name: {word: value for word, value in field.items() if word != "default"}
        for name, field in patch["properties"].items()
    }
    return patch | {"properties": shown}


def _of(name: str) -> Schema:
    return {"$ref": REFERENCE + name}


def _or_null(name: str) -> Schema:
    return {"anyOf": [_of(name), {"type": "null"}], "default": None}


def _object(required: Sequence[str], **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _lead_field() -> Schema:
    named = rf"^({'|'.join(_PATHS)})\.[^\x00-\x1f\x7f]{{1,{fields.MAX_NAME}}}$"
    known = sorted(name for name in fields.names() if fields.of_lead(name))
    return {"anyOf": [{"enum": known}, {"type": "string", "pattern": named}]}


def _segment_condition() -> Schema:
    """Return the schema of a segment's condition: another segment it asks whether it contains the
    lead, and of the quality, which ages, nothing."""
    field = _lead_field()
    named = [name for name in field["anyOf"][0]["enum"] if name not in _NOT_IN_SEGMENTS]
    whole = _condition(
        "SegmentCondition", {"anyOf": [{"enum": named}, field["anyOf"][1]]}, performed=True
    )
    segment = _object(
        ("field", "op", "value"),
        field={"const": "segments"},
        op={"enum": ["contains", "not_contains"]},
        value={"type": "string", "pattern": "^seg_[0-9A-Za-z]{1,64}$"},
    )
    return whole | {"oneOf": [segment, *whole["oneOf"]]}


def _company_field() -> Schema:
    return {"enum": sorted(name for name in fields.names() if fields.of_company(name))}


def _event_field() -> Schema:
    named = rf"^properties\.[^\x00-\x1f\x7f]{{1,{fields.MAX_NAME}}}$"
    known = sorted(name for name in fields.names() if fields.of_event(name))
    return {"anyOf": [{"enum": known}, {"type": "string", "pattern": named}]}


def _condition(name: str, field: Schema, *, performed: bool = False) -> Schema:
    """Return the schema of a condition whose leaves name one of these fields."""
    parts = {"type": "array", "minItems": 1, "maxItems": parse.MAX_NODES - 1, "items": _of(name)}
    kinds = [*_comparisons(field), *([_performed()] if performed else [])]
    return {
        "description": (
            f"At most {parse.MAX_DEPTH} levels and {parse.MAX_NODES} nodes: docs/lists.md"
        ),
        "oneOf": [
            *kinds,
            _object(("all",), all=parts),
            _object(("any",), any=parts),
            _object(("not",), **{"not": _of(name)}),
        ],
    }


def _comparisons(field: Schema) -> list[Schema]:
    """Return the schema of each kind of comparison: by what its operator takes as a value."""
    text: Schema = {"type": "string", "maxLength": parse.MAX_TEXT, "pattern": LINE}
    scalar = {"anyOf": [{"type": "boolean"}, _NUMBER, text]}
    several: Schema = {
        "type": "array",
        "minItems": 1,
        "maxItems": parse.MAX_VALUES,
        "items": scalar,
    }
    taken: dict[str, Schema] = {
        "between": several | {"minItems": 2, "maxItems": 2},
        "matches_glob": text | {"maxLength": MAX_PATTERN},
        **dict.fromkeys(("in", "not_in"), several),
        **dict.fromkeys(("starts_with", "ends_with"), text),
        **dict.fromkeys(("before", "after"), {"type": "string", "format": "date-time"}),
        **dict.fromkeys(("exists", "not_exists"), {"const": True}),
    }
    operators: list[tuple[Schema, list[str]]] = []
    for operator in get_args(Operator.__value__):
        value = taken.get(operator, scalar)
        same = next((names for shown, names in operators if shown == value), None)
        if same is None:
            operators.append((value, [operator]))
        else:
            same.append(operator)
    return [
        _object(
            ("field", "op") if value == {"const": True} else ("field", "op", "value"),
            field=field,
            op={"enum": names},
            value=value,
        )
        for value, names in operators
    ]


def _performed() -> Schema:
    number: Schema = {"type": "integer", "minimum": 0, "maximum": parse.MAX_COUNT}
    ends = {"type": "array", "minItems": 2, "maxItems": 2, "items": number}
    single = [each for each in get_args(CountOperator.__value__) if each != "between"]
    zone: Schema = {
        "type": "string",
        "description": "Of the IANA time zone database",
        "examples": ["Europe/Amsterdam"],
        "pattern": r"^(UTC|GMT|(Africa|America|Asia|Europe|Pacific)/[A-Za-z_+/-]+)$",
    }
    longest = {"days": 1, "hours": 24, "minutes": 24 * 60}
    event = {"type": "string", "maxLength": parse.MAX_EVENT, "pattern": FILLED_LINE}
    return _object(
        ("performed",),
        performed=_object(("event",), event=event, where=_of("EventCondition")),
        count={
            "oneOf": [
                _object(("op", "value"), op={"enum": single}, value=number),
                _object(("op", "value"), op={"const": "between"}, value=ends),
            ]
        },
        within={
            "oneOf": [
                _object(
                    (unit,),
                    **{
                        unit: {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": windows.MAX_DAYS * many,
                        },
                        "time_zone": zone,
                    },
                )
                for unit, many in longest.items()
            ]
        },
    )
