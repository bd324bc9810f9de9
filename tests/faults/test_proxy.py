"""The proxy breaks what it says, and nothing while it is not asked to."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults.proxy import Proxy
from tests.processes import PATIENCE_S, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture
def network() -> Iterator[Proxy]:
    """A proxy before a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        stopped = threading.Event()
        echoing = threading.Thread(target=_echo, args=(listener, stopped))
        echoing.start()
        with Proxy(listener.getsockname()[1]) as proxy:
            yield proxy
        stopped.set()
        echoing.join()


def _echo(listener: socket.socket, stopped: threading.Event) -> None:
    clients: list[socket.socket] = []
    while not stopped.is_set():
        try:
            clients.append(listener.accept()[0])
            clients[-1].setblocking(False)
        except TimeoutError:
            pass
        for client in list(clients):
            try:
                piece = client.recv(65_536)
                client.sendall(piece)
            except BlockingIOError:
                continue
            except ConnectionError:
                piece = b""
            if not piece:
                client.close()
                clients.remove(client)
    for client in clients:
        client.close()


def connected(network: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.port), timeout=PATIENCE_S)


def answer(client: socket.socket, request: bytes) -> bytes:
    client.sendall(request)
    return client.recv(len(request), socket.MSG_WAITALL)


def test_what_passes_is_unchanged(network: Proxy) -> None:
    with closing(connected(network)) as client:
        assert answer(client, bytes(range(256)) * 40) == bytes(range(256)) * 40
    assert network.swallowed == 0


def test_a_delay_holds_every_piece_back(network: Proxy) -> None:
    with closing(connected(network)) as client:
        network.delay = 0.2
        began = time.monotonic()
        assert answer(client, b"late") == b"late"
        assert time.monotonic() - began >= 0.4, "once on each way"


def test_a_reset_ends_open_connections_and_new_ones_work(network: Proxy) -> None:
    with closing(connected(network)) as client, closing(connected(network)) as other:
        assert answer(client, b"one") + answer(other, b"two") == b"onetwo"
        assert network.reset() == 2
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with closing(connected(network)) as client:
        assert answer(client, b"again") == b"again"


def test_a_refused_connection_is_refused_until_somebody_listens_again(network: Proxy) -> None:
    with closing(connected(network)) as client:
        assert answer(client, b"before") == b"before"
        network.refuse()
        with pytest.raises(ConnectionRefusedError):
            connected(network)
        assert answer(client, b"still") == b"still", "open connections live on"
    network.mend()
    with closing(connected(network)) as client:
        assert answer(client, b"after") == b"after"


def test_a_black_hole_lets_so_many_bytes_through_and_closes_nothing(network: Proxy) -> None:
    with closing(connected(network)) as client:
        network.black_hole(after=3)
        client.sendall(b"abcdef")
        assert client.recv(3, socket.MSG_WAITALL) == b"abc"
        wait_until(lambda: network.swallowed == 3, "the rest is gone")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        network.mend()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_one_answer_is_withheld_on_a_connection_that_asked_for_it(network: Proxy) -> None:
    with closing(connected(network)) as client, closing(connected(network)) as bystander:
        withheld = network.withhold_answer(b"COMMIT", after=b"COPY")
        assert answer(bystander, b"COMMIT") == b"COMMIT", "nothing was copied here"
        assert answer(client, b"COPY") == b"COPY"
        client.sendall(b"COMM")
        assert client.recv(4, socket.MSG_WAITALL) == b"COMM"
        assert not withheld.asked.is_set()
        client.sendall(b"IT")
        assert withheld.asked.wait(PATIENCE_S)
        assert withheld.answered.wait(PATIENCE_S), "the server did answer"
        assert network.swallowed == 2
        assert answer(bystander, b"COMMIT") == b"COMMIT", "once"


def test_one_request_is_lost_before_the_server_hears_of_it(network: Proxy) -> None:
    with closing(connected(network)) as client:
        lost = network.lose(b"COMMIT")
        client.sendall(b"COMMIT")
        assert lost.asked.wait(PATIENCE_S)
        assert not lost.answered.wait(0.2)
        assert network.swallowed == len(b"COMMIT")
