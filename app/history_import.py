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
from core.batch import Batch, Integers
from core.errors import UserError
from core.machine import Machine
from core.past_troubles import NO_TROUBLE, PastTroubles
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
    labelled: int = 0
    """Readings that are labelled as faults now and were not before."""
    seconds: float = 0.0


def import_history(
    sources: Sequence[tuple[str, Recorded]],
    machine: Machine,
    model: Model,
    history: PostgresHistory,
    period: Period,
    labels_by: int | None,
    keep_apart: Callable[[str, Sequence[BadCell]], None],
    progress: Callable[[ImportTally, float], None],
) -> ImportTally:
    """Every row of each named source that lies in the period is stored once, however often it is imported.

    `labels_by`: the engineer in whose name readings are faults where their labels say so; None: labels are left aside.
    What was stored stays, whatever ends the import: the next one goes on. `progress` hears the tally so far and the
    share of all that was read. Raises UserError where one cannot be read or has no times, ModelFailed, Unavailable.
    """
    for name, source in sources:
        _require_columns(name, source, machine, labels_by)
    tally, began = ImportTally(), time.monotonic()
    storing = _Storing(machine, model, history, period, labels_by)
    for number, (name, source) in enumerate(sources):
        troubles = PastTroubles()
        for checked in checked_rows(source, machine, labels=labels_by is not None):
            left_out = storing.store(checked, troubles, tally)
            keep_apart(name, [*checked.bad, *left_out])
            tally.rows += len(checked.rows) + checked.bad_rows
            tally.bad += checked.bad_rows + len(left_out)
            tally.seconds = time.monotonic() - began
            progress(tally, (number + source.share) / len(sources))
    return tally


def _require_columns(name: str, source: Recorded, machine: Machine, labels_by: int | None) -> None:
    if source.layout.time is None:
        raise UserError(
            f"{name} has no column {machine.csv.time!r} (time), and a reading of the past needs its time:"
            " name the column with --map time=COLUMN"
        )
    if labels_by is None:
        return
    if machine.classes or machine.target is not None:
        what = "which defect it was" if machine.classes else "what was measured"
        raise UserError(f"--labels-by: a label of {machine.name} must say {what}: ./run train --csv reads that")
    if source.layout.label is None:
        raise UserError(
            f"{name} has no column {machine.labels.column!r} (label): name the column with --map label=COLUMN,"
            " or leave --labels-by out"
        )


class _Chunk(Struct):
    """What became of rows of the period in one transaction."""

    stored: int = 0
    faults: int = 0
    doubtful: int = 0
    known: int = 0
    labelled: int = 0
    bad: Sequence[BadCell] = ()


class _Storing:
    """Stores checked rows, a chunk in a transaction."""

    def __init__(
        self, machine: Machine, model: Model, history: PostgresHistory, period: Period, labels_by: int | None
    ) -> None:
        self._machine = machine
        self._model = model
        self._history = history
        self._period = period
        self._labels_by = labels_by
        self._scorer = scorer_apart()

    def store(self, checked: CheckedRows, troubles: PastTroubles, tally: ImportTally) -> Sequence[BadCell]:
        """What is new of these rows is stored and counted; those that the model cannot score are given back."""
        since, until = self._period.rows(checked.times)
        inside = since & until
        batch = as_batch(self._machine, checked).of(inside)
        began = None if checked.faults is None else troubles.of(checked.devices, checked.times, checked.faults)
        found = _Chunk()
        if len(batch):
            with self._history.begin() as transaction:
                numbers = transaction.devices(batch.devices)
                found = self._save(transaction, batch, numbers)
                if began is not None and self._labels_by is not None:
                    found.labelled = self._label(transaction, batch, numbers, began[inside], self._labels_by)
        # Counted when it is committed: what is told is there.
        tally.outside += len(checked.rows) - len(batch)
        tally.known += found.known
        tally.stored += found.stored
        tally.faults += found.faults
        tally.doubtful += found.doubtful
        tally.labelled += found.labelled
        return found.bad

    def _save(self, transaction: HistoryTransaction, batch: Batch, numbers: Integers) -> _Chunk:
        new = transaction.new(numbers, batch.times)
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

    def _label(
        self, transaction: HistoryTransaction, batch: Batch, numbers: Integers, began: Integers, engineer: int
    ) -> int:
        """Readings that were there already are labelled too: labels may be asked for later than readings."""
        faulty = began != NO_TROUBLE
        return transaction.label(engineer, numbers[faulty], batch.times[faulty], began[faulty]) if faulty.any() else 0

    def _named(self, batch: Batch) -> Batch:
        """The same with ids, which a file has not."""
        texts = (f"{self._machine.name} {at} {device}" for at, device in zip(batch.times, batch.devices, strict=True))
        ids = np.frombuffer(b"".join(uuid.uuid5(_IDS, text).bytes for text in texts), "V16")
        return replace(batch, ids=ids)
