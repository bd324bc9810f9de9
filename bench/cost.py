"""A process run to its end, with what it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, NamedTuple

import psutil

from bench.process import ROOT, last_words, peak_rss_mb
from core.errors import UserError

_LOOK_EVERY_S = 0.05


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
            said, peak = _read_to_the_end(process.stdout, psutil.Process(process.pid))
            _, status, usage = os.wait4(process.pid, 0)  # of this child alone
            process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise UserError(f"{module} ended with {process.returncode}: {last_words(log)}")
    return Cost(time.monotonic() - began, usage.ru_utime + usage.ru_stime, peak, said)


def _read_to_the_end(output: IO[str], process: psutil.Process) -> tuple[str, float]:
    """What the process says until it ends, and the most memory that it held: looked at often, also just before."""
    peak = 0.0
    with ThreadPoolExecutor(1) as reader:
        said = reader.submit(output.read)
        while not said.done():
            peak = max(peak, peak_rss_mb(process))
            wait([said], _LOOK_EVERY_S)
        return said.result(), peak
