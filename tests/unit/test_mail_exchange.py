"""Whether a domain takes mail, against a DNS server that answers right, wrong, late or not."""

from collections.abc import Callable

import dns.rcode
import pytest

from leadsignal.adapters.dns import SILENCES, SILENT_SECONDS, DnsMailExchange
from tests.fakes.dns_server import (
    ROOT,
    DnsServer,
    Reply,
    Zone,
    dns_server,
    garbage,
    refused,
    silent,
    with_another_id,
)

ZONE: Zone = dict(ROOT) | {
    ("acme.com.", "MX"): ("10 mx1.acme.com.", "20 mx2.acme.com."),
    ("null.com.", "MX"): ("0 .",),
    ("home.com.", "MX"): ("0 localhost.",),
    ("both.com.", "MX"): ("0 .", "10 mx.both.com."),
    ("web.com.", "A"): ("192.0.2.1",),
    ("six.com.", "AAAA"): ("2001:db8::1",),
    ("text.com.", "TXT"): ('"v=spf1 -all"',),
    ("many.com.", "MX"): tuple(f"{n} mx{n}.a-long-name-of-a-host.many.com." for n in range(90)),
    ("xn--mnchen-3ya.de.", "MX"): ("10 mx.xn--mnchen-3ya.de.",),
}  # fmt: skip


def asker(server: DnsServer, clock: Callable[[], float] | None = None) -> DnsMailExchange:
    servers = [("127.0.0.1", server.port)]
    return DnsMailExchange(servers, clock=clock) if clock else DnsMailExchange(servers)


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("acme.com", "yes"),
        ("ACME.com", "yes"),
        ("null.com", "no"),
        ("home.com", "no"),
        ("both.com", "yes"),
        ("web.com", "yes"),
        ("six.com", "yes"),
        ("text.com", "no"),
        ("nobody.com", "no"),
        ("many.com", "yes"),
        ("münchen.de", "yes"),
        ("a..b", "unknown"),
        ("x" * 64 + ".com", "unknown"),
    ],
)
def test_a_domain_takes_mail_as_its_records_say(domain: str, expected: str) -> None:
    with dns_server(ZONE) as server:
        assert asker(server).takes_mail(domain, timeout_ms=1_500) == expected


@pytest.mark.parametrize(
    "reply",
    [
        silent,
        refused(dns.rcode.SERVFAIL),
        refused(dns.rcode.REFUSED),
        with_another_id,
        garbage,
    ],
    ids=["silent", "servfail", "refused", "wrong id", "garbage"],
)
@pytest.mark.parametrize("domain", ["acme.com", "nobody.com"])
def test_a_server_that_does_not_say_is_nothing_against_a_domain(reply: Reply, domain: str) -> None:
    with dns_server(ZONE, reply=reply) as server:
        assert asker(server).takes_mail(domain, timeout_ms=200) == "unknown"


def test_an_answer_that_is_cut_off_and_cannot_be_had_whole_says_nothing() -> None:
    with dns_server(ZONE, over_tcp=silent) as server:
        assert asker(server).takes_mail("many.com", timeout_ms=300) == "unknown"


@pytest.mark.parametrize("domain", ["acme.com", "nobody.com"])
def test_a_resolver_without_a_way_out_is_not_believed(domain: str) -> None:
    with dns_server({}) as server:
        asked = asker(server)
        assert asked.takes_mail(domain, timeout_ms=1_000) == "unknown"
        assert asked.takes_mail("other.com", timeout_ms=1_000) == "unknown"
        assert [kind for _, kind in server.asked].count("NS") == 1


def test_a_resolver_is_asked_for_the_root_once_in_an_hour() -> None:
    seconds = [0.0]
    with dns_server(ZONE) as server:
        asked = asker(server, clock=lambda: seconds[0])
        for moment, times in ((0.0, 1), (3_599.0, 1), (3_600.0, 2)):
            seconds[0] = moment
            assert asked.takes_mail("nobody.com", timeout_ms=1_000) == "no"
            assert [kind for _, kind in server.asked].count("NS") == times


def test_after_some_silence_nobody_is_asked_for_a_while() -> None:
    seconds = [0.0]
    with dns_server(ZONE, reply=silent) as server:
        asked = asker(server, clock=lambda: seconds[0])
        for _ in range(SILENCES + 3):
            assert asked.takes_mail("acme.com", timeout_ms=250) == "unknown"
        assert len(server.asked) == SILENCES
        seconds[0] = SILENT_SECONDS
        asked.takes_mail("acme.com", timeout_ms=250)
        assert len(server.asked) == SILENCES + 1


def test_no_time_left_is_no_answer() -> None:
    with dns_server(ZONE) as server:
        assert asker(server).takes_mail("acme.com", timeout_ms=0) == "unknown"
        assert server.asked == []


def test_whoever_is_to_ask_nobody_knows_nothing() -> None:
    assert DnsMailExchange(None).takes_mail("acme.com", timeout_ms=1_000) == "unknown"
