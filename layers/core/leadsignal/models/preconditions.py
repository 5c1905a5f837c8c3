"""What a caller demands of the version of a resource before it is changed."""

from leadsignal.errors import PreconditionFailedError
from leadsignal.models.base import Frozen


class Precondition(Frozen):
    """The versions that ``If-Match`` names; None where any version will do."""

    versions: frozenset[int] | None = None

    def check(self, version: int) -> None:
        """Let the current version of a resource pass, or refuse it.

        Raises:
            PreconditionFailedError: it is none of those named.
        """
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailedError(version)


ANY_VERSION = Precondition()
