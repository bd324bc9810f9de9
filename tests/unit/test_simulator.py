from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest

from app.machines import load_machines
from core.csv_dialect import CsvDialect
from core.machine import Machine
from core.sensor import Sensor
from core.simulated_fault import Push, SimulatedFault
from producer.episodes import DROPOUT, STUCK, Timeline, truths_of
from producer.simulator import SimulatedChunk, simulate
from tests.builders import a_machine

ROOT = Path(__file__).parent.parent.parent
MACHINES = load_machines(ROOT / "machines")
HOUR = 3_600_000_000


def overheating() -> Machine:
    """A machine that can overheat: its temperature rises by two widths of the usual range (30 °C)."""
    return a_machine(faults=(SimulatedFault("overheating", (Push("temperature", 2.0),)),))


def readings(
    machine: Machine, count: int, *, devices: int = 4, seed: int = 7, fault_rate: float = 0.0, interval: int = 100_000
) -> SimulatedChunk:
    """The first readings, in one chunk."""
    chunks = []
    for chunk in simulate(machine, devices, seed, fault_rate, start_time=0, interval=interval):
        chunks.append(chunk)
        if sum(len(chunk.times) for chunk in chunks) >= count:
            break
    return SimulatedChunk(
        np.concatenate([chunk.devices for chunk in chunks])[:count],
        np.concatenate([chunk.times for chunk in chunks])[:count],
        np.concatenate([chunk.sensors for chunk in chunks])[:count],
        np.concatenate([chunk.truths for chunk in chunks])[:count],
    )


def test_the_same_seed_gives_the_same_readings() -> None:
    one, other = (readings(MACHINES["equipment"], 5000, fault_rate=0.1) for _ in range(2))
    np.testing.assert_array_equal(one.sensors, other.sensors)
    np.testing.assert_array_equal(one.truths, other.truths)


def test_another_seed_gives_other_readings() -> None:
    assert not np.array_equal(
        readings(MACHINES["equipment"], 500, seed=1).sensors, readings(MACHINES["equipment"], 500, seed=2).sensors
    )


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_no_two_devices_are_alike(machine: Machine) -> None:
    chunk = readings(machine, 40_000, devices=20)
    sent = chunk.sensors[:, machine.sent_places]
    of_each = [sent[chunk.devices == device] for device in range(20)]
    levels = {np.round(np.nanmean(sensors, axis=0), 2).tobytes() for sensors in of_each}
    spreads = {np.round(np.nanstd(sensors, axis=0), 3).tobytes() for sensors in of_each}
    assert len(levels) == len(spreads) == 20


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_every_reading_is_physically_possible_even_in_a_fault(machine: Machine) -> None:
    sensors = readings(machine, 40_000, devices=20, fault_rate=0.5).sensors[:, machine.sent_places]
    for column, sensor in zip(sensors.T, machine.sent.sensors, strict=True):
        assert sensor.minimum <= np.nanmin(column) <= np.nanmax(column) <= sensor.maximum


def test_healthy_readings_stay_in_or_near_the_usual_range() -> None:
    machine = MACHINES["equipment"]
    chunk = readings(machine, 100_000, devices=20)
    for column, sensor in zip(chunk.sensors.T, machine.sensors, strict=True):
        low, high = sensor.usual
        near = (high - low) / 4
        inside = (column >= low) & (column <= high) | np.isnan(column)
        assert inside.mean() > 0.97
        assert ((column > low - near) & (column < high + near) | np.isnan(column)).mean() > 0.9999


def test_one_device_in_ten_runs_where_a_fault_would_begin_to_show() -> None:
    chunk = readings(overheating(), 20_000, devices=20)
    temperature = np.array([np.mean(chunk.sensors[chunk.devices == device, 0]) for device in range(20)])
    assert np.count_nonzero(temperature > 65 + 0.27 * 30) == 2


def test_noise_is_correlated_between_sensors() -> None:
    chunk = readings(MACHINES["equipment"], 50_000, devices=1)
    steps = np.diff(chunk.sensors[:, :3], axis=0)
    correlation = np.abs(np.asarray(np.corrcoef(steps.T)))
    assert correlation[np.triu_indices(3, 1)].max() > 0.2


def test_readings_follow_the_time_of_day() -> None:
    chunk = readings(MACHINES["equipment"], 24 * 400, devices=1, interval=HOUR)
    by_hour = chunk.sensors[:, 0].reshape(-1, 24).mean(axis=0)
    halves = [by_hour[:12].mean(), by_hour[6:18].mean(), by_hour[12:].mean()]
    assert max(halves) - min(halves) > 0.5


def test_event_time_advances_by_the_interval_and_devices_take_turns() -> None:
    chunk = readings(a_machine(), 8, devices=4, interval=100_000)
    assert chunk.devices.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert chunk.times.tolist() == [0, 25_000, 50_000, 75_000, 100_000, 125_000, 150_000, 175_000]


def test_an_episode_pushes_the_sensors_of_its_fault_and_no_others() -> None:
    machine = overheating()
    chunk = readings(machine, 200_000, fault_rate=0.05)
    fault = chunk.truths == truths_of(machine).index("fault:overheating")
    mean = {name: np.nanmean(chunk.sensors[rows], axis=0) for name, rows in {"sick": fault, "well": ~fault}.items()}
    assert mean["sick"][0] - mean["well"][0] == pytest.approx(2 * 30, rel=0.25)
    assert mean["sick"][1] == pytest.approx(mean["well"][1], abs=0.5)


