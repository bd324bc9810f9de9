"""A file of readings that the HTTP API shows and scores as a whole."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.batch import Floats

Cell = float | str | None


class DataSet(NamedTuple):
    """Its rows, in the file's order."""

    columns: Mapping[str, Sequence[Cell]]
    """Every column of the file; None where a cell is empty."""
    sensors: Floats
    """Shape (n, sensors) in the machine's order; NaN for absent."""
