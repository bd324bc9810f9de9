"""Where `score` writes, as it is said on the command line."""

from pathlib import Path

import click
import pytest

from app.scores_out import ScoresOut, ScoreTable


def test_a_table_or_a_file_is_meant(tmp_path: Path) -> None:
    assert ScoresOut().convert("postgres:march_2026", None, None) == ScoreTable("march_2026")
    assert ScoresOut().convert(str(tmp_path / "a.parquet"), None, None) == tmp_path / "a.parquet"


@pytest.mark.parametrize("name", ["", "March", "2026", "a-b", "a.b", 'a"b', "x" * 51, "march_bad", "march_part"])
def test_a_name_that_no_table_can_have_is_refused(name: str) -> None:
    with pytest.raises(click.BadParameter, match="no table can be called"):
        ScoresOut().convert(f"postgres:{name}", None, None)


@pytest.mark.parametrize("text", ["postgres", "postgresql://me:hunter2@host/db"])
def test_the_table_alone_is_named_and_no_password_is_repeated(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"write postgres:NAME, for table scores\.NAME") as refused:
        ScoresOut().convert(text, None, None)
    assert "hunter2" not in refused.value.message
