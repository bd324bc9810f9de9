"""Training files as the older systems wrote them."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from app.machines import load_machines
from app.wiring import ROOT
from core.errors import UserError
from core.history import History
from model.csv_history import read_history
from model.sent_file import read_sent_file
from model.training_file import TrainingFile
from producer.replay import Replay
from producer.schedule import flat_out
from tests.older_pcs import DEVICES, OlderDevice, training_file

MACHINES = load_machines(ROOT / "machines")
each_device = pytest.mark.parametrize("device", DEVICES, ids=[device.name for device in DEVICES])


def a_file(folder: Path, device: OlderDevice) -> Path:
    path = folder / "training.csv"
    path.write_text(training_file(device, 30, 12, Random(16)), encoding="utf-8")
    return path


def history_of(folder: Path, device: OlderDevice) -> History:
    return read_history(a_file(folder, device), MACHINES[device.name])


@each_device
def test_semicolons_decimal_commas_and_a_label_of_the_other_polarity_are_read(
    tmp_path: Path, device: OlderDevice
) -> None:
    history = history_of(tmp_path, device)
    assert history.fault.tolist() == [False] * 30 + [True] * 12, "0 means that somebody has to do something"
    assert set(history.devices) == {device.name}
    assert not np.isnan(history.sensors).any()


def test_the_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "pc2.csv"
    path.write_text(
        ";ClockCPUCoreOne;TemperatureCPUPackage;LoadCPUTotal;PowerCPUPackage;NoTechnicalInterventionRequired\n"
        "0;3051,274315;55;4,6875;6,118203751;1\n;1210,480117;98,3307215;12,40511833;6,551902847;0\n",
        encoding="utf-8",
    )
    history = read_history(path, MACHINES["pc2"])
    assert history.sensors.tolist() == [
        [3051.274315, 6.118203751, 4.6875, 55.0],
        [1210.480117, 6.551902847, 12.40511833, 98.3307215],
    ]
    assert history.fault.tolist() == [False, True]


def test_a_cell_that_holds_no_flags_is_named(tmp_path: Path) -> None:
    path = a_file(tmp_path, DEVICES[2])
    path.write_text(path.read_text().replace("0x0", "zero", 1), encoding="utf-8")
    says = r"row 2, column 'throttled': 'zero' is no flags such as 0x50005"
    with pytest.raises(UserError, match=says):
        read_history(path, MACHINES["raspberry"])
    with pytest.raises(UserError, match=says):
        next(iter(Replay(path, MACHINES["raspberry"], {}).readings(flat_out)))
    with pytest.raises(UserError, match=says):
        read_sent_file(MACHINES["raspberry"], path.name, path.read_bytes())


@each_device
def test_replayed_sent_to_be_scored_and_exported_they_say_the_same(tmp_path: Path, device: OlderDevice) -> None:
    machine, history = MACHINES[device.name], history_of(tmp_path, device)
    path = a_file(tmp_path, device)
    (readings,) = Replay(path, machine, {}).readings(flat_out)
    assert readings.sensors.tobytes() == history.sensors.tobytes()
    assert read_sent_file(machine, path.name, path.read_bytes()).tobytes() == history.sensors.tobytes()
    with TrainingFile(tmp_path / "again.csv", machine) as again:
        again.write(history)
    read = read_history(tmp_path / "again.csv", machine)
    assert read.sensors.tobytes() == history.sensors.tobytes()
    assert read.fault.tolist() == history.fault.tolist()
