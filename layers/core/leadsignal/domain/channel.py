"""How a page view came about: its campaign, click id, referrer and channel."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from leadsignal.models.events import Campaign, Page
from leadsignal.models.touches import Channel, ClickId, ReferrerKind, TouchMark

type ReferrerLookup = Callable[[str], ReferrerKind]
"""Answers what a referring host is, and what a name in ``utm_source`` stands for."""

MAX_TEXT = 512
MAX_URL = 8_192  # of a longer URL only this much is read
WEB = frozenset({"http", "https"})
REFERRING = WEB | {"android-app"}
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")
DEFAULT_PORTS = {"http": 80, "https": 443}
JUNK = frozenset({"undefined", "null"})  # what client bugs send for a missing value


class Network(NamedTuple):
    """An advertising network, and what its click id says when no ``utm_*`` does."""

    name: str
    source: str
    medium: str


_GOOGLE_ADS = Network("google", "google", "cpc")
# The first one found counts. fbclid is last: Facebook puts it on unpaid links as well.
CLICK_IDS = {
    "gclid": _GOOGLE_ADS,
    "gbraid": _GOOGLE_ADS,
    "wbraid": _GOOGLE_ADS,
    "dclid": Network("google", "google", "display"),
    "msclkid": Network("microsoft", "bing", "cpc"),
    "yclid": Network("yandex", "yandex", "cpc"),
    "li_fat_id": Network("linkedin", "linkedin", "paid_social"),
    "ttclid": Network("tiktok", "tiktok", "paid_social"),
    "twclid": Network("twitter", "twitter", "paid_social"),
    "rdt_cid": Network("reddit", "reddit", "paid_social"),
    "sccid": Network("snapchat", "snapchat", "paid_social"),
    "epik": Network("pinterest", "pinterest", "paid_social"),
    "fbclid": Network("facebook", "facebook", "social"),
}
MEDIUM_BY_KIND = {"search": "organic", "social": "social", "ai": "ai-assistant", "video": "video"}


class _Url(NamedTuple):
    scheme: str
    host: str
    port: int | None
    path: str
    query: tuple[tuple[str, str], ...]

    def text(self, query: Iterable[tuple[str, str]] = ()) -> str:
        """Return the URL with this query, as much of it as fits."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port not in (None, DEFAULT_PORTS.get(self.scheme)) else ""
        text = f"{self.scheme}://{host}{port}{self.path or '/'}"[:MAX_TEXT]
        separator = "?"
        for pair in query:
            more = separator + urlencode([pair])
            if len(text) + len(more) <= MAX_TEXT:
                text, separator = text + more, "&"
        return text


class _Marks(NamedTuple):
    """What the channel rules look at, in lower case; ``kind`` is that of the source."""

    source: str
    medium: str
    campaign: str
    kind: str


def touch_mark(
    page: Page | None, campaign: Campaign | None, *, referrers: ReferrerLookup
) -> TouchMark | None:
    """Return how the visitor came to this page, or None when nothing says so.

    Campaign values of the context win over ``utm_*`` in the URL; where both are silent, a click id
    and then the referrer fill in. A referrer on the page's own site, subdomains included, is
    navigation and marks nothing. What cannot be parsed is as if it were not there.
    """
    landing = _parse(page.url if page else None, WEB)
    came_from = _external(_parse(page.referrer if page else None, REFERRING), landing)
    tags = _tags(campaign, landing)
    click = _click_id(landing)
    if not (any(tags.values()) or click or came_from):
        return None
    source, medium, kind = _origin(tags, click, came_from, referrers)
    return TouchMark(
        channel=channel_of(source, medium, tags["campaign"], kind),
        source=source,
        medium=medium,
        campaign=tags["campaign"],
        term=tags["term"],
        content=tags["content"],
        click_id=click and ClickId(network=CLICK_IDS[click[0]].name, value=click[1]),
        referrer=came_from and came_from.text(),
        landing_url=landing and landing.text(_marking(landing.query)),
    )


def channel_of(
    source: str | None, medium: str | None, campaign: str | None, kind: ReferrerKind
) -> Channel:
    """Return the channel by the rules of GA4's default channel group; the first that holds wins.

    ``kind`` is what the source is known as.
    """
    marks = _Marks(
        (source or "").casefold(), (medium or "").casefold(), (campaign or "").casefold(), kind.kind
    )
    return next((channel for channel, holds in _RULES if holds(marks)), "unassigned")


_PAID = re.compile(r".*cp.*|ppc|retargeting|paid.*")
_SHOPPING = re.compile(r".*(?:(?:[^a-df-z]|^)shop|shopping).*")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL = frozenset(
    {"social", "social-network", "social-media", "sm", "social network", "social media"}
)
_EMAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_AFFILIATE = frozenset({"affiliate", "affiliates"})
_NOT_SET = frozenset({"", "(none)", "(not set)"})


def _paid(marks: _Marks) -> bool:
    return _PAID.fullmatch(marks.medium) is not None


def _shopping(marks: _Marks) -> bool:
    return marks.kind == "shopping" or _SHOPPING.fullmatch(marks.campaign) is not None


