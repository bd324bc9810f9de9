"""Fuzzes the decoder: whatever bytes come, they are a reading, a duplicate or a dead letter, and harm no neighbour.

What is accepted is what the exact decoder alone reads, and comes back the same when it is encoded and decoded again.
"""

import sys
import uuid

import atheris

with atheris.instrument_imports(include=["consumer", "core", "msgspec"]):
    from consumer.decode import Decoder
    from consumer.duplicates import RecentIds
    from consumer.message import reading_decoder

import numpy as np

from core.batch import Batch, Quality, to_micros
from core.machine import Machine
from core.ports.stream import TopicPartition
from producer.encode import Encoder
from producer.readings import Readings
from tests.builders import a_machine, a_reading, encoded, fetched

HERE = TopicPartition("readings.press", 0)
GOOD = encoded(a_reading(reading_id="019534a0-0000-7000-8000-0000000000fe", temperature=71.5))
NEXT = encoded(a_reading(reading_id="019534a0-0000-7000-8000-0000000000ff", temperature=72.5))
MACHINES = (
    a_machine(key="any"),
    a_machine(key="any", texts=("shift",), time_zone="Europe/Berlin"),
    a_machine(key="any", time_zone="UTC", time_format="%Y-%m-%d@%H:%M:%S"),
)


DECODERS = {machine.time_zone: Decoder(machine) for machine in MACHINES}
EXACT = {machine.time_zone: reading_decoder(machine) for machine in MACHINES}
ENCODERS = {machine.time_zone: Encoder(machine) for machine in MACHINES}


def decoded(machine: Machine, *values: bytes) -> Batch:
    return DECODERS[machine.time_zone].decode(fetched(values), {HERE: 0}, {HERE: RecentIds()})


def fuzz(value: bytes) -> None:
    for machine in MACHINES[:2]:
        batch = decoded(machine, GOOD, value, NEXT)
        (run,) = batch.runs
        assert len(batch) + run.duplicates + run.dead == run.next_offset == 3, "each message is accounted for"
        neighbours = batch.offsets != 1
        assert batch.sensors[neighbours, 0].tolist() == [71.5, 72.5][: int(neighbours.sum())], "a neighbour was harmed"
        if run.dead:
            assert batch.dead_letters[0].value == value
        elif len(batch) == 3:
            check_accepted(machine, batch, value)
    decoded(MACHINES[2], value)


def check_accepted(machine: Machine, batch: Batch, value: bytes) -> None:
    exact = EXACT[machine.time_zone](value)
    columns = (exact.id.bytes, exact.device, to_micros(exact.time))
    assert columns == (batch.ids[1].tobytes(), batch.devices[1], int(batch.times[1])), "the two ways differ"
    assert batch.quality[1] & Quality.OUT_OF_RANGE or np.abs(np.nan_to_num(batch.sensors[1])).max() <= 400
    again = decoded(machine, *encoded_again(machine, batch))
    assert again.dead_letters == []
    assert again.devices == [batch.devices[1]]
    for name in ("ids", "times", "sensors"):
        assert getattr(again, name).tobytes() == getattr(batch, name)[1:2].tobytes(), f"{name} come back changed"


def encoded_again(machine: Machine, batch: Batch) -> list[bytes]:
    row = slice(1, 2)
    ids = [str(uuid.UUID(bytes=batch.ids[1].tobytes()))]
    readings = Readings(ids, batch.devices[row], batch.times[row], batch.sensors[row], None, np.zeros(1))
    return ENCODERS[machine.time_zone].encode(readings)


if __name__ == "__main__":
    atheris.Setup(sys.argv, fuzz)
    atheris.Fuzz()
