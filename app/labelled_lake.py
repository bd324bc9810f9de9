"""Labelled files of any number as one training set, read by this process."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from core.errors import UserError
from core.history import History
from core.machine import Machine
from core.ports.recorded import RecordedBytes
from core.row_sample import KeyedRows, in_order, keyed, sample
from model.csv_history import labelled_rows
from model.labelled_arrow import FileCounts


class LakeCounts(Struct):
    """What became of the rows of all files."""

    files: int = 0
    rows: int = 0
    left_out: int = 0
    """That the stream would not score: a required sensor is absent or out of its physical range."""
    kept: int = 0
    """Without doubles, and no more than were asked for."""


class Draw(Struct, frozen=True):
    """How rows are chosen where there are too many."""

    most: int
    seed: int


def read_lake(
    files: Sequence[tuple[str, RecordedBytes]], machine: Machine, draw: Draw, progress: Callable[[LakeCounts], None]
) -> tuple[History, LakeCounts]:
    """The rows to train on, in order of time. UserError names what cannot be read; Unauthorised, Unavailable."""
    counts, held, waiting = LakeCounts(), list[KeyedRows](), 0
    for number, (_, file) in enumerate(files):
        found, of_file = sampled_file(number, file, machine, draw)
        counts.files += 1
        counts.rows += of_file.rows
        counts.left_out += of_file.left_out
        held.append(found)
        waiting += len(found.keys)
        if waiting > draw.most:  # seldom, because it sorts all that is held
            held, waiting = [sample(held, draw.most)], 0
        progress(counts)
    return training_rows(sample(held, draw.most), counts), counts


def sampled_file(number: int, file: RecordedBytes, machine: Machine, draw: Draw) -> tuple[KeyedRows, FileCounts]:
    """Of one file what can be among the rows of all. UserError names the row and column of what cannot be read."""
    history, left_out = labelled_rows(file, machine)
    rows = sample([keyed(history, number, draw.seed)], draw.most)
    return rows, FileCounts(len(history) + left_out, left_out)


def training_rows(rows: KeyedRows, counts: LakeCounts) -> History:
    """The rows in order of time; counts what is kept. UserError where none is."""
    if not len(rows.keys):
        raise UserError("no row of these files could be scored: see the sensors' minimum, maximum and optional")
    counts.kept = len(rows.keys)
    return in_order(rows)
