"""Messages over the size limit are dead letters that say what they were, and are never decoded."""

import hashlib
from collections.abc import Sequence

import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.fetched import Fetched
from consumer.oversize import decode_within
from core.batch import Batch, Position
from core.ports.stream import TopicPartition
from tests.builders import a_machine, a_reading, encoded, fetched

HERE = TopicPartition("readings.press", 0)
LIMIT = 10_000


class Decoding:
    """A real decoder that remembers what it was given."""

    def __init__(self) -> None:
        self.given: Sequence[bytes | None] = ()

    def __call__(self, messages: Fetched) -> Batch:
        self.given = messages.values
        return Decoder(a_machine()).decode(messages, {HERE: 0}, {HERE: RecentIds()})


def a_reading_of(size: int) -> bytes:
    """A flawless reading with an unknown field that makes it so large."""
    reading = encoded(a_reading())
    return reading[:-1] + b', "note": "' + b"x" * (size - len(reading) - 12) + b'"}'


@pytest.mark.bad_input("a value over the size limit (`MESSAGE_LIMIT_BYTES`)")
def test_a_message_over_the_size_limit_keeps_its_beginning_and_its_hash() -> None:
    large, decoding = a_reading_of(LIMIT + 1), Decoding()
    batch = decode_within(LIMIT, fetched([encoded(a_reading()), large, encoded(a_reading())]), decoding)
    (letter,) = batch.dead_letters
    assert letter.position == Position("readings.press", 0, 1)
    assert letter.reason == "10001 bytes, over the limit of 10000 (MESSAGE_LIMIT_BYTES): the first 4096 are kept"
    assert (letter.stage, letter.key, letter.headers) == ("decode", b"press-1", [("truth", b"normal")])
    assert (letter.value, letter.size, letter.sha256) == (large[:4096], 10_001, hashlib.sha256(large).digest())
    assert batch.offsets.tolist() == [0, 2]
    assert (batch.runs[0].dead, batch.runs[0].next_offset) == (1, 3)
    assert large not in decoding.given


@pytest.mark.parametrize("others", [[], [None], [b"{"]], ids=["alone", "beside a tombstone", "beside poison"])
def test_a_message_of_just_the_size_limit_is_a_reading(others: list[bytes | None]) -> None:
    messages = fetched([a_reading_of(LIMIT), *others])
    decoding = Decoding()
    batch = decode_within(LIMIT, messages, decoding)
    assert (len(batch), len(batch.dead_letters)) == (1, len(others))
    assert decoding.given is messages.values, "nothing is copied where nothing is too large"


def test_tombstones_and_other_poison_keep_their_own_reasons_beside_a_large_message() -> None:
    batch = decode_within(LIMIT, fetched([None, b"x" * (LIMIT + 1), b""]), Decoding())
    assert [(letter.size is None, letter.reason.split(",")[0]) for letter in batch.dead_letters] == [
        (True, "tombstone"),
        (False, "10001 bytes"),
        (True, "Input data was truncated"),
    ]


def test_a_key_over_the_size_limit_is_cut_as_a_value_is() -> None:
    key, reading = b"k" * (LIMIT + 1), encoded(a_reading())
    (letter,) = decode_within(LIMIT, fetched([reading], key=key), Decoding()).dead_letters
    assert (
        letter.reason == "a key of 10001 bytes, over the limit of 10000 (MESSAGE_LIMIT_BYTES): the first 4096 are kept"
    )
    assert (letter.key, letter.value) == (key[:4096], reading)
    assert (letter.size, letter.sha256) == (len(reading), hashlib.sha256(reading).digest())


@pytest.mark.parametrize("value", [b"{", None], ids=["poison", "a tombstone"])
def test_no_dead_letter_keeps_headers_over_the_size_limit(value: bytes | None) -> None:
    large = fetched([value])._replace(headers=lambda _: [("a", b"x" * LIMIT), ("b", None)])
    (letter,) = decode_within(LIMIT, large, Decoding()).dead_letters
    assert letter.reason.endswith("; left out: 10002 bytes of headers, over the limit of 10000 (MESSAGE_LIMIT_BYTES)")
    assert (letter.headers, letter.value, letter.is_tombstone) == ((), value, value is None)
    assert letter.sha256 == hashlib.sha256(value or b"").digest(), "it is not whole: nobody replays it"


def test_the_headers_of_a_reading_are_not_looked_at() -> None:
    def unread(_: int) -> list[tuple[str, bytes | None]]:
        raise AssertionError

    batch = decode_within(LIMIT, fetched([encoded(a_reading())])._replace(headers=unread), Decoding())
    assert (len(batch), batch.dead_letters) == (1, [])
