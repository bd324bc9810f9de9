"""Files without a header from training to scores and back, as a person types the commands."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.plates import PLATES, some_plates, written
from tests.shell import Shell


def test_what_trained_a_machine_is_scored_with_its_labels_and_without(shell: Shell, tmp_path: Path) -> None:
    labelled = written(tmp_path / "Faults.NNA", some_plates(600))
    alone = tmp_path / "readings.tsv"
    lines = [line.split("\t")[: len(PLATES.sensors)] for line in labelled.read_text().splitlines()]
    alone.write_text("".join("\t".join(line) + "\n" for line in lines))
    shell("train", "steel_plates", "--csv", str(labelled), "--model", "lr")
    tallies, columns = [], []
    for path in (labelled, alone):
        out = tmp_path / f"{path.stem}.parquet"
        found: dict[str, Any] = json.loads(
            shell("score", str(path), "--machine", "steel_plates", "--out", str(out), "--json")
        )
        tallies.append([found[key] for key in ("rows", "scored", "doubtful", "bad")])
        columns.append(pq.read_table(out).select(["row", "probability", "fault"]).to_pydict())
    assert tallies == [[600, 600, 0, 0]] * 2
    assert columns[0] == columns[1]
    assert columns[0]["row"] == list(range(1, 601))
    assert 100 < sum(columns[0]["fault"]) < 500
