"""A version in the shadow of a real consumer: it scores what the champion scores, and nobody hears of it."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOON, a_reading
from tests.challenger import named, publish_version_2, version_2
from tests.processes import wait_until
from tests.world import World, assert_invariants

NEARLY_ALL = 1e-12
"""As a threshold: next to everything is a fault."""


def readings(device: str, temperature: float, vibration: float) -> Sequence[dict[str, Any]]:
    """Ten, one a second."""
    return [
        a_reading(
            device,
            NOON + timedelta(seconds=tick),
            temperature=temperature + tick / 10,
            vibration=vibration,
            humidity=50.0,
            pressure=35.0,
        )
        for tick in range(10)
    ]


@pytest.mark.timeout(300)
def test_a_version_in_the_shadow_never_alerts_and_is_judged_by_the_same_verdicts(trained: World) -> None:
    trained.run("operators", "add", "ann", "--console")
    publish_version_2(trained, named(version_2(trained), threshold=NEARLY_ALL))
    assert "in the shadow: equipment v2" in trained.run("shadow", "equipment", "2").stdout
    consumer = trained.start("consumer")
    wait_until(lambda: "in the shadow: equipment v2" in consumer.log.read_text(), f"it is loaded\n{trained.logs()}")

    trained.publish([*readings("calm-1", 65, 1.5), *readings("hot-1", 160, 9), *readings("hot-2", 165, 9)])
    trained.wait_until_read(30)
    trained.wait_for("SELECT count(*) = 30 FROM shadow_score", "the shadow scored each reading")
    faults = "SELECT count(*) FROM shadow_score s WHERE score >= :threshold"
    assert trained.one(faults, threshold=NEARLY_ALL) == 30, "it would have called all of them faults"
    incidents = trained.rows("SELECT d.name, i.model_version FROM incident i JOIN device d ON d.id = i.device")
    assert sorted(map(tuple, incidents)) == [("hot-1", 1), ("hot-2", 1)], "the champion's alone"
    assert trained.one("SELECT count(*) FROM alert") == trained.one("SELECT count(*) FROM outbox") == 2

    alerts = dict(
        map(
            tuple,
            trained.rows(
                "SELECT d.name, a.id FROM alert a JOIN incident i ON i.id = incident JOIN device d ON d.id = i.device"
            ),
        )
    )
    trained.run("reply", str(alerts["hot-1"]), "y")
    trained.run("reply", str(alerts["hot-2"]), "n")
    said = json.loads(trained.run("evaluate", "equipment", "--version", "2", "--json").stdout)["shadow"]
    judged = {"confirmed": 1, "found": 1, "refuted": 1, "raised": 1}
    assert said == {**judged, "readings": 30, "alerts": 3, "champion_alerts": 2}

    trained.run("shadow", "equipment", "--stop")
    wait_until(lambda: "no longer in the shadow" in consumer.log.read_text(), f"it is let go\n{trained.logs()}")
    trained.publish(readings("calm-2", 65, 1.5))
    trained.wait_until_read(40)
    assert trained.one("SELECT count(*) FROM shadow_score") == 30
    assert consumer.stop() == 0
    assert_invariants(trained)
