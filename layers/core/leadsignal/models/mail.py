"""What is known of an e-mail address: its kind, and whether mail for it is taken."""

from typing import Literal

from leadsignal.models.base import Frozen
from leadsignal.models.instants import Instant, Timestamp

type MailKind = Literal["business", "free", "disposable"]
type MailHost = Literal["yes", "no", "unknown"]
"""Whether a domain takes mail. ``unknown``: nobody could say, which is nothing against it."""

type Deliverable = Literal["yes", "no", "risky", "unknown"]


class KnownMailHost(Frozen):
    """What was found out of a domain, and until when that counts."""

    found: MailHost
    expires_at: Instant


class MailCheck(Frozen):
    """What was found out of one address at ``checked_at``: by the DNS (``mx``), and by the provider
    that ``source`` names, who has seen whether there is such a mailbox (``mailbox``)."""

    email: str
    mx: MailHost = "unknown"
    mailbox: Deliverable | None = None
    source: str = "dns"
    checked_at: Instant

    @property
    def deliverable(self) -> Deliverable:
        """Whether the address can be delivered to. A provider that tried the mailbox decides. The
        DNS can only say no: that a domain takes mail does not mean that there is a mailbox."""
        if self.mailbox is not None and self.mailbox != "unknown":
            return self.mailbox
        return "no" if self.mx == "no" else "unknown"


class MailCheckView(Frozen):
    """What is known of a lead's e-mail address.

    ``role``: it names a function (``info``, ``sales``), no person. ``mx``: whether its domain takes
    mail. ``verdict``: whether it can be delivered to; ``yes`` only where a provider has tried the
    mailbox. ``checked_at`` is None until somebody has asked.
    """

    kind: MailKind | None
    role: bool
    mx: MailHost
    verdict: Deliverable
    checked_at: Timestamp | None
    source: str | None
