"""The limit of dead letters on real batches: the cut loses nothing and moves nothing."""

import random
import uuid

import numpy as np
import pytest

from consumer.decode import Decoder
from consumer.duplicates import RecentIds
from consumer.fetched import Fetched
from consumer.limit import Limited, within_limit
from core.batch import DeadLetter, Position
from core.dead_letter_limit import DeadLetterLimit
from core.halt import HaltKind
from core.ports.stream import Claim, TopicPartition
from tests.builders import a_machine, a_reading, encoded, fetched

LIMIT = DeadLetterLimit(run=5, ratio=0.5, of_last=20)
HERE = TopicPartition("readings.press", 0)
BAD = b"{"


def good() -> bytes:
    return encoded(a_reading())


class Reader:
    """Decodes and limits message after message of one partition, as the consumer does, until it halts."""

    def __init__(self, lenient_until: int = 0) -> None:
        self.decoder = Decoder(a_machine())
        self.recent = RecentIds()
        self.claim = Claim(HERE, 0, 1, lenient_until=lenient_until)

    def read(self, values: list[bytes | None], offsets: list[int] | None = None) -> Limited:
        messages = fetched(values, first_offset=self.claim.next_offset)
        if offsets is not None:
            messages = messages._replace(offsets=np.array(offsets))
        return self.limit(messages)

    def limit(self, messages: Fetched) -> Limited:
        batch = self.decoder.decode(messages, {HERE: self.claim.next_offset}, {HERE: self.recent})
        limited = within_limit(batch, lambda _: self.claim, LIMIT)
        (run,) = limited.batch.runs
        stored = run.rows.stop - run.rows.start
        gaps = sum(count for _, count in run.gaps)
        assert stored + run.dead + run.duplicates + gaps == run.next_offset - self.claim.next_offset, "I1"
        assert len(limited.batch) == stored
        assert len(limited.batch.dead_letters) == run.dead
        self.claim = Claim(HERE, run.next_offset, 1, run.outcomes, self.claim.lenient_until)
        return limited


def test_it_stops_behind_the_message_that_passed_the_limit_and_keeps_it() -> None:
    limited = Reader().read([good(), *[BAD] * 9, good()])
    (run,) = limited.batch.runs
    assert run.halt is not None
    assert run.halt.kind == HaltKind.DEAD_LETTERS
    assert "5 messages in a row became dead letters, the last one at offset 5 (decode: " in run.halt.reason
    assert run.next_offset == 6
    assert [letter.position.offset for letter in limited.batch.dead_letters] == [1, 2, 3, 4, 5]
    assert limited.kept is not None
    assert limited.kept.tolist() == [True, False]


def test_the_usual_batch_is_not_touched() -> None:
    batch = Reader().decoder.decode(fetched([good(), good()]), {HERE: 0}, {HERE: RecentIds()})
    assert within_limit(batch, lambda _: Claim(HERE, 0, 1), LIMIT) == (batch, None)


def test_a_share_that_is_too_large_stops_too() -> None:
    reader = Reader()
    halted = [bool(reader.read([good(), BAD]).batch.runs[0].halt) for _ in range(10)]
    assert halted == [False] * 9 + [True]


def test_tombstones_stop_nothing_and_hide_nothing() -> None:
    assert Reader().read([None] * 100).batch.runs[0].halt is None
    (run,) = Reader().read([BAD, None, BAD, None, BAD, None, BAD, None, BAD]).batch.runs
    assert run.halt is not None
    assert run.dead == 9, "a tombstone is accounted for as a dead letter still"


def test_what_scoring_refused_counts_like_what_decoding_refused() -> None:
    batch = Reader().decoder.decode(fetched([BAD, *(good() for _ in range(8))]), {HERE: 0}, {HERE: RecentIds()})
    refused = {row: DeadLetter(Position(*HERE, row + 1), "score", "crash", None, b"{}", ()) for row in range(6)}
    limited, kept = within_limit(batch.without(refused), lambda _: Claim(HERE, 0, 1), LIMIT)
    (run,) = limited.runs
    assert (run.next_offset, run.dead) == (5, 5)
    assert run.halt is not None
    assert "the last one at offset 4 (score: crash)" in run.halt.reason
    assert kept is not None
    assert not kept.any()


def test_a_duplicate_is_no_dead_letter() -> None:
    again = good()
    (run,) = Reader().read([again, BAD, BAD, again, BAD, BAD, BAD, again, BAD, BAD]).batch.runs
    assert (run.halt, run.duplicates, run.dead) == (None, 2, 7)


def test_a_hole_in_the_log_is_no_message() -> None:
    (run,) = Reader().read([BAD] * 6, offsets=[0, 1, 2, 1_000_000_000, 1_000_000_001, 1_000_000_002]).batch.runs
    assert run.halt is not None
    assert (run.next_offset, run.gaps) == (1_000_000_002, [(3, 999_999_997)])
    (short,) = Reader().read([BAD] * 6, offsets=[0, 1, 2, 3, 4, 50]).batch.runs
    assert (short.next_offset, short.gaps) == (5, [])


def test_what_a_person_accepted_does_not_count() -> None:
    reader = Reader(lenient_until=7)
    (run,) = reader.read([BAD] * 11).batch.runs
    assert run.halt is None
    (run,) = reader.read([BAD]).batch.runs
    assert run.halt is not None
    assert run.next_offset == 12


def test_another_partition_of_the_batch_is_left_whole() -> None:
    decoder, there = Decoder(a_machine()), TopicPartition(HERE.topic, 1)
    messages = fetched([*[BAD] * 9, *(good() for _ in range(4))])
    messages = messages._replace(partitions=np.array([0] * 9 + [1] * 4), offsets=np.array([*range(9), *range(4)]))
    batch = decoder.decode(messages, {HERE: 0, there: 0}, {HERE: RecentIds(), there: RecentIds()})
    limited, kept = within_limit(batch, lambda number: Claim(TopicPartition(HERE.topic, number), 0, 1), LIMIT)
    first, second = limited.runs
    assert (first.next_offset, first.dead, second.next_offset, second.halt) == (5, 5, 4, None)
    assert limited.partitions.tolist() == [1] * 4
    assert kept is not None
    assert kept.all()


@pytest.mark.parametrize("seed", range(20))
def test_however_the_log_is_cut_into_batches_it_stops_at_the_same_message(seed: int) -> None:
    chance = random.Random(seed)
    again = encoded(a_reading(reading_id=str(uuid.UUID(int=seed))))
    log = [chance.choice([good(), again, None, BAD, BAD]) for _ in range(200)]
    ends = []
    for sizes in ([200], [1] * 200, [chance.randrange(1, 30) for _ in range(200)]):
        reader = Reader()
        for size in sizes:
            values = log[reader.claim.next_offset : reader.claim.next_offset + size]
            if not values or reader.read(values).batch.runs[0].halt:
                break
        ends.append(reader.claim)
    assert ends[0] == ends[1] == ends[2]
