"""Others' models, wired: read, judged on labelled rows, published."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from app.releases import release
from app.settings import Settings
from core.machine import Machine
from db.engine import Engine
from model.base_data import base_data
from model.csv_history import read_history
from model.fit import Candidate, Taught, judged
from model.imported import imported
from model.recipe import Recipe, divided
from model.release import Outcome
from model.training_set import IncidentWeights


class Brought(NamedTuple):
    """A model that was imported."""

    candidate: Candidate
    rows: int
    """That it was judged on and its retrainings go on from, the hold-out among them."""
    outcome: Outcome


def import_model(
    settings: Settings,
    engine: Engine,
    machine: Machine,
    files: Sequence[Path],
    csv_file: Path,
    by: str,
    chosen: Sequence[str],
    progress: Callable[[str], None],
) -> Brought:
    """A version made of the pickles in `files`, judged on the rows of `csv_file`, which its retrainings go on from.

    `chosen`: the sensors that they go by, in their order; empty: all of the machine's, in the order of its file.

    Raises UserError where they do not fit the machine, Unavailable.
    """
    history = read_history(csv_file, machine)
    theirs = imported(machine, files, divided(history, machine, Recipe())[0].sensors, chosen)
    progress(f"imported {theirs.algorithm}: on {len(history):,} rows it answers as before")
    progress("what it was fitted to is not known: where these rows were among it, the figures flatter")
    released = release(settings, engine)
    verdicts = released.labels.effective(machine)
    nothing = Taught(0, IncidentWeights(0.0, 0.0), ())
    candidate = judged(machine, Recipe(theirs.algorithm), theirs.pipeline, nothing, history, verdicts, progress)
    return Brought(candidate, len(history), released.offer(candidate, base_data(machine, history), by, progress))
