"""The target of a request: its path and its query, and a secret that must not be in either."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from leadsignal.domain import credentials, storable
from leadsignal.errors import (
    ExposedCredentialError,
    FieldProblem,
    InvalidCredentialError,
    InvalidInputError,
    NotFoundError,
)

MAX_PATH = 1024

_SECRET = re.compile(r"ls_sk_[a-z]{4}_[0-9A-Za-z]{12}_[0-9A-Za-z]{30,64}", re.ASCII)
_ANY_ID = re.compile(r"(/v1/events/)(.+?)(/trace)?", re.DOTALL)  # ids that clients choose


def check_secrecy(path: str, query: str) -> None:
    """Refuse a request with a secret key in its URL: it stands in logs and histories by now.

    Raises:
        ExposedCredentialError: with the public id of the key.
    """
    for text in (path, unquote(path), query, unquote(query)):
        for found in _SECRET.finditer(text):
            try:
                parts = credentials.parse_key(found[0])
            except InvalidCredentialError:
                continue
            raise ExposedCredentialError(found[0], parts.key_id)


def canonical(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with a path that the routes understand, whatever ids are in it.

    The gateway decodes each escape but that of the percent sign. Here every part of the path is
    escaped again; slashes within the id of an event are, too.

    Raises:
        NotFoundError: the path is longer than that of any route.
    """
    path = event["rawPath"].replace("%25", "%")
    if len(path) > MAX_PATH:
        raise NotFoundError("route")
    if found := _ANY_ID.fullmatch(path):
        before, named, after = found[1], found[2], found[3] or ""
        path = before + quote(named, safe="", errors="replace") + after
    else:
        path = quote(path, errors="replace")
    return {**event, "rawPath": path}


def check_query(event: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse parameters that the route does not have, that come twice, or with control characters.

    Raises:
        InvalidInputError: names each of them.
    """
    pairs = parse_qsl(event.get("rawQueryString", ""), keep_blank_values=True)
    problems = []
    for name, times in Counter(name for name, _ in pairs).items():
        if name not in known:
            problems.append((name, "unknown_parameter", "this route has no such parameter"))
        elif times > 1:
            problems.append((name, "repeated_parameter", "is given more than once"))
    for name, value in pairs:
        if not storable.is_text(value):
            problems.append((name, "control_character", "holds a control character"))
    if problems:
        raise InvalidInputError(tuple(FieldProblem(*each) for each in problems))
