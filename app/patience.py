"""Waiting for servers that are only starting."""

import logging
from collections.abc import Callable

from core.errors import Unavailable

_log = logging.getLogger(__name__)
_PAUSE_S = 1.0


class Patience:
    """Tries what servers cannot do yet again, for so many seconds in all."""

    def __init__(self, seconds: float, clock: Callable[[], float], pause: Callable[[float], object]) -> None:
        """`clock`: seconds, monotonic. `pause` waits for so many seconds."""
        self._end = clock() + seconds
        self._clock = clock
        self._pause = pause

    def __call__(self, action: Callable[[], object]) -> None:
        """Do it, again while it raises Unavailable and there is time; then that error is raised."""
        while True:
            try:
                action()
            except Unavailable as error:
                if self._clock() >= self._end:
                    raise
                _log.info("waiting: %s", error)
                self._pause(_PAUSE_S)
            else:
                return
