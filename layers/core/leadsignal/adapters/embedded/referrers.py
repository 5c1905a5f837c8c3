"""Referring host → search engine, social network, AI assistant, video or shopping site."""

from functools import cached_property
from typing import Any

import leadsignal_data
from leadsignal.models.touches import ReferrerKind

MAX_HOST = 253
OTHER = ReferrerKind()


class EmbeddedReferrers:
    """Knows the hosts that send visitors; reads its data at the first question."""

    @cached_property
    def _tables(self) -> dict[str, dict[str, Any]]:
        return dict(leadsignal_data.read_json("referrers"))

    def classify(self, host: str) -> ReferrerKind:
        """Return the kind and name of a host, an Android package or a name as in ``utm_source``.

        Search engines match by exact host (``mail.google.com`` is none), everything else with its
        subdomains. ``www.`` and case do not matter.
        """
        name = host[: MAX_HOST + 1].strip().rstrip(".").lower().removeprefix("www.")
        if len(name) > MAX_HOST:
            return OTHER
        found = self._find(name)
        return ReferrerKind(kind=found[0], name=found[1]) if found else OTHER

    def _find(self, name: str) -> Any:
        tables = self._tables
        if "." not in name:
            return tables["names"].get(name)
        if exact := tables["domains"].get(name) or tables["hosts"].get(name):
            return exact
        labels = name.split(".")
        for start in range(1, len(labels) - 1):
            if parent := tables["domains"].get(".".join(labels[start:])):
                return parent
        for end in range(max(1, len(labels) - 2), len(labels)):
            if all(len(label) <= 3 for label in labels[end:]) and (
                any_suffix := tables["any_suffix"].get(".".join(labels[:end]))
            ):
                return any_suffix
        return None
