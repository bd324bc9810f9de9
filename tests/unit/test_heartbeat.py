import os
from pathlib import Path

import pytest

from app.heartbeat import BeatingNotices, Heartbeat
from core.errors import UserError


class NoNotices:
    def wait(self, seconds: float) -> bool:
        return False


def test_a_loop_that_comes_round_to_wait_shows_that_it_lives(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    notices = BeatingNotices(NoNotices(), Heartbeat(str(file)))
    os.utime(file, (0, 0))
    assert notices.wait(0) is False
    assert file.stat().st_mtime > 0


def test_without_a_file_there_is_no_heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Heartbeat("").beat()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HEARTBEAT_FILE"):
        Heartbeat(str(tmp_path / "nowhere" / "heartbeat"))
