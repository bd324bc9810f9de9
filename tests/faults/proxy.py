"""A TCP proxy that delays, resets, refuses, or swallows what passes: the network on a bad day."""

import select
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from tests.processes import wait_until

_HOST = "127.0.0.1"
_PIECE = 65_536
_LOOK_S = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class Withheld:
    """A request whose answer the client never gets."""

    request: bytes
    """What the client sends before the answer that is withheld."""
    after: bytes
    """Only on a connection on which this was sent before."""
    passed_on: bool
    """Whether the server hears of the request at all."""
    asked: threading.Event = field(default_factory=threading.Event)
    """The client has sent the request."""
    answered: threading.Event = field(default_factory=threading.Event)
    """The server has answered: what it was asked is done, and only the client does not know."""


class Proxy:
    """Stands before one server on a port of its own. Its faults are those of open connections and of new ones."""

    def __init__(self, port: int) -> None:
        """`port`: of the server on this machine."""
        self._target = (_HOST, port)
        self._listener: socket.socket | None = _listening(0)
        self.port = int(self._listener.getsockname()[1])
        self._links: list[_Link] = []
        self._closed = False
        self.delay = 0.0
        """Seconds that each piece waits before it goes on."""
        self.passing: int | None = None
        """Bytes that clients may still get before the rest is swallowed; None: all of them."""
        self.withheld: Withheld | None = None
        self.connections = 0
        self.refused = False
        self.swallowed = 0
        """Bytes that never arrived."""
        self._thread = threading.Thread(target=self._serve, name="proxy", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        self._thread.join()
        self.reset()
        if self._listener is not None:
            self._listener.close()

    def reset(self) -> int:
        """Every open connection ends at once with a reset on both sides; how many there were."""
        links, self._links = self._links, []
        open_links = [link for link in links if link.reset()]
        return len(open_links)

    def refuse(self) -> None:
        """From now on nobody listens here; connections that are open live on."""
        self.refused = True
        wait_until(lambda: self._listener is None, "the proxy stopped listening")

    def accept(self) -> None:
        """Somebody listens again."""
        self.refused = False
        wait_until(lambda: self._listener is not None, "the proxy listens again")

    def black_hole(self, after: int = 0) -> None:
        """Clients get so many more bytes, then none; nothing is closed, as when a cable is cut."""
        self.passing = after

    def mend(self) -> None:
        """No faults any more. A connection that lost bytes is reset: it could never make sense again."""
        self.delay, self.withheld, self.passing = 0.0, None, None
        self._links = [link for link in self._links if not (link.holed and link.reset())]
        if self.refused:
            self.accept()

    def withhold_answer(self, request: bytes, after: bytes = b"") -> Withheld:
        """Swallow, once, the answer to the next `request` on a connection that sent `after` before; it stays open."""
        self.withheld = Withheld(request, after, passed_on=True)
        return self.withheld

    def lose(self, request: bytes, after: bytes = b"") -> Withheld:
        """Swallow, once, the next `request` on a connection that sent `after` before; it stays open."""
        self.withheld = Withheld(request, after, passed_on=False)
        return self.withheld

    def _serve(self) -> None:
        while not self._closed:
            if self.refused and self._listener is not None:
                self._listener.close()
                self._listener = None
            elif not self.refused and self._listener is None:
                self._listener = _listening(self.port)
            if self._listener is None:
                time.sleep(_LOOK_S)  # nobody to accept
            elif select.select([self._listener], [], [], _LOOK_S)[0]:
                self._link(self._listener)

    def _link(self, listener: socket.socket) -> None:
        client, _ = listener.accept()
        self.connections += 1
        try:
            server = socket.create_connection(self._target, timeout=5)
        except OSError:  # the server itself is away
            _reset(client)
            return
        server.settimeout(None)
        self._links = [link for link in self._links if link.is_open]
        self._links.append(_Link(self, client, server))


class _Link:
    """One connection, both ways, in one thread."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._sent = b""
        self._seen_after = False
        self._reset = threading.Event()
        self.holed = False
        """Bytes of it were swallowed: nothing reaches the client any more."""
        self._withheld: Withheld | None = None
        self._thread = threading.Thread(target=self._pass_on, name="proxy link", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def reset(self) -> bool:
        """End it with a reset; False where it had ended already."""
        was_open = self.is_open
        self._reset.set()
        self._thread.join()
        return was_open

    def _pass_on(self) -> None:
        try:
            while not self._reset.is_set() and self._step():
                pass
        except OSError:  # one side reset: so does the other
            self._reset.set()
        finally:
            for side in (self._client, self._server):
                _reset(side) if self._reset.is_set() else side.close()

    def _step(self) -> bool:
        for side in select.select([self._client, self._server], [], [], _LOOK_S)[0]:
            piece = side.recv(_PIECE)
            if not piece:
                return False
            if self._proxy.delay:
                self._reset.wait(self._proxy.delay)
            if side is self._client:
                self._to_server(piece)
            else:
                self._to_client(piece)
        return True

    def _to_server(self, piece: bytes) -> None:
        self._watch_for(piece)
        if self._withheld is None or self._withheld.passed_on:
            self._server.sendall(piece)
        else:
            self._proxy.swallowed += len(piece)
        if self._withheld is not None:
            self._withheld.asked.set()

    def _watch_for(self, piece: bytes) -> None:
        wanted = self._proxy.withheld
        if wanted is None:
            self._sent = b""
            return
        sent = self._sent + piece  # a request may come in two pieces
        self._seen_after = self._seen_after or wanted.after in sent
        if self._seen_after and wanted.request in sent:
            self._withheld, self._proxy.withheld, self.holed = wanted, None, True
        self._sent = sent[-256:]

    def _to_client(self, piece: bytes) -> None:
        passing = self._proxy.passing
        if passing is not None and not self.holed:
            self._proxy.passing = max(0, passing - len(piece))
            self.holed = len(piece) > passing
            with suppress(OSError):
                self._client.sendall(piece[:passing])
            piece = piece[passing:]
        if self.holed:
            self._proxy.swallowed += len(piece)
            if self._withheld is not None:
                self._withheld.answered.set()
        elif piece:
            self._client.sendall(piece)


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((_HOST, port))
    listener.listen(64)
    return listener


def _reset(side: socket.socket) -> None:
    with suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    side.close()
