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


@pytest.mark.timeout(900)
def test_the_demo_stores_what_it_produced_alerts_and_learns_labels(folder: Path) -> None:
    environment = {"DATA_DIRECTORY": str(folder / "data"), "PAGE_PORT": "0"}
    arguments = ["demo", "--auto-reply", "0.8", "--summary", str(folder / "summary.json")]
    demo = Running(arguments, environment, folder / "log")
    try:
        wait_until(lambda: demo.said("machines are running") or not demo.running, "the demo runs", 240)

        wait_until(lambda: demo.said("/login/"), "somebody is let in to the page")
        link = re.search(r"http://127\.0\.0\.1:\d+/login/\S+", demo.log.read_text())
        assert link, demo.tail()
        assert "Welcome, console" in httpx.get(link.group()).text

        second = run(["demo", "--seconds", "5"], environment)
        assert second.returncode == 2
        assert len(second.stderr.strip().splitlines()) == 1, second.stderr
        assert str(demo.pid) in second.stderr, "it names the process that is in the way"

        def equipment() -> dict[str, int]:
            found: dict[str, int] = json.loads(run(["status", "--json"], environment).stdout)["machines"]["equipment"]
            return found

        assert equipment()["champion"] == 1
        wait_until(lambda: equipment()["labels"] > 0 and equipment()["readings"] > 1000, "it learns labels", 180)
        assert demo.stop(240) == 0, demo.tail()
    finally:
        demo.stop(240)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["produced"] == summary["stored"] + summary["dead_letters"] > 1000
    assert (summary["duplicates"], summary["gaps"], summary["lag"]) == (0, 0, 0)
    assert summary["alerts"] >= 1
    assert summary["labels"] >= 1