def test_a_sensor_that_is_pushed_later_moves_later() -> None:
    machine = MACHINES["equipment"]
    bearing_wear = truths_of(machine).index("fault:bearing wear")
    chunk = readings(machine, 400_000, fault_rate=0.05)
    beginnings = []
    for device in range(4):
        rows = chunk.devices == device
        sick = chunk.truths[rows] == bearing_wear
        begins = np.flatnonzero(sick[1:] & ~sick[:-1]) + 1
        beginnings += [chunk.sensors[rows][begin + 4 : begin + 7] - chunk.sensors[rows][begin - 1] for begin in begins]
    rise = np.nanmean(np.concatenate(beginnings), axis=0)
    widths = [high - low for low, high in (sensor.usual for sensor in machine.sensors)]
    assert rise[1] / widths[1] > 0.4, "vibration is up"
    assert abs(rise[0] / widths[0]) < 0.1, "temperature not yet"


def test_devices_spend_the_asked_share_of_their_time_in_faults() -> None:
    machine = MACHINES["equipment"]
    truths = readings(machine, 1_000_000, devices=20, fault_rate=0.05).truths
    assert ((truths > 0) & (truths <= len(machine.faults))).mean() == pytest.approx(0.05, rel=0.15)


def test_without_a_fault_rate_nothing_fails() -> None:
    assert not readings(MACHINES["equipment"], 100_000).truths.any()


def test_a_stuck_sensor_repeats_what_it_last_read_and_a_dropped_out_one_is_silent() -> None:
    machine = a_machine()  # it has no faults of its own: only its sensors fail
    chunk = readings(machine, 400_000, fault_rate=0.1)
    temperature = chunk.sensors[:, 0]
    assert np.isnan(temperature[chunk.truths == truths_of(machine).index(DROPOUT)]).all()
    assert not np.isnan(temperature[chunk.truths != truths_of(machine).index(DROPOUT)]).any()
    stuck = (chunk.truths == truths_of(machine).index(STUCK)) & (chunk.devices == 0)
    begins, ends = (np.flatnonzero(np.diff(stuck[chunk.devices == 0].astype(int)) == step) + 1 for step in (1, -1))
    assert len(begins)
    of_device = temperature[chunk.devices == 0]
    assert all(len(set(of_device[begin:end])) == 1 for begin, end in zip(begins, ends, strict=False))


def test_a_sensor_fault_is_no_fault_of_the_machine() -> None:
    machine = overheating()
    chunk = readings(machine, 200_000, fault_rate=0.05)
    dropout = chunk.truths == truths_of(machine).index(DROPOUT)
    assert dropout.any()
    assert not (np.isnan(chunk.sensors[:, 0]) & ~dropout).any()


def test_an_optional_sensor_is_absent_now_and_then() -> None:
    pressure = readings(a_machine(), 20_000).sensors[:, 1]
    assert np.isnan(pressure).mean() == pytest.approx(0.05, abs=0.01)


def test_a_sensor_written_as_text_in_files_stays_with_its_device() -> None:
    machine = a_machine(
        sensors=(Sensor("grade", (0, 2)), Sensor("temperature", (50, 80))),
        csv=CsvDialect(values={"grade": {"L": 0, "M": 1, "H": 2}}),
    )
    chunk = readings(machine, 2000, devices=10)
    grades = [set(chunk.sensors[chunk.devices == device, 0]) for device in range(10)]
    assert all(len(kinds) == 1 and kinds < {0.0, 1.0, 2.0} for kinds in grades)
    assert len(set.union(*grades)) > 1


@pytest.mark.parametrize("seed", range(30))
def test_three_faults_begin_in_the_first_30_seconds_of_a_default_run(seed: int) -> None:
    machine = MACHINES["equipment"]
    timeline = Timeline(machine, devices=20, fault_rate=0.02, random=np.random.default_rng(seed))
    faults = [episode for episode in timeline.during(0, 300) if episode.truth <= len(machine.faults)]
    assert len(faults) >= 3
    assert min(episode.begin for episode in faults) < 80


def test_episodes_do_not_depend_on_how_time_is_cut() -> None:
    whole, cut = (Timeline(MACHINES["equipment"], 5, 0.2, np.random.default_rng(3)) for _ in range(2))
    in_pieces = {episode for begin in range(0, 4000, 50) for episode in cut.during(begin, begin + 50)}
    assert in_pieces == set(whole.during(0, 4000))


def test_a_device_has_one_trouble_at_a_time() -> None:
    episodes = Timeline(MACHINES["equipment"], 3, 0.4, np.random.default_rng(5)).during(0, 50_000)
    for device in range(3):
        of_device = sorted(episode for episode in episodes if episode.device == device)
        assert all(one.end < other.begin for one, other in pairwise(of_device))
        assert all(20 <= episode.end - episode.begin <= 60 for episode in of_device)


def test_a_thousand_devices_come_in_chunks_of_bounded_size() -> None:
    chunk = next(islice(simulate(a_machine(), 20_000, 1, 0.02, 0, 1_000_000), 1))
    assert len(chunk.times) == 20_000
