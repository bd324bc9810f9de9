"""Files without a header, where the machine's file says that it has none."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from app.cli import main
from core.csv_dialect import CsvDialect
from core.errors import UserError
from core.flags import flags_text
from core.headerless import sensor_columns
from core.sensor import Sensor
from model.csv_history import read_history
from producer.replay import Replay
from producer.schedule import flat_out
from tests.builders import a_machine
from tests.plates import PLATES, some_plates, written

PRESS = a_machine(csv=CsvDialect(header=False))


def readings_alone(path: Path) -> Path:
    """The plates' file without the columns of their defects."""
    cut = path.with_name("plates.tsv")
    lines = [line.split("\t")[: len(PLATES.sensors)] for line in path.read_text().splitlines()]
    cut.write_text("".join("\t".join(line) + "\n" for line in lines))
    return cut


def test_what_trains_plates_is_replayed_too_and_without_its_labels(tmp_path: Path) -> None:
    labelled = written(tmp_path / "Faults.NNA", some_plates(50))
    for path in (labelled, readings_alone(labelled)):
        (readings,) = Replay(path, PLATES, {}).readings(flat_out)
        np.testing.assert_array_equal(readings.sensors, read_history(labelled, PLATES).sensors)


def test_the_label_behind_the_sensors_says_what_a_reading_was(tmp_path: Path) -> None:
    path = tmp_path / "press.csv"
    path.write_text("70,3,0\n90,,1\n")
    (readings,) = Replay(path, PRESS, {}).readings(flat_out)
    np.testing.assert_array_equal(readings.sensors, [[70, 3], [90, np.nan]])
    assert readings.truths == ["normal", "fault:labelled"]


def test_rows_are_counted_from_the_first_one(tmp_path: Path) -> None:
    path = written(tmp_path / "Faults.NNA", some_plates(20))
    lines = path.read_text().splitlines()
    lines[0] = "wide" + lines[0][lines[0].index("\t") :]
    path.write_text("\n".join(lines) + "\n")
    result = CliRunner().invoke(main, ["validate", str(path), "--machine", "steel_plates", "--json"])
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert (report["rows"], report["good"], report["bad"]) == (20, 19, 1)
    (finding,) = report["findings"]
    assert (finding["column"], finding["example"], finding["ranges"]) == ("X_Minimum", "wide", [[1, 1]])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("70\n", r"has 1 columns, .* says that there are 3, temperature, pressure, fault, or the first 2 alone"),
        ("70,3,0,7\n", r"has 4 columns"),
        ("70,3\n70,3,0\n", r"cannot be read: .*line 2, saw 3"),
        ("", "is empty"),
    ],
)
def test_other_columns_are_refused_before_a_row_is_taken(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "press.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=complaint):
        list(Replay(path, PRESS, {}).readings(flat_out))


def test_parquet_names_its_columns_whatever_the_machine_says_of_csv(tmp_path: Path) -> None:
    path = tmp_path / "press.parquet"
    pd.DataFrame({"fault": [0, 1], "temperature": [70.0, 71.0]}).to_parquet(path)
    assert read_history(path, PRESS).sensors[:, 0].tolist() == [70, 71]
    (readings,) = Replay(path, PRESS, {}).readings(flat_out)
    assert readings.sensors[:, 0].tolist() == [70, 71]


def test_readings_alone_train_a_machine_that_learns_what_is_normal_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "press.csv"
    path.write_text("70,3\n71,3\n")
    lone = msgspec.structs.replace(PRESS, task="one_class")
    assert read_history(path, lone).sensors.tolist() == [[70, 3], [71, 3]]
    with pytest.raises(UserError, match=r"has 2 columns, .* there are 3, temperature, pressure, fault$"):
        read_history(path, PRESS)


def test_flags_of_one_number_stand_in_one_column(tmp_path: Path) -> None:
    machine = a_machine(
        sensors=(Sensor("hot", (0, 1), bit=0), Sensor("slow", (0, 1), bit=2)),
        csv=CsvDialect(header=False, columns={"hot": "throttled", "slow": "throttled"}),
    )
    assert sensor_columns(machine) == ["throttled"]
    path = tmp_path / "boards.csv"
    path.write_text(f"{flags_text([(0, 1.0), (2, 0.0)])},0\n{flags_text([(0, 0.0), (2, 1.0)])},1\n")
    expected = [[1, 0], [0, 1]]
    assert read_history(path, machine).sensors.tolist() == expected
    (readings,) = Replay(path, machine, {}).readings(flat_out)
    assert readings.sensors.tolist() == expected
