"""The corpus: what must be a reading is one, what must not is a dead letter, by either of the decoder's ways."""

import numpy as np
import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Quality
from core.ports.stream import TopicPartition
from tests.builders import a_machine, a_reading, encoded, fetched
from tests.corpus import CORPUS

HERE = TopicPartition("readings.press", 0)


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_decodes_as_it_says(name: str) -> None:
    value, celsius = CORPUS[name]
    messages = fetched([encoded(a_reading()), value, encoded(a_reading())])
    batch = Decoder(a_machine()).decode(messages, {HERE: 0}, {HERE: RecentIds()})
    if celsius is None:
        assert batch.offsets.tolist() == [0, 2]
        (letter,) = batch.dead_letters
        assert letter.value == value
        assert letter.reason
    else:
        assert batch.dead_letters == []
        assert batch.sensors[1, 0] == celsius
        assert batch.quality.tolist() == [Quality.GOOD] * 3


def test_every_kind_of_the_corpus_is_there() -> None:
    kinds = np.array([name[0] for name in CORPUS])
    assert {kind: int((kinds == kind).sum()) >= 15 for kind in "yni"} == dict.fromkeys("yni", True)
