"""Values in conditions, in the form in which fields hold them."""

from collections.abc import Callable, Mapping

from leadsignal.domain.normalise.company_names import company_name
from leadsignal.domain.normalise.countries import country_code
from leadsignal.domain.normalise.headcount import read_range
from leadsignal.domain.normalise.industries import industry_name
from leadsignal.domain.normalise.phones import e164
from leadsignal.models.conditions import Scalar

_READ: Mapping[str, Callable[[str], str | None]] = {
    "country": country_code,
    "name": lambda text: shown.name if (shown := company_name(text)) else None,
    "industry": industry_name,
    "employee_range": read_range,
    "phone": lambda text: e164(text, country=None),
}
_SHORTEST = 2


def as_kept(field: str, value: Scalar) -> Scalar:
    """Return what a field is compared with as it would hold it: ``United States`` as US; the value
    itself where the field holds texts of any form, or none can be made of it."""
    read = _READ.get(field.removeprefix("company."))
    if read is None or not isinstance(value, str) or len(value) < _SHORTEST:
        return value
    return read(value) or value
