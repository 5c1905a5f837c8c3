"""The two ways to read data: tolerant for what is stored, strict for what a client sends."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Immutable value. Ignores unknown fields, so old code can read what newer code wrote."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class Strict(Frozen):
    """A request body. Refuses unknown fields, so a client's typo is an error it can see."""

    model_config = ConfigDict(extra="forbid", strict=True)
