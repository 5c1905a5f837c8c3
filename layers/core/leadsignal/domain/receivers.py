"""Where an outbound request may go, judged from the URL alone; no look-up happens here.

The URL is read once, by one parser, and its normalised text is what is stored and dialled:
parsers disagree on ``http://a\\@b/``, on ``2130706433`` and on tabs, and a check by one says
nothing about a connection by another.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import HttpUrl, TypeAdapter, ValidationError

from leadsignal.domain import addresses
from leadsignal.errors import FieldProblem, InvalidInputError

MAX_URL = 2_048
PORTS = {443, 8443}
SLACK_HOST = "hooks.slack.com"
MAX_HEADER_VALUE = 1_024

_PARSER = TypeAdapter(HttpUrl)
_AUTHORITY = re.compile(r"https?://([^/?#@%]+)(?:[/?#]|\Z)", re.IGNORECASE)
_UNREADABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")  # parsers drop or rewrite these
_HOST = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
    r"(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_INSIDE = {
    "arpa", "corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost",
}  # fmt: skip

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_OUR_HEADERS = {
    "accept-encoding", "connection", "date", "expect", "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent", "via",
}  # fmt: skip
_OUR_PREFIXES = ("content-", "proxy-", "sec-", "webhook-", "x-amz")


class Receiver(NamedTuple):
    """A URL taken apart. ``host`` is a name or an address without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def address(self) -> str | None:
        """The host in canonical form when it is an address, else None."""
        address = addresses.parse(self.host)
        return None if address is None else str(address)

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def unsafe(detail: str) -> InvalidInputError:
    """Return the error of a URL that is not to be called."""
    return InvalidInputError((FieldProblem("/url", "unsafe-url", detail),))


def read(url: str) -> Receiver:
    """Return the parts of a URL that can be dialled at all.

    Raises:
        InvalidInputError: not an http(s) URL, or one that two parsers may read differently.
    """
    if len(url) > MAX_URL:
        raise unsafe(f"the URL is longer than {MAX_URL} characters")
    if _UNREADABLE.search(url):
        raise unsafe("the URL holds spaces, control characters or backslashes")
    authority = _AUTHORITY.match(url)
    if authority is None:
        raise unsafe("this is not a plain http or https URL (no user name, no password)")
    try:
        parsed = _PARSER.validate_python(url)
    except ValidationError:
        raise unsafe("this is not an http or https URL") from None
    host = _host(parsed.host or "", authority[1])
    text = str(parsed).partition("#")[0]
    if len(text) > MAX_URL:
        raise unsafe(f"the URL is longer than {MAX_URL} characters")
    target = (parsed.path or "/") + (f"?{parsed.query}" if parsed.query is not None else "")
    return Receiver(text, parsed.scheme, host, parsed.port or 0, target)


def _host(normalised: str, written: str) -> str:
    """Return the host without brackets; an address has to be written as what it is."""
    host = normalised.removeprefix("[").removesuffix("]")
    if addresses.parse(host) is not None:
        if not written.startswith(normalised):
            raise unsafe("the host is an address in disguise")
    elif not _HOST.fullmatch(host):
        raise unsafe("the host is not a name")
    return host


def objection(receiver: Receiver) -> str | None:
    """Return why the URL may not be called, or None. Addresses behind a name come later."""
    labels = receiver.host.split(".")
    if receiver.scheme != "https":
        return "the URL must begin with https"
    if receiver.port not in PORTS:
        return "the port must be 443 or 8443"
    if receiver.address is not None:
        return "the host must be a name, not an address"
    if len(labels) < 2 or labels[-1] in _INSIDE:
        return "the host is not a public name"
    return None


def check(url: str, *, allowed: frozenset[str]) -> Receiver:
    """Return the receiver that ``url`` names, if a tenant may have it.

    A host written as one of the ``allowed`` addresses may be reached by http and on any port; an
    operator lists them to reach receivers of his own (a laptop, a private network).

    Raises:
        InvalidInputError: ``unsafe-url`` at ``/url``.
    """
    receiver = read(url)
    if receiver.address not in allowed and (detail := objection(receiver)):
        raise unsafe(detail)
    return receiver


def check_slack(url: str, *, allowed: frozenset[str]) -> Receiver:
    """Return the receiver that ``url`` names, if it is Slack's or an allowed address.

    Raises:
        InvalidInputError: ``unsafe-url`` at ``/url``.
    """
    receiver = check(url, allowed=allowed)
    if receiver.address not in allowed and (receiver.host, receiver.port) != (SLACK_HOST, 443):
        raise unsafe(f"an incoming webhook of Slack begins with https://{SLACK_HOST}/")
    return receiver


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a tenant's own headers, names in lower case.

    Raises:
        InvalidInputError: a header that is ours or the protocol's, or cannot be sent.
    """
    problems: list[FieldProblem] = []
    for name, value in headers.items():
        lower = name.lower()
        if not _HEADER_NAME.fullmatch(name):
            problems.append(FieldProblem("/headers", "invalid-header", "a name is not a token"))
        elif lower in _OUR_HEADERS or lower.startswith(_OUR_PREFIXES):
            detail = "this header is set by the sender"
            problems.append(FieldProblem(_pointer(name), "forbidden-header", detail))
        elif len(value) > MAX_HEADER_VALUE or not _HEADER_VALUE.fullmatch(value):
            detail = f"a value is 1 to {MAX_HEADER_VALUE} visible ASCII characters"
            problems.append(FieldProblem(_pointer(name), "invalid-header", detail))
    if len({name.lower() for name in headers}) != len(headers):
        problems.append(FieldProblem("/headers", "invalid-header", "a header is there twice"))
    if problems:
        raise InvalidInputError(tuple(problems))
    return {name.lower(): value for name, value in headers.items()}


def _pointer(name: str) -> str:
    """Return the JSON pointer of a header; a token may hold ``~`` but no ``/``."""
    return f"/headers/{name.replace('~', '~0')}"
