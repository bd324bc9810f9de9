from itertools import pairwise

import numpy as np
import pytest

from producer.messages import Messages, first, merged, messages_of
from producer.readings import Readings
from tests.builders import a_machine


def some_readings(due: list[float], truths: list[str] | None = None) -> Readings:
    count = len(due)
    return Readings(
        [f"019c9a1b-7c00-7abc-8def-{number:012d}" for number in range(count)],
        ["press-1"] * count,
        np.arange(count),
        np.full((count, 2), 70.0),
        truths,
        np.array(due),
    )


def batch(topic: str, due: float, count: int = 1) -> Messages:
    return Messages(topic, [b"key"] * count, [b"value"] * count, [[]] * count, due)


def test_the_key_is_the_device_and_the_header_the_truth() -> None:
    (messages,) = messages_of(a_machine(), [some_readings([0.0, 0.0], ["normal", "fault:wear"])])
    assert messages.topic == "readings.press"
    assert messages.keys == [b"press-1", b"press-1"]
    assert messages.headers == [[("truth", b"normal")], [("truth", b"fault:wear")]]


def test_a_reading_whose_truth_nobody_knows_has_no_header() -> None:
    (messages,) = messages_of(a_machine(), [some_readings([0.0])])
    assert messages.headers == [[]]


def test_readings_due_at_the_same_time_go_together() -> None:
    (messages,) = messages_of(a_machine(), [some_readings([0.0] * 500)])
    assert len(messages.values) == 500


def test_readings_due_later_wait_and_none_goes_before_it_is_due() -> None:
    due = [0.0, 0.02, 0.04, 0.3, 1.0]
    batches = list(messages_of(a_machine(), [some_readings(due)]))
    assert [len(messages.values) for messages in batches] == [3, 1, 1]
    assert [messages.due for messages in batches] == [0.04, 0.3, 1.0]


def test_several_machines_are_sent_in_the_order_of_time() -> None:
    one = iter([batch("a", 0.0), batch("a", 2.0), batch("a", 4.0)])
    other = iter([batch("b", 1.0), batch("b", 3.0)])
    together = list(merged([one, other]))
    assert [messages.topic for messages in together] == ["a", "b", "a", "b", "a"]
    assert all(before.due <= after.due for before, after in pairwise(together))


@pytest.mark.parametrize("count", [1, 3, 4, 7])
def test_a_count_is_kept_to_the_reading(count: int) -> None:
    batches = [batch("a", 0.0, count=3), batch("a", 0.0, count=3), batch("a", 0.0, count=3)]
    assert sum(len(messages.values) for messages in first(count, batches)) == count
