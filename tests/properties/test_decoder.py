"""Any bytes and any JSON decode or become dead letters, and never harm their neighbours."""

import json

from hypothesis import given
from hypothesis import strategies as st

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.message_shape import MessageShape
from core.ports.stream import TopicPartition
from core.sensor import Sensor
from tests.builders import a_machine, a_reading, encoded, fetched
from tests.strategies import any_json, any_value

HERE = TopicPartition("readings.press", 0)
GOOD = encoded(a_reading(reading_id="019534a0-0000-7000-8000-000000000001", temperature=71.5))
NEXT = encoded(a_reading(reading_id="019534a0-0000-7000-8000-000000000002", temperature=72.5))


def decoded(values: list[bytes | None]) -> Batch:
    return Decoder(a_machine()).decode(fetched(values), {HERE: 0}, {HERE: RecentIds()})


@given(st.lists(any_value, max_size=5))
def test_every_message_is_a_reading_a_duplicate_or_a_dead_letter(values: list[bytes | None]) -> None:
    if values:
        batch = decoded(values)
        (run,) = batch.runs
        assert len(batch) + run.duplicates + run.dead == len(values) == run.next_offset
        assert [letter.value for letter in batch.dead_letters] == [
            values[at.position.offset] for at in batch.dead_letters
        ]


@given(any_value)
def test_a_message_never_harms_its_neighbours(value: bytes | None) -> None:
    alone, among = decoded([GOOD, NEXT]), decoded([GOOD, value, NEXT])
    kept = [row for row, offset in enumerate(among.offsets) if offset != 1]
    assert among.offsets[kept].tolist() == [0, 2]
    assert str(among.sensors[kept].tolist()) == str(alone.sensors.tolist())


FRAMED = a_machine(
    key="any",
    message=MessageShape("confluent", "flat", id="uuid", strict=True),
    sensors=(
        Sensor("temperature", (50, 80), field="Temp"),
        Sensor("hot", (0, 0.5), minimum=0, maximum=1, optional=True, field="flags", bit=3),
    ),
)
WHOLE = {"uuid": "019534a0-0000-7000-8000-000000000001", "device": "press-1", "time": "2026-03-01T12:00:00Z", "Temp": 7}
parts = st.dictionaries(st.sampled_from([*WHOLE, "flags", "more"]), any_json, max_size=3)
framed = st.binary(max_size=60) | parts.map(lambda some: b"\0\0\0\0\1" + json.dumps(WHOLE | some).encode())


@given(st.lists(framed, min_size=1, max_size=4))
def test_every_framed_message_is_a_reading_a_duplicate_or_a_dead_letter_that_is_kept_whole(values: list[bytes]) -> None:
    batch = Decoder(FRAMED).decode(fetched(values), {HERE: 0}, {HERE: RecentIds()})
    (run,) = batch.runs
    assert len(batch) + run.duplicates + run.dead == len(values)
    assert [one.value for one in batch.dead_letters] == [values[one.position.offset] for one in batch.dead_letters]
    assert set(batch.sensors[:, 1][batch.sensors[:, 1] == batch.sensors[:, 1]].tolist()) <= {0.0, 1.0}


@given(temperature=st.floats(-50, 400), pressure=st.none() | st.floats(0, 50))
def test_decoding_gives_back_exactly_what_was_encoded(temperature: float, pressure: float | None) -> None:
    sensors = {"temperature": temperature} | ({} if pressure is None else {"pressure": pressure})
    (row,) = decoded([encoded(a_reading(**sensors))]).sensors.tolist()  # type: ignore[arg-type]  # sensors are keywords
    assert row[0] == temperature
    assert row[1] == pressure or (pressure is None and row[1] != row[1])
