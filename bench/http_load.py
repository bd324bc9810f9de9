"""Load on an HTTP server: requests at an even rate whatever it answers, or one after the other on each connection."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import UserError


class Target(NamedTuple):
    """Where requests go."""

    port: int
    """On this machine."""
    requests: Sequence[bytes]
    """Whole ones, sent in turn."""


class Served(NamedTuple):
    """What a load found."""

    seconds: npt.NDArray[np.float64]
    """Of each answer, shape (n,): from when its request was due to the last byte."""
    answers_per_s: float


def request(path: str, body: bytes, headers: Sequence[str] = ()) -> bytes:
    """A POST of JSON on a connection that stays open."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def at_rate(target: Target, rate: float, seconds: float, connections: int) -> Served:
    """So many requests a second for so long. One that finds every connection busy waits, and its waiting counts.

    UserError where an answer is not 200.
    """
    return asyncio.run(_run(target, connections, _Schedule(rate, round(rate * seconds)).due))


def one_after_the_other(target: Target, seconds: float, connections: int) -> Served:
    """Each connection asks again as soon as it is answered. UserError where an answer is not 200."""
    return asyncio.run(_run(target, connections, _Until(seconds).due))


def answers(target: Target) -> bool:
    """Whether a request is answered with 200 by now."""
    try:
        at_rate(target, 1.0, 1.0, 1)
    except (UserError, OSError, asyncio.IncompleteReadError):
        return False
    return True


class _Schedule:
    def __init__(self, rate: float, count: int) -> None:
        self._rate = rate
        self._count = count
        self._taken = 0
        self._began = time.perf_counter()

    def due(self) -> float | None:
        """When the next request is to be sent, perf_counter; None: there is none."""
        if self._taken == self._count:
            return None
        self._taken += 1
        return self._began + (self._taken - 1) / self._rate


class _Until:
    def __init__(self, seconds: float) -> None:
        self._end = time.perf_counter() + seconds

    def due(self) -> float | None:
        now = time.perf_counter()
        return now if now < self._end else None


async def _run(target: Target, connections: int, due: Callable[[], float | None]) -> Served:
    began, found = time.perf_counter(), list[float]()
    await asyncio.gather(*(_ask(target, number, due, found) for number in range(connections)))
    return Served(np.array(found), len(found) / (time.perf_counter() - began))


async def _ask(target: Target, number: int, due: Callable[[], float | None], found: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.port)
    try:
        while (at := due()) is not None:
            if (wait := at - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            writer.write(target.requests[(number + len(found)) % len(target.requests)])
            await _answer(reader)
            found.append(time.perf_counter() - at)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The body. UserError where it is no success."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
    body = await reader.readexactly(length)
    status = head.partition(b"\r\n")[0]
    if b" 200 " not in status:
        raise UserError(f"the server answered {status.decode()}: {body[:300].decode()}")
    return body
