"""Which decision fits which halt, and where a partition goes on then."""

import pytest

from core.errors import UserError
from core.halt import Halt, HaltKind
from core.ports.stream import LogBounds, TopicPartition
from core.repair import WAYS_ON, Action, Decision, next_offset

HERE = TopicPartition("readings.press", 3)
LOG = LogBounds("topic-b", 20, 500)


def decision(action: Action | None, offset: int | None = None, count: int | None = None) -> Decision:
    return Decision(HERE, action, "anna", "restored from the backup", offset, count)


def halt(kind: HaltKind) -> Halt:
    return Halt(kind, "because")


@pytest.mark.parametrize(
    ("kind", "made", "goes_on_at"),
    [
        (HaltKind.TOPIC_ID_CHANGED, decision(Action.RESTART), 20),
        (HaltKind.PAST_THE_END, decision(Action.FROM_END), 500),
        (HaltKind.PAST_THE_END, decision(Action.FROM_OFFSET, offset=100), 100),
        (HaltKind.DEAD_LETTERS, decision(Action.CONTINUE), 300),
        (HaltKind.DEAD_LETTERS, decision(Action.ACCEPT, count=50), 300),
        (HaltKind.DEAD_LETTERS, decision(Action.SKIP, count=50), 350),
    ],
)
def test_a_decision_that_fits_says_where_it_goes_on(kind: HaltKind, made: Decision, goes_on_at: int) -> None:
    assert next_offset(made, halt(kind), 300, LOG) == goes_on_at


@pytest.mark.parametrize("kind", HaltKind)
@pytest.mark.parametrize("action", [None, *Action])
def test_what_does_not_fit_is_refused_with_what_does(kind: HaltKind, action: Action | None) -> None:
    if action in WAYS_ON[kind]:
        return
    with pytest.raises(UserError) as refused:
        next_offset(decision(action), halt(kind), 300, LOG)
    assert "readings.press 3" in str(refused.value)
    assert "because" in str(refused.value)
    assert all(f"--action {fitting}" in str(refused.value) for fitting in WAYS_ON[kind])


@pytest.mark.parametrize(
    ("kind", "made", "problem"),
    [
        (HaltKind.PAST_THE_END, decision(Action.FROM_OFFSET), "needs --offset"),
        (HaltKind.DEAD_LETTERS, decision(Action.SKIP), "needs --count"),
        (HaltKind.DEAD_LETTERS, decision(Action.ACCEPT), "needs --count"),
        (HaltKind.DEAD_LETTERS, decision(Action.CONTINUE, count=5), "takes no --count"),
        (HaltKind.TOPIC_ID_CHANGED, decision(Action.RESTART, offset=5), "takes no --offset"),
        (HaltKind.PAST_THE_END, decision(Action.FROM_OFFSET, offset=19), "offset 19 is not in the log"),
        (HaltKind.PAST_THE_END, decision(Action.FROM_OFFSET, offset=501), "offset 501 is not in the log"),
        (HaltKind.DEAD_LETTERS, decision(Action.SKIP, count=201), "offset 501 is not in the log"),
    ],
)
def test_numbers_that_are_missing_or_wrong_are_named(kind: HaltKind, made: Decision, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        next_offset(made, halt(kind), 300, LOG)


def test_a_partition_that_is_not_halted_needs_no_decision() -> None:
    with pytest.raises(UserError, match="is not halted"):
        next_offset(decision(Action.CONTINUE), None, 300, LOG)


def test_a_partition_that_kafka_does_not_have_cannot_go_on() -> None:
    with pytest.raises(UserError, match=r"Kafka has no partition readings\.press 3"):
        next_offset(decision(Action.RESTART), halt(HaltKind.TOPIC_ID_CHANGED), 300, None)


def test_only_a_log_whose_positions_come_again_makes_the_topic_another_one() -> None:
    renewing = {action for action in Action if decision(action).renews_topic}
    assert renewing == {Action.RESTART, Action.FROM_END, Action.FROM_OFFSET}
