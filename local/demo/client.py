"""The public API as a user of the demo calls it: the secret key and plain HTTP."""

from collections.abc import Iterator
from typing import Any

import httpx

from local.steps import StepFailedError

PAGE = 100


class NotThereError(StepFailedError):
    """The API knows nothing under this path."""


class Api:
    """One tenant's API."""

    def __init__(self, api_url: str, secret_key: str) -> None:
        self._http = httpx.Client(
            base_url=api_url,
            headers={"authorization": f"Bearer {secret_key}"},
            timeout=30,
            trust_env=False,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def call(self, method: str, path: str, body: Any = None, **query: str | int) -> Any:
        """Return the answer's JSON, or nothing when it has none.

        Raises:
            StepFailedError: no answer, or it is not a success.
        """
        answer = self._request(method, path, body, query)
        if answer.status_code == 404:
            raise NotThereError(f"{method} {path}: 404")
        if not answer.is_success:
            raise StepFailedError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    def leads(self) -> Iterator[dict[str, Any]]:
        """Return every lead, the highest score first."""
        return self._all("/v1/leads", {"sort": "-score"})

    def _all(self, path: str, query: dict[str, str | int]) -> Iterator[dict[str, Any]]:
        query = query | {"limit": PAGE}
        while True:
            page = self.call("GET", path, **query)
            yield from page["data"]
            if not page["has_more"]:
                return
            query["cursor"] = page["next_cursor"]

    def timeline(self, lead_id: str) -> Iterator[dict[str, Any]]:
        """Return every session of a lead, newest first."""
        return self._all(f"/v1/leads/{lead_id}/timeline", {})

    def event(self, message_id: str) -> dict[str, Any] | None:
        """Return one event, or nothing when it is not there."""
        try:
            event: dict[str, Any] = self.call("GET", f"/v1/events/{message_id}")
        except NotThereError:
            return None
        return event

    def _request(
        self, method: str, path: str, body: Any, query: dict[str, str | int]
    ) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body, params=query or None)
        except httpx.TransportError as error:
            raise StepFailedError(
                f"{method} {self._http.base_url}{path} was not answered: {error}; is it up?"
            ) from error
