"""A process run to its end, with what it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.process import ROOT, last_words
from core.errors import UserError


class Cost(NamedTuple):
    """From its start to its end, imports and all."""

    seconds: float
    cpu_s: float
    peak_rss_mb: float
    """In 10^6 bytes."""
    said: str
    """On its standard output."""


def cost_of(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Cost:
    """`python -m module` with these arguments. UserError with its last words where it fails, or was killed."""
    began = time.monotonic()
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)  # of this child alone
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise UserError(f"{module} ended with {process.returncode}: {last_words(log)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6, said)
