"""History from before Faultline, wired: recorded rows, checked and scored as live readings, stored beside them.

Nobody is told of anything: no incident opens, and no reading of today is judged by them.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from msgspec import Struct

from app.recorded_rows import CheckedRows, as_batch, checked_rows, unscorable
from app.rescoring import Period
from app.scorer_apart import scorer_apart
from core.bad_cell import BadCell
from core.batch import Batch
from core.errors import UserError
from core.machine import Machine
from core.ports.models import Model
from db.history import HistoryTransaction, PostgresHistory
from producer.recorded import Recorded

_IDS = uuid.UUID("5c1d5a5e-4a0e-5b9e-8a55-0c2f6f0f3b7d")
"""Of the names that ids are made of (RFC 9562, version 5): the same reading has the same id in every import."""


class ImportTally(Struct):
    """What became of all rows: rows = stored + known + outside + bad."""

    rows: int = 0
    stored: int = 0
    faults: int = 0
    """Of those that were stored: the champion would have alarmed."""
    doubtful: int = 0
    """Of those that were stored: a sensor is absent, impossible or stuck, and they have no score."""
    known: int = 0
    """The device has an imported reading of that time already."""
    outside: int = 0
    """Outside of the period that was asked for."""
    bad: int = 0
    """Rows that are no readings, or that the model cannot score."""
    seconds: float = 0.0


def import_history(
    sources: Sequence[tuple[str, Recorded]],
    machine: Machine,
    model: Model,
    history: PostgresHistory,
    period: Period,
    keep_apart: Callable[[str, Sequence[BadCell]], None],
    progress: Callable[[ImportTally, float], None],
) -> ImportTally:
    """Every row of each named source that lies in the period is stored once, however often it is imported.

    What was stored stays, whatever ends the import: the next one goes on. `progress` hears the tally so far and the
    share of all that was read. Raises UserError where one cannot be read or has no times, ModelFailed, Unavailable.
    """
    for name, source in sources:
        if source.layout.time is None:
            raise UserError(
                f"{name} has no column {machine.csv.time!r} (time), and a reading of the past needs its time:"
                " name the column with --map time=COLUMN"
            )
    tally, began, storing = ImportTally(), time.monotonic(), _Storing(machine, model, history, period)
    for number, (name, source) in enumerate(sources):
        for checked in checked_rows(source, machine):
            left_out = storing.store(checked, tally)
            keep_apart(name, [*checked.bad, *left_out])
            tally.rows += len(checked.rows) + checked.bad_rows
            tally.bad += checked.bad_rows + len(left_out)
            tally.seconds = time.monotonic() - began
            progress(tally, (number + source.share) / len(sources))
    return tally


class _Chunk(Struct):
    """What became of rows of the period in one transaction."""

    stored: int = 0
    faults: int = 0
    doubtful: int = 0
    known: int = 0
    bad: Sequence[BadCell] = ()


class _Storing:
    """Stores checked rows, a chunk in a transaction."""

    def __init__(self, machine: Machine, model: Model, history: PostgresHistory, period: Period) -> None:
        self._machine = machine
        self._model = model
        self._history = history
        self._period = period
        self._scorer = scorer_apart()

    def store(self, checked: CheckedRows, tally: ImportTally) -> Sequence[BadCell]:
        """What is new of these rows is stored and counted; those that the model cannot score are given back."""
        since, until = self._period.rows(checked.times)
        batch = as_batch(self._machine, checked).of(since & until)
        found = _Chunk()
        if len(batch):
            with self._history.begin() as transaction:
                found = self._save(transaction, batch)
        # Counted when it is committed: what is told is there.
        tally.outside += len(checked.rows) - len(batch)
        tally.known += found.known
        tally.stored += found.stored
        tally.faults += found.faults
        tally.doubtful += found.doubtful
        return found.bad

    def _save(self, transaction: HistoryTransaction, batch: Batch) -> _Chunk:
        new = transaction.new(transaction.devices(batch.devices), batch.times)
        known = int(np.count_nonzero(~new))
        if not new.any():
            return _Chunk(known=known)
        batch, predictions = self._scorer.score(self._machine, self._model, self._named(batch.of(new)))
        if len(batch):
            transaction.save(batch, transaction.devices(batch.devices), predictions)
        return _Chunk(
            stored=len(batch),
            faults=int(np.count_nonzero(predictions.faults)),
            doubtful=int(np.count_nonzero(np.isnan(predictions.scores))),
            known=known,
            bad=unscorable(batch),
        )

    def _named(self, batch: Batch) -> Batch:
        """The same with ids, which a file has not."""
        texts = (f"{self._machine.name} {at} {device}" for at, device in zip(batch.times, batch.devices, strict=True))
        ids = np.frombuffer(b"".join(uuid.uuid5(_IDS, text).bytes for text in texts), "V16")
        return replace(batch, ids=ids)
