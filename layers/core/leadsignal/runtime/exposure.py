"""What happens when a secret key was sent within a URL."""

from leadsignal.errors import ExposedCredentialError
from leadsignal.runtime.observability import logger, metrics


def report(error: ExposedCredentialError) -> None:
    """Put it in the log and in a metric, by the public id of the key."""
    metrics.add_metric(name="SecretKeysInUrls", unit="Count", value=1)
    logger.warning("a secret key was sent within a URL", key_id=error.key_id)
