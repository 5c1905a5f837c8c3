"""The web log: read from Apache's format, kept small, and told apart into pages and the rest."""

from pathlib import Path

import pytest

from local.demo.build_log import hits_of, parse
from local.demo.weblog import Hit, is_download, is_page, read_hits, write_hits

LINE = (
    '203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET /articles/ssh-security/?a=b HTTP/1.1" '
    '200 203023 "http://www.google.com/search?q=ssh" "Mozilla/5.0 (X11; \\"odd\\") Firefox/26.0"'
)
HIT = Hit(1431857103, "203.0.113.9", "GET", "/blog", 200, None, None)


def test_a_line_of_the_log_is_a_hit() -> None:
    plain = LINE.replace('\\"odd\\"', "Linux")

    assert parse(plain) == Hit(
        at=1431857103,
        address="203.0.113.9",
        method="GET",
        path="/articles/ssh-security/?a=b",
        status=200,
        referrer="http://www.google.com/search?q=ssh",
        agent="Mozilla/5.0 (X11; Linux) Firefox/26.0",
    )


def test_a_dash_is_nothing_and_an_offset_counts() -> None:
    line = '203.0.113.9 - - [17/May/2015:12:05:03 +0200] "GET / HTTP/1.1" 200 - "-" "-"'

    hit = parse(line)

    assert hit is not None
    assert (hit.at, hit.referrer, hit.agent) == (1431857103, None, None)


def test_a_line_cut_short_in_its_agent_is_a_hit() -> None:
    hit = parse('203.0.113.9 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "Goo')

    assert hit is not None
    assert hit.agent == "Goo"


def test_what_is_no_line_is_no_hit() -> None:
    assert list(hits_of(["", "# a comment", '203.0.113.9 "GET / HTTP/1.1"'])) == []


def test_hits_come_oldest_first() -> None:
    later = '203.0.113.9 - - [17/May/2015:10:05:04 +0000] "GET /b HTTP/1.1" 200 1 "-" "-"'
    earlier = later.replace(":04 ", ":03 ").replace("/b ", "/a ")

    assert [hit.path for hit in hits_of([later, earlier])] == ["/a", "/b"]


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    hits = [HIT, HIT._replace(path="/ü", referrer="http://example.com/", agent="x")]

    write_hits(hits, tmp_path / "log.xz")

    assert read_hits(tmp_path / "log.xz") == hits


@pytest.mark.parametrize(
    "path", ["/", "/blog", "/blog/tags/puppet", "/a.html", "/xdotool.xhtml?x=1.png", "/v1.2/"]
)
def test_pages_are_pages(path: str) -> None:
    assert is_page(HIT._replace(path=path))


@pytest.mark.parametrize(
    "path",
    [
        "/images/jordan-80.png", "/style2.css", "/highlight.js", "/fonts/x.ttf", "/favicon.ico",
        "/robots.txt", "/sitemap.xml", "/a.PNG?size=2", "/blog/tags/puppet?flav=rss20",
    ],
)  # fmt: skip
def test_assets_and_feeds_are_no_pages(path: str) -> None:
    assert not is_page(HIT._replace(path=path))


@pytest.mark.parametrize("change", [{"status": 404}, {"status": 301}, {"method": "HEAD"}])
def test_failures_redirects_and_heads_are_no_pages(change: dict[str, object]) -> None:
    assert not is_page(HIT._replace(**change))  # type: ignore[arg-type]


def test_a_whole_document_is_a_download_and_a_part_of_one_is_not() -> None:
    document = HIT._replace(path="/presentations/logstash.pdf")

    assert is_download(document)
    assert not is_page(document)
    assert not is_download(document._replace(status=206))


def test_the_kept_log_is_whole_in_order_and_small() -> None:
    hits = read_hits()

    assert len(hits) == 10_000
    assert hits == sorted(hits, key=lambda hit: hit.at)
    assert hits[-1].at - hits[0].at > 3 * 24 * 3600
    assert 2_000 < sum(map(is_page, hits)) < 4_000
