"""What no log line may hold: secrets, and whatever tells of a person."""

import re
from collections.abc import Iterator

_KINDS = {
    "an e-mail address": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "a key": r"\bls_(?:wk|sk)_(?:live|test)_[0-9A-Za-z]{12}_[0-9A-Za-z]+",
    "a webhook's secret": r"\bwhsec_[0-9A-Za-z+/=]+",
    "an IP address": r"(?<![\d.])(?!127\.)(?:\d{1,3}\.){3}\d{1,3}(?![\d.])",
    "an IPv6 address": r"\b(?:[0-9a-f]{1,4}:){3,}:?[0-9a-f:]*[0-9a-f]\b",
    "a phone number": r"\+\d[\d ()-]{7,}\d",
    "a user agent": r"\bMozilla/|\bAppleWebKit|\bcurl/\d|\bpython-httpx/",
    "a URL with a query": r"https?://[^\s\"']+\?[^\s\"']+",
    "a credential": r"(?i)\b(?:bearer|basic) +[\w+/=.-]{8,}|\"(?:authorization|cookie)\":",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}
_LINE = re.compile(r"^\{.*(?:\"level\"|\"_aws\").*\}$", re.MULTILINE)


def lines(output: str) -> Iterator[str]:
    """Return the lines that a function's logger or metrics wrote, among all that was printed."""
    for found in _LINE.finditer(output):
        yield found[0]


def leaks(line: str) -> list[str]:
    """Return the kinds of secrets and personal data that a log line holds."""
    return [kind for kind, pattern in _PATTERNS.items() if pattern.search(line)]
