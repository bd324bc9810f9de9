"""What wakes those who wait."""

from typing import Protocol


class Notices(Protocol):
    """Wakes those who wait for work in the database."""

    def wait(self, seconds: float) -> bool:
        """True as soon as a notice came; False after that many seconds, also while the database is away."""
