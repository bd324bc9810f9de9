import json
import uuid
from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.batch import from_micros
from producer.encode import Encoder
from producer.readings import Readings
from producer.uuid7 import uuid7_texts
from tests.builders import a_machine

MICROS = st.integers(631_152_000_000_000, 4_102_444_799_999_999)  # 1990 to 2099
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.tuples(st.text(min_size=1), MICROS, NUMBERS, NUMBERS | st.none()), min_size=1)


@given(ROWS)
def test_whatever_is_encoded_can_be_read_back(rows: list[tuple[str, int, float, float | None]]) -> None:
    devices, micros, temperatures, pressures = zip(*rows, strict=True)
    times = np.array(micros, dtype=np.int64)
    sensors = np.column_stack([temperatures, [np.nan if value is None else value for value in pressures]])
    ids = uuid7_texts(times, np.random.default_rng(1))
    values = Encoder(a_machine()).encode(Readings(ids, devices, times, sensors, None, np.zeros(len(rows))))
    for value, reading_id, (device, time, temperature, pressure) in zip(values, ids, rows, strict=True):
        read = json.loads(value)
        assert (read["id"], read["device"]) == (reading_id, device)
        assert datetime.fromisoformat(read["time"]) == from_micros(time)
        assert read["sensors"] == {"temperature": temperature, **({} if pressure is None else {"pressure": pressure})}


@given(st.lists(MICROS), st.integers(0, 2**32))
def test_ids_are_uuids_of_version_7_that_sort_by_time(micros: list[int], seed: int) -> None:
    texts = uuid7_texts(np.array(micros, dtype=np.int64), np.random.default_rng(seed))
    ids = [uuid.UUID(text) for text in texts]
    assert [str(each) for each in ids] == texts
    assert all(each.version == 7 and each.variant == uuid.RFC_4122 for each in ids)
    assert [each.int >> 80 for each in ids] == [time // 1000 for time in micros]
    assert len(set(ids)) == len(ids)


@given(st.lists(MICROS, min_size=2), st.data())
def test_ids_do_not_depend_on_how_rows_are_cut_into_chunks(micros: list[int], data: st.DataObject) -> None:
    times = np.array(micros, dtype=np.int64)
    cut = data.draw(st.integers(1, len(micros) - 1))
    whole, pieces = np.random.default_rng(1), np.random.default_rng(1)
    assert uuid7_texts(times, whole) == uuid7_texts(times[:cut], pieces) + uuid7_texts(times[cut:], pieces)
