"""Whom a bench tells how far it is."""

from typing import Protocol


class Progress(Protocol):
    """A terminal, or a log."""

    def say(self, line: str) -> None:
        """A line that stays."""

    def show(self, line: str) -> None:
        """A line that the next one replaces."""
