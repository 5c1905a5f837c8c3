"""Slack's incoming webhooks."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from leadsignal.domain import receivers, retries
from leadsignal.errors import InvalidInputError, PermanentError, TransientError
from leadsignal.ports import HttpClient

PAUSE_SECONDS = 30  # after a 429 that names no time


class SlackChannel:
    """Posts to ``hooks.slack.com`` and, where the operator allows it, to given addresses."""

    def __init__(self, http: HttpClient, *, allowed: frozenset[str]) -> None:
        self._http = http
        self._allowed = allowed

    def send(self, url: str, message: Mapping[str, object]) -> None:
        """Post one message.

        Raises:
            TransientError: Slack could not be reached or was in trouble; with the seconds to
                wait where it said that there were too many messages.
            PermanentError: Slack refuses it (the webhook or its channel is gone).
        """
        try:
            receiver = receivers.check_slack(url, allowed=self._allowed)
        except InvalidInputError as error:
            raise PermanentError("this is not a URL of Slack") from error
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        result = self._http.post(
            receiver.url, headers={"content-type": "application/json; charset=utf-8"}, body=body
        )
        if result.ok:
            return
        if result.error == "blocked-address":
            raise PermanentError("the address of Slack is not a public one")
        if result.status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = retries.retry_after_ms(result.retry_after, now=0) // retries.SECOND_MS
            raise TransientError(
                "Slack asks for a pause", retry_after_seconds=wait or PAUSE_SECONDS
            )
        if result.error is not None or result.status is None:
            raise TransientError(f"Slack could not be reached: {result.error}")
        if result.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TransientError(f"Slack answered {result.status}")
        raise PermanentError(f"Slack answered {result.status}")
