"""URLs with a placeholder for what is looked up: ``https://api.example.com/v1/{domain}``."""

from collections.abc import Iterator
from urllib.parse import quote

from leadsignal.domain import receivers
from leadsignal.errors import FieldProblem, InvalidInputError

SAMPLES = {"ip": "2001:db8::1", "domain": "example.com", "email": "ada@example.com"}
"""A value of each kind of look-up, which is also the name of its placeholder."""


def filled(template: str, kind: str, value: str) -> str:
    """Return the URL for one value; every character with a meaning in URLs is percent-encoded."""
    return template.replace(f"{{{kind}}}", quote(value, safe=""))


def origin(template: str) -> str:
    """Return scheme, host and port of a template, in lower case: who gets what is sent there."""
    return f"{template.partition('://')[0]}://{_authority(template)}".lower()


def _authority(template: str) -> str:
    return template.partition("://")[2].replace("?", "/").partition("/")[0]


def problems(
    template: str, kind: str, *, allowed: frozenset[str], pointer: str
) -> Iterator[FieldProblem]:
    """Yield what is wrong with the template for look-ups of one kind.

    The value goes into the path or the query, never into the host: whoever is looked up must not
    choose who is called. ``allowed`` are addresses that may be called by http and on any port.
    """
    placeholder = f"{{{kind}}}"
    rest = template.replace(placeholder, "")
    if placeholder not in template:
        yield FieldProblem(pointer, "missing-placeholder", f"must hold {placeholder}")
    elif "{" in rest or "}" in rest:
        yield FieldProblem(pointer, "unknown-placeholder", f"the only placeholder is {placeholder}")
    elif placeholder in _authority(template) or "#" in template:
        detail = f"{placeholder} must be in the path or the query"
        yield FieldProblem(pointer, "misplaced-placeholder", detail)
    else:
        try:
            receivers.check(filled(template, kind, SAMPLES[kind]), allowed=allowed)
        except InvalidInputError as error:
            yield from (FieldProblem(pointer, p.code, p.detail) for p in error.problems)
