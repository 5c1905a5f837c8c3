"""Build ``layers/deps/leadsignal_data`` from the source data.

Usage: ``python -m local.build_data --shared ../shared/data``

Everything the package ships, except ``__init__.py``, ``py.typed`` and ``NOTICE``, is written here,
and the same sources give the same bytes. Needs ``maxminddb``, ``publicsuffixlist`` and ``pyyaml``;
takes about 20 seconds.

* ``networks.mmdb``: address range -> ``{"asn": int, "country": "US"}`` (either may be missing),
  merged from the ASN and the country database. Written by the small writer below: equal neighbours
  are merged and equal subtrees stored once, which gives half the size of the two sources.
* ``organisations.csv``: ASN -> type, confidence, name, domain. The labels decide. ASNs without a
  label come from the curated lists (gateway, VPN, mobile, CDN, hosting). Networks of type
  ``unknown`` are left out, because absence means the same; names are kept only where they may be
  shown.
* ``companies.csv``: registrable domain -> name and what is sure about it. A country is given when
  at least 90 % of the addresses of each of the domain's networks are registered there and neither
  the name nor the domain speaks of another. S&P 500 facts are joined by exact name without legal
  form.
* ``email_disposable.txt``, ``email_free.txt``: one domain a line. Public suffixes and domains of
  labelled organisations are taken out of the free list.
* ``crawlers.json``: the patterns that decide, and the literals and patterns that name.
* ``referrers.json``: exact hosts, hosts with their subdomains, hosts under any country suffix, and
  names as ``utm_source`` spells them.

``--fixtures`` also writes ``tests/data/user_agents.json``, the accuracy test of the bot patterns.
"""

import argparse
import csv
import json
import re
import struct
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import maxminddb
import yaml
from publicsuffixlist import PublicSuffixList

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "layers" / "deps" / "leadsignal_data"
FIXTURES = ROOT / "tests" / "data"
ASN_FILE = "asn-org-20260617.mmdb"
COUNTRY_FILE = "geo-whois-asn-country.mmdb"
BUILD_EPOCH = 1781654400  # 2026-06-17, the date of the address data: the same input, the same bytes
ADDRESS_BITS = 128

type Fact = tuple[int, str]
"""ASN (0: none) and country (empty: none) of a range."""
NOTHING: Fact = (0, "")


class Span(NamedTuple):
    """Addresses ``start`` to ``end``, both included; IPv4 sits at ``::/96``."""

    start: int
    end: int
    fact: Fact


def read_spans(path: Path, fact: Callable[[Any], Fact]) -> list[Span]:
    """Return the ranges of a database in address order, equal neighbours merged."""
    with maxminddb.open_database(path) as reader:
        spans = [
            Span(int(network.network_address), int(network.broadcast_address), fact(record))
            for network, record in reader
        ]
    spans.sort()
    return list(join_neighbours(spans))


