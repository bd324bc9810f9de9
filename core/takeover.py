"""Whether a partition may be read on from where the database stands, given what Kafka holds."""

from core.halt import Halt, HaltKind
from core.ports.stream import LogBounds


def why_halt(topic_id: str, next_offset: int, bounds: LogBounds) -> Halt | None:
    """Why going on at `next_offset` would lose or double readings; None: it would not. `topic_id`: the one we read."""
    if not bounds.ordered:
        return Halt(
            HaltKind.NO_ORDER,
            "the topic has several partitions, and its machine's key is not the device: give the topic one partition,"
            ' or publish with the device as key and set key = "device"',
        )
    if topic_id != bounds.topic_id:
        return Halt(
            HaltKind.TOPIC_ID_CHANGED,
            "topic id changed: the topic was deleted and made anew; its offsets mean other readings",
        )
    if next_offset > bounds.high:
        return Halt(
            HaltKind.PAST_THE_END,
            f"our next offset {next_offset} lies past the end of the log ({bounds.high}): Kafka lost messages",
        )
    return None
