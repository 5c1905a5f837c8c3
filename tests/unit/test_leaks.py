"""The scanner of log lines sees what it is for."""

import pytest

from tests.fakes.leaks import leaks, lines


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ada@example.com", "an e-mail address"),
        ("ls_sk_live_k3Q9xT1bVz7M_abcdef", "a key"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "a webhook's secret"),
        ("198.51.100.7", "an IP address"),
        ("2001:db8:0:1::7", "an IPv6 address"),
        ("+31 20 123 4567", "a phone number"),
        ("Mozilla/5.0", "a user agent"),
        ("https://example.com/?email=x", "a URL with a query"),
        ("Bearer abcdefgh", "a credential"),
        ('{"cookie":"a"}', "a credential"),
    ],
)
def test_what_may_not_be_logged_is_seen(text: str, kind: str) -> None:
    assert kind in leaks(f'{{"level":"INFO","message":"{text}"}}')


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22 02:07:26,479+0000",
        "arn:aws:lambda:us-east-1:123456789012:function:function",
        "lead_mzxw6ytboi3dgnbvgy2tmnzyhe",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        "127.0.0.1",
        "1.43.119",
        "handle:102",
    ],
)
def test_what_may_be_logged_is_let_through(text: str) -> None:
    assert leaks(f'{{"level":"INFO","message":"{text}"}}') == []


def test_the_lines_of_a_function_are_told_from_what_else_was_printed() -> None:
    output = 'hello ada@example.com\n{"level":"INFO"}\n{"a":1}\n{"_aws":{}}\n'
    assert list(lines(output)) == ['{"level":"INFO"}', '{"_aws":{}}']
