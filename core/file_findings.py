"""What is wrong with the rows of a file, by column and reason, in ranges of rows: small, however many there are."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

MOST_RANGES = 50

Kind = Literal["bad", "doubtful"]
"""`bad`: such a row is no reading; `doubtful`: it is one, and gets no score."""


class Finding(Struct):
    """One thing that is wrong with one column."""

    column: str
    kind: Kind
    reason: str
    example: str = ""
    """The first such cell."""
    cells: int = 0
    ranges: list[tuple[int, int]] = []
    """First and last row of each run of such rows, at most `MOST_RANGES` runs."""
    more_ranges: int = 0
    """Runs beyond these."""
    last: int = -1
    """The newest such row."""

    def add(self, row: int) -> None:
        """One more such cell; rows rise."""
        self.cells += 1
        if row == self.last + 1 and self.ranges and not self.more_ranges:
            self.ranges[-1] = (self.ranges[-1][0], row)
        elif row != self.last + 1 or not self.ranges:
            if len(self.ranges) < MOST_RANGES:
                self.ranges.append((row, row))
            else:
                self.more_ranges += 1
        self.last = row


class FileFindings:
    """Collects them."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def add(self, kind: Kind, row: int, column: str, value: str, reason: str) -> None:
        """A cell that is wrong. The rows of one column and reason must rise."""
        found = self._found.get((column, reason))
        if found is None:
            found = self._found[column, reason] = Finding(column, kind, reason, value)
        found.add(row)

    def all(self) -> Sequence[Finding]:
        """By column, the most frequent first."""
        return sorted(self._found.values(), key=lambda one: (one.column, -one.cells))
