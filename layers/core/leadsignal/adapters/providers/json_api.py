"""One question to a provider's API over HTTP, and the JSON object that it answers."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NoReturn

from leadsignal.domain.retries import retry_after_ms
from leadsignal.errors import ProviderError, ProviderFailure
from leadsignal.models.instants import to_instant
from leadsignal.models.outbound import HttpBody, HttpFailure
from leadsignal.ports import HttpReader

type Secret = Callable[[], str | None]
"""Returns the secret of a provider, None when there is none. Raises TransientError."""

_JSON = re.compile(r"(?:application|text)/(?:[a-z0-9!#$&^_.+-]+\+)?json", re.IGNORECASE)

_REASONS: Mapping[HttpFailure, ProviderFailure] = {
    "timeout": "timeout",
    "dns": "unreachable",
    "connect": "unreachable",
    "tls": "unreachable",
    "blocked-address": "unreachable",
    "protocol": "invalid",
    "too-large": "invalid",
}
_OF_STATUS: Mapping[int, ProviderFailure] = {
    202: "pending",
    401: "refused",
    402: "refused",
    403: "refused",
    407: "refused",
    408: "timeout",
    425: "throttled",
    429: "throttled",
    504: "timeout",
}
_MISSES = {204, 404, 410, 451}  # nothing there, or nothing that may be said of it


def read_secret(secret: Secret) -> str:
    """Return a provider's secret.

    Raises:
        ProviderError: ``refused``: there is none.
        TransientError: it could not be read, which is no fault of the provider.
    """
    found = secret()
    if found is None:
        raise ProviderError("refused")
    return found


class JsonApi:
    """What is behind the URLs of one provider.

    ``reasons`` are statuses that mean something else here than they usually do.
    """

    def __init__(
        self,
        http: HttpReader,
        *,
        now: Callable[[], datetime],
        reasons: Mapping[int, ProviderFailure] | None = None,
    ) -> None:
        self._http = http
        self._now = now
        self._reasons = {**_OF_STATUS, **(reasons or {})}

    def get(
        self, url: str, *, headers: Mapping[str, str], timeout_ms: int
    ) -> dict[str, Any] | None:
        """Return the object that a URL answers with, None when it knows nothing.

        Raises:
            ProviderError: it answers anything else, or not in time.
        """
        sent = {"accept": "application/json", "user-agent": "LeadSignal/1", **headers}
        answer = self._http.fetch(url, headers=sent, timeout_ms=timeout_ms)
        if answer.error is not None:
            raise ProviderError(_REASONS[answer.error])
        if answer.status in _MISSES:
            return None
        if answer.status != 200:
            self._refuse(answer)
        return _json_object(answer)

    def _refuse(self, answer: HttpBody) -> NoReturn:
        """Raise what a status other than 200 means; one that we do not know is ``invalid``."""
        status = answer.status or 0
        reason = self._reasons.get(status, "error" if status >= 500 else "invalid")
        wait_ms = retry_after_ms(answer.retry_after, now=to_instant(self._now()))
        raise ProviderError(reason, retry_after_seconds=-(-wait_ms // 1000) or None)


def _json_object(answer: HttpBody) -> dict[str, Any]:
    """Return the object in a body. A body without a media type may be one too.

    Raises:
        ProviderError: ``invalid``.
    """
    media = answer.content_type.partition(";")[0].strip()
    encoding = answer.content_encoding.strip().lower()
    if (media and not _JSON.fullmatch(media)) or encoding not in ("", "identity"):
        raise ProviderError("invalid")
    try:
        value = json.loads(answer.body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ProviderError("invalid") from error
    if not isinstance(value, dict):
        raise ProviderError("invalid")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def inner(value: object, name: str) -> Mapping[str, Any]:
    """Return the object that a member of an object is, an empty one when it is anything else."""
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}
