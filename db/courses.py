"""The courses of incidents of one kind as they open, grow and close: a few statements a batch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from core.batch import Batch, from_micros
from core.incident import Closed, DeviceState, Judgement, Moment, Opened
from core.severity import Severity
from db.alerts import wake
from db.bulk import insert_returning, insert_values
from db.catalogue import Catalogued

Severities = Callable[[DeviceState], Severity]


@dataclass(frozen=True, slots=True)
class Courses:
    """How incidents of one kind are kept."""

    kind: Literal["fault", "sensor"]
    severity: Severities
    """How severe one is in this state; it never falls while the incident is open."""


@dataclass(slots=True)
class _New:
    """An incident that opened in this batch; perhaps it is over already."""

    opened: Opened
    closed: Closed | None = None


def save_courses(
    connection: Connection, known: Catalogued, batch: Batch, judgement: Judgement, version: int, courses: Courses
) -> Sequence[tuple[int, Opened]]:
    """Close, open and grow the incidents of the batch; those that opened, each with its number."""
    new, over = _sorted_out(judgement)
    ends = [(courses.kind, *_ending(closed, courses.severity)) for closed in over]
    insert_values(connection, _CLOSE, ends)  # first: a device has one open incident of a kind
    topic = known.topics[batch.topic]
    rows = [(courses.kind, *_incident(known, topic, one, judgement, version, courses.severity)) for one in new]
    incidents = [row[0] for row in insert_returning(connection, _INSERT_INCIDENTS, rows)]
    opened_now = {one.opened.device for one in new}
    growing = {device: state for device, state in judgement.states.items() if state.open and device not in opened_now}
    insert_values(connection, _GROW, [(courses.kind, device, *_amount(state)) for device, state in growing.items()])
    _raise(connection, courses.kind, {device: courses.severity(state) for device, state in growing.items()})
    return [(incident, one.opened) for incident, one in zip(incidents, new, strict=True)]


def time_of(moment: Moment) -> datetime:
    """Its event time."""
    return from_micros(moment.time)


def _raise(connection: Connection, kind: str, severities: Mapping[int, Severity]) -> None:
    """Incidents that go on become more severe, never less; whoever tells people of it is woken."""
    raised = [(kind, device, severity) for device, severity in severities.items() if severity > Severity.LOW]
    if insert_returning(connection, _RAISE, raised):
        wake(connection)


def _sorted_out(judgement: Judgement) -> tuple[Sequence[_New], Sequence[Closed]]:
    """The incidents that opened in this batch, and the ends of those that were open before it."""
    new: list[_New] = []
    over: list[Closed] = []
    latest: dict[int, _New] = {}
    for event in judgement.events:
        match event:
            case Opened():
                latest[event.device] = _New(event)
                new.append(latest[event.device])
            case Closed() if event.device in latest:
                latest.pop(event.device).closed = event
            case Closed():
                over.append(event)
    return new, over


def _incident(
    known: Catalogued, topic: int, new: _New, judgement: Judgement, version: int, severity: Severities
) -> tuple[object, ...]:
    opened, closed = new.opened, new.closed
    since = opened.state.since or opened.at
    state = closed.state if closed else judgement.states[opened.device]
    return (
        *(known.id, opened.device, topic, opened.at.partition, since.offset, time_of(since)),
        *(opened.at.offset, time_of(opened.at), *_amount(state)),
        *((closed.at.offset, time_of(closed.at)) if closed else (None, None)),
        *(version, severity(state)),
    )


def _ending(closed: Closed, severity: Severities) -> tuple[object, ...]:
    return closed.device, closed.at.offset, time_of(closed.at), *_amount(closed.state), severity(closed.state)


def _amount(state: DeviceState) -> tuple[object, ...]:
    """What the incident amounts to: its newest fault, their number, the highest score."""
    assert state.last is not None, "an incident has a fault"
    return state.last.offset, time_of(state.last), state.faults, state.peak


_INSERT_INCIDENTS = """
    INSERT INTO incident (kind, machine, device, topic, kafka_partition, since_offset, since_time, opened_offset,
                          opened_time, last_offset, last_time, faults, peak, closed_offset, closed_time, model_version,
                          severity)
    VALUES %s RETURNING id"""
_CLOSE = """
    UPDATE incident i SET closed_offset = v.closed_offset, closed_time = v.closed_time, last_offset = v.last_offset,
           last_time = v.last_time, faults = v.faults, peak = v.peak, severity = greatest(i.severity, v.severity)
      FROM (VALUES %s) AS v (kind, device, closed_offset, closed_time, last_offset, last_time, faults, peak, severity)
     WHERE i.device = v.device AND i.kind = v.kind AND i.closed_offset IS NULL"""
_GROW = """
    UPDATE incident i SET last_offset = v.last_offset, last_time = v.last_time, faults = v.faults, peak = v.peak
      FROM (VALUES %s) AS v (kind, device, last_offset, last_time, faults, peak)
     WHERE i.device = v.device AND i.kind = v.kind AND i.closed_offset IS NULL"""
_RAISE = """
    UPDATE incident i SET severity = v.severity FROM (VALUES %s) AS v (kind, device, severity)
     WHERE i.device = v.device AND i.kind = v.kind AND i.closed_offset IS NULL AND i.severity < v.severity
    RETURNING i.id"""
