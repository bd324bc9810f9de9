"""Waiting for a process under measurement."""

import time
from collections.abc import Callable

from bench.process import Process
from core.errors import UserError

_PATIENCE_S = 60.0


def wait(condition: Callable[[], bool], process: Process, otherwise: str, pause_s: float = 0.01) -> None:
    """Look until the condition holds. UserError where the process ends, or where it takes too long: `otherwise`."""
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        process.check()
        if time.monotonic() > deadline:
            raise UserError(f"within {_PATIENCE_S:.0f} s the process {otherwise}")
        time.sleep(pause_s)  # polls a condition with a deadline
