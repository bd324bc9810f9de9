"""`./run bench`, small: that it measures and names everything. What it measures here means nothing."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.stream import CONTENDERS
from tests.processes import run

pytestmark = pytest.mark.bench


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data directory that Postgres' own user may enter when we are root."""
    with tempfile.TemporaryDirectory(prefix="faultline-bench-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def measured(name: str, folder: Path, *options: str) -> dict[str, Any]:
    file = folder / f"{name}.json"
    arguments = ["bench", name, "--quick", "--out", str(file), *options]
    done = run(arguments, {"DATA_DIRECTORY": str(folder / "data")}, seconds=540)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert found["quick"] is True
    assert set(found["machine"]) == {"cpu", "cores", "memory_gb", "os"}
    assert {"python", "kafka", "postgres", "scikit-learn"} <= set(found["versions"])
    assert found["commit"]
    assert found["settings"]["consumer"]["check.crcs"] is True
    assert not (folder / "data" / "bench").exists(), "its servers and their data are gone"
    return found


@pytest.mark.timeout(600)
def test_the_stream_bench_compares_ours_with_the_limit_and_with_other_ways(folder: Path) -> None:
    found = measured("stream", folder)
    assert all(found["ratios"][name] > 0 for name in ("lr_vs_copy", "rf_vs_copy", "lr_vs_quix_sink", "lr_vs_naive"))
    assert found["peak_rss_mb"] > 0
    assert set(found["runs"]) == set(CONTENDERS)
    ours = found["runs"]["lr"]["rounds"][0]
    assert ours["stored"] == found["settings"]["messages"]
    assert ours["messages"] >= ours["incidents"] > 0, "incidents and alerts were on"
    assert found["runs"]["copy"]["rounds"][0]["transactions"] == ours["transactions"]
    for name, run_of in found["runs"].items():
        assert run_of["readings_per_s"] > 0
        assert run_of["rounds"][0].get("complete", name == "bare"), f"{name} lost or doubled rows"


@pytest.mark.timeout(600)
def test_the_latency_bench_measures_every_rate(folder: Path) -> None:
    found = measured("latency", folder)
    assert set(found["by_rate"]) == {"200", "2000", "20000"}
    assert found["latency_ms"] == found["by_rate"]["2000"]
    for figures in found["by_rate"].values():
        assert 0 < figures["p50"] <= figures["p99"] <= figures["worst"]


@pytest.mark.timeout(600)
def test_the_growth_bench_compares_the_ends_of_an_axis(folder: Path) -> None:
    found = measured("growth", folder, "--only", "stored", "--only", "consumers")
    assert set(found["ratios"]) == {"stored", "consumers"}
    for axis, points in found["axes"].items():
        assert len(points) == 2
        assert points[0][axis] < points[1][axis]
        assert all(point["us_per_reading"] > 0 for point in points)


@pytest.mark.timeout(600)
def test_the_alerts_bench_follows_alerts_to_their_chats(folder: Path) -> None:
    found = measured("alerts", folder)
    seconds = found["reading_to_chat_s"]
    assert 0 < seconds["p50"] <= seconds["p99"] <= seconds["worst"]
    assert seconds["messages"] == seconds["alerts"] * found["settings"]["chats"] > 0
    assert found["healthy"]["readings"] == found["settings"]["backlog"]
    assert found["healthy"]["messages"] >= found["healthy"]["incidents"] >= 0
    assert found["healthy"]["judging_us_per_reading"] > 0


@pytest.mark.timeout(600)
def test_the_learning_bench_needs_no_server_and_tells_before_from_after(folder: Path) -> None:
    file = folder / "learning.json"
    done = run(["bench", "learning", "--quick", "--seed", "1", "--out", str(file)], {}, seconds=540)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["settings"]["seeds"] == [1]
    for name in ("false_alarms_per_device_day", "episode_recall", "unseen_mode_recall", "self_label_recall"):
        assert found[name]["before"] >= 0
        assert found[name]["after"] >= 0
    assert found["labels"] > 0


@pytest.mark.timeout(600)
def test_the_gate_bench_tells_what_was_refused_and_what_it_was_worth(folder: Path) -> None:
    file = folder / "gate.json"
    done = run(["bench", "gate", "--quick", "--seeds", "1", "--out", str(file)], {}, seconds=540)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["refused"]["flipping operator"] == found["of"] == 1
    assert all(one["reason"] for one in found["contests"])


def test_the_learning_bench_says_where_the_public_file_is_to_be_had(folder: Path) -> None:
    done = run(["bench", "learning", "--quick", "--ai4i", str(folder / "none.csv")], {})
    assert done.returncode == 2
    assert "none.csv is no file: AI4I 2020 as CSV is to be had at" in done.stderr


@pytest.mark.timeout(600)
def test_the_bulk_bench_scores_every_row_beside_spark_and_pandas(folder: Path) -> None:
    found = measured("bulk", folder)
    assert found["ours"]["scored"] > 0.9 * found["settings"]["rows"]
    assert found["ours"]["bad"] == 0
    assert found["spark"]["scored"] == found["ours"]["scored"]
    assert found["spark"]["rows_per_s"] > 0
    assert found["settings"]["file_gb"] >= found["settings"]["gigabytes"]
    assert all(found[name]["rows_per_s"] > 0 < found[name]["peak_rss_mb"] for name in ("ours", "pandas_whole"))


@pytest.mark.timeout(600)
def test_the_api_bench_asks_both_servers_at_an_even_rate_and_as_fast_as_they_answer(folder: Path) -> None:
    found = measured("api", folder)
    assert {"mlflow-skinny", "uvicorn"} <= set(found["settings"]["peers"]["versions"])
    for name in ("faultline", "mlflow"):
        figures = found[name]
        assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["worst_ms"]
        assert figures["requests_per_s"] > 0
    ours, theirs = (found[name]["requests_per_s"] for name in ("faultline", "mlflow"))
    assert found["ratio"] == pytest.approx(ours / theirs, rel=0.01)
