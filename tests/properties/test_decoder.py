"""Any bytes and any JSON decode or become dead letters, and never harm their neighbours."""

from hypothesis import given
from hypothesis import strategies as st

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.ports.stream import TopicPartition
from tests.builders import a_machine, a_reading, encoded, fetched
from tests.strategies import any_value

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


@given(temperature=st.floats(-50, 400), pressure=st.none() | st.floats(0, 50))
def test_decoding_gives_back_exactly_what_was_encoded(temperature: float, pressure: float | None) -> None:
    sensors = {"temperature": temperature} | ({} if pressure is None else {"pressure": pressure})
    (row,) = decoded([encoded(a_reading(**sensors))]).sensors.tolist()  # type: ignore[arg-type]  # sensors are keywords
    assert row[0] == temperature
    assert row[1] == pressure or (pressure is None and row[1] != row[1])
