"""One OpenMP thread for boosting."""

from collections.abc import Iterator
from contextlib import contextmanager

import sklearn.ensemble  # noqa: F401  # brings the OpenMP that is to be found
from threadpoolctl import ThreadpoolController

_THREADS = ThreadpoolController()
"""Of boosting's OpenMP: a second thread gains little on small trees, and where another process has the core each call
waits for it (measured on two busy cores, single readings: 26 instead of 379 a second)."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Fit or score in here."""
    with _THREADS.limit(limits=1, user_api="openmp"):
        yield
