"""Sensors that are computed from a device's last readings, on the real servers, while consumers die."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from app.machines import load_machines
from app.models import model_source
from app.settings import read_settings
from core.prediction import ModelVersion
from tests.builders import NOON, a_reading
from tests.conftest import Servers
from tests.rolling import worked_out
from tests.world import World, assert_invariants

_ROUNDS = 2
_READINGS = 1000
_STORED = """
    SELECT kafka_partition, name, sensors, score FROM reading JOIN device ON device.id = reading.device
     ORDER BY kafka_partition, kafka_offset"""


def test_scores_are_those_of_one_uninterrupted_run_however_often_consumers_are_killed(
    servers: Servers, owner: Engine, tmp_path: Path
) -> None:
    world = World(servers, owner, tmp_path, machine="machine_temperature")
    try:
        world.run("train", "machine_temperature", "--simulate", "--rows", "4000", "--model", "lr")
        for number, readings in enumerate(_readings(), start=1):
            consumer = world.start("consumer")
            world.publish(readings[: _READINGS // 2])
            world.wait_for(
                "SELECT coalesce(sum(stored), 0) > :some FROM ingest_partition", "it works", some=_some(number)
            )
            world.publish(readings[_READINGS // 2 :])
            consumer.kill()
        world.start("consumer")
        world.wait_until_read(_ROUNDS * _READINGS)
        assert_invariants(world)

        machine = load_machines(tmp_path / "machines")["machine_temperature"]
        settings = read_settings(world.environment)
        model = model_source(settings, owner).load(machine, ModelVersion("machine_temperature", 1))
        of_partition: dict[int, list[Any]] = defaultdict(list)
        for row in world.rows(_STORED):
            of_partition[row.kafka_partition].append(row)
        assert len(of_partition) == 2
        for rows in of_partition.values():
            expected = np.array(worked_out(machine, [(row.name, row.sensors, True) for row in rows]))
            assert expected.tobytes() == np.array([row.sensors for row in rows]).tobytes()
            assert not np.isnan(expected[-1]).any()
            assert model.predict(expected).scores.tobytes() == np.array([row.score for row in rows]).tobytes()

        again = json.loads(world.run("rescore", "machine_temperature", "--version", "1", "--json").stdout)
        assert (again["tally"]["same_version"], again["tally"]["differing"]) == (_ROUNDS * _READINGS, 0)
    finally:
        world.end()


def _some(number: int) -> int:
    """Readings after which the consumer of this round has stored some of its own."""
    return (number - 1) * _READINGS + 100


def _readings() -> Iterator[list[dict[str, Any]]]:
    """Rounds of readings of six devices."""
    chance, at = random.Random(7), NOON
    for _ in range(_ROUNDS):
        found = []
        for _ in range(_READINGS):
            at += timedelta(seconds=1)
            device = f"mill-{chance.randrange(6)}"
            found.append(a_reading(device, at, temperature=round(chance.gauss(85, 8), 3)))
        yield found
