import io
import json
import zipfile
from collections.abc import Callable

import msgspec
import numpy as np
import pandas as pd
import pytest

from core.batch import Floats
from core.csv_dialect import CsvDialect
from core.errors import UserError
from core.machine import Machine
from model import sent_excel, sent_file
from model.sent_file import read_sent_file
from tests.builders import a_machine
from tests.workbook import workbook

ROWS = np.array([[70.1, 3.25], [1e-7, np.nan], [-12.000000000000002, 4.0]])
PRESS = a_machine()


def _table() -> pd.DataFrame:
    return pd.DataFrame({"row": [1, 2, 3], "temperature": ROWS[:, 0], "pressure": ROWS[:, 1], "device": "press-1"})


def _excel() -> bytes:
    return workbook(_table()[["temperature", "pressure"]])


def _parquet() -> bytes:
    packed = io.BytesIO()
    _table().to_parquet(packed)
    return packed.getvalue()


def _csv(separator: str = ",", decimal: str = ".", encoding: str = "utf-8") -> bytes:
    return _table().to_csv(index=False, sep=separator, decimal=decimal).encode(encoding)


def _records() -> list[dict[str, float | None]]:
    return [{"temperature": one, "pressure": None if np.isnan(two) else two} for one, two in ROWS.tolist()]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("comma.csv", _csv),
        ("semicolon.csv", lambda: _csv(";")),
        ("german.csv", lambda: _csv(";", ",")),
        ("quoted.csv", lambda: _csv(",", ",")),
        ("tab.tsv", lambda: _csv("\t")),
        ("pipe.txt", lambda: _csv("|")),
        ("windows.CSV", lambda: _csv(";", ",", "utf-8-sig").replace(b"\n", b"\r\n")),
        ("excel.csv", lambda: _csv("\t", ".", "utf-16")),
        ("sheet.xlsx", _excel),
        ("records.json", lambda: json.dumps(_records()).encode()),
        ("named.json", lambda: json.dumps({"readings": _records()}).encode()),
        ("columns.json", lambda: _table().astype(object).where(_table().notna(), None).to_json().encode()),
        ("table.parquet", _parquet),
    ],
)
def test_the_same_rows_come_out_of_every_kind_of_file_to_the_last_bit(name: str, make: Callable[[], bytes]) -> None:
    read: Floats = read_sent_file(PRESS, name, make())
    wanted = ROWS if name != "columns.json" else np.round(ROWS, 10)  # how pandas writes JSON
    np.testing.assert_array_equal(read, wanted)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("data.csv", b"temperature,pressure\n70,3\nhot,4\n", "row 3, column 'temperature': 'hot' is not a number"),
        ("data.csv", b"temperature;x\n1.234,5;1\n", "'1.234,5' is not a number"),
        ("data.csv", b"temperature\n1\n2,3\n", "row 3 has 2 cells, the header 1"),
        ("data.csv", b"temperature\n1_0\n", "row 2, column 'temperature': '1_0' is not a number"),
        ("data.csv", b"temperature\n1e999\n", "not a number"),
        ("data.csv", b"temperature,x,x,temperature\n1,2,3,4\n", "the file has two columns 'temperature': rename one"),
        ("data.csv", b"heat\n1\n", "the file has no column 'temperature'; it has 'heat'"),
        (
            "data.csv",
            b",".join(b"c%d" % number for number in range(100)) + b"\n" + b"1," * 99 + b"1\n",
            "'c19' and 80 more",
        ),
        ("data.json", msgspec.json.encode([{"x" * 10_000: 1}]), "it has 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'"),
        ("data.csv", b"temperature\n", "the file has no rows"),
        ("data.csv", b"", "the file has no rows"),
        ("data.json", b"[1, 2]", "JSON must be a list of objects"),
        ("data.json", b'{"temperature": [1], "pressure": [1, 2]}', "different numbers of rows"),
        ("data.json", b"{", "cannot be read as JSON"),
        ("data.json", b"[" * 100_000, "nested too deeply"),
        ("data.xlsx", b"PK", "cannot be read as XLSX"),
        ("data.parquet", b"PAR1", "cannot be read as PARQUET"),
        ("data.pickle", b"", "must end in one of .csv, .json"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_row_and_column(name: str, content: bytes, words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_sent_file(PRESS, name, content)
    assert words in str(caught.value)


def test_columns_may_be_named_and_written_as_in_the_machines_training_files() -> None:
    dialect = CsvDialect(columns={"temperature": "T [°C]"}, values={"pressure": {"low": 1.0}})
    machine = msgspec.structs.replace(PRESS, csv=dialect)
    read = read_sent_file(machine, "a.csv", "T [°C];pressure\n70,5;low\n".encode("cp1252"))
    np.testing.assert_array_equal(read, [[70.5, 1.0]])


HEADERLESS = msgspec.structs.replace(PRESS, csv=CsvDialect(header=False, separator="\t"))


@pytest.mark.parametrize(
    "content",
    [
        "70.5\t3\n71\t\n",
        "70.5\t3\t0\n71\t\t1\n",
        "70.5,3\r\n71,\r\n",
        "70,5;3;0\n71;;1\n",
        "pressure,note,temperature\n3,-,70.5\n,-,71\n",
    ],
)
def test_a_file_without_a_header_holds_the_sensors_of_a_machine_whose_files_have_none(content: str) -> None:
    np.testing.assert_array_equal(read_sent_file(HEADERLESS, "a.csv", content.encode()), [[70.5, 3], [71, np.nan]])


@pytest.mark.parametrize(
    ("machine", "content", "words"),
    [
        (HEADERLESS, "70.5\t3\nhot\t3\n", "row 2, column 'temperature': 'hot' is not a number"),
        (HEADERLESS, "70.5\t3\n70\n", "row 2 has 1 cells, the first row 2"),
        (HEADERLESS, "70.5\n", "the file has 1 columns, .* there are 3, temperature, pressure, fault, or the first 2"),
        (PRESS, "70.5,3\n", "the file has no rows"),
        (PRESS, "70.5,3\n70,3\n", "the file has no column 'temperature'; it has '70.5', '3'"),
    ],
)
def test_of_a_file_without_a_header_rows_are_counted_from_the_first_one(
    machine: Machine, content: str, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        read_sent_file(machine, "a.csv", content.encode())


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_excel, "_MOST_UNPACKED", 1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (2 << 20))
    with pytest.raises(UserError, match="unpacks to more than 1 MB"):
        read_sent_file(PRESS, "a.xlsx", packed.getvalue())


def test_a_file_of_too_many_rows_is_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_file, "MOST_ROWS", 2)
    for name, content in (("a.parquet", _parquet()), ("a.csv", _csv())):
        with pytest.raises(UserError, match="has 3 rows; at most 2"):
            read_sent_file(PRESS, name, content)


def test_a_sheet_with_a_cell_far_out_is_refused_and_ends_nobody() -> None:
    table = pd.DataFrame({"temperature": [70.0], "pressure": [3.0]})
    for row, place in ((1, "XFD1048576"), (1048576, "XFD1048576"), (1048576, "P1048576")):
        far = f'<row r="{row}"><c r="{place}"><v>1</v></c></row></sheetData>'.encode()
        packed = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(workbook(table))) as good, zipfile.ZipFile(packed, "w") as archive:
            for name in good.namelist():
                archive.writestr(name, good.read(name).replace(b"</sheetData>", far))
        with pytest.raises(UserError, match="the sheet has more than 10,000,000 cells"):
            read_sent_file(PRESS, "a.xlsx", packed.getvalue())
