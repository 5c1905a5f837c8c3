"""User agent → crawler, from the embedded patterns."""

import re
from functools import cached_property, lru_cache
from typing import Any

import leadsignal_data

MAX_LENGTH = 2048
MAX_NAME = 64
CACHED_AGENTS = 2048

# They load an image when a person opens the mail, in the person's stead: an open is a real one.
_MAIL_PROXIES = ("GoogleImageProxy", "YahooMailProxy")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_PRODUCT = re.compile(r"[^\s/;,()<>\"']+")
_SPEAKING = re.compile(r"[\w.-]*(?:bot|crawl|spider|fetch|monitor|preview|scan)[\w-]*", re.I)


class EmbeddedCrawlers:
    """Recognises crawlers and tools by user agent; reads its data at the first question."""

    def __init__(self) -> None:
        self._named = lru_cache(maxsize=CACHED_AGENTS)(self._name)

    @cached_property
    def _data(self) -> dict[str, Any]:
        return dict(leadsignal_data.read_json("crawlers"))

    @cached_property
    def _decide(self) -> re.Pattern[str]:
        # The patterns are for lower case; ASCII as in JavaScript, for which they were written.
        return re.compile("|".join(f"(?:{p})" for p in self._data["decide"]), re.ASCII)

    @cached_property
    def _name_patterns(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in self._data["patterns"]))

    def name(self, user_agent: str) -> str | None:
        """Return the crawler's name, or None for a browser and for an empty user agent.

        The image proxies of mail services are no crawlers.

        What is beyond 2,048 characters is not looked at. The name is the known one, else what
        the agent calls itself, else what gave it away, at most 64 characters.
        """
        return self._named(_CONTROL.sub(" ", user_agent[:MAX_LENGTH]).strip())

    def _name(self, agent: str) -> str | None:
        found = self._decide.search(agent.lower()[:MAX_LENGTH]) if agent else None
        if not found or any(proxy in agent for proxy in _MAIL_PROXIES):
            return None
        known = next((name for name in self._data["literals"] if name in agent), None)
        if known is None and (match := self._name_patterns.search(agent)):
            known = match[0]
        return _tidy(known) or _tidy(_own_name(agent)) or _tidy(found[0]) or "unnamed"


def _own_name(agent: str) -> str:
    product = _PRODUCT.match(agent)
    if product and product[0].lower() != "mozilla":
        return product[0]
    speaking = _SPEAKING.search(agent)
    return speaking[0] if speaking else ""


def _tidy(name: str | None) -> str:
    return (name or "").strip(" /\\;:,()[]<>_-.+@|")[:MAX_NAME]
