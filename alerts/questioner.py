"""The questioner: looks now and then whether questions are due."""

import asyncio
import logging
from typing import Protocol

from alerts.stopping import unless_stopped
from core.errors import Unavailable

_log = logging.getLogger(__name__)

_EVERY_S = 30.0


class Questions(Protocol):
    """Where questions come from."""

    def ask(self) -> int:
        """Queue the questions that are due; how many. Raises Unavailable."""


class Questioner:
    """Several may run side by side: one at a time asks."""

    def __init__(self, questions: Questions, every_s: float = _EVERY_S) -> None:
        self._questions = questions
        self._every_s = every_s

    async def run(self, stopping: asyncio.Event) -> None:
        """Ask until `stopping`."""
        while not stopping.is_set():
            try:
                if asked := await asyncio.to_thread(self._questions.ask):
                    _log.info("%d questions are asked", asked)
            except Unavailable as error:
                _log.warning("questions wait: %s", error)
            await unless_stopped(stopping, asyncio.sleep(self._every_s))
