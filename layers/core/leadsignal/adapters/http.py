"""The one way to call somebody else: hostile answers cost bounded time, memory and reach.

h11 speaks the protocol; name look-up, socket, TLS and clock are handled here, because that is
where the promises are kept: look up once, check every answer, connect to that very address, one
deadline over everything, a bounded read. Redirects, proxies and content encodings are not
implemented, so none can be switched on by an answer or by the environment.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import h11

from leadsignal.domain import addresses, receivers
from leadsignal.domain.receivers import Receiver
from leadsignal.errors import InvalidInputError
from leadsignal.models.outbound import HttpBody, HttpFailure, HttpResult

type Resolve = Callable[[str, int, float], Sequence[str]]
"""Returns the addresses of (host, port) within so many seconds; raises OSError."""

type Connect = Callable[[str, int, float], socket.socket]
"""Opens a TCP connection to (address, port) within so many seconds; raises OSError."""

MAX_ADDRESSES = 4  # tried one after another when a connection cannot be made
CHUNK = 16 * 1024
BODY_BYTES = 256 * 1024  # that much of an answer is read by who wants the whole of it


class Limits(NamedTuple):
    """What one request may cost. ``deadline_seconds`` covers look-up, TLS, head and body."""

    deadline_seconds: float = 15.0
    connect_seconds: float = 4.0
    read_bytes: int = 16 * 1024
    excerpt_bytes: int = 1024


class _FailureError(Exception):
    """Ends a request with a class of failure; never leaves this module."""

    def __init__(self, failure: HttpFailure) -> None:
        super().__init__(failure)
        self.failure: HttpFailure = failure


def system_resolve(host: str, port: int, timeout: float) -> Sequence[str]:
    """Return the addresses of a host by the system's resolver, in its order of preference.

    The resolver cannot be interrupted, so it runs on a thread of its own that is left behind when
    it takes too long.

    Raises:
        TimeoutError: no answer within ``timeout`` seconds.
        OSError: the name has no address.
    """
    found: list[str] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            failed.append(error)
        else:
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise TimeoutError(f"no address within {timeout:.1f} s")
    if failed:
        raise failed[0]
    return found


def system_connect(address: str, port: int, timeout: float) -> socket.socket:
    """Return a TCP connection. ``address`` is numeric, so nothing is looked up.

    Raises:
        OSError: no connection within ``timeout`` seconds.
    """
    return socket.create_connection((address, port), timeout)


class _Budget:
    """What is left of a request's time."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._end = self._start + seconds

    def left(self) -> float:
        """Return the seconds left; ends the request when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise _FailureError("timeout")
        return left

    def spent_ms(self) -> int:
        """Return the milliseconds since the start."""
        return max(0, round((self._clock() - self._start) * 1000))


class _Answer:
    """What has been read of an answer so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.headers: dict[bytes, str] = {}
        self.body = bytearray()
        self.whole = False


class _Outcome(NamedTuple):
    """How one request ended."""

    answer: _Answer
    failure: HttpFailure | None
    duration_ms: int


