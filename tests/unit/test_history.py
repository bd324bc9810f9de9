from pathlib import Path

import numpy as np
import pytest

from app.machines import load_machines
from core.errors import UserError
from producer.history import simulated_history

EQUIPMENT = load_machines(Path(__file__).parent.parent.parent / "machines")["equipment"]
DAY = 86_400_000_000


def test_a_history_holds_faults_of_the_machine_and_leaves_sensor_faults_out() -> None:
    history = simulated_history(EQUIPMENT, devices=40, count=60_000, seed=1, fault_rate=0.02)
    assert 59_000 < len(history) < 60_000
    assert history.fault.mean() == pytest.approx(0.02, rel=0.3)
    assert not np.isnan(history.sensors[:, :3]).any(), "a required sensor is never absent"


def test_a_history_spans_a_week_in_order_of_time() -> None:
    history = simulated_history(EQUIPMENT, devices=10, count=5_000, seed=1, fault_rate=0.02)
    assert (np.diff(history.times) >= 0).all()
    assert history.times[-1] - history.times[0] == pytest.approx(7 * DAY, rel=0.01)


def test_histories_of_two_seeds_are_of_different_devices() -> None:
    one, other = (simulated_history(EQUIPMENT, 10, 5_000, seed, 0.0) for seed in (1, 2))
    assert not np.allclose(
        np.nanmean(one.sensors[:3000:10], axis=0), np.nanmean(other.sensors[:3000:10], axis=0), rtol=0.001
    )


def test_a_history_of_a_seed_is_always_the_same() -> None:
    one, other = (simulated_history(EQUIPMENT, 10, 5_000, 4, 0.02) for _ in range(2))
    np.testing.assert_array_equal(one.sensors, other.sensors)
    np.testing.assert_array_equal(one.fault, other.fault)


def test_fewer_readings_than_devices_are_refused() -> None:
    with pytest.raises(UserError, match="too few"):
        simulated_history(EQUIPMENT, devices=40, count=39, seed=1, fault_rate=0.02)
