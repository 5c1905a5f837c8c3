"""Channels, campaigns, click ids and referrers of a page view."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.domain.channel import MAX_TEXT, channel_of, touch_mark
from leadsignal.models.events import Campaign, Page
from leadsignal.models.touches import ClickId, ReferrerKind, TouchMark

HOME = "https://www.acme.com/pricing"
KINDS = {
    "google": ReferrerKind(kind="search", name="Google"),
    "www.google.de": ReferrerKind(kind="search", name="Google"),
    "bing": ReferrerKind(kind="search", name="Bing"),
    "yandex": ReferrerKind(kind="search", name="Yandex"),
    "facebook": ReferrerKind(kind="social", name="Facebook"),
    "fb": ReferrerKind(kind="social", name="Facebook"),
    "linkedin": ReferrerKind(kind="social", name="LinkedIn"),
    "com.linkedin.android": ReferrerKind(kind="social", name="LinkedIn"),
    "l.instagram.com": ReferrerKind(kind="social", name="Instagram"),
    "tiktok": ReferrerKind(kind="social", name="TikTok"),
    "twitter": ReferrerKind(kind="social", name="Twitter"),
    "chatgpt.com": ReferrerKind(kind="ai", name="ChatGPT"),
    "youtube": ReferrerKind(kind="video", name="YouTube"),
    "www.youtube.com": ReferrerKind(kind="video", name="YouTube"),
    "amazon": ReferrerKind(kind="shopping", name="Amazon"),
    "www.amazon.de": ReferrerKind(kind="shopping", name="Amazon"),
}


def lookup(host: str) -> ReferrerKind:
    return KINDS.get(host, ReferrerKind())


def mark(
    url: str | None = HOME, referrer: str | None = None, campaign: Campaign | None = None
) -> TouchMark | None:
    return touch_mark(Page(url=url, referrer=referrer), campaign, referrers=lookup)


def sure(
    url: str | None = HOME, referrer: str | None = None, campaign: Campaign | None = None
) -> TouchMark:
    found = mark(url, referrer, campaign)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "channel"),
    [
        ("(direct)", "(none)", None, "direct"),
        ("(direct)", None, None, "direct"),
        ("google", "cpc", "2026-cross-network", "cross_network"),
        ("amazon", "cpc", None, "paid_shopping"),
        ("newsletter", "cpc", "spring shopping", "paid_shopping"),
        ("google", "cpc", None, "paid_search"),
        ("google", "CPC", None, "paid_search"),
        ("bing", "ppc", None, "paid_search"),
        ("linkedin", "paid_social", None, "paid_social"),
        ("fb", "retargeting", None, "paid_social"),
        ("youtube", "cpv-cpc", None, "paid_video"),
        ("example", "banner", None, "display"),
        ("example", "cpm", None, "display"),
        ("example", "cpc", None, "paid_other"),
        ("amazon", "referral", None, "organic_shopping"),
        ("blog", None, "shop-window", "organic_shopping"),
        ("blog", None, "workshop", "unassigned"),
        ("facebook", None, None, "organic_social"),
        ("buffer", "social-media", None, "organic_social"),
        ("youtube", None, None, "organic_video"),
        ("example", "shortvideo", None, "organic_video"),
        ("google", None, None, "organic_search"),
        ("example", "organic", None, "organic_search"),
        ("chatgpt.com", None, None, "ai_assistant"),
        ("example", "ai-assistant", None, "ai_assistant"),
        ("newsletter", "email", None, "email"),
        ("newsletter", "E-Mail", None, "email"),
        ("e_mail", None, None, "email"),
        ("partner", "affiliate", None, "affiliates"),
        ("partner", "referral", None, "referral"),
        ("podcast", "audio", None, "audio"),
        ("sms", None, None, "sms"),
        ("app", "web-push", None, "mobile_push_notifications"),
        ("firebase", None, None, "mobile_push_notifications"),
        ("partner", "fax", None, "unassigned"),
        (None, None, "spring", "unassigned"),
    ],
)
def test_channels_follow_the_default_channel_group(
    source: str | None, medium: str | None, campaign: str | None, channel: str
) -> None:
    assert channel_of(source, medium, campaign, lookup(source or "")) == channel


@pytest.mark.parametrize(
    ("query", "channel", "source", "medium", "click_id"),
    [
        ("gclid=a", "paid_search", "google", "cpc", ("google", "a")),
        ("gbraid=a", "paid_search", "google", "cpc", ("google", "a")),
        ("wbraid=a", "paid_search", "google", "cpc", ("google", "a")),
        ("dclid=a", "display", "google", "display", ("google", "a")),
        ("msclkid=a", "paid_search", "bing", "cpc", ("microsoft", "a")),
        ("yclid=a", "paid_search", "yandex", "cpc", ("yandex", "a")),
        ("li_fat_id=a", "paid_social", "linkedin", "paid_social", ("linkedin", "a")),
        ("ttclid=a", "paid_social", "tiktok", "paid_social", ("tiktok", "a")),
        ("twclid=a", "paid_social", "twitter", "paid_social", ("twitter", "a")),
        ("fbclid=a", "organic_social", "facebook", "social", ("facebook", "a")),
        ("fbclid=b&gclid=a", "paid_search", "google", "cpc", ("google", "a")),
        ("GCLID=a", "paid_search", "google", "cpc", ("google", "a")),
        ("utm_source=google&gclid=a", "paid_search", "google", "cpc", ("google", "a")),
        ("utm_source=fb&fbclid=a", "organic_social", "fb", "social", ("facebook", "a")),
        ("utm_source=fb&utm_medium=cpc&fbclid=a", "paid_social", "fb", "cpc", ("facebook", "a")),
        ("utm_source=list&fbclid=a", "unassigned", "list", None, ("facebook", "a")),
        ("utm_source=list&utm_medium=email", "email", "list", "email", None),
        ("utm_medium=email", "email", None, "email", None),
        ("utm_source=first&utm_source=second", "unassigned", "first", None, None),
    ],
)
def test_the_query_says_where_a_visitor_comes_from(
    query: str,
    channel: str,
    source: str | None,
    medium: str | None,
    click_id: tuple[str, str] | None,
) -> None:
    found = sure(f"{HOME}?{query}")
    clicked = ClickId(network=click_id[0], value=click_id[1]) if click_id else None
    assert (found.channel, found.source, found.medium) == (channel, source, medium)
    assert found.click_id == clicked


@pytest.mark.parametrize(
    ("referrer", "channel", "source", "medium"),
    [
        ("https://www.google.de/search?q=crm", "organic_search", "google", "organic"),
        ("https://l.instagram.com/?u=x", "organic_social", "instagram", "social"),
        ("https://chatgpt.com/", "ai_assistant", "chatgpt", "ai-assistant"),
        ("https://www.youtube.com/watch?v=1", "organic_video", "youtube", "video"),
        ("https://www.amazon.de/dp/1", "organic_shopping", "amazon", "referral"),
        ("https://www.partner.example/x", "referral", "partner.example", "referral"),
        ("android-app://com.linkedin.android/", "organic_social", "linkedin", "social"),
        ("https://myacme.com/", "referral", "myacme.com", "referral"),
    ],
)
def test_a_referrer_alone_marks_a_touch(
    referrer: str, channel: str, source: str, medium: str
) -> None:
    found = sure(HOME, referrer)
    assert (found.channel, found.source, found.medium) == (channel, source, medium)


@pytest.mark.parametrize(
    "referrer",
    [
        None,
        "",
        "https://acme.com/",
        "https://www.acme.com/blog?x=1",
        "https://shop.acme.com/",
        "http://ACME.com:8080/",
        "about:blank",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://partner.example:99999999/",
        "https://[::1/",
        "https:///path",
        "https://ex℀mple.com/",
        "https://<b>/",
        "not a url",
    ],
)
def test_own_pages_and_what_is_no_web_address_mark_nothing(referrer: str | None) -> None:
    assert mark(HOME, referrer) is None


def test_nothing_marks_a_touch_without_page_and_campaign() -> None:
    assert touch_mark(None, None, referrers=lookup) is None


def test_a_campaign_alone_marks_a_touch() -> None:
    found = touch_mark(None, Campaign(source="list", medium="email"), referrers=lookup)
    assert found == TouchMark(channel="email", source="list", medium="email")


def test_the_context_wins_over_the_url_and_the_url_fills_in() -> None:
    url = f"{HOME}?utm_source=url&utm_medium=url&utm_campaign=url&utm_term=t&utm_content=c"
    found = sure(url, campaign=Campaign(source="list", medium="email", name="spring"))
    assert (found.source, found.medium, found.campaign) == ("list", "email", "spring")
    assert (found.term, found.content) == ("t", "c")


@pytest.mark.parametrize("junk", ["undefined", "null", "  ", "\x00", "\ud800"])
def test_junk_in_a_campaign_is_as_if_it_were_not_there(junk: str) -> None:
    assert mark(HOME, campaign=Campaign(source=junk)) is None


def test_a_tagged_link_on_an_own_page_marks_a_touch_without_referrer() -> None:
    found = sure(f"{HOME}?utm_source=list", "https://acme.com/")
    assert (found.source, found.referrer) == ("list", None)


def test_facebook_click_ids_leave_the_source_to_another_social_referrer() -> None:
    found = sure(f"{HOME}?fbclid=x", "https://l.instagram.com/")
    assert (found.source, found.channel) == ("instagram", "organic_social")


def test_a_campaign_without_source_takes_it_from_the_referrer() -> None:
    found = sure(f"{HOME}?utm_campaign=spring", "https://www.google.de/")
    assert (found.source, found.medium, found.campaign) == ("google", "organic", "spring")


def test_urls_are_kept_without_what_may_be_private() -> None:
    found = sure(
        "https://user:secret@acme.com:8443/a b?email=x@y.com&utm_source=list&gclid=1#token",
        "https://partner.example:443/path?q=private#part",
    )
    assert found.landing_url == "https://acme.com:8443/a%20b?utm_source=list&gclid=1"
    assert found.referrer == "https://partner.example/path"


def test_an_address_in_brackets_stays_a_url() -> None:
    assert sure("http://[2001:db8::1]/?gclid=1").landing_url == "http://[2001:db8::1]/?gclid=1"


def test_long_urls_are_cut_between_parameters() -> None:
    found = sure(f"https://acme.com/?utm_source=list&utm_content={'x' * 600}&gclid=1")
    assert found.landing_url == "https://acme.com/?utm_source=list&gclid=1"
    assert found.content == "x" * MAX_TEXT


URLS = st.one_of(
    st.text(max_size=80),
    st.builds(
        "{}://{}{}?{}#{}".format,
        st.sampled_from(["http", "https", "android-app", "ftp", ""]),
        st.text(max_size=20),
        st.sampled_from(["", ":0", ":99999", ":x", ":443"]),
        st.text(max_size=40).map(lambda text: f"utm_source={text}&gclid={text * 30}"),
        st.text(max_size=10),
    ),
)


@given(url=URLS, referrer=URLS, text=st.text(max_size=50))
def test_no_input_raises_or_gives_long_or_unprintable_texts(
    url: str, referrer: str, text: str
) -> None:
    found = mark(url, referrer, Campaign(name=text * 20, term=text))
    if found:
        click = found.click_id.value if found.click_id else None
        values = [v for v in [*found.model_dump(exclude={"click_id"}).values(), click] if v]
        assert all(len(v) <= MAX_TEXT and v.isprintable() for v in values)
        found.model_dump_json()
