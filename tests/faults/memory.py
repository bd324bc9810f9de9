"""I8: the most memory that each process ever held, sampled while it lives."""

import threading
from collections.abc import Sequence

import psutil

from tests.processes import Running

LIMIT_MB = 400
"""Of a consumer; documented in docs/faults.md."""
_SAMPLE_S = 0.2


class PeakMemory:
    """Samples the resident memory of processes that come and go."""

    def __init__(self, processes: Sequence[Running]) -> None:
        """`processes`: a live list; new ones are found in it."""
        self._processes = processes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="peak memory", daemon=True)
        self.mb: dict[int, float] = {}
        """By process id."""

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            for process in list(self._processes):
                if process.running:
                    self._note(process.pid)

    def _note(self, pid: int) -> None:
        try:
            resident = psutil.Process(pid).memory_info().rss / 1e6
        except psutil.NoSuchProcess:  # ended just now
            return
        self.mb[pid] = max(resident, self.mb.get(pid, 0.0))
