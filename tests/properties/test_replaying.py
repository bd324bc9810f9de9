"""A dead letter that is replayed lands exactly once, wherever the replays of it die."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.replaying import Outcome, replay, settle_interrupted
from core.batch import Position
from core.dead_letter import MOST_REPLAYS, REPLAY_OF, REPLAY_TIMES, KeptLetter
from core.errors import Fenced, Halted, UserError
from db.replays import Begun, Replay
from producer.once import Placed
from tests.builders import NOON, a_letter


class Killed(BaseException):
    """kill -9."""


@dataclass
class World:
    """Kafka and the database, and how many more steps the process lives."""

    steps: int | None = None
    log: list[Placed] = field(default_factory=list)
    last: dict[str, int] = field(default_factory=dict)
    outcomes: dict[int, str] = field(default_factory=dict)
    taken: dict[Position, int] = field(default_factory=dict)
    publisher: object = None
    age: timedelta = timedelta(minutes=1)

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise Killed
            self.steps -= 1


class FakePublisher:
    """producer.once.OncePublisher; it dies before or after its transaction took place."""

    def __init__(self, world: World, refuses: str = "") -> None:
        self.world, self.refuses = world, refuses
        world.publisher = self

    def last(self, topic: str) -> int | None:
        return self.world.last.get(topic)

    def publish(self, topic: str, number: int, messages: Sequence[Placed]) -> None:
        self.world.step()
        if self.refuses:
            raise UserError(self.refuses)
        if self.world.publisher is not self:
            raise Fenced("another process publishes these now")
        self.world.log += messages
        self.world.last[topic] = number
        self.world.step()


class FakeReplays:
    """db.replays.PostgresReplays."""

    def __init__(self, world: World) -> None:
        self.world = world

    def open(self) -> list[Replay]:
        numbers = [number for number, outcome in self.world.outcomes.items() if outcome == "open"]
        return [
            Replay(number, "t", list(self.world.taken.values()).count(number), self.world.age) for number in numbers
        ]

    def begin(self, topic_id: int, positions: Sequence[Position]) -> Begun | None:
        self.world.step()
        assert topic_id == 1
        free: Collection[Position] = {position for position in positions if position not in self.world.taken}
        if not free:
            return None
        number = len(self.world.outcomes) + 1
        self.world.outcomes[number] = "open"
        self.world.taken |= dict.fromkeys(free, number)
        self.world.step()
        return Begun(number, free)

    def settle(self, number: int, *, arrived: bool) -> None:
        self.world.step()
        self.world.outcomes[number] = "arrived" if arrived else "lost"
        if not arrived:
            self.world.taken = {position: by for position, by in self.world.taken.items() if by != number}


def letter_of(offset: int, **changes: Any) -> KeptLetter:
    """A dead letter whose value says where it stood."""
    return a_letter(offset, value=b"%d" % offset, **changes)


def run(
    world: World, letters: Sequence[KeptLetter], publisher: FakePublisher | None = None, told: str | None = None
) -> Outcome:
    """What one run of the command did."""
    replays, publisher = FakeReplays(world), publisher or FakePublisher(world)
    settle_interrupted(replays, publisher, told, lambda _: None)
    free = [letter for letter in letters if letter.position not in world.taken]
    return replay(free, replays, publisher, 1000)


@given(deaths=st.lists(st.integers(0, 25), max_size=8), count=st.integers(1, 12))
def test_however_often_it_is_killed_each_lands_exactly_once(deaths: list[int], count: int) -> None:
    world = World()
    letters = [letter_of(offset, value_size=3_000_000) for offset in range(count)]  # two a transaction
    for steps in deaths:
        world.steps = steps
        with suppress(Killed):
            run(world, letters)
    world.steps = None
    run(world, letters)
    assert sorted(message.value for message in world.log) == sorted(b"%d" % offset for offset in range(count))
    assert set(world.outcomes.values()) <= {"arrived", "lost"}


def test_of_two_commands_at_a_time_the_one_that_came_first_publishes_nothing_any_more() -> None:
    world = World()
    first = FakePublisher(world)
    run(world, [letter_of(0)], FakePublisher(world))
    with pytest.raises(Fenced):
        run(world, [letter_of(1)], first)
    run(world, [letter_of(0), letter_of(1)])
    assert [message.value for message in world.log] == [b"0", b"1"]


def test_what_kafka_refuses_for_good_may_be_replayed_later() -> None:
    world = World()
    outcome = run(world, [letter_of(0), letter_of(1)], FakePublisher(world, refuses="too large"))
    assert outcome.replayed == []
    assert [(at.offset, "too large" in reason) for at, reason in outcome.left] == [(0, True), (1, True)]
    run(world, [letter_of(0), letter_of(1)])
    assert [message.value for message in world.log] == [b"0", b"1"]


@pytest.mark.parametrize(("told", "copies"), [("arrived", 1), ("lost", 2)])
def test_an_interruption_so_old_that_kafka_may_have_forgotten_it_is_a_persons_to_decide(told: str, copies: int) -> None:
    world = World(steps=4)
    with suppress(Killed):
        run(world, [letter_of(0)])
    assert world.outcomes == {1: "open"}
    world.steps, world.age = None, timedelta(days=8)
    with pytest.raises(Halted, match="--interrupted arrived or lost"):
        run(world, [letter_of(0)])
    run(world, [letter_of(0)], told=told)
    assert len(world.log) == copies


def test_a_replayed_message_is_the_original_and_says_where_it_comes_from() -> None:
    world = World()
    run(world, [letter_of(7, headers=[("truth", b"normal"), ("truth", None)])])
    (message,) = world.log
    assert (message.partition, message.key, message.value) == (2, b"k", b"7")
    assert message.headers == [("truth", b"normal"), ("truth", None), (REPLAY_OF, b"t/2/7"), (REPLAY_TIMES, b"1")]


def test_a_letter_that_fails_again_is_not_replayed_for_ever() -> None:
    world = World()
    headers: Sequence[tuple[str, bytes | None]] = ()
    for offset in range(MOST_REPLAYS + 1):
        run(world, [letter_of(offset, headers=headers)])
        headers = [(name, value if isinstance(value, bytes) else None) for name, value in world.log[-1].headers]
    assert len(world.log) == MOST_REPLAYS
    assert headers == [(REPLAY_OF, b"t/2/2"), (REPLAY_TIMES, b"3")], "each replay says its own origin, once"


@pytest.mark.parametrize(
    "changes",
    [{"value": None}, {"value_sha256": b"x" * 32}, {"replayed_at": NOON}],
    ids=["no value", "cut", "replayed"],
)
def test_what_is_not_whole_or_was_replayed_is_left_with_the_reason(changes: dict[str, Any]) -> None:
    world = World()
    outcome = replay([a_letter(0, **changes), letter_of(1)], FakeReplays(world), FakePublisher(world), 1000)
    assert ([position.offset for position in outcome.replayed], [at.offset for at, _ in outcome.left]) == ([1], [0])
