"""Work that may never come to an end."""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class TookTooLong(Exception):
    """It has not come to an end in time; its thread is left behind."""


def within(seconds: float, act: Callable[[], Result]) -> Result:
    """What `act` returns or raises, if it does so in time; else TookTooLong. It runs in a thread of its own."""
    outcome: queue.Queue[tuple[Result, None] | tuple[None, BaseException]] = queue.Queue()

    def run() -> None:
        try:
            outcome.put((act(), None))
        except BaseException as error:  # noqa: BLE001  # raised again where it is waited for
            outcome.put((None, error))

    threading.Thread(target=run, name="within", daemon=True).start()
    try:
        result, error = outcome.get(timeout=seconds)
    except queue.Empty:
        raise TookTooLong(f"it hangs: not done within {seconds:g} s") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error there is a result
