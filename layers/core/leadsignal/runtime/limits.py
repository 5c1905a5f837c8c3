"""Rate limits of the API and of the track routes. What limits may never take a route down."""

from collections.abc import Mapping

from leadsignal.errors import RateLimitedError, TransientError
from leadsignal.models.limits import Allowance
from leadsignal.models.tenants import Principal
from leadsignal.runtime import wiring
from leadsignal.runtime.observability import logger, metrics
from leadsignal.services.limits import take_request

POLICY = "default"


def count_request(principal: Principal) -> Allowance | None:
    """Count one request of a secret key and return what it has left.

    None where there is no limit, or none that can be known now: then the request is let through.
    """
    buckets = wiring.buckets(principal.tenant.tenant_id)
    try:
        return take_request(principal, buckets=buckets, at=wiring.nanoseconds())
    except TransientError as error:
        _report(error)
        return None


def fields(allowance: Allowance | None) -> Mapping[str, str]:
    """Return the headers that tell of a limit (draft-ietf-httpapi-ratelimit-headers)."""
    if allowance is None:
        return {}
    return {
        "ratelimit-policy": f'"{POLICY}";q={allowance.quota.tokens};w=60',
        "ratelimit": f'"{POLICY}";r={allowance.left};t={allowance.wait_seconds}',
    }


def check(allowance: Allowance | None) -> None:
    """Let a request pass that was granted.

    Raises:
        RateLimitedError: it was not.
    """
    if allowance is not None and not allowance.granted:
        metrics.add_metric(name="RequestsLimited", unit="Count", value=1)
        raise RateLimitedError(retry_after_seconds=allowance.wait_seconds, policy=POLICY)


def count_events(principal: Principal, events: int) -> None:
    """Count the events of one request to a track route, and let it through if in doubt.

    Raises:
        RateLimitedError: the key sends too many.
    """
    buckets = wiring.buckets(principal.tenant.tenant_id)
    try:
        wiring.purses().spend(principal, events, buckets=buckets, at=wiring.nanoseconds())
    except TransientError as error:
        _report(error)
    except RateLimitedError:
        metrics.add_metric(name="EventsLimited", unit="Count", value=events)
        raise


def _report(error: TransientError) -> None:
    metrics.add_metric(name="LimitsUnknown", unit="Count", value=1)
    logger.warning("limits are not known; let through", error=str(error))
