"""The routes of ``/v1/webhooks`` and ``/v1/alerts``."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.endpoints import (
    AlertPatch,
    AlertRequest,
    AlertView,
    CreatedWebhook,
    WebhookPatch,
    WebhookRequest,
    WebhookView,
)
from leadsignal.models.outbound import DeliveryView
from leadsignal.models.pages import Page
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    created,
    found,
    gone,
    if_match,
    listed,
    listing,
)
from leadsignal.runtime.api import caller
from leadsignal.runtime.minting import mint
from leadsignal.services import endpoints

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


def _tenant_id() -> str:
    return caller(router).tenant.tenant_id


@router.post("/v1/webhooks", status_code=HTTPStatus.CREATED)
def create_webhook(request: WebhookRequest) -> Response[CreatedWebhook]:
    """Create a webhook; its signing secret is in this answer and never again."""
    webhook = endpoints.create_webhook(
        request,
        webhooks=wiring.webhooks(_tenant_id()),
        allowed=wiring.allowed_receivers(),
        secret=mint(router).random_key(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    location = f"/v1/webhooks/{webhook.id}"
    return created(CreatedWebhook, webhook, location=location, version=webhook.version)


@router.get("/v1/webhooks")
def list_webhooks(
    limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[WebhookView]]:
    """List the webhooks, oldest first."""
    webhooks = wiring.webhooks(_tenant_id())
    page = endpoints.list_endpoints(listing(router, limit, cursor), "webhooks", endpoints=webhooks)
    return listed(WebhookView, page, router)


@router.get("/v1/webhooks/<webhook_id>")
def get_webhook(webhook_id: str) -> Response[WebhookView]:
    """Return one webhook."""
    webhook = endpoints.find(webhook_id, endpoints=wiring.webhooks(_tenant_id()))
    return found(WebhookView, webhook, version=webhook.version)


@router.patch("/v1/webhooks/<webhook_id>")
def change_webhook(webhook_id: str, patch: WebhookPatch) -> Response[WebhookView]:
    """Change, enable or disable one webhook, by a JSON merge patch."""
    webhook = endpoints.change_webhook(
        webhook_id,
        patch,
        demand=if_match(router),
        webhooks=wiring.webhooks(_tenant_id()),
        allowed=wiring.allowed_receivers(),
    )
    return found(WebhookView, webhook, version=webhook.version)


@router.delete("/v1/webhooks/<webhook_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_webhook(webhook_id: str) -> Response[None]:
    """Delete one webhook; what is still on its way to it is cancelled."""
    demand = if_match(router)
    endpoints.remove(webhook_id, demand=demand, endpoints=wiring.webhooks(_tenant_id()))
    return gone()


@router.get("/v1/webhooks/<webhook_id>/deliveries")
def list_deliveries(
    webhook_id: str, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Response[Page[DeliveryView]]:
    """List the deliveries to one webhook, those of the newest facts first."""
    page = endpoints.list_deliveries(
        webhook_id,
        listing(router, limit, cursor),
        webhooks=wiring.webhooks(_tenant_id()),
        deliveries=wiring.deliveries(_tenant_id()),
    )
    return listed(DeliveryView, page, router)


@router.post("/v1/alerts", status_code=HTTPStatus.CREATED)
def create_alert(request: AlertRequest) -> Response[AlertView]:
    """Create an alert: a Slack message whenever a lead becomes hot."""
    alert = endpoints.create_alert(
        request,
        alerts=wiring.alerts(_tenant_id()),
        allowed=wiring.allowed_receivers(),
        new_id=mint(router).new_id,
        now=wiring.now(),
    )
    return created(AlertView, alert, location=f"/v1/alerts/{alert.id}", version=alert.version)


@router.get("/v1/alerts")
def list_alerts(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response[Page[AlertView]]:
    """List the alerts, oldest first."""
    alerts = wiring.alerts(_tenant_id())
    page = endpoints.list_endpoints(listing(router, limit, cursor), "alerts", endpoints=alerts)
    return listed(AlertView, page, router)


@router.get("/v1/alerts/<alert_id>")
def get_alert(alert_id: str) -> Response[AlertView]:
    """Return one alert."""
    alert = endpoints.find(alert_id, endpoints=wiring.alerts(_tenant_id()))
    return found(AlertView, alert, version=alert.version)


@router.patch("/v1/alerts/<alert_id>")
def change_alert(alert_id: str, patch: AlertPatch) -> Response[AlertView]:
    """Change one alert, by a JSON merge patch."""
    alert = endpoints.change_alert(
        alert_id,
        patch,
        demand=if_match(router),
        alerts=wiring.alerts(_tenant_id()),
        allowed=wiring.allowed_receivers(),
    )
    return found(AlertView, alert, version=alert.version)


@router.delete("/v1/alerts/<alert_id>", status_code=HTTPStatus.NO_CONTENT)
def delete_alert(alert_id: str) -> Response[None]:
    """Delete one alert."""
    demand = if_match(router)
    endpoints.remove(alert_id, demand=demand, endpoints=wiring.alerts(_tenant_id()))
    return gone()
