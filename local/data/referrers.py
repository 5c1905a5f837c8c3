"""Hosts and names that visitors come from, by kind."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from local.data import referrer_additions

type Entry = tuple[str, str]
"""Kind and name of a referrer."""


class Referrers:
    """The four tables of ``referrers.json``; the first entry of a host stays."""

    def __init__(self) -> None:
        self.hosts: dict[str, Entry] = {}  # exact
        self.domains: dict[str, Entry] = {}  # with their subdomains
        self.any_suffix: dict[str, Entry] = {}  # under any country suffix
        self.names: dict[str, Entry] = {}  # as `utm_source` spells them

    def add(self, kind: str, name: str, address: str) -> None:
        """Add a host, ``host.{}`` (any country suffix) or ``{}.host`` (any subdomain)."""
        entry = (kind, name.replace("!", ""))
        host = address.lower().removeprefix("www.")
        if "/" in host:  # a path on a host that has its own entry
            return
        if host.endswith(".{}"):
            self.any_suffix.setdefault(host.removesuffix(".{}"), entry)
        elif kind != "search" or "{}." in host:
            self.domains.setdefault(host.rpartition("{}.")[2], entry)
        elif host not in self.domains:  # exact: mail.google.com is no search
            self.hosts.setdefault(host, entry)


def read_referrers(folder: Path) -> dict[str, dict[str, Entry]]:
    """Return the tables in order; our own entries go before those of the public lists."""
    tables = Referrers()
    for kind, own in referrer_additions.HOSTS.items():
        for name, hosts in own.items():
            for host in hosts.split():
                tables.add(kind, name, host)
        for name, host in read_public(folder, kind):
            tables.add(kind, name, host)
    for kind, names in referrer_additions.SOURCES.items():
        for name, spellings in names.items():
            tables.names |= dict.fromkeys(spellings.split(), (kind, name))
    return {key: dict(sorted(table.items())) for key, table in vars(tables).items()}


def read_public(folder: Path, kind: str) -> Iterator[tuple[str, str]]:
    """Yield (name, address) pairs of the public list of a kind, if there is one."""
    files = {"ai": "AIAssistants.yml", "social": "Socials.yml", "search": "SearchEngines.yml"}
    if kind not in files:
        return
    listed: dict[Any, Any] = yaml.safe_load((folder / files[kind]).read_bytes())
    for name, found in listed.items():
        hosts = [url for group in found for url in group["urls"]] if kind == "search" else found
        for host in hosts:
            yield unquote(str(name)), host
