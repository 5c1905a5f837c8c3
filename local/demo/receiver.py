"""Takes webhooks and Slack messages on this machine, and checks each webhook's signature."""

import json
import os
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from standardwebhooks import Webhook, WebhookVerificationError

from local.layout import HOST
from local.steps import StepFailedError

PORT = int(os.environ.get("LEADSIGNAL_RECEIVER_PORT", "4610"))
SLACK_PATH = "/slack"
KEPT = 100


class Told(NamedTuple):
    """One verified webhook; ``arrived`` by `time.perf_counter`."""

    path: str
    message_id: str
    type: str
    data: dict[str, Any]
    arrived: float


class Counts(NamedTuple):
    """What came so far. ``repeated`` are verified webhooks whose id came before."""

    verified: int = 0
    repeated: int = 0
    unverified: int = 0
    slack: int = 0
    malformed: int = 0


class Receiver:
    """A server that runs in a thread while the context is open."""

    def __init__(self, port: int = PORT) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler_of(self))
        except OSError as error:
            raise StepFailedError(
                f"port {port} is in use; free it, or choose another with LEADSIGNAL_RECEIVER_PORT"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._changed = threading.Condition()
        self._secrets: dict[str, str] = {}
        self._seen: set[str] = set()
        self.counts = Counts()
        self.webhooks: deque[Told] = deque(maxlen=KEPT)
        self.slack: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.last_at = time.perf_counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """Return the URL under which a path of this server is called."""
        return f"http://{HOST}:{self._server.server_port}{path}"

    def expect(self, path: str, secret: str) -> None:
        """Take the webhooks of a path as signed with ``secret``."""
        self._secrets[path] = secret

    def wait_for(self, path: str, lead_ids: set[str], timeout_seconds: float) -> Told | None:
        """Return the next kept webhook of a path about a lead not in ``lead_ids``."""

        def found() -> Told | None:
            return next(
                (t for t in self.webhooks if t.path == path and t.data["lead_id"] not in lead_ids),
                None,
            )

        with self._changed:
            return self._changed.wait_for(found, timeout_seconds)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """Take one request and return the status of its answer."""
        arrived = time.perf_counter()
        with self._changed:
            self.last_at = arrived
            status = (
                self._take_slack(body)
                if path == SLACK_PATH
                else self._take_webhook(path, headers, body, arrived)
            )
            self._changed.notify_all()
        return status

    def _take_slack(self, body: bytes) -> int:
        try:
            message = json.loads(body)
        except ValueError:
            message = None
        if not isinstance(message, dict) or not message.get("text") or not message.get("blocks"):
            self.counts = self.counts._replace(malformed=self.counts.malformed + 1)
            return 400
        self.slack.append(message)
        self.counts = self.counts._replace(slack=self.counts.slack + 1)
        return 200

    def _take_webhook(self, path: str, headers: dict[str, str], body: bytes, arrived: float) -> int:
        secret = self._secrets.get(path)
        if secret is None:
            return 404
        try:
            fact = Webhook(secret).verify(body, headers)
        except WebhookVerificationError:
            self.counts = self.counts._replace(unverified=self.counts.unverified + 1)
            return 401
        if fact["id"] in self._seen:
            self.counts = self.counts._replace(repeated=self.counts.repeated + 1)
            return 204
        self._seen.add(fact["id"])
        self.webhooks.append(Told(path, fact["id"], fact["type"], fact["data"], arrived))
        self.counts = self.counts._replace(verified=self.counts.verified + 1)
        return 204


def _handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status = receiver.take(self.path, dict(self.headers.items()), body)
            self.send_response(status)
            if status != 204:
                self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is theirs
            """Say nothing: the closing screen does."""

    return Handler
