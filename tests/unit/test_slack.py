"""The Slack message of a hot lead, and what Slack's answers mean."""

import json
from typing import Any

import pytest

from leadsignal.adapters.slack import PAUSE_SECONDS, SlackChannel
from leadsignal.domain import slack
from leadsignal.errors import PermanentError, TransientError
from leadsignal.models.outbound import AlertLead, AlertReason, HttpResult
from tests.fakes.outbound import ScriptedHttp

URL = "https://hooks.slack.com/services/T0/B0/abc"
LEAD = AlertLead(
    lead_id="lead_1",
    name="Ada Byron",
    company="Acme",
    domain="acme.com",
    score=86,
    tier="hot",
    reasons=(
        AlertReason(text="Asked for a demo", points=30),
        AlertReason(text="Viewed pricing twice", points=24),
        AlertReason(text="Free-mail address", points=-5),
        AlertReason(text="A fourth", points=1),
    ),
    last_page="/pricing?plan=pro",
)


def texts(value: Any) -> list[dict[str, Any]]:
    """Return every text object of a message."""
    if isinstance(value, list):
        return [found for item in value for found in texts(item)]
    if isinstance(value, dict):
        if value.get("type") in {"plain_text", "mrkdwn"}:
            return [value]
        return [found for item in value.values() for found in texts(item)]
    return []


def test_a_message_says_who_why_and_where() -> None:
    message = slack.message(LEAD)
    shown = [text["text"] for text in texts(message["blocks"])]
    assert shown == [
        "Hot lead: Ada Byron",
        "Score\n86 (hot)",
        "Company\nAcme (acme.com)",
        "Lead\nlead_1",
        "Why\n+30  Asked for a demo\n+24  Viewed pricing twice\n-5  Free-mail address",
        "Last page: /pricing?plan=pro",
    ]
    assert message["text"] == "Hot lead: Ada Byron of Acme, score 86"


def test_what_is_not_known_is_left_out() -> None:
    bare = AlertLead(lead_id="lead_1", name="", score=80, tier="hot")
    message = slack.message(bare)
    shown = [text["text"] for text in texts(message["blocks"])]
    assert shown == ["Hot lead: Somebody", "Score\n80 (hot)", "Lead\nlead_1"]
    assert message["text"] == "Hot lead: Somebody, score 80"


@pytest.mark.parametrize("company", [None, "Acme"])
@pytest.mark.parametrize("domain", [None, "acme.com"])
def test_a_company_is_named_by_what_is_known_of_it(company: str | None, domain: str | None) -> None:
    lead = LEAD.model_copy(update={"company": company, "domain": domain})
    text = json.dumps(slack.message(lead))
    assert ("Acme" in text) == (company is not None)
    assert ("acme.com" in text) == (domain is not None)


def test_what_a_visitor_typed_is_inert_everywhere() -> None:
    hostile = "<!channel> & <http://evil.example|click>\nfake: *line* \u202egnp.exe\u200b\x07"
    lead = AlertLead(
        lead_id="lead_1",
        name=hostile,
        company=hostile,
        domain=hostile,
        score=86,
        tier="hot",
        reasons=(AlertReason(text=hostile, points=1),),
        last_page=hostile,
    )
    message = slack.message(lead)
    everything = [text["text"] for text in texts(message["blocks"])] + [str(message["text"])]
    for text in everything:
        assert "<" not in text
        assert ">" not in text
        assert not {"\u202e", "\u200b", "\x07"} & set(text)
        assert "&" not in text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert {text["type"] for text in texts(message["blocks"])} == {"plain_text"}
    assert message["mrkdwn"] is False
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False
    assert "&lt;!channel&gt; &amp; &lt;http://evil.example|click&gt; fake: *line* gnp.exe" in str(
        message["text"]
    )


@pytest.mark.parametrize("character", ["x", "&", "<", "é", "😀"])
def test_long_text_is_cut_within_slacks_limits_and_never_inside_an_entity(character: str) -> None:
    long = character * 5000
    reasons = tuple(AlertReason(text=long, points=1) for _ in range(3))
    lead = AlertLead(
        lead_id=long, name=long, company=long, domain=long, score=1, tier="hot",
        reasons=reasons, last_page=long,
    )  # fmt: skip
    message = slack.message(lead)
    blocks: Any = message["blocks"]
    assert len(blocks[0]["text"]["text"]) <= 150
    assert all(len(text["text"]) <= 2000 for text in texts(blocks))
    for text in texts(blocks):
        plain = text["text"].replace("&amp;", "").replace("&lt;", "")
        assert "&" not in plain


def test_a_message_is_posted_as_json_to_slack() -> None:
    http = ScriptedHttp(HttpResult(status=200, excerpt="ok"))
    SlackChannel(http, allowed=frozenset()).send(URL, slack.message(LEAD))
    [call] = http.calls
    assert call.url == URL
    assert call.headers == {"content-type": "application/json; charset=utf-8"}
    assert json.loads(call.body) == slack.message(LEAD)


@pytest.mark.parametrize(
    "result",
    [HttpResult(status=500), HttpResult(status=503), HttpResult(error="timeout")],
    ids=["500", "503", "timeout"],
)
def test_trouble_at_slack_is_worth_another_try(result: HttpResult) -> None:
    with pytest.raises(TransientError) as raised:
        SlackChannel(ScriptedHttp(result), allowed=frozenset()).send(URL, {})
    assert raised.value.retry_after_seconds is None


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), (None, PAUSE_SECONDS), ("soon", PAUSE_SECONDS)]
)
def test_slack_may_ask_for_a_pause(said: str | None, seconds: int) -> None:
    http = ScriptedHttp(HttpResult(status=429, retry_after=said))
    with pytest.raises(TransientError) as raised:
        SlackChannel(http, allowed=frozenset()).send(URL, {})
    assert raised.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    "result",
    [
        *(HttpResult(status=status) for status in (302, 400, 403, 404, 410)),
        HttpResult(error="blocked-address"),
    ],
    ids=lambda result: str(result.status or result.error),
)
def test_a_refusal_is_final(result: HttpResult) -> None:
    with pytest.raises(PermanentError):
        SlackChannel(ScriptedHttp(result), allowed=frozenset()).send(URL, {})


def test_no_other_host_is_called_even_if_it_was_saved() -> None:
    http = ScriptedHttp()
    with pytest.raises(PermanentError):
        SlackChannel(http, allowed=frozenset()).send("https://example.com/services/x", {})
    assert http.calls == []
