"""What Kafka says of the partitions, beside what is stored of them."""

from app.commands.partitions import _row
from app.status import halted_lines, measured
from core.halt import HaltKind
from core.ports.stream import TopicPartition
from db.partitions import PartitionStatus

HERE, NEW, GONE, STRANGE = (TopicPartition(topic, 0) for topic in ("here", "new", "gone", "strange"))
STORED = {at: PartitionStatus(topic=at.topic, partition=0, next_offset=40) for at in (HERE, GONE, STRANGE)}
TOPICS = ("here", "new", "gone")


def by_topic(found: list[PartitionStatus]) -> dict[str, tuple[str, int | None]]:
    return {one.topic: (one.log, one.lag) for one in found}


def test_lag_is_what_the_log_holds_past_the_next_offset_of_read_and_unread_partitions_alike() -> None:
    ends = {HERE: (10, 100), NEW: (10, 100), STRANGE: (0, 41)}
    assert by_topic(measured(STORED, ends, TOPICS)) == {
        "here": ("there", 60),
        "new": ("there", 90),
        "gone": ("absent", None),
        "strange": ("there", 1),
    }


def test_a_topic_that_no_machine_names_is_told_only_where_it_was_read() -> None:
    assert by_topic(measured({}, {STRANGE: (0, 41)}, TOPICS)) == {}


def test_without_an_answer_of_kafka_what_is_stored_is_still_told() -> None:
    found = measured(STORED, None, TOPICS)
    assert by_topic(found) == dict.fromkeys(("here", "gone", "strange"), ("unknown", None))
    assert {one.next_offset for one in found} == {40}


def test_a_partition_that_is_not_in_kafka_has_no_lag_of_zero() -> None:
    (gone,) = measured({GONE: STORED[GONE]}, {}, TOPICS)
    assert "not in Kafka" in _row(gone)
    (unknown,) = measured({GONE: STORED[GONE]}, None, TOPICS)
    assert "?" in _row(unknown)


def test_a_halt_names_the_command_that_ends_it_unless_it_ends_by_itself() -> None:
    halted = [PartitionStatus(topic="here", partition=2, halt=kind.value, halt_reason="why") for kind in HaltKind]
    lines = dict(zip(HaltKind, halted_lines(halted), strict=True))
    assert lines.pop(HaltKind.NO_ORDER) == "halted: here 2: why; then it goes on by itself"
    assert all(line.endswith("why; decide with: ./run partitions resolve here 2") for line in lines.values())
