"""The older streaming monitoring system's devices in one test: its files, its messages, its way of asking people."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.fake_schema_registry import FakeSchemaRegistry
from tests.fake_telegram.client import Chats
from tests.older_pcs import DEVICES, messages, training_file
from tests.phone import Phone, second_model
from tests.processes import wait_until
from tests.world import World, assert_invariants

ANN = 4711
EACH = 200
MISTAKEN = 10


@pytest.fixture
def worlds(installation: Callable[..., Mapping[str, World]]) -> Mapping[str, World]:
    """One installation with a topic for each device."""
    return installation("pc1", "pc2", "raspberry")


@pytest.mark.timeout(400)  # three trainings and three retrainings, each a process
def test_its_messages_are_scored_its_files_train_and_an_n_reaches_the_next_model(
    worlds: Mapping[str, World], telegram: Chats, tmp_path: Path
) -> None:
    world = worlds["pc1"]
    phone = Phone(world, telegram, ANN)
    random = Random(16)
    for device in DEVICES:
        file = tmp_path / f"{device.name}.csv"
        file.write_text(training_file(device, 300, 100, random), encoding="utf-8")
        world.run("train", device.name, "--csv", str(file), "--model", "lr", "--seed", "16")
    for process in ("consumer", "alerts", "trainer"):
        world.start(process)

    begin = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for device in DEVICES:
        worlds[device.name].publish_raw(messages(device, EACH, begin, random))
    world.wait_until_read(len(DEVICES) * EACH)
    assert world.one("SELECT count(*) FROM dead_letter") == 0
    assert world.one("SELECT count(*) FROM reading WHERE score <> 'NaN' AND quality = 0") == len(DEVICES) * EACH
    assert_invariants(world)
    assert world.one("SELECT count(*) FROM alert") == 0, "all of them are fine"

    later = begin + timedelta(hours=1)
    for number, device in enumerate(DEVICES, start=1):
        worlds[device.name].publish_raw(messages(device, MISTAKEN, later, random, device.mistaken))
        alert = phone.alert(number)
        assert f"Your device {device.name} needs attention" in alert["text"]
        world.wait_until_read(len(DEVICES) * EACH + number * MISTAKEN)
        phone.answer(alert, "n")

    for device in DEVICES:
        second_model(world, device.name)
        worlds[device.name].publish_raw(messages(device, MISTAKEN, later + timedelta(hours=1), random, device.mistaken))
    world.wait_until_read(len(DEVICES) * (EACH + 2 * MISTAKEN))
    assert world.one("SELECT count(*) FROM alert") == len(DEVICES), "nobody is asked again"
    phone.wait_until_explained()
    strongest = ("temperature_cpu_package", "power_cpu_package", "cpu_temperature")
    for alert, sensor in zip(phone.alerts(), strongest, strict=True):
        assert f"What spoke for a fault:\n• {sensor}" in alert["text"]
    assert_invariants(world)


def test_while_the_schema_registry_is_away_messages_wait_and_then_each_is_checked_by_its_schema(
    worlds: Mapping[str, World],
) -> None:
    world, registry, random = worlds["pc1"], FakeSchemaRegistry(), Random(16)
    with registry.serving() as url:
        port = int(url.rpartition(":")[2])
    world.environment["SCHEMA_REGISTRY_URL"] = url
    world.run("train", "pc1", "--simulate", "--rows", "2000", "--model", "lr")
    consumer = world.start("consumer")
    begin = datetime(2026, 3, 1, 12, tzinfo=UTC)
    good = messages(DEVICES[0], 20, begin, random)
    hot = messages(DEVICES[0], 1, begin + timedelta(hours=1), random, {"TemperatureCPUPackage": 95.0})
    world.publish_raw([*good, *hot])
    wait_until(lambda: consumer.said("SCHEMA_REGISTRY_URL) is away"), f"it says that it waits\n{world.logs()}")
    assert world.one("SELECT count(*) FROM reading") == world.one("SELECT count(*) FROM dead_letter") == 0

    registry.knows(3, {"properties": {"TemperatureCPUPackage": {"maximum": 90}}})
    with registry.serving(port):
        world.wait_until_read(21)
        summary = world.folder / "summary.json"
        world.run("producer", "pc1", "--count", "30", "--rate", "0", "--fault-rate", "0", "--summary", str(summary))
        world.wait_until_read(51)
    assert world.one("SELECT count(*) FROM reading") == 50
    (letter,) = world.rows("SELECT reason, value FROM dead_letter")
    assert letter.reason.startswith("schema 3: 95.0 is greater than the maximum of 90")
    assert bytes(letter.value) == hot[0][1], "kept whole, to be replayed as it was"
    assert registry.asked.count("/schemas/ids/3") == 1
    assert registry.subjects == {f"{world.topic}-value": 4}, "the producer's"
    assert_invariants(world)
    assert consumer.stop() == 0
