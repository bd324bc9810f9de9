"""Looks now and then for alerts that people must hear of again."""

import asyncio
import logging

from alerts.stopping import unless_stopped
from core.errors import Unavailable
from core.ports.chat import Retellings

_log = logging.getLogger(__name__)

_EVERY_S = 2.0


async def retell(retellings: Retellings, stopping: asyncio.Event, every_s: float = _EVERY_S) -> None:
    """Queue them until `stopping`; the clock says when to look, never what is found."""
    while not stopping.is_set():
        try:
            if queued := await asyncio.to_thread(retellings.queue):
                _log.info("%d alerts are told again", queued)
        except Unavailable as error:
            _log.debug("nothing is told again meanwhile: %s", error)  # the dispatcher says so
        await unless_stopped(stopping, asyncio.sleep(every_s))
