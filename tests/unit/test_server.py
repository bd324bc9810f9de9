"""The sockets that pages and API are served on."""

import socket

from api.server import listening


def test_an_answer_leaves_in_pieces_without_waiting_for_the_client_to_acknowledge_one() -> None:
    with listening("127.0.0.1", 0) as server, socket.create_connection(server.getsockname()):
        accepted, _ = server.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
