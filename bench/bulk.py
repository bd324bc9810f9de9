"""`bench bulk`: large CSV files scored by `./run score`, by it on Spark, and by the usual pandas script."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
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
_SPARK = "local[2]"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much, by which model."""

    gigabytes: float = 5.0
    files: int = 8
    """Of a size; Spark takes a file as a task."""
    algorithm: Algorithm = "lr"
    block: int = 100_000
    """Simulated readings; each file repeats them."""


QUICK = Plan(gigabytes=0.01, files=2, block=5_000)


def bulk(installation: Installation, plan: Plan) -> Mapping[str, Any]:
    """All on the same files, one after the other, each a process of its own; times include its start."""
    machine = installation.machine(ROOT / "machines")
    folder = installation.folder / "bulk"
    installation.progress.say(f"writing {plan.gigabytes:g} GB of readings into {plan.files} files")
    rows, size = write_lake(folder, machine, plan)
    with installation.trained([plan.algorithm]) as trained:
        champion = trained[plan.algorithm]
        with installation.database(champion) as database:
            environment = {**installation.environment, "DATABASE_URL": database.url, "S3_BUCKET": champion.bucket}
            score = partial(_scored, installation, environment, ["score", str(folder), "--machine", machine.name])
            ours = score("ours.parquet")
            spark = score("spark", "--engine", "spark", "--master", _SPARK)
        installation.progress.say("the same by pandas, read as a whole")
        sensors, out = ",".join(machine.sensor_names), installation.folder / "pandas.parquet"
        peer = cost_of(
            "bench.peers.pandas_whole",
            [str(folder), str(champion.pickle), sensors, str(out)],
            {"PYTHONPATH": str(ROOT)},
            installation.folder / "pandas.log",
        )
    counted = json.loads(ours.said)
    # What Spark's Java machine and its workers held and used is not the command's own.
    on_spark = {"rows_per_s": rows / spark.seconds, "seconds": spark.seconds}
    return {
        "settings": {**asdict(plan), "rows": rows, "file_gb": size / 1e9, "spark": _SPARK, **_peers()},
        "ours": {**_figures(ours, rows), "scored": counted["scored"], "bad": counted["bad"]},
        "spark": {**on_spark, "scored": json.loads(spark.said)["scored"]},
        "pandas_whole": _figures(peer, rows),
        "ratio": peer.seconds / ours.seconds,
        "spark_ratio": spark.seconds / ours.seconds,
    }


def _peers() -> Mapping[str, Any]:
    return {"peers": {"versions": {name: version(name) for name in ("pandas", "pyspark")}}}


def _scored(
    installation: Installation, environment: Mapping[str, str], arguments: Sequence[str], out: str, *engine: str
) -> Cost:
    installation.progress.say(f"./{' '.join(['run', arguments[0], *engine])}")
    written = ["--out", str(installation.folder / out), "--json"]
    return cost_of("app", [*arguments, *written, *engine], environment, installation.folder / f"{out}.log")


def write_lake(folder: Path, machine: Machine, plan: Plan) -> tuple[int, int]:
    """A folder of CSV files in the machine's dialect, together of so many gigabytes; their rows and bytes."""
    folder.mkdir()
    one = replace(plan, gigabytes=plan.gigabytes / plan.files)
    files = [folder / f"{number}.csv" for number in range(plan.files)]
    rows = sum(write_readings(file, machine, one) for file in files)
    return rows, sum(file.stat().st_size for file in files)


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
