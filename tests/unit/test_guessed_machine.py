import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.machines import load_machines
from core.errors import UserError
from core.incident_policy import IncidentPolicy
from core.machine import Machine
from core.machine_file import parse_machine
from core.machine_text import machine_text
from model.csv_history import read_history
from model.guessed_dialect import guess_dialect
from model.guessed_machine import guess_machine

GERMAN_HEADER = "Gerät;Zeitstempel;Temperatur [°C];Druck (bar);Güte;Zähler;Art;Fehlerart;OK"


@pytest.fixture
def german(tmp_path: Path) -> Path:
    """Semicolons, decimal commas, German headers, a label of health, and columns that are no sensors."""
    random, lines = np.random.default_rng(1), [GERMAN_HEADER]
    for row in range(400):
        faulty = row % 10 == 0
        celsius = f"{random.normal(95 if faulty else 65, 3):.2f}".replace(".", ",")
        bar = "" if row % 7 == 0 else f"{random.normal(4, 0.3):.2f}".replace(".", ",")
        time = f"01.03.2026 {row // 3600:02}:{row // 60 % 60:02}:{row % 60:02}"
        lines.append(
            f"p{row % 3};{time};{celsius};{bar};1;{row};{'ABC'[row % 3]};{int(faulty or row == 1)};{int(not faulty)}"
        )
    path = tmp_path / "german.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def guessed(path: Path, label: str, fault_value: str | None = None) -> tuple[Machine, str]:
    said: list[str] = []
    return guess_machine("press", path, label, fault_value, said.append), "\n".join(said)


def test_dialect_units_names_ranges_and_label_are_guessed_and_said(german: Path) -> None:
    machine, said = guessed(german, "OK")
    assert (machine.csv.separator, machine.csv.decimal) == (";", ",")
    assert (machine.csv.device, machine.csv.time, machine.csv.time_format) == (
        "device",
        "Zeitstempel",
        "%d.%m.%Y %H:%M:%S",
    )
    assert machine.labels.fault_value == "0"
    assert "because the column is called 'OK'" in said
    by_name = {sensor.name: sensor for sensor in machine.sensors}
    assert by_name["temperatur"].unit == "°C"
    assert 55 < by_name["temperatur"].usual[0] < by_name["temperatur"].usual[1] < 75, "of healthy rows alone"
    assert (by_name["druck"].unit, by_name["druck"].optional) == ("bar", True)
    assert machine.csv.values["art"] == {"A": 0, "B": 1, "C": 2}


def test_what_is_no_sensor_is_left_out_and_said(german: Path) -> None:
    machine, said = guessed(german, "OK")
    assert {"gute", "zahler", "fehlerart"}.isdisjoint(machine.sensor_names)
    assert "Güte: always the same in normal rows, left out" in said
    assert "Zähler: counts the rows, left out" in said
    assert "Fehlerart: one of its two values comes with faults alone" in said


def test_the_file_reads_back_as_the_machine_and_its_history_is_read_with_it(german: Path) -> None:
    machine, _ = guessed(german, "OK")
    again = parse_machine(machine_text(machine, "a remark"), "press", "press.toml")
    assert again == machine
    history = read_history(german, again)
    assert (len(history), int(history.fault.sum())) == (400, 40)


@pytest.mark.parametrize(
    ("cells", "column", "fault"),
    [
        (["0", "0", "0", "1"], "fault", "1"),
        (["False", "False", "True"], "broken", "True"),
        (["normal", "normal", "NOK"], "state", "NOK"),
        (["1", "1", "0"], "healthy", "0"),
        (["red", "green", "green"], "light", "red"),
    ],
)
def test_the_value_that_means_fault_is_told_by_word_by_column_or_by_being_rare(
    tmp_path: Path, cells: list[str], column: str, fault: str
) -> None:
    path = tmp_path / "label.csv"
    path.write_text("\n".join([f"speed,{column}", *(f"{place * 1.5},{cell}" for place, cell in enumerate(cells))]))
    assert guessed(path, column)[0].labels.fault_value == fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("speed,state\n1,a\n2,b\n3,c\n", "has 3 values .* with --fault VALUE"),
        ("speed,state\n1,a\n2,a\n", "has 1 values"),
        ("speed,state\n1,a\n2,\n", "some rows have no label"),
        ("speed,fault\n1,a\n2,b\n", "has no column 'state'; it has 'speed', 'fault'"),
        ("name,state\nx,a\nx,b\n", "no column of numbers that could be a sensor"),
        ("speed\n1\n", "no separator"),
        ("speed,state\n", "no header with rows below it"),
    ],
)
def test_what_cannot_be_guessed_is_one_line_with_its_remedy(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "label.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=complaint):
        guessed(path, "state")


@pytest.mark.parametrize(("separator", "decimal"), [(",", "."), (";", ","), ("\t", ","), ("|", ".")])
def test_separator_and_decimal_mark_are_seen(tmp_path: Path, separator: str, decimal: str) -> None:
    path = tmp_path / "some.csv"
    rows = [["a", "b", "c"], *([f"1{decimal}5", f"{row}{decimal}25", "x"] for row in range(9))]
    path.write_text("\n".join(separator.join(row) for row in rows))
    assert guess_dialect(path) == (separator, decimal)


def new(folder: Path, *arguments: str) -> Result:
    return CliRunner(env={"MACHINES_DIRECTORY": str(folder)}).invoke(main, ["machines", "new", *arguments])


def test_a_new_machine_is_written_measured_and_never_overwritten(tmp_path: Path, german: Path) -> None:
    folder = tmp_path / "machines"
    folder.mkdir()
    done = new(folder, "oven", "--csv", str(german), "--label", "OK")
    assert done.exit_code == 0, done.output
    assert "PR-AUC 1.000" in done.stdout, "95 °C are told from 65 °C with ease"
    machine = load_machines(folder)["oven"]
    assert machine.incident == IncidentPolicy()
    written = (folder / "oven.toml").read_text(encoding="utf-8")
    again = new(folder, "oven", "--csv", str(german), "--label", "OK")
    assert isinstance(again.exception, UserError)
    assert "exists already" in str(again.exception)
    assert (folder / "oven.toml").read_text(encoding="utf-8") == written


def test_a_name_that_is_none_writes_nothing(tmp_path: Path, german: Path) -> None:
    done = new(tmp_path, "Oven 1", "--csv", str(german), "--label", "OK")
    assert isinstance(done.exception, UserError)
    assert "name" in str(done.exception)
    assert not list(tmp_path.glob("*.toml"))


def test_of_the_public_milling_data_the_failure_modes_are_no_sensors(real_data: Path) -> None:
    machine, said = guessed(real_data / "ai4i2020.csv", "Machine_failure")
    assert machine.labels.fault_value == "1"
    assert machine.incident.open_after == 1, "rows without time and device are single pieces"
    assert {"torque", "tool_wear", "air_temperature", "type"} <= set(machine.sensor_names)
    assert {"twf", "hdf", "pwf", "osf", "udi"}.isdisjoint(machine.sensor_names), said
    assert json.dumps("Nm") in machine_text(machine, "")
