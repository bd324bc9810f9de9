"""A device that falls silent, through the real Kafka, a real consumer and its restarts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.builders import NOON, a_reading
from tests.conftest import Servers
from tests.world import World, assert_invariants

SILENT = "SELECT count(*) = :count FROM incident WHERE kind = 'silent' AND closed_offset IS NULL"


@pytest.fixture
def one_partition(servers: Servers, owner: Engine, tmp_path: Path) -> Iterator[World]:
    made = World(servers, owner, tmp_path, partitions=1)
    made.run("train", made.machine, "--simulate", "--model", "lr", "--seed", "1")
    yield made
    made.end()


def speak(world: World, devices: list[str], second: int) -> None:
    world.publish(
        a_reading(
            device, NOON + timedelta(seconds=second), temperature=65.0, vibration=1.5, humidity=50.0, pressure=35.0
        )
        for device in devices
    )


def test_a_device_that_falls_silent_is_told_once_across_a_crash_and_is_over_when_it_speaks(
    one_partition: World,
) -> None:
    world = one_partition
    consumer = world.start("consumer", KAFKA_SESSION_TIMEOUT_MS="1500")
    speak(world, ["pump-1", "pump-2"], 0)
    world.wait_until_read(2)
    consumer.kill()
    consumer = world.start("consumer", KAFKA_SESSION_TIMEOUT_MS="1500")
    for second in (300, 600, 601):
        speak(world, ["pump-1"], second)
    world.wait_for(SILENT, "pump-2 is silent", count=1)
    assert world.one("SELECT name FROM incident JOIN device d ON d.id = device") == "pump-2"
    consumer.kill()
    world.start("consumer", KAFKA_SESSION_TIMEOUT_MS="1500")
    speak(world, ["pump-2"], 602)
    world.wait_for(SILENT, "pump-2 speaks again", count=0)
    assert world.one("SELECT count(*) FROM alert") == 1
    assert_invariants(world)
