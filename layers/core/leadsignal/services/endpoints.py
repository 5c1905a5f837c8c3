"""A tenant's webhooks and alerts come into being, are looked up and go."""

import re
from datetime import datetime

from leadsignal.domain import receivers, signing
from leadsignal.errors import FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.endpoints import (
    Alert,
    AlertRequest,
    Endpoint,
    Webhook,
    WebhookRequest,
)
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import Delivery
from leadsignal.models.pages import Page
from leadsignal.ports import DeliveryStore, EndpointStore, NewId
from leadsignal.services.listing import Listing

MAX_ENDPOINTS = 100  # of one kind and one tenant

_ID = re.compile(r"[A-Za-z0-9_]{1,64}", re.ASCII)


def create_webhook(
    request: WebhookRequest,
    *,
    webhooks: EndpointStore[Webhook],
    allowed: frozenset[str],
    secret: bytes,
    new_id: NewId,
    now: datetime,
) -> Webhook:
    """Store a webhook with a signing secret of 32 random bytes, and return it.

    Raises:
        InvalidInputError: the URL must not be called, a header is ours, or there are too many.
    """
    receiver = receivers.check(request.url, allowed=allowed)
    headers = receivers.check_headers(request.headers)
    _check_room(webhooks)
    return webhooks.save(
        Webhook(
            id=new_id("whe"),
            url=receiver.url,
            types=tuple(dict.fromkeys(request.types)),
            headers=headers,
            secret=signing.format_secret(secret),
            created_at=to_instant(now),
        )
    )


def create_alert(
    request: AlertRequest,
    *,
    alerts: EndpointStore[Alert],
    allowed: frozenset[str],
    new_id: NewId,
    now: datetime,
) -> Alert:
    """Store an alert and return it.

    Raises:
        InvalidInputError: the URL is not one of Slack, or there are too many.
    """
    receiver = receivers.check_slack(request.url, allowed=allowed)
    _check_room(alerts)
    return alerts.save(
        Alert(
            id=new_id("alr"),
            name=request.name,
            kind=request.kind,
            url=receiver.url,
            cooldown_minutes=request.cooldown_minutes,
            created_at=to_instant(now),
        )
    )


def find[E: Endpoint](endpoint_id: str, *, endpoints: EndpointStore[E]) -> E:
    """Return the tenant's endpoint of that id.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    found = endpoints.get(endpoint_id) if _ID.fullmatch(endpoint_id) else None
    if found is None:
        raise NotFoundError("endpoint")
    return found


def remove[E: Endpoint](endpoint_id: str, *, endpoints: EndpointStore[E]) -> None:
    """Delete the tenant's endpoint of that id. What is on its way to it is cancelled when due.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
    """
    endpoints.delete(find(endpoint_id, endpoints=endpoints).id)


def list_endpoints[E: Endpoint](
    listing: Listing, kind: str, *, endpoints: EndpointStore[E]
) -> Page[E]:
    """Return one page of the tenant's endpoints, oldest first; ``kind`` names the list.

    Raises:
        MalformedInputError: the cursor is not one of this list.
    """
    position = listing.position(kind)
    rest = [e for e in endpoints.all() if position is None or _place(e) > position]
    return listing.page(kind, rest, _place)


def list_deliveries(
    webhook_id: str,
    listing: Listing,
    *,
    webhooks: EndpointStore[Webhook],
    deliveries: DeliveryStore,
) -> Page[Delivery]:
    """Return one page of the deliveries to a webhook, newest first.

    Raises:
        NotFoundError: there is no such webhook, or it is another tenant's.
        MalformedInputError: the cursor is not one of this list.
    """
    webhook = find(webhook_id, endpoints=webhooks)
    scope = f"deliveries/{webhook.id}"
    before = listing.position(scope)
    rows = deliveries.newest(webhook.id, listing.limit + 1, before=before)
    return listing.page(scope, rows, lambda delivery: delivery.id)


def _place(endpoint: Endpoint) -> str:
    """Return the place of an endpoint in the order of creation."""
    return f"{endpoint.created_at:013d}/{endpoint.id}"


def _check_room[E: Endpoint](endpoints: EndpointStore[E]) -> None:
    if len(endpoints.all()) >= MAX_ENDPOINTS:
        detail = f"there are {MAX_ENDPOINTS} already; delete one first"
        raise InvalidInputError((FieldProblem("", "too-many", detail),))
