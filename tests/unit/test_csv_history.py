from pathlib import Path

import numpy as np
import pytest

from core.csv_dialect import CsvDialect, Labels
from core.errors import UserError
from core.machine import Machine
from model.csv_history import read_history
from tests.builders import a_machine


def _file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "press.csv"
    path.write_text(text, encoding=encoding)
    return path


def _german() -> Machine:
    dialect = CsvDialect(
        separator=";", decimal=",", columns={"temperature": "Temperatur °C"}, values={"pressure": {"hoch": 6.0}}
    )
    return a_machine(csv=dialect, labels=Labels(column="ok", fault_value="0"))


def test_columns_become_readings_in_the_machines_order(tmp_path: Path) -> None:
    path = _file(tmp_path, "pressure,temperature,fault,device\n4,70,0,a\n,95.5,1,b\n")
    history = read_history(path, a_machine())
    np.testing.assert_array_equal(history.sensors, [[70, 4], [95.5, np.nan]])
    assert history.fault.tolist() == [False, True]
    assert list(history.devices) == ["a", "b"]


def test_a_dialect_with_semicolons_commas_words_and_the_other_polarity_is_read(tmp_path: Path) -> None:
    path = _file(tmp_path, "\ufeff;Temperatur °C;pressure;ok\n0;70,5;hoch;1\n1;95,25;hoch;0\n")
    history = read_history(path, _german())
    np.testing.assert_array_equal(history.sensors, [[70.5, 6], [95.25, 6]])
    assert history.fault.tolist() == [False, True]


def test_rows_are_put_in_order_of_time(tmp_path: Path) -> None:
    path = _file(tmp_path, "temperature,fault,time\n2,0,2026-01-01T00:00:02Z\n1,1,2026-01-01T00:00:01+00:00\n")
    history = read_history(path, a_machine())
    assert history.sensors[:, 0].tolist() == [1, 2]
    assert np.diff(history.times).tolist() == [1_000_000]


def test_an_optional_sensor_may_have_no_column(tmp_path: Path) -> None:
    history = read_history(_file(tmp_path, "temperature,fault\n70,0\n"), a_machine())
    assert np.isnan(history.sensors[0, 1])


def test_rows_that_the_stream_would_not_score_are_left_out(tmp_path: Path) -> None:
    path = _file(tmp_path, "temperature,fault\n70,0\n,0\n9999,1\n71,1\n")
    assert read_history(path, a_machine()).sensors[:, 0].tolist() == [70, 71]


@pytest.mark.parametrize("label", ["1", "1.0", " 1 "])
def test_a_number_as_label_may_be_written_in_any_way(tmp_path: Path, label: str) -> None:
    assert read_history(_file(tmp_path, f"temperature,fault\n70,{label}\n"), a_machine()).fault.tolist() == [True]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("temperature,fault\n", "no rows"),
        ("celsius,fault\n70,0\n", "no column 'temperature'.*it has 'celsius', 'fault'"),
        ("temperature\n70\n", "no column 'fault' .the label."),
        ("temperature,fault\n70,0\nhot,1\n", "row 3, column 'temperature': 'hot' is not a number"),
        ("temperature,fault\n70,0\n1e999,1\n", "row 3, column 'temperature': '1e999' is not a number"),
        ("temperature,fault\n70,\n", "row 2, column 'fault': '' is no label"),
        ("temperature,fault,time\n70,0,yesterday\n", "row 2, column 'time': 'yesterday' is not a time"),
        ("temperature,fault\n9999,0\n", "no row that could be scored"),
        ('temperature,fault\n"70,0\n', "cannot be read as CSV"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        read_history(_file(tmp_path, text), a_machine())


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="as CSV: byte 0xf6 is no text in UTF-8: save it as CSV in UTF-8"):
        read_history(_file(tmp_path, "temperature,fault\n70,ö\n", "latin-1"), a_machine())
