"""Stuck sensors, as the simulator makes them, and the machine that comes with the project."""

import numpy as np

from app.machines import load_machines
from app.wiring import ROOT
from consumer.past import Past
from core.batch import Quality
from producer.episodes import STUCK, truths_of
from producer.simulator import simulate

MACHINE = load_machines(ROOT / "machines")["equipment"]
AFTER = 20


def test_simulated_stuck_sensors_are_flagged_and_healthy_devices_never() -> None:
    past, rows = Past(MACHINE), 0
    really, flagged = [], []
    for chunk in simulate(MACHINE, 50, 2, 0.05, 0, 1_000_000):
        good = np.zeros(len(chunk.times), dtype=np.int16)
        look = past.look(chunk.devices.astype(np.int64), np.arange(len(good)), chunk.times, chunk.sensors, good)
        past.take(look)
        really.append((chunk.truths == truths_of(MACHINE).index(STUCK)).reshape(-1, 50))
        flagged.append((look.quality == Quality.STUCK).reshape(-1, 50))
        rows += len(good)
        if rows > 300_000:
            break
    stuck, flags = np.concatenate(really), np.concatenate(flagged)
    for tick, device in np.argwhere(flags):
        # Not always the reading itself: a sensor that comes loose may read the old value once more.
        assert stuck[tick - AFTER + 1 : tick, device].all()
    expected = np.lib.stride_tricks.sliding_window_view(stuck, AFTER, axis=0).all(axis=2)
    assert expected.sum() > 500
    assert flags[AFTER - 1 :][expected].all()
