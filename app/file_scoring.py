"""Scoring recorded files, wired: rows from the producer's reader, the live consumer's checks and scorer."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from app.recorded_rows import as_batch, checked_rows, unscorable
from app.scorer_apart import scorer_apart
from consumer.scoring import Scorer
from core.bad_cell import BadCell
from core.machine import Machine
from core.ports.models import Model
from core.scored_rows import ScoredRows
from producer.recorded import RecordedFile


class FileTally(Struct):
    """What became of the rows of all files: rows = scored + doubtful + bad."""

    rows: int = 0
    scored: int = 0
    faults: int = 0
    """Of those that were scored."""
    doubtful: int = 0
    """Readings with a sensor that is absent, impossible or stuck: written without a score."""
    bad: int = 0
    """Rows that are no readings, or that the model cannot score."""
    seconds: float = 0.0


class ScoredChunk(NamedTuple):
    """What became of some rows of a file."""

    rows: ScoredRows
    bad: Sequence[BadCell]
    """Of the rows that are no readings, or that the model cannot score."""
    bad_rows: int


def score_files(
    files: Sequence[tuple[str, RecordedFile]],
    machine: Machine,
    model: Model,
    write: Callable[[ScoredRows], None],
    keep_apart: Callable[[str, Sequence[BadCell]], None],
    progress: Callable[[FileTally, float], None],
) -> FileTally:
    """Every row of each named file is written with its score, or kept apart with what is wrong; a chunk at a time.

    `progress` hears the tally so far and the share of all that was read. Raises UserError, ModelFailed, Unavailable.
    """
    tally, began, scorer = FileTally(), time.monotonic(), scorer_apart()
    for number, (name, file) in enumerate(files):
        for found in scored_chunks(name, file, machine, model, scorer):
            keep_apart(name, found.bad)
            write(found.rows)
            scored = int(np.count_nonzero(~np.isnan(found.rows.predictions.scores)))
            tally.rows += len(found.rows.rows) + found.bad_rows
            tally.scored += scored
            tally.faults += int(np.count_nonzero(found.rows.predictions.faults))
            tally.doubtful += len(found.rows.rows) - scored
            tally.bad += found.bad_rows
            tally.seconds = time.monotonic() - began
            progress(tally, (number + file.share) / len(files))
    return tally


def scored_chunks(
    name: str, file: RecordedFile, machine: Machine, model: Model, scorer: Scorer
) -> Iterator[ScoredChunk]:
    """Every row of a file once, in its order, with its score or as bad. Raises UserError, ModelFailed, Unavailable."""
    for checked in checked_rows(file, machine):
        batch, predictions = scorer.score(machine, model, as_batch(machine, checked))
        left_out = unscorable(batch)
        rows = ScoredRows(name, batch.offsets, batch.devices, batch.times, batch.quality, predictions)
        yield ScoredChunk(rows, [*checked.bad, *left_out], checked.bad_rows + len(left_out))
