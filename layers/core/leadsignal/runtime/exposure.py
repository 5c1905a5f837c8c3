"""What happens when a secret key was sent within a URL."""

from leadsignal.errors import ExposedCredentialError, InvalidCredentialError
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.tenants import authenticate


def report(error: ExposedCredentialError, *, public: bool = False) -> None:
    """Put it in the log and in a metric, by the public id of the key, and mark the key if it is
    good. A ``public`` function knows no keys, and marks none."""
    metrics.add_metric(name="SecretKeysInUrls", unit="Count", value=1)
    logger.warning("a secret key was sent within a URL", key_id=error.key_id)
    if public:
        return
    try:
        principal = authenticate(error.key, config=wiring.tenant_store(), now=wiring.now())
    except InvalidCredentialError:
        return
    wiring.meter().expose(principal)
