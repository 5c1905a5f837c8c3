"""Crawlers told from browsers, measured on the fixtures of isbot."""

import json
from pathlib import Path
from time import perf_counter

import pytest

import leadsignal_data
from leadsignal.adapters.embedded.crawlers import EmbeddedCrawlers

FIXTURES = Path(__file__).parent.parent / "data" / "user_agents.json"
AGENTS: dict[str, list[str]] = json.loads(FIXTURES.read_text(encoding="utf-8"))
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)


@pytest.fixture(scope="module")
def crawlers() -> EmbeddedCrawlers:
    return EmbeddedCrawlers()


def test_at_least_96_percent_of_crawlers_are_recognised(crawlers: EmbeddedCrawlers) -> None:
    agents = AGENTS["crawlers"]
    assert len(agents) > 600
    assert sum(crawlers.name(agent) is not None for agent in agents) >= 0.96 * len(agents)


def test_no_browser_is_taken_for_a_crawler(crawlers: EmbeddedCrawlers) -> None:
    assert len(AGENTS["browsers"]) > 500
    assert [agent for agent in AGENTS["browsers"] if crawlers.name(agent)] == []


def test_a_mail_opened_through_its_services_proxy_was_opened_by_a_person(
    crawlers: EmbeddedCrawlers,
) -> None:
    proxy = (
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
    )
    assert crawlers.name(proxy) is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "bingbot"),
        ("Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "GPTBot"),
        ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot"),
        ("curl/8.5.0", "curl"),
        ("Wget/1.21", "Wget"),
        ("python-requests/2.32.0", "python-requests"),
        ("AmorankSpider/0.1; +http://amorank.com/webcrawler.html", "AmorankSpider"),
        ("Mozilla/5.0 (compatible; NobodyKnowsBot/1.0; +http://x.test)", "NobodyKnowsBot"),
        ("()", "unnamed"),
    ],
)
def test_a_crawler_has_a_name(crawlers: EmbeddedCrawlers, agent: str, name: str) -> None:
    assert crawlers.name(agent) == name


@pytest.mark.parametrize("agent", ["", "   ", "\r\n\t", CHROME, f"{CHROME}\n"])
def test_empty_agents_and_browsers_are_no_crawlers(crawlers: EmbeddedCrawlers, agent: str) -> None:
    assert crawlers.name(agent) is None


def test_the_ported_patterns_spare_channel_and_google_prefixes(crawlers: EmbeddedCrawlers) -> None:
    assert crawlers.name(f"{CHROME} channel/googleplay") is None
    assert crawlers.name(f"{CHROME} google/google") is None
    assert crawlers.name(f"{CHROME} google-read-aloud") == "google"
    assert crawlers.name("Mozilla/5.0 (compatible; a-b.c/1.0)") is not None


def test_what_is_beyond_the_limit_is_not_looked_at(crawlers: EmbeddedCrawlers) -> None:
    filler = " (KHTML, like Gecko)" * 200
    assert crawlers.name(f"{CHROME}{filler} Googlebot/2.1") is None


@pytest.mark.parametrize(
    "unit", ["a", "a ", "a.", ".1", "/1", "@a-", "\u0130", "a:", "mozilla/5.0 ("]
)
def test_hostile_agents_cost_little(crawlers: EmbeddedCrawlers, unit: str) -> None:
    start = perf_counter()
    name = crawlers.name(unit * 100_000 + "!")
    assert perf_counter() - start < 0.25
    assert name is None or len(name) <= 64


def test_literals_that_name_are_longest_first() -> None:
    literals = leadsignal_data.read_json("crawlers")["literals"]
    assert literals == sorted(literals, key=lambda text: (-len(text), text))
