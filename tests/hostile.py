"""Hostile requests, and what each of them is answered: the same in process and on a running stack.

No answer is ever a 5xx, and nothing that was sent comes back in one.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

MARKER = "zq9planted"
"""A word within hostile values that no answer may repeat."""

JSON = {"content-type": "application/json"}
GZIP = JSON | {"content-encoding": "gzip"}
LIMIT = 256 * 1024

MALFORMED, INVALID = (400, "malformed-json"), (422, "invalid-request")
ENCODING, MEDIA = (400, "malformed-encoding"), (415, "unsupported-media-type")
LARGE = (413, "payload-too-large")


class Body(NamedTuple):
    """A body with its headers, and the status and slug of the answer."""

    name: str
    content: bytes
    expected: tuple[int, str]
    headers: dict[str, str] = JSON
    pointer: str | None = None


def _nested(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


def _unreadable() -> Iterator[Body]:
    texts: dict[str, bytes] = {
        "no body": b"",
        "blank": b" \n",
        "cut short": b'{"url": "zq9planted',
        "no JSON": b"zq9planted",
        "single quotes": b"{'a': 1}",
        "comma at the end": b'{"a": 1,}',
        "two values": b"{} {}",
        "a comment": b"{} // zq9planted",
        "leading zero": b'{"a": 01}',
        "plus sign": b'{"a": +1}',
        "hexadecimal": b'{"a": 0x1}',
        "byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": '{"a": 1}'.encode("utf-16"),
        "line break in a string": b'{"a": "b\nc"}',
        "raw NUL": b'{"a": "\x00"}',
        "bad escape": rb'{"a": "\x41"}',
        "NaN": b'{"a": NaN}',
        "Infinity": b'{"a": Infinity}',
        "minus Infinity": b'{"a": -Infinity}',
        "1e999": b'{"a": 1e999}',
        "minus 1e999": b'{"a": [-1e999]}',
        "integer of 4,301 digits": b'{"a": ' + b"9" * 4301 + b"}",
        "integer of 200,000 digits": b'{"a": ' + b"9" * 200_000 + b"}",
        "fraction of 5,000 digits": b'{"a": 0.' + b"9" * 5000 + b"}",
        "a key twice": b'{"a": "zq9planted", "a": 1}',
        "a key twice, escaped": rb'{"a": 1, "\u0061": 2}',
        "a key twice, deep": b'{"a": {"b": [{"c": 1, "c": 1}]}}',
        "depth 33": _nested(33),
        "depth 100,000": b"[" * 100_000,
        "depth 40,000 of objects": b'{"a":' * 40_000,
        "half a surrogate pair": rb'{"a": "\ud800"}',
        "half a pair in a key": rb'{"\udc00": 1}',
        "pair the wrong way round": rb'{"a": "\udc00\ud800"}',
        "invalid UTF-8": b'{"a": "\xff"}',
        "UTF-8 cut short": b'{"a": "\xc3"}',
        "surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
        "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    }
    for name, content in texts.items():
        yield Body(name, content, MALFORMED)
    yield Body("gzip of no JSON", gzip.compress(b"zq9planted"), MALFORMED, GZIP)
    yield Body("gzip of nothing", gzip.compress(b""), MALFORMED, GZIP)


def _misencoded(valid: bytes) -> Iterator[Body]:
    packed = gzip.compress(valid)
    broken = {
        "gzip of no gzip": valid,
        "gzip cut short": packed[:-9],
        "gzip without its end": packed[:-1],
        "gzip with a wrong checksum": packed[:-8] + bytes(8),
        "gzip with more behind it": packed + b"zq9planted",
        "gzip twice in a row": packed + packed,
        "zlib for gzip": zlib.compress(valid),
    }
    for name, content in broken.items():
        yield Body(name, content, ENCODING, GZIP)
    for encoding in ("br", "deflate", "gzip, gzip", "gzip,br", "zstd", "zq9planted"):
        headers = JSON | {"content-encoding": encoding}
        yield Body(f"encoding {encoding}", packed, MEDIA, headers)


def _mistyped(valid: bytes) -> Iterator[Body]:
    for media in (
        "text/xml",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=zq9planted",
        "application/json-patch+json",
        "application/jsonx",
        "application/vnd.zq9planted+json",
        "json",
        ";charset=utf-8",
        "zq9planted" * 500,
    ):
        yield Body(f"media type {media[:30]}", valid, MEDIA, {"content-type": media})
    yield Body("no media type", valid, MEDIA, {})


def _too_large(valid: bytes) -> Iterator[Body]:
    yield Body("one byte too large", valid.ljust(LIMIT + 1), LARGE)
    yield Body("too large and no JSON", b"x" * (LIMIT + 1), LARGE)
    yield Body("too large in two-byte characters", "é".encode() * (LIMIT // 2 + 1), LARGE)
    bomb = gzip.compress(b"0" * 50_000_000)
    yield Body("gzip bomb", bomb, LARGE, GZIP)
    yield Body("gzip just too large", gzip.compress(valid.ljust(LIMIT + 1)), LARGE, GZIP)
    noise = zlib.compressobj(0, wbits=31)
    stored = noise.compress(valid.ljust(LIMIT)) + noise.flush()
    yield Body("gzip larger than what is in it", stored, LARGE, GZIP)


def _misshapen() -> Iterator[Body]:
    for text in ("[]", '[{"a": 1}]', "null", "true", "0", "-0.0", '""', '"zq9planted"', "[[]]"):
        yield Body(f"no object: {text}", text.encode(), INVALID, pointer="")


def _unstorable(valid: dict[str, Any]) -> Iterator[Body]:
    values: dict[str, str] = {
        "1e300": "1e300",
        "-1e126": "-1e126",
        "39 digits": "1" * 39,
        "40 digits with zeros": "1" + "0" * 39,
        "fraction of 40 digits": "0." + "1234567890" * 4,
        "NUL": r'"zq9planted\u0000"',
        "escape": r'"\u001b[2J"',
        "DEL": r'"\u007f"',
        "vertical tab": r'"a\u000bb"',
        "line break in a name": r'"a\nb"',
    }
    for name, value in values.items():
        inner = json.dumps(valid)[1:-1]
        text = f'{{{inner}{", " if inner else ""}"zz": {{"a/b": [{value}]}}}}'
        yield Body(f"value {name}", text.encode(), INVALID, pointer="/zz/a~1b/0")
    named = json.dumps(valid | {"zz": {"a\u0000zq9planted": 1}})
    yield Body("NUL in a name", named.encode(), INVALID, pointer="/zz")
    unknown = json.dumps(valid | {"zz": MARKER})
    yield Body("unknown field", unknown.encode(), INVALID, pointer="/zz")
    for name in ("__proto__", "constructor", "$where", "#x", ":v", "pk", "a.b[0]", "", " "):
        content = json.dumps(valid | {name: {"polluted": MARKER}}).encode()
        yield Body(f"unknown field {name!r}", content, INVALID, pointer=f"/{name}")
    many = json.dumps(valid | {f"f{number}": 0 for number in range(10_000)})
    yield Body("10,000 unknown fields", many.encode(), INVALID)
    long = json.dumps(valid | {MARKER * 1000: 1})
    yield Body("a name of 10,000 characters", long.encode(), INVALID)


def bodies(valid: dict[str, Any]) -> tuple[Body, ...]:
    """Return every hostile body for a route that takes ``valid``."""
    text = json.dumps(valid).encode()
    return (
        *_unreadable(),
        *_misencoded(text),
        *_mistyped(text),
        *_too_large(text),
        *_misshapen(),
        *_unstorable(valid),
    )


WELCOME: tuple[dict[str, str], ...] = (
    JSON,
    {"content-type": "Application/JSON; charset=utf-8"},
    {"content-type": "application/json;charset=zq9planted"},
    JSON | {"content-encoding": "identity"},
    GZIP,
    GZIP | {"content-encoding": "GZIP"},
)
"""Headers with which a valid body is taken; gzip where they say so."""


class Query(NamedTuple):
    """A raw query string of a list, and the status and slug of the answer."""

    text: str
    expected: tuple[int, str]


QUERIES: tuple[Query, ...] = (
    *(
        Query(f"limit={value}", INVALID)
        for value in (
            "0", "101", "-1", "+1", "abc", "1e2", "1_0", "%205", "5%20", "1.0", "", "%00", "٥",
            "0x10", "99999999999999999999999", "1" * 5000, "true", "null", "1%2C2", "%ff",
        )
    ),
    Query("limit=1&limit=2", INVALID),
    Query("limit=1&limit=1", INVALID),
    Query("Limit=1", INVALID),
    Query("zz=zq9planted", INVALID),
    Query("zz", INVALID),
    Query("=zq9planted", INVALID),
    Query("limit[]=1", INVALID),
    Query("__proto__=1", INVALID),
    Query("&".join(f"zz{number}=1" for number in range(300)), INVALID),
    *(
        Query(f"cursor={value}", (400, "invalid-cursor"))
        for value in (
            "zq9planted", "x", "AAAA", "A" * 513, "%F0%9F%A6%8A", "..%2F..", "eyJhIjoxfQ", "-", "_",
            "null", "A" * 4000, "%2B%2B%2B%2B", "AA%3D%3D",
        )
    ),
    Query("cursor=%00", INVALID),
    Query("cursor=a&cursor=b", INVALID),
)  # fmt: skip

SECRET_HEADERS: dict[str, tuple[dict[str, str], tuple[int, str]]] = {
    "no key": ({}, (401, "missing-credential")),
    "empty": ({"authorization": ""}, (403, "invalid-credential")),
    "scheme alone": ({"authorization": "Bearer"}, (403, "invalid-credential")),
    "scheme and blanks": ({"authorization": "Bearer   "}, (403, "invalid-credential")),
    "no scheme": ({"authorization": "zq9planted"}, (403, "invalid-credential")),
    "another scheme": ({"authorization": "Basic enE5cGxhbnRlZDo="}, (403, "invalid-credential")),
    "10 KB": ({"authorization": "Bearer " + "k" * 10_000}, (403, "invalid-credential")),
    "no ASCII": ({"authorization": "Bearer clé☃"}, (403, "invalid-credential")),
    "control": ({"authorization": "Bearer \x01\x02"}, (403, "invalid-credential")),
    "two": ({"authorization": "Bearer a,Bearer b"}, (403, "invalid-credential")),
    "wrong checksum": (
        {"authorization": "Bearer ls_sk_test_000000000000_" + "0" * 38},
        (403, "invalid-credential"),
    ),
}
"""Credentials that open nothing, and what they are answered."""

PATH_IDS: tuple[str, ...] = (
    "a%2Fb", "..", "%2e%2e", "%2e%2e%2f%2e%2e", "%00", "a%00b", "x" * 1000, "x" * 1025, "x" * 9000,
    "%F0%9F%A6%8A", "%ff", "%25", "%2525", "%", "%zz", "lead_", "LEAD_" + "A" * 26, "'%20OR%201=1",
    "{id}", "<id>", "null", "undefined", "-1", "lead_" + "a" * 26 + "%0A", "*", "a;b",
    "a%3Fb", "a%23b",
)  # fmt: skip
"""Ids, as they stand in a path, that nobody has: 404."""

TAGS: tuple[str, ...] = ("7", "'7'", '"7', "W/7", "", '"7",', "*, *", '"a" "b"', "☃")
"""Entity tags that cannot be read: 400 ``invalid-header``."""
