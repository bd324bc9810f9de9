import uuid
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.csv_dialect import CsvDialect, Labels
from core.errors import UserError
from core.machine import Defect, Machine
from core.sensor import Sensor
from core.target import Target
from producer.readings import Readings
from producer.replay import Replay
from producer.schedule import Schedule, at_rate, at_speed, flat_out
from tests.builders import a_machine

PLAIN = """\
device,time,temperature,pressure,fault
press-1,2026-03-01T12:00:00Z,71.5,3.25,0
press-2,2026-03-01T12:00:01+01:00,95,,1
"""
GERMAN = """\
;Gerät;Zeit;Temperatur;pressure
0;press-1;2026-03-01 12:00:00;71,5;3,25
1;press-2;2026-03-01 12:00:01;-0,125;
"""
GERMAN_DIALECT = CsvDialect(
    separator=";", decimal=",", device="Gerät", time="Zeit", columns={"temperature": "Temperatur"}
)


def replayed(
    path: Path, machine: Machine | None = None, mapping: Mapping[str, str] | None = None, schedule: Schedule = flat_out
) -> list[Readings]:
    return list(Replay(path, machine or a_machine(), mapping or {}).readings(schedule))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.csv"


def complaint(path: Path, text: str, machine: Machine | None = None, mapping: Mapping[str, str] | None = None) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        replayed(path, machine, mapping)
    return str(caught.value)


def test_a_row_becomes_a_reading(file: Path) -> None:
    file.write_text(PLAIN)
    (readings,) = replayed(file)
    assert readings.devices == ["press-1", "press-2"]
    assert readings.times.tolist() == [1_772_366_400_000_000, 1_772_362_801_000_000]
    np.testing.assert_array_equal(readings.sensors, [[71.5, 3.25], [95, np.nan]])
    assert readings.truths == ["normal", "fault:labelled"]


def test_semicolons_and_decimal_commas_are_read(file: Path) -> None:
    file.write_text(GERMAN, encoding="utf-8")
    (readings,) = replayed(file, a_machine(csv=GERMAN_DIALECT))
    np.testing.assert_array_equal(readings.sensors, [[71.5, 3.25], [-0.125, np.nan]])
    assert readings.devices == ["press-1", "press-2"]


def test_a_byte_order_mark_is_no_part_of_the_first_column(file: Path) -> None:
    file.write_text(PLAIN, encoding="utf-8-sig")
    assert replayed(file)[0].devices == ["press-1", "press-2"]


def test_columns_are_mapped_on_the_command_line_before_the_machines_file(file: Path) -> None:
    file.write_text("when,oven,temperature,Temp\n2026-03-01T12:00:00Z,7,1,71.5\n")
    machine = a_machine(csv=CsvDialect(columns={"temperature": "Temperatur"}))
    (readings,) = replayed(file, machine, {"temperature": "Temp", "device": "oven", "time": "when"})
    assert readings.devices == ["7"]
    np.testing.assert_array_equal(readings.sensors, [[71.5, np.nan]])


def test_text_becomes_the_number_that_the_machine_says(file: Path) -> None:
    machine = a_machine(sensors=(Sensor("grade", (0, 2)),), csv=CsvDialect(values={"grade": {"L": 0, "M": 1, "H": 2}}))
    file.write_text("grade\nM\nL\nH\n")
    np.testing.assert_array_equal(replayed(file, machine)[0].sensors, [[1], [0], [2]])


def test_without_device_and_time_rows_belong_to_the_machine_and_are_a_second_apart(file: Path) -> None:
    file.write_text("temperature\n70\n71\n72\n")
    (readings,) = replayed(file)
    assert readings.devices == ["press"] * 3
    assert np.diff(readings.times).tolist() == [1_000_000, 1_000_000]
    assert readings.truths is None


def test_a_number_is_read_to_the_last_bit(file: Path) -> None:
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789.123456789]
    file.write_text("temperature\n" + "\n".join(map(repr, numbers)) + "\n")
    assert replayed(file)[0].sensors[:, 0].tolist() == numbers


def test_parquet_gives_the_same_readings_as_csv(file: Path) -> None:
    file.write_text(PLAIN)
    table = pd.read_csv(file)
    table["time"] = pd.to_datetime(table["time"], utc=True)
    table.to_parquet(file.with_suffix(".parquet"))
    (of_csv,), (of_parquet,) = replayed(file), replayed(file.with_suffix(".parquet"))
    np.testing.assert_array_equal(of_csv.sensors, of_parquet.sensors)
    np.testing.assert_array_equal(of_csv.times, of_parquet.times)
    assert (of_csv.devices, of_csv.truths) == (of_parquet.devices, of_parquet.truths)


def test_a_file_of_any_length_is_read_in_pieces(file: Path) -> None:
    file.write_text("temperature\n" + "70\n" * 25_000)
    pieces = replayed(file)
    assert [len(piece) for piece in pieces] == [10_000, 10_000, 5_000]
    times = np.concatenate([piece.times for piece in pieces])
    assert (np.diff(times) == 1_000_000).all()


def test_the_same_file_gives_the_same_ids_and_another_file_others(file: Path) -> None:
    file.write_text(PLAIN)
    first, again = replayed(file)[0].ids, replayed(file)[0].ids
    file.write_text(PLAIN.replace("71.5", "71.6"))
    assert first == again
    assert not set(first) & set(replayed(file)[0].ids)
    assert all(uuid.UUID(text).version == 7 for text in first)


def test_the_same_file_read_from_other_columns_gives_other_ids(file: Path) -> None:
    file.write_text("temperature,inside\n70,71\n")
    assert replayed(file)[0].ids != replayed(file, mapping={"temperature": "inside"})[0].ids


