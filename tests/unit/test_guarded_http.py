"""The guarded client against receivers that mean no good, on real sockets."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Sequence

import pytest

from leadsignal.adapters.http import GuardedHttp, Limits, system_resolve
from leadsignal.models.outbound import HttpBody, HttpResult
from tests.fakes.servers import Authority, Behaviour, Server, answering, read_request, serving
from tests.unit.test_receivers import GARBAGE, INSIDE

LAPTOP = frozenset({"127.0.0.1"})
QUICK = Limits(deadline_seconds=0.4, connect_seconds=0.2)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PUBLIC = "93.184.215.14"


def local(*, limits: Limits = QUICK) -> GuardedHttp:
    return GuardedHttp(allowed=LAPTOP, limits=limits)


def post(server: Server, *, client: GuardedHttp | None = None) -> HttpResult:
    url = f"http://127.0.0.1:{server.port}/hook?a=1"
    return (client or local()).post(url, headers={"x-test": "1"}, body=b'{"a":1}')


class Network:
    """A resolver with set answers, and connections that all end at one local server."""

    def __init__(self, *answers: Sequence[str], port: int | None = None) -> None:
        self._answers = list(answers)
        self._port = port
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int, timeout: float) -> Sequence[str]:
        self.asked.append(host)
        return self._answers.pop(0)

    def connect(self, address: str, port: int, timeout: float) -> socket.socket:
        self.dialled.append((address, port))
        if self._port is None:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self._port), timeout)

    def client(
        self, *, allowed: frozenset[str] = frozenset(), tls: ssl.SSLContext | None = None
    ) -> GuardedHttp:
        return GuardedHttp(
            allowed=allowed, limits=QUICK, resolve=self.resolve, connect=self.connect, tls=tls
        )


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def test_a_request_arrives_whole_and_the_answer_comes_back() -> None:
    received: list[tuple[str, dict[str, str], bytes]] = []

    def behave(connection: socket.socket, _: threading.Event) -> None:
        received.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello")

    with serving(behave) as server:
        result = post(server)

    assert (result.status, result.retry_after, result.excerpt) == (503, "7", "hello")
    assert result.error is None
    assert not result.ok
    [(line, headers, body)] = received
    assert line == "POST /hook?a=1 HTTP/1.1"
    assert body == b'{"a":1}'
    assert headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept-encoding": "identity",
        "content-length": "7",
        "connection": "close",
        "x-test": "1",
    }


def test_what_the_protocol_needs_cannot_be_overridden() -> None:
    received: list[dict[str, str]] = []

    def behave(connection: socket.socket, _: threading.Event) -> None:
        received.append(read_request(connection)[1])
        connection.sendall(OK)

    forged = {"Host": "evil", "Content-Length": "1", "Accept-Encoding": "gzip"}
    with serving(behave) as server:
        result = local().post(f"http://127.0.0.1:{server.port}/", headers=forged, body=b"abc")
    assert result.ok
    assert received[0]["host"] == f"127.0.0.1:{server.port}"
    assert received[0]["content-length"] == "3"
    assert received[0]["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serving(answering(OK)) as metadata:
        location = f"http://127.0.0.1:{metadata.port}/latest/meta-data/".encode()
        answer = b"HTTP/1.1 %d x\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % (status, location)
        with serving(answering(answer)) as server:
            result = post(server)
        assert metadata.connections == 0
    assert result.status == status
    assert not result.ok


def drip(first: bytes, piece: bytes) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(first)
        while not over.wait(0.05):
            connection.sendall(piece)

    return behave


@pytest.mark.parametrize(
    ("first", "piece", "status"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", b"x", None, id="in the head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x", 200, id="in a body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\nx\r\n",
            200,
            id="chunks",
        ),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", None, id="interim answers"),
        pytest.param(b"", b"", None, id="silence"),
    ],
)
def test_a_slow_drip_ends_at_the_deadline(first: bytes, piece: bytes, status: int | None) -> None:
    with serving(drip(first, piece)) as server:
        started = time.monotonic()
        result = post(server)
        took = time.monotonic() - started
    assert (result.status, result.error) == (status, "timeout")
    assert took < QUICK.deadline_seconds + 0.5
    assert result.duration_ms >= QUICK.deadline_seconds * 1000 * 0.9


def test_a_receiver_that_does_not_read_ends_at_the_deadline() -> None:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        over.wait(5)

    with serving(behave) as server:
        result = local().post(
            f"http://127.0.0.1:{server.port}/", headers={}, body=b"x" * 20_000_000
        )
    assert result.error == "timeout"


def flood(head: bytes, sent: list[int]) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        read_request(connection)
        connection.sendall(head)
        while not over.is_set():
            sent.append(connection.send(b"a" * 65536))

    return behave


def test_of_a_huge_body_16_kib_are_read_and_the_status_counts() -> None:
    sent: list[int] = []
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
    with serving(flood(head, sent)) as server:
        result = post(server)
    assert result.ok
    assert result.excerpt == "a" * 1024
    assert sum(sent) < 50_000_000  # what the sockets' buffers took; nothing like ten gigabytes


def test_a_huge_head_is_too_large() -> None:
    with serving(flood(b"HTTP/1.1 200 OK\r\nX: ", [])) as server:
        result = post(server)
    assert (result.status, result.error) == (None, "too-large")


def test_no_more_is_read_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    class Counting(socket.socket):
        def recv(self, size: int, flags: int = 0, /) -> bytes:
            data = super().recv(size, flags)
            taken.append(len(data))
            return data

    def connect(address: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((address, port), timeout)
        return Counting(plain.family, plain.type, plain.proto, fileno=plain.detach())

    client = GuardedHttp(allowed=LAPTOP, limits=QUICK, connect=connect)
    with serving(flood(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", [])) as server:
        assert post(server, client=client).ok
    assert sum(taken) == QUICK.read_bytes


def test_a_gzip_bomb_is_not_inflated() -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with serving(answering(head, bomb)) as server:
        result = post(server)
    assert result.ok
    assert result.excerpt == bomb[:1024].decode(errors="replace")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello\r\n\r\n", id="another protocol"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\r\n\r\n", id="TLS bytes"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"HTTP/1.1 999999 OK\r\n\r\n", id="no such status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Le", id="half a head"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", id="half a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a broken chunk"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", id="a header without a colon"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", id="an upgrade"),
    ],
)
def test_an_answer_that_is_none_is_a_protocol_failure(answer: bytes) -> None:
    with serving(answering(answer)) as server:
        result = post(server)
    assert result.error == "protocol"
    assert not result.ok


def test_a_reset_connection_is_a_protocol_failure() -> None:
    def behave(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(10)
        connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0"
        )  # close with RST

    with serving(behave) as server:
        result = post(server)
    assert result.error == "protocol"


def test_an_answer_given_before_the_request_was_read_counts() -> None:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with serving(behave) as server:
        result = post(server)
    assert (result.status, result.error) == (413, None)


def test_a_closed_port_is_a_connect_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = local().post(f"http://127.0.0.1:{port}/", headers={}, body=b"")
    assert (result.status, result.error) == (None, "connect")


@pytest.mark.parametrize("answer", INSIDE + GARBAGE)
def test_no_socket_is_opened_to_an_address_that_is_not_public(answer: str) -> None:
    network = Network([answer])
    result = network.client().post("https://example.com/", headers={}, body=b"")
    assert result.error == "blocked-address"
    assert network.dialled == []


@pytest.mark.parametrize("answers", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], ["::1", PUBLIC]])
def test_one_private_address_among_the_answers_blocks_them_all(answers: list[str]) -> None:
    network = Network(answers)
    result = network.client().post("https://example.com/", headers={}, body=b"")
    assert result.error == "blocked-address"
    assert network.dialled == []


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://example.com/", PUBLIC),
        ("https://example.com:22/", PUBLIC),
        ("https://localhost/", PUBLIC),
        ("https://metadata.google.internal/", PUBLIC),
        ("https://user@example.com/", PUBLIC),
        ("https://2130706433/", PUBLIC),
        ("https://127.0.0.1/", PUBLIC),
        (f"https://{PUBLIC}/", PUBLIC),
        ("ftp://example.com/", PUBLIC),
        ("not a url", PUBLIC),
    ],
)
@pytest.mark.parametrize("allowed", [frozenset[str](), frozenset({"10.0.0.5"})])
def test_an_unsafe_url_is_not_dialled_even_if_it_was_saved(
    url: str, answer: str, allowed: frozenset[str]
) -> None:
    network = Network([answer])
    result = network.client(allowed=allowed).post(url, headers={}, body=b"")
    assert result.error == "blocked-address"
    assert network.dialled == []


def test_a_name_that_resolves_to_an_allowed_address_may_be_plain() -> None:
    with serving(answering(OK)) as server:
        network = Network(["10.0.0.5"], port=server.port)
        client = network.client(allowed=frozenset({"10.0.0.5"}))
        assert client.post("http://hooks.corp:8080/", headers={}, body=b"").ok
    assert network.dialled == [("10.0.0.5", 8080)]


def test_a_plain_url_needs_every_address_to_be_allowed() -> None:
    network = Network(["10.0.0.5", PUBLIC])
    client = network.client(allowed=frozenset({"10.0.0.5"}))
    result = client.post("http://hooks.example.com/", headers={}, body=b"")
    assert result.error == "blocked-address"
    assert network.dialled == []


def test_the_name_is_looked_up_once_and_that_address_is_dialled(authority: Authority) -> None:
    with serving(answering(OK), tls=authority.server("hook.example.com")) as server:
        network = Network([PUBLIC], ["127.0.0.1"], port=server.port)
        client = network.client(tls=authority.client())
        assert client.post("https://hook.example.com/", headers={}, body=b"").ok
        assert network.asked == ["hook.example.com"]
        assert network.dialled == [(PUBLIC, 443)]
        assert server.server_name == "hook.example.com"

        rebound = client.post("https://hook.example.com/", headers={}, body=b"")
        assert rebound.error == "blocked-address"
        assert network.dialled == [(PUBLIC, 443)]


@pytest.mark.parametrize("public", ["2606:4700::1111", PUBLIC])
def test_hosts_of_either_family_are_reached(authority: Authority, public: str) -> None:
    with serving(answering(OK), tls=authority.server("hook.example.com")) as server:
        network = Network([public], port=server.port)
        client = network.client(tls=authority.client())
        assert client.post("https://hook.example.com:8443/", headers={}, body=b"").ok
    assert network.dialled == [(public, 8443)]


def test_the_next_address_is_tried_when_the_first_cannot_be_reached() -> None:
    with serving(answering(OK)) as server:
        good = Network(["10.0.0.5", "10.0.0.6"], port=server.port)

        def connect(address: str, port: int, timeout: float) -> socket.socket:
            if address == "10.0.0.5":
                raise OSError("no route")
            return good.connect(address, port, timeout)

        client = GuardedHttp(
            allowed=frozenset({"10.0.0.5", "10.0.0.6"}),
            limits=QUICK,
            resolve=good.resolve,
            connect=connect,
        )
        assert client.post("http://hooks.corp/", headers={}, body=b"").ok


@pytest.mark.parametrize(
    ("certified", "days", "trusted"),
    [
        pytest.param("hook.example.com", -1, True, id="expired"),
        pytest.param("other.example.com", 1, True, id="another host"),
        pytest.param("hook.example.com", 1, False, id="an unknown authority"),
    ],
)
def test_a_bad_certificate_ends_it_before_anything_is_sent(
    authority: Authority, certified: str, days: int, trusted: bool
) -> None:
    received: list[bytes] = []

    def behave(connection: socket.socket, _: threading.Event) -> None:
        received.append(connection.recv(10))

    with serving(behave, tls=authority.server(certified, days=days)) as server:
        network = Network([PUBLIC], port=server.port)
        client = network.client(tls=authority.client() if trusted else None)
        result = client.post("https://hook.example.com/", headers={}, body=b"secret")
    assert result.error == "tls"
    assert b"".join(received) == b""


def test_a_server_without_tls_is_a_tls_failure() -> None:
    with serving(lambda connection, _: connection.sendall(b"hello there, no TLS")) as server:
        network = Network([PUBLIC], port=server.port)
        result = network.client().post("https://hook.example.com/", headers={}, body=b"")
    assert result.error == "tls"


def test_a_handshake_that_stalls_ends_at_the_deadline() -> None:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        over.wait(5)

    with serving(behave) as server:
        network = Network([PUBLIC], port=server.port)
        result = network.client().post("https://hook.example.com/", headers={}, body=b"")
    assert result.error == "timeout"


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no such name"), "dns"),
        (UnicodeError("label too long"), "dns"),
        (TimeoutError("slow"), "timeout"),
    ],
)
def test_a_name_that_cannot_be_looked_up_is_a_failure(error: Exception, failure: str) -> None:
    def resolve(host: str, port: int, timeout: float) -> Sequence[str]:
        raise error

    client = GuardedHttp(limits=QUICK, resolve=resolve)
    assert client.post("https://example.com/", headers={}, body=b"").error == failure


def test_a_name_without_addresses_is_a_dns_failure() -> None:
    result = Network([]).client().post("https://example.com/", headers={}, body=b"")
    assert result.error == "dns"


def test_the_deadline_covers_the_look_up() -> None:
    now = [0.0]

    def resolve(host: str, port: int, timeout: float) -> Sequence[str]:
        assert timeout == 15
        now[0] += 16
        return [PUBLIC]

    network = Network()
    client = GuardedHttp(resolve=resolve, connect=network.connect, clock=lambda: now[0])
    result = client.post("https://example.com/", headers={}, body=b"")
    assert (result.error, result.duration_ms) == ("timeout", 16_000)
    assert network.dialled == []


def test_the_system_resolver_answers_and_gives_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "127.0.0.1" in system_resolve("127.0.0.1", 80, 5)

    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: released.wait(5) and [])
    with pytest.raises(TimeoutError):
        system_resolve("example.com", 443, 0.05)
    released.set()


def test_the_system_resolver_hands_on_why_there_is_no_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        system_resolve("example.com", 443, 5)


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(OK)) as proxy, serving(answering(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(server).ok
        assert proxy.connections == 0


def test_the_excerpt_is_short_and_readable_whatever_the_bytes() -> None:
    body = b"\xff\xfe" * 2000
    head = b"HTTP/1.1 500 Oops\r\nContent-Length: %d\r\n\r\n" % len(body)
    with serving(answering(head, body)) as server:
        result = post(server)
    assert len(result.excerpt) == 1024
    assert set(result.excerpt) == {"\ufffd"}


def received_by_fetch(body: bytes | None) -> tuple[str, dict[str, str], bytes, HttpBody]:
    """Return what arrives of a request for a whole answer, and the answer."""
    received: list[tuple[str, dict[str, str], bytes]] = []

    def behave(connection: socket.socket, _: threading.Event) -> None:
        received.append(read_request(connection))
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nRetry-After: 7\r\nRetry-After: 9\r\n"
            b"Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        )

    with serving(behave) as server:
        url = f"http://127.0.0.1:{server.port}/a?b=c"
        answer = local().fetch(url, headers={"x-test": "1"}, timeout_ms=2_000, body=body)
    return (*received[0], answer)


def test_a_whole_answer_comes_back_to_a_get() -> None:
    line, headers, body, answer = received_by_fetch(None)
    assert (line, body) == ("GET /a?b=c HTTP/1.1", b"")
    assert headers["accept-encoding"] == "identity"
    assert "content-length" not in headers
    assert answer == HttpBody(
        status=200,
        retry_after="7",
        content_type="a/b",
        content_encoding="br",
        body=b"abc",
        duration_ms=answer.duration_ms,
    )


def test_a_body_is_posted_for_a_whole_answer() -> None:
    line, headers, body, answer = received_by_fetch(b'{"a":1}')
    assert (line, headers["content-length"], body) == ("POST /a?b=c HTTP/1.1", "7", b'{"a":1}')
    assert answer.body == b"abc"


def test_a_call_has_the_time_that_it_is_given_and_not_the_clients() -> None:
    with serving(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x")) as server:
        started = time.monotonic()
        url = f"http://127.0.0.1:{server.port}/"
        answer = GuardedHttp(allowed=LAPTOP).fetch(url, headers={}, timeout_ms=200)
        assert time.monotonic() - started < 0.3
    assert (answer.status, answer.error, answer.body) == (200, "timeout", b"")


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/", "file:///etc/p"])
def test_a_whole_answer_is_asked_of_nobody_inside(url: str) -> None:
    answer = local().fetch(url, headers={}, timeout_ms=200)
    assert (answer.status, answer.error) == (None, "blocked-address")
