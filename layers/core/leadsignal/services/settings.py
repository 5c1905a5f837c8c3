"""The settings of a tenant are changed."""

from datetime import datetime

from leadsignal.domain.normalise.countries import country_code
from leadsignal.errors import ConflictError, FieldProblem, InvalidInputError
from leadsignal.models.instants import to_instant
from leadsignal.models.preconditions import Precondition
from leadsignal.models.settings import SettingsPatch
from leadsignal.models.tenants import Tenant
from leadsignal.ports import SettingsStore

ATTEMPTS = 4


def change_settings(
    patch: SettingsPatch,
    *,
    precondition: Precondition,
    settings: SettingsStore,
    now: datetime,
) -> Tenant:
    """Change the settings that the patch names; null sets one back to what a new tenant has.

    Raises:
        InvalidInputError: there is no such country.
        PreconditionFailedError: they are not in the version that was asked for.
        ConflictError: others kept changing them.
    """
    named = {name: getattr(patch, name) for name in patch.model_fields_set}
    country = patch.default_country
    if country is not None and country_code(country) != country:
        detail = "there is no such country in ISO 3166-1"
        raise InvalidInputError((FieldProblem("/default_country", "unknown_country", detail),))
    changes = {
        name: Tenant.model_fields[name].default if value is None else value
        for name, value in named.items()
    }
    for _ in range(ATTEMPTS):
        tenant = settings.get()
        precondition.check(tenant.version)
        changed = tenant.model_copy(update=changes)
        if changed == tenant:
            return tenant
        try:
            return settings.save(changed.model_copy(update={"updated_at": to_instant(now)}))
        except ConflictError:
            continue
    raise ConflictError("others kept changing the settings")
