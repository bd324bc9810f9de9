import tempfile
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.file_scoring import score_files
from app.first_model import simulated
from app.machines import load_machines
from app.wiring import ROOT
from core.machine import Machine
from core.prediction import ModelVersion
from core.scored_rows import ScoredRows
from core.training_options import Algorithm
from model.fit import train
from model.recipe import Recipe
from model.scorer import FaultModel
from producer import table
from producer.local_file import LocalFile
from producer.recorded import RecordedFile
from tests.recorded import Row, Verdict, live, write

MACHINES = {
    name: msgspec.structs.replace(one, devices=())  # any device may speak
    for name, one in load_machines(ROOT / "machines").items()
    if one.task == "fault"
}
CASES = [(name, "lr") for name in MACHINES]
CASES += [(name, "rf") for name, one in MACHINES.items() if not one.has_own_messages]  # forests take long
FILES = [("csv", 2), ("parquet", 1)]
"""Their endings, and the number of the first row."""
# Each example writes files and asks a forest for single rows.
FEW = settings(max_examples=6, deadline=None, derandomize=True)


@cache
def a_model(name: str, algorithm: Algorithm) -> FaultModel:
    machine = MACHINES[name]
    trained = train(machine, simulated(machine, 4_000, devices=20), Recipe(algorithm), [], lambda _: None)
    return FaultModel(ModelVersion(name, 1), trained.usual, trained.metrics.threshold, trained.pipeline)


@st.composite
def rows_of(draw: st.DrawFn, machine: Machine) -> list[Row]:
    """Usual, absent, impossible and repeated values of two devices."""
    cells = []
    for sensor in machine.sensors:
        words = machine.csv.values.get(sensor.name)
        beyond = st.floats(sensor.usual[0] - 1e3, sensor.usual[1] + 1e3, width=64)
        usual = st.sampled_from(sorted(words.values())) if words else st.floats(*sensor.usual) | beyond
        usual = usual if sensor.bit is None else st.sampled_from([0.0, 1.0])
        cells.append(st.none() | usual if sensor.optional else usual)
    one = st.builds(Row, st.sampled_from(["a", "b"]), st.tuples(*cells))
    blocks = draw(st.lists(st.tuples(one, st.sampled_from([1, 1, 2, 25])), min_size=1, max_size=4))
    return [row for row, times in blocks for _ in range(times)]


def in_a_file(path: Path, machine: Machine, model: FaultModel) -> list[Verdict]:
    found: list[Verdict] = []

    def note(scored: ScoredRows) -> None:
        said = scored.predictions
        for row, score, fault, quality in zip(scored.rows, said.scores, said.faults, scored.quality, strict=True):
            found.append(Verdict(int(row), None if np.isnan(score) else float(score), bool(fault), int(quality)))

    tally = score_files(
        [("x", RecordedFile(LocalFile(path), machine, {}))], machine, model, note, lambda *_: None, lambda *_: None
    )
    assert tally.bad == 0
    return found


@pytest.mark.parametrize(("name", "algorithm"), CASES)
@FEW
@given(data=st.data(), chunk=st.integers(1, 30))
def test_a_reading_gets_the_same_probability_and_verdict_in_a_file_and_live(
    name: str, algorithm: Algorithm, data: st.DataObject, chunk: int
) -> None:
    machine, model = MACHINES[name], a_model(name, algorithm)
    rows = data.draw(rows_of(machine))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        files = [(write(Path(folder) / f"readings.{ending}", machine, rows), first) for ending, first in FILES]
        expected = live(files[0][0], machine, model)
        patch.setattr(table, "_ROWS", chunk)
        for path, first in files:
            assert in_a_file(path, machine, model) == [one._replace(row=one.row + first) for one in expected]
