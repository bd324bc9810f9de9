"""A column that stands twice in a file: nobody knows which of the two is meant."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from core.errors import UserError
from model.csv_history import read_history
from producer.local_file import LocalFile
from producer.recorded import RecordedFile
from tests.builders import a_machine

PRESS = a_machine()


def a_file(folder: Path, header: str) -> Path:
    path = folder / "press.csv"
    cells = ",".join("1" for _ in header.split(","))
    path.write_text(f"{header}\n{cells}\n{cells}\n", encoding="utf-8-sig")
    return path


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("temperature,pressure,fault,temperature", "temperature"),
        ("temperature,pressure, pressure ,fault", "pressure"),
        ("fault,temperature,pressure,fault", "fault"),
        ("device,temperature,pressure,fault,device", "device"),
    ],
)
def test_it_is_refused_by_name_to_score_and_to_train(tmp_path: Path, header: str, column: str) -> None:
    path = a_file(tmp_path, header)
    with pytest.raises(UserError, match=f"press.csv has two columns '{column}': rename one"):
        RecordedFile(LocalFile(path), PRESS, {"label": "fault"})
    with pytest.raises(UserError, match=f"press.csv has two columns '{column}': rename one"):
        read_history(path, PRESS)


def test_one_that_nobody_reads_may_be_there_as_often_as_it_likes(tmp_path: Path) -> None:
    path = a_file(tmp_path, "note,temperature,pressure,note,fault,,")
    assert RecordedFile(LocalFile(path), PRESS, {}).layout.sensors == ["temperature", "pressure"]
    assert read_history(path, PRESS).sensors.tolist() == [[1, 1], [1, 1]]


def test_a_file_with_one_is_not_validated_as_good(tmp_path: Path) -> None:
    path = a_file(tmp_path, "temperature,vibration,humidity,temperature")
    result = CliRunner().invoke(main, ["validate", str(path), "--machine", "equipment"])
    assert result.exit_code != 0
    assert str(result.exception) == f"{path} has two columns 'temperature': rename one"
