"""Rows of a file with what a model version says of them."""

from collections.abc import Sequence
from typing import NamedTuple

from core.batch import Flags, Integers
from core.prediction import Predictions


class ScoredRows(NamedTuple):
    """Readings of one file, shape (n,) a column, in the file's order."""

    file: str
    rows: Integers
    """Their numbers in the file."""
    devices: Sequence[str]
    times: Integers
    """Event times, microseconds since 1970 UTC."""
    quality: Flags
    predictions: Predictions
    """A score of NaN where the quality is not good."""
