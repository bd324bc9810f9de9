"""What a person may decide about a halted partition, and how it goes on then."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.errors import UserError
from core.halt import Halt, HaltKind
from core.ports.stream import LogBounds, TopicPartition


class Action(StrEnum):
    """A way on."""

    RESTART = "restart"
    FROM_END = "from-end"
    FROM_OFFSET = "from-offset"
    CONTINUE = "continue"
    ACCEPT = "accept"
    SKIP = "skip"


WAYS_ON: Mapping[HaltKind, Mapping[Action, str]] = {
    HaltKind.TOPIC_ID_CHANGED: {
        Action.RESTART: "read the new topic from its oldest message on, in all its partitions",
    },
    HaltKind.PAST_THE_END: {
        Action.FROM_END: "read what comes from now on",
        Action.FROM_OFFSET: "read from --offset on; what was stored before is recognised by its id, if it is recent",
    },
    HaltKind.DEAD_LETTERS: {
        Action.CONTINUE: "read on where it stopped, and count anew",
        Action.ACCEPT: "read on where it stopped, and count nothing among the next --count messages",
        Action.SKIP: "leave the next --count messages unread, as a recorded gap",
    },
    HaltKind.NO_ORDER: {},
}
"""What fits which halt, in words."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about one halted partition, and why."""

    partition: TopicPartition
    action: Action | None
    by: str
    reason: str
    offset: int | None = None
    count: int | None = None

    @property
    def renews_topic(self) -> bool:
        """Whether positions come again that mean other readings now: the topic becomes another one in our tables."""
        return self.action in (Action.RESTART, Action.FROM_END, Action.FROM_OFFSET)


def next_offset(decision: Decision, halt: Halt | None, stands_at: int, bounds: LogBounds | None) -> int:
    """Where the partition goes on. `bounds`: None where Kafka has no such partition.

    Raises UserError where the decision does not fit.
    """
    name = f"{decision.partition.topic} {decision.partition.partition}"
    if halt is None:
        raise UserError(f"{name} is not halted: ./run partitions shows what is")
    ways = WAYS_ON[halt.kind]
    if not ways:
        raise UserError(f"{name} goes on by itself once this is mended: {halt.reason}")
    if decision.action not in ways:
        fitting = "; ".join(f"--action {action}: {meaning}" for action, meaning in ways.items())
        raise UserError(f"{name} is halted ({halt.reason}). What fits: {fitting}")
    _require_numbers(decision)
    if bounds is None:
        raise UserError(f"Kafka has no partition {name}: make the topic first, with ./run init")
    return _target(decision, stands_at, bounds)


def _require_numbers(decision: Decision) -> None:
    for option, value, actions in (
        ("--offset", decision.offset, (Action.FROM_OFFSET,)),
        ("--count", decision.count, (Action.ACCEPT, Action.SKIP)),
    ):
        if (value is not None) != (decision.action in actions):
            raise UserError(f"--action {decision.action} {'takes no' if value is not None else 'needs'} {option}")


def _target(decision: Decision, stands_at: int, bounds: LogBounds) -> int:
    match decision.action:
        case Action.RESTART:
            target = bounds.low
        case Action.FROM_END:
            target = bounds.high
        case Action.FROM_OFFSET:
            target = decision.offset or 0
        case Action.SKIP:
            target = stands_at + (decision.count or 0)
        case _:
            return stands_at
    if not bounds.low <= target <= bounds.high:
        raise UserError(f"offset {target} is not in the log of Kafka, which goes from {bounds.low} to {bounds.high}")
    return target