class GuardedHttp:
    """Makes one request at a time, each on a connection of its own.

    ``allowed`` are addresses that may be reached in spite of the deny list, then by http and on
    any port too. Safe to share; keeps no state between requests.
    """

    def __init__(
        self,
        *,
        allowed: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        resolve: Resolve = system_resolve,
        connect: Connect = system_connect,
        clock: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._limits = limits or Limits()
        self._resolve = resolve
        self._connect = connect
        self._clock = clock
        self._tls = tls

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> HttpResult:
        """Send ``body`` and return how that ended; nothing a receiver does raises.

        A body beyond the limit is left unread and is no failure, for the status tells all; a head
        beyond it is ``too-large``.
        """
        answer, failure, duration_ms = self._call("POST", url, headers, body, self._limits)
        return HttpResult(
            status=answer.status,
            retry_after=answer.headers.get(b"retry-after"),
            excerpt=answer.body[: self._limits.excerpt_bytes].decode(errors="replace"),
            duration_ms=duration_ms,
            error=failure,
        )

    def fetch(
        self, url: str, *, headers: Mapping[str, str], timeout_ms: int, body: bytes | None = None
    ) -> HttpBody:
        """Return the whole answer to a GET, or to a POST of ``body``; nothing raises here either.

        Everything, from the look-up of the name to the last byte, happens within ``timeout_ms``. An
        answer of more than ``BODY_BYTES`` is ``too-large``, and none of it comes back.
        """
        limits = Limits(deadline_seconds=timeout_ms / 1000, read_bytes=BODY_BYTES)
        method = "GET" if body is None else "POST"
        answer, failure, duration_ms = self._call(method, url, headers, body or b"", limits)
        if failure is None and not answer.whole:
            failure = "too-large"
        return HttpBody(
            status=answer.status,
            retry_after=answer.headers.get(b"retry-after"),
            content_type=answer.headers.get(b"content-type", ""),
            content_encoding=answer.headers.get(b"content-encoding", ""),
            body=b"" if failure else bytes(answer.body),
            duration_ms=duration_ms,
            error=failure,
        )

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Limits
    ) -> _Outcome:
        budget = _Budget(limits.deadline_seconds, self._clock)
        answer = _Answer()
        failure: HttpFailure | None = None
        try:
            receiver = receivers.read(url)
            found = self._addresses(receiver, budget)
            connection = self._open(receiver, found, limits.connect_seconds, budget)
            with connection:
                request = _request(method, receiver, headers, body)
                _exchange(connection, request, answer, limits.read_bytes, budget)
        except InvalidInputError:
            failure = "blocked-address"
        except _FailureError as error:
            failure = error.failure
        except h11.ProtocolError:
            failure = "protocol"
        return _Outcome(answer, failure, budget.spent_ms())

    def _addresses(self, receiver: Receiver, budget: _Budget) -> list[str]:
        """Return the addresses that may be dialled; one bad address among them spoils all."""
        objection = receivers.objection(receiver)
        if objection and not self._allowed:
            raise _FailureError("blocked-address")
        if receiver.address is not None:
            found: Sequence[str] = [receiver.address]
        else:
            try:
                found = self._resolve(receiver.host, receiver.port, budget.left())
            except TimeoutError as error:
                raise _FailureError("timeout") from error
            except (OSError, UnicodeError) as error:
                raise _FailureError("dns") from error
            budget.left()
        if not found:
            raise _FailureError("dns")
        for address in found:
            listed = _canonical(address) in self._allowed
            if not listed and (objection or not addresses.is_public(address)):
                raise _FailureError("blocked-address")
        return list(found[:MAX_ADDRESSES])

    def _open(
        self, receiver: Receiver, found: Sequence[str], patience: float, budget: _Budget
    ) -> socket.socket:
        """Return a connection to the first of the addresses that answers, with TLS if need be."""
        for number, address in enumerate(found, start=1):
            within = min(budget.left(), patience)
            try:
                connection = self._connect(address, receiver.port, within)
            except OSError as error:
                budget.left()
                if number == len(found):
                    raise _FailureError("connect") from error
                continue
            break
        if receiver.scheme == "http":
            return connection
        try:
            connection.settimeout(budget.left())
            return self._context().wrap_socket(connection, server_hostname=receiver.host)
        except TimeoutError as error:
            connection.close()
            raise _FailureError("timeout") from error
        except OSError as error:  # ssl.SSLError is one
            connection.close()
            raise _FailureError("tls") from error
        except _FailureError:
            connection.close()
            raise

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _exchange(
    connection: socket.socket,
    request: Sequence[h11.Event],
    answer: _Answer,
    read_bytes: int,
    budget: _Budget,
) -> None:
    """Send a request and read the answer to it, ``read_bytes`` of it at most."""
    protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=max(read_bytes, 1))
    _send(connection, b"".join(protocol.send(event) or b"" for event in request), budget)
    unread = read_bytes
    while True:
        event = protocol.next_event()
        if event is h11.NEED_DATA:
            if unread <= 0:
                break
            data = _receive(connection, min(unread, CHUNK), budget)
            unread -= len(data)
            protocol.receive_data(data)
        elif isinstance(event, h11.Response):
            answer.status = event.status_code
            firsts = reversed(list(event.headers))  # of headers of one name the first one counts
            answer.headers = {name: value.decode("latin-1") for name, value in firsts}
        elif isinstance(event, h11.Data):
            answer.body += event.data
        elif not isinstance(event, h11.InformationalResponse):
            answer.whole = isinstance(event, h11.EndOfMessage)
            break
    if answer.status is None:
        raise _FailureError("too-large")


def _canonical(address: str) -> str | None:
    parsed = addresses.parse(address)
    return None if parsed is None else str(parsed)


def _request(
    method: str, receiver: Receiver, headers: Mapping[str, str], body: bytes
) -> list[h11.Event]:
    """Return the events of one request; what the protocol needs cannot be overridden."""
    sent = {name.lower(): value for name, value in headers.items()} | {
        "host": receiver.authority,
        "accept-encoding": "identity",
        "content-length": str(len(body)),
        "connection": "close",
    }
    if method == "GET":
        del sent["content-length"]
    head = h11.Request(
        method=method,
        target=receiver.target,
        headers=[
            (n.encode("ascii", "replace"), v.encode("latin-1", "replace")) for n, v in sent.items()
        ],
    )
    return [head, h11.Data(data=body), h11.EndOfMessage()]


def _send(connection: socket.socket, data: bytes, budget: _Budget) -> None:
    """Write ``data``. A receiver may refuse it half-way and still answer, so that is no failure."""
    view = memoryview(data)
    while view:
        connection.settimeout(budget.left())
        try:
            view = view[connection.send(view) :]
        except TimeoutError as error:
            raise _FailureError("timeout") from error
        except OSError:
            return


def _receive(connection: socket.socket, most: int, budget: _Budget) -> bytes:
    """Return the next bytes, none at the end."""
    connection.settimeout(budget.left())
    try:
        return connection.recv(most)
    except TimeoutError as error:
        raise _FailureError("timeout") from error
    except OSError as error:
        raise _FailureError("protocol") from error
