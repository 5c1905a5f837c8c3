"""The routes of ``/v1/keys`` and ``/v1/roles``."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.instants import to_instant
from leadsignal.models.keys import (
    KeyPatch,
    KeyRequest,
    KeyView,
    NewKeyView,
    RotateRequest,
    UsageDay,
)
from leadsignal.models.pages import Page
from leadsignal.models.scopes import RoleView
from leadsignal.ports import KeyStore, KeyUsageStore
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    FirstDay,
    LastDay,
    Limit,
    created,
    found,
    gone,
    if_match,
    listing,
    paged,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import keys

A_DAY = RotateRequest()

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _keys() -> KeyStore:
    return wiring.api_keys(caller(router).tenant.tenant_id)


def _usage() -> KeyUsageStore:
    return wiring.key_usage(caller(router).tenant.tenant_id)


@router.post("/v1/keys", status_code=HTTPStatus.CREATED)
def create_key(request: KeyRequest) -> Response[NewKeyView]:
    """Create a key; it is in this answer and never again.

    Nobody can give a key more scopes than they have themselves.
    """
    now = wiring.now()
    minted = keys.create_key(
        request, caller=caller(router), keys=_keys(), token=mint(router).token, now=now
    )
    view = keys.show_new(minted, now=to_instant(now))
    location = f"/v1/keys/{minted.key.key_id}"
    return created(NewKeyView, view, location=location, version=minted.key.version)


@router.get("/v1/keys")
def list_keys(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response[Page[KeyView]]:
    """List the keys, oldest first; those that are revoked, too."""
    asked = listing(router, limit, cursor)
    page = keys.list_keys(asked, keys=_keys())
    return paged(keys.show_all(page, usage=_usage(), now=asked.now), router)


@router.get("/v1/keys/<key_id>")
def get_key(key_id: str) -> Response[KeyView]:
    """Return one key: all but the secret."""
    key = keys.find(key_id, keys=_keys())
    view = keys.show_one(key, usage=_usage(), now=to_instant(wiring.now()))
    return found(KeyView, view, version=key.version)


@router.patch("/v1/keys/<key_id>")
def update_key(key_id: str, patch: KeyPatch) -> Response[KeyView]:
    """Change name, scopes, limit, budget or end of a key; it holds everywhere within 30 seconds."""
    now = wiring.now()
    key = keys.change_key(
        key_id,
        patch,
        precondition=if_match(router),
        caller=caller(router),
        keys=_keys(),
        now=now,
    )
    view = keys.show_one(key, usage=_usage(), now=to_instant(now))
    return found(KeyView, view, version=key.version)


@router.post("/v1/keys/<key_id>/rotate")
def rotate_key(
    key_id: str, request: Annotated[RotateRequest, Body()] = A_DAY
) -> Response[NewKeyView]:
    """Give a key a new secret; it is in this answer and never again.

    The old one stays good for ``overlap_seconds`` (a day by default, 0 for not at all), but never
    beyond the end of the key.
    """
    now = wiring.now()
    minted = keys.rotate_key(
        key_id,
        request,
        precondition=if_match(router),
        caller=caller(router),
        keys=_keys(),
        token=mint(router).token,
        now=now,
    )
    view = keys.show_new(minted, now=to_instant(now))
    return found(NewKeyView, view, version=minted.key.version)


@router.delete("/v1/keys/<key_id>", status_code=HTTPStatus.NO_CONTENT)
def revoke_key(key_id: str) -> Response[None]:
    """Revoke a key, for ever; it is refused everywhere within 30 seconds, and stays listed."""
    keys.revoke_key(
        key_id,
        precondition=if_match(router),
        caller=caller(router),
        keys=_keys(),
        now=wiring.now(),
    )
    return gone()


@router.get("/v1/keys/<key_id>/usage")
def get_key_usage(
    key_id: str,
    from_day: FirstDay = None,
    to_day: LastDay = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Response[Page[UsageDay]]:
    """List what a key was used for, by day and route, newest day first."""
    page = keys.usage_of(
        key_id,
        listing(router, limit, cursor),
        first=from_day,
        last=to_day,
        keys=_keys(),
        usage=_usage(),
    )
    return paged(page, router)


@router.get("/v1/roles")
def list_roles(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response[Page[RoleView]]:
    """List the roles that a key can have, each with its scopes."""
    return paged(keys.list_roles(listing(router, limit, cursor)), router)
