"""Dead letters are published again: each exactly once, however often the command dies or runs twice at a time."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import NamedTuple, Protocol

from core.batch import Position
from core.dead_letter import KeptLetter, replay_headers, why_not_replayed, written
from core.errors import Halted, UserError
from db.replays import Begun, Replay
from producer.once import Placed

KAFKA_REMEMBERS = timedelta(days=1)
"""Within it Kafka surely knows what became of a transaction; its default for forgetting is a week."""
_LETTERS = 500
_BYTES = 8_000_000


class Publisher(Protocol):
    """producer.once.OncePublisher."""

    def last(self, topic: str) -> int | None:
        """The number of the topic's last transaction that took place."""

    def publish(self, topic: str, number: int, messages: Sequence[Placed]) -> None:
        """All of the messages under this number, or none."""


class Replays(Protocol):
    """db.replays.PostgresReplays."""

    def open(self) -> Sequence[Replay]:
        """Those that were begun and not settled."""

    def begin(self, topic_id: int, positions: Sequence[Position]) -> Begun | None:
        """A new one, of those dead letters that are in no other."""

    def settle(self, number: int, *, arrived: bool) -> None:
        """Note what became of it."""


class Outcome(NamedTuple):
    """What a replay did."""

    replayed: Collection[Position]
    left: Sequence[tuple[Position, str]]
    """Dead letters that cannot be published again, with the reason."""


def settle_interrupted(replays: Replays, publisher: Publisher, told: str | None, tell: Callable[[str], None]) -> None:
    """Find out what became of replays whose process died; the publisher has fenced that process.

    `told`: what a person says of those that Kafka may have forgotten: `arrived` or `lost`. Halted where nobody says.
    """
    for replay in replays.open():
        if replay.age < KAFKA_REMEMBERS:
            arrived = publisher.last(replay.topic) == replay.number
        elif told is not None:
            arrived = told == "arrived"
        else:
            raise Halted(
                f"the replay {replay.number} of {replay.letters} messages to {replay.topic} was interrupted"
                f" {replay.age.days} days ago, and Kafka may have forgotten whether they arrived. Look for them in the"
                " topic (header faultline.replay.of), then repeat the command with --interrupted arrived or lost"
            )
        replays.settle(replay.number, arrived=arrived)
        tell(f"an interrupted replay of {replay.letters} to {replay.topic} had {'' if arrived else 'not '}arrived")


def replay(letters: Iterable[KeptLetter], replays: Replays, publisher: Publisher, most: int) -> Outcome:
    """Publish up to `most` of the dead letters again, some at a time. Raises Unavailable, Fenced."""
    done: list[Position] = []
    left: list[tuple[Position, str]] = []
    possible = (letter for letter in letters if _is_possible(letter, left))
    for some in _transactions(islice(possible, most)):
        outcome = _publish(some, replays, publisher)
        done += outcome.replayed
        left += outcome.left
    return Outcome(done, left)


def _publish(some: Sequence[KeptLetter], replays: Replays, publisher: Publisher) -> Outcome:
    """Publish letters of one topic; one that Kafka refuses is found by bisection, and keeps no other back."""
    begun = replays.begin(some[0].topic_id, [letter.position for letter in some])
    if begun is None:
        return Outcome((), ())
    some = [letter for letter in some if letter.position in begun.positions]
    try:
        publisher.publish(some[0].topic, begun.number, [_message(letter) for letter in some])
    except UserError as error:
        replays.settle(begun.number, arrived=False)
        if len(some) == 1:
            return Outcome((), [(some[0].position, f"cannot be published ({error}): export it, mend it")])
        middle = len(some) // 2
        first, second = _publish(some[:middle], replays, publisher), _publish(some[middle:], replays, publisher)
        return Outcome([*first.replayed, *second.replayed], [*first.left, *second.left])
    replays.settle(begun.number, arrived=True)
    return Outcome(begun.positions, ())


def _is_possible(letter: KeptLetter, left: list[tuple[Position, str]]) -> bool:
    if reason := why_not_replayed(letter):
        left.append((letter.position, reason))
    return reason is None


def _transactions(letters: Iterable[KeptLetter]) -> Iterator[list[KeptLetter]]:
    """Runs of letters of one topic, bounded by count and bytes."""
    some: list[KeptLetter] = []
    size = 0
    for letter in letters:
        if some and (letter.topic_id != some[0].topic_id or len(some) == _LETTERS or size + letter.value_size > _BYTES):
            yield some
            some, size = [], 0
        some.append(letter)
        size += letter.value_size
    if some:
        yield some


def _message(letter: KeptLetter) -> Placed:
    assert letter.value is not None, f"{written(letter.position)} can be replayed"
    return Placed(letter.partition, letter.key, letter.value, replay_headers(letter))
