"""Lends a port of this machine to containers, who reach it under another address."""

import contextlib
import socket
import threading
from collections.abc import Iterator

CHUNK_BYTES = 65_536


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side went away first
        while data := source.recv(CHUNK_BYTES):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _join(near: socket.socket, target: tuple[str, int]) -> None:
    try:
        far = socket.create_connection(target, timeout=5)
    except OSError:
        near.close()
        return
    far.settimeout(None)
    with near, far:
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _accept(listener: socket.socket, target: tuple[str, int]) -> None:
    while True:
        try:
            near, _ = listener.accept()
        except OSError:  # closed: the block is over
            return
        threading.Thread(target=_join, args=(near, target), daemon=True).start()


@contextlib.contextmanager
def forward(address: str, port: int, target: tuple[str, int]) -> Iterator[None]:
    """Pass what connects to ``address:port`` on to ``target`` while the block runs.

    Raises:
        OSError: the address is not one of this machine, or its port is taken.
    """
    with socket.create_server((address, port)) as listener:
        threading.Thread(target=_accept, args=(listener, target), daemon=True).start()
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
