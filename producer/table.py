"""A CSV or Parquet file as chunks of rows, of any size in bounded memory."""

import csv
import io
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import UserError
from core.headerless import headerless_columns
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from core.unreadable import BROKEN, why_unreadable

_ROWS = 10_000
_COMPRESSION: Mapping[str, Literal["gzip", "bz2", "xz", "zstd"]] = {
    ".gz": "gzip",
    ".bz2": "bz2",
    ".xz": "xz",
    ".zst": "zstd",
}
_ABSENT = ["", "nan", "NaN", "NAN", "na", "NA", "n/a", "N/A", "null", "NULL", "none", "None"]


class Table:
    """A machine's file of readings. UserError, naming the file, where it cannot be read."""

    def __init__(self, source: RecordedBytes, machine: Machine) -> None:
        self._source = source
        self._machine = machine
        self._dialect = machine.csv
        ending = PurePosixPath(source.name).suffix.lower()
        self._parquet = ending in {".parquet", ".pq"}
        self._compression = _COMPRESSION.get(ending)
        self.dialect = f", read with the separator {machine.csv.separator!r}"
        self._header = None if self._parquet or not self._dialect.header else 0
        self.first_row = 1 if self._header is None else 2
        """The number of the first row with a reading, as a spreadsheet counts."""
        self.repeated: Collection[str] = frozenset()
        """Names of a CSV's header that stand there more than once."""
        self.share = 0.0
        """Of the file, how much was read."""
        self.columns = self._parquet_columns() if self._parquet else self._csv_columns()
        if twice := [name for name in self.columns if self.columns.count(name) > 1]:
            raise UserError(f"{source} has two columns {twice[0]!r}: rename one")

    def chunks(self, numbers: Collection[str], texts: Collection[str]) -> Iterator[pd.DataFrame]:
        """The rows with these columns only; a cell of `numbers` that is none makes its column text in that chunk."""
        try:
            if self._parquet:
                yield from self._parquet_chunks([*numbers, *texts])
            else:
                yield from self._csv_chunks(numbers, texts)
        except pd.errors.ParserWarning:
            first = "its header" if self._dialect.header else "the first row"
            raise UserError(f"{self._source} cannot be read: {self._longest()} more cells than {first}") from None
        except (pd.errors.ParserError, pa.ArrowException, *BROKEN) as error:
            raise UserError(f"{self._source} cannot be read: {why_unreadable(error)}") from error

    def _csv_columns(self) -> list[str]:
        try:
            with self._source.open() as file:
                first = pd.read_csv(
                    file,
                    compression=self._compression,
                    sep=self._dialect.separator,
                    encoding="utf-8-sig",
                    header=None,  # as a header, pandas would number what stands there twice
                    nrows=1,
                    dtype=str,
                    keep_default_na=False,
                    index_col=False,
                )
        except pd.errors.EmptyDataError:
            raise UserError(f"{self._source} is empty") from None
        except (pd.errors.ParserError, *BROKEN) as error:
            raise UserError(f"{self._source} cannot be read as CSV: {why_unreadable(error)}") from error
        if self._header is None:
            return headerless_columns(str(self._source), len(first.columns), self._machine, labels_needed=False)
        names = [name.strip() for name in first.iloc[0]]
        self.repeated = frozenset(name for name in names if names.count(name) > 1)
        return [f"{name}.{place}" if name in names[:place] else name for place, name in enumerate(names)]

    def _csv_chunks(self, numbers: Collection[str], texts: Collection[str]) -> Iterator[pd.DataFrame]:
        size = max(self._source.size(), 1)
        with (
            self._source.open() as file,
            pd.read_csv(
                file,
                compression=self._compression,
                sep=self._dialect.separator,
                decimal=self._dialect.decimal,
                encoding="utf-8-sig",
                header=self._header,
                names=self.columns,
                index_col=False,
                dtype=dict.fromkeys(texts, str),
                keep_default_na=False,
                na_values=dict.fromkeys(numbers, _ABSENT),
                low_memory=False,
                chunksize=_ROWS,
            ) as chunks,
        ):
            while (chunk := _next_whole(chunks)) is not None:
                self.share = file.tell() / size
                yield chunk

    def _longest(self) -> str:
        """The first row with too many cells, in words; a compressed file is not searched."""
        if self._compression is None:
            with io.TextIOWrapper(self._source.open(), encoding="utf-8-sig", newline="") as file:
                for number, row in enumerate(csv.reader(file, delimiter=self._dialect.separator), start=1):
                    if len(row) > len(self.columns):
                        return f"row {number} has"
        return "its rows have"

    def _parquet_columns(self) -> list[str]:
        try:
            with self._source.open() as file:
                names: list[str] = pq.read_schema(file).names
        except (pa.ArrowException, OSError) as error:
            raise UserError(f"{self._source} cannot be read as Parquet: {why_unreadable(error)}") from error
        return names

    def _parquet_chunks(self, columns: list[str]) -> Iterator[pd.DataFrame]:
        with self._source.open() as opened, pq.ParquetFile(opened) as file:
            read, rows = 0, max(file.metadata.num_rows, 1)
            for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
                read += len(batch)
                self.share = read / rows
                yield batch.to_pandas()


def _next_whole(chunks: Iterator[pd.DataFrame]) -> pd.DataFrame | None:
    with warnings.catch_warnings():
        # It only warns where rows have more cells than the header, and with `usecols` it does not even do that: a
        # decimal comma in a file of commas would go unnoticed.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return next(chunks, None)
