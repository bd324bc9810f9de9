import uuid
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from bench.stores import MemoryBucket
from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Floats
from core.csv_dialect import CsvDialect
from core.history import History
from core.machine import Machine
from core.message_shape import MessageShape
from core.ports.stream import TopicPartition
from core.rolling import with_rolling
from core.sensor import Rolling, RollingFunction, Sensor
from model.base_data import base_data, fetch, keep
from model.csv_history import read_history
from model.manifest import sensors_sha256
from model.sent_file import read_sent_file
from producer.encode import Encoder, encoder_of
from producer.history import simulated_history
from producer.readings import Readings
from tests.builders import a_machine, a_reading, encoded, fetched

TEMPERATURE = Sensor("temperature", (50, 80), minimum=-50, maximum=400)
NAN = float("nan")


def press(function: RollingFunction = "mean", readings: int = 3) -> Machine:
    rolled = Sensor("rolled", (50, 80), rolling=Rolling("temperature", function, readings))
    return a_machine(sensors=(TEMPERATURE, rolled), csv=CsvDialect(time="at"))


def rows(temperatures: Sequence[float]) -> Floats:
    return np.array([[value, NAN] for value in temperatures])


def rolled(machine: Machine, temperatures: Sequence[float], devices: Sequence[str] = ()) -> list[float | None]:
    found = with_rolling(machine, devices or ["press-1"] * len(temperatures), rows(temperatures))[:, 1]
    return [None if np.isnan(value) else round(value, 6) for value in found.tolist()]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("mean", [None, None, 60.666667, 62.0]),
        ("std", [None, None, 2.494438, 4.320494]),
        ("min", [None, None, 58.0, 58.0]),
        ("max", [None, None, 64.0, 68.0]),
        ("change", [None, None, -6.0, 8.0]),
    ],
)
def test_it_is_computed_from_the_last_readings_this_one_included(
    function: RollingFunction, expected: list[float | None]
) -> None:
    assert rolled(press(function), [64.0, 60.0, 58.0, 68.0]) == expected


def test_each_device_has_a_course_of_its_own() -> None:
    devices = ["a", "b", "a", "b", "a", "a"]
    assert rolled(press("max", 2), [60, 70, 61, 71, 62, 60], devices) == [None, None, 61, 71, 62, 62]


def test_a_reading_without_the_sensor_or_beyond_it_is_one_of_them_and_says_nothing() -> None:
    assert rolled(press("mean"), [60, NAN, 62, 64]) == [None, None, 61, 63]
    assert rolled(press("mean"), [60, 500, 62, 64]) == [None, None, 61, 63], "no press is that hot"


def test_where_more_than_half_of_the_window_says_nothing_it_is_absent() -> None:
    assert rolled(press("mean", 4), [60, NAN, NAN, 62, NAN]) == [None, None, None, 61, None]


def test_messages_written_another_way_hold_none_either() -> None:
    machine = press()
    machine = replace(machine, message=MessageShape(layout="flat"))
    readings = Readings(
        [str(uuid.uuid4())], ["press-1"], np.zeros(1, dtype=np.int64), np.array([[60.0, 61.0]]), None, np.zeros(1)
    )
    (value,) = encoder_of(machine).encode(readings)
    assert set(msgspec.json.decode(value)) == {"id", "device", "time", "temperature"}

    here = TopicPartition(machine.topics[0], 0)
    moment = value.replace(b"1970", b"2026")
    batch = Decoder(machine).decode(fetched([moment], topic=here.topic), {here: 0}, {here: RecentIds()})
    assert (batch.sensors[0, 0], np.isnan(batch.sensors[0, 1])) == (60.0, True)


def test_no_device_sends_it_and_what_claims_to_is_kept_as_an_unknown_sensor() -> None:
    machine = press()
    readings = Readings(["i"], ["press-1"], np.zeros(1, dtype=np.int64), np.array([[60.0, 61.0]]), None, np.zeros(1))
    assert msgspec.json.decode(Encoder(machine).encode(readings)[0])["sensors"] == {"temperature": 60.0}

    here = TopicPartition(machine.topics[0], 0)
    value = encoded(a_reading(temperature=60.0, rolled=99.0))
    batch = Decoder(machine).decode(fetched([value], topic=here.topic), {here: 0}, {here: RecentIds()})
    assert (batch.sensors[0, 0], np.isnan(batch.sensors[0, 1])) == (60.0, True)
    assert batch.extras == [(0, b'{"sensors":{"rolled":99.0}}')]


def test_a_training_file_is_rolled_in_order_of_time_and_over_rows_that_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "past.csv"
    moments = [f"2026-01-01T00:00:0{second}Z" for second in (3, 0, 1, 2)]
    path.write_text(
        "at,temperature,fault\n"
        + "\n".join(f"{at},{value},0" for at, value in zip(moments, ("66", "60", "", "64"), strict=True))
    )
    history = read_history(path, press())
    assert history.sensors[:, 0].tolist() == [60, 64, 66]
    assert history.sensors[1:, 1].tolist() == [62, 65]


def test_what_was_exported_says_it_itself(tmp_path: Path) -> None:
    path = tmp_path / "exported.csv"
    path.write_text("temperature,rolled,fault\n60,55.5,0\n61,,1\n62,57.5,0\n")
    assert read_history(path, press()).sensors[[0, 2], 1].tolist() == [55.5, 57.5]


def test_base_data_from_before_it_is_rolled_as_it_is_read() -> None:
    bucket, before = MemoryBucket(), a_machine(sensors=(TEMPERATURE,))
    past = History(rows([60, 62, 64])[:, :1], np.zeros(3, np.bool_), ["press-1"] * 3, np.arange(3, dtype=np.int64))
    base = base_data(before, past)
    keep(bucket, base)
    assert fetch(bucket, press(), base.key, base.sha256).history.sensors[2].tolist() == [64, 62]


def test_the_simulated_past_has_it_of_every_device_but_for_its_first_readings() -> None:
    machine = press("max", 5)
    past = simulated_history(machine, devices=4, count=400, seed=1, fault_rate=0.0)
    for device in set(past.devices):
        mine = past.sensors[np.array(past.devices) == device]
        assert np.isnan(mine[:4, 1]).all()
        assert not np.isnan(mine[10:, 1]).any()


def test_a_file_that_is_sent_is_rolled_row_by_row_and_device_by_device() -> None:
    content = b"device,temperature\na,60\nb,70\na,62\nb,72\n"
    found = read_sent_file(press("mean", 2), "sent.csv", content)
    assert found[2:, 1].tolist() == [61, 71]


def test_a_model_expects_it_as_it_was_defined() -> None:
    assert len({sensors_sha256(press(function, count)) for function in ("mean", "max") for count in (3, 4)}) == 4


def test_a_machine_without_one_is_what_it_was() -> None:
    machine = a_machine()
    assert machine.sent is machine
    assert with_rolling(machine, ["press-1"], same := np.ones((1, 2))) is same
