"""Waiting that ends when the process is asked to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Answer = TypeVar("Answer")


async def unless_stopped(stopping: asyncio.Event, work: Coroutine[Any, Any, Answer]) -> Answer | None:
    """What the work gives; None, with the work cancelled, as soon as `stopping` is set."""
    doing = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({doing, stop}, return_when=asyncio.FIRST_COMPLETED)
        return await doing if doing.done() else None
    finally:
        doing.cancel()
        stop.cancel()
