"""The routes of ``/v1/settings``."""

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from leadsignal.models.settings import SettingsPatch, SettingsView
from leadsignal.runtime import wiring
from leadsignal.runtime.answers import found, if_match
from leadsignal.runtime.api import caller
from leadsignal.services.settings import change_settings

router = APIGatewayHttpRouter()  # type: ignore[no-untyped-call]


@router.get("/v1/settings")
def get_settings() -> Response[SettingsView]:
    """Return the settings of the account."""
    tenant = wiring.tenant_settings(caller(router).tenant.tenant_id).get()
    return found(SettingsView, tenant, version=tenant.version)


@router.patch("/v1/settings")
def update_settings(patch: SettingsPatch) -> Response[SettingsView]:
    """Change settings; null sets one back to what a new account has.

    A change holds everywhere within 30 seconds.
    """
    tenant = change_settings(
        patch,
        precondition=if_match(router),
        settings=wiring.tenant_settings(caller(router).tenant.tenant_id),
        now=wiring.now(),
    )
    return found(SettingsView, tenant, version=tenant.version)
