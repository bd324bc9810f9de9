"""`bench bulk`: a large CSV file scored by `./run score` and by the usual pandas script: rows a second, memory."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.cost import Cost, cost_of
from bench.installation import TRAINING_DEVICES, Installation
from bench.process import ROOT
from core.machine import Machine
from core.training_options import Algorithm
from producer.history import simulated_history

_SEED = 0
_FAULT_RATE = 0.02


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a file, by which model."""

    gigabytes: float = 5.0
    algorithm: Algorithm = "lr"
    block: int = 100_000
    """Simulated readings; the file repeats them."""


QUICK = Plan(gigabytes=0.01, block=5_000)


def bulk(installation: Installation, plan: Plan) -> Mapping[str, Any]:
    """Both on the same file, one after the other, each a process of its own; times include its start."""
    machine = installation.machine(ROOT / "machines")
    file = installation.folder / "bulk.csv"
    installation.progress.say(f"writing {plan.gigabytes:g} GB of readings")
    rows = write_readings(file, machine, plan)
    with installation.trained([plan.algorithm]) as trained:
        champion = trained[plan.algorithm]
        with installation.database(champion) as database:
            environment = {**installation.environment, "DATABASE_URL": database.url, "S3_BUCKET": champion.bucket}
            installation.progress.say(f"./run score of {rows:,} rows")
            arguments = ["score", str(file), "--machine", machine.name, "--json"]
            scores = installation.folder / "ours.parquet"
            ours = cost_of("app", [*arguments, "--out", str(scores)], environment, installation.folder / "score.log")
        installation.progress.say("the same by pandas, read as a whole")
        sensors, out = ",".join(machine.sensor_names), installation.folder / "pandas.parquet"
        peer = cost_of(
            "bench.peers.pandas_whole",
            [str(file), str(champion.pickle), sensors, str(out)],
            {"PYTHONPATH": str(ROOT)},
            installation.folder / "pandas.log",
        )
    counted = json.loads(ours.said)
    return {
        "settings": {**asdict(plan), "rows": rows, "file_gb": file.stat().st_size / 1e9},
        "ours": {**_figures(ours, rows), "scored": counted["scored"], "bad": counted["bad"]},
        "pandas_whole": _figures(peer, rows),
        "ratio": peer.seconds / ours.seconds,
    }


def write_readings(file: Path, machine: Machine, plan: Plan) -> int:
    """A CSV file of at least so many gigabytes in the machine's dialect; returns its rows."""
    past = simulated_history(machine, TRAINING_DEVICES, plan.block, _SEED, _FAULT_RATE)
    times = np.datetime_as_string(past.times.view("datetime64[us]"), unit="ms", timezone="UTC").tolist()
    lines = [
        f"{device},{time},{','.join('' if value != value else f'{value:.4f}' for value in values)}\n"
        for device, time, values in zip(past.devices, times, past.sensors.tolist(), strict=True)
    ]
    block, rows = "".join(lines).encode(), 0
    with file.open("wb") as written:
        written.write(f"{machine.csv.device},{machine.csv.time},{','.join(machine.sensor_names)}\n".encode())
        while written.tell() < plan.gigabytes * 1e9:
            written.write(block)
            rows += len(lines)
    return rows


def _figures(cost: Cost, rows: int) -> dict[str, float]:
    return {
        "rows_per_s": rows / cost.seconds,
        "seconds": cost.seconds,
        "cpu_s": cost.cpu_s,
        "peak_rss_mb": cost.peak_rss_mb,
    }