def test_a_missing_column_is_named_with_the_columns_there_are(file: Path) -> None:
    message = complaint(file, "temp,pressure\n70,3\n")
    assert "no column 'temperature'" in message
    assert "'temp', 'pressure'" in message
    assert "--map temperature=COLUMN" in message


def test_a_missing_column_is_found_before_any_row_is_read(file: Path) -> None:
    file.write_text("pressure\n3\n")
    with pytest.raises(UserError, match="no column 'temperature'"):
        Replay(file, a_machine(), {})


def test_a_mapped_column_must_exist_even_for_an_optional_sensor(file: Path) -> None:
    assert "no column 'p'" in complaint(file, "temperature\n70\n", mapping={"pressure": "p"})


def test_a_mapping_of_an_unknown_sensor_lists_the_sensors(file: Path) -> None:
    assert "there are temperature, pressure" in complaint(
        file, "temperature\n70\n", mapping={"temprature": "temperature"}
    )


@pytest.mark.parametrize(
    ("cell", "complaint_about"),
    [
        ("hot", "row 3, column 'temperature': 'hot' is not a number"),
        ("inf", "row 3, column 'temperature': 'inf' is not a finite number"),
        ("true", "row 3, column 'temperature': 'true' is not a number"),
        ("7,5", "cannot be read"),
    ],
)
def test_a_cell_that_is_no_number_is_named_by_row_and_column(file: Path, cell: str, complaint_about: str) -> None:
    assert complaint_about in complaint(file, f"temperature\n70\n{cell}\n71\n")


def test_a_wrong_cell_far_down_is_named_by_its_row_in_the_file(file: Path) -> None:
    assert "row 12346," in complaint(file, "temperature\n" + "70\n" * 12_344 + "hot\n")


def test_an_unknown_word_lists_the_known_ones(file: Path) -> None:
    machine = a_machine(sensors=(Sensor("grade", (0, 2)),), csv=CsvDialect(values={"grade": {"L": 0, "M": 1}}))
    assert "'X' is none of L, M" in complaint(file, "grade\nL\nX\n", machine)


@pytest.mark.parametrize(
    ("text", "complaint_about"),
    [
        ("device,temperature\n,70\n", "row 2, column 'device': '' is no device's name"),
        ("time,temperature\nyesterday,70\n", "row 2, column 'time': 'yesterday' is not a time"),
        ("", "is empty"),
        ("temperature,pressure\n70,3\n70,3,1\n", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_why(file: Path, text: str, complaint_about: str) -> None:
    message = complaint(file, text)
    assert complaint_about in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["absent.csv", "absent.parquet", "", "broken.parquet", "latin1.csv"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.parquet").write_text("no parquet")
    (tmp_path / "latin1.csv").write_bytes("temperature,Gerät\n1,ü\n".encode("latin1"))
    with pytest.raises(UserError, match="cannot be read"):
        replayed(tmp_path / name)


def test_labels_are_the_machines_own_column_and_value(file: Path) -> None:
    machine = a_machine(labels=Labels(column="ok", fault_value="0"))
    file.write_text("temperature,ok\n70,1\n90,0\n90,0.0\n")
    assert replayed(file, machine)[0].truths == ["normal", "fault:labelled", "fault:labelled"]


def test_of_several_defects_a_row_that_names_one_is_a_fault(file: Path) -> None:
    defects = (Defect("Crack"), Defect("Bent_edge"))
    machine = a_machine(task="defects", defects=defects, labels=Labels(column="defect", normal="fine"))
    file.write_text("temperature,defect\n70,fine\n90,crack\n91,Bent edge\n71,\n")
    truths = replayed(file, machine)[0].truths
    assert truths == ["normal", "fault:labelled", "fault:labelled", "normal"]


def test_what_a_measured_value_makes_of_a_row_is_not_said_by_another_column(file: Path) -> None:
    machine = a_machine(task="regression", target=Target("thickness", high=3))
    file.write_text("temperature,thickness,fault\n70,2,1\n")
    assert replayed(file, machine)[0].truths is None


def test_speed_follows_the_times_of_the_file_and_a_late_row_goes_in_its_turn(file: Path) -> None:
    seconds = [0, 10, 5, 30]
    rows = "".join(f"2026-03-01T12:00:{second:02d}Z,70\n" for second in seconds)
    file.write_text("time,temperature\n" + rows)
    assert replayed(file, schedule=at_speed(10))[0].due.tolist() == [0, 1, 1, 3]


def test_a_rate_spreads_rows_evenly_across_pieces(file: Path) -> None:
    file.write_text("temperature\n" + "70\n" * 10_002)
    assert replayed(file, schedule=at_rate(100))[1].due.tolist() == [100.0, 100.01]


def test_the_public_milling_data_is_read_whole(real_data: Path) -> None:
    from app.machines import load_machines

    machine = load_machines(Path(__file__).parent.parent.parent / "machines")["ai4i"]
    readings = replayed(real_data / "ai4i2020.csv", machine)
    assert sum(len(piece) for piece in readings) == 10_000
    assert sum(piece.truths.count("fault:labelled") for piece in readings if piece.truths) == 339
    assert not np.isnan(readings[0].sensors).any()


def test_two_columns_of_one_name_are_refused(file: Path) -> None:
    assert "two columns 'temperature'" in complaint(file, "temperature,temperature \n70,71\n")


def test_a_row_with_more_cells_than_the_header_is_named(file: Path) -> None:
    assert "row 2 has more cells than its header" in complaint(file, "temperature,pressure\n70,3,5\n")
    assert "Expected 2 fields in line 3, saw 3" in complaint(file, "temperature,pressure\n70,3\n70,3,5\n")
