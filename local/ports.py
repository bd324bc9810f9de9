"""Which ports of 127.0.0.1 the servers take: the configured ones, the ones of the last run, or free ones."""

import errno
import random
import socket
from collections.abc import Iterable, Mapping

from core.errors import UserError

HOST = "127.0.0.1"

# Below the ranges from which Linux (32768) and macOS (49152) take ports for outgoing connections: such a connection
# could sit on a server's port while the server is down, and keep it from coming back.
_FREE_RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        # Connections of a stopped server linger in TIME_WAIT; servers ignore them, so the probe does too.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as e:
            if e.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    with socket.socket() as client:  # macOS lets the probe bind beside a server that listens on every address
        return client.connect_ex((HOST, port)) != 0


def choose(names: Iterable[str], configured: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int]:
    """A port for each name: the configured one or a UserError, else that of the last run, else any free one."""
    for name, port in configured.items():
        if not is_free(port):
            raise UserError(
                f"Port {port} on {HOST}, configured for {name}, is in use: stop the program that uses it, "
                "or configure another port (0 takes a free one)."
            )
    chosen = dict(configured)
    for name in names:
        if name not in chosen:
            taken = set(chosen.values())
            old = last.get(name)
            chosen[name] = old if old and old not in taken and is_free(old) else _any_free(taken)
    return chosen


def _any_free(taken: set[int]) -> int:
    for port in random.sample(_FREE_RANGE, len(_FREE_RANGE)):
        if port not in taken and is_free(port):
            return port
    raise UserError(f"No port between {_FREE_RANGE.start} and {_FREE_RANGE.stop} on {HOST} is free.")