def join_neighbours(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield ordered ranges with touching ranges of the same fact made one."""
    current: Span | None = None
    for span in spans:
        if current and span.fact == current.fact and span.start == current.end + 1:
            current = Span(current.start, span.end, span.fact)
            continue
        if current:
            yield current
        current = span
    if current:
        yield current


def overlay(asns: list[Span], countries: list[Span]) -> list[Span]:
    """Return every range that has an ASN, a country, or both.

    A country without an ASN is kept: routes come and go after the snapshot, registrations stay.
    """
    edges = {span.start for span in asns} | {span.end + 1 for span in asns}
    edges |= {span.start for span in countries} | {span.end + 1 for span in countries}
    ordered = sorted(edges)
    asn_at, country_at = Pointer(asns), Pointer(countries)
    cut = (
        Span(start, following - 1, (asn_at(start)[0], country_at(start)[1]))
        for start, following in pairwise(ordered)
    )
    return list(join_neighbours(span for span in cut if span.fact != NOTHING))


class Pointer:
    """The fact at ever higher addresses of an ordered list of ranges."""

    def __init__(self, spans: list[Span]) -> None:
        self._spans = spans
        self._index = 0

    def __call__(self, address: int) -> Fact:
        while self._index < len(self._spans) and self._spans[self._index].end < address:
            self._index += 1
        if self._index == len(self._spans) or self._spans[self._index].start > address:
            return NOTHING
        return self._spans[self._index].fact


class Tree:
    """A MaxMind DB search tree in which equal subtrees are one node."""

    EMPTY = -1

    def __init__(self, spans: list[Span]) -> None:
        self.facts: list[Fact] = []
        self.nodes: list[tuple[int, int]] = []
        self._spans = spans
        self._fact_ids: dict[Fact, int] = {}
        self._node_ids: dict[tuple[int, int], int] = {}
        root = self._grow(0, ADDRESS_BITS, 0, len(spans))
        if root < 0:  # the format wants a node, even when all addresses are alike
            self.nodes.append((root, root))

    def _leaf(self, fact: Fact) -> int:
        if fact not in self._fact_ids:
            self._fact_ids[fact] = len(self.facts)
            self.facts.append(fact)
        return -2 - self._fact_ids[fact]

    def _grow(self, base: int, bits: int, first: int, last: int) -> int:
        """Return the subtree of ``2**bits`` addresses from ``base``: a node, or below 0 a leaf."""
        if first == last:
            return self.EMPTY
        span = self._spans[first]
        if last - first == 1 and span.start <= base and span.end >= base + (1 << bits) - 1:
            return self._leaf(span.fact)
        middle = base + (1 << (bits - 1))
        low, high = first, last
        while low < high:
            probe = (low + high) // 2
            low, high = (probe + 1, high) if self._spans[probe].end < middle else (low, probe)
        left_last = low + 1 if low < last and self._spans[low].start < middle else low
        pair = (
            self._grow(base, bits - 1, first, left_last),
            self._grow(middle, bits - 1, low, last),
        )
        if pair[0] == pair[1] and pair[0] < 0:
            return pair[0]
        if pair not in self._node_ids:
            self._node_ids[pair] = len(self.nodes)
            self.nodes.append(pair)
        return self._node_ids[pair]


def encode_text(text: str) -> bytes:
    """Return a string of under 29 bytes as MaxMind DB data."""
    raw = text.encode()
    return bytes([0x40 | len(raw)]) + raw


def encode_number(value: int, kind: int) -> bytes:
    """Return an unsigned integer of MaxMind DB type 5 (16 bit), 6 (32 bit) or 9 (64 bit)."""
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([kind << 5 | len(raw)] if kind < 8 else [len(raw), kind - 7]) + raw


def encode_map(pairs: dict[str, bytes]) -> bytes:
    """Return a map of encoded values as MaxMind DB data."""
    return bytes([0xE0 | len(pairs)]) + b"".join(encode_text(k) + v for k, v in pairs.items())


def encode_facts(facts: list[Fact]) -> tuple[bytes, list[int]]:
    """Return the data section and the offset of each fact; keys and countries are stored once."""
    data = bytearray()
    pointers: dict[str, bytes] = {}
    for text in ["asn", "country", *sorted({country for _, country in facts if country})]:
        pointers[text] = struct.pack(">H", 0x2000 | len(data))  # 11-bit pointer
        data += encode_text(text)
    offsets = []
    for asn, country in facts:
        offsets.append(len(data))
        data.append(0xE0 + bool(asn) + bool(country))
        if asn:
            data += pointers["asn"] + encode_number(asn, 6)
        if country:
            data += pointers["country"] + pointers[country]
    return bytes(data), offsets


def write_networks(spans: list[Span], target: Path) -> None:
    """Write the database with 24-bit records."""
    tree = Tree(spans)
    data, offsets = encode_facts(tree.facts)
    count = len(tree.nodes)
    # Children are numbered before their parents, the root is last; the format wants it first.
    values = {Tree.EMPTY: count} | {-2 - i: count + 16 + at for i, at in enumerate(offsets)}
    body = bytearray()
    for pair in reversed(tree.nodes):
        for child in pair:
            value = values[child] if child < 0 else count - 1 - child
            body += value.to_bytes(3, "big")
    metadata = encode_map(
        {
            "node_count": encode_number(count, 6),
            "record_size": encode_number(24, 5),
            "ip_version": encode_number(6, 5),
            "database_type": encode_text("leadsignal-networks"),
            "languages": bytes([0, 4]),
            "binary_format_major_version": encode_number(2, 5),
            "binary_format_minor_version": encode_number(0, 5),
            "build_epoch": encode_number(BUILD_EPOCH, 9),
            "description": encode_map({"en": encode_text("ASN and country by range")}),
        }
    )
    target.write_bytes(bytes(body) + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + metadata)


def registered_in(spans: list[Span]) -> dict[int, Counter[str]]:
    """Return the number of IPv4 addresses by country for each ASN (IPv6 when it has no IPv4)."""
    four: dict[int, Counter[str]] = defaultdict(Counter)
    six: dict[int, Counter[str]] = defaultdict(Counter)
    for start, end, (asn, country) in spans:
        (four if end < 1 << 32 else six)[asn][country] += end - start + 1
    return dict(six) | dict(four)


TYPE_BY_LABEL = {
    "company": "company",
    "education": "education",
    "government": "government",
    "access": "isp",
    "transit": "isp",
    "mobile": "mobile",
    "hosting": "hosting",
    "vpn": "vpn",
}
NAMED_TYPES = ("company", "education", "government")
LISTS = (  # the first list that has an ASN decides
    ("openasn-overrides/enterprise_gateway.txt", "vpn", "0.90"),
    ("openasn-overrides/vpn_provider.txt", "vpn", "0.85"),
    ("x4bnet-vpn-asn.txt", "vpn", "0.80"),
    ("openasn-overrides/mobile_carrier.txt", "mobile", "0.90"),
    ("openasn-overrides/eyeball_confirm.txt", "isp", "0.90"),
    ("openasn-overrides/cdn.txt", "hosting", "0.95"),
    ("openasn-overrides/hosting_extra.txt", "hosting", "0.90"),
    ("x4bnet-datacenter-asn.txt", "hosting", "0.80"),
    ("brianhama-hosting-asn.csv", "hosting", "0.70"),
)


class Organisation(NamedTuple):
    """One row of ``organisations.csv``."""

    asn: int
    type: str
    confidence: str
    name: str
    domain: str


def read_organisations(folder: Path) -> list[Organisation]:
    """Return what is known of each ASN, in order; unknown ones are left out."""
    found: dict[int, Organisation | None] = {}
    with (folder / "asn-labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            asn, kind = int(row["asn"]), TYPE_BY_LABEL.get(row["label"])
            named = kind in NAMED_TYPES
            found[asn] = (
                None
                if kind is None
                else Organisation(
                    asn,
                    kind,
                    row["confidence"],
                    row["org"].strip() if named else "",
                    row["domain"].strip().lower() if named else "",
                )
            )
    for name, kind, confidence in LISTS:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:AS)?(\d+)", line):
                asn = int(match[1])
                found.setdefault(asn, Organisation(asn, kind, confidence, "", ""))
    return sorted(row for row in found.values() if row)


LEGAL_FORMS = (
    "inc incorporated corp corporation co company companies ltd limited llc lp llp plc sa se ag nv "
    "gmbh group holding holdings the and"
)
NAME_IN_LIST = re.compile(r"\s*\((?:The|Class [A-Z]|[A-Z]+)\)\s*$")


def plain_name(name: str) -> str:
    """Return a company name without case, accents, punctuation and legal form, for comparison."""
    text = unicodedata.normalize("NFKD", NAME_IN_LIST.sub("", name))
    text = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    text = re.sub(r"\.com\b", "", text).replace("&", " and ")
    words = re.sub(r"[^\w\s]", "", re.sub(r"[-/,]", " ", text)).split()
    endings = LEGAL_FORMS.split()
    while len(words) > 1 and words[-1] in endings:
        words.pop()
    if len(words) > 1 and words[0] == "the":
        words.pop(0)
    return " ".join(words)


HEADQUARTERS_ABROAD = {
    "Ireland": "IE",
    "United Kingdom": "GB",
    "Switzerland": "CH",
    "Netherlands": "NL",
    "Bermuda": "BM",
}


class Listed(NamedTuple):
    """An S&P 500 company."""

    name: str
    industry: str
    country: str
    region: str
    city: str


def read_listed(path: Path) -> dict[str, Listed]:
    """Return the S&P 500 by plain name."""
    listed = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seat = re.sub(r"\[\d+\]", "", row["Headquarters Location"]).split(";")[0]
            parts = [part.strip() for part in seat.split(",") if part.strip() != "none"] or [""]
            country = HEADQUARTERS_ABROAD.get(parts[-1], "US")
            region = parts[-1] if country == "US" and len(parts) > 1 else ""
            region = {"D.C.": "District of Columbia"}.get(region, region)
            name = NAME_IN_LIST.sub("", row["Security"]).strip()
            listed[plain_name(name)] = Listed(name, row["GICS Sector"], country, region, parts[0])
    return listed


class Company(NamedTuple):
    """One row of ``companies.csv``."""

    domain: str
    type: str
    name: str
    industry: str
    country: str
    region: str
    city: str
    confidence: str


SURE_SHARE = 0.9
LISTED_CONFIDENCE = "0.95"
REGION_WORD = re.compile(  # a name with one of these is a branch, which says little about the seat
    r"\b(americas?|usa?|u\.s\.a?|uk|emea|apac|asia|pacific|europe|european|eu|africa|middle east"
    r"|china|hong kong|india|japan|korea|singapore|taiwan|thailand|australia|zealand|canada|mexico"
    r"|brasil|brazil|deutschland|germany|france|ireland|italia|italy|iberia|espana|spain|nederland"
    r"|netherlands|belgium|schweiz|switzerland|austria|polska|poland|nordic|sweden|norway|turkey"
    r"|private|pvt)\b",
    re.IGNORECASE,
)


def main_country(addresses: Counter[str]) -> str:
    """Return the country where nearly all addresses are registered, or nothing."""
    country, count = max(addresses.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return country if count >= SURE_SHARE * addresses.total() else ""


def seat_of(networks: list[Counter[str]], name: str, domain: str) -> str:
    """Return the country where all networks of an organisation are registered, or nothing.

    Nothing, too, for a domain of another country and for a name that speaks of a region, unless the
    domain's own country agrees.
    """
    countries = {main_country(addresses) for addresses in networks if addresses}
    if len(countries) != 1:
        return ""
    country = countries.pop()
    ending = domain.rsplit(".", 1)[-1].upper()
    ending = {"UK": "GB"}.get(ending, ending)
    if len(ending) == 2:
        return country if country == ending else ""
    return "" if REGION_WORD.search(name) else country


def find_listed(
    domain: str, rows: list[Organisation], listed: dict[str, Listed], seen_in: Counter[str]
) -> Listed | None:
    """Return the listed company that an organisation of the domain is named as.

    It must announce addresses in the US or in the country of its headquarters, and the domain must
    not be the name of another listed company (fedex.com is not FedEx Freight).
    """
    named = listed.get(domain.split(".")[0])
    for row in rows:
        match = listed.get(plain_name(row.name))
        if match and named in (None, match) and (seen_in["US"] or seen_in[match.country]):
            return match
    return None


def join_companies(
    organisations: list[Organisation],
    listed: dict[str, Listed],
    addresses: dict[int, Counter[str]],
) -> list[Company]:
    """Return one row per domain, named by the network called like it or by the surest one."""
    by_domain: dict[str, list[Organisation]] = defaultdict(list)
    for row in organisations:
        if row.domain:
            by_domain[row.domain].append(row)

    def weight(row: Organisation) -> tuple[bool, bool, str, int, int]:
        size = addresses.get(row.asn, Counter()).total()
        label = row.domain.split(".")[0].replace("-", "")
        own_name = plain_name(row.name).replace(" ", "") == label
        return own_name, not REGION_WORD.search(row.name), row.confidence, size, -row.asn

    companies = []
    for domain, rows in sorted(by_domain.items()):
        rows.sort(key=weight, reverse=True)
        main = rows[0]
        networks = [addresses.get(row.asn, Counter[str]()) for row in rows]
        seen_in = sum(networks, Counter[str]())
        match = find_listed(domain, rows, listed, seen_in) if main.type == "company" else None
        if match:
            companies.append(Company(domain, main.type, *match, LISTED_CONFIDENCE))
        else:
            seat = seat_of(networks, main.name, domain)
            facts = Listed(main.name, "", seat, "", "")
            companies.append(Company(domain, main.type, *facts, main.confidence))
    return companies


def write_rows(header: Iterable[str], rows: Iterable[tuple[Any, ...]], target: Path) -> None:
    """Write a CSV file with plain line ends."""
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


EXTRA_FREE = (
    "hey.com tutanota.com tutanota.de tutamail.com tuta.com tuta.io keemail.me icloud.com me.com "
    "mac.com privaterelay.appleid.com pm.me proton.me protonmail.com protonmail.ch duck.com "
    "fastmail.com fastmail.fm mailbox.org posteo.de posteo.net mailfence.com runbox.com skiff.com "
    "zoho.com zohomail.com zohomail.eu outlook.com outlook.de outlook.fr hotmail.com live.com "
    "msn.com gmail.com googlemail.com yahoo.com ymail.com rocketmail.com aol.com gmx.com gmx.net "
    "gmx.de web.de mail.com yandex.com yandex.ru ya.ru qq.com 163.com 126.com yeah.net naver.com "
    "hanmail.net daum.net kakao.com telenet.be skynet.be planet.nl home.nl hetnet.nl kpnmail.nl "
    "ziggo.nl xs4all.nl chello.nl onet.pl wp.pl o2.pl interia.pl centrum.cz seznam.cz ukr.net "
    "bluewin.ch sunrise.ch laposte.net mailo.com disroot.org riseup.net startmail.com"
)


def write_mail_lists(folder: Path, organisations: list[Organisation]) -> None:
    """Write the disposable and the free domains, each domain in one list only."""
    suffixes = PublicSuffixList()
    lines = (folder / "disposable_email_blocklist.conf").read_text(encoding="utf-8").split()
    disposable = {line.lower() for line in lines if not line.startswith("#")}
    listed = json.loads((folder / "free-email-domains.json").read_text(encoding="utf-8"))
    owned = {row.domain for row in organisations}
    free = {domain.lower() for domain in listed} - owned
    free = {domain for domain in free if suffixes.publicsuffix(domain) != domain}
    free |= set(EXTRA_FREE.split())
    disposable -= set(EXTRA_FREE.split())
    for name, domains in (("disposable", disposable), ("free", free - disposable)):
        text = "\n".join(sorted(domains)) + "\n"
        (PACKAGE / f"email_{name}.txt").write_text(text, encoding="utf-8")


PORTED = {  # JavaScript only: a look-behind of two widths, and a range that is not one
    "(?<! channel/|google/)google(?!(?:wv|app|/google| pixel))": (
        "(?<! channel/)(?<!google/)google(?!(?:wv|app|/google| pixel))"
    ),
    r"^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w\d-.]+\/\d+\.\d+)?\)$": (
        r"^mozilla/\d\.\d\s\((?:compatible;)?(?:\s?[\w.-]+/\d+\.\d+)?\)$"
    ),
}
META = re.compile(r"(?<!\\)[\[\](){}|*+?^$.]|\\[a-zA-Z]")


def write_crawlers(folder: Path) -> None:
    """Write the patterns that decide and those that name; the longest literal comes first."""
    source = json.loads((folder / "isbot-patterns.json").read_text(encoding="utf-8"))
    missing = PORTED.keys() - set(source)
    if missing:
        sys.exit(f"hand-ported patterns are gone from the source: {sorted(missing)}")
    # In Python "$" also matches before a final line break, in JavaScript it does not.
    decide = [re.sub(r"(?<!\\)\$", r"\\Z", PORTED.get(pattern, pattern)) for pattern in source]
    literals: set[str] = set()
    patterns: set[str] = set()
    for entry in json.loads((folder / "crawler-user-agents.json").read_text(encoding="utf-8")):
        pattern = entry["pattern"]
        if META.search(pattern):
            patterns.add(pattern)
        else:
            literals.add(re.sub(r"\\(.)", r"\1", pattern))
    for pattern in [*decide, *patterns]:
        re.compile(pattern)
    write_json(
        {
            "decide": decide,
            "literals": sorted(literals, key=lambda text: (-len(text), text)),
            "patterns": sorted(patterns),
        },
        PACKAGE / "crawlers.json",
    )


def write_fixtures(folder: Path) -> None:
    """Write the crawler and browser agents that the patterns are measured with."""

    def agents(name: str) -> list[str]:
        groups = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        return sorted({str(agent) for group in groups.values() for agent in group})

    FIXTURES.mkdir(parents=True, exist_ok=True)
    found = {"crawlers": agents("isbot-crawlers.yml"), "browsers": agents("isbot-browsers.yml")}
    write_json(found, FIXTURES / "user_agents.json", indent=0)


EXTRA_REFERRERS = {
    "search": {
        "Brave": ["search.brave.com"],
        "Kagi": ["kagi.com"],
        "Ecosia": ["ecosia.org", "www.ecosia.org"],
        "DuckDuckGo": ["duckduckgo.com"],
    },
    "ai": {
        "ChatGPT": ["chat.com", "com.openai.chatgpt"],
        "Claude": ["claude.com", "com.anthropic.claude"],
        "Copilot": ["copilot.com", "copilot.cloud.microsoft", "m365.cloud.microsoft"],
        "Gemini": ["aistudio.google.com", "com.google.android.apps.bard"],
        "Perplexity": ["ai.perplexity.app.android"],
        "Kimi": ["kimi.com", "kimi.moonshot.cn"],
        "Le Chat": ["mistral.ai"],
        "Phind": ["phind.com"],
        "Poe": ["poe.com"],
        "Qwen": ["qwen.ai"],
    },
    "social": {
        "LinkedIn": ["com.linkedin.android"],
        "Facebook": ["com.facebook.katana", "fb.com"],
        "Instagram": ["com.instagram.android"],
        "Threads": ["com.instagram.barcelona"],
        "Twitter": ["com.twitter.android"],
        "WhatsApp": ["whatsapp.com", "wa.me", "com.whatsapp"],
        "Quora": ["quora.com"],
        "Hacker News": ["news.ycombinator.com"],
        "Product Hunt": ["producthunt.com"],
    },
    "video": {
        "YouTube": ["youtube.com", "youtu.be", "com.google.android.youtube"],
        "Vimeo": ["vimeo.com"],
        "Twitch": ["twitch.tv"],
        "Dailymotion": ["dailymotion.com", "dai.ly"],
        "Wistia": ["wistia.com"],
        "Loom": ["loom.com"],
        "Netflix": ["netflix.com"],
        "Hulu": ["hulu.com"],
        "Disney+": ["disneyplus.com"],
        "TED": ["ted.com"],
        "Youku": ["youku.com"],
        "iQIYI": ["iqiyi.com"],
    },
    "shopping": {
        "Amazon": ["amazon.{}"],
        "eBay": ["ebay.{}"],
        "Etsy": ["etsy.com"],
        "Walmart": ["walmart.com"],
        "AliExpress": ["aliexpress.com", "aliexpress.ru"],
        "Alibaba": ["alibaba.com"],
        "Mercado Libre": ["mercadolibre.{}", "mercadolivre.com.br"],
        "Rakuten": ["rakuten.com", "rakuten.co.jp"],
        "Google Shopping": ["shopping.google.com"],
        "Shop": ["shop.app"],
        "Temu": ["temu.com"],
        "idealo": ["idealo.de"],
        "Bol.com": ["bol.com"],
    },
}
SOURCE_NAMES = {  # how utm_source spells them; only names that mean nothing else
    "search": {
        "Google": "google adwords google_ads google-ads googleads",
        "Bing": "bing bing_ads bing-ads bingads microsoft_ads microsoft-ads",
        "Yahoo": "yahoo",
        "DuckDuckGo": "duckduckgo ddg",
        "Baidu": "baidu",
        "Yandex": "yandex",
        "Naver": "naver",
        "Ecosia": "ecosia",
        "Qwant": "qwant",
        "Kagi": "kagi",
        "Startpage": "startpage",
        "Seznam": "seznam",
        "AOL": "aol",
        "Sogou": "sogou",
        "Daum": "daum",
    },
    "social": {
        "Facebook": "facebook fb meta facebook_ads facebook-ads fb_ads meta_ads",
        "Instagram": "instagram ig insta",
        "LinkedIn": "linkedin li linkedin_ads linkedin-ads",
        "Twitter": "twitter x tw twitter_ads",
        "TikTok": "tiktok tiktok_ads",
        "reddit": "reddit reddit_ads",
        "Pinterest": "pinterest pinterest_ads",
        "Snapchat": "snapchat",
        "Threads": "threads",
        "Bluesky": "bluesky bsky",
        "Mastodon": "mastodon",
        "WhatsApp": "whatsapp",
        "Telegram": "telegram",
        "Discord": "discord",
        "Vkontakte": "vk vkontakte",
        "WeChat": "wechat",
        "Weibo": "weibo",
        "XING": "xing",
        "Quora": "quora",
        "Hacker News": "hackernews hacker-news",
        "Product Hunt": "producthunt",
        "GitHub": "github",
        "StackOverflow": "stackoverflow",
    },
    "ai": {
        "ChatGPT": "chatgpt openai",
        "Claude": "claude",
        "Copilot": "copilot",
        "Gemini": "gemini",
        "Perplexity": "perplexity",
        "Grok": "grok",
        "Deepseek": "deepseek",
        "Le Chat": "mistral",
        "Meta AI": "meta-ai meta_ai",
    },
    "video": {
        "YouTube": "youtube yt youtube_ads",
        "Vimeo": "vimeo",
        "Twitch": "twitch",
        "Dailymotion": "dailymotion",
    },
    "shopping": {
        "Amazon": "amazon",
        "eBay": "ebay",
        "Etsy": "etsy",
        "AliExpress": "aliexpress",
        "Google Shopping": "google_shopping google-shopping",
    },
}


class Referrers:
    """The four tables of ``referrers.json``; the first entry of a host stays."""

    def __init__(self) -> None:
        self.hosts: dict[str, tuple[str, str]] = {}
        self.domains: dict[str, tuple[str, str]] = {}
        self.any_suffix: dict[str, tuple[str, str]] = {}
        self.names: dict[str, tuple[str, str]] = {}

    def add(self, kind: str, name: str, address: str) -> None:
        """Add a host, ``host.{}`` (any country suffix) or ``{}.host`` (any subdomain)."""
        entry = (kind, name.replace("!", ""))
        host = address.lower().removeprefix("www.")
        if "/" in host:  # a path on a host that has its own entry
            return
        if host.endswith(".{}"):
            self.any_suffix.setdefault(host.removesuffix(".{}"), entry)
        elif host.startswith("{}."):
            self.domains.setdefault(host.removeprefix("{}."), entry)
        elif "{}" in host:
            self.domains.setdefault(host.split("{}.")[1], entry)
        elif kind == "search":  # exact: mail.google.com is no search
            if host not in self.domains:
                self.hosts.setdefault(host, entry)
        else:
            self.domains.setdefault(host, entry)


def read_referrers(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Return (name, address) pairs of the public lists by kind."""

    def load(name: str) -> dict[Any, Any]:
        return dict(yaml.safe_load((folder / name).read_text(encoding="utf-8")))

    pairs: dict[str, list[tuple[str, str]]] = {}
    for kind, file in (("ai", "AIAssistants.yml"), ("social", "Socials.yml")):
        pairs[kind] = [
            (unquote(str(name)), host) for name, hosts in load(file).items() for host in hosts
        ]
    pairs["search"] = [
        (str(name), url)
        for name, groups in load("SearchEngines.yml").items()
        for group in groups
        for url in group["urls"]
    ]
    return pairs


def write_referrers(folder: Path) -> None:
    """Write the referrer tables; our own entries go before those of the public lists."""
    tables, public = Referrers(), read_referrers(folder)
    for kind in ("video", "shopping", "ai", "social", "search"):
        for name, hosts in EXTRA_REFERRERS[kind].items():
            for host in hosts:
                tables.add(kind, name, host)
        for name, host in public.get(kind, []):
            tables.add(kind, name, host)
    for kind, names in SOURCE_NAMES.items():
        for name, spellings in names.items():
            tables.names |= dict.fromkeys(spellings.split(), (kind, name))
    content = {key: dict(sorted(table.items())) for key, table in vars(tables).items()}
    write_json(content, PACKAGE / "referrers.json")


def write_json(content: object, target: Path, indent: int | None = None) -> None:
    """Write compact UTF-8 JSON; ``indent=0`` gives one entry a line."""
    separators = (",", ":")
    text = json.dumps(content, ensure_ascii=False, indent=indent, separators=separators)
    target.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Read the arguments and write every file."""
    parser = argparse.ArgumentParser(description="Build the embedded data package.")
    parser.add_argument("--shared", type=Path, required=True, help="folder of the source data")
    parser.add_argument("--fixtures", action="store_true", help="write the test agents too")
    options = parser.parse_args()
    shared: Path = options.shared
    PACKAGE.mkdir(parents=True, exist_ok=True)

    asns = read_spans(shared / "ip" / ASN_FILE, lambda record: (record["asn"], ""))
    countries = read_spans(shared / "ip" / COUNTRY_FILE, lambda r: (0, r["country_code"]))
    networks = overlay(asns, countries)
    write_networks(networks, PACKAGE / "networks.mmdb")

    organisations = read_organisations(shared / "ip")
    write_rows(Organisation._fields, organisations, PACKAGE / "organisations.csv")
    listed = read_listed(shared / "companies" / "sp500-constituents.csv")
    companies = join_companies(organisations, listed, registered_in(networks))
    write_rows(Company._fields, companies, PACKAGE / "companies.csv")

    write_mail_lists(shared / "email", organisations)
    write_crawlers(shared / "ua")
    write_referrers(shared / "referrer")
    if options.fixtures:
        write_fixtures(shared / "ua")


if __name__ == "__main__":
    main()
