"""A small DNS server on 127.0.0.1, UDP and TCP: answers what a zone says, or misbehaves."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

type Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records as in a zone file, by name (``acme.com.``) and type."""

type Reply = Callable[[dns.message.Message, bytes], bytes | None]
"""Makes of the right answer, and the query as it came, what is sent; None for nothing."""

ROOT: Zone = {(".", "NS"): ("a.root-servers.net.",)}
"""What a resolver with a way out knows."""


def right(answer: dns.message.Message, query: bytes) -> bytes:
    """Answer as it should be."""
    del query
    return answer.to_wire(max_size=65_535)


def silent(answer: dns.message.Message, query: bytes) -> None:
    """Answer nothing."""
    del answer, query


def refused(rcode: dns.rcode.Rcode) -> Reply:
    """Answer with an error and no records."""

    def reply(answer: dns.message.Message, query: bytes) -> bytes:
        failed = dns.message.make_response(dns.message.from_wire(query))
        failed.set_rcode(rcode)
        return failed.to_wire()

    return reply


def with_another_id(answer: dns.message.Message, query: bytes) -> bytes:
    """Answer as somebody who guesses does: the id of another query."""
    wire = bytearray(right(answer, query))
    wire[0] ^= 0xFF
    return bytes(wire)


def garbage(answer: dns.message.Message, query: bytes) -> bytes:
    """Answer with the right id and nothing that is DNS."""
    del answer
    return query[:2] + b"\xff" * 40


class DnsServer:
    """Listens on one port, for both protocols; ``asked`` are the questions that came."""

    def __init__(self, zone: Zone, reply: Reply, over_tcp: Reply) -> None:
        self._zone, self._reply, self._over_tcp = zone, reply, over_tcp
        self.asked: list[tuple[str, str]] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self._threads = [
            threading.Thread(target=serve, daemon=True)
            for serve in (self._serve_udp, self._serve_tcp)
        ]
        for thread in self._threads:
            thread.start()

    def _serve_udp(self) -> None:
        while True:
            query, sender = self._udp.recvfrom(4096)
            if not query:
                return
            wire = self._reply(self._answer(query), query)
            if wire is not None:
                self._udp.sendto(_cut(wire), sender)

    def _serve_tcp(self) -> None:
        while True:
            connection, _ = self._tcp.accept()
            with connection:
                head = connection.recv(2)
                if not head:
                    return
                query = connection.recv(struct.unpack("!H", head)[0])
                wire = self._over_tcp(self._answer(query), query)
                if wire is not None:
                    connection.sendall(struct.pack("!H", len(wire)) + wire)

    def _answer(self, query: bytes) -> dns.message.Message:
        asked = dns.message.from_wire(query)
        [question] = asked.question
        name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        answer = dns.message.make_response(asked, recursion_available=True)
        records = self._zone.get((name, kind))
        if records:
            answer.answer.append(dns.rrset.from_text(name, 300, "IN", kind, *records))
        elif not any(there == name for there, _ in self._zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def close(self) -> None:
        """Stop both threads, then close the sockets."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        with socket.create_connection(("127.0.0.1", self.port), 1):
            pass
        for thread in self._threads:
            thread.join(5)
        self._udp.close()
        self._tcp.close()


def _cut(wire: bytes) -> bytes:
    """Return an answer as it fits into a datagram: a long one is cut off, and says so."""
    if len(wire) <= 1232:
        return wire
    flags = struct.unpack("!H", wire[2:4])[0] | dns.flags.TC
    query = dns.message.from_wire(wire, ignore_trailing=True)
    empty = dns.message.make_response(
        dns.message.make_query(query.question[0].name, query.question[0].rdtype)
    )
    empty.id = query.id
    head = empty.to_wire()
    return head[:2] + struct.pack("!H", flags) + head[4:]


@contextmanager
def dns_server(zone: Zone, *, reply: Reply = right, over_tcp: Reply = right) -> Iterator[DnsServer]:
    """Run a server for the time of a test."""
    server = DnsServer(zone, reply, over_tcp)
    try:
        yield server
    finally:
        server.close()
