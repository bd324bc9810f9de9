"""Files that readings are recorded in, and those that are written beside them."""

import gzip
from pathlib import Path

import click
import pytest

from app.history_sources import history_sources
from app.kept_apart import KeptApart
from app.new_file import NewFile
from app.recorded_files import need_other_files
from app.settings import read_settings
from core.bad_cell import BadCell
from core.errors import UserError
from producer.local_file import LocalFile
from producer.table import Table
from tests.builders import a_machine

LINES = b"device,time,temperature\n" + b"press-1,2026-03-01T12:00:00Z,70\n" * 50_000


def test_a_packed_file_that_is_cut_off_or_damaged_is_named(tmp_path: Path) -> None:
    packed = gzip.compress(LINES)
    for content in (packed[: len(packed) // 2], packed[:1000] + b"other" + packed[1005:]):
        file = tmp_path / "old.csv.gz"
        file.write_bytes(content)
        with pytest.raises(UserError, match=rf"^{file} cannot be read.*: it is cut off or damaged: copy it anew"):
            for _ in Table(LocalFile(file), a_machine()).chunks(["temperature"], ["device", "time"]):
                pass


def test_a_file_that_is_read_is_never_written_over(tmp_path: Path) -> None:
    read, beside = tmp_path / "lake" / "march.csv", tmp_path / "lake" / "scores.txt"
    read.parent.mkdir()
    for file in (read, beside):
        file.write_text("device\n")
    for place in (read, read.parent):
        with pytest.raises(UserError, match=r"march\.csv is one of the files that are read: name another one"):
            need_other_files([beside, Path(f"{read.parent}/../lake/march.csv")], place)
        need_other_files([beside, read.with_name("new.csv"), tmp_path / "march.csv"], place)


def test_of_several_files_each_says_whose_readings_it_holds(tmp_path: Path) -> None:
    def read() -> int:
        with history_sources(read_settings({}), a_machine(), {}, tmp_path, "settings", None, None) as sources:
            return len(sources)

    (tmp_path / "press-1.csv").write_text("time,temperature,pressure\n")
    assert read() == 1, "all of one device"
    (tmp_path / "press-2.csv").write_text("device,time,temperature,pressure\n")
    with pytest.raises(UserError, match=r"^press-1\.csv has no column 'device': of several files each says whose"):
        read()


def test_nothing_is_written_to_an_address() -> None:
    with pytest.raises(click.BadParameter, match=r"s3://lake/scores\.parquet is no file of this machine"):
        NewFile().convert("s3://lake/scores.parquet", None, None)


def test_bad_rows_are_never_put_in_the_place_of_somebodys_file(tmp_path: Path) -> None:
    path = tmp_path / "press.bad.csv"
    path.write_text("device,time\n")
    with (
        pytest.raises(UserError, match=r"press\.bad\.csv is there and holds no bad rows of an earlier run"),
        KeptApart(path),
    ):
        raise AssertionError("it is refused before anything is read")
    assert path.read_text() == "device,time\n"


def test_bad_rows_are_shown_and_not_computed_by_a_spreadsheet_and_go_once_they_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "press.bad.csv"
    with KeptApart(path) as kept:
        kept.write("a.csv", [BadCell(3, "device", "=1+1", "no name")])
    assert path.read_text().splitlines()[1] == "a.csv,3,device,'=1+1,no name"
    with KeptApart(path):
        pass
    assert not path.exists()
