"""What the bench concludes and shows; that it measures is in tests/e2e/test_bench.py."""

import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from app.machines import load_machines
from app.wiring import ROOT
from bench.commits import Commits
from bench.document import BEGIN, END, with_measured
from bench.explaining import Plan, explaining
from bench.limit import transactions
from bench.paced import Published
from bench.plot import performance_png
from bench.results import AXES, CONTENDERS, FOLDER, READERS, SERVERS, Results, read_results
from bench.stream import conclusions
from core.errors import UserError
from db.copy import HEADER, TRAILER

DOCUMENT = f"# Performance\n\n{BEGIN}\nold\n{END}\n\nwords\n"


def some_results(**lost: int) -> Results:
    run = {"readings_per_s": 1000.0, "complete": True}
    runs = {name: {"readings_per_s": 1000.0, "rounds": [run]} for name in CONTENDERS}
    runs.update({name: {"readings_per_s": 10.0, "rounds": [{**run, "complete": False}]} for name in lost})
    ratios = dict.fromkeys(["lr_vs_copy", "rf_vs_copy", "lr_vs_quix_sink", "lr_vs_quix_batched", "lr_vs_naive"], 0.5)
    point = {"us_per_reading": 4.0, "cpu_us_per_reading": 3.0}
    figures = {"p50": 6.0, "p99": 12.0, "p99_9": 20.0, "worst": 30.0}
    asked = {"algorithm": "rf", "rate": 200.0, "connections": 16}
    served = {"p50_ms": 3.0, "p99_ms": 9.0, "worst_ms": 20.0, "requests_per_s": 400.0, "busy_p99_ms": 30.0}
    files = {"algorithm": "lr", "files": 8, "file_gb": 5.0, "rows": 67_000_000}
    read = {"rows_per_s": 500_000.0, "seconds": 135.0, "peak_rss_mb": 360.0}
    surroundings: dict[str, Any] = {
        "quick": False,
        "measured_at": "2026-01-02T03:04:05+00:00",
        "commit": "0123456789abcdef-changed",
        "machine": {"cpu": "A processor", "cores": 2, "memory_gb": 8.0, "os": "Linux"},
        "versions": {"python": "3.11", "kafka": "4.3", "postgres": "18", "numpy": "2.4"},
        "settings": {"messages": 2_000_000, "rounds": 3, "peers": {"versions": {"quixstreams": "3.28"}}},
    }
    return Results(
        {**surroundings, "runs": runs, "ratios": ratios, "peak_rss_mb": 300.0},
        {**surroundings, "by_model": {"lr": {"200": figures, "2000": figures}}},
        {
            **surroundings,
            "axes": {name: [{**point, name: 0}, {**point, name: 50_000_000}] for name in AXES},
            "ratios": dict.fromkeys(AXES, 1.2),
        },
        {**surroundings, "settings": {**surroundings["settings"], **asked}, **dict.fromkeys(SERVERS, served)},
        {**surroundings, "settings": {**surroundings["settings"], **files}, **dict.fromkeys(READERS, read)},
    )


def test_ratios_are_of_the_medians_and_the_peak_is_the_worst_of_all_rounds() -> None:
    rounds = {
        "lr": [{"readings_per_s": rate, "peak_rss_mb": rss} for rate, rss in ((90.0, 1.0), (100.0, 7.0), (500.0, 2.0))],
        "copy": [{"readings_per_s": rate} for rate in (200.0, 150.0, 900.0)],
    }
    found = conclusions(rounds)
    assert found["ratios"] == {"lr_vs_copy": 0.5}, "what did not run has no ratio"
    assert found["peak_rss_mb"] == 7.0


def test_the_limit_copies_in_the_transactions_of_the_consumer() -> None:
    rows = [bytes([number]) * 5 for number in range(6)]
    streams = transactions(HEADER + b"".join(rows) + TRAILER, [1, 3, 2])
    assert streams == [HEADER + b"".join(part) + TRAILER for part in (rows[:1], rows[1:4], rows[4:])]


def test_a_latency_ends_with_the_first_look_past_the_readings_own_offset() -> None:
    commits = Commits("")
    for partition, offset, at in ((0, 0, 0.0), (0, 2, 10.0), (0, 3, 11.0), (1, 1, 20.0)):
        commits.saw(partition, offset, at)
    published = Published(np.array([9.0, 9.5, 10.5, 19.0]), np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0]))
    assert commits.covers(published)
    assert commits.latencies_ms(published).tolist() == [1000.0, 500.0, 500.0, 1000.0]
    late = Published(np.array([12.0]), np.array([0]), np.array([3]))
    assert not commits.covers(late)


def test_the_measured_part_is_replaced_and_names_machine_commit_and_versions() -> None:
    text = with_measured(DOCUMENT, some_results())
    assert with_measured(text, some_results()) == text
    assert text.endswith("words\n")
    assert "old" not in text
    for word in (
        "A processor",
        "0123456789ab-changed",
        "Kafka 4.3",
        "numpy 2.4",
        "0.50 of the limit",
        "0 → 50 M",
        "16 connections",
        "500,000",
    ):
        assert word in text


def test_a_peer_that_lost_rows_is_shown_as_such() -> None:
    assert "lost or doubled" not in with_measured(DOCUMENT, some_results())
    assert "lost or doubled" in with_measured(DOCUMENT, some_results(naive=1))


def test_the_picture_is_a_png() -> None:
    assert performance_png(some_results()).startswith(b"\x89PNG")


def test_a_quick_run_is_never_shown_as_measured(tmp_path: Path) -> None:
    for name, report in some_results()._asdict().items():
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(report))
    read_results(tmp_path)
    quick = {**some_results().latency, "quick": True}
    (tmp_path / "latency.json").write_bytes(msgspec.json.encode(quick))
    with pytest.raises(UserError, match=r"latency\.json is of a --quick run"):
        read_results(tmp_path)


def test_what_the_document_says_was_measured_is_what_the_results_say() -> None:
    document = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    if FOLDER.exists():
        assert with_measured(document, read_results(FOLDER)) == document, "./run bench show"
    else:
        assert "Not measured yet" in document


@pytest.mark.parametrize("peers", ["bench/requirements.txt", "bench/requirements-mlflow.txt"])
def test_the_peers_have_the_libraries_that_our_model_was_pickled_with(peers: str) -> None:
    ours, theirs = (
        set(re.findall(r"^(?:numpy|scikit-learn)==[^\\\n]+", (ROOT / file).read_text(encoding="ascii"), re.MULTILINE))
        for file in ("requirements.txt", peers)
    )
    assert ours
    assert ours == theirs


def test_the_explain_bench_times_every_reading() -> None:
    said: list[str] = []
    plan = Plan(rows=2000, readings=20, algorithms=("lr",))
    found = explaining(load_machines(ROOT / "machines")["equipment"], plan, said.append)
    assert {"python", "scikit-learn", "shap"} <= set(found["versions"])
    figures = found["by_model"]["lr"]
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["worst_ms"]
    assert said[0].startswith("lr: prepared in")
