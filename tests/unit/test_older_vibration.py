"""The five paths of the older system of vibrations."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.batch import Floats
from tests.api_rig import LIMIT_BYTES, MACHINES, ApiRig, a_model, readings_of
from tests.workbook import workbook

MACHINE = MACHINES["vibration"]
READING = {"vibration_x": 52.0, "vibration_y": 86.0, "vibration_z": 10.5}


@pytest.fixture(scope="module")
def rig() -> ApiRig:
    return ApiRig()


def rows_of(count: int = 12) -> Floats:
    """Some of which lie outside of what is normal."""
    return readings_of(MACHINE, count, seed=5, spread=2.5)


def classes(rows: Floats) -> list[int]:
    faults = a_model("vibration").predict(rows).faults
    return [-1 if fault else 1 for fault in faults.tolist()]


def a_table(rows: Floats) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(MACHINE.sensor_names))
    table.insert(0, "time", np.arange(len(rows)) * 0.25)
    return table


def test_one_reading_is_answered_with_its_class_as_text(rig: ApiRig) -> None:
    answers = []
    for row in rows_of():
        sent = dict(zip(MACHINE.sensor_names, row.tolist(), strict=True))
        answers.append(rig.program.post("/predict", json=sent).json())
    wanted = [{"status": "success", "predicted_class": str(one)} for one in classes(rows_of())]
    assert answers == wanted
    assert {one["predicted_class"] for one in answers} == {"1", "-1"}


def test_several_readings_are_answered_with_their_classes_as_one_text(rig: ApiRig) -> None:
    sent = a_table(rows_of()).drop(columns="time").to_dict("records")
    answer = rig.program.post("/predict_batch", json=sent)
    said = ",".join(map(str, classes(rows_of())))
    assert answer.json() == {"status": "success", "predicted_class": f"[{said}]"}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("rows.csv", lambda table: table.to_csv(index=False).encode()),
        ("rows.txt", lambda table: table.to_csv(index=False, sep=";").encode()),
        ("rows.xlsx", workbook),
        ("rows.json", lambda table: table.to_json().encode()),
        ("rows.parquet", lambda table: table.to_parquet()),
    ],
)
def test_a_file_of_any_kind_is_answered_with_a_class_for_each_row(
    rig: ApiRig, name: str, make: Callable[[pd.DataFrame], bytes]
) -> None:
    rows = np.round(rows_of(), 6)
    answer = rig.program.post("/process_data", files={"file": (name, make(a_table(rows)))})
    assert answer.json() == {"predictions": classes(rows)}


def test_the_data_set_is_shown_by_column_and_row_and_scored_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "vibration.csv"
    table = a_table(rows_of())
    table.to_csv(path, index=False)
    program = ApiRig(compat_data=str(path)).program
    shown = program.get("/data").json()
    wanted = {
        name: dict(zip(map(str, range(12)), values, strict=True)) for name, values in table.to_dict("list").items()
    }
    assert shown == wanted
    assert list(shown) == ["time", *MACHINE.sensor_names]
    answer = program.post("/predict_path").json()
    assert answer == {"status": "success", "predicted_class": f"[{','.join(map(str, classes(rows_of())))}]"}


@pytest.mark.real_data
def test_the_public_file_answers_all_its_rows_on_every_path(real_data: Path) -> None:
    path = real_data / "vibration.csv"
    program = ApiRig(compat_data=str(path)).program
    table = pd.read_csv(path)
    assert {name: len(rows) for name, rows in program.get("/data").json().items()} == dict.fromkeys(table, 295)
    whole = json.loads(program.post("/predict_path").json()["predicted_class"])
    file = program.post("/process_data", files={"file": ("vibration.csv", path.read_bytes())}).json()["predictions"]
    sent = table[list(MACHINE.sensor_names)].to_dict("records")
    batch = json.loads(program.post("/predict_batch", json=sent).json()["predicted_class"])
    assert len(whole) == 295
    assert whole == file == batch == classes(table[list(MACHINE.sensor_names)].to_numpy())


def test_without_a_data_set_it_is_said_how_to_name_one(rig: ApiRig, tmp_path: Path) -> None:
    for ask in (rig.program.get, rig.program.post):
        answer = ask("/data" if ask == rig.program.get else "/predict_path")
        assert (answer.status_code, answer.json()["detail"]) == (
            404,
            "There is no data set here: COMPAT_DATA names its file.",
        )
    gone = ApiRig(compat_data=str(tmp_path / "gone.csv")).program.get("/data")
    assert (gone.status_code, gone.json()["detail"]) == (
        422,
        "the data set gone.csv (COMPAT_DATA) cannot be read: No such file or directory",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vibration_y": ...}, "row 1, column 'vibration_y': it is missing"),
        ({"vibration_y": None}, "row 1, column 'vibration_y': it is empty"),
        ({"vibration_y": " "}, "row 1, column 'vibration_y': it is empty"),
        ({"vibration_z": -0.5}, "row 1, column 'vibration_z': -0.5 is negative"),
        ({"vibration_z": "fast"}, "row 1, column 'vibration_z': 'fast' is not a number"),
        ({"vibration_z": True}, "row 1, column 'vibration_z': True is not a number"),
        ({"vibration_z": 1e300}, "row 1, column 'vibration_z': 1e+300 is not a number"),
        ({"vibration_w": 1}, "row 1, column 'vibration_w' is none of the machine's"),
        ({"vibration_x": 99_999}, "row 1: vibration_x is outside 0 to 10000"),
    ],
)
def test_a_reading_that_is_none_is_refused_with_its_row_and_column(
    rig: ApiRig, change: dict[str, Any], words: str
) -> None:
    sent = {name: value for name, value in (READING | change).items() if value is not ...}
    one = rig.program.post("/predict", json=sent)
    assert (one.status_code, one.json()["detail"]) == (422, words)
    many = rig.program.post("/predict_batch", json=[READING, sent])
    assert (many.status_code, many.json()["detail"]) == (422, words.replace("row 1", "row 2"))


@pytest.mark.parametrize("body", [[], {}, "text", 5, [5], None])
def test_what_is_no_list_of_readings_is_refused(rig: ApiRig, body: Any) -> None:
    assert rig.program.post("/predict_batch", json=body).status_code == 422


def zipped(size: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * size)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.csv",
            b"vibration_x,vibration_y,vibration_z\n52,86,10\n52,,10\n",
            "row 3, column 'vibration_y': it is empty",
        ),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n52,-86,10\n", "row 2, column 'vibration_y': -86 is negative"),
        (
            "a.csv",
            b"vibration_x,vibration_y,vibration_z\n52,x,10\n",
            "row 2, column 'vibration_y': 'x' is not a number",
        ),
        ("a.csv", b"vibration_x,vibration_z\n52,10\n", "the file has no column 'vibration_y'"),
        ("a.csv", b"", "the file has no rows"),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n", "the file has no rows"),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n1,2\n", "row 2 has 2 cells, the header 3"),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n=1+1,86,10\n", "row 2, column 'vibration_x': '=1+1' is not"),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n1e999,86,10\n", "row 2, column 'vibration_x': '1e999' is not"),
        ("a.csv", ",".join(map(str, range(100_000))).encode() + b"\n", "the file has no rows"),
        ("a.csv", b"vibration_x,vibration_y,vibration_z\n" + b"9" * 200_000 + b",86,10\n", "field larger than"),
        ("a.exe", b"MZ", "the file's name must end in one of"),
        ("a.xlsx", zipped(300 * 1024 * 1024), "the file unpacks to more than 256 MB"),
        ("a.xlsx", b"no archive", "the file cannot be read as XLSX"),
        ("a.parquet", b"no table", "the file cannot be read as PARQUET"),
        ("a.json", b"[" * 100_000, "the file"),
        ("a.json", b'{"vibration_x": {"0": 1}, "vibration_y": {}}', "the columns have different numbers of rows"),
    ],
)
def test_a_file_that_cannot_be_scored_is_refused_with_the_reason(
    rig: ApiRig, name: str, content: bytes, words: str
) -> None:
    answer = rig.program.post("/process_data", files={"file": (name, content)})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_what_is_no_form_or_too_large_is_refused(rig: ApiRig) -> None:
    assert rig.program.post("/process_data", json={}).status_code == 422
    large = rig.program.post("/process_data", files={"file": ("a.csv", b"0" * (LIMIT_BYTES + 1))})
    assert large.status_code == 413


def test_the_paths_need_a_key_unless_the_setting_says_otherwise() -> None:
    closed = ApiRig().without_key()
    assert closed.post("/predict", json=READING).status_code == 401
    assert closed.get("/data").status_code == 401
    opened = ApiRig(compat_without_key=True).without_key()
    assert opened.post("/predict", json=READING).status_code == 200
