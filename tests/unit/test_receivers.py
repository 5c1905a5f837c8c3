"""Which URLs and headers a tenant may save, and which addresses a request may reach."""

import pytest

from leadsignal.domain import addresses, receivers
from leadsignal.errors import InvalidInputError

NONE: frozenset[str] = frozenset()
LAPTOP = frozenset({"127.0.0.1", "::1"})

UNSAFE = [
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https:example.com",
    "https:///example.com",
    "//example.com/",
    "example.com",
    "",
    "https://",
    "https://user@example.com/",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://:@example.com/",
    "https://example.com:22/",
    "https://example.com:80/",
    "https://example.com:0/",
    "https://example.com:99999/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://%6cocalhost/",
    "https://a.localhost/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://router/",
    "https://router.lan/",
    "https://1.0.168.192.in-addr.arpa/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.1/",
    "https://127.1/",
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://1.2.3.4.5/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[2606:4700::1111]/",
    "https://[fe80::1%25eth0]/",
    "https://①②⑦.0.0.1/",
    "https://１２７.0.0.1/",
    "https://exa\tmple.com/",
    "https://exa\nmple.com/",
    "https://exa mple.com/",
    " https://example.com/",
    "https://example.com/\r\nhost: evil",
    "https://example.com/\x00",
    "https://example.com\\@127.0.0.1/",
    "http://evil.com\\@127.0.0.1/",
    "https://a..example.com/",
    "https://.example.com/",
    "https://example.com./",
    "https://-a.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://" + "a." * 130 + "com/",
    "https://example.com/" + "a" * 2048,
    "https://example.com/" + "é" * 700,  # short as typed, long as sent
]


@pytest.mark.parametrize("url", UNSAFE)
@pytest.mark.parametrize("allowed", [NONE, frozenset({"10.0.0.5"})], ids=["", "others-allowed"])
def test_an_unsafe_url_is_refused_at_its_field(url: str, allowed: frozenset[str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        receivers.check(url, allowed=allowed)
    [problem] = refused.value.problems
    assert (problem.where, problem.code) == ("/url", "unsafe-url")
    assert url == "" or url not in problem.detail


@pytest.mark.parametrize(
    ("url", "stored", "host", "port", "target"),
    [
        ("https://example.com", "https://example.com/", "example.com", 443, "/"),
        (
            "HTTPS://EXAMPLE.com:8443/a/../b?q=1#part",
            "https://example.com:8443/b?q=1",
            "example.com",
            8443,
            "/b?q=1",
        ),
        (
            "https://münchen.de/ä",
            "https://xn--mnchen-3ya.de/%C3%A4",
            "xn--mnchen-3ya.de",
            443,
            "/%C3%A4",
        ),
        ("https://a_b.example.com/?", "https://a_b.example.com/?", "a_b.example.com", 443, "/?"),
    ],
)
def test_a_safe_url_is_stored_as_it_is_dialled(
    url: str, stored: str, host: str, port: int, target: str
) -> None:
    receiver = receivers.check(url, allowed=NONE)
    assert (receiver.url, receiver.host, receiver.port, receiver.target) == (
        stored,
        host,
        port,
        target,
    )
    assert receivers.check(stored, allowed=NONE) == receiver


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9000/hook", "https://127.0.0.1/", "http://[::1]:9000/", "http://127.0.0.1"],
)
def test_an_allowed_address_may_be_plain_and_on_any_port(url: str) -> None:
    assert receivers.check(url, allowed=LAPTOP).url.startswith(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2:9000/",
        "http://localhost:9000/",
        "http://2130706433:9000/",
        "http://127.1:9000/",
        "http://0x7f.1/",
        "http://①②⑦.0.0.1/",
        "http://user@127.0.0.1/",
        "http://evil.com\\@127.0.0.1/",
        "http://example.com/",
        "http://169.254.169.254/latest/meta-data/",
        "https://localhost/",
    ],
)
def test_an_allowed_address_opens_no_other_way(url: str) -> None:
    with pytest.raises(InvalidInputError):
        receivers.check(url, allowed=LAPTOP)


@pytest.mark.parametrize(
    ("url", "allowed", "fine"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", NONE, True),
        ("https://hooks.slack.com:8443/services/T0/B0/x", NONE, False),
        ("http://hooks.slack.com/services/T0/B0/x", NONE, False),
        ("https://hooks.slack.com.evil.com/services", NONE, False),
        ("https://example.com/hooks.slack.com", NONE, False),
        ("http://127.0.0.1:9000/slack", NONE, False),
        ("http://127.0.0.1:9000/slack", LAPTOP, True),
        ("https://example.com/", LAPTOP, False),
    ],
)
def test_an_alert_goes_to_slack_or_to_an_allowed_address(
    url: str, allowed: frozenset[str], fine: bool
) -> None:
    if fine:
        assert receivers.check_slack(url, allowed=allowed).url == url
        return
    with pytest.raises(InvalidInputError):
        receivers.check_slack(url, allowed=allowed)


@pytest.mark.parametrize(
    "name",
    [
        "Webhook-Signature", "webhook-id", "WEBHOOK-TIMESTAMP", "webhook-anything", "Host",
        "content-type", "Content-Length", "Content-Encoding", "Connection", "Keep-Alive", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Expect", "Via",
        "Accept-Encoding", "User-Agent", "X-Amz-Security-Token", "x-amzn-trace-id", "Sec-Purpose",
    ],
)  # fmt: skip
def test_a_header_of_ours_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        receivers.check_headers({name: "x"})
    [problem] = refused.value.problems
    assert (problem.where, problem.code) == (f"/headers/{name}", "forbidden-header")


@pytest.mark.parametrize(
    "headers",
    [
        {"": "x"},
        {"a b": "x"},
        {"a:": "x"},
        {"a\n": "x"},
        {"é": "x"},
        {"a": "x\r\nhost: evil"},
        {"a": "x\n"},
        {"a": "x\x00"},
        {"a": "é"},
        {"a": ""},
        {"a": " x"},
        {"a": "x" * 1025},
        {"X-A": "1", "x-a": "2"},
        {"~a": "\n"},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        receivers.check_headers(headers)
    assert {problem.code for problem in refused.value.problems} == {"invalid-header"}


def test_other_headers_are_kept_in_lower_case() -> None:
    kept = receivers.check_headers({"Authorization": "Bearer a b", "X-Key": "1"})
    assert kept == {"authorization": "Bearer a b", "x-key": "1"}


INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254",
    "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:a9fe:a9fe::", "2001:2::1", "2001:10::1",
    "2001:db8::1", "2002:a9fe:a9fe::", "2002:7f00:1::", "3ffe::1", "3fff::1", "5f00::1",
    "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "4000::1", "2606:4700::1111%eth0",
]  # fmt: skip
GARBAGE = ["", "localhost", "127.1", "0x7f.1", "1.2.3", "1.2.3.4.5", "::g", " 8.8.8.8", "08.8.8.8"]


@pytest.mark.parametrize("address", INSIDE + GARBAGE)
def test_an_address_that_leads_inside_or_nowhere_is_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "52.94.236.248", "100.63.255.255",
        "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255",
        "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8",
    ],
)  # fmt: skip
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert addresses.is_public(address)


def test_the_list_of_allowed_receivers_is_read_in_canonical_form() -> None:
    assert addresses.read_list(" 127.0.0.1, 0:0::1 ,,") == LAPTOP
    assert addresses.read_list("") == NONE
    with pytest.raises(ValueError, match="localhost"):
        addresses.read_list("localhost")
