"""`./run api` as a real process."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.processes import Running, wait_until


@contextmanager
def api_process(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[str, Running]]:
    """Where it listens, on a free port; ended in the end."""
    process = Running(["api"], {**environment, "API_PORT": "0"}, folder / "api.log")
    try:
        wait_until(lambda: process.said("the API is on") or not process.running, "the API serves")
        found = re.search(r"the API is on (http://127\.0\.0\.1:\d+)", process.log.read_text())
        assert found, process.tail()
        yield found.group(1), process
    finally:
        if process.running:
            process.kill()
