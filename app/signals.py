"""SIGTERM and Ctrl-C ask for a graceful end; a second one ends at once."""

import signal
import threading
from types import FrameType


def set_on_signal() -> threading.Event:
    """An event that is set by the first SIGTERM or SIGINT; the next one acts as if we had never listened."""
    stopping = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping
