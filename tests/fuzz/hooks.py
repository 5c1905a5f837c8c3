"""Keeps the run's own key out of what is tried, without which all else is refused; sends CSV."""

import os
from typing import Any

import schemathesis

OWN_KEY_ID = os.environ["LEADSIGNAL_SECRET_KEY"].split("_")[3]


@schemathesis.serializer("text/csv")
def as_csv(context: Any, value: Any) -> bytes:  # noqa: ARG001 - by their names
    """Send a body that is a file as it was drawn."""
    return (value if isinstance(value, str) else str(value)).encode("utf-8", "replace")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - by their names
    """Ask for another key instead."""
    if case.path_parameters.get("key_id") == OWN_KEY_ID:
        case.path_parameters["key_id"] = OWN_KEY_ID[::-1]
