"""Dead letters as they are kept: what people look at, what is copied to Kafka, what may be published again."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from core.batch import Position
from core.errors import UserError

Headers = Sequence[tuple[str, bytes | None]]

REPLAY_OF = "faultline.replay.of"
"""Header of a message that was published again: the position of the dead letter that it was."""
REPLAY_TIMES = "faultline.replay.times"
"""Header: how often it was published again, this time included."""
MOST_REPLAYS = 3
_DIGITS = 3
"""Of a count that may be one of ours."""


class KeptLetter(Struct, frozen=True, kw_only=True):
    """One dead letter."""

    topic_id: int
    """The topic's number in the database: one that was deleted and made anew has another."""
    topic: str
    partition: int
    offset: int
    machine: str
    stage: str
    reason: str
    recorded_at: datetime
    key: bytes | None
    value: bytes | None
    """None: a tombstone, or a message that Kafka had lost by then."""
    headers: Headers
    value_size: int
    """Bytes that the message had."""
    value_sha256: bytes | None
    """Where the value is only the beginning: of the whole of it."""
    relayed_at: datetime | None = None
    replayed_at: datetime | None = None

    @property
    def position(self) -> Position:
        """Where the message stood."""
        return Position(self.topic, self.partition, self.offset)

    @property
    def times(self) -> int:
        """How often the message had been published again before it came to be this letter."""
        count = dict(self.headers).get(REPLAY_TIMES) or b"0"
        return int(count) if count.isdigit() and len(count) <= _DIGITS else 0  # a stranger may have written anything


def why_not_replayed(letter: KeptLetter) -> str | None:
    """Why the message cannot be published again; None: it can."""
    if letter.replayed_at is not None:
        return "was replayed already"
    if letter.value is None:
        return "has no value"
    if letter.value_sha256 is not None:
        return "is kept in part only (see MESSAGE_LIMIT_BYTES): only who sent it can publish it anew"
    if letter.times >= MOST_REPLAYS:
        return f"failed again after {letter.times} replays: export it, mend it, publish it anew"
    return None


def replay_headers(letter: KeptLetter) -> list[tuple[str, str | bytes | None]]:
    """The original headers, and where the message comes from."""
    return [
        *((name, value) for name, value in letter.headers if name not in (REPLAY_OF, REPLAY_TIMES)),
        (REPLAY_OF, written(letter.position).encode()),
        (REPLAY_TIMES, str(letter.times + 1).encode()),
    ]


def written(position: Position) -> str:
    """A position as it is written: topic/partition/offset."""
    return f"{position.topic}/{position.partition}/{position.offset}"


def read_position(text: str) -> Position:
    """The position that a person wrote. UserError where it is none."""
    topic, *numbers = text.rsplit("/", 2)
    if len(numbers) != 2 or not topic or not all(number.isdecimal() for number in numbers):
        raise UserError(f"{text}: write TOPIC/PARTITION/OFFSET, as ./run dead-letters list shows it")
    return Position(topic, int(numbers[0]), int(numbers[1]))
