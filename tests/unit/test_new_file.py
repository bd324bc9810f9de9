import os
from pathlib import Path

import click
import pytest

from app.new_file import NewFile


def _refused(path: Path) -> str:
    with pytest.raises(click.BadParameter) as refused:
        NewFile().convert(str(path), None, None)
    return refused.value.message


def test_a_file_in_folders_that_are_to_be_made_is_fine_and_nothing_is_made_yet(tmp_path: Path) -> None:
    wanted = tmp_path / "results" / "today" / "out.json"
    assert NewFile().convert(str(wanted), None, None) == wanted
    assert not (tmp_path / "results").exists()


def test_a_folder_holds_no_result(tmp_path: Path) -> None:
    assert _refused(tmp_path) == f"{tmp_path} is a folder that is there already: name something new in it"


def test_below_a_file_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert _refused(tmp_path / "file" / "out.json").endswith(f"{tmp_path / 'file'} is no folder")


def test_where_we_may_not_write_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs as root may write anywhere
    assert _refused(tmp_path / "out.json") == f"{tmp_path / 'out.json'} cannot be written: no permission for {tmp_path}"
