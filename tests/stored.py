"""What a store holds of one topic, in a form in which two stores can be compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, text

from core.batch import to_micros
from core.incident import HEALTHY, Closed, DeviceState, Moment, Opened
from tests.fake_reading_store import FakeReadingStore


@dataclass(frozen=True)
class LedgerRow:
    """A partition's account."""

    next_offset: int
    accounted: int
    """Stored + duplicates + dead letters + gaps."""


@dataclass
class Stored:
    """Devices by name, so that their numbers do not matter."""

    ledgers: dict[int, LedgerRow] = field(default_factory=dict)
    readings: dict[tuple[int, int], tuple[object, ...]] = field(default_factory=dict)
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    incidents: set[tuple[object, ...]] = field(default_factory=set)
    """(kind, device, opening offset, first fault's offset, closing offset or -1, faults)."""
    states: dict[str, tuple[object, ...]] = field(default_factory=dict)


def in_memory(store: FakeReadingStore) -> Stored:
    """What the store in memory holds."""
    tables = store.tables
    names = {number: name.partition("/")[2] for name, number in tables.numbers.items()}
    found = Stored()
    for (at, offset), row in tables.readings.items():
        columns = (row.id, names[row.device], row.time, str(row.sensors), row.quality, str(row.score))
        found.readings[at.partition, offset] = columns
    found.dead = {
        (letter.position.partition, letter.position.offset): f"{letter.stage}: {letter.reason}"
        for letter in tables.dead
    }
    for partition, ledger in tables.ledgers.items():
        number = partition.partition
        kept = sum(at[0] == number for at in (*found.readings, *found.dead))
        gaps = sum(count for at, _, count in tables.gaps if at == partition)
        found.ledgers[number] = LedgerRow(ledger.next_offset, kept + ledger.duplicates + gaps)
    sensors = {device: state.course for device, state in tables.sensors.items()}
    found.incidents = {
        *_incidents("fault", names, tables.events, tables.states),
        *_incidents("sensor", names, tables.sensor_events, sensors),
    }
    found.states = {names[number]: _state(state) for number, state in tables.states.items() if state != HEALTHY}
    return found


def in_postgres(owner: Engine, topic: str) -> Stored:
    """What the database holds."""
    found = Stored()
    with owner.connect() as connection:
        for row in connection.execute(text(_READINGS), {"topic": topic}):
            columns = (
                row.id.bytes,
                row.name,
                to_micros(row.time),
                str(tuple(row.sensors)),
                row.quality,
                str(row.score),
            )
            found.readings[row.kafka_partition, row.kafka_offset] = columns
        for row in connection.execute(text(_DEAD), {"topic": topic}):
            found.dead[row.kafka_partition, row.kafka_offset] = f"{row.stage}: {row.reason}"
        for row in connection.execute(text(_LEDGERS), {"topic": topic}):
            found.ledgers[row.kafka_partition] = LedgerRow(row.next_offset, row.accounted)
            kept = sum(at[0] == row.kafka_partition for at in (*found.readings, *found.dead))
            assert kept == row.stored + row.dead_letters, "I1: the account and the tables differ"
        for row in connection.execute(text(_INCIDENTS), {"topic": topic}):
            found.incidents.add(tuple(row))
        for row in connection.execute(text(_STATES), {"topic": topic}):
            found.states[row.name] = (row.window_bits, row.normals, row.since_offset, row.faults, row.peak, row.open)
    return found


def _incidents(
    kind: str, names: Mapping[int, str], events: Sequence[Opened | Closed], states: Mapping[int, DeviceState]
) -> Iterator[tuple[object, ...]]:
    opened: dict[int, Opened] = {}
    for event in events:
        if isinstance(event, Opened):
            opened[event.device] = event
        else:
            yield _incident(kind, names, opened.pop(event.device), event.at.offset, event.state)
    for device, begun in opened.items():
        yield _incident(kind, names, begun, -1, states[device])


def _incident(
    kind: str, names: Mapping[int, str], opened: Opened, closed_offset: int, last: DeviceState
) -> tuple[object, ...]:
    since = opened.state.since or opened.at
    return (kind, names[opened.device], opened.at.offset, since.offset, closed_offset, last.faults)


def _state(state: DeviceState) -> tuple[Any, ...]:
    since: Moment | None = state.since
    return (state.window, state.normals, since and since.offset, state.faults, state.peak, state.open)


_READINGS = """
    SELECT r.*, d.name FROM reading r JOIN topic t ON t.id = r.topic JOIN device d ON d.id = r.device
     WHERE t.name = :topic"""
_DEAD = "SELECT l.* FROM dead_letter l JOIN topic t ON t.id = l.topic WHERE t.name = :topic"
_LEDGERS = """
    SELECT p.*, stored + duplicates + dead_letters + gaps AS accounted
      FROM ingest_partition p JOIN topic t ON t.id = p.topic WHERE t.name = :topic"""
_INCIDENTS = """
    SELECT kind, d.name, opened_offset, since_offset, coalesce(closed_offset, -1), faults
      FROM incident i JOIN topic t ON t.id = i.topic JOIN device d ON d.id = i.device WHERE t.name = :topic"""
_STATES = """
    SELECT d.name, s.* FROM device_state s JOIN device d ON d.id = s.device
     WHERE d.machine = (SELECT machine FROM topic WHERE name = :topic)"""
