"""Serves the page until it is asked to end."""

import asyncio
import errno
import logging
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.live import Bell
from core.errors import UserError

_log = logging.getLogger(__name__)

_LAST_ANSWERS_S = 5


def listening(host: str, port: int, setting: str = "PAGE") -> socket.socket:
    """A socket of this address, before anything else is begun; port 0 takes a free one. UserError names the setting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        found = socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UserError(f"port {port} on {host} is in use: set {setting}_PORT to another one (0: any)") from error
        raise UserError(
            f"cannot listen on {host}:{port} ({setting}_HOST, {setting}_PORT): {error.strerror or error}"
        ) from error
    # Accepted ones inherit it. Without it the body of an answer waits until the client acknowledges its head: 40 ms.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


class _Server(uvicorn.Server):
    """Signals are the process's own business: `stopping` is set by them."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def serve_page(app: FastAPI, on: socket.socket, bell: Bell, stopping: asyncio.Event) -> None:
    """Serve the page and its live parts, which would be waited for at the end."""
    listening = asyncio.create_task(bell.listen())
    try:
        await serve(app, on, stopping, bell.end)
    finally:
        listening.cancel()


async def serve(
    app: Callable[..., Any], on: socket.socket, stopping: asyncio.Event, at_end: Callable[[], None] = lambda: None
) -> None:
    """Answer requests to an ASGI application until `stopping`; those under way get a few seconds more."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # a login link is a URL, and no secret may be in a log
        proxy_headers=False,  # who sends X-Forwarded-For may be anybody
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
    )
    server = _Server(config)

    async def stop() -> None:
        await stopping.wait()
        at_end()
        server.should_exit = True

    stopper = asyncio.create_task(stop())
    try:
        await server.serve([on])
    finally:
        stopper.cancel()
