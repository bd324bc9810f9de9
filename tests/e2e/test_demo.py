"""`./run demo`, as the README's first command."""

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes import Running, run, wait_until


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that Postgres' own user may enter when we are root."""
    with tempfile.TemporaryDirectory(prefix="faultline-demo-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.timeout(300)
def test_the_demo_stores_what_it_produced_alerts_and_learns_labels(folder: Path) -> None:
    environment = {"DATA_DIRECTORY": str(folder / "data"), "PAGE_PORT": "0"}
    arguments = ["demo", "--seconds", "25", "--auto-reply", "0.8", "--summary", str(folder / "summary.json")]
    demo = Running(arguments, environment, folder / "log")
    try:
        wait_until(lambda: "machines are running" in demo.tail() or not demo.running, "the demo runs", 120)

        wait_until(lambda: "/login/" in demo.tail(), "somebody is let in to the page")
        link = re.search(r"http://127\.0\.0\.1:\d+/login/\S+", demo.tail())
        assert link, demo.tail()
        assert "Welcome, console" in httpx.get(link.group()).text

        second = run(["demo", "--seconds", "5"], environment)
        assert second.returncode == 2
        assert len(second.stderr.strip().splitlines()) == 1, second.stderr
        assert str(demo.pid) in second.stderr, "it names the process that is in the way"

        status = json.loads(run(["status", "--json"], environment).stdout)["machines"]["equipment"]
        assert status["champion"] == 1

        wait_until(lambda: not demo.running, "the demo ends by itself", 120)
        assert demo.stop() == 0, demo.tail()
    finally:
        demo.stop()
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["produced"] == summary["stored"] + summary["dead_letters"] > 1000
    assert (summary["duplicates"], summary["gaps"], summary["lag"]) == (0, 0, 0)
    assert summary["alerts"] >= 1
    assert summary["labels"] >= 1
