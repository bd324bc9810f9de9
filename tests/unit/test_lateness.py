import numpy as np

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.lateness import is_future, is_late
from core.batch import Quality, to_micros
from core.ports.stream import TopicPartition
from core.silence import NEVER
from tests.builders import NOON, a_machine, a_reading, encoded, fetched

SECOND = 1_000_000
HERE = TopicPartition("readings.press", 0)


def late(seconds: list[int], watermark: int = NEVER, limit: float = 10) -> list[bool]:
    times = np.array(seconds, dtype=np.int64) * SECOND
    found, _ = is_late(times, np.ones(len(times), dtype=np.bool_), watermark, limit)
    return [bool(one) for one in found]


def test_late_is_measured_against_the_newest_reading_before() -> None:
    assert late([100, 90, 89, 101]) == [False, False, True, False]


def test_the_watermark_goes_on_from_batch_to_batch() -> None:
    assert late([89, 90], watermark=100 * SECOND) == [True, False]


def test_a_batch_of_nothing_leaves_the_watermark_where_it_was() -> None:
    found, watermark = is_late(np.empty(0, np.int64), np.empty(0, np.bool_), 7, 10)
    assert (found.tolist(), watermark) == ([], 7)


def test_future_is_measured_against_kafkas_own_time_of_the_message() -> None:
    times = np.array([300, 301, 301], dtype=np.int64) * SECOND
    assert is_future(times, np.array([1000, 999, -1]), 300).tolist() == [False, True, False]


def test_a_reading_from_the_future_is_flagged_and_no_neighbour_with_it() -> None:
    ahead = a_reading(time=NOON.replace(hour=13))
    messages = fetched([encoded(a_reading()), encoded(ahead)], produced=NOON)
    batch = Decoder(a_machine()).decode(messages, {HERE: 0}, {HERE: RecentIds()})
    assert batch.times[1] == to_micros(NOON.replace(hour=13))
    assert batch.quality.tolist() == [Quality.GOOD, Quality.FUTURE]
