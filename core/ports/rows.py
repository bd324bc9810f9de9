"""Rows that somebody recorded in a database."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class RecordedRows(Protocol):
    """A table or what a query gives. As text it is what people call it by."""

    columns: Sequence[str]
    """Their names, in the rows' order."""

    def pieces(self) -> Iterator[Sequence[Sequence[object]]]:
        """All rows once, a piece at a time, read from the server as they are asked for. UserError where that fails."""
