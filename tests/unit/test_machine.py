from pathlib import Path

import pytest

from app.machines import load_machines, pick_machine
from app.wiring import ROOT
from core.errors import UserError
from core.machine_file import parse_machine

MINIMAL = """
title = "Press"

[[sensors]]
name = "temperature"
usual = [50, 80]

[[sensors]]
name = "pressure"
usual = [2, 6]
optional = true
"""

LINE = '[[places]]\nname = "Line 1"\ndevices = ["press-1*"]'
ROLLING = "rolling = "
ENGINEERED = "optional = true\n[[engineered]]\nname = "


def test_a_new_machine_is_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "press.toml").write_text(MINIMAL)
    machine = load_machines(tmp_path)["press"]
    assert machine.sensor_names == ("temperature", "pressure")
    assert machine.topics == ("readings.press",)


def test_the_machines_that_come_with_the_project_are_sound() -> None:
    assert {"equipment", "ai4i", "pc1", "pc2", "raspberry"} <= set(load_machines(ROOT / "machines"))


def test_files_name_a_sensor_as_messages_do_where_nothing_else_is_said() -> None:
    fields = 'name = "pressure"\nfield = "PressureBar"'
    machine = parse_machine(MINIMAL.replace('name = "pressure"', fields), "press", "press.toml")
    assert machine.csv.columns == {"pressure": "PressureBar"}
    other = MINIMAL.replace('name = "pressure"', fields) + '[csv.columns]\npressure = "p"'
    assert parse_machine(other, "press", "press.toml").csv.columns == {"pressure": "p"}


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ('title = "Press"', "title = Press", 2, "Invalid value"),
        ('title = "Press"', "topics = []", 2, "length >= 1"),
        ('title = "Press"', 'topics = ["a topic"]', 2, "topics[0]"),
        ('title = "Press"', 'topics = [".."]', 2, "topics[0]"),
        ('title = "Press"', 'key = "machine"', 2, "'machine'; it is one of any, device"),
        ('title = "Press"', 'task = "guess"', 2, "it is one of defects, fault, one_class, regression"),
        ('name = "pressure"', 'nam = "pressure"', 9, "nam"),
        ("usual = [2, 6]", 'usual = "wide"', 10, "sensors[1].usual"),
        ("usual = [2, 6]", "usual = [6, 2]", 10, "must rise"),
        ('name = "pressure"', 'name = "temperature"', 9, "a second sensor named temperature"),
        ('name = "pressure"', 'name = "Pressure (bar)"', 9, "sensors[1].name"),
        ("optional = true", "optional = true\n[incident]\nopen_after = 9", 13, "cannot be more than of_last"),
        ("optional = true", "optional = true\n[incident]\nclose_after = 0", 13, "incident.close_after"),
        ("optional = true", "optional = true\n[alerts]\nmedium_after = 9e3", 13, "cannot be more than high_after"),
        (
            "optional = true",
            "optional = true\n[alerts]\nreminders = 3\nhigh_probability = 0.4",
            12,
            "medium_probability",
        ),
        ("optional = true", "optional = true\n[alerts]\nhigh_probability = 90", 13, "alerts.high_probability"),
        ("optional = true", "optional = true\n[model]\nmissed_fault_costs = 0", 13, "model.missed_fault_costs"),
        (
            "optional = true",
            "optional = true\n[model]\nmissed_fault_costs = 2\nalarms_per_device_day = 1",
            14,
            "name one of them",
        ),
        ("optional = true", "optional = true\n[alerts]\nremind_after = 0", 13, "alerts.remind_after"),
        ("optional = true", "optional = true\n[alerts]\nremind = 60", 13, "unknown field `remind`"),
        ("optional = true", 'optional = true\n[[places]]\nname = "Line 1"\ndevices = []', 14, "places[0].devices"),
        ("optional = true", f"optional = true\n{LINE}\n{LINE}", 16, "a second place named Line 1"),
        ("optional = true", "optional = true\nmaximum = 1e300", 8, "within ±3e+38"),
        ("optional = true", "optional = true\nstuck_after = 1", 12, "stuck_after"),
        ('title = "Press"', 'time_zone = "Europe/Berlyn"', 2, "no time zone is named Europe/Berlyn"),
        ('title = "Press"', 'time_format = "%Y-%m-%d@%H:%M:%S"', 2, "name it with time_zone"),
        ('title = "Press"', 'time_format = "%Y %Q"', 2, "cannot be read back"),
        ('title = "Press"', 'time_format = "%Y%Y"', 2, "cannot be read back"),
        ('title = "Press"', 'time_format = "ISO8601"\ntime_zone = "UTC"', 2, "is read back as 1900-01-01"),
        ('title = "Press"', 'time_format = "%Y-%m-%d %I:%M"\ntime_zone = "UTC"', 2, "is read back as 2026-03-01 02:05"),
        ('title = "Press"', 'texts = ["time"]', 2, "time is no text"),
        (
            "optional = true",
            f'{ENGINEERED}"pressure"\nexpression = "2 * pressure"',
            13,
            "a second sensor",
        ),
        (
            "optional = true",
            f'{ENGINEERED}"heat"\nexpression = "2 * presure"',
            14,
            "no sensor named presure",
        ),
        (
            "optional = true",
            f'{ENGINEERED}"heat"\nexpression = "heat + 1"',
            14,
            "no sensor named heat",
        ),
        ('title = "Press"', 'message = { layout = "round" }', 2, "it is one of flat, nested"),
        ('title = "Press"', 'message = { id = "no", time = "no" }', 2, "cannot both stand in the field no"),
        ('title = "Press"', 'message = { layout = "flat", id = "pressure" }', 8, "the field pressure holds no sensor"),
        ("optional = true", 'optional = true\nfield = "temperature"', 12, "is that of temperature already"),
        ("optional = true", "optional = true\nbit = 3", 12, "name the field whose bit it is"),
        ("optional = true", 'optional = true\nfield = "flags"\nbit = 3', 13, "set minimum = 0 and maximum = 1"),
        ("optional = true", "optional = true\nbit = 64", 12, "sensors[1].bit"),
        (
            "optional = true",
            f'{ROLLING}{{ of = "presure", function = "mean", readings = 3 }}',
            11,
            "no sensor named presure",
        ),
        (
            "optional = true",
            f'{ROLLING}{{ of = "pressure", function = "mean", readings = 3 }}',
            11,
            "no sensor named pres",
        ),
        ("optional = true", f'{ROLLING}{{ of = "temperature", function = "mean", readings = 1 }}', 11, ">= 2"),
        ("optional = true", f'{ROLLING}{{ of = "temperature", function = "sum", readings = 3 }}', 11, "mean"),
        (
            "optional = true",
            f'stuck_after = 9\n{ROLLING}{{ of = "temperature", function = "max", readings = 3 }}',
            11,
            "not of a rolling sensor",
        ),
        ("optional = true", "optional = true\n[csv.columns]\ntemprature = 'T'", 12, "no sensor named temprature"),
        ("optional = true", "optional = true\n[csv.values]\ntemprature = { L = 0 }", 12, "no sensor named temprature"),
    ],
)
def test_a_wrong_line_is_named(before: str, after: str, line: int, says: str) -> None:
    with pytest.raises(UserError, match=r"press\.toml") as caught:
        parse_machine(MINIMAL.replace(before, after), "press", "machines/press.toml")
    assert says in str(caught.value)
    assert f":{line}:" in str(caught.value) or f"line {line}," in str(caught.value)


def test_two_machines_cannot_share_a_topic(tmp_path: Path) -> None:
    (tmp_path / "press.toml").write_text(MINIMAL)
    (tmp_path / "stamp.toml").write_text('topics = ["readings.press"]\n' + MINIMAL)
    with pytest.raises(UserError, match=r"readings\.press belongs to press and to stamp"):
        load_machines(tmp_path)


def test_an_unknown_machine_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "press.toml").write_text(MINIMAL)
    with pytest.raises(UserError, match="no machine named pres: there are press"):
        pick_machine(load_machines(tmp_path), "pres")


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="MACHINES_DIRECTORY"):
        load_machines(tmp_path)
