"""The body of a request: its size, encoding and media type; the JSON object, or the CSV, that it
holds."""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from itertools import islice
from typing import Any

from leadsignal.domain import storable
from leadsignal.errors import (
    FieldProblem,
    InvalidInputError,
    MalformedInputError,
    TooLargeError,
    UnsupportedEncodingError,
    UnsupportedMediaError,
)
from leadsignal.runtime import json_bodies

MAX_BYTES = 256 * 1024
LARGER = {"/v1/leads/batch": 1024 * 1024}
"""Routes that take more than ``MAX_BYTES``."""

JSON = "application/json"
CSV = "text/csv"
MERGE_PATCH = "application/merge-patch+json"
MAX_CSV_BYTES = 5 * 1024 * 1024  # an invocation of Lambda holds 6 MB
_LISTS = re.compile(r"/v1/providers/[^/]+/list")
MAX_PROBLEMS = 20  # of one body that are looked for


def read_object(event: Mapping[str, Any], *, method: str, path: str) -> dict[str, Any] | None:
    """Return the JSON object that the body of an API Gateway event holds; None without a body.

    Raises:
        MalformedInputError, TooLargeError, UnsupportedMediaError, UnsupportedEncodingError: it
            cannot be read.
        InvalidInputError: it is no object, or holds what storage cannot.
    """
    sent = event.get("body") or ""
    if not sent:
        return None
    headers = event.get("headers") or {}
    taken = (JSON, MERGE_PATCH) if method == "PATCH" else (JSON,)
    check_media(headers, *taken)
    body = decoded(
        sent,
        is_base64=bool(event.get("isBase64Encoded")),
        headers=headers,
        max_bytes=LARGER.get(path, MAX_BYTES),
    )
    value = json_bodies.parse(body)
    if not isinstance(value, dict):
        raise InvalidInputError((FieldProblem("", "object_type", "must be an object"),))
    if problems := tuple(islice(storable.problems(value), MAX_PROBLEMS)):
        raise InvalidInputError(problems)
    return value


def takes_csv(method: str, path: str) -> bool:
    """Return whether the body of such a request is a CSV file and no JSON."""
    return method == "PUT" and _LISTS.fullmatch(path) is not None


def read_csv(event: Mapping[str, Any]) -> str:
    """Return the text of a CSV file of at most ``MAX_CSV_BYTES``, in UTF-8 with or without a BOM.

    Raises:
        MalformedInputError, TooLargeError, UnsupportedMediaError, UnsupportedEncodingError: it
            cannot be read, or there is none.
    """
    headers = event.get("headers") or {}
    check_media(headers, CSV)
    body = decoded(
        event.get("body") or "",
        is_base64=bool(event.get("isBase64Encoded")),
        headers=headers,
        max_bytes=MAX_CSV_BYTES,
    )
    if not body:
        raise MalformedInputError("malformed-csv", "a body is needed")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedInputError("malformed-csv", "the body is not valid UTF-8") from error


def check_media(headers: Mapping[str, str], *taken: str) -> None:
    """Let a body of one of these media types pass; case and parameters do not matter.

    Raises:
        UnsupportedMediaError: it is of another, or of none and ``""`` is not among them.
    """
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in taken:
        raise UnsupportedMediaError(f"send {' or '.join(each for each in taken if each)}")


def decoded(sent: str, *, is_base64: bool, headers: Mapping[str, str], max_bytes: int) -> bytes:
    """Return the bytes of a body, inflated when it says gzip.

    More than ``max_bytes`` is refused before it is decoded, and no more is ever inflated.

    Raises:
        MalformedInputError: ``malformed-encoding``: not base64, not gzip, cut short, or with more
            behind it.
        TooLargeError, UnsupportedEncodingError
    """
    body = _wire_bytes(sent, is_base64=is_base64, max_bytes=max_bytes)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding == "gzip":
        body = _inflated(body, max_bytes)
    elif encoding not in ("", "identity"):
        raise UnsupportedEncodingError("the only content encoding is gzip")
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


def _wire_bytes(sent: str, *, is_base64: bool, max_bytes: int) -> bytes:
    if len(sent) > (4 * (max_bytes // 3 + 1) if is_base64 else max_bytes):
        raise _too_large(max_bytes)
    try:
        return base64.b64decode(sent, validate=True) if is_base64 else sent.encode()
    except (binascii.Error, ValueError) as error:
        raise _malformed("the body cannot be decoded") from error


def _inflated(body: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(wbits=31)  # 31: gzip container only
    try:
        inflated = inflater.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise _malformed("the body is not gzip") from error
    if len(inflated) <= max_bytes and not inflater.eof:
        raise _malformed("the gzip body is cut short")
    if inflater.unused_data:
        raise _malformed("there is more behind the gzip body")
    return inflated


def _malformed(detail: str) -> MalformedInputError:
    return MalformedInputError("malformed-encoding", detail)


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError("payload-too-large", f"at most {max_bytes} bytes")
