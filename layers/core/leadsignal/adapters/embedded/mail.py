"""Mail domain → who uses it, and the registrable part of a host."""

from functools import cached_property
from ipaddress import ip_address
from typing import Literal

from publicsuffixlist import PublicSuffixList

import leadsignal_data

type MailKind = Literal["business", "free", "disposable"]

MAX_HOST = 253


class EmbeddedMailDomains:
    """Free and disposable mail domains, public suffixes; reads its data at the first question."""

    @cached_property
    def _suffixes(self) -> PublicSuffixList:
        return PublicSuffixList()

    @cached_property
    def _disposable(self) -> frozenset[str]:
        return frozenset(leadsignal_data.read_lines("email_disposable"))

    @cached_property
    def _free(self) -> frozenset[str]:
        return frozenset(leadsignal_data.read_lines("email_free"))

    def kind(self, domain: str) -> MailKind:
        """Return what kind of mail domain this is; ``business`` is any that no list has.

        A subdomain is of its parent's kind, and disposable is asked first.
        """
        names = _with_parents(_plain_host(domain))
        if not self._disposable.isdisjoint(names):
            return "disposable"
        return "business" if self._free.isdisjoint(names) else "free"

    def registrable(self, host: str) -> str | None:
        """Return the domain that somebody registered (``acme.co.uk`` of ``www.acme.co.uk``).

        None for an IP address, a public suffix by itself and what is no host name.
        Internationalised names come back in ASCII.
        """
        name = _plain_host(host)
        if not name or _is_address(name):
            return None
        found = self._suffixes.privatesuffix(name)
        return found or None


def _plain_host(host: str) -> str:
    name = host.strip().rstrip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    labels = name.split(".")
    return name if len(name) <= MAX_HOST and all(labels) and not set(name) & set(" @/\\") else ""


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _with_parents(name: str) -> list[str]:
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels) - 1)]
