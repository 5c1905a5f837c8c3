"""Finds the credential of a request and who stands behind it."""

import base64
import binascii
from collections.abc import Mapping

from leadsignal.errors import (
    InsufficientScopeError,
    InvalidCredentialError,
    MissingCredentialError,
)
from leadsignal.models.tenants import Principal
from leadsignal.runtime import wiring
from leadsignal.services import tenants

READ_METHODS = {"GET", "HEAD", "OPTIONS"}
_READS = {"/v1/lookups/batch", "/v1/segments/preview"}  # whose POST asks, and changes nothing
_RESOURCES = {  # what a path needs a scope of, where that has another name
    "merges": "leads",
    "merge-candidates": "leads",
    "imports": "leads",
    "failed-events": "events",
    "identify": "lookups",
    "enrich": "lookups",
    "credits": "lookups",
    "usage": "lookups",
    "providers": "settings",
    "spend": "deals",
    "attribution": "deals",
    "reports": "deals",
    "jobs": "scoring",
    "roles": "keys",
    "attributes": "scoring",
    "workflows": "settings",
}


def bearer(headers: Mapping[str, str]) -> str | None:
    """Return the key of ``Authorization: Bearer``, or None when there is no such header.

    Raises:
        InvalidCredentialError: another scheme, or nothing behind it.
    """
    value = headers.get("authorization")
    if value is None:
        return None
    scheme, _, key = value.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise InvalidCredentialError("the key is not valid")
    return key.strip()


def basic_user(headers: Mapping[str, str]) -> str | None:
    """Return the user name of ``Authorization: Basic``, or None when it is not that scheme.

    Raises:
        InvalidCredentialError: the header is Basic but cannot be decoded.
    """
    scheme, _, encoded = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError) as error:
        raise InvalidCredentialError("the key is not valid") from error


def identify(headers: Mapping[str, str]) -> Principal:
    """Return the caller of a secret-key route.

    Raises:
        MissingCredentialError: no Authorization header.
        InvalidCredentialError: the key is not good.
    """
    key = bearer(headers)
    if key is None:
        raise MissingCredentialError("send the key as Authorization: Bearer")
    return tenants.authenticate(key, config=wiring.tenant_store(), now=wiring.now())


def check_scope(principal: Principal, method: str, path: str) -> None:
    """Let a caller pass who carries the scope that the request needs.

    Raises:
        InsufficientScopeError: a write key, or a key without that scope.
    """
    scope = scope_of(method, path)
    if not principal.may(scope):
        raise InsufficientScopeError(scope)


def scope_of(method: str, path: str) -> str:
    """Return the scope that a request needs.

    ``GET /v1/leads/…`` needs ``leads:read``, any other method ``leads:write``; some paths go by the
    scope of a resource that they are about.
    """
    resource = path.split("/")[2] if path.count("/") >= 2 else ""
    resource = _RESOURCES.get(resource, resource)
    reads = method in READ_METHODS or path in _READS
    return f"{resource}:{'read' if reads else 'write'}"
