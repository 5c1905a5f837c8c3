"""A tenant's webhooks and alerts come into being, are looked up and go."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from leadsignal.domain import receivers, signing
from leadsignal.domain.merge_patch import merge_patch
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadsignal.models.base import Strict
from leadsignal.models.endpoints import (
    Alert,
    AlertPatch,
    AlertRequest,
    Endpoint,
    Webhook,
    WebhookForm,
    WebhookPatch,
    WebhookRequest,
)
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import Delivery
from leadsignal.models.pages import Page
from leadsignal.models.preconditions import ANY_VERSION, Precondition
from leadsignal.models.validation import read
from leadsignal.ports import DeliveryStore, EndpointStore, NewId
from leadsignal.services.listing import Listing

MAX_ENDPOINTS = 100  # of one kind and one tenant
ATTEMPTS = 5  # at a change while others change the same endpoint

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
    return _add(
        Webhook(
            id=new_id("whe"),
            url=receiver.url,
            types=tuple(dict.fromkeys(request.types)),
            headers=headers,
            secret=signing.format_secret(secret),
            created_at=to_instant(now),
        ),
        webhooks,
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
    return _add(
        Alert(
            id=new_id("alr"),
            name=request.name,
            kind=request.kind,
            url=receiver.url,
            cooldown_minutes=request.cooldown_minutes,
            created_at=to_instant(now),
        ),
        alerts,
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


def change_webhook(
    webhook_id: str,
    patch: WebhookPatch,
    *,
    demand: Precondition,
    webhooks: EndpointStore[Webhook],
    allowed: frozenset[str],
) -> Webhook:
    """Apply a merge patch to the tenant's webhook of that id, and return what came of it.

    Who sets the status by hand leaves no reason behind. What changes nothing makes no version.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        InvalidInputError: what would come of it is not valid.
        ConflictError: others kept changing it meanwhile.
    """

    def changed(webhook: Webhook) -> Webhook:
        form = _patched(WebhookForm, webhook, patch)
        same_url = form.url == webhook.url
        kept = webhook.disabled_reason if form.status == webhook.status else None
        return webhook.model_copy(
            update={
                "url": form.url if same_url else receivers.check(form.url, allowed=allowed).url,
                "types": tuple(dict.fromkeys(form.types)),
                "headers": receivers.check_headers(form.headers),
                "status": form.status,
                "disabled_reason": kept,
            }
        )

    return _change(webhook_id, changed, demand, webhooks)


def change_alert(
    alert_id: str,
    patch: AlertPatch,
    *,
    demand: Precondition,
    alerts: EndpointStore[Alert],
    allowed: frozenset[str],
) -> Alert:
    """Apply a merge patch to the tenant's alert of that id, and return what came of it.

    Raises:
        NotFoundError, PreconditionFailedError, InvalidInputError, ConflictError: as for a webhook.
    """

    def changed(alert: Alert) -> Alert:
        form = _patched(AlertRequest, alert, patch)
        same_url = form.url == alert.url
        url = form.url if same_url else receivers.check_slack(form.url, allowed=allowed).url
        update = {"name": form.name, "url": url, "cooldown_minutes": form.cooldown_minutes}
        return alert.model_copy(update=update)

    return _change(alert_id, changed, demand, alerts)


def _patched[F: Strict](form: type[F], endpoint: Endpoint, patch: Strict) -> F:
    """Return an endpoint as its owner sends one, after the patch."""
    before = {name: value for name, value in endpoint if name in form.model_fields}
    return read(form, merge_patch(before, patch.model_dump(exclude_unset=True)))


def _change[E: Endpoint](
    endpoint_id: str,
    changed: Callable[[E], E],
    demand: Precondition,
    endpoints: EndpointStore[E],
) -> E:
    for _ in range(ATTEMPTS):
        found = find(endpoint_id, endpoints=endpoints)
        demand.check(found.version)
        wanted = changed(found)
        if wanted == found:
            return found
        with suppress(ConflictError):
            return endpoints.save(wanted)
    raise ConflictError("the endpoint kept changing meanwhile")


def remove[E: Endpoint](
    endpoint_id: str, *, demand: Precondition = ANY_VERSION, endpoints: EndpointStore[E]
) -> None:
    """Delete the tenant's endpoint of that id. What is on its way to it is cancelled when due.

    Raises:
        NotFoundError: there is none, or it is another tenant's.
        PreconditionFailedError: it is in no version that is demanded.
        ConflictError: others kept changing it meanwhile.
    """
    for _ in range(ATTEMPTS):
        found = find(endpoint_id, endpoints=endpoints)
        demand.check(found.version)
        with suppress(ConflictError):
            endpoints.delete(found.id, version=found.version)
            return
    raise ConflictError("the endpoint kept changing meanwhile")


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


def _add[E: Endpoint](endpoint: E, endpoints: EndpointStore[E]) -> E:
    """Store a new endpoint and return it as stored.

    An id that is taken was taken by an earlier run of the same request: ids are random, or follow
    from the request.

    Raises:
        InvalidInputError: there are too many already.
    """
    held = {each.id for each in endpoints.all()}
    if len(held) >= MAX_ENDPOINTS and endpoint.id not in held:
        detail = f"there are {MAX_ENDPOINTS} already; delete one first"
        raise InvalidInputError((FieldProblem("", "too-many", detail),))
    try:
        return endpoints.save(endpoint)
    except ConflictError:
        there = endpoints.get(endpoint.id)
        if there is None:
            raise
        return there