def _push(marks: _Marks) -> bool:
    return (
        marks.medium.endswith("push")
        or "mobile" in marks.medium
        or "notification" in marks.medium
        or marks.source == "firebase"
    )


_RULES: tuple[tuple[Channel, Callable[[_Marks], bool]], ...] = (
    ("direct", lambda m: m.source in ("(direct)", "direct") and m.medium in _NOT_SET),
    ("cross_network", lambda m: "cross-network" in m.campaign),
    ("paid_shopping", lambda m: _paid(m) and _shopping(m)),
    ("paid_search", lambda m: _paid(m) and m.kind == "search"),
    ("paid_social", lambda m: _paid(m) and m.kind == "social"),
    ("paid_video", lambda m: _paid(m) and m.kind == "video"),
    ("display", lambda m: m.medium in _DISPLAY),
    ("paid_other", _paid),
    ("organic_shopping", _shopping),
    ("organic_social", lambda m: m.kind == "social" or m.medium in _SOCIAL),
    ("organic_video", lambda m: m.kind == "video" or "video" in m.medium),
    ("organic_search", lambda m: m.kind == "search" or m.medium == "organic"),
    ("ai_assistant", lambda m: m.kind == "ai" or m.medium == "ai-assistant"),
    ("email", lambda m: m.source in _EMAIL or m.medium in _EMAIL),
    ("affiliates", lambda m: m.medium in _AFFILIATE),
    ("referral", lambda m: m.medium in ("referral", "app", "link")),
    ("audio", lambda m: m.medium == "audio"),
    ("sms", lambda m: "sms" in (m.source, m.medium)),
    ("mobile_push_notifications", _push),
)


def _clean(text: str | None) -> str | None:
    """Return a value without control characters and surrogates, cut to what is kept."""
    if text is None:
        return None
    kept = "".join(char for char in text[:MAX_URL] if char.isprintable()).strip()[:MAX_TEXT]
    return kept if kept and kept.casefold() not in JUNK else None


def _parse(text: str | None, schemes: frozenset[str]) -> _Url | None:
    if not text:
        return None
    try:
        parts = urlsplit(text[:MAX_URL].strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:  # a bad port, an unclosed bracket, look-alike characters in the host
        return None
    if parts.scheme not in schemes or len(host) > 253 or not _HOST.fullmatch(host):
        return None
    path = quote(parts.path, safe="/%:@!$&'()*+,;=~-._", errors="replace")
    pairs = parse_qsl(parts.query, errors="replace")
    return _Url(parts.scheme, host, port, path, tuple(pairs))


def _external(referrer: _Url | None, landing: _Url | None) -> _Url | None:
    if referrer is None or landing is None:
        return referrer
    one, other = referrer.host.removeprefix("www."), landing.host.removeprefix("www.")
    same = one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
    return None if same else referrer


def _tags(campaign: Campaign | None, landing: _Url | None) -> dict[str, str | None]:
    """Return source, medium, campaign, term and content: of the context, else of the URL."""
    in_url: dict[str, str | None] = {}
    for name, value in landing.query if landing else ():
        in_url.setdefault(name.lower(), _clean(value))
    given = campaign or Campaign()
    return {
        "source": _clean(given.source) or in_url.get("utm_source"),
        "medium": _clean(given.medium) or in_url.get("utm_medium"),
        "campaign": _clean(given.name) or in_url.get("utm_campaign"),
        "term": _clean(given.term) or in_url.get("utm_term"),
        "content": _clean(given.content) or in_url.get("utm_content"),
    }


def _click_id(landing: _Url | None) -> tuple[str, str] | None:
    """Return parameter and value of the click id that counts."""
    found: dict[str, str] = {}
    for name, value in landing.query if landing else ():
        parameter, clean = name.lower(), _clean(value)
        if clean and parameter in CLICK_IDS:
            found.setdefault(parameter, clean)
    return next(((name, found[name]) for name in CLICK_IDS if name in found), None)


def _marking(query: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    for name, value in query:
        parameter, clean = name.lower(), _clean(value)
        if clean and (parameter.startswith("utm_") or parameter in CLICK_IDS):
            yield _clean(parameter) or "", clean


def _origin(
    tags: dict[str, str | None],
    click: tuple[str, str] | None,
    came_from: _Url | None,
    referrers: ReferrerLookup,
) -> tuple[str | None, str | None, ReferrerKind]:
    """Return source, medium and what the source is known as."""
    source, medium = tags["source"], tags["medium"]
    network = CLICK_IDS[click[0]] if click else None
    if source:
        kind = referrers(source)
        if network and kind == referrers(network.source):
            medium = medium or network.medium
        return source, medium, kind
    referring = referrers(came_from.host) if came_from else ReferrerKind()
    if network and not (network.medium == "social" and referring.kind == "social"):
        return network.source, medium or network.medium, referrers(network.source)
    if came_from is None:
        return None, medium, ReferrerKind()
    source = (referring.name or came_from.host.removeprefix("www.")).lower()
    return source, medium or MEDIUM_BY_KIND.get(referring.kind, "referral"), referring
