"""Scored rows as a Parquet file, written a few chunks together."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.prediction import ModelVersion, Predictions
from core.scored_rows import ScoredRows
from model.scored_parquet import ScoredParquet
from tests.builders import a_machine

VERSION = ModelVersion("press", 1)


def chunk(first: int, devices: Sequence[str], score: float) -> ScoredRows:
    count = len(devices)
    scores = np.full(count, score)
    found = Predictions(VERSION, scores, np.zeros(count, dtype=np.int16), scores > 0.5)
    rows = np.arange(first, first + count)
    return ScoredRows(f"{devices[0]}.csv", rows, devices, rows * 1_000_000, np.zeros(count, dtype=np.int16), found)


def test_chunks_with_other_devices_and_files_keep_their_rows_and_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.scored_parquet._ROW_GROUP", 5)
    with ScoredParquet(tmp_path / "out.parquet", a_machine(), VERSION) as file:
        for rows in (chunk(2, ["a", "b"], 0.1), chunk(4, ["c", "a", "c"], 0.9), chunk(7, ["d"], float("nan"))):
            file.write(rows)
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [(one["file"], one["row"], one["device"], one["fault"]) for one in found] == [
        ("a.csv", 2, "a", False),
        ("a.csv", 3, "b", False),
        ("c.csv", 4, "c", True),
        ("c.csv", 5, "a", True),
        ("c.csv", 6, "c", True),
        ("d.csv", 7, "d", None),
    ]
    assert pq.ParquetFile(tmp_path / "out.parquet").num_row_groups == 2


def test_a_file_without_rows_is_a_file(tmp_path: Path) -> None:
    with ScoredParquet(tmp_path / "out.parquet", a_machine(), VERSION):
        pass
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0
