"""Messages that write a sensor as a word, where the machine's file gives each word a number."""

import json
from typing import Any

import msgspec
import numpy as np
import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from core.batch import Batch
from core.csv_dialect import CsvDialect
from core.machine import Machine
from core.message_shape import MessageShape
from core.ports.stream import TopicPartition
from core.sensor import Sensor
from tests.builders import a_machine, a_reading, encoded, fetched
from tests.films import FILM, WORDS, a_film

FLAT = a_machine(
    sensors=(Sensor("speed", (0, 9)), Sensor("grade", (0, 2), field="Grade", optional=True)),
    message=MessageShape("none", "flat"),
    csv=CsvDialect(values={"grade": {"low": 1, "hi\\gh": 2}}),
)


def decoded(machine: Machine, *values: bytes) -> Batch:
    topic = machine.topics[0]
    messages = fetched(values, topic=topic, key=b"press-1")
    return Decoder(machine).decode(messages, {TopicPartition(topic, 0): 0}, {TopicPartition(topic, 0): RecentIds()})


def film(structure: object, **more: object) -> bytes:
    sensors: dict[str, Any] = dict(zip(FILM.sensor_names, a_film(17.0)[0].tolist(), strict=True))
    return encoded(a_reading(**{**sensors, "estructura": structure}) | more)


def flat(**fields: object) -> bytes:
    reading = a_reading()
    del reading["sensors"]
    return json.dumps(reading | fields).encode()


def test_a_word_its_number_and_nothing_stand_side_by_side() -> None:
    batch = decoded(FILM, film("BOPP"), film(2), film("PA"), film(None), film("PET", shift="early"))
    assert batch.dead_letters == []
    place = FILM.sensor_names.index("estructura")
    np.testing.assert_array_equal(batch.sensors[:, place], [WORDS["BOPP"], 2, WORDS["PA"], np.nan, WORDS["PET"]])
    others = np.delete(batch.sensors, place, axis=1)
    np.testing.assert_array_equal(others, np.repeat(np.delete(a_film(17.0), place, axis=1), 5, axis=0))
    assert dict(batch.extras) == {4: b'{"shift":"early"}'}


@pytest.mark.bad_input("another word than a sensor's `[csv.values]` list")
@pytest.mark.parametrize("structure", ["bopp", "", "2", ["BOPP"], True])
def test_another_word_is_a_dead_letter_that_names_the_sensor_and_harms_no_neighbour(structure: object) -> None:
    batch = decoded(FILM, film("BOPP"), film(structure), film(0))
    assert batch.offsets.tolist() == [0, 2]
    (letter,) = batch.dead_letters
    assert letter.position.offset == 1
    assert letter.reason.endswith("`$.sensors.estructura`")


def test_no_other_sensor_takes_a_word() -> None:
    sent = msgspec.json.decode(film("BOPP"))
    sent["sensors"]["calibre1"] = "BOPP"
    (letter,) = decoded(FILM, encoded(sent)).dead_letters
    assert letter.reason == "Expected `float | null`, got `str` - at `$.sensors.calibre1`"


def test_a_machines_own_messages_take_words_in_the_field_that_holds_the_sensor() -> None:
    batch = decoded(
        FLAT, flat(speed=3, Grade="low"), flat(speed=4, Grade="hi\\gh"), flat(speed=5), flat(speed=6, Grade=1)
    )
    assert batch.dead_letters == []
    np.testing.assert_array_equal(batch.sensors, [[3, 1], [4, 2], [5, np.nan], [6, 1]])
    assert list(batch.extras) == []
    (letter,) = decoded(FLAT, flat(speed=3, Grade="none")).dead_letters
    assert letter.reason == "Invalid enum value 'none' - at `$.Grade`"
