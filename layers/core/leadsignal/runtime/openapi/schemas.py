"""JSON schemas of what routes take and answer, by pydantic's own word."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.compat import ModelField
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

REFERENCE = "#/components/schemas/"
_BOUNDS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}

type Key = tuple[str, JsonSchemaMode]


class _Schemas(GenerateJsonSchema):
    """An answer holds every field but those that are left out when they are null."""

    def normalize_name(self, name: str) -> str:
        """Call a page of leads ``LeadViewPage``."""
        return super().normalize_name(re.sub(r"^Page\[(\w+)\]$", r"\1Page", name))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        if self.mode == "serialization":
            return field.get("serialization_exclude_if") is None
        return super().field_is_required(field, total)

    def model_field_schema(self, schema: core_schema.ModelField) -> JsonSchemaValue:
        shown = super().model_field_schema(schema)
        if self.mode == "serialization" and schema.get("serialization_exclude_if") is not None:
            return _without_null(shown)
        return shown


def _without_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema of a value that is there: one that may be null is left out when it is."""
    kept = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        [schema] = choices
        return {**schema, **kept}
    return kept | ({"anyOf": choices} if choices else {})


def generate(
    wanted: Mapping[str, tuple[JsonSchemaMode, Any]],
) -> tuple[dict[str, JsonSchemaValue], dict[str, JsonSchemaValue]]:
    """Return the schema of each wanted type by its name, and the models they refer to by theirs."""
    schemas, shared = TypeAdapter.json_schemas(
        [(name, mode, TypeAdapter(kind)) for name, (mode, kind) in wanted.items()],
        by_alias=True,
        ref_template=REFERENCE + "{model}",
        schema_generator=_Schemas,
    )
    found = {name: _tidied(schema) for (name, _), schema in schemas.items()}
    return found, {name: _tidied(schema) for name, schema in shared.get("$defs", {}).items()}


def kind_of(field: ModelField) -> Any:
    """Return the type that a parameter, body or answer of a route is read or written by."""
    return Annotated[field.field_info.annotation, field.field_info]


def parameters(fields: Iterable[ModelField]) -> list[dict[str, Any]]:
    """Return the query parameters of a route as the document shows them."""
    fields = list(fields)
    shown, shared = generate({field.alias: ("validation", kind_of(field)) for field in fields})
    found = []
    for field in fields:
        schema = _without_null(_inlined(shown[field.alias], shared))
        default = field.field_info.default
        if not field.required and default is not None:
            schema |= {"default": default}
        parameter = {"name": field.alias, "in": "query", "required": field.required}
        if description := schema.pop("description", None):
            parameter["description"] = description
        found.append(parameter | {"schema": schema})
    return found


def _inlined(schema: Any, shared: Mapping[str, JsonSchemaValue]) -> Any:
    """Return a schema with those that it refers to in their places."""
    if isinstance(schema, list):
        return [_inlined(each, shared) for each in schema]
    if not isinstance(schema, dict):
        return schema
    rest = {name: _inlined(value, shared) for name, value in schema.items() if name != "$ref"}
    if "$ref" in schema:
        return _inlined(shared[schema["$ref"].removeprefix(REFERENCE)], shared) | rest
    return rest


def _tidied(schema: Any) -> Any:
    """Return a schema with bounds by the names that JSON schema has for them."""
    if isinstance(schema, list):
        return [_tidied(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for name, value in schema.items():
        bound = name in _BOUNDS and isinstance(value, int | float)
        found[_BOUNDS[name] if bound else name] = _tidied(value)
    if found.get("description") and isinstance(found["description"], str):
        found["description"] = " ".join(found["description"].replace("``", "`").split())
    return found
