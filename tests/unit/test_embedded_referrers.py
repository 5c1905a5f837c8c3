"""Referring hosts and what stands behind them, on the embedded data."""

import pytest

from leadsignal.adapters.embedded.referrers import EmbeddedReferrers
from leadsignal.domain.channel import touch_mark
from leadsignal.models.events import Page
from leadsignal.models.touches import ReferrerKind


@pytest.fixture(scope="module")
def referrers() -> EmbeddedReferrers:
    return EmbeddedReferrers()


@pytest.mark.parametrize(
    ("host", "kind", "name"),
    [
        ("www.google.com", "search", "Google"),
        ("google.co.uk", "search", "Google"),
        ("WWW.Google.DE.", "search", "Google"),
        ("www.bing.com", "search", "Bing"),
        ("cn.bing.com", "search", "Bing"),
        ("duckduckgo.com", "search", "DuckDuckGo"),
        ("search.yahoo.com", "search", "Yahoo"),
        ("de.search.yahoo.com", "search", "Yahoo"),
        ("yandex.ru", "search", "Yandex"),
        ("www.ecosia.org", "search", "Ecosia"),
        ("search.brave.com", "search", "Brave"),
        ("com.google.android.googlequicksearchbox", "search", "Google"),
        ("www.facebook.com", "social", "Facebook"),
        ("lm.facebook.com", "social", "Facebook"),
        ("www.linkedin.com", "social", "LinkedIn"),
        ("lnkd.in", "social", "LinkedIn"),
        ("com.linkedin.android", "social", "LinkedIn"),
        ("t.co", "social", "Twitter"),
        ("x.com", "social", "Twitter"),
        ("old.reddit.com", "social", "reddit"),
        ("chatgpt.com", "ai", "ChatGPT"),
        ("chat.openai.com", "ai", "ChatGPT"),
        ("gemini.google.com", "ai", "Gemini"),
        ("www.perplexity.ai", "ai", "Perplexity"),
        ("claude.ai", "ai", "Claude"),
        ("copilot.microsoft.com", "ai", "Copilot"),
        ("www.youtube.com", "video", "YouTube"),
        ("m.youtube.com", "video", "YouTube"),
        ("www.amazon.de", "shopping", "Amazon"),
        ("amazon.co.uk", "shopping", "Amazon"),
        ("google", "search", "Google"),
        ("LinkedIn", "social", "LinkedIn"),
        ("fb", "social", "Facebook"),
        ("chatgpt", "ai", "ChatGPT"),
        ("mail.google.com", "other", None),
        ("docs.google.com", "other", None),
        ("google.evil-example.com", "other", None),
        ("notfacebook.com", "other", None),
        ("facebook.com.evil.example", "other", None),
        ("partner.example", "other", None),
        ("newsletter", "other", None),
        ("", "other", None),
        (".", "other", None),
        ("google." * 100, "other", None),
        ("\ud800.com", "other", None),
    ],
)
def test_kind_of_a_referrer(
    referrers: EmbeddedReferrers, host: str, kind: str, name: str | None
) -> None:
    assert referrers.classify(host) == ReferrerKind.model_validate({"kind": kind, "name": name})


@pytest.mark.parametrize(
    ("referrer", "query", "channel", "source"),
    [
        ("https://www.google.com/", "", "organic_search", "google"),
        ("https://www.google.com/", "?gclid=1", "paid_search", "google"),
        ("", "?li_fat_id=1", "paid_social", "linkedin"),
        ("", "?ttclid=1", "paid_social", "tiktok"),
        ("", "?rdt_cid=1", "paid_social", "reddit"),
        ("", "?ScCid=1", "paid_social", "snapchat"),
        ("", "?epik=1", "paid_social", "pinterest"),
        ("", "?yclid=1", "paid_search", "yandex"),
        ("", "?msclkid=1", "paid_search", "bing"),
        ("", "?twclid=1", "paid_social", "twitter"),
        ("", "?utm_source=chatgpt.com", "ai_assistant", "chatgpt.com"),
        ("android-app://com.google.android.gm/", "", "referral", "com.google.android.gm"),
        ("https://mail.google.com/", "", "referral", "mail.google.com"),
    ],
)
def test_channels_on_the_real_tables(
    referrers: EmbeddedReferrers, referrer: str, query: str, channel: str, source: str
) -> None:
    page = Page(url=f"https://acme.com/{query}", referrer=referrer)
    found = touch_mark(page, None, referrers=referrers.classify)
    assert found is not None
    assert (found.channel, found.source) == (channel, source)
