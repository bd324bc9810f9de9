"""The header of a CSV file as it stands there: what reads the file numbers names that come twice."""

from collections.abc import Collection

import pandas as pd

from core.errors import UserError
from model.read_from import File, read_from


def require_once(path: File, separator: str, wanted: Collection[str]) -> None:
    """UserError where one of these columns stands in the header more than once: nobody knows which is meant."""
    with read_from(path) as (content, compression):
        first = pd.read_csv(
            content,
            compression=compression,
            sep=separator,
            header=None,
            nrows=1,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    names = [name.strip() for name in first.iloc[0]]
    if twice := next((name for name in names if name in wanted and names.count(name) > 1), None):
        raise UserError(f"{path} has two columns {twice!r}: rename one")
