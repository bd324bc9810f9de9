"""What cannot be is said before anything is done about it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.commands import producer
from core.errors import UserError


@pytest.mark.parametrize("option", [["--model", "lr"], ["--search"]])
def test_a_model_that_a_machine_cannot_have_is_refused_before_anything_is_simulated(option: list[str]) -> None:
    result = CliRunner().invoke(main, ["train", "vibration", "--simulate", "--dry-run", *option])
    assert isinstance(result.exception, UserError)
    assert "its model is a one-class SVM" in str(result.exception)
    assert result.stderr == ""


def test_a_data_set_that_is_not_there_is_refused_before_the_api_starts(tmp_path: Path) -> None:
    gone = tmp_path / "gone.csv"
    result = CliRunner().invoke(main, ["api"], env={"COMPAT_DATA": str(gone)})
    assert isinstance(result.exception, UserError)
    assert str(result.exception) == f"COMPAT_DATA: there is no file {gone}: name one, or leave the setting empty"


def test_where_spans_cannot_go_the_producer_makes_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise UserError("no spans")

    def made(*_: object) -> None:
        raise AssertionError("a topic was made")

    monkeypatch.setattr(producer, "spans_of", refuse)
    monkeypatch.setattr(producer, "ensure_topics", made)
    servers = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    result = CliRunner().invoke(main, ["producer"], env=servers)
    assert str(result.exception) == "no spans"
