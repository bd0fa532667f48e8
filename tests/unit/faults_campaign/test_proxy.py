"""A link passes what it gets, and is cut, stalled and restored as told."""

import socket
import threading
from collections.abc import Iterator

import pytest

from infra.faults.proxy import Link, Loop
from pipeline.local.processes import free_port

PATIENCE_SECONDS = 10.0


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that answers what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection:
                while data := connection.recv(1024):
                    connection.sendall(data)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture
def link(echo: int) -> Iterator[Link]:
    with Loop() as loop:
        made = Link(loop, free_port(), echo)
        yield made
        made.close()


def _connect(link: Link) -> socket.socket:
    return socket.create_connection(("127.0.0.1", link.port), timeout=PATIENCE_SECONDS)


def _heard(connection: socket.socket) -> bytes:
    """What comes, or nothing when the connection was ended."""
    try:
        return connection.recv(1024)
    except ConnectionError:
        return b""


def test_what_is_sent_comes_back(link: Link) -> None:
    with _connect(link) as connection:
        connection.sendall(b"a year of births")
        assert _heard(connection) == b"a year of births"


def test_a_cut_ends_what_is_open_and_what_is_new_until_it_is_restored(link: Link) -> None:
    with _connect(link) as connection:
        connection.sendall(b"once")
        assert _heard(connection) == b"once"
        link.cut()
        assert _heard(connection) == b""
    assert link.cuts == 1
    with _connect(link) as connection:
        assert _heard(connection) == b""
    link.restore()
    with _connect(link) as connection:
        connection.sendall(b"again")
        assert _heard(connection) == b"again"


def test_nothing_passes_a_stalled_link_and_nothing_is_lost_by_it(link: Link) -> None:
    with _connect(link) as connection:
        connection.sendall(b"before")
        assert _heard(connection) == b"before"
        link.stall()
        connection.sendall(b"after")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1024)
        link.restore()
        connection.settimeout(PATIENCE_SECONDS)
        assert _heard(connection) == b"after"


def test_a_server_that_is_away_is_away_behind_the_link_too() -> None:
    with Loop() as loop:
        link = Link(loop, free_port(), free_port())
        with _connect(link) as connection:
            assert _heard(connection) == b""
        link.close()
