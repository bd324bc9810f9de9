"""SIGTERM and Ctrl-C ask for a graceful end; a second one ends at once."""

import asyncio
import os
import signal
import threading
import time
from types import FrameType


def set_on_signal() -> threading.Event:
    """An event that is set by the first SIGTERM or SIGINT; the next one acts as if we had never listened."""
    stopping = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, before[number])

    before = {int(number): signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, stop)
    return stopping


def stop_event() -> asyncio.Event:
    """The same for asyncio: call it inside the running loop."""
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()

    def stop(number: int) -> None:
        stopping.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return stopping


def end_with_parent(parent: int) -> None:
    """Ask ourselves for a graceful end when the process that started us is gone, even by kill -9."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
