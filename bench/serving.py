"""`bench api`: single predictions over HTTP by `./run api` and by MLflow's model server, one forest."""

import json
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bench.cost import cost_of
from bench.database import Database
from bench.http_load import Served, Target, answers, at_rate, one_after_the_other, request
from bench.installation import Installation, Trained
from bench.peer_environment import MLFLOW
from bench.process import ROOT, Process, run
from bench.waiting import wait
from core.machine import Machine
from core.training_options import Algorithm
from producer.history import simulated_history

Rows = Sequence[Sequence[float]]
_FAULT_RATE = 0.02
_DIFFERENT = 2000
"""Readings to choose from; each is sent in turn."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked."""

    algorithm: Algorithm = "rf"
    rate: float = 200.0
    seconds: float = 30.0
    warm_up_s: float = 3.0
    connections: int = 16
    """Open at once; of the second part, each with one request on its way."""


QUICK = Plan(seconds=2.0, warm_up_s=1.0)


def serving(installation: Installation, plan: Plan) -> Mapping[str, Any]:
    """Of each server: latencies at an even rate, then how many it answers when every connection asks at once."""
    MLFLOW.prepare(installation.progress)
    machine = installation.machine(ROOT / "machines")
    sensors = simulated_history(machine, 10, _DIFFERENT, 0, _FAULT_RATE).sensors
    readings = sensors[~np.isnan(sensors).any(axis=1)].tolist()  # an absent sensor has no place in MLflow's request
    with installation.trained([plan.algorithm]) as trained:
        champion = trained[plan.algorithm]
        with (
            installation.database(champion) as database,
            _ours(installation, champion, database, machine, readings) as target,
        ):
            ours = _measured(installation, "faultline", target, plan)
        with _mlflow(installation, champion, readings) as target:
            peer = _measured(installation, "mlflow", target, plan)
    return {
        "settings": {**asdict(plan), "peers": {"versions": MLFLOW.versions()}},
        "faultline": ours,
        "mlflow": peer,
        "ratio": ours["requests_per_s"] / peer["requests_per_s"],
    }


def _measured(installation: Installation, name: str, target: Target, plan: Plan) -> dict[str, float]:
    one_after_the_other(target, plan.warm_up_s, plan.connections)
    installation.progress.say(f"{name}: {plan.rate:g} requests a second for {plan.seconds:g} s")
    even = at_rate(target, plan.rate, plan.seconds, plan.connections)
    installation.progress.say(f"{name}: {plan.connections} connections that never rest")
    most = one_after_the_other(target, plan.seconds, plan.connections)
    return {**_figures(even), "requests_per_s": most.answers_per_s, "busy_p99_ms": _figures(most)["p99_ms"]}


def _figures(served: Served) -> dict[str, float]:
    p50, p99 = np.percentile(served.seconds * 1000, [50, 99]).tolist()
    return {"p50_ms": p50, "p99_ms": p99, "worst_ms": float(served.seconds.max() * 1000)}


def _for_us(machine: Machine, readings: Rows, key: str) -> list[bytes]:
    return [
        request(
            f"/api/v1/machines/{machine.name}/predict",
            json.dumps({"sensors": dict(zip(machine.sensor_names, values, strict=True))}).encode(),
            [f"Authorization: Bearer {key}"],
        )
        for values in readings
    ]


def _for_mlflow(readings: Rows) -> list[bytes]:
    return [request("/invocations", json.dumps({"inputs": [values]}).encode()) for values in readings]


@contextmanager
def _ours(
    installation: Installation, champion: Trained, database: Database, machine: Machine, readings: Rows
) -> Iterator[Target]:
    """Once it answers."""
    settings = {"DATABASE_URL": database.url, "S3_BUCKET": champion.bucket, "API_PORT": "0", "API_REQUESTS_PER_S": "0"}
    environment, log = {**installation.environment, **settings}, installation.folder / "api.log"
    run(["operators", "add", "bench", "--page"], environment, installation.folder / "keys.log")
    arguments = ["api-keys", "add", "bench", "--operator", "bench", "--scope", "predict"]
    key = cost_of("app", arguments, environment, installation.folder / "keys.log").said.strip()
    with Process(["api"], environment, log) as process:
        wait(lambda: "the API is on" in log.read_text(), process, "did not serve")
        found = re.search(r"the API is on http://[^:]+:(\d+)", log.read_text())
        assert found is not None, "it says where it is"
        target = Target(int(found.group(1)), _for_us(machine, readings, key))
        wait(lambda: answers(target), process, "did not serve the champion", pause_s=0.1)
        yield target


@contextmanager
def _mlflow(installation: Installation, champion: Trained, readings: Rows) -> Iterator[Target]:
    """Once it answers."""
    port = _free_port()
    log = installation.folder / "mlflow.log"
    arguments = [str(champion.pickle), str(installation.folder / "mlflow"), str(port)]
    program = (str(MLFLOW.python), "-m", "bench.peers.mlflow_server")
    with Process(arguments, {"PYTHONPATH": str(ROOT)}, log, program) as process:
        target = Target(port, _for_mlflow(readings))
        wait(lambda: answers(target), process, "did not serve", pause_s=0.1)
        yield target


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
