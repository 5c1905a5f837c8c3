"""What must hold between the fields of a provider, beyond what each of them is by itself."""

from collections.abc import Iterator
from typing import get_args

from leadsignal.domain import json_pointer, url_templates
from leadsignal.errors import FieldProblem
from leadsignal.models.enrichment import LookupKind
from leadsignal.models.pointers import pointer_token
from leadsignal.models.providers import MAPPED, OURS, PAID, ProviderForm, ProviderKind

KINDS = get_args(LookupKind.__value__)
MAX_NAME = 64  # characters of a client's own name that a pointer repeats


def problems(
    form: ProviderForm, kind: ProviderKind, *, has_secret: bool, allowed: frozenset[str]
) -> Iterator[FieldProblem]:
    """Yield what is wrong with a provider of that kind.

    ``allowed`` are addresses that may be called by plain http and on any port.
    """
    if kind in PAID and not has_secret:
        yield FieldProblem("/secret", "missing", "this kind of provider needs a secret")
    if kind in OURS and has_secret:
        yield FieldProblem("/secret", "not-allowed", "this kind of provider has no secret")
    if kind in OURS and form.credits:
        yield FieldProblem("/credits", "not-allowed", "this kind of provider costs nothing")
    if kind == "generic_json":
        yield from _endpoints(form, allowed)
        yield from _mapping(form)
        return
    for field in ("endpoints", "mapping"):
        if getattr(form, field):
            detail = "only a generic_json provider has these"
            yield FieldProblem(f"/{field}", "not-allowed", detail)


def _endpoints(form: ProviderForm, allowed: frozenset[str]) -> Iterator[FieldProblem]:
    if not form.endpoints:
        yield FieldProblem("/endpoints", "missing", "name at least one endpoint")
    for kind, template in form.endpoints.items():
        pointer = _within("/endpoints", kind)
        if kind in KINDS:
            yield from url_templates.problems(template, kind, allowed=allowed, pointer=pointer)
        else:
            yield FieldProblem(pointer, "unknown-lookup", f"must be one of {', '.join(KINDS)}")


def _mapping(form: ProviderForm) -> Iterator[FieldProblem]:
    if not form.mapping.keys() - {"confidence"}:
        yield FieldProblem("/mapping", "missing", "name a pointer for at least one field")
    for name, pointer in form.mapping.items():
        place = _within("/mapping", name)
        if name not in MAPPED:
            yield FieldProblem(place, "unknown-field", "is no field of a company")
        elif not json_pointer.is_pointer(pointer):
            detail = "is no JSON pointer (RFC 6901), such as /company/name"
            yield FieldProblem(place, "invalid-pointer", detail)


def _within(parent: str, name: str) -> str:
    return f"{parent}/{pointer_token(name)}" if len(name) <= MAX_NAME else parent
