"""What pydantic says of input, in our form; the submitted value is left out."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from leadsignal.errors import FieldProblem, InvalidInputError
from leadsignal.models.pointers import pointer_token

MAX_TOKEN = 64  # characters of a client's own name that a pointer repeats

_TELLING = {"union_tag_invalid": "is of no kind that is known"}
"""Errors whose own text repeats what was sent."""


def field_problem(error: Mapping[str, Any], *, skip: int = 0) -> FieldProblem:
    """Return our form of one error, with a JSON pointer from part ``skip`` of its place on.

    Beyond a name of the client's own that is too long to repeat, the pointer says no more.
    """
    pointer = ""
    for part in (str(part) for part in error["loc"][skip:]):
        if len(part) > MAX_TOKEN:
            break
        pointer += f"/{pointer_token(part)}"
    pointer += str((error.get("ctx") or {}).get("pointer", ""))
    kind = str(error["type"])
    return FieldProblem(pointer, kind, _TELLING.get(kind, str(error["msg"])))


def read[M: BaseModel](model: type[M], value: object) -> M:
    """Return JSON values as a model has them.

    Raises:
        InvalidInputError: they are not valid; with a JSON pointer for each field.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidInputError(_all_of(error.errors())) from None


def _all_of(errors: Iterable[Mapping[str, Any]]) -> tuple[FieldProblem, ...]:
    return tuple(field_problem(error) for error in errors)
