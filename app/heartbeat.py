"""A sign of life for health checks: when a process last went round its loop, and a file whose age says the same."""

import time
from collections.abc import Callable
from pathlib import Path

from core.errors import UserError
from core.ports.notices import Notices


class Heartbeat:
    """Knows when it last beat, and touches a file; with an empty name there is no file."""

    def __init__(self, file: str, clock: Callable[[], float] = time.monotonic) -> None:
        """UserError where the file cannot be made."""
        self._file = Path(file) if file else None
        self._clock = clock
        try:
            self.beat()
        except OSError as error:
            raise UserError(f"HEARTBEAT_FILE: cannot write {file}: {error.strerror}") from error

    def beat(self) -> None:
        """Show that we live."""
        self._beaten_at = self._clock()
        if self._file is not None:
            self._file.touch()

    def age(self) -> float:
        """Seconds since the last beat."""
        return self._clock() - self._beaten_at


class BeatingNotices:
    """Notices of a loop that beats each time it comes back to wait."""

    def __init__(self, notices: Notices, heartbeat: Heartbeat) -> None:
        self._notices = notices
        self._heartbeat = heartbeat

    def wait(self, seconds: float) -> bool:
        """True as soon as a notice came; False after that many seconds, also while the database is away."""
        self._heartbeat.beat()
        return self._notices.wait(seconds)
