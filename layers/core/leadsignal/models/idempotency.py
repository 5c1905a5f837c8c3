"""What is kept of a request with an ``Idempotency-Key``."""

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant


class Run(Frozen):
    """One request and how far it came.

    ``mark`` is another one with every change. ``fingerprint`` follows from what was asked,
    under the tenant's secret. The ids that a run makes follow from ``salt``, which a later run
    for the same request takes over. Nobody else runs before ``lease_until``. ``answer`` is sealed;
    of one that is too large to be kept, ``done`` is all there is.
    """

    mark: str
    fingerprint: str
    salt: str
    lease_until: Instant
    done: bool = False
    answer: bytes | None = None
    expires_at: Instant
