"""Whether a domain takes mail, by the DNS: MX, else A and AAAA, within a time limit."""

import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Final

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import idna

from leadsignal.models.mail import MailHost

DNS_PORT: Final = 53
BELIEVED_SECONDS = 3600.0  # that a resolver which knows the root zone is believed
DOUBTED_SECONDS = 300.0
SILENT_SECONDS = 30.0  # for which nobody is asked after so many look-ups without an answer
SILENCES = 3
_NOWHERE = {"", "localhost"}  # RFC 7505: an exchange of no name takes no mail


def read_servers(text: str) -> Sequence[tuple[str, int]] | None:
    """Return the name servers that a setting names (``192.0.2.1:53, [2001:db8::1]:53``): none for
    an empty one, None for ``none``.

    Raises:
        ValueError: one has no port, or no address.
    """
    if text.strip() == "none":
        return None
    servers = []
    for part in filter(None, map(str.strip, text.split(","))):
        address, _, port = part.rpartition(":")
        servers.append((str(ip_address(address.strip("[]"))), int(port)))
    return servers


class DnsMailExchange:
    """Asks the name servers that it is given (address and port), else those of this machine.

    ``None`` asks nobody. What cannot be found out is ``unknown``: no answer in time, no resolver,
    SERVFAIL. That there is no such name is believed only from a resolver that knows the root zone,
    for one without a way out says it of every name.
    """

    def __init__(
        self,
        name_servers: Sequence[tuple[str, int]] | None = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name_servers = name_servers
        self._clock = clock
        self._resolver: dns.resolver.Resolver | None = None
        self._believed: tuple[bool, float] | None = None
        self._silences = 0
        self._silent_until = float("-inf")

    def takes_mail(self, domain: str, *, timeout_ms: int) -> MailHost:
        """Return whether a domain takes mail; within ``timeout_ms`` and a tenth of a second,
        whatever the servers do."""
        started = self._clock()
        if self._name_servers is None or started < self._silent_until:
            return "unknown"
        try:
            name = dns.name.from_text(idna.encode(domain, uts46=True).decode() + ".")
        except (idna.IDNAError, dns.exception.DNSException):
            return "unknown"
        try:
            found = self._look_up(name, started + timeout_ms / 1000)
        except (dns.resolver.NoNameservers, dns.resolver.NoResolverConfiguration):
            return "unknown"
        except (dns.exception.DNSException, OSError):
            self._count_silence()
            return "unknown"
        self._silences = 0
        return found

    def _count_silence(self) -> None:
        self._silences += 1
        if self._silences >= SILENCES:
            self._silences = 0
            self._silent_until = self._clock() + SILENT_SECONDS

    def _look_up(self, name: dns.name.Name, deadline: float) -> MailHost:
        try:
            exchanges = self._ask(name, "MX", deadline)
            if exchanges is not None:
                hosts = {str(mx.exchange).rstrip(".").lower() for mx in exchanges}
                return "no" if hosts <= _NOWHERE else "yes"
            for kind in ("A", "AAAA"):
                if self._ask(name, kind, deadline) is not None:
                    return "yes"  # RFC 5321, 5.1: the domain itself is its exchange
        except dns.resolver.NXDOMAIN:
            pass
        return "no" if self._is_believed(deadline) else "unknown"

    def _is_believed(self, deadline: float) -> bool:
        """Return whether the resolver knows the root zone, and so may say what is not there."""
        now = self._clock()
        if self._believed is None or self._believed[1] <= now:
            try:
                knows = self._ask(dns.name.root, "NS", deadline) is not None
            except dns.resolver.NXDOMAIN:
                knows = False
            self._believed = (knows, now + (BELIEVED_SECONDS if knows else DOUBTED_SECONDS))
        return self._believed[0]

    def _ask(self, name: dns.name.Name, kind: str, deadline: float) -> dns.resolver.Answer | None:
        """Return the records of a name, None when it has none of that kind.

        Raises:
            NXDOMAIN: there is no such name.
            DNSException, OSError: nobody could say.
        """
        left = deadline - self._clock()
        if left <= 0:
            raise dns.exception.Timeout
        try:
            return self._servers().resolve(name, kind, search=False, lifetime=left)
        except dns.resolver.NoAnswer:
            return None

    def _servers(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            resolver = dns.resolver.Resolver(configure=not self._name_servers)
            if self._name_servers:
                resolver.nameservers = [
                    dns.nameserver.Do53Nameserver(address, port)
                    for address, port in self._name_servers
                ]
            resolver.timeout = 0.8  # for one server, before the next is asked
            self._resolver = resolver
        return self._resolver
