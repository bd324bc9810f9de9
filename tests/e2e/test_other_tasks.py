"""Machines whose models say more than fault or not: each told, answered in its own words, and taught by the answer."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.batch import Floats
from core.machine import Machine
from tests import films, plates, vibration
from tests.builders import NOON, a_reading
from tests.fake_telegram.client import Chats
from tests.phone import Phone, second_model
from tests.world import World, assert_invariants

ANN = 4711
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def worlds(installation: Callable[..., Mapping[str, World]]) -> Mapping[str, World]:
    """One installation of three of them, each with a topic of its own."""
    return installation("steel_plates", "permeability", "vibration")


@pytest.mark.timeout(400)  # three trainings and three retrainings, each a process
def test_a_defect_a_measured_value_and_an_n_each_reach_the_next_model(
    worlds: Mapping[str, World], telegram: Chats, tmp_path: Path
) -> None:
    world = worlds["steel_plates"]
    phone = Phone(world, telegram, ANN)
    trained(world, plates.written(tmp_path / "Faults.NNA", plates.some_plates(900)), "lr")
    trained(worlds["permeability"], films.written(tmp_path / "films.csv", films.some_films(500)), "lr")
    trained(worlds["vibration"], vibration.written(tmp_path / "vibration.csv", vibration.a_past(300)))
    for process in ("consumer", "alerts", "trainer"):
        world.start(process)

    dirt = dirt_that_looks_like_bumps(12)
    world.publish(readings(plates.PLATES, "line-1", dirt[:6]))
    told = phone.alert(1)
    likely = next(line for line in told["text"].splitlines() if line.startswith("Most likely: Bumps "))
    assert likely.count("%") == 3, "the three likeliest"
    assert "Check the rolls for dents." in told["text"]
    world.wait_until_read(6)
    phone.answer(told, "dirtiness")

    thick = np.vstack([films.a_film(16.5, "PA", 40.0)] * 8)  # no film came from so hot a hall: the line is too steep
    worlds["permeability"].publish(readings(films.FILM, "roll-1", thick))
    told = phone.alert(2)
    assert "Predicted: permeability " in told["text"]
    world.wait_until_read(14)
    phone.answer(told, "7.9")

    odd = vibration.around(vibration.ODD, 4)
    worlds["vibration"].publish(readings(vibration.VIBRATION, "spindle-1", odd))
    told = phone.alert(3)
    assert " % abnormal" in told["text"]
    world.wait_until_read(18)
    phone.answer(told, "n")

    answers = "SELECT verdict, defect, value FROM effective_label ORDER BY incident"
    assert [tuple(row) for row in world.rows(answers)] == [
        ("fault", "Dirtiness", None),
        ("false_alarm", "", 7.9),
        ("false_alarm", "", None),
    ]
    second_model(world, "steel_plates")
    second_model(world, "permeability", "--model", "hgb")
    second_model(world, "vibration")

    worlds["permeability"].publish(readings(films.FILM, "roll-2", thick, LATER))
    worlds["vibration"].publish(readings(vibration.VIBRATION, "spindle-2", odd, LATER))
    world.publish(readings(plates.PLATES, "line-2", dirt[6:], LATER))
    told = phone.alert(4)
    assert "Your device line-2 needs attention" in told["text"], "the others are not asked about again"
    assert "Most likely: Dirtiness " in told["text"]
    assert "Clean the rolls and the conveyer." in told["text"]
    world.wait_until_read(36)
    assert world.one("SELECT count(*) FROM alert") == 4
    phone.wait_until_explained()
    spoke_for = [next(line for line in alert["text"].splitlines() if "spoke for" in line) for alert in phone.alerts()]
    assert spoke_for == [
        f"What spoke for {what}:" for what in ("Bumps", "a higher permeability", "a fault", "Dirtiness")
    ]
    assert_invariants(world)


def trained(world: World, file: Path, *algorithm: str) -> None:
    """By the file."""
    model = [word for name in algorithm for word in ("--model", name)]
    world.run("train", world.machine, "--csv", str(file), *model)


def dirt_that_looks_like_bumps(count: int) -> Floats:
    """Plates of which the sensors say Bumps, where no plate ever lay."""
    sensors = plates.plates_of(np.full(count, plates.PLATES.classes.index("Bumps")), np.random.default_rng(8), 0.1)
    sensors[:, plates.PLATES.sensor_names.index("x_minimum")] = 3_000.0
    return sensors


def readings(machine: Machine, device: str, sensors: Floats, begin: datetime = NOON) -> list[dict[str, Any]]:
    """As its messages, a second apart."""
    return [
        a_reading(device, begin + timedelta(seconds=tick), **dict(zip(machine.sensor_names, row, strict=True)))
        for tick, row in enumerate(sensors.tolist())
    ]
